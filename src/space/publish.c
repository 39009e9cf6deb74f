// SPDX-License-Identifier: GPL-2.0
/*
 * New areas, from their range to their place in the domains of their space.
 *
 * Called by map.c and its neighbours under no lock. The areas are theirs alone until
 * they are ready.
 */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "command.h"
#include "domain/domain.h"
#include "memory/memory.h"
#include "space/space.h"

/**
 * ioas_area_take() - Make an area and take a range for it
 * @call: the command
 * @space: the space
 * @fixed: at @iova; otherwise where the kernel finds room
 * @iova: first IOVA
 * @length: bytes; the end does not wrap
 * @va: user address of the memory, or what has its offset in a large page
 * @prot: enum ioasid_prot
 *
 * From here on the range is nobody else's.
 *
 * Context: may sleep; no locks held.
 * Return: the area, not ready and without memory, or an ERR_PTR: -ENOENT, -EEXIST,
 * -EADDRNOTAVAIL, -ENOSPC, -ENOMEM.
 */
struct ioas_area *ioas_area_take(struct ioas_call *call,
				 struct ioas_space *space, bool fixed,
				 unsigned long iova, unsigned long length,
				 unsigned long va, u32 prot)
{
	struct ioas_area *area = ioas_area_create(prot);
	struct ioas_uncharge uncharge = {};
	int ret;

	if (!area)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&space->lock);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else if (fixed)
		ret = ioas_area_insert_at(call, space, area, iova, length);
	else
		ret = ioas_area_insert_free(call, space, area, length, va);
	mutex_unlock(&space->lock);
	if (!ret)
		return area;
	ioas_area_free(area, &uncharge);
	return ERR_PTR(ret);
}

/**
 * ioas_areas_give_back() - Undo areas that were not published
 * @space: the space
 * @areas: the areas; may be empty, and is afterwards
 *
 * Context: may sleep; no locks held.
 */
void ioas_areas_give_back(struct ioas_space *space, struct list_head *areas)
{
	struct ioas_uncharge uncharge = {};
	struct ioas_area *area, *next;

	if (list_empty(areas))
		return;
	mutex_lock(&space->lock);
	list_for_each_entry(area, areas, list)
		ioas_area_remove(space, area);
	mutex_unlock(&space->lock);
	list_for_each_entry_safe(area, next, areas, list)
		ioas_area_free(area, &uncharge);
	ioas_uncharge_all(&uncharge);
	INIT_LIST_HEAD(areas);
}

static void ioas_unmap_domain(struct ioas_domain *domain, struct ioas_area *area)
{
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	ioas_domain_unmap(domain, area->first, ioas_area_length(area),
			  area->memory, &gather);
	iommu_iotlb_sync(domain->iommu, &gather);
}

static int ioas_map_domains(struct ioas_space *space, struct ioas_area *area)
{
	size_t length = ioas_area_length(area);
	struct ioas_domain *domain;
	int ret;

	list_for_each_entry(domain, &space->domains, node) {
		ret = ioas_domain_map(domain, area->first, area->memory,
				      area->offset, length >> PAGE_SHIFT,
				      area->prot);
		if (ret)
			goto unmap;
	}
	return 0;

unmap:
	list_for_each_entry_continue_reverse(domain, &space->domains, node)
		ioas_unmap_domain(domain, area);
	return ret;
}

static int ioas_fail_map(struct ioas_call *call, int err)
{
	if (err == -ENOMEM)
		return err;
	/* A driver's own errno could mean anything to the caller. */
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
			 "the driver of the IOMMU refused the mapping (%d)",
			 err);
}

/* Map areas in order; those that are done go from @areas to @done. */
static int ioas_map_areas(struct ioas_call *call, struct ioas_space *space,
			  struct list_head *areas, struct list_head *done)
{
	struct ioas_area *area, *next;
	int ret;

	list_for_each_entry_safe(area, next, areas, list) {
		ret = ioas_map_domains(space, area);
		if (ret)
			return ioas_fail_map(call, ret);
		list_move_tail(&area->list, done);
	}
	return 0;
}

/**
 * ioas_areas_publish() - Make areas visible to devices, and to everybody
 * @call: the command
 * @space: the space
 * @areas: areas with memory; those that are published leave the list
 *
 * Context: may sleep; no locks held.
 * Return: 0, or a negative errno; then the areas from the first that failed are
 * still in @areas.
 */
int ioas_areas_publish(struct ioas_call *call, struct ioas_space *space,
		       struct list_head *areas)
{
	struct ioas_area *area;
	LIST_HEAD(done);
	int ret;

	down_read(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else
		ret = ioas_map_areas(call, space, areas, &done);
	mutex_lock(&space->lock);
	list_for_each_entry(area, &done, list)
		ioas_area_set_ready(space, area);
	mutex_unlock(&space->lock);
	up_read(&space->domains_sem);
	return ret;
}
