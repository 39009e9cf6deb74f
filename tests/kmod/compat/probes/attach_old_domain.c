// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.19: a driver that attaches a device is told the domain it comes from.
 */
#include <linux/iommu.h>
#include "probe.h"

#define ATTACH_DEV							\
	typeof(((struct iommu_domain *)NULL)->ops->attach_dev)
#define IS_ATTACH_DEV(...)						\
	__builtin_types_compatible_p(ATTACH_DEV, int (*)(__VA_ARGS__))

#if defined(PROBE_NEW)
static_assert(IS_ATTACH_DEV(struct iommu_domain *, struct device *,
			    struct iommu_domain *));
#elif defined(PROBE_OLD)
static_assert(IS_ATTACH_DEV(struct iommu_domain *, struct device *));
#endif
