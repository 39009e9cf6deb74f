// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.13: a page table with special properties is allocated by
 * domain_alloc_paging_flags(). Before, domain_alloc_user() allocated these and nested
 * ones, or, before 6.6, there was neither.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
static_assert(sizeof(((struct iommu_ops *)NULL)->domain_alloc_paging_flags));
#elif defined(PROBE_OLD)
static_assert(sizeof(((struct iommu_ops *)NULL)->domain_alloc));
#endif
