// SPDX-License-Identifier: GPL-2.0
/*
 * Mock IOMMUs where an IOMMU is found by its firmware node: several drivers of IOMMUs
 * can be there at once. The mock devices are platform devices whose node names theirs.
 *
 * Called by module.c to add and remove, and by the kernel's IOMMU core.
 */
#include "ioas_compat_config.h"

#if IOAS_HAVE_FWSPEC_FINDS_OPS

#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "mock/internal.h"

/* Not in the module itself: devices would hold its owner for as long as they exist. */
static struct iommu_ops *mock_ops;
static struct irq_domain *mock_irqs;
static struct fwnode_handle *mock_irqs_node;
static struct iopf_queue *mock_requests;

static bool is_capable(struct device *dev, enum iommu_cap cap)
{
	struct mock_iommu *mi = mock_device_of(dev)->iommu;

	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return mi->coherent;
	case IOMMU_CAP_ENFORCE_CACHE_COHERENCY:
		return mi->snoop;
	case IOMMU_CAP_DIRTY_TRACKING:
		return mi->dirty;
	default:
		return false;
	}
}

static struct iommu_domain *alloc_paging(struct device *dev)
{
	struct mock_domain *md = mock_domain_create(mock_device_of(dev)->iommu);

	return md ? &md->domain : ERR_PTR(-ENOMEM);
}

static int set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	mock_set_dirty_tracking(mock_domain_of(domain), enabled);
	return 0;
}

static void record_dirty(void *data, u64 iova, size_t size)
{
	iommu_dirty_bitmap_record(data, iova, size);
}

static int read_and_clear_dirty(struct iommu_domain *domain, unsigned long iova,
				size_t size, unsigned long flags,
				struct iommu_dirty_bitmap *dirty)
{
	struct mock_domain *md = mock_domain_of(domain);

	/* To clear what nobody asked for is fine; to report it would be a lie. */
	if (!md->dirty_tracking && dirty->bitmap)
		return -EINVAL;
	mock_read_dirty(md, iova, iova + size - 1,
			!(flags & IOMMU_DIRTY_NO_CLEAR), record_dirty, dirty);
	return 0;
}

static const struct iommu_dirty_ops dirty_ops = {
	.set_dirty_tracking = set_dirty_tracking,
	.read_and_clear_dirty = read_and_clear_dirty,
};

/* What a domain that is not the plainest can be. */
static u32 allowed_flags(struct mock_device *md)
{
	u32 flags = 0;

	if (md->iommu->dirty)
		flags |= IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	if (md->iommu->nest)
		flags |= IOMMU_HWPT_ALLOC_NEST_PARENT;
#if IOAS_HAVE_PAGING_FLAGS
	if (md->pasid)
		flags |= IOMMU_HWPT_ALLOC_PASID;
#endif
	return flags;
}

static struct iommu_domain *alloc_flags(struct device *dev, u32 flags)
{
	struct iommu_domain *domain;

	if (flags & ~allowed_flags(mock_device_of(dev)))
		return ERR_PTR(-EOPNOTSUPP);
	domain = alloc_paging(dev);
	if (!IS_ERR(domain) && (flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING))
		domain->dirty_ops = &dirty_ops;
	return domain;
}

#if IOAS_HAVE_PAGING_FLAGS
static struct iommu_domain *
alloc_paging_flags(struct device *dev, u32 flags,
		   const struct iommu_user_data *user_data)
{
	return user_data ? ERR_PTR(-EOPNOTSUPP) : alloc_flags(dev, flags);
}
#endif

static void page_response(struct device *dev, struct iopf_fault *fault,
			  struct iommu_page_response *response)
{
	mock_answer(mock_device_of(dev), response->grpid, response->code);
}

static struct iommu_device *probe_device(struct device *dev)
{
	struct mock_device *md = mock_device_of(dev);

	return md ? &md->iommu->iommu : ERR_PTR(-ENODEV);
}

static void release_device(struct device *dev)
{
	mock_release_dev(dev);
}

