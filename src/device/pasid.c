// SPDX-License-Identifier: GPL-2.0
/*
 * DMA with a PASID. The PASIDs of a device are the user's to number; what number the DMA
 * carries is found in pair.c. Each is attached on its own.
 *
 * Called by attach.c, by info.c and intersect.c, and by device.c when a binding ends,
 * under group->lock.
 */
#include "command.h"
#include "device/attachment.h"
#include "device/declared.h"
#include "device/device.h"
#include "space/space.h"
#include "trace/trace.h"

/* A PASID has 20 bits, whoever translates it. */
#define IOAS_MAX_PASIDS		BIT(20)

static bool ioas_declares_none(struct ioas_device *device)
{
	return device->declared &&
	       device->declared->what.pasids == IOASID_PASIDS_NONE;
}

static int ioas_count_pasid_device(struct device *dev, void *data)
{
	*(unsigned int *)data += dev->iommu && ioas_max_pasids(dev);
	return 0;
}

/*
 * The kernel attaches a PASID to every device of a group that has PASIDs. DMA of a device
 * that was not asked for would reach the space, so such groups are left alone.
 */
static bool ioas_shares_pasids(struct ioas_device *device)
{
	unsigned int devices = 0;

	iommu_group_for_each_dev(ioas_device_iommu_group(device), &devices,
				 ioas_count_pasid_device);
	return devices > 1;
}

/**
 * ioas_device_max_pasids() - What limits the PASIDs that can be attached
 * @device: the device, which is bound
 *
 * Context: may sleep; group->lock.
 * Return: the first number that cannot; 0 if none can.
 */
u32 ioas_device_max_pasids(struct ioas_device *device)
{
	u32 max;

	if (device->pasid_kind == IOASID_PASIDS_NONE)
		return 0;
	max = ioas_max_pasids(device->rid);
	if (!max || ioas_shares_pasids(device))
		return 0;
	if (device->pasid_kind == IOASID_PASIDS_IDENTITY)
		return max;
	return IOAS_MAX_PASIDS;
}

static int ioas_fail_old_kernel(struct ioas_call *call)
{
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
			 "this kernel cannot attach PASIDs; that takes 6.11");
}

static int ioas_fail_without(struct ioas_call *call, struct device *dev)
{
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
			 "%s, or its IOMMU, has no PASIDs", dev_name(dev));
}

static int ioas_fail_shared(struct ioas_call *call, struct ioas_device *device)
{
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
			 "the kernel would attach PASIDs of the other devices in group %d as well",
			 iommu_group_id(ioas_device_iommu_group(device)));
}

/**
 * ioas_check_parent_pasids() - Can a device with a parent do DMA at all
 * @call: the command
 * @device: the device, which is being bound
 *
 * Context: may sleep; group->lock.
 * Return: 0 or -EOPNOTSUPP.
 */
int ioas_check_parent_pasids(struct ioas_call *call, struct ioas_device *device)
{
	if (!IOAS_KERNEL_ATTACHES_PASIDS)
		return ioas_fail_old_kernel(call);
	if (!device->parent_group || !device->parent->iommu ||
	    !ioas_max_pasids(device->parent))
		return ioas_fail_without(call, device->parent);
	if (ioas_shares_pasids(device))
		return ioas_fail_shared(call, device);
	return 0;
}

static int ioas_check_pasid(struct ioas_call *call, struct ioas_device *device,
			    u32 pasid)
{
	u32 max;

	if (ioas_device_is_software(device))
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
				 "the driver of %s accesses memory with the CPU, which has no PASIDs",
				 device->name);
	if (!pasid)
		return ioas_fail(call, -EINVAL, IOASID_REASON_PASID,
				 "PASID 0 stands for DMA without PASID; attach that without the flag");
	if (!IOAS_KERNEL_ATTACHES_PASIDS)
		return ioas_fail_old_kernel(call);
	if (!ioas_max_pasids(device->rid))
		return ioas_fail_without(call, device->rid);
	if (ioas_declares_none(device))
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
				 "the driver of %s has declared no PASIDs",
				 device->name);
	if (ioas_shares_pasids(device))
		return ioas_fail_shared(call, device);
	max = ioas_device_max_pasids(device);
	if (pasid >= max)
		return ioas_fail(call, -EINVAL, IOASID_REASON_PASID,
				 "PASID %u of %s is out of range; it has less than %u",
				 pasid, device->name, max);
	return 0;
}

/**
 * ioas_find_pasid() - The attachment of a PASID
 * @device: the device
 * @pasid: the user's number
 *
 * Context: group->lock.
 * Return: the attachment or NULL.
 */
