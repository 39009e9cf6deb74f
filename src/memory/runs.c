// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of the physically contiguous runs that memory consists of.
 *
 * Only pin.c and memory.c change one, before anybody else sees the memory or when
 * nobody else sees it any more; no lock.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "memory/memory.h"

/* Most memory is one run or few; memory with many fills pages of runs. */
#define IOAS_CHUNK_ROOM						\
	((PAGE_SIZE - sizeof(struct ioas_chunk)) / sizeof(struct ioas_run))

/**
 * ioas_runs_init() - An empty list
 * @runs: the list
 */
void ioas_runs_init(struct ioas_runs *runs)
{
	INIT_LIST_HEAD(&runs->chunks);
	runs->own = NULL;
}

/**
 * ioas_runs_init_chunk() - An empty list with room for its first runs
 * @runs: the list
 * @chunk: the room, which the caller owns
 * @array: likewise
 * @room: entries of @array
 */
void ioas_runs_init_chunk(struct ioas_runs *runs, struct ioas_chunk *chunk,
			  struct ioas_run *array, unsigned int room)
{
	ioas_runs_init(runs);
	chunk->runs = array;
	chunk->used = 0;
	chunk->room = room;
	runs->own = chunk;
	list_add_tail(&chunk->node, &runs->chunks);
}

static struct ioas_chunk *ioas_last_chunk(struct ioas_runs *runs)
{
	if (list_empty(&runs->chunks))
		return NULL;
	return list_last_entry(&runs->chunks, struct ioas_chunk, node);
}

static struct ioas_chunk *ioas_add_chunk(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);

	if (!chunk)
		return NULL;
	chunk->runs = (struct ioas_run *)(chunk + 1);
	chunk->used = 0;
	chunk->room = IOAS_CHUNK_ROOM;
	list_add_tail(&chunk->node, &runs->chunks);
	return chunk;
}

static bool ioas_extend_run(struct ioas_chunk *chunk, unsigned long pfn,
			    unsigned long pages, u64 huge)
{
	struct ioas_run *run;

	if (!chunk || !chunk->used)
		return false;
	run = &chunk->runs[chunk->used - 1];
	pages += ioas_run_pages(*run);
	if (ioas_run_pfn(*run) + ioas_run_pages(*run) != pfn ||
	    ioas_run_huge(*run) != huge || pages > IOAS_RUN_PAGES_MAX)
		return false;
	*run = ioas_run_make(ioas_run_pfn(*run), pages, huge);
	return true;
}

/* Add a run that is known not to be the last one's end. */
static inline struct ioas_chunk *ioas_new_run(struct ioas_runs *runs,
					      struct ioas_chunk *chunk,
					      unsigned long pfn,
					      unsigned long pages, u64 huge)
{
	if (unlikely(!chunk || chunk->used == chunk->room)) {
		chunk = ioas_add_chunk(runs);
		if (!chunk)
			return NULL;
	}
	chunk->runs[chunk->used++] = ioas_run_make(pfn, pages, huge);
	return chunk;
}

static bool ioas_add_run(struct ioas_runs *runs, unsigned long pfn,
			 unsigned long pages, u64 huge)
{
	struct ioas_chunk *chunk = ioas_last_chunk(runs);

	return ioas_extend_run(chunk, pfn, pages, huge) ||
	       ioas_new_run(runs, chunk, pfn, pages, huge);
}

/* How many of @pages, from the first on, are physically contiguous? */
static unsigned long ioas_count_contiguous(struct page **pages,
					   unsigned long count)
{
	unsigned long n = 1;

	if (IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP)) {
		/* The struct pages of all memory are one array. */
		while (n < count && pages[n] == pages[0] + n)
			n++;
		return n;
	}
	while (n < count && page_to_pfn(pages[n]) == page_to_pfn(pages[0]) + n)
		n++;
	return n;
}

/**
 * ioas_runs_append() - Add pinned pages to the end
 * @runs: the list
 * @pages: pages in address order, each pinned once
 * @count: how many, not 0
 *
 * Context: may sleep.
 * Return: how many are in the list now; fewer than @count without memory.
 */
unsigned long ioas_runs_append(struct ioas_runs *runs, struct page **pages,
			       unsigned long count)
{
	unsigned long done = ioas_count_contiguous(pages, count), n;
	struct ioas_chunk *chunk;

	/* Only the first can go on where the last batch ended. */
	if (!ioas_add_run(runs, page_to_pfn(pages[0]), done, 0))
		return 0;
	chunk = ioas_last_chunk(runs);
	for (; done < count; done += n) {
		n = ioas_count_contiguous(pages + done, count - done);
		chunk = ioas_new_run(runs, chunk, page_to_pfn(pages[done]), n,
				     0);
		if (!chunk)
			break;
	}
	return done;
}

