// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.1: iommu_alloc_resv_region() takes the allocation flags.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_alloc_resv_region, struct iommu_resv_region *, phys_addr_t,
	       size_t, int, enum iommu_resv_type, gfp_t);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(iommu_alloc_resv_region, struct iommu_resv_region *, phys_addr_t,
	       size_t, int, enum iommu_resv_type);
#endif
