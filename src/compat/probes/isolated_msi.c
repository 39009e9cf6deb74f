// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.3: iommu_group_has_isolated_msi() asks about one group. Before,
 * irq_domain_check_msi_remap() asked about the whole machine, next to
 * IOMMU_CAP_INTR_REMAP.
 */
#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_group_has_isolated_msi, bool, struct iommu_group *);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(irq_domain_check_msi_remap, bool, void);
static_assert(IOMMU_CAP_INTR_REMAP > 0, "a capability");
#endif
