// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.19: iommu_group_claim_dma_owner() takes the DMA of a whole group. That
 * release removed the group notifier, with which VFIO before it watched for
 * kernel drivers binding to a device of a user's group.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_group_claim_dma_owner, int, struct iommu_group *, void *);
PROBE_FUNCTION(iommu_group_release_dma_owner, void, struct iommu_group *);
#elif defined(PROBE_OLD)
PROBE_ABSENT(iommu_group_claim_dma_owner);
PROBE_FUNCTION(iommu_group_register_notifier, int, struct iommu_group *,
	       struct notifier_block *);
#endif
