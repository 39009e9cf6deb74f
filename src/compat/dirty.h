/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables in which the hardware marks what devices write.
 *
 * The kernel made this for iommufd, and what marks pages for its bitmaps is empty where
 * it is built without iommufd. What is left is the range of what has to be flushed. The
 * page tables that drivers share since 6.19 do not fill even that, so theirs are not used.
 */
#ifndef IOAS_COMPAT_DIRTY_H
#define IOAS_COMPAT_DIRTY_H

#include <linux/iommu.h>

#include "ioas_compat_config.h"

#if IOAS_HAVE_CAP_DIRTY_TRACKING
#include <uapi/linux/iommufd.h>
#endif

#if IOAS_HAVE_IOMMUPT
#include <linux/generic_pt/iommu.h>
#endif

#if IOAS_HAVE_CAP_DIRTY_TRACKING
static inline bool ioas_dirty_capable(struct device *dev)
{
	return device_iommu_capable(dev, IOMMU_CAP_DIRTY_TRACKING);
}

#if IOAS_HAVE_PAGING_FLAGS
static inline struct iommu_domain *
ioas_compat_dirty_alloc(struct device *dev, bool pasid)
{
	u32 flags = IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
#if IOAS_HAVE_IOMMU_REPLACE_PASID
	struct iommu_domain *domain;

	if (pasid) {
		domain = iommu_paging_domain_alloc_flags(dev, flags |
							 IOMMU_HWPT_ALLOC_PASID);
		if (PTR_ERR(domain) != -EOPNOTSUPP)
			return domain;
	}
#endif
	return iommu_paging_domain_alloc_flags(dev, flags);
}
#else
static inline struct iommu_domain *
ioas_compat_dirty_alloc(struct device *dev, bool pasid)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *domain;

	if (!ops->domain_alloc_user)
		return ERR_PTR(-EOPNOTSUPP);
	domain = ops->domain_alloc_user(dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
					NULL, NULL);
	if (!IS_ERR(domain))
		domain->owner = ops;
	return domain;
}
#endif

static inline bool ioas_compat_dirty_usable(struct iommu_domain *domain)
{
#if IOAS_HAVE_IOMMUPT
	if (iommupt_from_domain(domain))
		return false;
#endif
	return domain->dirty_ops;
}

static inline int ioas_set_dirty_tracking(struct iommu_domain *domain, bool on)
{
	return domain->dirty_ops->set_dirty_tracking(domain, on);
}

/* What is dirty of the range becomes part of @gather. */
static inline int ioas_read_dirty(struct iommu_domain *domain,
				  unsigned long iova, size_t size, bool clear,
				  struct iommu_iotlb_gather *gather)
{
	struct iommu_dirty_bitmap dirty = { .gather = gather };
	unsigned long flags = clear ? 0 : IOMMU_DIRTY_NO_CLEAR;

	return domain->dirty_ops->read_and_clear_dirty(domain, iova, size,
						       flags, &dirty);
}
#else
static inline bool ioas_dirty_capable(struct device *dev)
{
	return false;
}

static inline struct iommu_domain *
ioas_compat_dirty_alloc(struct device *dev, bool pasid)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline bool ioas_compat_dirty_usable(struct iommu_domain *domain)
{
	return false;
}

static inline int ioas_set_dirty_tracking(struct iommu_domain *domain, bool on)
{
	return -EOPNOTSUPP;
}

static inline int ioas_read_dirty(struct iommu_domain *domain,
				  unsigned long iova, size_t size, bool clear,
				  struct iommu_iotlb_gather *gather)
{
	return -EOPNOTSUPP;
}
#endif

/**
 * ioas_dirty_domain_alloc() - A page table in which the hardware marks what is written
 * @dev: the device; dev->iommu stays valid for the call
 * @pasid: it will be attached to a PASID
 *
 * Context: may sleep.
 * Return: the domain or an ERR_PTR; -EOPNOTSUPP where there is none, or none of use.
 */
static inline struct iommu_domain *ioas_dirty_domain_alloc(struct device *dev,
							   bool pasid)
{
	struct iommu_domain *domain = ioas_compat_dirty_alloc(dev, pasid);

	if (IS_ERR(domain) || ioas_compat_dirty_usable(domain))
		return domain;
	iommu_domain_free(domain);
	return ERR_PTR(-EOPNOTSUPP);
}

#endif
