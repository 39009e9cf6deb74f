// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommu_get_msi_cookie() moved to <linux/iommu.h> from <linux/dma-iommu.h> in 6.1.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_OLD)
PROBE_ABSENT(iommu_get_msi_cookie);
#include <linux/dma-iommu.h>
#endif
