// SPDX-License-Identifier: GPL-2.0
/*
 * The IOVA regions that the platform of a group's devices reserves, as far as they
 * bind a user of the group.
 *
 * Called under ioas_group.lock, which keeps the group in its container.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "device/device.h"

/*
 * Regions that the kernel maps one to one only for firmware's sake are not
 * reserved for a user: the device has another owner now. The rule is VFIO type1's.
 */
static u32 ioas_region_kind(enum iommu_resv_type type)
{
	switch (type) {
	case IOMMU_RESV_DIRECT:
		return IOASID_RESV_DIRECT;
	case IOMMU_RESV_DIRECT_RELAXABLE:
		return 0;
	case IOMMU_RESV_MSI:
		return IOASID_RESV_MSI;
	case IOMMU_RESV_SW_MSI:
		return IOASID_RESV_SW_MSI;
	case IOMMU_RESV_RESERVED:
		break;
	}
	return IOASID_RESV_RESERVED;
}

static int ioas_region_add(struct list_head *regions,
			   struct iommu_resv_region *resv)
{
	u32 kind = ioas_region_kind(resv->type);
	struct ioas_region *region;

	if (!kind || !resv->length)
		return 0;
	region = kmalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return -ENOMEM;
	region->first = resv->start;
	region->last = resv->start + (resv->length - 1);
	region->kind = kind;
	list_add_tail(&region->node, regions);
	return 0;
}

/**
 * ioas_regions_get() - Collect the reserved regions of a group
 * @group: the group
 * @regions: out: list of struct ioas_region, sorted, for ioas_regions_put()
 *
 * Context: may sleep.
 * Return: 0 or a negative errno; @regions is empty then.
 */
int ioas_regions_get(struct iommu_group *group, struct list_head *regions)
{
	struct iommu_resv_region *resv, *next;
	LIST_HEAD(all);
	int ret;

	INIT_LIST_HEAD(regions);
	ret = iommu_get_group_resv_regions(group, &all);
	list_for_each_entry_safe(resv, next, &all, list) {
		if (!ret)
			ret = ioas_region_add(regions, resv);
		/* These are copies made for us. */
		kfree(resv);
	}
	if (ret)
		ioas_regions_put(regions);
	return ret;
}

/**
 * ioas_regions_put() - Free a list of regions
 * @regions: the list, empty afterwards
 */
void ioas_regions_put(struct list_head *regions)
{
	struct ioas_region *region, *next;

	list_for_each_entry_safe(region, next, regions, node)
		kfree(region);
	INIT_LIST_HEAD(regions);
}

/**
 * ioas_region_words() - Say what a region is, before the name of its device
 * @kind: enum ioasid_resv_kind
 *
 * Return: a string constant.
 */
const char *ioas_region_words(u32 kind)
{
	switch (kind) {
	case IOASID_RESV_DIRECT:
		return "is reserved (one to one for firmware) by ";
	case IOASID_RESV_MSI:
		return "is reserved (MSI) by ";
	case IOASID_RESV_SW_MSI:
		return "is reserved (MSI of the interrupt controller) by ";
	default:
		return "is reserved by ";
	}
}
