// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.18: map_pages() is an operation of a domain. Before, the operations of
 * domains were among those of the IOMMU's driver.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
static_assert(sizeof(((struct iommu_domain_ops *)NULL)->map_pages));
static_assert(sizeof(((struct iommu_domain_ops *)NULL)->iotlb_sync_map));
#elif defined(PROBE_OLD)
PROBE_MEMBER(struct iommu_domain, ops, const struct iommu_ops *);
#endif
