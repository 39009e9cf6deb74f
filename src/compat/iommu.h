/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's IOMMU API as of 7.2, for older kernels. */
#ifndef IOAS_COMPAT_IOMMU_H
#define IOAS_COMPAT_IOMMU_H

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/irqdomain.h>

#include "ioas_compat_config.h"

#if !IOAS_HAVE_MSI_COOKIE
#include <linux/dma-iommu.h>
#endif

#if !IOAS_HAVE_IOMMU_MAP_GFP
static inline int ioas_compat_iommu_map(struct iommu_domain *domain,
					unsigned long iova, phys_addr_t paddr,
					size_t size, int prot)
{
	return iommu_map(domain, iova, paddr, size, prot);
}

#define iommu_map(domain, iova, paddr, size, prot, gfp)	\
	ioas_compat_iommu_map(domain, iova, paddr, size, prot)
#endif

#if !IOAS_HAVE_DEVICE_IOMMU_CAPABLE
static inline bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return iommu_capable(dev->bus, cap);
}
#endif

#if !IOAS_HAVE_ISOLATED_MSI
static inline int ioas_compat_dev_lacks_intr_remap(struct device *dev,
						   void *data)
{
	return !device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
}

/* What VFIO type1 of these kernels asks before it lets a group in. */
static inline bool iommu_group_has_isolated_msi(struct iommu_group *group)
{
	return irq_domain_check_msi_remap() ||
	       !iommu_group_for_each_dev(group, NULL,
					 ioas_compat_dev_lacks_intr_remap);
}
#endif

#if !IOAS_HAVE_IOMMU_PAGING_DOMAIN_ALLOC
static inline struct iommu_domain *
iommu_paging_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	return domain ?: ERR_PTR(-ENOMEM);
}
#endif

/*
 * No-snoop DMA is snooped if this returns true. Before the callback existed VT-d
 * did it by itself for every mapping with IOMMU_CACHE.
 */
static inline bool ioas_enforce_cache_coherency(struct iommu_domain *domain)
{
#if IOAS_HAVE_ENFORCE_CACHE_COHERENCY
	return domain->ops->enforce_cache_coherency &&
	       domain->ops->enforce_cache_coherency(domain);
#else
	return false;
#endif
}

#endif
