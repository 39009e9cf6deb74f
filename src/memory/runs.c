// SPDX-License-Identifier: GPL-2.0
/*
 * The physically contiguous runs that memory consists of.
 *
 * Only pin.c and memory.c change them, before anybody else sees the memory or when
 * nobody else sees it any more; no lock.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "memory/memory.h"

/* Memory of many runs fills pages of them. */
#define IOAS_CHUNK_ROOM						\
	((PAGE_SIZE - sizeof(struct ioas_chunk)) / sizeof(struct ioas_run))

static struct ioas_chunk *ioas_add_chunk(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);

	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->used = 0;
	if (runs->chunks)
		runs->last->next = chunk;
	else
		runs->chunks = chunk;
	runs->last = chunk;
	return chunk;
}

static struct ioas_run *ioas_last_run(struct ioas_runs *runs)
{
	if (runs->chunks)
		return &runs->last->runs[runs->last->used - 1];
	return runs->used ? &runs->first[runs->used - 1] : NULL;
}

static bool ioas_extend_run(struct ioas_run *run, unsigned long pfn,
			    unsigned long pages, u64 huge)
{
	if (!run)
		return false;
	pages += ioas_run_pages(*run);
	if (ioas_run_pfn(*run) + ioas_run_pages(*run) != pfn ||
	    ioas_run_huge(*run) != huge || pages > IOAS_RUN_PAGES_MAX)
		return false;
	*run = ioas_run_make(ioas_run_pfn(*run), pages, huge);
	return true;
}

static struct ioas_chunk *ioas_chunk_with_room(struct ioas_runs *runs)
{
	if (runs->chunks && runs->last->used < IOAS_CHUNK_ROOM)
		return runs->last;
	return ioas_add_chunk(runs);
}

/* Add a run that is known not to be the last one's end. */
static bool ioas_new_run(struct ioas_runs *runs, struct ioas_run run)
{
	struct ioas_chunk *chunk;

	if (!runs->chunks && runs->used < IOAS_RUNS_INLINE) {
		runs->first[runs->used++] = run;
		return true;
	}
	chunk = ioas_chunk_with_room(runs);
	if (!chunk)
		return false;
	chunk->runs[chunk->used++] = run;
	return true;
}

static bool ioas_add_run(struct ioas_runs *runs, unsigned long pfn,
			 unsigned long pages, u64 huge)
{
	return ioas_extend_run(ioas_last_run(runs), pfn, pages, huge) ||
	       ioas_new_run(runs, ioas_run_make(pfn, pages, huge));
}

/*
 * Are the struct pages of neighbours neighbours? Not if each section of memory has an
 * array of its own.
 */
static inline bool ioas_is_nth(struct page *page, struct page *first,
			       unsigned long n)
{
	if (IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP))
		return page == first + n;
	return page_to_pfn(page) == page_to_pfn(first) + n;
}

/* How many of @pages, from the first on, are physically contiguous? */
static inline unsigned long ioas_count_contiguous(struct page **pages,
						  unsigned long count)
{
	struct page *first = pages[0];
	unsigned long n = 1;

	if (count > 1 && likely(!ioas_is_nth(pages[1], first, 1)))
		return 1;
	/* Several at once: this is done for every page. */
	while (n + 4 <= count && ioas_is_nth(pages[n], first, n) &&
	       ioas_is_nth(pages[n + 1], first, n + 1) &&
	       ioas_is_nth(pages[n + 2], first, n + 2) &&
	       ioas_is_nth(pages[n + 3], first, n + 3))
		n += 4;
	while (n < count && ioas_is_nth(pages[n], first, n))
		n++;
	return n;
}

/* Fill what room a chunk has, with runs of pages that no run goes on with. */
static unsigned long ioas_fill_chunk(struct ioas_chunk *chunk,
				     struct page **pages, unsigned long count)
{
	struct ioas_run *run = chunk->runs + chunk->used;
	struct ioas_run *end = chunk->runs + IOAS_CHUNK_ROOM;
	unsigned long done = 0, n;

