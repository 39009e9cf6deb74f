// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_DMA.
 *
 * The order matters. The range is taken first, under the lock, so that two callers
 * never work on one range. The memory is pinned under no lock: it can take seconds,
 * and other ranges of the space go on meanwhile. Then the domains are changed, and
 * only then the area counts as mapped.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "command.h"
#include "domain/domain.h"
#include "memory/memory.h"
#include "space/space.h"

#define IOAS_PROT_ALL	(IOASID_PROT_READ | IOASID_PROT_WRITE)

static int ioas_check_prot(struct ioas_call *call, u32 prot)
{
	if (prot & ~IOAS_PROT_ALL)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_VALUE,
				 "unknown bits in prot 0x%x", prot);
	if (!prot)
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "prot has neither IOASID_PROT_READ nor IOASID_PROT_WRITE");
	return 0;
}

static int ioas_check_map(struct ioas_call *call)
{
	struct ioasid_map_dma *args = &call->data.map_dma;
	int ret;

	ret = ioas_check_prot(call, args->prot);
	if (!ret)
		ret = ioas_check_range(call, "user_va", args->user_va,
				       args->length);
	if (!ret && (args->flags & IOASID_MAP_FIXED))
		ret = ioas_check_range(call, "iova", args->iova, args->length);
	return ret;
}

/* Take a range for a new area: from here on it is nobody else's. */
static struct ioas_area *ioas_take_range(struct ioas_call *call,
					 struct ioas_space *space)
{
	struct ioasid_map_dma *args = &call->data.map_dma;
	struct ioas_area *area;
	int ret;

	area = kzalloc(sizeof(*area), GFP_KERNEL_ACCOUNT);
	if (!area)
		return ERR_PTR(-ENOMEM);
	area->prot = args->prot;

	mutex_lock(&space->lock);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else if (args->flags & IOASID_MAP_FIXED)
		ret = ioas_area_insert_at(call, space, area, args->iova,
					  args->length);
	else
		ret = ioas_area_insert_free(call, space, area, args->length,
					    args->user_va);
	mutex_unlock(&space->lock);
	if (ret) {
		kfree(area);
		return ERR_PTR(ret);
	}
	return area;
}

static void ioas_give_back_range(struct ioas_space *space,
				 struct ioas_area *area)
{
	mutex_lock(&space->lock);
	interval_tree_remove(&area->node, &space->areas);
	mutex_unlock(&space->lock);
	kfree(area);
}

static int ioas_map_domains(struct ioas_space *space, struct ioas_area *area)
{
	unsigned long iova = area->node.start;
	size_t length = ioas_area_length(area);
	struct ioas_domain *domain;
	int ret;

	list_for_each_entry(domain, &space->domains, node) {
		ret = ioas_domain_map(domain, iova, area->memory, area->prot);
		if (ret)
			goto unmap;
	}
	return 0;

unmap:
	list_for_each_entry_continue_reverse(domain, &space->domains, node)
		iommu_unmap(domain->iommu, iova, length);
	return ret;
}

/* Make an area's memory visible to devices, and the area to everybody. */
static int ioas_publish(struct ioas_call *call, struct ioas_space *space,
			struct ioas_area *area)
{
	int ret;

	down_read(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else
		ret = ioas_map_domains(space, area);
	if (!ret) {
		mutex_lock(&space->lock);
		ioas_area_set_ready(space, area);
		mutex_unlock(&space->lock);
	}
	up_read(&space->domains_sem);
	return ret;
}

static int ioas_fail_map(struct ioas_call *call, int err)
{
	if (err == -ENOMEM || err == -ENOENT)
		return err;
	/* A driver's own errno could mean anything to the caller. */
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
			 "the driver of the IOMMU refused the mapping (%d)",
			 err);
}

static int ioas_map(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_map_dma *args = &call->data.map_dma;
	struct ioas_memory *memory;
	struct ioas_area *area;
	int ret = 0;

	area = ioas_take_range(call, space);
	if (IS_ERR(area))
		return PTR_ERR(area);
	memory = ioas_memory_pin(call, args->user_va, args->length >> PAGE_SHIFT,
				 args->prot & IOASID_PROT_WRITE);
	if (IS_ERR(memory)) {
		ret = PTR_ERR(memory);
		goto give_back;
	}
	area->memory = memory;

	/* The answer goes out while the mapping can still be taken back. */
	if (!(args->flags & IOASID_MAP_FIXED)) {
		args->iova = area->node.start;
		ret = ioas_respond(call);
		if (ret)
			goto unpin;
	}
	ret = ioas_publish(call, space, area);
	if (!ret)
		return 0;
	ret = ioas_fail_map(call, ret);

unpin:
	ioas_memory_unpin(memory);
give_back:
	ioas_give_back_range(space, area);
	return ret;
}

/**
 * ioas_cmd_map_dma() - IOASID_MAP_DMA
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_map_dma(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->data.map_dma.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_check_map(call);
	if (!ret)
		ret = ioas_map(call, space);
	ioas_space_put(space);
	return ret;
}
