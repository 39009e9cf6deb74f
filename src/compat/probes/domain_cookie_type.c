// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.15: struct iommu_domain says what its one cookie is, and a fault handler
 * is one. Before, a domain could have a fault handler and an MSI cookie.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_MEMBER(struct iommu_domain, cookie_type, enum iommu_domain_cookie_type);
static_assert(IOMMU_COOKIE_NONE == 0, "a cookie");
#elif defined(PROBE_OLD)
PROBE_ABSENT(IOMMU_COOKIE_NONE);
PROBE_MEMBER(struct iommu_domain, handler, iommu_fault_handler_t);
#endif
