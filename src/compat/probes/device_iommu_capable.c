// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.19: device_iommu_capable() asks about the IOMMU of one device. Before,
 * iommu_capable() asked about a bus.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(device_iommu_capable, bool, struct device *, enum iommu_cap);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(iommu_capable, bool, struct bus_type *, enum iommu_cap);
#endif
