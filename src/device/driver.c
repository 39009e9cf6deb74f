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
ioas_driver_create(struct ioas_ctx *ctx, const struct ioasidfd_binding *binding)
{
	struct ioasidfd_device *driver = kzalloc(sizeof(*driver),
						 GFP_KERNEL_ACCOUNT);

	if (!driver)
		return NULL;
	ioas_access_init(&driver->access, &ioas_driver_ops);
	ioas_ctx_get(ctx);
	driver->ctx = ctx;
	driver->ops = binding->ops;
	driver->data = binding->data;
	return driver;
}

static int ioas_driver_bind(struct ioasidfd_device *driver,
			    const struct ioasidfd_binding *binding)
{
	struct ioas_group *group = ioas_group_create(NULL, NULL,
						     &driver->access);
	struct ioas_device *device;

	if (IS_ERR(group))
		return PTR_ERR(group);
	device = ioas_device_bind_driver(driver->ctx, group, binding->dev,
					 binding->cookie);
	ioas_group_put(group);
	if (IS_ERR(device))
		return PTR_ERR(device);
	driver->device = device;
	return 0;
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
 * So far only IOASID_INTENT_SOFTWARE can be declared: of a device that does DMA the
 * whole group would have to be owned.
 *
 * Context: may sleep.
 * Return: the binding, to be given to ioasidfd_unbind(), or an ERR_PTR: -EINVAL (not an
 * ioasid file, or no unmap callback), -EOPNOTSUPP (the intent), -ENOMEM.
 */
struct ioasidfd_device *ioasidfd_bind(struct file *file,
				      const struct ioasidfd_binding *binding)
{
	struct ioas_ctx *ctx = ioas_ctx_of_file(file);
	struct ioasidfd_device *driver;
	int ret;

	if (!ctx || !binding->dev || !binding->ops || !binding->ops->unmap)
		return ERR_PTR(-EINVAL);
	if (binding->intent != IOASID_INTENT_SOFTWARE)
		return ERR_PTR(-EOPNOTSUPP);
	driver = ioas_driver_create(ctx, binding);
	if (!driver)
		return ERR_PTR(-ENOMEM);
	ret = ioas_driver_bind(driver, binding);
	if (!ret)
		return driver;
	ioas_access_put(&driver->access);
	return ERR_PTR(ret);
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
			      struct ioas_device *device, u32 ioasid)
{
	struct ioas_space *space;
	int ret;

	/* A bound device's context has not ended, and waits for this lock to do so. */
	mutex_lock(&device->group->lock);
	ret = device->state == IOAS_DEVICE_BOUND ? 0 : -ENODEV;
	if (ret)
		goto unlock;
	space = ioas_space_get(call, device->obj.ctx, ioasid);
	ret = PTR_ERR_OR_ZERO(space);
	if (ret)
		goto unlock;
	ret = ioas_rid_attach(call, space, device);
	ioas_space_put(space);
unlock:
	mutex_unlock(&device->group->lock);
	return ret;
}

/**
 * ioasidfd_attach() - Let a device into a space
 * @device: the binding
 * @ioasid: the space, an id of the context's
 *
 * Context: may sleep; not from a callback.
 * Return: 0, -ENODEV (the context ended), -ENOENT (no such space), -EEXIST (attached
 * already), -ENOMEM.
 */
int ioasidfd_attach(struct ioasidfd_device *device, u32 ioasid)
{
	struct ioas_call *call;
	int ret;

	/* A command that no user sent: the reason of a failure stays in it. */
	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		return -ENOMEM;
	ret = ioas_driver_attach(call, device->device, ioasid);
	kfree(call);
	return ret;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_attach);

/**
 * ioasidfd_detach() - Take a device out of its space
 * @device: the binding
 *
 * The driver is told of the pages it has pinned before this returns.
 *
 * Context: may sleep; not from a callback.
 * Return: 0, -ENODEV (the context ended), -EINVAL (not attached).
 */
int ioasidfd_detach(struct ioasidfd_device *device)
{
	struct ioas_device *object = device->device;
	int ret = 0;

	mutex_lock(&object->group->lock);
	if (object->state != IOAS_DEVICE_BOUND)
		ret = -ENODEV;
	else if (!object->attached)
		ret = -EINVAL;
	else
		ioas_rid_leave(object);
	mutex_unlock(&object->group->lock);
	return ret;
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_detach);

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
