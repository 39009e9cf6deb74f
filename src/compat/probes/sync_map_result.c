// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.7: the domain operation iotlb_sync_map() can fail. 5.12 had given it the
 * range.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_MEMBER(struct iommu_domain_ops, iotlb_sync_map,
	     int (*)(struct iommu_domain *, unsigned long, size_t));
#elif defined(PROBE_OLD)
#define IS_SYNC_MAP(...)						\
	__builtin_types_compatible_p(					\
		typeof(((struct iommu_domain *)NULL)->ops->iotlb_sync_map), \
		void (*)(__VA_ARGS__))

static_assert(IS_SYNC_MAP(struct iommu_domain *, unsigned long, size_t) ||
	      IS_SYNC_MAP(struct iommu_domain *));
#endif
