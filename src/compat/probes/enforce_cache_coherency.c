// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.19: a domain can be told to enforce cache coherency. Before,
 * IOMMU_CAP_CACHE_COHERENCY of a bus said that IOMMU_CACHE mappings did so.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_MEMBER(struct iommu_domain, ops, const struct iommu_domain_ops *);
PROBE_MEMBER(struct iommu_domain_ops, enforce_cache_coherency,
	     bool (*)(struct iommu_domain *));
#elif defined(PROBE_OLD)
PROBE_FUNCTION(iommu_capable, bool, struct bus_type *, enum iommu_cap);
static_assert(IOMMU_CAP_CACHE_COHERENCY >= 0, "a capability");
#endif
