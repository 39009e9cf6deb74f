// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_paging_domain_alloc() allocates a domain for a device since 6.11;
 * before, iommu_domain_alloc() allocated one for a bus, whose type became const
 * in 6.4.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_paging_domain_alloc, struct iommu_domain *,
	       struct device *);
#elif defined(PROBE_OLD)
typedef struct iommu_domain *alloc_for_bus(struct bus_type *bus);
typedef struct iommu_domain *alloc_for_const_bus(const struct bus_type *bus);

_Static_assert(__builtin_types_compatible_p(typeof(iommu_domain_alloc),
					    alloc_for_bus) ||
	       __builtin_types_compatible_p(typeof(iommu_domain_alloc),
					    alloc_for_const_bus),
	       "another prototype of iommu_domain_alloc");
#endif
