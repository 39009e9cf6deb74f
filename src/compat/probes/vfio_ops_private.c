// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.16: struct vfio_iommu_driver_ops and vfio_register_iommu_driver() are
 * in a header private to VFIO, before in <linux/vfio.h>. The function is still
 * exported; src/compat declares both where they are private.
 */
#include <linux/vfio.h>
#include "probe.h"

#if defined(PROBE_NEW)
struct vfio_iommu_driver_ops {
	char not_declared;
};

PROBE_ABSENT(vfio_register_iommu_driver);
PROBE_FUNCTION(vfio_register_group_dev, int, struct vfio_device *);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(vfio_register_iommu_driver, int,
	       const struct vfio_iommu_driver_ops *);
PROBE_FUNCTION(vfio_unregister_iommu_driver, void,
	       const struct vfio_iommu_driver_ops *);
#endif
