// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.3: iommu_map() takes the allocation flags for its page tables. Before,
 * it always allocated with GFP_KERNEL.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_map, int, struct iommu_domain *, unsigned long,
	       phys_addr_t, size_t, int, gfp_t);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(iommu_map, int, struct iommu_domain *, unsigned long,
	       phys_addr_t, size_t, int);
#endif
