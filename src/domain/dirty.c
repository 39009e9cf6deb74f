// SPDX-License-Identifier: GPL-2.0
/*
 * What the hardware marks in an I/O page table when devices write.
 *
 * Drivers of IOMMUs answer with the range that what is dirty lies in (compat/dirty.h), so
 * it is looked for in ever smaller steps, down to the one entry whose size the answer is.
 *
 * Called by dirty/track.c under domains_sem, for write, or for read of areas that the
 * caller has claimed: what is looked at stays mapped meanwhile.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "compat/compat.h"
#include "domain/domain.h"

/* So much is cleaned in one call of a driver. */
#define IOAS_CLEAN_STEP		SZ_1G

/* A page, and how many times more is asked for at once. */
#define IOAS_STEPS		3
#define IOAS_STEP_SHIFT		6

/**
 * struct ioas_dirty_walk - A search for what is dirty
 * @domain: where
 * @found: is told of each entry; returns 0 or a negative errno that ends the search
 * @data: passed to @found
 * @clear: what is found is clean afterwards
 * @flush: what has to be flushed because of that
 * @done: last IOVA of the entry that was found last
 * @any: one was found
 */
struct ioas_dirty_walk {
	struct iommu_domain *domain;
	ioas_dirty_found_fn found;
	void *data;
	bool clear;
	struct iommu_iotlb_gather flush;
	unsigned long done;
	bool any;
};

/* Where the first dirty entry of a range begins and the last one ends, or beyond. */
static int ioas_dirty_hull(struct ioas_dirty_walk *walk, unsigned long first,
			   unsigned long last, unsigned long *from,
			   unsigned long *to)
{
	struct iommu_iotlb_gather hull;
	int ret;

	iommu_iotlb_gather_init(&hull);
	ret = ioas_read_dirty(walk->domain, first, last - first + 1, false,
			      &hull);
	*from = hull.start;
	*to = hull.end;
	return ret;
}

/*
 * The entry that [from, to] has the size of. Drivers say where it begins, or which page
 * of it they were asked for.
 */
static int ioas_dirty_entry(struct ioas_dirty_walk *walk, unsigned long page,
			    unsigned long from, unsigned long to)
{
	unsigned long size = roundup_pow_of_two(to - from + 1);
	unsigned long first = page & ~(size - 1);
	int ret;

	walk->done = first + (size - 1);
	walk->any = true;
	ret = walk->found(walk->data, first, walk->done);
	if (ret || !walk->clear)
		return ret;
	/* What is written before this is told of; what is written after it, next time. */
	return ioas_read_dirty(walk->domain, page, PAGE_SIZE, true,
			       &walk->flush);
}

static int ioas_dirty_search(struct ioas_dirty_walk *walk, unsigned long first,
			     unsigned long last, unsigned int step)
{
	unsigned int shift = PAGE_SHIFT + step * IOAS_STEP_SHIFT;
	unsigned long from, to, end;
	int ret;

	ret = ioas_dirty_hull(walk, first, last, &from, &to);
	if (ret || from > to || from > last || to < first)
		return ret;
	if (last - first < PAGE_SIZE)
		return ioas_dirty_entry(walk, first, from, to);
	first = max(first, from);
	last = min(last, to);
	for (;; first = end + 1) {
		if (walk->any && walk->done >= first) {
			if (walk->done >= last)
				return 0;
			first = walk->done + 1;
		}
		end = min(last, first | ((1UL << (shift - IOAS_STEP_SHIFT)) - 1));
		ret = ioas_dirty_search(walk, first, end, step - 1);
		if (ret || end == last)
			return ret;
	}
}

/**
 * ioas_domain_find_dirty() - Find what was written
 * @domain: the domain, which tracks
 * @first: first IOVA; all of the range is mapped, and in one area
 * @last: last IOVA
 * @clear: what is found is clean afterwards
 * @found: is told of each dirty entry, which may begin before and end after the range;
 *	returns 0 or a negative errno, and then that entry stays dirty
 * @data: passed to @found
 *
 * Context: may sleep; domains_sem.
 * Return: 0, what @found said, or what the driver said.
 */
int ioas_domain_find_dirty(struct ioas_domain *domain, unsigned long first,
			   unsigned long last, bool clear,
			   ioas_dirty_found_fn found, void *data)
{
	struct ioas_dirty_walk walk = {
		.domain = domain->iommu,
		.found = found,
		.data = data,
		.clear = clear,
	};
	unsigned long end;
	int ret;

	iommu_iotlb_gather_init(&walk.flush);
	for (;; first = end + 1) {
		end = min(last, first | ((PAGE_SIZE << (IOAS_STEP_SHIFT *
							(IOAS_STEPS - 1))) - 1));
		ret = ioas_dirty_search(&walk, first, end, IOAS_STEPS - 1);
		if (ret || end == last)
			break;
		cond_resched();
	}
	/* As long as it is cached that an entry is dirty it is not marked again. */
	if (walk.flush.start <= walk.flush.end)
		iommu_iotlb_sync(domain->iommu, &walk.flush);
	return ret;
}

/**
 * ioas_domain_clean() - Forget what was written
 * @domain: the domain, which tracks
 * @first: first IOVA; all of the range is mapped
 * @last: last IOVA
 *
 * Context: may sleep; domains_sem for write.
 * Return: 0 or a negative errno of the driver.
 */
int ioas_domain_clean(struct ioas_domain *domain, unsigned long first,
		      unsigned long last)
{
	struct iommu_iotlb_gather flush;
	unsigned long end;
	int ret;

	iommu_iotlb_gather_init(&flush);
	for (;; first = end + 1) {
		end = min(last, first | (IOAS_CLEAN_STEP - 1));
		ret = ioas_read_dirty(domain->iommu, first, end - first + 1,
				      true, &flush);
		if (ret || end == last)
			break;
		cond_resched();
	}
	if (flush.start <= flush.end)
		iommu_iotlb_sync(domain->iommu, &flush);
	return ret;
}

/**
 * ioas_domain_can_track() - Can the IOMMU of a device mark what the device writes
 * @dev: the device; dev->iommu stays valid for the call
 *
 * A driver may say so and have no page table of use, so one is allocated.
 *
 * Context: may sleep.
 * Return: true if ioas_domain_create() can make such a domain.
 */
bool ioas_domain_can_track(struct device *dev)
{
	struct iommu_domain *domain;

	if (!ioas_dirty_capable(dev))
		return false;
	domain = ioas_dirty_domain_alloc(dev, false);
	if (IS_ERR(domain))
		return false;
	iommu_domain_free(domain);
	return true;
}
