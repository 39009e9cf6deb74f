// SPDX-License-Identifier: GPL-2.0
/*
 * PCI functions: see pci.h. Linked into every test program.
 */
#include "pci.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#define POLL_NS		1000000

static int region(int device, __u32 index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(device, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

static int set_command(struct pci *pci, __u16 set, __u16 clear)
{
	__u64 where = pci->config + PCI_COMMAND;
	__u16 command;

	if (pread(pci->device, &command, sizeof(command), where) !=
	    sizeof(command))
		return -EIO;
	command = (command | set) & ~clear;
	if (pwrite(pci->device, &command, sizeof(command), where) !=
	    sizeof(command))
		return -EIO;
	return 0;
}

static int map_regs(struct pci *pci)
{
	struct vfio_region_info info;
	int err = region(pci->device, VFIO_PCI_BAR0_REGION_INDEX, &info);
	void *regs;

	if (err)
		return err;
	regs = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    pci->device, info.offset);
	if (regs == MAP_FAILED)
		return -errno;
	pci->regs = regs;
	pci->size = info.size;
	return 0;
}

int pci_open(struct pci *pci, int device)
{
	struct vfio_region_info info;
	int err = region(device, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	memset(pci, 0, sizeof(*pci));
	pci->device = device;
	pci->config = info.offset;
	err = err ? err : map_regs(pci);
	return err ? err : set_command(pci, PCI_COMMAND_MEMORY |
				       PCI_COMMAND_MASTER, 0);
}

void pci_close(struct pci *pci)
{
	if (!pci->regs)
		return;
	set_command(pci, 0, PCI_COMMAND_MASTER);
	munmap(pci->regs, pci->size);
	pci->regs = NULL;
}

__u32 pci_read32(struct pci *pci, unsigned int reg)
{
	return __atomic_load_n((__u32 *)(pci->regs + reg), __ATOMIC_ACQUIRE);
}

void pci_write32(struct pci *pci, unsigned int reg, __u32 value)
{
	__atomic_store_n((__u32 *)(pci->regs + reg), value, __ATOMIC_RELEASE);
}

void pci_write64(struct pci *pci, unsigned int reg, __u64 value)
{
	pci_write32(pci, reg, value);
	pci_write32(pci, reg + 4, value >> 32);
}

void pci_rest(void)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	nanosleep(&pause, NULL);
}
