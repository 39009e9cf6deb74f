// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.19: drivers of IOMMUs share an implementation of page tables, which is
 * found by iommupt_from_domain().
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
#include <linux/generic_pt/iommu.h>
PROBE_FUNCTION(iommupt_from_domain, struct pt_iommu *, struct iommu_domain *);
#elif defined(PROBE_OLD)
PROBE_ABSENT(iommupt_from_domain);
#endif