/**
 * ioas_runs_append_huge() - Add a part of one hugetlb page to the end
 * @runs: the list
 * @page: first page of the part; the hugetlb page is pinned once
 * @count: pages, all in the same hugetlb page
 *
 * Context: may sleep.
 * Return: false without memory.
 */
bool ioas_runs_append_huge(struct ioas_runs *runs, struct page *page,
			   unsigned long count)
{
	return ioas_add_run(runs, page_to_pfn(page), count, IOAS_RUN_HUGE);
}

/**
 * ioas_runs_append_pfns() - Add contiguous pages to the end
 * @runs: the list
 * @pfn: the first page
 * @count: how many, no more than one run can be
 *
 * Context: may sleep.
 * Return: false without memory.
 */
bool ioas_runs_append_pfns(struct ioas_runs *runs, unsigned long pfn,
			   unsigned long count)
{
	return ioas_add_run(runs, pfn, count, 0);
}

/**
 * ioas_runs_join() - Copy a list to the end of another one
 * @runs: the list
 * @more: what comes after it
 *
 * Context: may sleep.
 * Return: false without memory; then a part of @more is in @runs.
 */
bool ioas_runs_join(struct ioas_runs *runs, struct ioas_runs *more)
{
	struct ioas_chunk *chunk;
	unsigned int i;

	list_for_each_entry(chunk, &more->chunks, node)
		for (i = 0; i < chunk->used; i++)
			if (!ioas_add_run(runs, ioas_run_pfn(chunk->runs[i]),
					  ioas_run_pages(chunk->runs[i]),
					  ioas_run_huge(chunk->runs[i])))
				return false;
	return true;
}

static struct ioas_run *ioas_first_run(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk;

	if (list_empty(&runs->chunks))
		return NULL;
	chunk = list_first_entry(&runs->chunks, struct ioas_chunk, node);
	return chunk->used ? chunk->runs : NULL;
}

static struct ioas_run *ioas_last_run(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk = ioas_last_chunk(runs);

	return chunk && chunk->used ? &chunk->runs[chunk->used - 1] : NULL;
}

/**
 * ioas_runs_meet_in_page() - Will joining make one run of two parts of a hugetlb page
 * @runs: the list
 * @more: what comes after it
 *
 * Each list has a pin of the page, and what is joined has one too many then.
 *
 * Return: true if the last page of @runs and the first of @more will be in the same run,
 * and are in the same hugetlb page.
 */
bool ioas_runs_meet_in_page(struct ioas_runs *runs, struct ioas_runs *more)
{
	struct ioas_run *last = ioas_last_run(runs);
	struct ioas_run *first = ioas_first_run(more);
	struct page *page;

	if (!last || !first || !ioas_run_huge(*last) || !ioas_run_huge(*first))
		return false;
	if (ioas_run_pfn(*last) + ioas_run_pages(*last) != ioas_run_pfn(*first) ||
	    ioas_run_pages(*last) + ioas_run_pages(*first) > IOAS_RUN_PAGES_MAX)
		return false;
	page = pfn_to_page(ioas_run_pfn(*first));
	return page != compound_head(page);
}

/**
 * ioas_runs_drop_first() - Unpin the first hugetlb page and forget about it
 * @runs: a list whose first run is of hugetlb pages
 */
void ioas_runs_drop_first(struct ioas_runs *runs)
{
	struct ioas_run *run = ioas_first_run(runs);
	struct page *page = pfn_to_page(ioas_run_pfn(*run));
	struct page *head = compound_head(page);
	unsigned long pages = ioas_run_pages(*run);
	unsigned long count = min(pages, compound_nr(head) - (page - head));

	unpin_user_page(page);
	*run = ioas_run_make(ioas_run_pfn(*run) + count, pages - count,
			     IOAS_RUN_HUGE);
}

/**
 * ioas_runs_free() - Free a list, which may not be used any more
 * @runs: the list, whose pages are not looked at
 */
void ioas_runs_free(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk, *next;

	/* Memory of few runs has no chunk but its own. */
	if (runs->own && list_is_singular(&runs->chunks))
		return;
	list_for_each_entry_safe(chunk, next, &runs->chunks, node)
		if (chunk != runs->own)
			free_page((unsigned long)chunk);
	INIT_LIST_HEAD(&runs->chunks);
}

