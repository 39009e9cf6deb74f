// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs: what the user calls the DMA of a device (a PASID, or none), and the PASID that it
 * carries. Whose PASIDs those are, and who translates, the device's driver has declared.
 *
 * DMA is attached first and the driver told then; it is told first and DMA detached then. So
 * the driver may issue what it knows of.
 *
 * Called by rid.c, pasid.c, info.c and chardev.c, under group->lock.
 */
#include "command.h"
#include "device/attachment.h"
#include "device/declared.h"
#include "device/device.h"
#include "device/table.h"
#include "space/space.h"

/* DMA of the device's own requester id that carries no PASID has no pair. */
static bool ioas_has_pair(struct ioas_device *device, u32 pasid)
{
	return device->parent || (pasid && device->rid);
}

static int ioas_pair_take(struct ioas_call *call, struct ioas_device *device,
			  struct ioas_space *space, u32 pasid, u32 *hw_pasid)
{
	*hw_pasid = 0;
	if (!ioas_has_pair(device, pasid))
		return 0;
	if (device->pasid_kind == IOASID_PASIDS_CPU)
		return ioas_cpu_pasid_get(call, device, space, pasid, hw_pasid);
	if (!pasid || device->pasid_kind != IOASID_PASIDS_IDENTITY)
		return ioas_slot_take_any(call, device, space, hw_pasid);
	*hw_pasid = pasid;
	return ioas_slot_take(call, device, space, pasid, false);
}

static void ioas_pair_give(struct ioas_device *device, u32 pasid, u32 hw_pasid)
{
	if (!hw_pasid)
		return;
	if (device->pasid_kind == IOASID_PASIDS_CPU)
		ioas_cpu_pasid_put(device, pasid, hw_pasid);
	else
		ioas_slot_give(device->table, hw_pasid);
}

/* Those who let the DMA out, or translate, have to know. */
static bool ioas_driver_wants(struct ioas_device *device, u32 hw_pasid)
{
	return hw_pasid && (device->parent ||
			    device->pasid_kind == IOASID_PASIDS_DRIVER);
}

static int ioas_pair_tell(struct ioas_call *call, struct ioas_device *device,
			  u32 pasid, u32 hw_pasid)
{
	const struct ioasidfd_intent *what;
	int ret;

	if (!ioas_driver_wants(device, hw_pasid))
		return 0;
	what = &device->declared->what;
	ret = what->ops->pasid_attach(what->data, pasid, hw_pasid);
	if (!ret)
		return 0;
	if (ret == -ENOMEM)
		return ret;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID_DRIVER,
			 "the driver of %s has not taken PASID %u, which stands for %u (%d)",
			 device->name, pasid, hw_pasid, ret);
}

static void ioas_pair_untell(struct ioas_device *device, u32 pasid, u32 hw_pasid)
{
	const struct ioasidfd_intent *what;

	if (!ioas_driver_wants(device, hw_pasid))
		return;
	what = &device->declared->what;
	what->ops->pasid_detach(what->data, pasid, hw_pasid);
}

/*
 * While a user has all of the parent's DMA the parent is not its driver's to cut in
 * parts; nor does the kernel let go of a user's device that has a PASID attached.
 */
static int ioas_check_parent(struct ioas_call *call, struct ioas_device *device)
{
	if (!device->parent || ioas_rid_is_hosts(device->parent_group))
		return 0;
	return ioas_fail(call, -EBUSY, IOASID_REASON_IN_USE,
			 "all DMA of %s, which has the requester id of %s, is a user's",
			 dev_name(device->parent), device->name);
}

static int ioas_pair_start(struct ioas_call *call,
			   struct ioas_attachment *attachment,
			   struct ioas_device *device)
{
	int ret;

	/*
	 * Before anything is attached, because the kernel, which does not let go of a
	 * user's device that has a PASID attached, would keep it for good.
	 */
	ret = ioas_check_parent(call, device);
	if (!ret)
		ret = ioas_attachment_enter(call, attachment, device);
	if (ret) {
		ioas_attachment_free(attachment);
		return ret;
	}
	/* From now on the kernel gives it to no user; had one just come, it is seen. */
	ret = ioas_check_parent(call, device);
	if (!ret)
		ret = ioas_pair_tell(call, device, attachment->pasid,
				     attachment->hw_pasid);
	if (ret)
		ioas_attachment_leave(attachment);
	return ret;
}

/**
 * ioas_pair_enter() - Let DMA into a space, and its driver know
 * @call: the command
 * @space: the space
 * @device: the device, or one of the group
 * @pasid: the user's number, 0 for DMA without PASID
 *
 * Context: may sleep; group->lock.
 * Return: the attachment, for ioas_pair_leave(), or an ERR_PTR; then DMA is blocked as
 * before.
 */
struct ioas_attachment *ioas_pair_enter(struct ioas_call *call,
					struct ioas_space *space,
					struct ioas_device *device, u32 pasid)
{
	struct ioas_attachment *attachment;
	u32 hw_pasid;
	int ret;

	ret = ioas_check_parent(call, device);
	if (ret)
		return ERR_PTR(ret);
	ret = ioas_pair_take(call, device, space, pasid, &hw_pasid);
	if (ret)
		return ERR_PTR(ret);
	attachment = ioas_attachment_create(space, device, pasid, hw_pasid);
	ret = attachment ? ioas_pair_start(call, attachment, device) : -ENOMEM;
	if (!ret)
		return attachment;
	ioas_pair_give(device, pasid, hw_pasid);
	return ERR_PTR(ret);
}

/**
 * ioas_pair_leave() - Block DMA that goes to a space, after its driver has stopped it
 * @device: the device, or one of the group
 * @attachment: the attachment, freed here
 *
 * Context: may sleep; group->lock.
 */
