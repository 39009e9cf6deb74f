// SPDX-License-Identifier: GPL-2.0
/*
 * What a type1 container says of itself: VFIO_CHECK_EXTENSION and VFIO_IOMMU_GET_INFO.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "command.h"
#include "compat/vfio.h"
#include "domain/domain.h"
#include "space/space.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

/**
 * struct ioas_type1_caps - What follows struct vfio_iommu_type1_info
 * @migration: the first capability
 * @avail: the second
 * @ranges: the third
 */
struct ioas_type1_caps {
	struct vfio_iommu_type1_info_cap_migration migration;
	struct vfio_iommu_type1_info_dma_avail avail;
	struct vfio_iommu_type1_info_cap_iova_range ranges;
};

static bool ioas_type1_coherent(struct ioas_space *space)
{
	struct ioas_domain *domain;
	bool coherent = true;

	down_read(&space->domains_sem);
	list_for_each_entry(domain, &space->domains, node)
		if (!domain->snooped)
			coherent = false;
	up_read(&space->domains_sem);
	return coherent;
}

/**
 * ioas_type1_extension() - VFIO_CHECK_EXTENSION
 * @type1: the container's; NULL if none was chosen yet
 * @arg: the number that is asked for
 *
 * Context: may sleep; no locks of ours.
 * Return: 0 or 1.
 */
long ioas_type1_extension(struct ioas_type1 *type1, unsigned long arg)
{
	switch (arg) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return 1;
	case VFIO_UPDATE_VADDR:
		return type1 && !ioas_type1_has_software(type1);
	case VFIO_DMA_CC_IOMMU:
		return type1 && ioas_type1_coherent(type1->space);
	default:
		return 0;
	}
}

/* Kernel memory is charged to who maps, so there is no limit but the counter's. */
static u32 ioas_type1_avail(struct ioas_space *space)
{
	u64 num_areas;

	mutex_lock(&space->lock);
	num_areas = space->num_areas;
	mutex_unlock(&space->lock);
	return U32_MAX - min_t(u64, num_areas, U32_MAX);
}

static u64 ioas_type1_page_sizes(struct ioas_space *space)
{
	unsigned long sizes;

	down_read(&space->domains_sem);
	sizes = ioas_space_page_sizes(space);
	up_read(&space->domains_sem);
	/* What is mapped is a multiple of the CPU's page, so that is the least. */
	return sizes & ~PAGE_MASK ? (sizes & PAGE_MASK) | PAGE_SIZE : sizes;
}

static void ioas_set_header(struct vfio_info_cap_header *header, u16 id, u32 next)
{
	header->id = id;
	header->version = 1;
	header->next = next;
}

/* Where in the answer a capability begins. */
#define IOAS_CAP_OFFSET(_member) \
	(sizeof(struct vfio_iommu_type1_info) + \
	 offsetof(struct ioas_type1_caps, _member))

static void ioas_fill_caps(struct ioas_type1_caps *caps, struct ioas_space *space,
			   const struct ioasid_iova_range *ranges, u32 count)
{
	u32 i;

	ioas_set_header(&caps->migration.header,
			VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
			IOAS_CAP_OFFSET(avail));
	caps->migration.pgsize_bitmap = IOAS_TYPE1_PAGE;
	caps->migration.max_dirty_bitmap_size = IOAS_BITMAP_MAX;
	ioas_set_header(&caps->avail.header, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
			count ? IOAS_CAP_OFFSET(ranges) : 0);
	caps->avail.avail = ioas_type1_avail(space);
	if (!count)
		return;
	ioas_set_header(&caps->ranges.header,
			VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 0);
	caps->ranges.nr_iovas = count;
	for (i = 0; i < count; i++) {
		caps->ranges.iova_ranges[i].start = ranges[i].first;
		caps->ranges.iova_ranges[i].end = ranges[i].last;
	}
}

static struct ioas_type1_caps *ioas_get_caps(struct ioas_type1 *type1,
					     size_t *size)
{
	struct ioas_space *space = type1->space;
	struct ioasid_iova_range *ranges;
	struct ioas_type1_caps *caps;
	u32 count;

	ranges = ioas_snapshot_ranges(space, &count);
	if (IS_ERR(ranges))
		return ERR_CAST(ranges);
	/* type1 says nothing of ranges before there is hardware that has some. */
	if (!READ_ONCE(type1->had_hardware))
		count = 0;
	*size = count ? offsetof(struct ioas_type1_caps,
				 ranges.iova_ranges[count]) :
			offsetof(struct ioas_type1_caps, ranges);
	caps = kvzalloc(sizeof(*caps) + count * sizeof(*ranges),
			GFP_KERNEL_ACCOUNT);
	if (caps)
		ioas_fill_caps(caps, space, ranges, count);
	kvfree(ranges);
	return caps ?: ERR_PTR(-ENOMEM);
}

/* The capabilities, if there is room; otherwise how much there must be. */
static int ioas_put_caps(struct ioas_call *call, struct ioas_type1 *type1,
			 struct vfio_iommu_type1_info *info)
{
	struct ioas_type1_caps *caps;
	size_t size;
	int ret = 0;

	caps = ioas_get_caps(type1, &size);
	if (IS_ERR(caps))
		return PTR_ERR(caps);
	if (info->argsz < sizeof(*info) + size) {
		info->argsz = sizeof(*info) + size;
	} else {
		info->cap_offset = sizeof(*info);
		if (copy_to_user(call->user + sizeof(*info), caps, size))
			ret = -EFAULT;
	}
	kvfree(caps);
	return ret;
}

/**
 * ioas_type1_get_info() - VFIO_IOMMU_GET_INFO
 * @call: the call
 *
 * Return: 0 or a negative errno.
 */
long ioas_type1_get_info(struct ioas_call *call)
{
	struct ioas_type1 *type1 = call->container->type1;
	size_t size = offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
	struct vfio_iommu_type1_info info = {};
	int ret;

	if (copy_from_user(&info, call->user, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	size = min_t(size_t, info.argsz, sizeof(info));
	info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info.iova_pgsizes = ioas_type1_page_sizes(type1->space);
	ret = ioas_put_caps(call, type1, &info);
	if (ret)
		return ret;
	return copy_to_user(call->user, &info, size) ? -EFAULT : 0;
}
