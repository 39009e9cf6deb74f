// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_IOASID_BIND and VFIO_IOASID_UNBIND: the container's commands.
 *
 * Called by vfio/backend.c, which keeps the container and the module for the call.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "chardev.h"
#include "command.h"
#include "device/device.h"
#include "vfio/vfio.h"

/* The longest name of a device in sysfs is that of a directory entry. */
#define IOAS_DEVICE_NAME_MAX	256

static char *ioas_get_name(struct ioas_call *call, u64 user)
{
	char *name = strndup_user(u64_to_user_ptr(user), IOAS_DEVICE_NAME_MAX);
	bool empty = !IS_ERR(name) && !*name;

	if (!empty && PTR_ERR(name) != -EINVAL)
		return name;
	if (empty)
		kfree(name);
	return ERR_PTR(ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "the name of the device is empty or too long"));
}

/**
 * ioas_fail_closed() - Fail a command because its container is no longer ours
 * @call: the command
 *
 * Return: -ENODEV.
 */
int ioas_fail_closed(struct ioas_call *call)
{
	return ioas_fail(call, -ENODEV, IOASID_REASON_CONTAINER,
			 "the container's last group has left it");
}

static int ioas_bind_name(struct ioas_call *call, struct ioas_ctx *ctx,
			  const char *name)
{
	struct ioas_group *group;
	struct device *dev;
	int ret;

	dev = ioas_container_find_device(call->container, name, &group);
	if (IS_ERR(dev))
		return PTR_ERR(dev) == -ENODEV ?
			ioas_fail_closed(call) :
			ioas_fail(call, -ENOENT, IOASID_REASON_NO_DEVICE,
				  "no group of this container has a device %s",
				  name);
	ret = ioas_device_bind(call, ctx, group, dev, call->data.bind.cookie);
	ioas_group_put(group);
	put_device(dev);
	return ret;
}

/**
 * ioas_cmd_bind() - VFIO_IOASID_BIND
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_bind(struct ioas_call *call)
{
	struct vfio_ioasid_bind *args = &call->data.bind;
	struct ioas_ctx *ctx;
	struct file *file;
	char *name;
	int ret;

	ctx = ioas_ctx_get_fd(call, args->ioasid_fd, &file);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	name = ioas_get_name(call, args->device);
	ret = PTR_ERR_OR_ZERO(name);
	if (!ret) {
		ret = ioas_bind_name(call, ctx, name);
		kfree(name);
	}
	fput(file);
	return ret;
}

/*
 * A device may only be unbound through the container that holds its group. One that
 * is gone is in none.
 */
static int ioas_check_container(struct ioas_call *call,
				struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	int ret;

	mutex_lock(&group->lock);
	ret = ioas_device_check(call, device);
	if (!ret && group->container != call->container)
		ret = ioas_fail(call, -ENOENT, IOASID_REASON_NO_DEVICE,
				"%s is in no group of this container",
				device->name);
	mutex_unlock(&group->lock);
	return ret;
}

/**
 * ioas_cmd_unbind() - VFIO_IOASID_UNBIND
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_unbind(struct ioas_call *call)
{
	struct vfio_ioasid_unbind *args = &call->data.unbind;
	struct ioas_device *device;
	struct ioas_ctx *ctx;
	struct file *file;
	int ret;

	ctx = ioas_ctx_get_fd(call, args->ioasid_fd, &file);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	device = ioas_device_get(call, ctx, args->dev_id);
	ret = PTR_ERR_OR_ZERO(device);
	if (ret)
		goto put_file;
	ret = ioas_check_container(call, device);
	if (!ret && !ioas_device_unbind(device))
		ret = ioas_fail_object(call, args->dev_id, "device");
	ioas_device_put(device);
put_file:
	fput(file);
	return ret;
}
