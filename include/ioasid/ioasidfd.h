/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/ioasid for drivers in the kernel. The driver knows what DMA its device will issue,
 * and declares it: in ioasidfd_bind() if it is not VFIO's and binds the device to the
 * context of a process that gave it the file, in ioasidfd_declare() if its user binds
 * the device through VFIO.
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
struct ioasidfd_declaration;
struct ioasidfd_device;
struct page;

/**
 * struct ioasidfd_ops - What a driver is told
 * @unmap: pages that the driver has pinned in [@iova, @iova + @length) will be
 *	unmapped, or the device was detached. They are to be given back by
 *	ioasidfd_unpin() before this returns, and the driver may not pin them again.
 *	What it keeps stays pinned, and charged to the process, until it gives it back.
 *	Needed by ioasidfd_bind() with IOASID_INTENT_SOFTWARE, else never called.
 * @gone: the context ended, and the binding with it. Everything but
 *	ioasidfd_unpin() and ioasidfd_unbind() fails from now on; ioasidfd_unbind() is
 *	still to be called, though not from here. May be NULL. Not called for what
 *	ioasidfd_declare() declared: VFIO tells its drivers.
 * @pasid_attach: what the user knows as @pasid, or as DMA without PASID if that is 0, is
 *	attached; the DMA is to carry @hw_pasid. Returns 0, or a negative errno if the
 *	driver has no room for the pair; then it is detached again, and the user's
 *	command fails.
 * @pasid_detach: the pair will be detached. When this returns, the device issues no DMA
 *	with @hw_pasid any more, and none is under way: the number may be given to another
 *	device. It cannot fail. Called for each pair that @pasid_attach has taken.
 *
 * What a driver takes is taken from the PASIDs of its parent, or of the machine, which
 * others need as well. How many a user may have is the driver's to say, by @pasid_attach.
 *
 * The last two are needed by a device that has a parent, or PASIDs that its driver
 * translates, else never called. Of a device whose PASIDs CPUs translate (ENQCMD), or
 * nobody, they tell what may be submitted to it.
 *
 * All may sleep, and are called in any process, one at a time for each device, and not
 * once ioasidfd_unbind() or ioasidfd_withdraw() has returned; @pasid_detach is called from
 * within those for what is attached then.
 */
struct ioasidfd_ops {
	void (*unmap)(void *data, u64 iova, u64 length);
	void (*gone)(void *data);
	int (*pasid_attach)(void *data, u32 pasid, u32 hw_pasid);
	void (*pasid_detach)(void *data, u32 pasid, u32 hw_pasid);
};

/**
 * struct ioasidfd_intent - What DMA a device will issue
 * @dev: the device
 * @intent: enum ioasid_intent, one of the combinations below
 * @pasids: enum ioasid_pasid_kind: what becomes of the PASIDs that its user attaches
 * @parent: the device whose requester id the DMA carries, if it is not @dev's own; it
 *	stays, with its driver, until the binding or the declaration is ended
 * @ops: what the driver is told
 * @data: what @ops are called with
 *
 *	@intent			@parent	@pasids
 *	SOFTWARE		NULL	NONE
 *	RID			NULL	NONE
 *	RID | PASID		NULL	IDENTITY or DRIVER
 *	PASID			needed	NONE, IDENTITY or DRIVER
 *	PASID | ENQCMD		needed	CPU
 *
 * Anything else is -EINVAL.
 */
struct ioasidfd_intent {
	struct device *dev;
	u32 intent;
	u32 pasids;
	struct device *parent;
	const struct ioasidfd_ops *ops;
	void *data;
};

/**
 * struct ioasidfd_binding - How a device is bound
 * @what: the device and its DMA; several bindings of a device whose DMA is not by its own
 *	requester id are different devices to the user
 * @cookie: reported to the process with everything that concerns the device
 * @extack: out: the reason of a failure, for the driver's user; or NULL
 */
struct ioasidfd_binding {
	struct ioasidfd_intent what;
	u64 cookie;
	struct ioasid_extack *extack;
};

struct ioasidfd_device *ioasidfd_bind(struct file *file,
				      const struct ioasidfd_binding *binding);
void ioasidfd_unbind(struct ioasidfd_device *device);
u32 ioasidfd_device_id(struct ioasidfd_device *device);
int ioasidfd_attach(struct ioasidfd_device *device, u32 ioasid, u32 pasid,
		    struct ioasid_extack *extack);
int ioasidfd_detach(struct ioasidfd_device *device, u32 pasid);
int ioasidfd_hw_pasid(struct ioasidfd_device *device, u32 pasid, u32 *hw_pasid);

struct ioasidfd_declaration *
ioasidfd_declare(const struct ioasidfd_intent *what);
void ioasidfd_withdraw(struct ioasidfd_declaration *declaration);

int ioasidfd_pin(struct ioasidfd_device *device, u64 iova, unsigned long count,
		 u32 prot, struct page **pages);
void ioasidfd_unpin(struct ioasidfd_device *device, u64 iova,
		    unsigned long count);
int ioasidfd_read(struct ioasidfd_device *device, u64 iova, void *data,
		  size_t length);
int ioasidfd_write(struct ioasidfd_device *device, u64 iova, const void *data,
		   size_t length);

#endif