void ioas_pair_leave(struct ioas_device *device,
		     struct ioas_attachment *attachment)
{
	u32 pasid = attachment->pasid, hw_pasid = attachment->hw_pasid;

	ioas_pair_untell(device, pasid, hw_pasid);
	ioas_attachment_leave(attachment);
	ioas_pair_give(device, pasid, hw_pasid);
}

static void ioas_finish_move(struct ioas_device *device, u32 hw_pasid,
			     struct ioas_space *space)
{
	if (hw_pasid)
		ioas_slot_finish_move(device->table, hw_pasid, space);
}

/**
 * ioas_pair_move() - Let DMA of one space into another instead
 * @call: the command
 * @old: where it is; freed here if it is left
 * @space: where it goes
 * @device: the device that asks for it
 * @devices: devices that the attachment stands for
 * @window: block DMA in between
 * @left: out: @old is left: for the result, or because there was no way back
 *
 * It carries the same PASID as before, so the driver is not told.
 *
 * Context: may sleep; group->lock.
 * Return: the new attachment, or an ERR_PTR; then DMA goes where it went, or is blocked
 * if @left.
 */
struct ioas_attachment *ioas_pair_move(struct ioas_call *call,
				       struct ioas_attachment *old,
				       struct ioas_space *space,
				       struct ioas_device *device,
				       unsigned int devices, bool window,
				       bool *left)
{
	u32 pasid = old->pasid, hw_pasid = old->hw_pasid;
	struct ioas_attachment *new;
	int ret;

	*left = false;
	new = ioas_attachment_create(space, device, pasid, hw_pasid);
	if (!new)
		return ERR_PTR(-ENOMEM);
	ret = hw_pasid ? ioas_slot_start_move(call, device, hw_pasid) : 0;
	if (ret)
		goto free;
	ret = ioas_attachment_move(call, old, new, device, devices, window,
				   left);
	if (!ret) {
		ioas_finish_move(device, hw_pasid, space);
		return new;
	}
	if (*left) {
		ioas_pair_untell(device, pasid, hw_pasid);
		ioas_pair_give(device, pasid, hw_pasid);
	} else {
		ioas_finish_move(device, hw_pasid, old->space);
	}
free:
	ioas_attachment_free(new);
	return ERR_PTR(ret);
}

/**
 * ioas_pair_try() - Attach an I/O page table for a moment, to see what becomes of it
 * @call: the command
 * @device: a device with a parent, which is being bound
 * @domain: nothing is mapped in it
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno.
 */
int ioas_pair_try(struct ioas_call *call, struct ioas_device *device,
		  struct iommu_domain *domain)
{
	u32 hw_pasid;
	int ret;

	ret = ioas_check_parent(call, device);
	if (!ret)
		ret = ioas_pair_take(call, device, NULL, 0, &hw_pasid);
	if (ret)
		return ret;
	ret = ioas_slot_attach(device->table, hw_pasid, domain);
	if (!ret)
		ioas_slot_detach(device->table, hw_pasid);
	else
		ret = ioas_fail_iommu(call, device, ret);
	ioas_pair_give(device, 0, hw_pasid);
	return ret;
}

/**
 * ioas_pair_find() - What PASID the DMA of a device carries
 * @call: the command
 * @device: the device, which is bound
 * @pasid: the user's number, 0 for DMA without PASID
 * @hw_pasid: out: the PASID, 0 if it carries none
 *
 * Context: group->lock.
 * Return: 0, -EINVAL (not attached), -EOPNOTSUPP (there are none).
 */
int ioas_pair_find(struct ioas_call *call, struct ioas_device *device, u32 pasid,
		   u32 *hw_pasid)
{
	struct ioas_attachment *attachment;

	if (ioas_device_is_software(device))
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
				 "the driver of %s accesses memory with the CPU, which has no PASIDs",
				 device->name);
	attachment = pasid ? ioas_find_pasid(device, pasid) :
		     device->attached ? device->group->attachment : NULL;
	if (attachment) {
		*hw_pasid = attachment->hw_pasid;
		return 0;
	}
	if (pasid)
		return ioas_fail_no_pasid(call, device, pasid);
	return ioas_fail(call, -EINVAL, IOASID_REASON_DEVICE_DETACHED,
			 "%s is not attached", device->name);
}

static int ioas_check_pasid_map_args(struct ioas_call *call)
{
	struct ioasid_pasid_map *args = &call->data.pasid_map;

	if (args->flags & IOASID_PASID_MAP_PASID && !args->pasid)
		return ioas_fail(call, -EINVAL, IOASID_REASON_PASID,
				 "PASID 0 stands for DMA without PASID; ask for that without the flag");
	if (args->pasid && !(args->flags & IOASID_PASID_MAP_PASID))
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "pasid is %u without IOASID_PASID_MAP_PASID",
				 args->pasid);
	return 0;
}

/**
 * ioas_cmd_pasid_map() - IOASID_PASID_MAP
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_pasid_map(struct ioas_call *call)
{
	struct ioasid_pasid_map *args = &call->data.pasid_map;
	struct ioas_device *device;
	int ret;

	ret = ioas_check_pasid_map_args(call);
	if (ret)
		return ret;
	device = ioas_device_get(call, call->ctx, args->dev_id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	mutex_lock(&device->group->lock);
	ret = ioas_device_check(call, device);
	if (!ret)
		ret = ioas_pair_find(call, device, args->pasid, &args->hw_pasid);
	mutex_unlock(&device->group->lock);
	ioas_device_put(device);
	return ret ? ret : ioas_respond(call);
}