static struct iommu_group *device_group(struct device *dev)
{
	return mock_find_group(mock_device_of(dev));
}

/* While the host has a device, nothing is translated. */
static int def_domain_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

#if IOAS_HAVE_ATTACH_OLD_DOMAIN
static int attach_dev(struct iommu_domain *domain, struct device *dev,
		      struct iommu_domain *old)
{
	return mock_attach_dev(domain, dev);
}

static int block_dev(struct iommu_domain *domain, struct device *dev,
		     struct iommu_domain *old)
{
	mock_block_dev(dev);
	return 0;
}

static int release_dev(struct iommu_domain *domain, struct device *dev,
		       struct iommu_domain *old)
{
	mock_release_dev(dev);
	return 0;
}
#else
static int attach_dev(struct iommu_domain *domain, struct device *dev)
{
	return mock_attach_dev(domain, dev);
}

static int block_dev(struct iommu_domain *domain, struct device *dev)
{
	mock_block_dev(dev);
	return 0;
}

static int release_dev(struct iommu_domain *domain, struct device *dev)
{
	mock_release_dev(dev);
	return 0;
}
#endif

static int set_dev_pasid(struct iommu_domain *domain, struct device *dev,
			 ioasid_t pasid, struct iommu_domain *old)
{
	return mock_set_pasid(domain, dev, pasid);
}

#if IOAS_HAVE_BLOCKED_PASID
static int block_dev_pasid(struct iommu_domain *domain, struct device *dev,
			   ioasid_t pasid, struct iommu_domain *old)
{
	mock_remove_pasid(dev, pasid);
	return 0;
}
#else
static void remove_dev_pasid(struct device *dev, ioasid_t pasid,
			     struct iommu_domain *domain)
{
	mock_remove_pasid(dev, pasid);
}
#endif

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = block_dev,
#if IOAS_HAVE_BLOCKED_PASID
	.set_dev_pasid = block_dev_pasid,
#endif
};

static const struct iommu_domain_ops identity_ops = {
	.attach_dev = release_dev,
};

static struct iommu_domain blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

static struct iommu_domain identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &identity_ops,
};

static const struct iommu_domain_ops paging_ops = {
	.attach_dev = attach_dev,
	.set_dev_pasid = set_dev_pasid,
	.map_pages = mock_map_pages,
	.unmap_pages = mock_unmap_pages,
	.flush_iotlb_all = mock_flush_iotlb_all,
	.iotlb_sync = mock_iotlb_sync,
	.iova_to_phys = mock_iova_to_phys,
	.enforce_cache_coherency = mock_enforce_cache_coherency,
	.free = mock_domain_free,
};

static int invalidate_user(struct iommu_domain *domain,
			   struct iommu_user_data_array *array)
{
	struct mock_nest_flush flush;
	u32 done;
	int ret = 0;

	for (done = 0; done < array->entry_num; done++) {
		ret = iommu_copy_struct_from_user_array(&flush, array,
							MOCK_NEST_TYPE, done,
							last);
		if (!ret)
			ret = mock_nested_flush(mock_domain_of(domain), &flush);
		if (ret)
			break;
	}
	array->entry_num = done;
	return ret;
}

/* The core asks it of every domain. */
static phys_addr_t nested_iova_to_phys(struct iommu_domain *domain,
				       dma_addr_t iova)
{
	return 0;
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = attach_dev,
	.set_dev_pasid = set_dev_pasid,
	.cache_invalidate_user = invalidate_user,
	.iova_to_phys = nested_iova_to_phys,
	.free = mock_domain_free,
};

