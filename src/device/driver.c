// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of drivers in the kernel that are not VFIO's: what include/ioasid offers.
 *
 * A binding has a group of its own, which no VFIO container ever had, and an access of
 * its own. The driver has a reference to the access, and through it to the device and
 * the context's table of ids; whether the context has ended is seen by the state of
 * the device, under the group's lock.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "chardev.h"
#include "command.h"
#include "compat/export.h"
#include "context/context.h"
#include "device/attachment.h"
#include "device/declared.h"
#include "device/device.h"
#include "ioasid/ioasidfd.h"
#include "space/access.h"
#include "space/space.h"

/**
 * struct ioasidfd_device - A binding
 * @access: how the driver reaches the space
 * @ctx: the context, a reference; nothing but its table of ids once it has ended
 * @device: the object of the context, a reference
 * @ops: what the driver is told; NULL once it unbinds; by access.tell_lock
 * @data: what @ops are called with
 */
struct ioasidfd_device {
	struct ioas_access access;
	struct ioas_ctx *ctx;
	struct ioas_device *device;
	const struct ioasidfd_ops *ops;
	void *data;
};

static struct ioasidfd_device *ioas_driver_of(struct ioas_access *access)
{
	return container_of(access, struct ioasidfd_device, access);
}

static void ioas_driver_unmap(struct ioas_access *access, unsigned long iova,
			      unsigned long length)
{
	struct ioasidfd_device *driver = ioas_driver_of(access);

	if (driver->ops)
		driver->ops->unmap(driver->data, iova, length);
}

static void ioas_driver_gone(struct ioas_access *access)
{
	struct ioasidfd_device *driver = ioas_driver_of(access);

	if (driver->ops && driver->ops->gone)
		driver->ops->gone(driver->data);
}

static void ioas_driver_release(struct ioas_access *access)
{
	struct ioasidfd_device *driver = ioas_driver_of(access);

	ioas_ctx_put(driver->ctx);
	kfree(driver);
}

static const struct ioas_access_ops ioas_driver_ops = {
	.unmap = ioas_driver_unmap,
	.gone = ioas_driver_gone,
	.release = ioas_driver_release,
};

static struct ioasidfd_device *
ioas_driver_create(struct ioas_ctx *ctx, const struct ioasidfd_intent *what)
{
	struct ioasidfd_device *driver = kzalloc(sizeof(*driver),
						 GFP_KERNEL_ACCOUNT);

	if (!driver)
		return NULL;
	ioas_access_init(&driver->access, &ioas_driver_ops);
	ioas_ctx_get(ctx);
	driver->ctx = ctx;
	driver->ops = what->ops;
	driver->data = what->data;
	return driver;
}

static int ioas_driver_join(struct ioas_call *call,
			    struct ioasidfd_device *driver,
			    struct ioas_declared *declared, u64 cookie)
{
	struct ioas_group *group = ioas_group_create(NULL, NULL,
						     &driver->access);
	struct ioas_device *device;

	if (IS_ERR(group))
		return PTR_ERR(group);
	device = ioas_device_bind_driver(call, driver->ctx, group, declared,
					 cookie);
	ioas_group_put(group);
	if (IS_ERR(device))
		return PTR_ERR(device);
	driver->device = device;
	return 0;
}

static int ioas_driver_check(struct ioas_call *call,
			     const struct ioasidfd_intent *what)
{
	if (what->intent == IOASID_INTENT_SOFTWARE && !what->ops->unmap)
		return -EINVAL;
	if (what->intent & IOASID_INTENT_RID)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_INTENT,
				 "all DMA of %s cannot be had from its driver, only through VFIO",
				 dev_name(what->dev));
	return 0;
}

static struct ioasidfd_device *
ioas_driver_bind(struct ioas_call *call, struct ioas_ctx *ctx,
		 const struct ioasidfd_binding *binding)
{
	struct ioas_declared *declared = ioas_declared_create(&binding->what);
	struct ioasidfd_device *driver;
	int ret;

	if (IS_ERR(declared))
		return ERR_CAST(declared);
	ret = ioas_driver_check(call, &binding->what);
	if (ret)
		goto put;
	driver = ioas_driver_create(ctx, &binding->what);
	ret = driver ? ioas_driver_join(call, driver, declared,
					binding->cookie) : -ENOMEM;
	if (ret && driver)
		ioas_access_put(&driver->access);
put:
	ioas_declared_put(declared);
	return ret ? ERR_PTR(ret) : driver;
}

/* What came of a command that no user sent. */
static void ioas_driver_explain(struct ioas_call *call, int ret,
				struct ioasid_extack *extack)
{
	if (!ret || !extack)
		return;
	call->extack.size = sizeof(*extack);
	*extack = call->extack;
}

