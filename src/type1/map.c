// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA.
 *
 * The order of the checks is that of type1, as it decides which of several errnos a
 * program gets.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "command.h"
#include "compat/vfio.h"
#include "dirty/dirty.h"
#include "memory/memory.h"
#include "memory/pfnmap.h"
#include "space/space.h"
#include "trace/trace.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

#define IOAS_MAP_FLAGS		(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | \
				 VFIO_DMA_MAP_FLAG_VADDR)
#define IOAS_UNMAP_FLAGS	(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | \
				 VFIO_DMA_UNMAP_FLAG_ALL | \
				 VFIO_DMA_UNMAP_FLAG_VADDR)

static u32 ioas_type1_prot(u32 flags)
{
	return (flags & VFIO_DMA_MAP_FLAG_READ ? IOASID_PROT_READ : 0) |
	       (flags & VFIO_DMA_MAP_FLAG_WRITE ? IOASID_PROT_WRITE : 0);
}

static int ioas_type1_check_map(const struct vfio_iommu_type1_dma_map *map)
{
	bool set_va = map->flags & VFIO_DMA_MAP_FLAG_VADDR;
	u64 last;

	if (!map->size)
		return -EINVAL;
	if (check_add_overflow(map->iova, map->size - 1, &last) ||
	    check_add_overflow(map->vaddr, map->size - 1, &last))
		return -EOVERFLOW;
	if (!ioas_type1_prot(map->flags) != set_va)
		return -EINVAL;
	if ((map->size | map->iova | map->vaddr) & (IOAS_TYPE1_PAGE - 1))
		return -EINVAL;
	return 0;
}

/* That a range is taken counts for more than that it is reserved. */
static int ioas_type1_reserved(struct ioas_space *space, u64 first, u64 last)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_area_first(space, first, last);
	mutex_unlock(&space->lock);
	return area ? -EEXIST : -EINVAL;
}

/* What cannot be pinned may be memory of a device. */
static int ioas_type1_fill(struct ioas_call *call, struct ioas_area *area,
			   const struct ioas_mapping *mapping)
{
	unsigned long pages = mapping->entry.length >> PAGE_SHIFT;
	bool writable = mapping->entry.prot & IOASID_PROT_WRITE;
	struct ioas_space *space = call->container->type1->space;
	int ret = ioas_fill_user(call, area, mapping);
	struct ioas_uncharge uncharge = {};
	struct ioas_memory *memory;

	/* Of what was mapped there before: nobody reaches the new mapping yet. */
	if (unlikely(ioas_dirty_on(space)))
		ioas_dirty_log_forget_range(&space->dirty.log, area->first,
					    area->last);
	if (ret != -EFAULT && ret != -ENOMEM)
		return ret;
	memory = ioas_pfnmap_create(mapping->entry.user_va, pages, writable);
	if (IS_ERR(memory))
		return PTR_ERR(memory) == -EFAULT ? ret : PTR_ERR(memory);
	ioas_area_share(area, memory, 0);
	ioas_memory_put(memory, &uncharge);
	return 0;
}

static int ioas_type1_do_map(struct ioas_call *call,
			     const struct vfio_iommu_type1_dma_map *map)
{
	struct ioas_space *space = call->container->type1->space;
	struct ioas_mapping mapping = {
		.entry = {
			.user_va = map->vaddr,
			.length = map->size,
			.iova = map->iova,
			.prot = ioas_type1_prot(map->flags),
			.flags = IOASID_MAP_FIXED,
		},
		.fill = ioas_type1_fill,
	};
	int ret = ioas_map(call, space, &mapping);

	switch (ret) {
	case -EADDRNOTAVAIL:
		return ioas_type1_reserved(space, map->iova,
					   map->iova + (map->size - 1));
	case -ENOENT:
		return -ENODEV;
	default:
		return ret;
	}
}

/**
 * ioas_type1_map() - VFIO_IOMMU_MAP_DMA
 * @call: the call
 *
 * Return: 0 or a negative errno.
 */
long ioas_type1_map(struct ioas_call *call)
{
	struct vfio_iommu_type1_dma_map map;
	size_t size = offsetofend(struct vfio_iommu_type1_dma_map, size);
	int ret;

	if (copy_from_user(&map, call->user, size))
		return -EFAULT;
	if (map.argsz < size || (map.flags & ~IOAS_MAP_FLAGS))
		return -EINVAL;
	ret = ioas_type1_check_map(&map);
	if (ret)
		return ret;
	if (map.flags & VFIO_DMA_MAP_FLAG_VADDR)
		return ioas_type1_give_va(call, &map);
	return ioas_type1_do_map(call, &map);
}

