// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_UNMAP_DMA, and emptying a space that ends.
 *
 * An area is claimed under the lock, taken out of all domains, and its range given
 * free only when no IOTLB knows it any more. Unpinning comes last and under no
 * lock: from then on the memory is the process' alone.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "domain/domain.h"
#include "memory/memory.h"
#include "space/space.h"

static int ioas_fail_partial(struct ioas_call *call, struct ioas_area *area)
{
	unsigned long first = area->node.start, last = area->node.last;

	ioas_fail(call, -EINVAL, IOASID_REASON_IOVA_PARTIAL,
		  "the range would split the mapping 0x%lx-0x%lx", first, last);
	return ioas_fail_range(call, -EINVAL, first, last, 0);
}

/* May [first, last] be unmapped: are there areas, and all of them whole? */
static int ioas_check_whole(struct ioas_call *call, struct ioas_space *space,
			    unsigned long first, unsigned long last)
{
	struct ioas_area *area;
	bool found = false;

	for (area = ioas_area_first(space, first, last); area;
	     area = ioas_area_next(area, first, last)) {
		if (!area->ready)
			continue;
		if (area->node.start < first || area->node.last > last)
			return ioas_fail_partial(call, area);
		found = true;
	}
	if (!found)
		return ioas_fail(call, -ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
				 "nothing is mapped in IOVA 0x%lx-0x%lx", first,
				 last);
	return 0;
}

/* Claim the ready areas that touch a range. */
static u64 ioas_claim_areas(struct ioas_space *space, unsigned long first,
			    unsigned long last, struct list_head *claimed)
{
	struct ioas_area *area;
	u64 bytes = 0;

	for (area = ioas_area_first(space, first, last); area;
	     area = ioas_area_next(area, first, last)) {
		if (!area->ready)
			continue;
		ioas_area_clear_ready(space, area);
		list_add_tail(&area->unmap_node, claimed);
		bytes += ioas_area_length(area);
	}
	return bytes;
}

static void ioas_unmap_domains(struct ioas_space *space,
			       struct list_head *claimed)
{
	struct iommu_iotlb_gather gather;
	struct ioas_domain *domain;
	struct ioas_area *area;

	list_for_each_entry(domain, &space->domains, node) {
		iommu_iotlb_gather_init(&gather);
		list_for_each_entry(area, claimed, unmap_node)
			if (!ioas_domain_unmap(domain, area->node.start,
					       ioas_area_length(area), &gather))
				area->stuck = true;
		iommu_iotlb_sync(domain->iommu, &gather);
	}
}

static void ioas_drop_ranges(struct ioas_space *space, struct list_head *claimed)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	list_for_each_entry(area, claimed, unmap_node)
		interval_tree_remove(&area->node, &space->areas);
	mutex_unlock(&space->lock);
}

static void ioas_free_areas(struct list_head *claimed)
{
	struct ioas_area *area, *next;

	list_for_each_entry_safe(area, next, claimed, unmap_node) {
		/* Better lost to the host than open to a device. */
		if (!area->stuck)
			ioas_memory_unpin(area->memory);
		kfree(area);
		cond_resched();
	}
}

/* Unmap what was claimed. Called, and returns, with domains_sem for read. */
static void ioas_unmap_claimed(struct ioas_space *space,
			       struct list_head *claimed)
{
	ioas_unmap_domains(space, claimed);
	ioas_drop_ranges(space, claimed);
}

static int ioas_unmap_range(struct ioas_call *call, struct ioas_space *space,
			    unsigned long first, unsigned long last,
			    u64 *unmapped)
{
	LIST_HEAD(claimed);
	int ret;

	down_read(&space->domains_sem);
	mutex_lock(&space->lock);
	ret = ioas_check_whole(call, space, first, last);
	if (!ret)
		*unmapped = ioas_claim_areas(space, first, last, &claimed);
	mutex_unlock(&space->lock);
	if (!ret)
		ioas_unmap_claimed(space, &claimed);
	up_read(&space->domains_sem);

	ioas_free_areas(&claimed);
	return ret;
}

/**
 * ioas_unmap_everything() - Empty a space
 * @space: the space
 * @unmapped: out: bytes that were mapped; may be NULL
 *
 * Context: may sleep; no locks held.
 */
void ioas_unmap_everything(struct ioas_space *space, u64 *unmapped)
{
	LIST_HEAD(claimed);
	u64 bytes;

	down_read(&space->domains_sem);
	mutex_lock(&space->lock);
	bytes = ioas_claim_areas(space, 0, ULONG_MAX, &claimed);
	mutex_unlock(&space->lock);
	ioas_unmap_claimed(space, &claimed);
	up_read(&space->domains_sem);

	ioas_free_areas(&claimed);
	if (unmapped)
		*unmapped = bytes;
}

static int ioas_check_unmap(struct ioas_call *call)
{
	struct ioasid_unmap_dma *args = &call->data.unmap_dma;

	if (!(args->flags & IOASID_UNMAP_ALL))
		return ioas_check_range(call, "iova", args->iova, args->length);
	if (args->iova || args->length)
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "IOASID_UNMAP_ALL takes no iova and no length");
	return 0;
}

static int ioas_unmap(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_unmap_dma *args = &call->data.unmap_dma;
	u64 unmapped = 0;
	int ret = 0;

	if (args->flags & IOASID_UNMAP_ALL)
		ioas_unmap_everything(space, &unmapped);
	else
		ret = ioas_unmap_range(call, space, args->iova,
				       args->iova + (args->length - 1),
				       &unmapped);
	if (ret)
		return ret;
	args->unmapped = unmapped;
	return ioas_respond(call);
}

/**
 * ioas_cmd_unmap_dma() - IOASID_UNMAP_DMA
 * @call: the command
 *
 * Unmapping cannot be taken back, so that the answer can be given is tried first.
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_unmap_dma(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->data.unmap_dma.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_check_unmap(call);
	if (!ret)
		ret = ioas_respond(call);
	if (!ret)
		ret = ioas_unmap(call, space);
	ioas_space_put(space);
	return ret;
}
