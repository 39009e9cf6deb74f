/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of an 82576 network controller as it takes to have its virtual functions do DMA:
 * one queue each way, and frames that are waited for one by one. They are driven through
 * VFIO, so all addresses that they are given are IOVAs.
 *
 * The physical function does no DMA here. It switches frames between the virtual ones:
 * what one of them reads from memory and sends, itself or another receives and writes to
 * memory.
 */
#ifndef IOASID_TEST_IGB_H
#define IOASID_TEST_IGB_H

#include <stddef.h>

#include <linux/types.h>

#include "pci.h"

/* A function's own memory, for its queues, and what it moves at a time, in blocks. */
#define IGB_MEMORY	4096UL
#define IGB_MAX		4096UL
#define IGB_BLOCK	1024UL

struct igb_ring;

struct igb {
	struct pci pci;
	unsigned int number;		/* of the virtual function, from 0 */
	__u64 iova;			/* of its memory */
	struct igb_ring *ring;		/* that memory */
};

/*
 * All of these return 0 or a negative errno: -EIO if the function has passed over what it
 * was told without sending a frame or without saying so, -ETIMEDOUT if it does nothing.
 */

/* Starts the physical function, and has it switch frames. */
int igb_open_physical(struct igb *igb, int device);
/* It gives a virtual function an address and lets it work; again after each reset. */
int igb_put_online(struct igb *igb, unsigned int number);

/* Starts a virtual function with its queues in IGB_MEMORY bytes, which it sees at @iova. */
int igb_open(struct igb *igb, int device, unsigned int number, void *memory,
	     __u64 iova);
/* Stops one of either kind; harmless if it was never opened, but zeroed. */
void igb_close(struct igb *igb);

/*
 * @from reads @length bytes, up to IGB_MAX and whole blocks, at @source and sends them to
 * @to, which can be the same and writes them at @sink. Neither range crosses a page.
 */
int igb_move(struct igb *from, __u64 source, struct igb *to, __u64 sink,
	     size_t length);

#endif /* IOASID_TEST_IGB_H */
