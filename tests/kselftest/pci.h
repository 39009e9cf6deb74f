/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all PCI functions have that a test drives through VFIO: the registers of its first
 * BAR, and the right to do DMA.
 *
 * Called by nvme.c and igb.c.
 */
#ifndef IOASID_TEST_PCI_H
#define IOASID_TEST_PCI_H

#include <stddef.h>

#include <linux/types.h>

struct pci {
	int device;		/* of VFIO */
	__u64 config;		/* where its configuration space is in that file */
	char *regs;
	size_t size;
};

/* Maps the registers and lets the function do DMA. 0 or a negative errno. */
int pci_open(struct pci *pci, int device);
/* Takes both back; harmless if it was never opened, but zeroed. */
void pci_close(struct pci *pci);

/* Ordered against the memory that the device reads and writes. */
__u32 pci_read32(struct pci *pci, unsigned int reg);
void pci_write32(struct pci *pci, unsigned int reg, __u32 value);
/* Two registers, the lower half first. */
void pci_write64(struct pci *pci, unsigned int reg, __u64 value);

/* A moment to wait before looking at the device again, and for how long to look. */
void pci_rest(void);
#define PCI_TIMEOUT_MS	20000

#endif /* IOASID_TEST_PCI_H */