struct ioas_attachment *ioas_find_pasid(struct ioas_device *device, u32 pasid)
{
	struct ioas_attachment *attachment;

	list_for_each_entry(attachment, &device->pasids, device_node)
		if (attachment->pasid == pasid)
			return attachment;
	return NULL;
}

/**
 * ioas_fail_no_pasid() - Fail a command because a PASID is not attached
 * @call: the command
 * @device: the device
 * @pasid: the user's number
 *
 * Return: -EINVAL.
 */
int ioas_fail_no_pasid(struct ioas_call *call, struct ioas_device *device,
		       u32 pasid)
{
	return ioas_fail(call, -EINVAL, IOASID_REASON_DEVICE_DETACHED,
			 "PASID %u of %s is not attached", pasid, device->name);
}

static int ioas_attach_pasid(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device, u32 pasid)
{
	struct ioas_attachment *attachment = ioas_find_pasid(device, pasid);

	if (attachment)
		return ioas_fail(call, -EEXIST, IOASID_REASON_DEVICE_ATTACHED,
				 "PASID %u of %s is attached to space %u already; detach it first, or replace",
				 pasid, device->name, attachment->space->obj.id);
	attachment = ioas_pair_enter(call, space, device, pasid);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);
	list_add_tail(&attachment->device_node, &device->pasids);
	return 0;
}

static int ioas_move_pasid(struct ioas_call *call, struct ioas_space *space,
			   struct ioas_device *device,
			   struct ioas_attachment *old, bool window)
{
	struct ioas_attachment *attachment;
	bool left;

	/* It is freed by the move; while that lasts nobody looks, thanks to the lock. */
	list_del(&old->device_node);
	attachment = ioas_pair_move(call, old, space, device, 1, window, &left);
	if (!left)
		list_add_tail(&old->device_node, &device->pasids);
	if (!IS_ERR(attachment))
		list_add_tail(&attachment->device_node, &device->pasids);
	return PTR_ERR_OR_ZERO(attachment);
}

static int ioas_replace_pasid(struct ioas_call *call, struct ioas_space *space,
			      struct ioas_device *device, u32 pasid)
{
	struct ioas_attachment *old = ioas_find_pasid(device, pasid);
	bool window;
	int ret;

	if (!old)
		return ioas_fail_no_pasid(call, device, pasid);
	if (old->space == space)
		return 0;
	ret = ioas_check_window(call, device, &window);
	if (ret)
		return ret;
	return ioas_move_pasid(call, space, device, old, window);
}

/**
 * ioas_pasid_attach_device() - Attach or move a device's DMA with a PASID
 * @call: IOASID_ATTACH
 * @space: the space
 * @device: the device, which is bound
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_pasid_attach_device(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device)
{
	struct ioasid_attach *args = &call->data.attach;
	int ret = ioas_check_pasid(call, device, args->pasid);

	if (ret)
		return ret;
	if (args->flags & IOASID_ATTACH_REPLACE)
		return ioas_replace_pasid(call, space, device, args->pasid);
	return ioas_attach_pasid(call, space, device, args->pasid);
}

static void ioas_pasid_leave(struct ioas_device *device,
			     struct ioas_attachment *attachment)
{
	u64 begin = ioas_trace_begin(ioasid_detach);
	u32 space = attachment->space->obj.id;

	list_del(&attachment->device_node);
	ioas_pair_leave(device, attachment);
	trace_ioasid_detach(device->name, device->obj.id, device->cookie, space,
			    0, ioas_trace_nsec(begin));
}

/**
 * ioas_pasid_detach_device() - Block a device's DMA with a PASID
 * @call: IOASID_DETACH
 * @device: the device, which is bound
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_pasid_detach_device(struct ioas_call *call,
			     struct ioas_device *device)
{
	u32 pasid = call->data.detach.pasid;
	struct ioas_attachment *attachment = ioas_find_pasid(device, pasid);

	if (!attachment)
		return ioas_fail_no_pasid(call, device, pasid);
	ioas_pasid_leave(device, attachment);
	return 0;
}

/**
 * ioas_pasids_leave() - Detach all PASIDs of a device
 * @device: the device
 *
 * Context: may sleep; group->lock.
 */
void ioas_pasids_leave(struct ioas_device *device)
{
	struct ioas_attachment *attachment, *next;

	list_for_each_entry_safe(attachment, next, &device->pasids, device_node)
		ioas_pasid_leave(device, attachment);
}
