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

/* Less than this is mapped in pages of PAGE_SIZE only; 0 if there are none. */
static inline unsigned long ioas_no_larger_page(struct iommu_domain *domain)
{
	unsigned long larger = domain->pgsize_bitmap & ~(2 * PAGE_SIZE - 1);

	if (!(domain->pgsize_bitmap & PAGE_SIZE))
		return 0;
	return larger ? larger & -larger : ULONG_MAX;
}

/**
 * struct ioas_mapper - Mapping of several runs into one domain
 * @domain: the domain
 * @prot: as for iommu_map()
 * @no_larger_page: see ioas_no_larger_page()
 * @pt: the domain's page table, if it is of the kind that all drivers share
 */
struct ioas_mapper {
	struct iommu_domain *domain;
	int prot;
#if IOAS_HAVE_IOMMUPT
	struct pt_iommu *pt;
#elif IOAS_HAVE_IOMMU_MAP_PAGES
	unsigned long no_larger_page;
#endif
};

/* What iommu_map_nosync() of 7.2 does, which is not exported. */
#if IOAS_HAVE_IOMMUPT
/* The core's debugging wants to see every mapping. */
static inline struct pt_iommu *ioas_iommupt(struct iommu_domain *domain)
{
	if (IS_ENABLED(CONFIG_IOMMU_DEBUG_PAGEALLOC))
		return NULL;
	return iommupt_from_domain(domain);
}

static inline void ioas_mapper_init(struct ioas_mapper *mapper,
				    struct iommu_domain *domain, int prot)
{
	mapper->domain = domain;
	mapper->prot = prot;
	mapper->pt = ioas_iommupt(domain);
}

static inline int ioas_map_fast(struct ioas_mapper *mapper, unsigned long iova,
				phys_addr_t paddr, size_t size, size_t *mapped)
{
	struct pt_iommu *pt = mapper->pt;

	if (!pt)
		return 0;
	return pt->ops->map_range(pt, iova, paddr, size, mapper->prot,
				  GFP_KERNEL_ACCOUNT, mapped);
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
static inline void ioas_mapper_init(struct ioas_mapper *mapper,
				    struct iommu_domain *domain, int prot)
{
	mapper->domain = domain;
	mapper->prot = prot;
	mapper->no_larger_page = 0;
	if (domain->ops->map_pages)
		mapper->no_larger_page = ioas_no_larger_page(domain);
}

int ioas_map_sizes(struct ioas_mapper *mapper, unsigned long iova,
		   phys_addr_t paddr, size_t size, size_t *mapped);

static inline int ioas_map_fast(struct ioas_mapper *mapper, unsigned long iova,
				phys_addr_t paddr, size_t size, size_t *mapped)
{
	struct iommu_domain *domain = mapper->domain;

	if (size >= mapper->no_larger_page)
		return ioas_map_sizes(mapper, iova, paddr, size, mapped);
	return domain->ops->map_pages(domain, iova, paddr, PAGE_SIZE,
				      size >> PAGE_SHIFT, mapper->prot,
				      GFP_KERNEL_ACCOUNT, mapped);
}

static inline size_t ioas_unmap_nosync(struct iommu_domain *domain,
				       unsigned long iova, size_t size,
				       struct iommu_iotlb_gather *gather)
{
	size_t done = 0;

	if (domain->ops->unmap_pages && size < ioas_no_larger_page(domain))
		done = domain->ops->unmap_pages(domain, iova, PAGE_SIZE,
						size >> PAGE_SHIFT, gather);
	/* All of it to the core, or what is beyond the end of the driver's table. */
	if (done < size)
		done += iommu_unmap_fast(domain, iova + done, size - done,
					 gather);
	return done;
}
#else
static inline void ioas_mapper_init(struct ioas_mapper *mapper,
				    struct iommu_domain *domain, int prot)
{
	mapper->domain = domain;
	mapper->prot = prot;
}

static inline int ioas_map_fast(struct ioas_mapper *mapper, unsigned long iova,
				phys_addr_t paddr, size_t size, size_t *mapped)
{
	return 0;
}

static inline size_t ioas_unmap_nosync(struct iommu_domain *domain,
				       unsigned long iova, size_t size,
				       struct iommu_iotlb_gather *gather)
{
	return iommu_unmap_fast(domain, iova, size, gather);
}
#endif

int ioas_map_rest(struct ioas_mapper *mapper, unsigned long iova,
		  phys_addr_t paddr, size_t size, size_t mapped, int ret);

/**
 * ioas_map_nosync() - iommu_map() that leaves the rest to ioas_sync_map()
 * @mapper: where to and how, set up by ioas_mapper_init()
 * @iova: first byte
 * @paddr: physical address
 * @size: bytes
 *
 * Goes past the core where the driver has an interface for that, which saves a third of
 * mapping one page. See docs/performance.md.
 *
 * Return: 0 or a negative errno; then nothing of it is mapped.
 */
static inline int ioas_map_nosync(struct ioas_mapper *mapper,
				  unsigned long iova, phys_addr_t paddr,
				  size_t size)
{
	size_t mapped = 0;
	int ret = ioas_map_fast(mapper, iova, paddr, size, &mapped);

	if (likely(!ret && mapped == size))
		return 0;
	return ioas_map_rest(mapper, iova, paddr, size, mapped, ret);
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