	for (; done < count && run < end; done += n, run++) {
		n = ioas_count_contiguous(pages + done, count - done);
		*run = ioas_run_make(page_to_pfn(pages[done]), n, 0);
	}
	chunk->used = run - chunk->runs;
	return done;
}

/**
 * ioas_runs_append() - Add pinned pages to the end
 * @runs: the runs
 * @pages: pages in address order, each pinned once
 * @count: how many, not 0
 *
 * Context: may sleep.
 * Return: how many are in the runs now; fewer than @count without memory.
 */
unsigned long ioas_runs_append(struct ioas_runs *runs, struct page **pages,
			       unsigned long count)
{
	unsigned long done = ioas_count_contiguous(pages, count);
	struct ioas_chunk *chunk;

	/* Only the first can go on where the last batch ended. */
	if (!ioas_add_run(runs, page_to_pfn(pages[0]), done, 0))
		return 0;
	while (done < count) {
		if (!runs->chunks && runs->used < IOAS_RUNS_INLINE) {
			unsigned long n = ioas_count_contiguous(pages + done,
								count - done);

			ioas_new_run(runs, ioas_run_make(page_to_pfn(pages[done]),
							 n, 0));
			done += n;
			continue;
		}
		chunk = ioas_chunk_with_room(runs);
		if (!chunk)
			break;
		done += ioas_fill_chunk(chunk, pages + done, count - done);
	}
	return done;
}

/**
 * ioas_runs_append_huge() - Add a part of one hugetlb page to the end
 * @runs: the runs
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

static bool ioas_add_runs(struct ioas_runs *runs, struct ioas_run *more,
			  unsigned long count)
{
	for (; count; count--, more++)
		if (!ioas_add_run(runs, ioas_run_pfn(*more),
				  ioas_run_pages(*more), ioas_run_huge(*more)))
			return false;
	return true;
}

/**
 * ioas_runs_append_pfns() - Add contiguous pages to the end
 * @runs: the runs
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
 * ioas_runs_join() - Copy runs to the end of others
 * @runs: the runs
 * @more: what comes after them
 *
 * Context: may sleep.
 * Return: false without memory; then a part of @more is in @runs.
 */
bool ioas_runs_join(struct ioas_runs *runs, struct ioas_runs *more)
{
	struct ioas_chunk *chunk;

	if (!ioas_add_runs(runs, more->first, more->used))
		return false;
	for (chunk = more->chunks; chunk; chunk = chunk->next)
		if (!ioas_add_runs(runs, chunk->runs, chunk->used))
			return false;
	return true;
}

static struct ioas_run *ioas_first_run(struct ioas_runs *runs)
{
	return runs->used ? runs->first : NULL;
}

/**
 * ioas_runs_meet_in_page() - Will joining make one run of two parts of a hugetlb page
 * @runs: the runs
 * @more: what comes after them
 *
 * Each has a pin of the page, and what is joined has one too many then.
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
 * @runs: runs of which the first is of hugetlb pages
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
 * ioas_runs_free_chunks() - Free what runs have allocated
 * @runs: the runs, to be initialised again
 */
void ioas_runs_free_chunks(struct ioas_runs *runs)
{
	struct ioas_chunk *chunk = runs->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		free_page((unsigned long)chunk);
	}
}

/**
 * struct ioas_place - Where a page of memory is
 * @chunk: the chunk of its run; NULL if that is one of the first
 * @runs: the array that its run is in
 * @used: in use of that
 * @index: its run
 * @before: pages of the run before it
 */
struct ioas_place {
	struct ioas_chunk *chunk;
	struct ioas_run *runs;
	unsigned long used;
	unsigned long index;
	unsigned long before;
};

/* Look in one array; @before counts down. */
static bool ioas_place_in(struct ioas_place *place)
{
	for (place->index = 0; place->index < place->used; place->index++) {
		unsigned long pages = ioas_run_pages(place->runs[place->index]);

		if (place->before < pages)
			return true;
		place->before -= pages;
	}
	return false;
}

