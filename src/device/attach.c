// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_ATTACH and IOASID_DETACH: looks up what is named, and hands it to whoever knows
 * that kind of DMA: rid.c or pasid.c.
 */
#include "command.h"
#include "context/context.h"
#include "device/attachment.h"
#include "device/device.h"
#include "space/space.h"
#include "trace/trace.h"

/**
 * ioas_check_window() - May DMA be blocked while a device moves
 * @call: IOASID_ATTACH with IOASID_ATTACH_REPLACE
 * @device: the device
 * @window: out: it will be
 *
 * Context: group->lock.
 * Return: 0, or -EOPNOTSUPP if it would be and the caller does not accept it.
 */
int ioas_check_window(struct ioas_call *call, struct ioas_device *device,
		      bool *window)
{
	*window = !ioas_device_replaces(device, call->data.attach.pasid);
	if (!*window || call->data.attach.flags & IOASID_ATTACH_ALLOW_WINDOW)
		return 0;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_WINDOW,
			 "DMA of %s would be blocked for a while; IOASID_ATTACH_ALLOW_WINDOW accepts that",
			 device->name);
}

/**
 * ioas_device_detach() - Block all DMA of a device
 * @device: the device
 *
 * Context: may sleep; group->lock.
 */
void ioas_device_detach(struct ioas_device *device)
{
	lockdep_assert_held(&device->group->lock);
	ioas_pasids_leave(device);
	ioas_rid_leave(device);
}

static int ioas_attach_device(struct ioas_call *call, struct ioas_space *space,
			      struct ioas_device *device)
{
	int ret = ioas_device_check(call, device);

	if (ret)
		return ret;
	if (call->data.attach.flags & IOASID_ATTACH_PASID)
		return ioas_pasid_attach_device(call, space, device);
	return ioas_rid_attach(call, space, device);
}

static int ioas_check_attach_args(struct ioas_call *call)
{
	struct ioasid_attach *args = &call->data.attach;

	if (args->pasid && !(args->flags & IOASID_ATTACH_PASID))
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "pasid is %u without IOASID_ATTACH_PASID",
				 args->pasid);
	if ((args->flags & (IOASID_ATTACH_REPLACE |
			    IOASID_ATTACH_ALLOW_WINDOW)) ==
	    IOASID_ATTACH_ALLOW_WINDOW)
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "IOASID_ATTACH_ALLOW_WINDOW without IOASID_ATTACH_REPLACE");
	return 0;
}

/**
 * ioas_cmd_attach() - IOASID_ATTACH
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_attach(struct ioas_call *call)
{
	struct ioasid_attach *args = &call->data.attach;
	u64 begin = ioas_trace_begin(ioasid_attach);
	struct ioas_device *device;
	struct ioas_space *space;
	int ret;

	ret = ioas_check_attach_args(call);
	if (ret)
		return ret;
	device = ioas_device_get(call, call->ctx, args->dev_id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	space = ioas_space_get(call, call->ctx, args->ioasid);
	if (IS_ERR(space)) {
		ioas_device_put(device);
		return PTR_ERR(space);
	}
	mutex_lock(&device->group->lock);
	ret = ioas_attach_device(call, space, device);
	mutex_unlock(&device->group->lock);
	trace_ioasid_attach(device->name, device->obj.id, device->cookie,
			    space->obj.id, ret, ioas_trace_nsec(begin));
	ioas_space_put(space);
	ioas_device_put(device);
	return ret;
}

static int ioas_detach_device(struct ioas_call *call,
			      struct ioas_device *device)
{
	int ret = ioas_device_check(call, device);

	if (ret)
		return ret;
	if (call->data.detach.flags & IOASID_DETACH_PASID)
		return ioas_pasid_detach_device(call, device);
	return ioas_rid_detach(call, device);
}

/**
 * ioas_cmd_detach() - IOASID_DETACH
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_detach(struct ioas_call *call)
{
	struct ioasid_detach *args = &call->data.detach;
	struct ioas_device *device;
	int ret;

	if (args->pasid && !(args->flags & IOASID_DETACH_PASID))
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "pasid is %u without IOASID_DETACH_PASID",
				 args->pasid);
	device = ioas_device_get(call, call->ctx, args->dev_id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	mutex_lock(&device->group->lock);
	ret = ioas_detach_device(call, device);
	mutex_unlock(&device->group->lock);
	ioas_device_put(device);
	return ret;
}
