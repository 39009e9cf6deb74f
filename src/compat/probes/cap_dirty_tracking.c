// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.7: an IOMMU can be asked whether it records which pages devices write.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
static_assert(IOMMU_CAP_DIRTY_TRACKING > 0, "a capability");
#elif defined(PROBE_OLD)
PROBE_ABSENT(IOMMU_CAP_DIRTY_TRACKING);
static_assert(IOMMU_CAP_NOEXEC > 0, "a capability");
#endif