static struct ioas_place ioas_find_place(struct ioas_runs *runs,
					 unsigned long page)
{
	struct ioas_place place = {
		.runs = runs->first,
		.used = runs->used,
		.before = page,
	};
	struct ioas_chunk *next = runs->chunks;

	while (!ioas_place_in(&place) && next) {
		place.chunk = next;
		place.runs = next->runs;
		place.used = next->used;
		next = next->next;
	}
	return place;
}

/* A hugetlb page has one pin, which cannot be divided. */
static bool ioas_cuts_huge_page(struct ioas_place *place)
{
	struct ioas_run run = place->runs[place->index];
	struct page *page = pfn_to_page(ioas_run_pfn(run) + place->before);

	return ioas_run_huge(run) && place->before &&
	       page != compound_head(page);
}

/* Copy the runs from a place on, of the first one only what comes after it. */
static void ioas_copy_tail(struct ioas_place *place, struct ioas_run *to)
{
	struct ioas_run run = place->runs[place->index];

	memcpy(to, place->runs + place->index,
	       (place->used - place->index) * sizeof(*to));
	to[0] = ioas_run_make(ioas_run_pfn(run) + place->before,
			      ioas_run_pages(run) - place->before,
			      ioas_run_huge(run));
}

/* Let runs end before a place. */
static void ioas_cut_tail(struct ioas_runs *runs, struct ioas_place *place)
{
	struct ioas_run *run = &place->runs[place->index];
	unsigned long used = place->index;

	if (place->before) {
		*run = ioas_run_make(ioas_run_pfn(*run), place->before,
				     ioas_run_huge(*run));
		used++;
	}
	if (!place->chunk) {
		runs->used = used;
		runs->chunks = NULL;
		return;
	}
	place->chunk->used = used;
	place->chunk->next = NULL;
	runs->last = place->chunk;
}

/**
 * ioas_runs_split() - Move the end of runs to others
 * @runs: the runs
 * @page: first page of the end; neither the first nor past the last
 * @to: takes the end; there are none in it
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -EBUSY if @page is inside a hugetlb page; then nothing has
 * changed.
 */
int ioas_runs_split(struct ioas_runs *runs, unsigned long page,
		    struct ioas_runs *to)
{
	struct ioas_place place = ioas_find_place(runs, page);
	unsigned long count = place.used - place.index;
	struct ioas_chunk *rest, *room = NULL;

	if (ioas_cuts_huge_page(&place))
		return -EBUSY;
	if (count > IOAS_RUNS_INLINE) {
		room = ioas_add_chunk(to);
		if (!room)
			return -ENOMEM;
	}
	ioas_copy_tail(&place, room ? room->runs : to->first);
	rest = place.chunk ? place.chunk->next : runs->chunks;
	if (room) {
		room->used = count;
		room->next = rest;
	} else {
		to->used = count;
		to->chunks = rest;
	}
	if (rest)
		to->last = runs->last;
	ioas_cut_tail(runs, &place);
	return 0;
}

/**
 * ioas_run_iter_seek() - Begin a walk at another place than the start
 * @iter: the walk
 * @runs: the runs of the memory
 * @offset: first page of the part
 */
void ioas_run_iter_seek(struct ioas_run_iter *iter, struct ioas_runs *runs,
			unsigned long offset)
{
	struct ioas_place place = ioas_find_place(runs, offset);

	iter->next = place.runs + place.index;
	iter->end = place.runs + place.used;
	iter->chunk = place.chunk ? place.chunk->next : runs->chunks;
	iter->skip = place.before;
}

/**
 * ioas_run_iter_chunk() - Go on with the next chunk
 * @iter: the walk, which is not at its end
 *
 * Context: may sleep.
 */
void ioas_run_iter_chunk(struct ioas_run_iter *iter)
{
	struct ioas_chunk *chunk = iter->chunk;

	cond_resched();
	iter->next = chunk->runs;
	iter->end = chunk->runs + chunk->used;
	iter->chunk = chunk->next;
}
