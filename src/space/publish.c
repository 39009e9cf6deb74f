// SPDX-License-Identifier: GPL-2.0
/*
 * New areas, from their range to their place in the domains of their space.
 *
 * The order matters. The range is taken first, under the lock, so that two callers
 * never work on one range. The memory is pinned under no lock: it can take seconds,
 * and other ranges of the space go on meanwhile. Then the IOVA is told to user space,
 * as long as everything can be taken back. Then the domains are changed, and only
 * then the area counts as mapped.
 *
 * Called by map.c and its neighbours under no lock. An area is its caller's alone until
 * it is ready.
 */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "command.h"
#include "domain/domain.h"
#include "memory/memory.h"
#include "space/space.h"
#include "trace/trace.h"

static struct ioas_area *ioas_area_take(struct ioas_call *call,
					struct ioas_space *space,
					const struct ioasid_map_entry *entry)
{
	struct ioas_area *area = ioas_area_create(entry->prot);
	struct ioas_uncharge uncharge = {};
	int ret;

	if (!area)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&space->lock);
	ret = ioas_area_take_range(call, space, area, entry);
	mutex_unlock(&space->lock);
	if (!ret)
		return area;
	ioas_area_free(area, &uncharge);
	return ERR_PTR(ret);
}

/**
 * ioas_areas_give_back() - Undo areas that were not published
 * @space: the space
 * @areas: areas that have taken their ranges
 * @count: how many
 *
 * Context: may sleep; no locks held.
 */
void ioas_areas_give_back(struct ioas_space *space, struct ioas_area **areas,
			  unsigned int count)
{
	struct ioas_uncharge uncharge = {};
	unsigned int i;

	mutex_lock(&space->lock);
	for (i = 0; i < count; i++)
		ioas_area_remove(space, areas[i]);
	mutex_unlock(&space->lock);
	for (i = 0; i < count; i++)
		ioas_area_free(areas[i], &uncharge);
	ioas_uncharge_all(&uncharge);
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

static void ioas_unmap_areas(struct ioas_domain *domain,
			     struct ioas_area **areas, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		ioas_domain_undo(domain, areas[i]->first,
				 ioas_area_length(areas[i]), areas[i]->memory);
}

/* Tell the hardware once of areas that lie side by side. */
static int ioas_sync_areas(struct ioas_domain *domain, struct ioas_area **areas,
			   unsigned int count)
{
	unsigned long first = areas[0]->first;
	unsigned int i;
	int ret;

	for (i = 1; i < count; i++) {
		if (areas[i]->first == areas[i - 1]->last + 1)
			continue;
		ret = ioas_sync_map(domain->iommu, first,
				    areas[i - 1]->last - first + 1);
		if (ret)
			return ret;
		first = areas[i]->first;
	}
	return ioas_sync_map(domain->iommu, first,
			     areas[count - 1]->last - first + 1);
}

/* All areas, or none. */
static int ioas_map_areas(struct ioas_domain *domain, struct ioas_area **areas,
			  unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count; i++) {
		struct ioas_area *area = areas[i];

		ret = ioas_domain_map_nosync(domain, area->first, area->memory,
					     area->offset,
					     ioas_area_length(area) >>
					     PAGE_SHIFT, area->prot);
		if (ret)
			break;
	}
	if (!ret)
		ret = ioas_sync_areas(domain, areas, count);
	if (ret)
		ioas_unmap_areas(domain, areas, i);
	return ret;
}

static int ioas_map_domains(struct ioas_call *call, struct ioas_space *space,
			    struct ioas_area **areas, unsigned int count)
{
	struct ioas_domain *domain;
	int ret;

	list_for_each_entry(domain, &space->domains, node) {
		ret = ioas_map_areas(domain, areas, count);
		if (ret)
			goto unmap;
	}
	return 0;

unmap:
	list_for_each_entry_continue_reverse(domain, &space->domains, node)
		ioas_unmap_areas(domain, areas, count);
	return ioas_fail_map(call, ret);
}

/**
 * ioas_areas_publish() - Make areas visible to devices, and to everybody
 * @call: the command
 * @space: the space
 * @areas: areas with memory
 * @count: how many, not 0
 *
 * Context: may sleep; no locks held.
 * Return: 0 or a negative errno; then none of them is visible.
 */
int ioas_areas_publish(struct ioas_call *call, struct ioas_space *space,
		       struct ioas_area **areas, unsigned int count)
{
	unsigned int i;
	int ret;

	down_read(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else
		ret = ioas_map_domains(call, space, areas, count);
	if (!ret) {
		mutex_lock(&space->lock);
		for (i = 0; i < count; i++)
			ioas_area_set_ready(space, areas[i]);
		mutex_unlock(&space->lock);
	}
	up_read(&space->domains_sem);
	return ret;
}

static int ioas_map_area(struct ioas_call *call, struct ioas_space *space,
			 const struct ioas_mapping *mapping, u64 *iova)
{
	struct ioas_area *area = ioas_area_take(call, space, &mapping->entry);
	int ret;

	if (IS_ERR(area))
		return PTR_ERR(area);
	*iova = area->first;
	ret = mapping->fill(call, area, mapping);
	if (!ret && !(mapping->entry.flags & IOASID_MAP_FIXED))
		ret = mapping->respond(call, mapping, *iova);
	if (!ret)
		ret = ioas_areas_publish(call, space, &area, 1);
	if (ret)
		ioas_areas_give_back(space, &area, 1);
	return ret;
}

/**
 * ioas_map() - Make a mapping
 * @call: the command
 * @space: the space
 * @mapping: what is to be mapped
 *
 * Context: may sleep; no locks held.
 * Return: 0 or a negative errno; then nothing has changed.
 */
int ioas_map(struct ioas_call *call, struct ioas_space *space,
	     const struct ioas_mapping *mapping)
{
	u64 begin = ioas_trace_begin(ioasid_map);
	u64 iova = mapping->entry.iova;
	int ret = ioas_map_area(call, space, mapping, &iova);

	trace_ioasid_map(space->obj.id, iova, mapping->entry.length, ret,
			 ioas_trace_nsec(begin));
	return ret;
}

/**
 * ioas_fill_user() - Fill an area with memory of the calling process
 * @call: the command
 * @area: the area
 * @mapping: its entry's @user_va is where the memory is
 *
 * Context: as ioas_memory_pin().
 * Return: 0 or a negative errno, as ioas_memory_pin().
 */
int ioas_fill_user(struct ioas_call *call, struct ioas_area *area,
		   const struct ioas_mapping *mapping)
{
	const struct ioasid_map_entry *entry = &mapping->entry;

	return ioas_memory_pin(call, &area->own, entry->user_va,
			       entry->length >> PAGE_SHIFT,
			       entry->prot & IOASID_PROT_WRITE);
}
