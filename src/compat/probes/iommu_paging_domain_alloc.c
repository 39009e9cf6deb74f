// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.11: iommu_paging_domain_alloc() allocates a domain for a device.
 * Before, iommu_domain_alloc() allocated one for a bus, whose type became const
 * in 6.4.
 */
#include <linux/iommu.h>
#include "probe.h"

#define PROBE_ALLOC_FOR(bus_type)					\
	__builtin_types_compatible_p(typeof(iommu_domain_alloc),	\
				     struct iommu_domain *(bus_type *))

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_paging_domain_alloc, struct iommu_domain *,
	       struct device *);
#elif defined(PROBE_OLD)
static_assert(PROBE_ALLOC_FOR(struct bus_type) ||
	      PROBE_ALLOC_FOR(const struct bus_type),
	      "another prototype of iommu_domain_alloc");
#endif
