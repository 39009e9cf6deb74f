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
#include <linux/uaccess.h>

#include "command.h"
#include "dirty/dirty.h"
#include "domain/domain.h"
#include "memory/memory.h"
#include "space/access.h"
#include "space/space.h"
#include "trace/trace.h"

/**
 * struct ioas_claimed - Areas that a command takes out
 * @areas: the first of a chain of areas, none of them ready any more
 * @last: where the next one is chained
 * @count: how many
 * @bytes: their lengths
 */
struct ioas_claimed {
	struct ioas_area *areas;
	struct ioas_area **last;
	u64 count;
	u64 bytes;
};

static int ioas_fail_partial(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_area *area)
{
	unsigned long first = area->first, last = area->last;

	if (space->granule)
		ioas_fail(call, -EINVAL, IOASID_REASON_IOVA_PARTIAL,
			  "the range would split the mapping 0x%lx-0x%lx inside a granule of 0x%lx",
			  first, last, space->granule);
	else
		ioas_fail(call, -EINVAL, IOASID_REASON_IOVA_PARTIAL,
			  "the range would split the mapping 0x%lx-0x%lx, and the space has no granule",
			  first, last);
	return ioas_fail_range(call, -EINVAL, first, last, 0);
}

/* May an area be cut at an address? Between granules no entry of a table is cut. */
static bool ioas_may_cut(struct ioas_space *space, struct ioas_area *area,
			 unsigned long iova)
{
	return space->granule && !(iova & (space->granule - 1)) &&
	       !area->memory->is_pfnmap;
}

static bool ioas_may_unmap(struct ioas_space *space, struct ioas_area *area,
			   unsigned long first, unsigned long last)
{
	return (area->first >= first || ioas_may_cut(space, area, first)) &&
	       (area->last <= last || ioas_may_cut(space, area, last + 1));
}

/* May [first, last] be unmapped, and is there anything? */
static int ioas_check_areas(struct ioas_call *call, struct ioas_space *space,
			    unsigned long first, unsigned long last)
{
	struct ioas_area *area;
	bool found = false;

	for (area = ioas_area_first(space, first, last); area;
	     area = ioas_area_next(area, last)) {
		if (!area->ready)
			continue;
		if (!ioas_may_unmap(space, area, first, last))
			return ioas_fail_partial(call, space, area);
		found = true;
	}
	if (!found)
		return ioas_fail(call, -ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
				 "nothing is mapped in IOVA 0x%lx-0x%lx", first,
				 last);
	return 0;
}

/* The area that an address is in the middle of, or NULL. */
static struct ioas_area *ioas_area_across(struct ioas_space *space,
					  unsigned long iova)
{
	struct ioas_area *area = ioas_area_first(space, iova, iova);

	return area && area->ready && area->first != iova ? area : NULL;
}

/* What becomes the second part of the area that is cut there, if one is. */
static int ioas_prepare_cut(struct ioas_space *space, unsigned long iova,
			    struct ioas_area **second)
{
	struct ioas_area *area = ioas_area_across(space, iova);

	*second = area ? ioas_area_create(area->prot) : NULL;
	return area && !*second ? -ENOMEM : 0;
}

static void ioas_cut_at(struct ioas_space *space, unsigned long iova,
			struct ioas_area *second)
{
	if (second)
		ioas_area_split(space, ioas_area_across(space, iova), iova,
				second);
}

/* Cut areas so that [first, last] touches only whole ones. */
static int ioas_cut_areas(struct ioas_space *space, unsigned long first,
			  unsigned long last)
{
	struct ioas_area *left, *right;
	struct ioas_uncharge uncharge = {};
	int ret;

	if (!space->granule)
		return 0;
	/* At both ends or not at all; after the last IOVA there is nothing to cut. */
	ret = ioas_prepare_cut(space, first, &left);
	if (ret)
		return ret;
	ret = ioas_prepare_cut(space, last + 1, &right);
	if (ret) {
		if (left)
			ioas_area_free(left, &uncharge);
		return ret;
	}
	ioas_cut_at(space, first, left);
	ioas_cut_at(space, last + 1, right);
	return 0;
}

