/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The attachment of a group whose DMA user space owns.
 *
 * Since 5.19 VFIO claims a group's DMA before it comes to us, and from then on the
 * kernel keeps the group in a blocking domain whenever it is in no other. Older
 * kernels put it into the host's default domain, which may translate nothing or
 * everything; there we keep an empty domain of our own.
 */
#ifndef IOAS_COMPAT_GROUP_H
#define IOAS_COMPAT_GROUP_H

#include <linux/iommu.h>

#include "ioas_compat_config.h"
#include "compat/pasid.h"

#if IOAS_HAVE_IOMMU_DMA_OWNER
struct ioas_blocked {
};

static inline int ioas_group_block(struct iommu_group *group,
				   struct ioas_blocked *blocked)
{
	return 0;
}

static inline void ioas_group_unblock(struct iommu_group *group,
				      struct ioas_blocked *blocked)
{
}

/* VFIO has seen to it, and no such driver is bound while the group is owned. */
static inline bool ioas_is_driven_by_host(struct device *dev)
{
	return false;
}

static inline int ioas_group_attach(struct iommu_group *group,
				    struct ioas_blocked *blocked,
				    struct iommu_domain *domain)
{
	return iommu_attach_group(domain, group);
}

static inline void ioas_group_detach(struct iommu_group *group,
				     struct ioas_blocked *blocked,
				     struct iommu_domain *domain)
{
#if IOAS_HAVE_IOMMU_ATTACH_HANDLE
	/* A handle is there if the domain has replaced another. */
	iommu_detach_group_handle(domain, group);
#else
	iommu_detach_group(domain, group);
#endif
}
#else
struct pci_dev;

struct ioas_function {
	struct pci_dev *pdev;	/* holds a reference */
	bool was_master;
};

/**
 * struct ioas_blocked - How a group is blocked
 * @domain: a domain in which nothing is mapped
 * @functions: the PCI functions of the group
 * @num_functions: how many
 */
struct ioas_blocked {
	struct iommu_domain *domain;
	struct ioas_function *functions;
	unsigned int num_functions;
};

int ioas_group_block(struct iommu_group *group, struct ioas_blocked *blocked);
void ioas_group_unblock(struct iommu_group *group,
			struct ioas_blocked *blocked);
bool ioas_is_driven_by_host(struct device *dev);
int ioas_group_attach(struct iommu_group *group, struct ioas_blocked *blocked,
		      struct iommu_domain *domain);
void ioas_group_detach(struct iommu_group *group, struct ioas_blocked *blocked,
		       struct iommu_domain *domain);
#endif

#endif
