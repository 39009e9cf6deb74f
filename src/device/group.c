// SPDX-License-Identifier: GPL-2.0
/*
 * Groups that VFIO containers have claimed: from the moment one comes in its DMA is
 * blocked, and it moves only by IOASID_ATTACH and IOASID_DETACH.
 *
 * Called by vfio/container.c under the container's lock.
 */
#include <linux/slab.h>

#include "device/device.h"
#include "space/access.h"

static int ioas_group_claim(struct ioas_group *group,
			    struct iommu_group *iommu_group,
			    struct ioas_access *access)
{
	group->owned = !access;
	if (!access)
		return ioas_group_block(iommu_group, &group->blocked);
	ioas_access_get(access);
	group->access = access;
	return 0;
}

/**
 * ioas_group_create() - Block a group that VFIO hands over
 * @iommu_group: the group; stays ours until ioas_group_leave(). NULL if it is only
 *	there for a device of a driver that is not VFIO's
 * @container: the container it comes with; NULL likewise
 * @access: how drivers reach a space if there is no IOMMU in front of its devices; NULL
 *	if there is
 *
 * Context: may sleep; container->lock.
 * Return: the group or an ERR_PTR.
 */
struct ioas_group *ioas_group_create(struct iommu_group *iommu_group,
				     struct ioas_container *container,
				     struct ioas_access *access)
{
	struct ioas_group *group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!group)
		return ERR_PTR(-ENOMEM);
	ret = ioas_group_claim(group, iommu_group, access);
	if (ret) {
		kfree(group);
		return ERR_PTR(ret);
	}
	refcount_set(&group->refs, 1);
	mutex_init(&group->lock);
	group->id = iommu_group ? iommu_group_id(iommu_group) : -1;
	group->iommu_group = iommu_group;
	group->container = container;
	INIT_LIST_HEAD(&group->devices);
	return group;
}

/**
 * ioas_group_leave() - A group leaves its container
 * @group: the group
 *
 * Its bound devices are detached and only their ids stay. VFIO has closed the
 * devices before.
 *
 * Context: may sleep; container->lock.
 */
void ioas_group_leave(struct ioas_group *group)
{
	struct ioas_device *device, *next;

	mutex_lock(&group->lock);
	list_for_each_entry_safe(device, next, &group->devices, group_node)
		ioas_device_set_gone(device);
	if (group->owned)
		ioas_group_unblock(group->iommu_group, &group->blocked);
	group->iommu_group = NULL;
	group->container = NULL;
	mutex_unlock(&group->lock);
}

/**
 * ioas_group_get() - Take a reference
 * @group: the group, of which the caller has one
 */
void ioas_group_get(struct ioas_group *group)
{
	refcount_inc(&group->refs);
}

/**
 * ioas_group_put() - Give a reference back
 * @group: the group, which may be gone afterwards
 */
void ioas_group_put(struct ioas_group *group)
{
	if (!refcount_dec_and_test(&group->refs))
		return;
	if (group->access)
		ioas_access_put(group->access);
	mutex_destroy(&group->lock);
	kfree(group);
}
