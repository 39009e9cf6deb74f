// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO containers that use this backend, and the groups in them.
 *
 * VFIO does not serialise an ioctl on a container against the release of the
 * backend's data: while one thread is in our ioctl, another can take the last group
 * out, and VFIO releases. So what VFIO is given is no pointer but a number, which
 * the ioctl looks up. A container that is found stays until it is put; whether its
 * groups are still there is seen under its lock.
 *
 * A number is never used again. An ioctl that VFIO has given a number long ago must not
 * find the container of another user under it.
 */
#include <linux/atomic.h>
#include <linux/slab.h>

#include "device/device.h"
#include "space/access.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

static DEFINE_XARRAY(ioas_containers);
static atomic_long_t ioas_last_container = ATOMIC_LONG_INIT(0);
/* The one that was found last, by the xarray's lock; or NULL. */
static struct ioas_container *ioas_recent_container;

static struct ioas_container *ioas_container_create(unsigned long type)
{
	struct ioas_container *container;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return NULL;
	refcount_set(&container->refs, 1);
	mutex_init(&container->lock);
	INIT_LIST_HEAD(&container->groups);
	container->access = ioas_vfio_access_create();
	if (!container->access)
		goto free;
	if (!ioas_type1_is_type(type))
		return container;
	container->type1 = ioas_type1_create(type);
	if (container->type1)
		return container;
	ioas_access_put(container->access);
free:
	kfree(container);
	return NULL;
}

/**
 * ioas_container_open() - A container chose this backend
 * @type: as what: VFIO_IOASID_IOMMU, or a type of type1
 *
 * Context: may sleep; VFIO's container lock.
 * Return: a value for VFIO to keep, or an ERR_PTR.
 */
void *ioas_container_open(unsigned long type)
{
	struct ioas_container *container = ioas_container_create(type);
	unsigned long number;
	int ret;

	if (!container)
		return ERR_PTR(-ENOMEM);
	number = atomic_long_inc_return(&ioas_last_container);
	container->number = number;
	ret = xa_insert(&ioas_containers, number, container,
			GFP_KERNEL_ACCOUNT);
	if (ret) {
		ioas_container_put(container);
		return ERR_PTR(ret);
	}
	return (void *)number;
}

/**
 * ioas_container_get() - Find a container that VFIO names
 * @iommu_data: what ioas_container_open() returned; stale in a race
 *
 * Context: any; does not sleep.
 * Return: the container with a reference, or NULL.
 */
struct ioas_container *ioas_container_get(void *iommu_data)
{
	unsigned long number = (unsigned long)iommu_data;
	struct ioas_container *container;

	xa_lock(&ioas_containers);
	container = ioas_recent_container;
	if (!container || container->number != number) {
		container = xa_load(&ioas_containers, number);
		ioas_recent_container = container;
	}
	if (container)
		refcount_inc(&container->refs);
	xa_unlock(&ioas_containers);
	return container;
}

/* From now on nobody finds it. */
static struct ioas_container *ioas_container_take(void *iommu_data)
{
	struct ioas_container *container;

	xa_lock(&ioas_containers);
	container = __xa_erase(&ioas_containers, (unsigned long)iommu_data);
	if (ioas_recent_container == container)
		ioas_recent_container = NULL;
	xa_unlock(&ioas_containers);
	return container;
}

/**
 * ioas_container_put() - Give a reference back
 * @container: the container, which may be gone afterwards
 */
void ioas_container_put(struct ioas_container *container)
{
	if (!refcount_dec_and_test(&container->refs))
		return;
	if (container->type1)
		ioas_type1_free(container->type1);
	ioas_access_put(container->access);
	mutex_destroy(&container->lock);
	kfree(container);
}

/**
 * ioas_container_release() - VFIO is done with a container
 * @iommu_data: what ioas_container_open() returned
 *
 * VFIO has taken all groups out before.
 *
 * Context: may sleep; VFIO's container lock.
 */
void ioas_container_release(void *iommu_data)
{
	struct ioas_container *container = ioas_container_take(iommu_data);

	mutex_lock(&container->lock);
	container->released = true;
	mutex_unlock(&container->lock);
	if (container->type1)
		ioas_type1_release(container->type1);
	ioas_container_put(container);
}