static int ioas_type1_get_bitmap(struct ioas_call *call,
				 const struct vfio_iommu_type1_dma_unmap *unmap,
				 struct vfio_bitmap *bitmap)
{
	size_t size = offsetofend(struct vfio_iommu_type1_dma_unmap, size);

	if (!(unmap->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP))
		return 0;
	if (unmap->flags & (VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR))
		return -EINVAL;
	if (unmap->argsz < size + sizeof(*bitmap))
		return -EINVAL;
	if (copy_from_user(bitmap, call->user + size, sizeof(*bitmap)))
		return -EFAULT;
	return ioas_type1_check_bitmap(bitmap, unmap->size);
}

static int ioas_type1_check_unmap(const struct vfio_iommu_type1_dma_unmap *unmap,
				  unsigned long *last)
{
	if (unmap->iova & (IOAS_TYPE1_PAGE - 1))
		return -EINVAL;
	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		*last = ULONG_MAX;
		return unmap->iova || unmap->size ? -EINVAL : 0;
	}
	if (!unmap->size || (unmap->size & (IOAS_TYPE1_PAGE - 1)))
		return -EINVAL;
	if (check_add_overflow((unsigned long)unmap->iova,
			       (unsigned long)unmap->size - 1, last))
		return -EOVERFLOW;
	return 0;
}

/* What is dirty is told before it is unmapped: if telling fails nothing has changed. */
static int ioas_type1_tell_dirty(struct ioas_call *call, unsigned long first,
				 unsigned long last,
				 const struct vfio_bitmap *bitmap)
{
	if (bitmap->pgsize != IOAS_TYPE1_PAGE)
		return -EINVAL;
	return ioas_type1_read_dirty(call, first, last, bitmap->data);
}

static int ioas_type1_do_unmap(struct ioas_type1 *type1, unsigned long first,
			       unsigned long last, u64 *unmapped)
{
	u64 begin = ioas_trace_begin(ioasid_unmap);
	int ret;

	ret = ioas_unmap_touched(type1->space, first, last,
				 type1->v2 ? ioas_type1_check_v2 :
					     ioas_type1_check_v1, unmapped);
	if (ret > 0)
		ret = 0;
	trace_ioasid_unmap(type1->space->obj.id, first, *unmapped, ret,
			   ioas_trace_nsec(begin));
	return ret;
}

static int ioas_type1_run_unmap(struct ioas_call *call,
				struct vfio_iommu_type1_dma_unmap *unmap,
				const struct vfio_bitmap *bitmap)
{
	bool tell = unmap->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	struct ioas_type1 *type1 = call->container->type1;
	unsigned long last;
	u64 unmapped;
	int ret;

	/* A driver that pins needs addresses. */
	if ((unmap->flags & VFIO_DMA_UNMAP_FLAG_VADDR) &&
	    ioas_type1_has_software(type1))
		return -EBUSY;
	ret = ioas_type1_check_unmap(unmap, &last);
	if (!ret && tell)
		ret = ioas_type1_tell_dirty(call, unmap->iova, last, bitmap);
	if (ret)
		return ret;
	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_VADDR)
		ret = ioas_type1_take_va(type1, unmap->iova, last, &unmapped);
	else
		ret = ioas_type1_do_unmap(type1, unmap->iova, last, &unmapped);
	if (!ret && tell && ioas_type1_has_software(type1))
		ioas_type1_read_rest(call, unmap->iova, last, bitmap->data);
	unmap->size = unmapped;
	return ret;
}

static int ioas_type1_respond_unmapped(struct ioas_call *call, u64 unmapped)
{
	struct vfio_iommu_type1_dma_unmap __user *user = call->user;

	return put_user(unmapped, &user->size) ? -EFAULT : 0;
}

/**
 * ioas_type1_unmap() - VFIO_IOMMU_UNMAP_DMA
 * @call: the call
 *
 * Unmapping cannot be taken back, so that the answer can be given is tried first.
 *
 * Return: 0 or a negative errno.
 */
long ioas_type1_unmap(struct ioas_call *call)
{
	struct vfio_iommu_type1_dma_unmap unmap;
	size_t size = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	struct vfio_bitmap bitmap = {};
	int ret;

	if (copy_from_user(&unmap, call->user, size))
		return -EFAULT;
	if (unmap.argsz < size || (unmap.flags & ~IOAS_UNMAP_FLAGS))
		return -EINVAL;
	ret = ioas_type1_get_bitmap(call, &unmap, &bitmap);
	if (!ret)
		ret = ioas_type1_respond_unmapped(call, unmap.size);
	if (!ret)
		ret = ioas_type1_run_unmap(call, &unmap, &bitmap);
	if (!ret)
		ret = ioas_type1_respond_unmapped(call, unmap.size);
	return ret;
}
