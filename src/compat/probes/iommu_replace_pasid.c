// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.15: iommu_replace_device_pasid() gives a PASID another domain. It is in a header
 * private to the kernel's IOMMU code; the types of a domain's cookie arrived in the
 * same release, and IOMMU_HWPT_ALLOC_PASID in the one before.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
static_assert(IOMMU_COOKIE_NONE == 0, "a type of cookie");
static_assert(IOMMU_HWPT_ALLOC_PASID != 0, "a flag");
PROBE_FUNCTION(iommu_paging_domain_alloc_flags, struct iommu_domain *,
	       struct device *, unsigned int);
#elif defined(PROBE_OLD)
PROBE_ABSENT(IOMMU_COOKIE_NONE);
PROBE_FUNCTION(iommu_attach_group, int, struct iommu_domain *,
	       struct iommu_group *);
#endif