/**
 * ioasidfd_bind() - Bind a device to a context
 * @file: an open /dev/ioasid; need not stay open
 * @binding: which device, and how
 *
 * The process sees the device like one it has bound itself, except that it cannot
 * unbind it, and may attach and detach it. The binding lasts until ioasidfd_unbind(), or
 * until the context ends, which the driver is told.
 *
 * Not for IOASID_INTENT_RID: the group of such a device has to be owned, as VFIO does.
 *
 * Context: may sleep; not from a callback.
 * Return: the binding, to be given to ioasidfd_unbind(), or an ERR_PTR: -EINVAL (not an
 * ioasid file, a combination that struct ioasidfd_intent does not have, or a callback
 * is missing), -EBUSY, -EOPNOTSUPP, -ENODEV, -ENOSPC and -ENOMEM as VFIO_IOASID_BIND.
 */
struct ioasidfd_device *ioasidfd_bind(struct file *file,
				      const struct ioasidfd_binding *binding)
{
	struct ioas_ctx *ctx = ioas_ctx_of_file(file);
	struct ioasidfd_device *driver;
	struct ioas_call *call;

	if (!ctx)
		return ERR_PTR(-EINVAL);
	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		return ERR_PTR(-ENOMEM);
	call->ctx = ctx;
	driver = ioas_driver_bind(call, ctx, binding);
	ioas_driver_explain(call, PTR_ERR_OR_ZERO(driver), binding->extack);
	kfree(call);
	return driver;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_bind);

/**
 * ioasidfd_unbind() - End a binding
 * @device: the binding; may not be used any more
 *
 * The device is detached, its id is free, and all pages it has pinned are given back.
 * On return no callback runs, and none will.
 *
 * Context: may sleep; not from a callback.
 */
void ioasidfd_unbind(struct ioasidfd_device *device)
{
	mutex_lock(&device->access.tell_lock);
	device->ops = NULL;
	mutex_unlock(&device->access.tell_lock);
	ioas_device_unbind(device->device);
	ioas_access_unpin_all(&device->access);
	ioas_device_put(device->device);
	ioas_access_put(&device->access);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_unbind);

/**
 * ioasidfd_device_id() - By what id the process knows a device
 * @device: the binding
 *
 * Context: any.
 * Return: the id, never 0.
 */
u32 ioasidfd_device_id(struct ioasidfd_device *device)
{
	return device->device->obj.id;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_device_id);

static int ioas_driver_attach(struct ioas_call *call,
			      struct ioas_device *device)
{
	struct ioasid_attach *args = &call->data.attach;
	struct ioas_space *space;
	int ret;

	/* A bound device's context has not ended, and waits for this lock to do so. */
	mutex_lock(&device->group->lock);
	ret = device->state == IOAS_DEVICE_BOUND ? 0 : -ENODEV;
	if (ret)
		goto unlock;
	call->ctx = device->obj.ctx;
	space = ioas_space_get(call, call->ctx, args->ioasid);
	ret = PTR_ERR_OR_ZERO(space);
	if (ret)
		goto unlock;
	ret = args->pasid ? ioas_pasid_attach_device(call, space, device) :
			    ioas_rid_attach(call, space, device);
	ioas_space_put(space);
unlock:
	mutex_unlock(&device->group->lock);
	return ret;
}

/**
 * ioasidfd_attach() - Let a device's DMA into a space
 * @device: the binding
 * @ioasid: the space, an id of the context's
 * @pasid: what its user calls the DMA; 0 for DMA without PASID
 * @extack: out: the reason of a failure; or NULL
 *
 * The driver is told of the pair before this returns, as when the process does it.
 *
 * Context: may sleep; not from a callback.
 * Return: 0, -ENODEV (the context ended), -ENOENT (no such space), or as IOASID_ATTACH.
 */
int ioasidfd_attach(struct ioasidfd_device *device, u32 ioasid, u32 pasid,
		    struct ioasid_extack *extack)
{
	struct ioas_call *call;
	int ret;

	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		return -ENOMEM;
	call->data.attach.ioasid = ioasid;
	call->data.attach.pasid = pasid;
	ret = ioas_driver_attach(call, device->device);
	ioas_driver_explain(call, ret, extack);
	kfree(call);
	return ret;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_attach);

static int ioas_driver_detach(struct ioas_call *call,
			      struct ioas_device *device)
{
	int ret;