static void ioas_claim(struct ioas_space *space, struct ioas_area *area,
		       struct ioas_claimed *claimed)
{
	ioas_area_clear_ready(space, area);
	area->next = NULL;
	*claimed->last = area;
	claimed->last = &area->next;
	claimed->count++;
	claimed->bytes += ioas_area_length(area);
}

/* Claim the ready areas that touch a range. Called with the lock. */
static void ioas_claim_areas(struct ioas_space *space, unsigned long first,
			     unsigned long last, struct ioas_claimed *claimed)
{
	struct ioas_area *area;

	for (area = ioas_area_first(space, first, last); area;
	     area = ioas_area_next(area, last))
		if (area->ready)
			ioas_claim(space, area, claimed);
}

/* What nearly every command asks for: one mapping, as it was made. */
static bool ioas_claim_exact(struct ioas_space *space, unsigned long first,
			     unsigned long last, struct ioas_claimed *claimed)
{
	struct ioas_area *area = ioas_area_at(space, first, last);

	if (!area || !area->ready || area->first != first || area->last != last)
		return false;
	ioas_claim(space, area, claimed);
	return true;
}

/* Claim what a command asks for. Called with the lock. */
static int ioas_claim_range(struct ioas_call *call, struct ioas_space *space,
			    unsigned long first, unsigned long last,
			    struct ioas_claimed *claimed)
{
	int ret;

	if (ioas_claim_exact(space, first, last, claimed))
		return 0;
	ret = ioas_check_areas(call, space, first, last);
	if (!ret)
		ret = ioas_cut_areas(space, first, last);
	if (!ret)
		ioas_claim_areas(space, first, last, claimed);
	return ret;
}

static void ioas_unmap_domains(struct ioas_space *space,
			       struct ioas_area *areas)
{
	struct iommu_iotlb_gather gather;
	struct ioas_domain *domain;
	struct ioas_area *area;

	list_for_each_entry(domain, &space->domains, node) {
		iommu_iotlb_gather_init(&gather);
		for (area = areas; area; area = area->next)
			if (!ioas_domain_unmap(domain, area->first,
					       ioas_area_length(area),
					       area->memory, &gather))
				area->stuck = true;
		iommu_iotlb_sync(domain->iommu, &gather);
	}
}

static void ioas_drop_ranges(struct ioas_space *space,
			     struct ioas_claimed *claimed)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	if (claimed->count == space->num_linked) {
		ioas_areas_remove_all(space);
	} else {
		for (area = claimed->areas; area; area = area->next)
			ioas_area_remove(space, area);
	}
	mutex_unlock(&space->lock);
}

/*
 * Drivers are told under no lock of ours. Meanwhile nobody comes by a claimed area,
 * whatever is attached, and nobody else can have its range.
 */
static void ioas_unmap_software(struct ioas_space *space,
				struct ioas_claimed *claimed)
{
	up_read(&space->domains_sem);
	ioas_accesses_revoke(space, claimed->areas);
	down_read(&space->domains_sem);
}

/* Nothing has been done to them. */
static void ioas_unclaim(struct ioas_space *space, struct ioas_claimed *claimed)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	for (area = claimed->areas; area; area = area->next)
		ioas_area_set_ready(space, area);
	mutex_unlock(&space->lock);
	claimed->areas = NULL;
	claimed->bytes = 0;
}

/*
 * Called, and returns, with domains_sem for read, which it may give up in between. Fails
 * if it cannot be kept what is dirty; then nothing is claimed any more.
 */
static int ioas_unmap_claimed(struct ioas_space *space,
			      struct ioas_claimed *claimed)
{
	if (unlikely(ioas_dirty_on(space)) &&
	    ioas_dirty_keep(space, claimed->areas)) {
		ioas_unclaim(space, claimed);
		return -ENOMEM;
	}
	ioas_unmap_domains(space, claimed->areas);
	if (unlikely(!xa_empty(&space->accesses)))
		ioas_unmap_software(space, claimed);
	ioas_drop_ranges(space, claimed);
	return 0;
}

