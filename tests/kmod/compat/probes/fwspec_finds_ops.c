// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.11: iommu_fwspec_init() finds the driver of the IOMMU by the firmware node,
 * so there can be several drivers. Up to 6.7 each bus had one.
 */
#include <linux/device/bus.h>
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_fwspec_init, int, struct device *, struct fwnode_handle *);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(iommu_fwspec_init, int, struct device *, struct fwnode_handle *,
	       const struct iommu_ops *);
PROBE_MEMBER(struct bus_type, iommu_ops, const struct iommu_ops *);
#endif
