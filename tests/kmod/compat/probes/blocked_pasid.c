// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.14: a PASID is detached by attaching it to the blocked domain. Before, there
 * was remove_dev_pasid(), or, before 6.2, no PASID attachment.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
static_assert(sizeof(((struct iommu_ops *)NULL)->domain_alloc_nested));
#elif defined(PROBE_OLD)
static_assert(sizeof(((struct iommu_ops *)NULL)->domain_alloc));
static_assert(sizeof(((struct iommu_ops *)NULL)->dev_enable_feat));
#endif
