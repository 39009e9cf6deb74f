// SPDX-License-Identifier: GPL-2.0
/*
 * Where in I/O page tables memory of devices is mapped. Its owner may take it away at
 * any time; then it disappears from all of them, and the places are remembered.
 *
 * One lock is for all of it, as it is rare. It is taken under mmap_lock and under what a
 * file's mappings are changed under, so nothing is allocated under it that could wait
 * for memory to be freed: that may wait for those locks.
 */
#include <linux/iommu.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "domain/domain.h"
#include "domain/places.h"
#include "memory/pfnmap.h"

static DEFINE_MUTEX(ioas_places_lock);

/**
 * struct ioas_place - A range of an I/O page table that shows memory of a device
 * @pfnmap_node: in the places of the memory
 * @domain_node: in the places of the domain
 * @domain: the domain
 * @iova: first byte
 * @offset: first page of the memory
 * @length: bytes
 * @prot: as for iommu_map()
 * @mapped: the domain translates it
 */
struct ioas_place {
	struct list_head pfnmap_node;
	struct list_head domain_node;
	struct ioas_domain *domain;
	unsigned long iova;
	unsigned long offset;
	size_t length;
	int prot;
	bool mapped;
};

static int ioas_place_enter(struct ioas_pfnmap *pfnmap, struct ioas_place *place)
{
	int ret;

	if (place->mapped)
		return 0;
	ret = ioas_map_atomic(place->domain->iommu, place->iova,
			      PFN_PHYS(pfnmap->pfn + place->offset),
			      place->length, place->prot);
	place->mapped = !ret;
	return ret;
}

static void ioas_place_leave(struct ioas_place *place)
{
	if (place->mapped)
		iommu_unmap(place->domain->iommu, place->iova, place->length);
	place->mapped = false;
}

static void ioas_place_free(struct ioas_place *place)
{
	list_del(&place->pfnmap_node);
	list_del(&place->domain_node);
	kfree(place);
}

/**
 * ioas_place_map() - Make memory of a device appear in an I/O page table
 * @domain: the domain
 * @iova: first byte of the range, which translates to nothing yet
 * @pfnmap: the memory
 * @offset: first page of it
 * @pages: length of the range
 * @prot: as for iommu_map()
 *
 * If it is away just now it will appear when it is back.
 *
 * Context: may sleep; domains_sem.
 * Return: 0 or a negative errno.
 */
int ioas_place_map(struct ioas_domain *domain, unsigned long iova,
		   struct ioas_pfnmap *pfnmap, unsigned long offset,
		   unsigned long pages, int prot)
{
	struct ioas_place *place = kzalloc(sizeof(*place), GFP_KERNEL_ACCOUNT);
	int ret = 0;

	if (!place)
		return -ENOMEM;
	place->domain = domain;
	place->iova = iova;
	place->offset = offset;
	place->length = pages << PAGE_SHIFT;
	place->prot = prot;
	mutex_lock(&ioas_places_lock);
	list_add(&place->pfnmap_node, &pfnmap->places);
	list_add(&place->domain_node, &domain->places);
	if (pfnmap->valid)
		ret = ioas_place_enter(pfnmap, place);
	if (ret)
		ioas_place_free(place);
	mutex_unlock(&ioas_places_lock);
	return ret;
}

/**
 * ioas_place_unmap() - Make memory of a device disappear from an I/O page table
 * @domain: the domain
 * @iova: first byte of what ioas_place_map() mapped
 * @pfnmap: the memory
 *
 * Context: may sleep; domains_sem.
 */
void ioas_place_unmap(struct ioas_domain *domain, unsigned long iova,
		      struct ioas_pfnmap *pfnmap)
{
	struct ioas_place *place, *next;

	mutex_lock(&ioas_places_lock);
	list_for_each_entry_safe(place, next, &pfnmap->places, pfnmap_node) {
		if (place->domain != domain || place->iova != iova)
			continue;
		ioas_place_leave(place);
		ioas_place_free(place);
	}
	mutex_unlock(&ioas_places_lock);
}

/**
 * ioas_places_forget() - An I/O page table is going to be freed with all it maps
 * @domain: the domain
 *
 * Context: may sleep; domains_sem for write.
 */
void ioas_places_forget(struct ioas_domain *domain)
{
	struct ioas_place *place, *next;

	mutex_lock(&ioas_places_lock);
	list_for_each_entry_safe(place, next, &domain->places, domain_node)
		ioas_place_free(place);
	mutex_unlock(&ioas_places_lock);
}

/* Called with the lock. */
static void ioas_places_leave(struct ioas_pfnmap *pfnmap)
{
	struct ioas_place *place;

	pfnmap->valid = false;
	list_for_each_entry(place, &pfnmap->places, pfnmap_node)
		ioas_place_leave(place);
}

/**
 * ioas_places_show() - Memory of a device is there: let it appear
 * @pfnmap: the memory
 * @seq: from before it was looked for
 *
 * Context: may sleep; no locks held.
 * Return: 0, -EAGAIN if it was taken away meanwhile, or another negative errno; then it is
 * nowhere.
 */
int ioas_places_show(struct ioas_pfnmap *pfnmap, unsigned long seq)
{
	struct ioas_place *place;
	int ret = 0;

	mutex_lock(&ioas_places_lock);
	if (mmu_interval_read_retry(&pfnmap->notifier, seq)) {
		ret = -EAGAIN;
		goto unlock;
	}
	pfnmap->valid = true;
	list_for_each_entry(place, &pfnmap->places, pfnmap_node) {
		ret = ioas_place_enter(pfnmap, place);
		if (ret)
			break;
	}
	if (ret)
		ioas_places_leave(pfnmap);
unlock:
	mutex_unlock(&ioas_places_lock);
	return ret;
}

/**
 * ioas_places_hide() - The process' mapping of a device's memory changes
 * @pfnmap: the memory
 * @seq: the change's number
 * @goes: the memory is taken away: let it disappear
 * @may_wait: the caller may sleep
 *
 * Context: under mmap_lock and locks of the owner.
 * Return: false if it would have had to wait and may not.
 */
bool ioas_places_hide(struct ioas_pfnmap *pfnmap, unsigned long seq, bool goes,
		      bool may_wait)
{
	if (may_wait)
		mutex_lock(&ioas_places_lock);
	else if (!mutex_trylock(&ioas_places_lock))
		return false;
	mmu_interval_set_seq(&pfnmap->notifier, seq);
	if (goes)
		ioas_places_leave(pfnmap);
	mutex_unlock(&ioas_places_lock);
	return true;
}
