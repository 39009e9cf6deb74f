// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning of user memory into runs, and unpinning.
 *
 * Called by memory.c and team.c under no lock: pinning takes mmap_lock and faults pages in, which
 * can take seconds for a virtual machine's memory.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "compat/compat.h"
#include "memory/memory.h"

/* Small requests, the common ones of drivers, need no page for the array. */
#define IOAS_PIN_SMALL	16
#define IOAS_PIN_BATCH	(PAGE_SIZE / sizeof(struct page *))

static long ioas_pin_array(struct ioas_pin *pin, unsigned long count)
{
	if (pin->writable)
		return pin_user_pages_fast(pin->va, count,
					   FOLL_LONGTERM | FOLL_WRITE,
					   pin->array);
	return ioas_pin_readable(pin->va, count, pin->array);
}

/**
 * ioas_pin_pages() - Pin some pages of the current mm, all of them or none
 * @va: page aligned user address
 * @count: how many
 * @writable: pin for writing
 * @pages: out: the pages
 *
 * Context: as ioas_pin().
 * Return: 0 or -EFAULT.
 */
int ioas_pin_pages(unsigned long va, unsigned long count, bool writable,
		   struct page **pages)
{
	struct ioas_pin pin = { .va = va, .writable = writable, .array = pages };
	unsigned long done = 0;

	while (done < count) {
		long got = ioas_pin_array(&pin, count - done);

		if (got <= 0)
			break;
		done += got;
		pin.va += got * PAGE_SIZE;
		pin.array += got;
	}
	if (done == count)
		return 0;
	unpin_user_pages(pages, done);
	return -EFAULT;
}

/* Keep @got pinned pages. Returns how many are kept, or -ENOMEM with none pinned. */
static long ioas_keep_pages(struct ioas_pin *pin, unsigned long got)
{
	unsigned long kept = ioas_runs_append(pin->runs, pin->array, got);

	if (kept == got)
		return got;
	/* Those kept are the caller's to unpin, with all the others. */
	unpin_user_pages(pin->array + kept, got - kept);
	return -ENOMEM;
}

/*
 * A hugetlb page cannot be split or partly unmapped, so one pin holds all of it and
 * one look tells where all of it is.
 */
static long ioas_keep_huge(struct ioas_pin *pin, unsigned long got)
{
	struct page *page = pin->array[0];
	struct page *head = compound_head(page);
	unsigned long count = compound_nr(head) - (page - head);

	if (got > 1)
		unpin_user_pages(pin->array + 1, got - 1);
	count = min(count, pin->pages);
	if (ioas_runs_append_huge(pin->runs, page, count))
		return count;
	unpin_user_page(page);
	return -ENOMEM;
}

/* Pin what can be pinned in one go. Returns how many pages that was. */
static long ioas_pin_step(struct ioas_pin *pin)
{
	unsigned long count = pin->huge ? 1 : min(pin->pages, pin->room);
	long got = ioas_pin_array(pin, count);

	if (got <= 0)
		return got ?: -EFAULT;
	pin->huge = PageHuge(pin->array[0]);
	return pin->huge ? ioas_keep_huge(pin, got) : ioas_keep_pages(pin, got);
}

static int ioas_pin_all(struct ioas_pin *pin)
{
	while (pin->pages) {
		long got = ioas_pin_step(pin);

		if (got < 0)
			return got == -ERESTARTSYS ? -EINTR : got;
		pin->va += got * PAGE_SIZE;
		pin->pages -= got;
		if (!pin->pages)
			break;
		if (ioas_pin_interrupted(pin) ||
		    (pin->stop && READ_ONCE(*pin->stop)))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * ioas_pin() - Pin a range of the current mm in this thread
 * @pin: what and whereto; its @va is where it failed, if it did
 *
 * Context: may sleep; takes mmap_lock, so no lock that is ever taken under mmap_lock
 * may be held.
 * Return: 0 or -ENOMEM, -EFAULT, -EINTR; then what was pinned is in the runs.
 */
int ioas_pin(struct ioas_pin *pin)
{
	struct page *small[IOAS_PIN_SMALL];
	int ret;

	pin->huge = false;
	if (pin->pages <= IOAS_PIN_SMALL) {
		pin->array = small;
		pin->room = IOAS_PIN_SMALL;
		return ioas_pin_all(pin);
	}
	pin->array = (struct page **)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!pin->array)
		return -ENOMEM;
	pin->room = IOAS_PIN_BATCH;
	ret = ioas_pin_all(pin);
	free_page((unsigned long)pin->array);
	return ret;
}

static noinline void ioas_unpin_huge(struct ioas_run run, bool dirty)
{
	struct page *page = pfn_to_page(ioas_run_pfn(run));
	unsigned long left = ioas_run_pages(run);

	while (left) {
		struct page *head = compound_head(page);
		unsigned long count = compound_nr(head) - (page - head);

		count = min(count, left);
		unpin_user_pages_dirty_lock(&page, 1, dirty);
		page += count;
		left -= count;
	}
}

static __always_inline void ioas_unpin_run(struct ioas_run run, bool dirty)
{
	struct page *page = pfn_to_page(ioas_run_pfn(run));

	if (ioas_run_huge(run))
		ioas_unpin_huge(run, dirty);
	else if (ioas_run_pages(run) == 1 && (!dirty || PageDirty(page)))
		unpin_user_page(page);
	else
		unpin_user_page_range_dirty_lock(page, ioas_run_pages(run),
						 dirty);
}

/**
 * ioas_unpin_runs() - Unpin all that is in runs
 * @runs: the runs, which stay as they are
 * @dirty: devices could write to it
 *
 * Context: may sleep; any process.
 */
void ioas_unpin_runs(struct ioas_runs *runs, bool dirty)
{
	struct ioas_chunk *chunk;
	unsigned long i;

	for (i = 0; i < runs->used; i++)
		ioas_unpin_run(runs->first[i], dirty);
	for (chunk = runs->chunks; chunk; chunk = chunk->next) {
		cond_resched();
		for (i = 0; i < chunk->used; i++)
			ioas_unpin_run(chunk->runs[i], dirty);
	}
}

static void ioas_dirty_run(struct ioas_run run)
{
	struct page *page = pfn_to_page(ioas_run_pfn(run));
	struct page *end = page + ioas_run_pages(run);

	for (; page < end; page++)
		if (!PageDirty(page))
			set_page_dirty_lock(page);
	cond_resched();
}

/**
 * ioas_dirty_runs() - Mark all that is in runs dirty
 * @runs: the runs, of pages that were not pinned here and are held by others
 *
 * Context: may sleep; any process.
 */
void ioas_dirty_runs(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk;
	unsigned long i;

	for (i = 0; i < runs->used; i++)
		ioas_dirty_run(runs->first[i]);
	for (chunk = runs->chunks; chunk; chunk = chunk->next)
		for (i = 0; i < chunk->used; i++)
			ioas_dirty_run(chunk->runs[i]);
}
