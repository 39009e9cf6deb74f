// SPDX-License-Identifier: GPL-2.0
/*
 * What a space holds, for /proc/PID/fdinfo.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "memory/memory.h"
#include "space/space.h"

/**
 * struct ioas_histogram - What the mappings of a space consist of
 * @pages: how many pieces of each size of @ioas_page_sizes an IOMMU that has all these
 *	sizes maps with one entry
 * @shared: bytes whose memory is mapped or registered elsewhere as well
 * @pinned: bytes of the memory they use, as far as no other object of the context was
 *	shown that uses it
 */
struct ioas_histogram {
	u64 pages[3];
	u64 shared;
	u64 pinned;
};

static const unsigned long ioas_page_sizes[] = { SZ_1G, SZ_2M, SZ_4K };

/* Count the entries for a run, the way the IOMMU core cuts it. */
static void ioas_count_run(struct ioas_space *space,
			   struct ioas_histogram *histogram, u64 iova,
			   u64 paddr, u64 length)
{
	while (length) {
		unsigned int i = 0;
		u64 size, count;

		while (i < 2 && (ioas_page_sizes[i] > length ||
				 ((iova | paddr) & (ioas_page_sizes[i] - 1)) ||
				 (space->granule &&
				  ioas_page_sizes[i] > space->granule)))
			i++;
		size = ioas_page_sizes[i];
		/* Up to where a larger size may fit. */
		count = length / size;
		if (i && !((iova ^ paddr) & (ioas_page_sizes[i - 1] - 1)))
			count = min(count, (ioas_page_sizes[i - 1] -
				(iova & (ioas_page_sizes[i - 1] - 1))) / size);
		histogram->pages[i] += count;
		iova += count * size;
		paddr += count * size;
		length -= count * size;
	}
}

static void ioas_count_area(struct ioas_space *space, struct ioas_area *area,
			    struct ioas_histogram *histogram)
{
	size_t length = ioas_area_length(area);
	unsigned long iova = area->first, pfn, pages;
	struct ioas_run_iter iter;

	ioas_run_iter_start(&iter, &area->memory->runs, area->offset,
			    length >> PAGE_SHIFT);
	while (ioas_run_iter_next(&iter, &pfn, &pages)) {
		ioas_count_run(space, histogram, iova, PFN_PHYS(pfn),
			       (u64)pages << PAGE_SHIFT);
		iova += pages << PAGE_SHIFT;
	}
	if (refcount_read(&area->memory->refs) > 1)
		histogram->shared += length;
	histogram->pinned += ioas_memory_count(area->memory);
}

/*
 * Count the areas, or make them uncounted if there is no histogram. One area at a time
 * under the lock: a space may have a million.
 */
static void ioas_count_areas(struct ioas_space *space,
			     struct ioas_histogram *histogram)
{
	struct ioas_area *area;
	unsigned long from = 0;

	do {
		mutex_lock(&space->lock);
		area = ioas_area_first(space, from, ULONG_MAX);
		if (area && area->ready && histogram)
			ioas_count_area(space, area, histogram);
		else if (area && area->ready)
			area->memory->counted = false;
		if (area)
			from = area->last + 1;
		mutex_unlock(&space->lock);
		cond_resched();
	} while (area && from);
}

/**
 * ioas_space_forget_count() - Nothing that a space maps has been counted
 * @space: the space, of which the caller has a reference
 *
 * Context: may sleep; the lock of fdinfo.c.
 */
void ioas_space_forget_count(struct ioas_space *space)
{
	ioas_count_areas(space, NULL);
}

/**
 * ioas_space_show() - Show a space
 * @m: where to
 * @space: the space, of which the caller has a reference
 *
 * Context: may sleep; the lock of fdinfo.c.
 * Return: bytes of the memory that it maps and that was not counted before.
 */
u64 ioas_space_show(struct seq_file *m, struct ioas_space *space)
{
	struct ioas_histogram histogram = {};
	u64 areas, mapped;
	unsigned int devices;

	ioas_count_areas(space, &histogram);
	down_read(&space->domains_sem);
	devices = space->num_devices;
	mutex_lock(&space->lock);
	areas = space->num_areas;
	mapped = space->mapped_bytes;
	mutex_unlock(&space->lock);
	up_read(&space->domains_sem);
	seq_printf(m, "space:\tid=%u kind=paging devices=%u areas=%llu mapped=%llu shared=%llu granule=%lu 1G=%llu 2M=%llu 4K=%llu\n",
		   space->obj.id, devices, areas, mapped, histogram.shared,
		   space->granule, histogram.pages[0], histogram.pages[1],
		   histogram.pages[2]);
	ioas_space_show_layout(m, space);
	return histogram.pinned;
}
