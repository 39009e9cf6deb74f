// SPDX-License-Identifier: GPL-2.0
/*
 * Mock IOMMUs where a bus has one driver of IOMMUs for all its devices. The mock devices
 * are on a bus of their own, so that the machine's IOMMU is not in the way, and are put
 * into their groups by hand, so that no notifier is left behind on the bus.
 *
 * Called by module.c to add and remove, and by the kernel's IOMMU core.
 */
#include "ioas_compat_config.h"

#if !IOAS_HAVE_FWSPEC_FINDS_OPS

#include <linux/module.h>
#include <linux/slab.h>

#include "mock/internal.h"

/* A kernel that asks about the bus gets what holds for all devices on it. */
static bool every_iommu_capable(enum iommu_cap cap)
{
	unsigned int i;

	for (i = 0; i < MOCK_MAX_IOMMUS && mock_iommus[i]; i++)
		if (cap == IOMMU_CAP_CACHE_COHERENCY ?
		    !mock_iommus[i]->coherent : !mock_iommus[i]->msi)
			return false;
	return cap == IOMMU_CAP_CACHE_COHERENCY || cap == IOMMU_CAP_INTR_REMAP;
}

static int attach_dev(struct iommu_domain *domain, struct device *dev)
{
	if (domain->type == IOMMU_DOMAIN_UNMANAGED)
		return mock_attach_dev(domain, dev);
	mock_block_dev(dev);
	return 0;
}

/* With no default domain, a device that is in none is the host's. */
static void detach_dev(struct iommu_domain *domain, struct device *dev)
{
	mock_release_dev(dev);
}

static struct iommu_domain *domain_alloc(unsigned int type)
{
	struct mock_domain *md;

	if (type != IOMMU_DOMAIN_UNMANAGED && type != IOMMU_DOMAIN_BLOCKED)
		return NULL;
	md = mock_domain_create(NULL);
	return md ? &md->domain : NULL;
}

static struct iommu_device *probe_device(struct device *dev)
{
	return &mock_device_of(dev)->iommu->iommu;
}

static void release_device(struct device *dev)
{
}

#if IOAS_HAVE_IOMMU_MAP_PAGES
static bool is_capable(struct device *dev, enum iommu_cap cap)
{
	struct mock_iommu *mi = mock_device_of(dev)->iommu;

	if (cap == IOMMU_CAP_CACHE_COHERENCY)
		return mi->coherent;
	return every_iommu_capable(cap);
}

static const struct iommu_domain_ops paging_ops = {
	.attach_dev = attach_dev,
	.detach_dev = detach_dev,
	.map_pages = mock_map_pages,
	.unmap_pages = mock_unmap_pages,
	.flush_iotlb_all = mock_flush_iotlb_all,
	.iotlb_sync = mock_iotlb_sync,
	.iova_to_phys = mock_iova_to_phys,
	.enforce_cache_coherency = mock_enforce_cache_coherency,
	.free = mock_domain_free,
};
#else
static bool is_capable(enum iommu_cap cap)
{
	return every_iommu_capable(cap);
}

static int map_page(struct iommu_domain *domain, unsigned long iova,
		    phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	size_t mapped = 0;

	return mock_map_pages(domain, iova, paddr, size, 1, prot, gfp,
			      &mapped);
}

static size_t unmap_page(struct iommu_domain *domain, unsigned long iova,
			 size_t size, struct iommu_iotlb_gather *gather)
{
	return mock_unmap_pages(domain, iova, size, 1, gather);
}
#endif

static const struct iommu_ops mock_ops = {
	.capable = is_capable,
	.domain_alloc = domain_alloc,
	.probe_device = probe_device,
	.release_device = release_device,
	.get_resv_regions = mock_get_resv_regions,
	/* Until a domain's first device says which of them there are. */
	.pgsize_bitmap = PAGE_SIZE,
#if IOAS_HAVE_IOMMU_MAP_PAGES
	.default_domain_ops = &paging_ops,
#else
	.domain_free = mock_domain_free,
	.attach_dev = attach_dev,
	.detach_dev = detach_dev,
	.map = map_page,
	.unmap = unmap_page,
	.flush_iotlb_all = mock_flush_iotlb_all,
	.iotlb_sync = mock_iotlb_sync,
	.iova_to_phys = mock_iova_to_phys,
	.put_resv_regions = generic_iommu_put_resv_regions,
#endif
};

static struct bus_type mock_bus = {
	.name = "ioas-mock",
	.iommu_ops = &mock_ops,
};

static int driver_remove(struct device *dev)
{
	mock_driver_remove(dev);
	return 0;
}

static struct device_driver mock_driver = {
	.name = "ioas-mock",
	.owner = THIS_MODULE,
	.bus = &mock_bus,
	.probe = mock_driver_probe,
	.remove = driver_remove,
};

int mock_bus_init(void)
{
	return bus_register(&mock_bus);
}

void mock_bus_exit(void)
{
	bus_unregister(&mock_bus);
}

int mock_bus_bind(void)
{
	return driver_register(&mock_driver);
}

void mock_bus_unbind(void)
{
	driver_unregister(&mock_driver);
}

/* Not registered: the machine's IOMMU would be asked about it. */
int mock_bus_add_iommu(struct mock_iommu *mi)
{
	mi->iommu.ops = &mock_ops;
	return iommu_device_sysfs_add(&mi->iommu, NULL, NULL, "%s%u",
				      mock_iommu_name(mi), mi->index);
}

void mock_bus_remove_iommu(struct mock_iommu *mi)
{
	iommu_device_sysfs_remove(&mi->iommu);
	mi->iommu.dev = NULL;
}

/* What the core does when it probes a device of a bus it watches. */
static int put_behind_iommu(struct mock_device *md)
{
	struct iommu_group *group;
	int ret;

	ret = iommu_fwspec_init(md->dev, NULL, &mock_ops);
	if (ret)
		return ret;
	md->dev->iommu->iommu_dev = &md->iommu->iommu;
	group = mock_find_group(md);
	if (IS_ERR(group))
		return PTR_ERR(group);
	ret = iommu_group_add_device(group, md->dev);
	iommu_group_put(group);
	if (!ret)
		iommu_device_link(&md->iommu->iommu, md->dev);
	return ret;
}

static void take_from_iommu(struct mock_device *md)
{
	iommu_device_unlink(&md->iommu->iommu, md->dev);
	iommu_group_remove_device(md->dev);
	iommu_fwspec_free(md->dev);
	kfree(md->dev->iommu);
	md->dev->iommu = NULL;
}

static void free_device(struct device *dev)
{
	kfree(dev);
}

static int add_device(struct mock_device *md)
{
	int ret = dev_set_name(md->dev, "ioas-mock.%u", md->index);

	if (ret)
		return ret;
	ret = device_add(md->dev);
	if (ret)
		return ret;
	ret = put_behind_iommu(md);
	if (ret)
		device_del(md->dev);
	return ret;
}

int mock_bus_add_device(struct mock_device *md)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int ret;

	if (!dev)
		return -ENOMEM;
	device_initialize(dev);
	dev->release = free_device;
	dev->bus = &mock_bus;
	md->dev = dev;
	ret = add_device(md);
	if (!ret)
		return 0;
	md->dev = NULL;
	put_device(dev);
	return ret;
}

void mock_bus_remove_device(struct mock_device *md)
{
	struct device *dev = md->dev;

	take_from_iommu(md);
	device_unregister(dev);
	md->dev = NULL;
}

#endif
