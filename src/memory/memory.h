/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pinned and accounted user memory; called by space/, read by domain/.
 *
 * Memory remembers its pinned runs: physically contiguous stretches. What follows
 * is work per run, not per page: one iommu_map(), one unpin.
 */
#ifndef IOAS_MEMORY_H
#define IOAS_MEMORY_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/sched.h>

struct ioas_call;

/*
 * 40 bits are the pages of 52-bit physical addresses, the most that any
 * architecture of ours has. A longer run is split. The whole is as large as one
 * entry of an I/O page table, so the worst scatter costs no more than that.
 */
#define IOAS_RUN_PFN_BITS	40
#define IOAS_RUN_PAGES_BITS	24
#define IOAS_RUN_PAGES_MAX	((1UL << IOAS_RUN_PAGES_BITS) - 1)

struct ioas_run {
	u64 pfn : IOAS_RUN_PFN_BITS;
	u64 pages : IOAS_RUN_PAGES_BITS;
};

struct ioas_run_chunk {
	struct list_head node;
	unsigned int used;
	struct ioas_run runs[];
};

/**
 * struct ioas_memory - A pinned range of a process' memory
 * @mm: the process' memory map it is charged to; holds mm_count
 * @pages: length
 * @writable: pinned for writing
 * @chunks: struct ioas_run_chunk, in address order
 *
 * It does not change between ioas_memory_pin() and ioas_memory_unpin(), so
 * reading it takes no lock.
 */
struct ioas_memory {
	struct mm_struct *mm;
	unsigned long pages;
	bool writable;
	struct list_head chunks;
};

struct ioas_memory *ioas_memory_pin(struct ioas_call *call, unsigned long va,
				    unsigned long pages, bool writable);
void ioas_memory_unpin(struct ioas_memory *memory);

unsigned long ioas_runs_append(struct ioas_memory *memory, struct page **pages,
			       unsigned long count);
void ioas_runs_free(struct ioas_memory *memory);

/**
 * struct ioas_run_iter - Where a walk over the runs of memory is
 * @memory: the memory
 * @chunk: the chunk the next run is in
 * @next: its index there
 */
struct ioas_run_iter {
	struct ioas_memory *memory;
	struct ioas_run_chunk *chunk;
	unsigned int next;
};

/**
 * ioas_run_next() - Step to the next run
 * @iter: the walk
 *
 * Context: may sleep.
 * Return: the run, NULL after the last.
 */
static inline struct ioas_run *ioas_run_next(struct ioas_run_iter *iter)
{
	while (!list_entry_is_head(iter->chunk, &iter->memory->chunks, node)) {
		if (iter->next < iter->chunk->used)
			return &iter->chunk->runs[iter->next++];
		cond_resched();
		iter->chunk = list_next_entry(iter->chunk, node);
		iter->next = 0;
	}
	return NULL;
}

/**
 * ioas_run_first() - Begin a walk over the runs of memory, in address order
 * @iter: the walk
 * @memory: the memory
 *
 * Return: the first run, NULL if there is none.
 */
static inline struct ioas_run *ioas_run_first(struct ioas_run_iter *iter,
					      struct ioas_memory *memory)
{
	iter->memory = memory;
	iter->chunk = list_first_entry(&memory->chunks, struct ioas_run_chunk,
				       node);
	iter->next = 0;
	return ioas_run_next(iter);
}

#endif
