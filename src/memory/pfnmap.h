/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of devices: what a process has mapped that is no memory of the machine, such as
 * a BAR of a device of VFIO's. type1/ maps it so that another device can reach it.
 *
 * It has no pages that could be pinned. Who owns it takes it back by taking it from the
 * processes, and then it must be gone from the I/O page tables as well before that
 * returns; and when it can be had again, it is put back where it was.
 */
#ifndef IOAS_PFNMAP_H
#define IOAS_PFNMAP_H

#include <linux/mmu_notifier.h>
#include <linux/workqueue.h>

#include "memory/memory.h"

/**
 * struct ioas_pfnmap - Memory of a device that a process has mapped
 * @memory: what areas refer to; charged to nobody
 * @notifier: tells when the mapping of the process changes
 * @restore: looks whether it can be had again
 * @delay: how long to wait before looking again, in jiffies
 * @va: user address
 * @pfn: where it is, as one run; constant once it was found
 * @valid: it is there now; by the lock of domain/places.c
 * @places: struct ioas_place, where it is mapped, or was and will be; by the same
 */
struct ioas_pfnmap {
	struct ioas_memory memory;
	struct mmu_interval_notifier notifier;
	struct delayed_work restore;
	unsigned long delay;
	unsigned long va;
	unsigned long pfn;
	bool valid;
	struct list_head places;
};

static inline struct ioas_pfnmap *
ioas_pfnmap_from_memory(struct ioas_memory *memory)
{
	return container_of(memory, struct ioas_pfnmap, memory);
}

struct ioas_memory *ioas_pfnmap_create(unsigned long va, unsigned long pages,
				       bool writable);

#endif
