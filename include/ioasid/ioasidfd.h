/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/ioasid for drivers in the kernel: a driver that is not VFIO's binds a device to
 * the context of a process that gave it the file, and reaches the memory of a space.
 *
 * The symbols are in the namespace IOASIDFD: MODULE_IMPORT_NS("IOASIDFD"), or without
 * the quotes before Linux 6.13.
 *
 * All functions may sleep, and are called in process context. None is called from a
 * callback except ioasidfd_pin(), ioasidfd_unpin(), ioasidfd_read() and
 * ioasidfd_write(), nor, again except for those, under a lock that a callback takes.
 */
#ifndef IOASID_IOASIDFD_H
#define IOASID_IOASIDFD_H

#include <linux/types.h>

#include "uapi/linux/ioasid.h"

struct device;
struct file;
struct ioasidfd_device;
struct page;

/**
 * struct ioasidfd_ops - What a driver is told
 * @unmap: pages that the driver has pinned in [@iova, @iova + @length) will be
 *	unmapped, or the device was detached. They are to be given back by
 *	ioasidfd_unpin() before this returns, and the driver may not pin them again.
 *	What it keeps stays pinned, and charged to the process, until it gives it back.
 * @gone: the context ended, and the binding with it. Everything but
 *	ioasidfd_unpin() and ioasidfd_unbind() fails from now on; ioasidfd_unbind() is
 *	still to be called, though not from here. May be NULL.
 *
 * Both may sleep, and are called in any process, one at a time for each device, and
 * not once ioasidfd_unbind() has returned.
 */
struct ioasidfd_ops {
	void (*unmap)(void *data, u64 iova, u64 length);
	void (*gone)(void *data);
};

/**
 * struct ioasidfd_binding - How a device is bound
 * @dev: the device; several bindings of one to different contexts are different
 *	software devices
 * @intent: what DMA it will issue, enum ioasid_intent
 * @cookie: reported to the process with everything that concerns the device
 * @ops: what the driver is told
 * @data: what @ops are called with
 */
struct ioasidfd_binding {
	struct device *dev;
	u32 intent;
	u64 cookie;
	const struct ioasidfd_ops *ops;
	void *data;
};

struct ioasidfd_device *ioasidfd_bind(struct file *file,
				      const struct ioasidfd_binding *binding);
void ioasidfd_unbind(struct ioasidfd_device *device);
u32 ioasidfd_device_id(struct ioasidfd_device *device);
int ioasidfd_attach(struct ioasidfd_device *device, u32 ioasid);
int ioasidfd_detach(struct ioasidfd_device *device);

int ioasidfd_pin(struct ioasidfd_device *device, u64 iova, unsigned long count,
		 u32 prot, struct page **pages);
void ioasidfd_unpin(struct ioasidfd_device *device, u64 iova,
		    unsigned long count);
int ioasidfd_read(struct ioasidfd_device *device, u64 iova, void *data,
		  size_t length);
int ioasidfd_write(struct ioasidfd_device *device, u64 iova, const void *data,
		   size_t length);

#endif
