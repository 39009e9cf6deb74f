// SPDX-License-Identifier: GPL-2.0
/*
 * Domains of the mock IOMMUs, and which device is in which.
 *
 * Called by the kernel's IOMMU core through compat/, which serialises the changes of
 * one device by a lock of the device's group.
 */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "mock/compat/resv.h"
#include "mock/internal.h"

static atomic_t mock_domain_ids = ATOMIC_INIT(0);

/**
 * mock_device_of() - The mock device that a device is
 * @dev: the device
 *
 * Return: the mock device or NULL.
 */
struct mock_device *mock_device_of(struct device *dev)
{
	unsigned int i;

	for (i = 0; i < MOCK_MAX_DEVICES; i++)
		if (mock_devices[i] && mock_devices[i]->dev == dev)
			return mock_devices[i];
	return NULL;
}

/* A domain takes on the looks of its IOMMU. */
static void domain_settle(struct mock_domain *md, struct mock_iommu *mi)
{
	md->iommu = mi;
	md->domain.pgsize_bitmap = mi->pages;
	md->domain.geometry.aperture_start = mi->first;
	md->domain.geometry.aperture_end = mi->last;
	md->domain.geometry.force_aperture = true;
	atomic_long_inc(&mi->domains);
}

/**
 * mock_domain_create() - A new domain
 * @mi: its IOMMU, NULL to leave that to the first attachment
 *
 * Return: the domain or NULL.
 */
struct mock_domain *mock_domain_create(struct mock_iommu *mi)
{
	struct mock_domain *md = kzalloc(sizeof(*md), GFP_KERNEL_ACCOUNT);

	if (!md)
		return NULL;
	md->id = atomic_inc_return(&mock_domain_ids);
	mock_table_init(md);
	if (mi)
		domain_settle(md, mi);
	return md;
}

/**
 * mock_domain_free() - Free a domain
 * @domain: the domain
 */
void mock_domain_free(struct iommu_domain *domain)
{
	struct mock_domain *md = mock_domain_of(domain);

	if (md->iommu && atomic_read(&md->attached))
		mock_misuse(md->iommu, "frees domain %u, which is in use\n",
			    md->id);
	mock_table_free(md);
	if (md->parent)
		atomic_dec(&md->parent->attached);
	if (md->iommu)
		atomic_long_dec(&md->iommu->domains);
	kfree(md);
}

static int domain_accept(struct mock_domain *md, struct mock_iommu *mi)
{
	if (!md->iommu)
		domain_settle(md, mi);
	if (md->iommu == mi || md->iommu->index == mi->joins)
		return 0;
	atomic_long_inc(&mi->refused);
	return -EINVAL;
}

/* Accesses that are under way end before this returns. */
static void move_device(struct mock_device *dev, struct mock_domain *to,
			bool blocked)
{
	struct mock_domain *from;

	if (to)
		atomic_inc(&to->attached);
	write_lock(&dev->lock);
	from = dev->domain;
	dev->domain = to;
	dev->blocked = blocked;
	write_unlock(&dev->lock);
	if (from)
		atomic_dec(&from->attached);
}

/**
 * mock_find_group() - The group that a device belongs to by its settings
 * @md: the device
 *
 * Context: may sleep.
 * Return: the group of a device before it, or a new one, with a reference; or an ERR_PTR.
 */
struct iommu_group *mock_find_group(struct mock_device *md)
{
	struct iommu_group *group = NULL;
	struct mock_device *other;
	unsigned int i;

	for (i = 0; i < md->index && md->group != U32_MAX && !group; i++) {
		other = mock_devices[i];
		if (other->group == md->group && other->dev)
			group = iommu_group_get(other->dev);
	}
	return group ?: iommu_group_alloc();
}

/**
 * mock_attach_dev() - A device goes into a page table
 * @domain: the domain, one of ours with a page table
 * @dev: the device
 *
 * Return: 0, -EINVAL if the domain is of another IOMMU, or what a test wants.
 */
int mock_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct mock_domain *md = mock_domain_of(domain);
	struct mock_device *device = mock_device_of(dev);
	int ret = domain_accept(md, device->iommu) ?:
		  mock_refuse_attach(device);

	if (!ret)
		move_device(device, md, false);
	return ret;
}

/**
 * mock_block_dev() - The DMA of a device reaches nothing from now on
 * @dev: the device
 */
void mock_block_dev(struct device *dev)
{
	move_device(mock_device_of(dev), NULL, true);
}

/**
 * mock_release_dev() - A device goes back to the host
 * @dev: the device
 */
void mock_release_dev(struct device *dev)
{
	move_device(mock_device_of(dev), NULL, false);
}

static void leave_domain(struct mock_device *dev, struct mock_domain *from)
{
	/* Whoever found the old domain has let go of the lock afterwards. */
	write_lock(&dev->lock);
	write_unlock(&dev->lock);
	if (from)
		atomic_dec(&from->attached);
}

/**
 * mock_set_pasid() - A PASID of a device goes into a page table
 * @domain: the domain
 * @dev: the device
 * @pasid: the PASID, which may be in another domain
 *
 * Return: 0 or a negative errno; then nothing has changed.
 */
int mock_set_pasid(struct iommu_domain *domain, struct device *dev, u32 pasid)
{
	struct mock_domain *md = mock_domain_of(domain), *old;
	struct mock_device *device = mock_device_of(dev);
	int ret = domain_accept(md, device->iommu);

	if (ret)
		return ret;
	if (!device->pasid || pasid >> device->pasid) {
		mock_misuse(device->iommu, "%s has no PASID %u\n",
			    dev_name(dev), pasid);
		return -EINVAL;
	}
	ret = mock_refuse_attach(device);
	if (ret)
		return ret;
	atomic_inc(&md->attached);
	old = xa_store(&device->pasids, pasid, md, GFP_KERNEL_ACCOUNT);
	if (xa_is_err(old)) {
		atomic_dec(&md->attached);
		return xa_err(old);
	}
	leave_domain(device, old);
	return 0;
}

/**
 * mock_remove_pasid() - DMA with a PASID reaches nothing from now on
 * @dev: the device
 * @pasid: the PASID
 */
void mock_remove_pasid(struct device *dev, u32 pasid)
{
	struct mock_device *device = mock_device_of(dev);

	leave_domain(device, xa_erase(&device->pasids, pasid));
}

/**
 * mock_enforce_cache_coherency() - Make all DMA of a domain snoop
 * @domain: the domain
 *
 * Return: true if it will.
 */
bool mock_enforce_cache_coherency(struct iommu_domain *domain)
{
	struct mock_domain *md = mock_domain_of(domain);

	/* An empty domain of which no more is known agrees, as VT-d's did. */
	if (md->iommu && !md->iommu->snoop)
		return false;
	md->enforced = true;
	return true;
}

/**
 * mock_get_resv_regions() - The reserved regions of a device
 * @dev: the device
 * @head: out: list of struct iommu_resv_region
 */
void mock_get_resv_regions(struct device *dev, struct list_head *head)
{
	struct mock_device *device = mock_device_of(dev);
	struct iommu_resv_region *resv;
	struct mock_region *region;
	u32 i;

	for (i = 0; i < device->num_regions; i++) {
		region = &device->regions[i];
		resv = mock_alloc_resv(region->first,
				       region->last - region->first + 1,
				       IOMMU_READ | IOMMU_WRITE, region->type);
		if (resv)
			list_add_tail(&resv->list, head);
	}
}
