/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's IOMMU API as of 7.2, for older kernels. */
#ifndef IOAS_COMPAT_IOMMU_H
#define IOAS_COMPAT_IOMMU_H

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/irqdomain.h>

#include "ioas_compat_config.h"

#if IOAS_HAVE_IOMMUPT
#include <linux/generic_pt/iommu.h>
#endif

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
 * did it by itself for every mapping with IOMMU_CACHE, and the capability said so.
 */
static inline bool ioas_enforce_cache_coherency(struct iommu_domain *domain,
						struct device *dev)
{
#if IOAS_HAVE_ENFORCE_CACHE_COHERENCY
	return domain->ops->enforce_cache_coherency &&
	       domain->ops->enforce_cache_coherency(domain);
#else
	return device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY);
#endif
}

static inline bool ioas_dirty_capable(struct device *dev)
{
#if IOAS_HAVE_CAP_DIRTY_TRACKING
	return device_iommu_capable(dev, IOMMU_CAP_DIRTY_TRACKING);
#else
	return false;
#endif
}

/* Has a domain, as it is now, room for a fault handler? */
static inline bool ioas_takes_fault_handler(struct iommu_domain *domain)
{
#if IOAS_HAVE_DOMAIN_COOKIE_TYPE
	return domain->cookie_type == IOMMU_COOKIE_NONE;
#else
	return true;
#endif
}

/* The order in which AMD-Vi's attribute "features" shows its two registers. */
#define IOAS_AMD_EFR_FIRST	IOAS_HAVE_CAP_DIRTY_TRACKING

/* Too little for a larger page: then there is no size to be chosen. */
static inline bool ioas_only_small_pages(struct iommu_domain *domain,
					 size_t size)
{
	unsigned long larger = domain->pgsize_bitmap & ~(2 * PAGE_SIZE - 1);

	return (domain->pgsize_bitmap & PAGE_SIZE) &&
	       (!larger || size < (larger & -larger));
}

/* What iommu_map_nosync() of 7.2 does, which is not exported. */
#if IOAS_HAVE_IOMMUPT
/* The core's debugging wants to see every mapping. */
static inline struct pt_iommu *ioas_iommupt(struct iommu_domain *domain)
{
	if (IS_ENABLED(CONFIG_IOMMU_DEBUG_PAGEALLOC))
		return NULL;
	return iommupt_from_domain(domain);
}

static inline bool ioas_try_map_nosync(struct iommu_domain *domain,
				       unsigned long iova, phys_addr_t paddr,
				       size_t size, int prot, size_t *mapped,
				       int *ret)
{
	struct pt_iommu *pt = ioas_iommupt(domain);

	if (!pt)
		return false;
	*ret = pt->ops->map_range(pt, iova, paddr, size, prot,
				  GFP_KERNEL_ACCOUNT, mapped);
	return true;
}

static inline size_t ioas_unmap_nosync(struct iommu_domain *domain,
				       unsigned long iova, size_t size,
				       struct iommu_iotlb_gather *gather)
{
	struct pt_iommu *pt = ioas_iommupt(domain);

	if (pt)
		return pt->ops->unmap_range(pt, iova, size, gather);
	return iommu_unmap_fast(domain, iova, size, gather);
}
#elif IOAS_HAVE_IOMMU_MAP_PAGES
static inline bool ioas_try_map_nosync(struct iommu_domain *domain,
				       unsigned long iova, phys_addr_t paddr,
				       size_t size, int prot, size_t *mapped,
				       int *ret)
{
	if (!domain->ops->map_pages || !ioas_only_small_pages(domain, size))
		return false;
	*ret = domain->ops->map_pages(domain, iova, paddr, PAGE_SIZE,
				      size >> PAGE_SHIFT, prot,
				      GFP_KERNEL_ACCOUNT, mapped);
	return true;
}

static inline size_t ioas_unmap_nosync(struct iommu_domain *domain,
				       unsigned long iova, size_t size,
				       struct iommu_iotlb_gather *gather)
{
	size_t done = 0;

	if (domain->ops->unmap_pages && ioas_only_small_pages(domain, size))
		done = domain->ops->unmap_pages(domain, iova, PAGE_SIZE,
						size >> PAGE_SHIFT, gather);
	/* All of it to the core, or what is beyond the end of the driver's table. */
	if (done < size)
		done += iommu_unmap_fast(domain, iova + done, size - done,
					 gather);
	return done;
}
#else
static inline size_t ioas_unmap_nosync(struct iommu_domain *domain,
				       unsigned long iova, size_t size,
				       struct iommu_iotlb_gather *gather)
{
	return iommu_unmap_fast(domain, iova, size, gather);
}

static inline bool ioas_try_map_nosync(struct iommu_domain *domain,
				       unsigned long iova, phys_addr_t paddr,
				       size_t size, int prot, size_t *mapped,
				       int *ret)
{
	return false;
}
#endif

/**
 * ioas_map_nosync() - iommu_map() that leaves the rest to ioas_sync_map()
 * @domain: the domain
 * @iova: first byte
 * @paddr: physical address
 * @size: bytes
 * @prot: as for iommu_map()
 *
 * Goes past the core's choice of page sizes where there is nothing to choose, which
 * costs a third of mapping one page. See docs/performance.md.
 *
 * Return: 0 or a negative errno; then nothing of it is mapped.
 */
static inline int ioas_map_nosync(struct iommu_domain *domain,
				  unsigned long iova, phys_addr_t paddr,
				  size_t size, int prot)
{
	size_t mapped = 0;
	int ret;

	if (!ioas_try_map_nosync(domain, iova, paddr, size, prot, &mapped, &ret))
		ret = 0;
	/* All of it to the core, or what is beyond the end of the driver's table. */
	if (!ret && mapped < size)
		ret = iommu_map(domain, iova + mapped, paddr + mapped,
				size - mapped, prot, GFP_KERNEL_ACCOUNT);
	if (ret && mapped)
		iommu_unmap(domain, iova, mapped);
	return ret;
}

#if IOAS_HAVE_IOMMU_MAP_PAGES && IOAS_HAVE_SYNC_MAP_RESULT
static inline int ioas_compat_sync_map(struct iommu_domain *domain,
				       unsigned long iova, size_t size)
{
	return domain->ops->iotlb_sync_map(domain, iova, size);
}
#elif IOAS_HAVE_IOMMU_MAP_PAGES
static inline int ioas_compat_sync_map(struct iommu_domain *domain,
				       unsigned long iova, size_t size)
{
	domain->ops->iotlb_sync_map(domain, iova, size);
	return 0;
}
#endif

/**
 * ioas_sync_map() - Make what ioas_map_nosync() did visible to the hardware
 * @domain: the domain
 * @iova: first byte
 * @size: bytes
 *
 * Return: 0 or a negative errno.
 */
static inline int ioas_sync_map(struct iommu_domain *domain, unsigned long iova,
				size_t size)
{
#if IOAS_HAVE_IOMMU_MAP_PAGES
	if (domain->ops->iotlb_sync_map)
		return ioas_compat_sync_map(domain, iova, size);
#endif
	return 0;
}

/* iommu_map() where nothing may wait for memory. */
static inline int ioas_map_atomic(struct iommu_domain *domain,
				  unsigned long iova, phys_addr_t paddr,
				  size_t size, int prot)
{
#if IOAS_HAVE_IOMMU_MAP_GFP
	return iommu_map(domain, iova, paddr, size, prot,
			 GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
#else
	return iommu_map_atomic(domain, iova, paddr, size, prot);
#endif
}

#endif
