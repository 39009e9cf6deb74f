// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.2: VFIO frees what it allocated. Before, a driver's release() had to call
 * vfio_free_device(), or there was nothing that VFIO allocated.
 */
#include <linux/vfio.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_ABSENT(vfio_free_device);
PROBE_FUNCTION(_vfio_alloc_device, struct vfio_device *, size_t,
	       struct device *, const struct vfio_device_ops *);
#elif defined(PROBE_OLD)
static_assert(sizeof(((struct vfio_device_ops *)NULL)->release));
#endif