static struct iommu_domain *
alloc_nested(struct device *dev, struct iommu_domain *parent, u32 flags,
	     const struct iommu_user_data *user_data)
{
	struct mock_iommu *mi = mock_device_of(dev)->iommu;
	struct mock_domain *md;
	struct mock_nest nest;
	int ret;

	if (!mi->nest || flags || !user_data || parent->ops != &paging_ops)
		return ERR_PTR(-EOPNOTSUPP);
	ret = iommu_copy_struct_from_user(&nest, user_data, MOCK_NEST_TYPE,
					  __reserved);
	if (ret)
		return ERR_PTR(ret);
	md = mock_nested_create(mi, mock_domain_of(parent), &nest);
	if (IS_ERR(md))
		return ERR_CAST(md);
	md->domain.type = IOMMU_DOMAIN_NESTED;
	md->domain.ops = &nested_ops;
	return &md->domain;
}

#if !IOAS_HAVE_PAGING_FLAGS
/* Its caller, unlike the core, leaves the rest of the domain to the driver. */
static struct iommu_domain *alloc_user(struct device *dev, u32 flags,
				       struct iommu_domain *parent,
				       const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain;

	if (parent)
		return alloc_nested(dev, parent, flags, user_data);
	if (user_data)
		return ERR_PTR(-EOPNOTSUPP);
	domain = alloc_flags(dev, flags);
	if (!IS_ERR(domain)) {
		domain->type = IOMMU_DOMAIN_UNMANAGED;
		domain->ops = &paging_ops;
	}
	return domain;
}
#endif

static const struct iommu_ops ops_template = {
	.capable = is_capable,
	.domain_alloc_paging = alloc_paging,
#if IOAS_HAVE_PAGING_FLAGS
	.domain_alloc_paging_flags = alloc_paging_flags,
	.domain_alloc_nested = alloc_nested,
#else
	.domain_alloc_user = alloc_user,
#endif
	.probe_device = probe_device,
	.release_device = release_device,
	.device_group = device_group,
	.get_resv_regions = mock_get_resv_regions,
	.page_response = page_response,
	.def_domain_type = def_domain_type,
	.default_domain_ops = &paging_ops,
	.identity_domain = &identity_domain,
	.blocked_domain = &blocked_domain,
#if !IOAS_HAVE_BLOCKED_PASID
	.remove_dev_pasid = remove_dev_pasid,
#endif
};

static int driver_probe(struct platform_device *pdev)
{
	return mock_driver_probe(&pdev->dev);
}

static void driver_remove(struct platform_device *pdev)
{
	mock_driver_remove(&pdev->dev);
}

static struct platform_driver mock_driver = {
	.probe = driver_probe,
	.remove = driver_remove,
	.driver.name = "ioas-mock",
	.driver_managed_dma = true,
};

static const struct irq_domain_ops irq_ops = { };

/* An interrupt controller that nobody uses, for what VFIO asks of it. */
static int add_irqs(void)
{
	mock_irqs_node = irq_domain_alloc_named_fwnode("ioas-mock");
	if (!mock_irqs_node)
		return -ENOMEM;
	mock_irqs = irq_domain_create_linear(mock_irqs_node, 1, &irq_ops, NULL);
	if (!mock_irqs) {
		irq_domain_free_fwnode(mock_irqs_node);
		return -ENOMEM;
	}
	mock_irqs->flags |= IRQ_DOMAIN_FLAG_ISOLATED_MSI;
	return 0;
}

static void remove_irqs(void)
{
	irq_domain_remove(mock_irqs);
	irq_domain_free_fwnode(mock_irqs_node);
}

/**
 * mock_bus_init() - Be ready for IOMMUs and devices
 *
 * Return: 0 or a negative errno.
 */
int mock_bus_init(void)
{
	int ret;

	mock_ops = kmemdup(&ops_template, sizeof(ops_template), GFP_KERNEL);
	if (!mock_ops)
		return -ENOMEM;
	mock_requests = iopf_queue_alloc("ioas-mock");
	/* Where the kernel has no such queues there are no devices with page requests. */
	ret = mock_requests || !IS_ENABLED(CONFIG_IOMMU_IOPF) ? add_irqs() :
								-ENOMEM;
	if (!ret)
		return 0;
	iopf_queue_free(mock_requests);
	kfree(mock_ops);
	return ret;
}

/**
 * mock_bus_exit() - Undo mock_bus_init()
 */
