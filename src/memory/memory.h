/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pinned and accounted user memory; called by space/, read by domain/.
 *
 * Memory is pinned once and charged once, however many areas of however many spaces
 * map it; each holds a reference. It remembers its pinned runs: physically
 * contiguous stretches. What follows is work per run, not per page.
 */
#ifndef IOAS_MEMORY_H
#define IOAS_MEMORY_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "ioas.h"

struct ioas_call;

/*
 * 40 bits are the pages of 52-bit physical addresses, the most that any
 * architecture of ours has. A longer run is split. The whole is as large as one
 * entry of an I/O page table, so the worst scatter costs no more than that.
 */
#define IOAS_RUN_PFN_BITS	40
#define IOAS_RUN_PAGES_BITS	23
#define IOAS_RUN_PFN_MASK	((1ULL << IOAS_RUN_PFN_BITS) - 1)
#define IOAS_RUN_PAGES_MAX	((1UL << IOAS_RUN_PAGES_BITS) - 1)
#define IOAS_RUN_HUGE		BIT_ULL(63)

/**
 * struct ioas_run - Physically contiguous pinned pages
 * @packed: first page frame, number of pages, and IOAS_RUN_HUGE if they are hugetlb
 *	pages, of which each is pinned once as a whole. Not bit-fields: these are
 *	written and read once for each page of scattered memory.
 */
struct ioas_run {
	u64 packed;
};

static inline struct ioas_run ioas_run_make(unsigned long pfn,
					    unsigned long pages, u64 huge)
{
	return (struct ioas_run){
		pfn | (u64)pages << IOAS_RUN_PFN_BITS | huge
	};
}

static inline unsigned long ioas_run_pfn(struct ioas_run run)
{
	return run.packed & IOAS_RUN_PFN_MASK;
}

static inline unsigned long ioas_run_pages(struct ioas_run run)
{
	return run.packed >> IOAS_RUN_PFN_BITS & IOAS_RUN_PAGES_MAX;
}

static inline u64 ioas_run_huge(struct ioas_run run)
{
	return run.packed & IOAS_RUN_HUGE;
}

/**
 * struct ioas_chunk - A page of runs
 * @next: the runs that follow; NULL at the end
 * @used: how many there are
 * @runs: the runs
 */
struct ioas_chunk {
	struct ioas_chunk *next;
	unsigned long used;
	struct ioas_run runs[];
};

/* Most memory is one run or few, which need no allocation. */
#define IOAS_RUNS_INLINE	2

/**
 * struct ioas_runs - Runs, in address order
 * @first: the first ones
 * @used: how many of @first there are
 * @chunks: those that follow; NULL if there are none
 * @last: the last of @chunks
 */
struct ioas_runs {
	struct ioas_run first[IOAS_RUNS_INLINE];
	unsigned long used;
	struct ioas_chunk *chunks;
	struct ioas_chunk *last;	/* undefined if there is none */
};

/**
 * struct ioas_memory - A pinned range of memory, as part of what owns its storage
 * @refs: areas and registrations
 * @writable: pinned for writing
 * @exported: pages of a dma-buf, which its exporter holds; they are not pinned
 * @counted: in what fdinfo.c adds up; by its lock
 * @is_pfnmap: it is memory of a device and part of a struct ioas_pfnmap; not pinned
 * @release: frees the storage after the last reference
 * @mm: the process' memory map it is charged to, holds mm_count; NULL while nothing
 *	is pinned
 * @pages: length
 * @runs: where it is; does not change while anybody else can see the memory, so
 *	reading it takes no lock
 */
struct ioas_memory {
	refcount_t refs;
	bool writable;
	bool exported;
	bool counted;
	bool is_pfnmap;
	void (*release)(struct ioas_memory *memory);
	struct mm_struct *mm;
	unsigned long pages;
	struct ioas_runs runs;
};

/**
 * struct ioas_uncharge - Pages to be taken off one account
 * @mm: the account, NULL if there is none; holds mm_count
 * @pages: how many
 */
struct ioas_uncharge {
	struct mm_struct *mm;
	unsigned long pages;
};

/* memory.c */

/**
 * ioas_memory_get() - Take a reference
 * @memory: memory of which somebody has one
 *
 * Return: @memory.
 */
static inline struct ioas_memory *ioas_memory_get(struct ioas_memory *memory)
{
	refcount_inc(&memory->refs);
	return memory;
}

void ioas_memory_init(struct ioas_memory *memory,
		      void (*release)(struct ioas_memory *memory));
void ioas_memory_init_pfnmap(struct ioas_memory *memory, unsigned long pages,
			     bool writable);
int ioas_memory_pin(struct ioas_call *call, struct ioas_memory *memory,
		    unsigned long va, unsigned long pages, bool writable);
int ioas_memory_begin(struct ioas_call *call, struct ioas_memory *memory,
		      unsigned long pages, bool writable);