/**
 * ioas_container_exit() - Free what the table of containers keeps
 *
 * It is empty, but for what was in vain got for an entry.
 *
 * Context: no container is open, nor will be.
 */
void ioas_container_exit(void)
{
	xa_destroy(&ioas_containers);
}

/* Called with container->lock. */
static struct ioas_group *ioas_container_claim(struct ioas_container *container,
					       struct iommu_group *iommu_group,
					       bool software)
{
	struct ioas_access *access = software ? container->access : NULL;
	struct ioas_group *group = ioas_group_create(iommu_group, container,
						     access);
	int ret;

	if (IS_ERR(group) || !container->type1)
		return group;
	ret = ioas_type1_add_group(container->type1, group);
	if (!ret)
		return group;
	ioas_group_leave(group);
	ioas_group_put(group);
	return ERR_PTR(ret);
}

/**
 * ioas_container_add_group() - VFIO brings a group
 * @container: the container
 * @iommu_group: the group
 * @software: there is no IOMMU in front of its devices, as they do no DMA
 *
 * Context: may sleep; VFIO's container lock.
 * Return: 0 or a negative errno.
 */
int ioas_container_add_group(struct ioas_container *container,
			     struct iommu_group *iommu_group, bool software)
{
	struct ioas_group *group;

	mutex_lock(&container->lock);
	group = ioas_container_claim(container, iommu_group, software);
	if (!IS_ERR(group))
		list_add_tail(&group->container_node, &container->groups);
	mutex_unlock(&container->lock);
	return PTR_ERR_OR_ZERO(group);
}

static bool ioas_has_software(struct ioas_container *container)
{
	struct ioas_group *group;

	list_for_each_entry(group, &container->groups, container_node)
		if (group->access)
			return true;
	return false;
}

/**
 * ioas_container_remove_group() - VFIO takes a group back
 * @container: the container
 * @iommu_group: the group
 *
 * VFIO has closed its devices. When there is none any more that could have pinned
 * pages, what is still pinned was forgotten.
 *
 * Context: may sleep; VFIO's container lock.
 */
void ioas_container_remove_group(struct ioas_container *container,
				 struct iommu_group *iommu_group)
{
	struct ioas_group *group, *next;

	mutex_lock(&container->lock);
	list_for_each_entry_safe(group, next, &container->groups,
				 container_node) {
		if (group->iommu_group != iommu_group)
			continue;
		list_del(&group->container_node);
		if (container->type1)
			ioas_type1_remove_group(container->type1, group);
		ioas_group_leave(group);
		ioas_group_put(group);
	}
	if (!ioas_has_software(container))
		ioas_access_unpin_all(container->access);
	mutex_unlock(&container->lock);
}

struct ioas_find_device {
	const char *name;
	struct device *dev;
};

static int ioas_match_device(struct device *dev, void *data)
{
	struct ioas_find_device *find = data;

	if (strcmp(dev_name(dev), find->name))
		return 0;
	find->dev = get_device(dev);
	return 1;
}

/**
 * ioas_container_find_device() - Find a device by name in a container's groups
 * @container: the container
 * @name: the device's name in sysfs
 * @group: out: its group, with a reference
 *
 * Context: may sleep; no locks held.
 * Return: the device with a reference, or an ERR_PTR: -ENOENT, or -ENODEV if the
 * container is not VFIO's any more.
 */
struct device *ioas_container_find_device(struct ioas_container *container,
					  const char *name,
					  struct ioas_group **group)
{
	struct ioas_find_device find = { .name = name };
	struct ioas_group *candidate;
	bool released;

	mutex_lock(&container->lock);
	released = container->released;
	list_for_each_entry(candidate, &container->groups, container_node) {
		iommu_group_for_each_dev(candidate->iommu_group, &find,
					 ioas_match_device);
		if (!find.dev)
			continue;
		ioas_group_get(candidate);
		*group = candidate;
		break;
	}
	mutex_unlock(&container->lock);
	if (find.dev)
		return find.dev;
	return ERR_PTR(released ? -ENODEV : -ENOENT);
}
