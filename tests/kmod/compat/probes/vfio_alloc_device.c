// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.1: VFIO allocates a driver's object, in which its own is embedded. Up to 5.12 a
 * driver gave VFIO a pointer.
 */
#include <linux/vfio.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(_vfio_alloc_device, struct vfio_device *, size_t,
	       struct device *, const struct vfio_device_ops *);
#elif defined(PROBE_OLD)
PROBE_FUNCTION(vfio_add_group_dev, int, struct device *,
	       const struct vfio_device_ops *, void *);
#endif
