// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.11: an attachment can have a handle, and a domain is attached to a PASID with
 * one. Before, handles were not known, and for a while PASIDs attached without them. The
 * same release gave iommu_replace_group_handle() to iommufd. PASIDs that no other process
 * on the machine has are given out since 6.6.
 */
#include <linux/iommu.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(iommu_attach_device_pasid, int, struct iommu_domain *,
	       struct device *, ioasid_t, struct iommu_attach_handle *);
PROBE_FUNCTION(iommu_detach_device_pasid, void, struct iommu_domain *,
	       struct device *, ioasid_t);
PROBE_FUNCTION(iommu_alloc_global_pasid, ioasid_t, struct device *);
PROBE_FUNCTION(iommu_free_global_pasid, void, ioasid_t);
PROBE_MEMBER(struct dev_iommu, max_pasids, u32);
#elif defined(PROBE_OLD)
struct iommu_attach_handle {
	char not_declared;
};

PROBE_FUNCTION(iommu_attach_group, int, struct iommu_domain *,
	       struct iommu_group *);
#endif
