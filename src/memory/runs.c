// SPDX-License-Identifier: GPL-2.0
/*
 * The list of physically contiguous runs that a piece of memory consists of.
 *
 * Only memory.c changes it, before anybody else sees the memory; no lock.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "memory/memory.h"

/* Most memory is one run or few; memory with many fills pages of runs. */
#define IOAS_RUNS_FIRST	4
#define IOAS_RUNS_NEXT						\
	((PAGE_SIZE - sizeof(struct ioas_run_chunk)) / sizeof(struct ioas_run))

static unsigned int ioas_chunk_room(struct ioas_memory *memory,
				    struct ioas_run_chunk *chunk)
{
	return list_is_first(&chunk->node, &memory->chunks) ? IOAS_RUNS_FIRST :
							      IOAS_RUNS_NEXT;
}

static struct ioas_run_chunk *ioas_last_chunk(struct ioas_memory *memory)
{
	if (list_empty(&memory->chunks))
		return NULL;
	return list_last_entry(&memory->chunks, struct ioas_run_chunk, node);
}

/* The chunk to write the next run to, NULL without memory. */
static struct ioas_run_chunk *ioas_chunk_with_room(struct ioas_memory *memory)
{
	struct ioas_run_chunk *chunk = ioas_last_chunk(memory);
	unsigned int room = IOAS_RUNS_FIRST;

	if (chunk) {
		if (chunk->used < ioas_chunk_room(memory, chunk))
			return chunk;
		room = IOAS_RUNS_NEXT;
	}
	chunk = kmalloc(struct_size(chunk, runs, room), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;
	chunk->used = 0;
	list_add_tail(&chunk->node, &memory->chunks);
	return chunk;
}

static bool ioas_run_extend(struct ioas_memory *memory, unsigned long pfn)
{
	struct ioas_run_chunk *chunk = ioas_last_chunk(memory);
	struct ioas_run *run;

	if (!chunk || !chunk->used)
		return false;
	run = &chunk->runs[chunk->used - 1];
	if (run->pfn + run->pages != pfn || run->pages == IOAS_RUN_PAGES_MAX)
		return false;
	run->pages++;
	return true;
}

/**
 * ioas_runs_append() - Add pinned pages to the end of a piece of memory
 * @memory: the memory
 * @pages: pinned pages in address order
 * @count: how many
 *
 * Context: may sleep.
 * Return: how many are in the runs now; fewer than @count without memory.
 */
unsigned long ioas_runs_append(struct ioas_memory *memory, struct page **pages,
			       unsigned long count)
{
	unsigned long i;

	for (i = 0; i < count; i++) {
		unsigned long pfn = page_to_pfn(pages[i]);
		struct ioas_run_chunk *chunk;

		if (ioas_run_extend(memory, pfn))
			continue;
		chunk = ioas_chunk_with_room(memory);
		if (!chunk)
			break;
		chunk->runs[chunk->used].pfn = pfn;
		chunk->runs[chunk->used].pages = 1;
		chunk->used++;
	}
	return i;
}

/**
 * ioas_runs_free() - Free the list of runs
 * @memory: the memory, whose pages are not looked at
 */
void ioas_runs_free(struct ioas_memory *memory)
{
	struct ioas_run_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &memory->chunks, node)
		kfree(chunk);
	INIT_LIST_HEAD(&memory->chunks);
}