/* Called with domains_sem for read, which is given up; @ret is what claiming said. */
static int ioas_unmap_finish(struct ioas_space *space,
			     struct ioas_claimed *claimed, int ret,
			     u64 *unmapped)
{
	struct ioas_uncharge uncharge = {};

	if (!ret && claimed->count)
		ret = ioas_unmap_claimed(space, claimed);
	up_read(&space->domains_sem);

	ioas_areas_free(claimed->areas, &uncharge);
	ioas_uncharge_all(&uncharge);
	*unmapped = claimed->bytes;
	return ret;
}

static int ioas_unmap_range(struct ioas_call *call, struct ioas_space *space,
			    unsigned long first, unsigned long last,
			    u64 *unmapped)
{
	struct ioas_claimed claimed = { .last = &claimed.areas };
	int ret;

	down_read(&space->domains_sem);
	mutex_lock(&space->lock);
	ret = ioas_claim_range(call, space, first, last, &claimed);
	mutex_unlock(&space->lock);
	return ioas_unmap_finish(space, &claimed, ret, unmapped);
}

/**
 * ioas_unmap_touched() - Unmap whatever touches a range, as a whole
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 * @check: says, with the space's lock held, whether to go on: 0 if so; otherwise that
 *	is returned. Not asked for a range that is just one mapping. May be NULL
 * @unmapped: out: bytes of the mappings, also of what of them is outside the range
 *
 * Context: may sleep; no locks held.
 * Return: 0, -ENOMEM or what @check said; then nothing has changed.
 */
int ioas_unmap_touched(struct ioas_space *space, unsigned long first,
		       unsigned long last,
		       int (*check)(struct ioas_space *space,
				    unsigned long first, unsigned long last),
		       u64 *unmapped)
{
	struct ioas_claimed claimed = { .last = &claimed.areas };
	int ret = 0;

	down_read(&space->domains_sem);
	mutex_lock(&space->lock);
	if (!ioas_claim_exact(space, first, last, &claimed)) {
		ret = check ? check(space, first, last) : 0;
		if (!ret)
			ioas_claim_areas(space, first, last, &claimed);
	}
	mutex_unlock(&space->lock);
	return ioas_unmap_finish(space, &claimed, ret, unmapped);
}

/**
 * ioas_unmap_everything() - Empty a space
 * @space: the space
 * @unmapped: out: how many bytes were mapped
 *
 * Context: may sleep; no locks held.
 * Return: 0, or -ENOMEM: nothing has changed. Of a space that ends 0.
 */
int ioas_unmap_everything(struct ioas_space *space, u64 *unmapped)
{
	return ioas_unmap_touched(space, 0, ULONG_MAX, NULL, unmapped);
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

/*
 * Unmapping cannot be taken back, so the likely answer is given before, and mended
 * if it was wrong.
 */
static int ioas_respond_unmapped(struct ioas_call *call, u64 unmapped)
{
	struct ioasid_unmap_dma __user *user = call->user;

	return put_user(unmapped, &user->unmapped) ? -EFAULT : 0;
}

static int ioas_unmap(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_unmap_dma *args = &call->data.unmap_dma;
	u64 begin = ioas_trace_begin(ioasid_unmap);
	u64 unmapped = 0;
	int ret;

	ret = ioas_respond_unmapped(call, args->length);
	if (ret)
		return ret;
	if (args->flags & IOASID_UNMAP_ALL)
		ret = ioas_unmap_everything(space, &unmapped);
	else
		ret = ioas_unmap_range(call, space, args->iova,
				       args->iova + (args->length - 1),
				       &unmapped);
	trace_ioasid_unmap(space->obj.id, args->iova,
			   ret ? args->length : unmapped, ret,
			   ioas_trace_nsec(begin));
	if (!ret && unmapped != args->length)
		ret = ioas_respond_unmapped(call, unmapped);
	return ret;
}

/**
 * ioas_cmd_unmap_dma() - IOASID_UNMAP_DMA
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_unmap_dma(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->ctx, call->data.unmap_dma.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_check_unmap(call);
	if (!ret)
		ret = ioas_unmap(call, space);
	ioas_space_put(space);
	return ret;
}