	mutex_lock(&device->group->lock);
	if (device->state != IOAS_DEVICE_BOUND)
		ret = -ENODEV;
	else if (call->data.detach.pasid)
		ret = ioas_pasid_detach_device(call, device);
	else
		ret = ioas_rid_detach(call, device);
	mutex_unlock(&device->group->lock);
	return ret;
}

/**
 * ioasidfd_detach() - Take a device's DMA out of its space
 * @device: the binding
 * @pasid: what its user calls the DMA; 0 for DMA without PASID
 *
 * The driver is told of the pages it has pinned, and of the pair, before this returns.
 *
 * Context: may sleep; not from a callback.
 * Return: 0, -ENODEV (the context ended), -EINVAL (not attached), -ENOMEM.
 */
int ioasidfd_detach(struct ioasidfd_device *device, u32 pasid)
{
	struct ioas_call *call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!call)
		return -ENOMEM;
	call->data.detach.pasid = pasid;
	ret = ioas_driver_detach(call, device->device);
	kfree(call);
	return ret;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_detach);

/**
 * ioasidfd_hw_pasid() - What PASID the DMA of a device is to carry
 * @device: the binding
 * @pasid: what its user calls the DMA; 0 for DMA without PASID
 * @hw_pasid: out: the PASID
 *
 * It holds until the driver is told otherwise. A driver that keeps what it is told by
 * @pasid_attach need not ask.
 *
 * Context: may sleep; not from a callback.
 * Return: 0, -ENODEV (the context ended), -EINVAL (not attached), -EOPNOTSUPP (the device's
 * DMA is its driver's code), -ENOMEM.
 */
int ioasidfd_hw_pasid(struct ioasidfd_device *device, u32 pasid, u32 *hw_pasid)
{
	struct ioas_call *call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	struct ioas_device *object = device->device;
	int ret = -ENODEV;

	if (!call)
		return -ENOMEM;
	mutex_lock(&object->group->lock);
	if (object->state == IOAS_DEVICE_BOUND)
		ret = ioas_pair_find(call, object, pasid, hw_pasid);
	mutex_unlock(&object->group->lock);
	kfree(call);
	return ret;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_hw_pasid);

/**
 * ioasidfd_pin() - Pin pages at an IOVA
 * @device: the binding
 * @iova: page aligned
 * @count: pages, not 0
 * @prot: what will be done with them, enum ioasid_prot
 * @pages: out: array of @count pages
 *
 * They stay where they are until they are given back, as often as they were pinned.
 *
 * Context: may sleep; not under the mmap_lock.
 * Return: 0, -EINVAL (not aligned, or the range wraps), -ENODEV (not attached), -ENOENT
 * (a part is not mapped), -EACCES (a part may not be used so), -EFAULT (a part is memory
 * of a device), -EBUSY (the driver has not given back what was mapped there before),
 * -ENOMEM; then none is pinned.
 */
int ioasidfd_pin(struct ioasidfd_device *device, u64 iova, unsigned long count,
		 u32 prot, struct page **pages)
{
	if (offset_in_page(iova))
		return -EINVAL;
	return ioas_access_pin(&device->access, iova, count, prot, pages);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_pin);

/**
 * ioasidfd_unpin() - Give pages back
 * @device: the binding
 * @iova: page aligned
 * @count: pages; those that are not pinned are passed over
 *
 * Context: may sleep; not under the mmap_lock; may be called from callbacks.
 */
void ioasidfd_unpin(struct ioasidfd_device *device, u64 iova,
		    unsigned long count)
{
	ioas_access_unpin(&device->access, iova, count);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_unpin);

/**
 * ioasidfd_read() - Read memory at an IOVA
 * @device: the binding
 * @iova: first byte
 * @data: whereto
 * @length: bytes, not 0
 *
 * Context: may sleep.
 * Return: 0, -EINVAL (empty, or the range wraps), -ENODEV (not attached), -ENOENT (a part
 * is not mapped), -EACCES (a part may not be read), -EFAULT (a part is memory of a
 * device); then nothing is read.
 */
int ioasidfd_read(struct ioasidfd_device *device, u64 iova, void *data,
		  size_t length)
{
	return ioas_access_rw(&device->access, iova, data, length,
			      IOASID_PROT_READ);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_read);

/**
 * ioasidfd_write() - Write memory at an IOVA
 * @device: the binding
 * @iova: first byte
 * @data: what
 * @length: bytes, not 0
 *
 * Context: may sleep.
 * Return: as ioasidfd_read(), and nothing is written.
 */
int ioasidfd_write(struct ioasidfd_device *device, u64 iova, const void *data,
		   size_t length)
{
	return ioas_access_rw(&device->access, iova, (void *)data, length,
			      IOASID_PROT_WRITE);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_write);
