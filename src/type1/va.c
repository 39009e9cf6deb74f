// SPDX-License-Identifier: GPL-2.0
/*
 * Live update: a program takes back the addresses of what it has mapped, executes its
 * successor, and that gives the addresses it has for the same memory. DMA goes on.
 *
 * What is pinned does not depend on an address here, so all there is to an address is
 * whether it was taken back, and on whose account the memory is.
 */
#include <linux/mm.h>
#include <linux/vfio.h>

#include "command.h"
#include "compat/vfio.h"
#include "memory/memory.h"
#include "space/space.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

/* None of it, if one was taken back before. Called with the lock. */
static int ioas_type1_check_take(struct ioas_type1 *type1, unsigned long first,
				 unsigned long last)
{
	struct ioas_space *space = type1->space;
	struct ioas_area *area;
	int ret;

	ret = type1->v2 && last != ULONG_MAX ?
		ioas_type1_check_v2(space, first, last) :
		ioas_type1_check_v1(space, first, last);
	if (ret)
		return ret;
	for (area = ioas_type1_first(space, first, last); area;
	     area = ioas_type1_next(area, last))
		if (area->no_va)
			return -EINVAL;
	return 0;
}

static u64 ioas_type1_take(struct ioas_space *space, unsigned long first,
			   unsigned long last)
{
	struct ioas_area *area;
	u64 taken = 0;

	for (area = ioas_type1_first(space, first, last); area;
	     area = ioas_type1_next(area, last)) {
		area->no_va = true;
		space->num_no_va++;
		taken += ioas_area_length(area);
	}
	return taken;
}

/**
 * ioas_type1_take_va() - A program takes back addresses
 * @type1: its container's
 * @first: first IOVA
 * @last: last IOVA
 * @taken: out: bytes of the mappings
 *
 * Context: may sleep; no locks held.
 * Return: 0 or -EINVAL; then nothing has changed.
 */
int ioas_type1_take_va(struct ioas_type1 *type1, unsigned long first,
		       unsigned long last, u64 *taken)
{
	struct ioas_space *space = type1->space;
	int ret;

	*taken = 0;
	mutex_lock(&space->lock);
	ret = ioas_type1_check_take(type1, first, last);
	if (!ret)
		*taken = ioas_type1_take(space, first, last);
	mutex_unlock(&space->lock);
	return ret < 0 ? ret : 0;
}

/* Called with the lock. */
static struct ioas_area *
ioas_type1_find_taken(struct ioas_space *space,
		      const struct vfio_iommu_type1_dma_map *map)
{
	unsigned long last = map->iova + (map->size - 1);
	struct ioas_area *area = ioas_type1_first(space, map->iova, last);

	if (!area)
		return ERR_PTR(-ENOENT);
	if (!area->no_va || area->first != map->iova || area->last != last)
		return ERR_PTR(-EINVAL);
	return area;
}

static struct ioas_memory *
ioas_type1_get_taken(struct ioas_space *space,
		     const struct vfio_iommu_type1_dma_map *map)
{
	struct ioas_memory *memory;
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_type1_find_taken(space, map);
	memory = IS_ERR(area) ? ERR_CAST(area) : ioas_memory_get(area->memory);
	mutex_unlock(&space->lock);
	return memory;
}

/* Unless another thread did meanwhile, or unmapped it. */
static void ioas_type1_set_given(struct ioas_space *space,
				 const struct vfio_iommu_type1_dma_map *map,
				 struct ioas_memory *memory)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_type1_find_taken(space, map);
	if (!IS_ERR(area) && area->memory == memory) {
		area->no_va = false;
		space->num_no_va--;
	}
	mutex_unlock(&space->lock);
}

/**
 * ioas_type1_give_va() - A program gives an address for what is mapped
 * @call: the call
 * @map: what it says
 *
 * The memory is charged to who gives the address.
 *
 * Context: may sleep; no locks held.
 * Return: 0; -ENOENT if nothing is mapped; -EINVAL if it is not just one mapping, or its
 * address was not taken back; -ENOMEM.
 */
int ioas_type1_give_va(struct ioas_call *call,
		       const struct vfio_iommu_type1_dma_map *map)
{
	struct ioas_space *space = call->container->type1->space;
	struct ioas_uncharge uncharge = {};
	struct ioas_memory *memory;
	int ret;

	memory = ioas_type1_get_taken(space, map);
	if (IS_ERR(memory))
		return PTR_ERR(memory);
	ret = ioas_memory_change_owner(call, memory);
	if (!ret)
		ioas_type1_set_given(space, map, memory);
	ioas_memory_put(memory, &uncharge);
	ioas_uncharge_all(&uncharge);
	return ret;
}
