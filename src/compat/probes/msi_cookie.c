// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.1: <linux/iommu.h> declares iommu_get_msi_cookie(). Before it was in
 * <linux/dma-iommu.h>, which is no longer there for everybody.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_get_msi_cookie, int, struct iommu_domain *, dma_addr_t);
#elif defined(PROBE_OLD)
#include <linux/dma-iommu.h>
PROBE_FUNCTION(iommu_get_msi_cookie, int, struct iommu_domain *, dma_addr_t);
#endif