/**
 * ioas_runs_reset() - Empty a list
 * @runs: the list, whose pages are not looked at
 */
void ioas_runs_reset(struct ioas_runs *runs)
{
	ioas_runs_free(runs);
	INIT_LIST_HEAD(&runs->chunks);
	if (!runs->own)
		return;
	runs->own->used = 0;
	list_add(&runs->own->node, &runs->chunks);
}

/* Where a page of memory is: a run, and how many pages of it are before. */
struct ioas_place {
	struct ioas_chunk *chunk;
	unsigned int index;
	unsigned long before;
};

static struct ioas_place ioas_find_place(struct ioas_runs *runs,
					 unsigned long page)
{
	struct ioas_place place = {};
	struct ioas_chunk *chunk;
	unsigned int i;

	list_for_each_entry(chunk, &runs->chunks, node) {
		for (i = 0; i < chunk->used; i++) {
			unsigned long pages = ioas_run_pages(chunk->runs[i]);

			if (page < pages) {
				place.chunk = chunk;
				place.index = i;
				place.before = page;
				return place;
			}
			page -= pages;
		}
	}
	return place;
}

/* A hugetlb page has one pin, which cannot be divided. */
static bool ioas_cuts_huge_page(struct ioas_place *place)
{
	struct ioas_run run = place->chunk->runs[place->index];
	struct page *page = pfn_to_page(ioas_run_pfn(run) + place->before);

	return ioas_run_huge(run) && place->before &&
	       page != compound_head(page);
}

static void ioas_copy_tail(struct ioas_place *place, struct ioas_chunk *to)
{
	struct ioas_chunk *from = place->chunk;
	struct ioas_run run = from->runs[place->index];
	unsigned long pfn = ioas_run_pfn(run);

	to->used = from->used - place->index;
	memcpy(to->runs, from->runs + place->index,
	       to->used * sizeof(*to->runs));
	to->runs[0] = ioas_run_make(pfn + place->before,
				    ioas_run_pages(run) - place->before,
				    ioas_run_huge(run));
	from->used = place->index;
	if (place->before)
		from->runs[from->used++] = ioas_run_make(pfn, place->before,
							 ioas_run_huge(run));
}

/**
 * ioas_runs_split() - Move the end of a list to another one
 * @runs: the list
 * @page: first page of the end; neither the first nor past the last
 * @to: an empty list with room for its first runs
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -EBUSY if @page is inside a hugetlb page; then nothing has
 * changed.
 */
int ioas_runs_split(struct ioas_runs *runs, unsigned long page,
		    struct ioas_runs *to)
{
	struct ioas_place place = ioas_find_place(runs, page);
	struct ioas_chunk *room = ioas_last_chunk(to);
	struct ioas_chunk *chunk, *next;

	if (ioas_cuts_huge_page(&place))
		return -EBUSY;
	if (room->room < place.chunk->used - place.index)
		room = ioas_add_chunk(to);
	if (!room)
		return -ENOMEM;
	ioas_copy_tail(&place, room);
	chunk = place.chunk;
	list_for_each_entry_safe_continue(chunk, next, &runs->chunks, node)
		list_move_tail(&chunk->node, &to->chunks);
	return 0;
}

static void ioas_run_iter_enter(struct ioas_run_iter *iter,
				struct ioas_chunk *chunk)
{
	iter->chunk = chunk;
	iter->next = chunk->runs;
	iter->end = chunk->runs + chunk->used;
}

/**
 * ioas_run_iter_start() - Begin a walk over a part of memory
 * @iter: the walk
 * @runs: the runs of the memory
 * @offset: first page of the part
 * @pages: pages of the part
 *
 * Context: may sleep.
 */
void ioas_run_iter_start(struct ioas_run_iter *iter, struct ioas_runs *runs,
			 unsigned long offset, unsigned long pages)
{
	struct ioas_place place;

	iter->left = pages;
	iter->skip = 0;
	if (!offset) {
		ioas_run_iter_enter(iter, list_first_entry(&runs->chunks,
							   struct ioas_chunk,
							   node));
		return;
	}
	place = ioas_find_place(runs, offset);
	ioas_run_iter_enter(iter, place.chunk);
	iter->next += place.index;
	iter->skip = place.before;
}

/**
 * ioas_run_iter_chunk() - Go on with the next chunk
 * @iter: the walk
 *
 * Context: may sleep.
 */
void ioas_run_iter_chunk(struct ioas_run_iter *iter)
{
	cond_resched();
	ioas_run_iter_enter(iter, list_next_entry(iter->chunk, node));
}
