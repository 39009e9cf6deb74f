// SPDX-License-Identifier: GPL-2.0
/*
 * DMA without PASID. The hardware attaches groups: the first device of a group to be
 * attached moves the group, the last one to be detached blocks it again.
 *
 * Called by attach.c, and by device.c when a binding ends, under group->lock.
 */
#include "command.h"
#include "context/context.h"
#include "device/attachment.h"
#include "device/device.h"
#include "space/space.h"
#include "trace/trace.h"

/* An id means nothing in another context. */
static u32 ioas_id_here(struct ioas_call *call, struct ioas_attachment *attachment)
{
	if (attachment->space->obj.ctx != call->ctx)
		return 0;
	return attachment->owner_id;
}

static int ioas_fail_group(struct ioas_call *call, struct ioas_group *group)
{
	struct ioas_attachment *attachment = group->attachment;

	ioas_fail(call, -EBUSY, IOASID_REASON_GROUP_ATTACHED,
		  "%s of the same group %d is attached to another space",
		  attachment->owner_name, group->id);
	return ioas_fail_range(call, -EBUSY, 0, 0,
			       ioas_id_here(call, attachment));
}

static int ioas_attach_group(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device)
{
	struct ioas_attachment *attachment;

	attachment = ioas_pair_enter(call, space, device, 0);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);
	device->group->attachment = attachment;
	return 0;
}

/* A device is in the space already, so it is not freed. */
static void ioas_follow_group(struct ioas_space *space)
{
	down_write(&space->domains_sem);
	space->num_devices++;
	up_write(&space->domains_sem);
}

static int ioas_attach_rid(struct ioas_call *call, struct ioas_space *space,
			   struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	int ret = 0;

	if (device->attached)
		return ioas_fail(call, -EEXIST, IOASID_REASON_DEVICE_ATTACHED,
				 "%s is attached to space %u already; detach it first, or replace",
				 device->name, group->attachment->space->obj.id);
	if (!group->attachment)
		ret = ioas_attach_group(call, space, device);
	else if (group->attachment->space == space)
		ioas_follow_group(space);
	else
		ret = ioas_fail_group(call, group);
	if (ret)
		return ret;
	device->attached = true;
	group->num_attached++;
	return 0;
}

static void ioas_group_set_detached(struct ioas_group *group)
{
	struct ioas_device *device;

	list_for_each_entry(device, &group->devices, group_node)
		device->attached = false;
	group->num_attached = 0;
	group->attachment = NULL;
}

static int ioas_move_group(struct ioas_call *call, struct ioas_space *space,
			   struct ioas_device *device, bool window)
{
	struct ioas_group *group = device->group;
	struct ioas_attachment *attachment;
	bool left;

	attachment = ioas_pair_move(call, group->attachment, space, device,
				    group->num_attached, window, &left);
	if (!IS_ERR(attachment))
		group->attachment = attachment;
	else if (left)
		ioas_group_set_detached(group);
	return PTR_ERR_OR_ZERO(attachment);
}

static int ioas_replace_rid(struct ioas_call *call, struct ioas_space *space,
			    struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	bool window;
	int ret;

	if (!device->attached)
		return ioas_fail(call, -EINVAL, IOASID_REASON_DEVICE_DETACHED,
				 "%s is not attached, so there is nothing to replace",
				 device->name);
	if (group->attachment->space == space)
		return 0;
	/* Its container wants it where it is. */
	if (group->agent)
		return ioas_fail_group(call, group);
	ret = ioas_check_window(call, device, &window);
	if (ret)
		return ret;
	return ioas_move_group(call, space, device, window);
}

/**
 * ioas_rid_attach() - Attach or move a device's DMA without PASID
 * @call: IOASID_ATTACH
 * @space: the space
 * @device: the device, which is bound
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_rid_attach(struct ioas_call *call, struct ioas_space *space,
		    struct ioas_device *device)
{
	if (call->data.attach.flags & IOASID_ATTACH_REPLACE)
		return ioas_replace_rid(call, space, device);
	return ioas_attach_rid(call, space, device);
}

/* Name another attached device of the group in errors from now on. */
static void ioas_stay_in_group(struct ioas_group *group)
{
	struct ioas_space *space = group->attachment->space;
	struct ioas_device *device;

	down_write(&space->domains_sem);
	space->num_devices--;
	mutex_lock(&space->lock);
	list_for_each_entry(device, &group->devices, group_node)
		if (device->attached)
			ioas_attachment_name(group->attachment, device);
	mutex_unlock(&space->lock);
	up_write(&space->domains_sem);
}

/**
 * ioas_rid_leave() - Detach a device's DMA without PASID, if it is attached
 * @device: the device
 *
 * Context: may sleep; group->lock.
 */
void ioas_rid_leave(struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	u64 begin = ioas_trace_begin(ioasid_detach);
	u32 space;

	if (!device->attached)
		return;
	space = group->attachment->space->obj.id;
	device->attached = false;
	if (--group->num_attached) {
		ioas_stay_in_group(group);
	} else {
		ioas_pair_leave(device, group->attachment);
		group->attachment = NULL;
	}
	trace_ioasid_detach(device->name, device->obj.id, device->cookie, space,
			    0, ioas_trace_nsec(begin));
}

/**
 * ioas_rid_detach() - Block a device's DMA without PASID
 * @call: IOASID_DETACH
 * @device: the device, which is bound
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_rid_detach(struct ioas_call *call, struct ioas_device *device)
{
	if (!device->attached)
		return ioas_fail(call, -EINVAL, IOASID_REASON_DEVICE_DETACHED,
				 "%s is not attached", device->name);
	ioas_rid_leave(device);
	return 0;
}
