// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 7.0: who holds the lock of a group asks for its domain with
 * iommu_driver_get_domain_for_dev(), and iommu_get_domain_for_dev() is for drivers that
 * do not. Before, there was only the latter, and it was for both.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_driver_get_domain_for_dev, struct iommu_domain *,
	       struct device *);
#elif defined(PROBE_OLD)
PROBE_ABSENT(iommu_driver_get_domain_for_dev);
PROBE_FUNCTION(iommu_get_domain_for_dev, struct iommu_domain *,
	       struct device *);
#endif