void ioas_memory_abort(struct ioas_memory *memory);
int ioas_memory_adopt(struct ioas_memory *memory, struct page **pages,
		      unsigned long count, bool writable);
int ioas_memory_split(struct ioas_memory *memory, unsigned long page,
		      struct ioas_memory *second);
int ioas_memory_change_owner(struct ioas_call *call, struct ioas_memory *memory);
void ioas_memory_put(struct ioas_memory *memory, struct ioas_uncharge *uncharge);
int ioas_charge(struct ioas_call *call, unsigned long pages);
void ioas_uncharge(struct mm_struct *mm, unsigned long pages);
void ioas_uncharge_some(struct ioas_uncharge *uncharge);

/**
 * ioas_uncharge_all() - Take pages off the account they were charged to
 * @uncharge: collected by ioas_memory_drop(); empty afterwards
 *
 * Context: may sleep; any process; takes mmap_lock of the owner.
 */
static inline void ioas_uncharge_all(struct ioas_uncharge *uncharge)
{
	if (uncharge->mm)
		ioas_uncharge_some(uncharge);
}

/**
 * ioas_memory_count() - The bytes of memory that was not counted yet
 * @memory: the memory
 *
 * Context: under the lock of fdinfo.c.
 * Return: all its bytes for the first caller, 0 for others.
 */
static inline u64 ioas_memory_count(struct ioas_memory *memory)
{
	if (memory->counted || memory->is_pfnmap)
		return 0;
	memory->counted = true;
	return (u64)memory->pages << PAGE_SHIFT;
}

/* dmabuf.c */
struct dma_buf;

struct ioas_memory *ioas_dmabuf_memory(struct ioas_call *call,
				       struct dma_buf *buf, unsigned long skip,
				       unsigned long pages, bool writable);

/* registration.c */

/**
 * struct ioas_registration - Memory that has an id
 * @obj: the id
 * @memory: the memory, a reference
 * @prot: the most that mappings may allow, enum ioasid_prot
 */
struct ioas_registration {
	struct ioas_object obj;
	struct ioas_memory *memory;
	u32 prot;
};

static inline struct ioas_registration *
ioas_registration_from_object(struct ioas_object *obj)
{
	return container_of(obj, struct ioas_registration, obj);
}

struct ioas_registration *ioas_registration_get(struct ioas_call *call,
						struct ioas_ctx *ctx, u32 id);
void ioas_registration_put(struct ioas_registration *registration);
void ioas_registration_release(struct ioas_registration *registration);
int ioas_cmd_register_memory(struct ioas_call *call);
int ioas_cmd_unregister_memory(struct ioas_call *call);

/* pin.c */

/**
 * struct ioas_pin - Pinning under way
 * @runs: where pinned pages go
 * @va: next address
 * @pages: pages still to be pinned
 * @writable: pin for writing
 * @killable: only a signal that kills may interrupt it
 * @stop: set by another thread to make an end of it; may be NULL
 * @huge: the last page was a hugetlb page, so the next one probably is
 * @array: room for what is pinned in one go
 * @room: entries of @array
 */
struct ioas_pin {
	struct ioas_runs *runs;
	unsigned long va;
	unsigned long pages;
	bool writable;
	bool killable;
	bool *stop;

	/* Set up by ioas_pin(). */
	bool huge;
	struct page **array;
	unsigned long room;
};

static inline bool ioas_pin_interrupted(struct ioas_pin *pin)
{
	return pin->killable ? fatal_signal_pending(current) :
			       signal_pending(current);
}

int ioas_pin_pages(unsigned long va, unsigned long count, bool writable,
		   struct page **pages);
int ioas_pin(struct ioas_pin *pin);
void ioas_unpin_runs(struct ioas_runs *runs, bool dirty);
void ioas_dirty_runs(struct ioas_runs *runs);

/* team.c */

/* Too little to be worth a look at how many threads there could be. */
#define IOAS_TEAM_PAGES		(SZ_64M >> PAGE_SHIFT)

bool ioas_team_possible(void);
int ioas_pin_team(struct ioas_pin *pin);

/* runs.c */
unsigned long ioas_runs_append(struct ioas_runs *runs, struct page **pages,
			       unsigned long count);
bool ioas_runs_append_huge(struct ioas_runs *runs, struct page *page,
			   unsigned long count);
bool ioas_runs_append_pfns(struct ioas_runs *runs, unsigned long pfn,
			   unsigned long count);
bool ioas_runs_join(struct ioas_runs *runs, struct ioas_runs *more);
bool ioas_runs_meet_in_page(struct ioas_runs *runs, struct ioas_runs *more);
void ioas_runs_drop_first(struct ioas_runs *runs);
void ioas_runs_free_chunks(struct ioas_runs *runs);
int ioas_runs_split(struct ioas_runs *runs, unsigned long page,
		    struct ioas_runs *to);

