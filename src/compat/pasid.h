/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DMA with a PASID, and groups and PASIDs that go from one domain to another without
 * being blocked in between.
 *
 * What replaces a domain is exported for iommufd, in a symbol namespace of its own, and
 * declared in a header private to the kernel's IOMMU code.
 */
#ifndef IOAS_COMPAT_PASID_H
#define IOAS_COMPAT_PASID_H

#include <linux/iommu.h>

#include "ioas_compat_config.h"

#define IOAS_KERNEL_ATTACHES_PASIDS	IOAS_HAVE_IOMMU_ATTACH_HANDLE
#define IOAS_KERNEL_REPLACES_GROUPS	IOAS_HAVE_IOMMU_ATTACH_HANDLE
#define IOAS_KERNEL_REPLACES_PASIDS	IOAS_HAVE_IOMMU_REPLACE_PASID

#if IOAS_HAVE_IOMMU_ATTACH_HANDLE
/**
 * struct ioas_attach_handle - What the kernel keeps with an attachment that replaced one
 * @iommu: the kernel's; stays where it is until the attachment ends
 */
struct ioas_attach_handle {
	struct iommu_attach_handle iommu;
};

int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle);
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group);

/* 0 proves nothing about a device that has none: it is not looked at. */
static inline u32 ioas_max_pasids(struct device *dev)
{
	return dev->iommu->max_pasids;
}

static inline int ioas_pasid_attach(struct device *dev, u32 pasid,
				    struct iommu_domain *domain)
{
	return iommu_attach_device_pasid(domain, dev, pasid, NULL);
}

static inline void ioas_pasid_detach(struct device *dev, u32 pasid,
				     struct iommu_domain *domain)
{
	iommu_detach_device_pasid(domain, dev, pasid);
}

static inline int ioas_group_replace(struct iommu_group *group,
				     struct ioas_attach_handle *handle,
				     struct iommu_domain *domain)
{
	return iommu_replace_group_handle(group, domain, &handle->iommu);
}

/* A PASID that no other process on the machine has, for @dev; 0 if there is none left. */
static inline u32 ioas_global_pasid_alloc(struct device *dev)
{
	ioasid_t pasid = iommu_alloc_global_pasid(dev);

	return pasid == IOMMU_PASID_INVALID ? 0 : pasid;
}

static inline void ioas_global_pasid_free(u32 pasid)
{
	iommu_free_global_pasid(pasid);
}

#if !IOAS_HAVE_IOMMU_DRIVER_DOMAIN
/* Under the lock of the group, where iommu_group_for_each_dev() calls its callback. */
static inline struct iommu_domain *
iommu_driver_get_domain_for_dev(struct device *dev)
{
	return iommu_get_domain_for_dev(dev);
}
#endif

static inline int ioas_compat_is_hosts(struct device *dev, void *data)
{
	struct iommu_domain *domain = iommu_driver_get_domain_for_dev(dev);

	return domain && domain->type != IOMMU_DOMAIN_BLOCKED &&
	       domain->type != IOMMU_DOMAIN_UNMANAGED;
}

/*
 * Does DMA of a group without PASID go where the host's own drivers want it to? A user's
 * domain is freed when he has detached it, and he does that when he likes; but not while
 * the group is locked, as it is here.
 */
static inline bool ioas_rid_is_hosts(struct iommu_group *group)
{
	return iommu_group_for_each_dev(group, NULL, ioas_compat_is_hosts);
}
#else
struct ioas_attach_handle {
};

static inline u32 ioas_max_pasids(struct device *dev)
{
	return 0;
}

static inline int ioas_pasid_attach(struct device *dev, u32 pasid,
				    struct iommu_domain *domain)
{
	return -EOPNOTSUPP;
}

static inline void ioas_pasid_detach(struct device *dev, u32 pasid,
				     struct iommu_domain *domain)
{
}

static inline int ioas_group_replace(struct iommu_group *group,
				     struct ioas_attach_handle *handle,
				     struct iommu_domain *domain)
{
	return -EOPNOTSUPP;
}

static inline u32 ioas_global_pasid_alloc(struct device *dev)
{
	return 0;
}

static inline void ioas_global_pasid_free(u32 pasid)
{
}

static inline bool ioas_rid_is_hosts(struct iommu_group *group)
{
	return false;
}
#endif

#if IOAS_HAVE_IOMMU_REPLACE_PASID
int iommu_replace_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid,
			       struct iommu_attach_handle *handle);

static inline int ioas_pasid_replace(struct device *dev, u32 pasid,
				     struct ioas_attach_handle *handle,
				     struct iommu_domain *domain)
{
	return iommu_replace_device_pasid(domain, dev, pasid, &handle->iommu);
}

/* Some IOMMUs have another format of page table for PASIDs. */
static inline struct iommu_domain *ioas_pasid_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain;

	domain = iommu_paging_domain_alloc_flags(dev, IOMMU_HWPT_ALLOC_PASID);
	if (PTR_ERR(domain) == -EOPNOTSUPP)
		return iommu_paging_domain_alloc(dev);
	return domain;
}
#else
static inline int ioas_pasid_replace(struct device *dev, u32 pasid,
				     struct ioas_attach_handle *handle,
				     struct iommu_domain *domain)
{
	return -EOPNOTSUPP;
}

static inline struct iommu_domain *ioas_pasid_domain_alloc(struct device *dev)
{
	return iommu_paging_domain_alloc(dev);
}
#endif

#endif
