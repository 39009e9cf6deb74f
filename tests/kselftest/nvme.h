/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of an NVMe controller as it takes to have it do DMA: its admin queue, one I/O
 * queue, and commands that are waited for one by one. It is driven through VFIO, so all
 * addresses that it is given are IOVAs.
 *
 * It can be the physical function of the test machine, or one of its virtual functions,
 * which work when the physical function has given them queues and put them online.
 */
#ifndef IOASID_TEST_NVME_H
#define IOASID_TEST_NVME_H

#include <stddef.h>

#include <linux/types.h>

#include "pci.h"

/* The controller's own memory, for its queues, and the largest transfer. */
#define NVME_MEMORY	(4 * 4096UL)
#define NVME_MAX	4096UL
#define NVME_BLOCK	512UL

struct nvme_queue {
	unsigned int id, head, tail;
	unsigned int phase;
	struct nvme_command *commands;
	struct nvme_completion *completions;
};

struct nvme {
	struct pci pci;
	__u64 iova;		/* of its queues */
	struct nvme_queue admin, io;
};

/* What a controller says of itself. */
struct nvme_identity {
	__u16 vendor;
	__u16 controller;	/* its number in the subsystem */
	char serial[21];
};

/*
 * The address of the first controller that has no virtual functions and that VFIO may
 * have, NULL if there is none.
 */
const char *nvme_find(char *address, size_t size);

/*
 * All of these return 0, a negative errno, or, if the controller refuses a command, its
 * status, which is positive.
 */

/* Starts it with its queues in NVME_MEMORY bytes at @memory, which it sees at @iova. */
int nvme_open(struct nvme *nvme, int device, void *memory, __u64 iova);
/* Stops it; harmless if it was never opened, but zeroed. */
void nvme_close(struct nvme *nvme);

/* Has it write 4096 bytes about itself to @page, which it sees at @iova. */
int nvme_identify(struct nvme *nvme, void *page, __u64 iova,
		  struct nvme_identity *identity);
/* Makes its I/O queue. */
int nvme_start_io(struct nvme *nvme);
/* Moves up to NVME_MAX bytes between memory at @iova, a page's start, and its disk. */
int nvme_write(struct nvme *nvme, __u64 iova, size_t length, __u64 offset);
int nvme_read(struct nvme *nvme, __u64 iova, size_t length, __u64 offset);

/* The physical function takes back what it had reserved for virtual ones ... */
int nvme_release_resources(struct nvme *nvme);
/* ... and, once it has been reset, gives a virtual one queues, and puts it online. */
int nvme_put_online(struct nvme *nvme, unsigned int controller);

#endif /* IOASID_TEST_NVME_H */