/**
 * ioas_runs_init() - No runs
 * @runs: the runs
 */
static inline void ioas_runs_init(struct ioas_runs *runs)
{
	runs->used = 0;
	runs->chunks = NULL;
}

/**
 * ioas_runs_free() - Forget runs, whose pages are not looked at
 * @runs: the runs, of which there are none afterwards
 */
static inline void ioas_runs_free(struct ioas_runs *runs)
{
	if (unlikely(runs->chunks))
		ioas_runs_free_chunks(runs);
	ioas_runs_init(runs);
}

/* The account's reference on the mm is the memory's, or not needed. */
static inline void ioas_uncharge_later(struct ioas_uncharge *uncharge,
				       struct ioas_memory *memory)
{
	if (uncharge->mm == memory->mm) {
		mmdrop(memory->mm);
	} else {
		ioas_uncharge_all(uncharge);
		uncharge->mm = memory->mm;
	}
	uncharge->pages += memory->pages;
}

/* The pages themselves are the exporter's to free, in @release. */
static inline void ioas_memory_let_go(struct ioas_memory *memory)
{
	if (likely(!memory->exported))
		ioas_unpin_runs(&memory->runs, memory->writable);
	else if (memory->writable)
		ioas_dirty_runs(&memory->runs);
	ioas_runs_free(&memory->runs);
}

/**
 * ioas_memory_drop() - Give a reference back, and perhaps the storage
 * @memory: memory that no device reaches through the caller any more
 * @uncharge: what the caller will give to ioas_uncharge_all()
 *
 * With the last reference the memory is its process' alone again. Pages that devices
 * could write are marked dirty.
 *
 * Context: may sleep; any process.
 * Return: true if it was the last reference; then the caller frees the storage.
 */
static inline bool ioas_memory_drop(struct ioas_memory *memory,
				    struct ioas_uncharge *uncharge)
{
	if (!refcount_dec_and_test(&memory->refs))
		return false;
	if (memory->mm) {
		ioas_memory_let_go(memory);
		ioas_uncharge_later(uncharge, memory);
	}
	return true;
}

/**
 * struct ioas_run_iter - A walk over the runs of a part of memory
 * @next: the next run
 * @end: behind the last run of those that lie together
 * @chunk: where it goes on behind @end
 * @left: pages of the part that are still to come
 * @skip: pages of the next run that are before the part
 */
struct ioas_run_iter {
	struct ioas_run *next;
	struct ioas_run *end;
	struct ioas_chunk *chunk;
	unsigned long left;
	unsigned long skip;
};

void ioas_run_iter_seek(struct ioas_run_iter *iter, struct ioas_runs *runs,
			unsigned long offset);
void ioas_run_iter_chunk(struct ioas_run_iter *iter);

/**
 * ioas_run_iter_start() - Begin a walk over a part of memory
 * @iter: the walk
 * @runs: the runs of the memory
 * @offset: first page of the part
 * @pages: pages of the part
 */
static inline void ioas_run_iter_start(struct ioas_run_iter *iter,
				       struct ioas_runs *runs,
				       unsigned long offset,
				       unsigned long pages)
{
	iter->next = runs->first;
	iter->end = runs->first + runs->used;
	iter->chunk = runs->chunks;
	iter->left = pages;
	iter->skip = 0;
	if (offset)
		ioas_run_iter_seek(iter, runs, offset);
}

/**
 * ioas_run_iter_next() - Step to the next run
 * @iter: the walk
 * @pfn: out: first page frame of the run, or of what of it is in the part
 * @pages: out: pages of that
 *
 * Context: may sleep.
 * Return: false at the end.
 */
static inline bool ioas_run_iter_next(struct ioas_run_iter *iter,
				      unsigned long *pfn, unsigned long *pages)
{
	struct ioas_run run;

	if (!iter->left)
		return false;
	while (unlikely(iter->next == iter->end))
		ioas_run_iter_chunk(iter);
	run = *iter->next++;
	*pfn = ioas_run_pfn(run) + iter->skip;
	*pages = min(ioas_run_pages(run) - iter->skip, iter->left);
	iter->skip = 0;
	iter->left -= *pages;
	return true;
}

/**
 * ioas_memory_address() - Where a part of memory begins
 * @memory: the memory
 * @offset: first page of the part
 *
 * Large pages are had where an IOVA agrees with it.
 *
 * Return: the physical address.
 */
static inline u64 ioas_memory_address(struct ioas_memory *memory,
				      unsigned long offset)
{
	unsigned long pfn = 0, pages;
	struct ioas_run_iter iter;

	ioas_run_iter_start(&iter, &memory->runs, offset, 1);
	ioas_run_iter_next(&iter, &pfn, &pages);
	return PFN_PHYS(pfn);
}

#endif