void mock_bus_exit(void)
{
	remove_irqs();
	iopf_queue_free(mock_requests);
	kfree(mock_ops);
}

/**
 * mock_bus_bind() - Give the devices their driver
 *
 * Return: 0 or a negative errno.
 */
int mock_bus_bind(void)
{
	return platform_driver_register(&mock_driver);
}

/**
 * mock_bus_unbind() - Take the devices from their driver
 *
 * Context: may sleep, until nobody has one open any more.
 */
void mock_bus_unbind(void)
{
	platform_driver_unregister(&mock_driver);
}

/**
 * mock_bus_add_iommu() - Register an IOMMU
 * @mi: the IOMMU
 *
 * Return: 0 or a negative errno.
 */
int mock_bus_add_iommu(struct mock_iommu *mi)
{
	int ret;

	/* Without a node it would claim every device of the machine. */
	mi->fwnode = fwnode_create_software_node(NULL, NULL);
	if (IS_ERR(mi->fwnode))
		return PTR_ERR(mi->fwnode);
	mi->iommu.fwnode = mi->fwnode;
	mi->iommu.max_pasids = mi->pasid ? 1U << mi->pasid : 0;
	ret = iommu_device_sysfs_add(&mi->iommu, NULL, NULL, "%s%u",
				     mock_iommu_name(mi), mi->index);
	if (ret)
		goto remove_node;
	ret = iommu_device_register(&mi->iommu, mock_ops, NULL);
	if (!ret)
		return 0;
	iommu_device_sysfs_remove(&mi->iommu);
	mi->iommu.dev = NULL;
remove_node:
	fwnode_remove_software_node(mi->fwnode);
	return ret;
}

/**
 * mock_bus_remove_iommu() - Unregister an IOMMU
 * @mi: the IOMMU, whose devices are gone
 */
void mock_bus_remove_iommu(struct mock_iommu *mi)
{
	iommu_device_unregister(&mi->iommu);
	iommu_device_sysfs_remove(&mi->iommu);
	mi->iommu.dev = NULL;
	fwnode_remove_software_node(mi->fwnode);
}

/*
 * The kernel's own callers hold a lock that modules do not see, against others who probe
 * the device. Nobody does before it is added.
 */
static int init_fwspec(struct mock_device *md, struct device *dev)
{
	int ret;

	lockdep_off();
	ret = iommu_fwspec_init(dev, md->iommu->fwnode);
	lockdep_on();
	return ret;
}

static int prepare_device(struct mock_device *md, struct device *dev)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", md->pasid),
		{ }
	};
	int ret = 0;

	if (md->iommu->msi)
		dev_set_msi_domain(dev, mock_irqs);
	if (md->pasid)
		ret = device_create_managed_software_node(dev, properties,
							  NULL);
	return ret ?: init_fwspec(md, dev);
}

static void remove_device(struct mock_device *md)
{
	platform_device_unregister(to_platform_device(md->dev));
	md->dev = NULL;
}

/**
 * mock_bus_add_device() - Add a device
 * @md: the device
 *
 * Return: 0 or a negative errno.
 */
int mock_bus_add_device(struct mock_device *md)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc("ioas-mock", md->index);
	if (!pdev)
		return -ENOMEM;
	md->dev = &pdev->dev;
	ret = prepare_device(md, &pdev->dev);
	if (!ret)
		ret = platform_device_add(pdev);
	if (ret) {
		md->dev = NULL;
		platform_device_put(pdev);
		return ret;
	}
	if (!md->iommu->pri)
		return 0;
	ret = iopf_queue_add_device(mock_requests, md->dev);
	if (ret)
		remove_device(md);
	return ret;
}

/**
 * mock_bus_remove_device() - Remove a device
 * @md: the device, which has no driver
 */
void mock_bus_remove_device(struct mock_device *md)
{
	if (md->iommu->pri)
		iopf_queue_remove_device(mock_requests, md->dev);
	remove_device(md);
}

#endif
