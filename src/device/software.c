// SPDX-License-Identifier: GPL-2.0
/*
 * Software devices: what they do to memory, their drivers do with the CPU, through the
 * areas of a space. Nothing is attached in hardware, and nothing needs to be there.
 *
 * The devices of one VFIO container share one access, because VFIO does not say which
 * of them reads, writes or gives back pages. So they share one space.
 *
 * Called by attachment.c and info.c under ioas_group.lock.
 */
#include <linux/mm.h>

#include "command.h"
#include "device/attachment.h"
#include "device/device.h"
#include "space/access.h"
#include "space/space.h"

/**
 * ioas_software_read() - What a software device can translate: everything
 * @device: a device that is being bound
 */
void ioas_software_read(struct ioas_device *device)
{
	device->page_sizes = PAGE_MASK;
	device->aperture_first = 0;
	device->aperture_last = ULONG_MAX;
	device->enforces_snoop = false;
}

/**
 * ioas_software_identify() - Say that there is no IOMMU
 * @info: out: what is known of the IOMMU
 */
void ioas_software_identify(struct ioasid_device_info *info)
{
	info->iommu_kind = IOASID_IOMMU_NONE;
	memset(info->iommu_name, 0, sizeof(info->iommu_name));
	info->iommu_regs_valid = 0;
	memset(info->iommu_regs, 0, sizeof(info->iommu_regs));
}

static int ioas_fail_container(struct ioas_call *call,
			       struct ioas_device *device)
{
	return ioas_fail(call, -EBUSY, IOASID_REASON_CONTAINER_ATTACHED,
			 "another software device of the container of %s is attached to another space; give each a container of its own",
			 device->name);
}

/* Called with attach_lock and domains_sem for write. */
static int ioas_join_access(struct ioas_call *call, struct ioas_space *space,
			    struct ioas_device *device)
{
	struct ioas_access *access = device->group->access;
	u32 index;
	int ret;

	if (access->users)
		return access->space == space ?
			0 : ioas_fail_container(call, device);
	ret = ioas_access_join(access, space, &index);
	if (!ret)
		ioas_access_start(access, space, index);
	return ret;
}

/**
 * ioas_software_enter() - Let a software device into a space
 * @call: the command
 * @attachment: the attachment
 * @device: the device that asks for it
 *
 * Context: may sleep; group->lock.
 * Return: 0, -ENOENT, -EBUSY or -ENOMEM.
 */
int ioas_software_enter(struct ioas_call *call,
			struct ioas_attachment *attachment,
			struct ioas_device *device)
{
	struct ioas_access *access = device->group->access;
	struct ioas_space *space = attachment->space;
	int ret;

	mutex_lock(&access->attach_lock);
	down_write(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else
		ret = ioas_join_access(call, space, device);
	if (!ret) {
		access->users++;
		list_add_tail(&attachment->space_node, &space->attachments);
		space->num_devices++;
	}
	up_write(&space->domains_sem);
	mutex_unlock(&access->attach_lock);
	return ret;
}

/* Called with attach_lock. */
static void ioas_leave_space(struct ioas_attachment *attachment,
			     unsigned int devices, bool last)
{
	struct ioas_space *space = attachment->space;

	down_write(&space->domains_sem);
	list_del(&attachment->space_node);
	space->num_devices -= devices;
	if (last)
		ioas_access_leave(attachment->group->access, space);
	up_write(&space->domains_sem);
}

/**
 * ioas_software_leave() - Take a software device out of its space
 * @attachment: the attachment
 *
 * Its driver is told of all the pages it has pinned, unless another device still goes
 * the same way.
 *
 * Context: may sleep; group->lock.
 */
void ioas_software_leave(struct ioas_attachment *attachment)
{
	struct ioas_access *access = attachment->group->access;
	bool last;

	mutex_lock(&access->attach_lock);
	last = !--access->users;
	if (last)
		ioas_access_stop(access);
	ioas_leave_space(attachment, 1, last);
	mutex_unlock(&access->attach_lock);
}

/* Called with attach_lock. What can fail is done before anything changes. */
static int ioas_prepare_move(struct ioas_call *call,
			     struct ioas_attachment *new,
			     struct ioas_device *device, unsigned int devices,
			     u32 *index)
{
	struct ioas_access *access = device->group->access;
	struct ioas_space *space = new->space;
	int ret;

	if (access->users > 1)
		return ioas_fail_container(call, device);
	down_write(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else
		ret = ioas_access_join(access, space, index);
	if (!ret) {
		list_add_tail(&new->space_node, &space->attachments);
		space->num_devices += devices;
	}
	up_write(&space->domains_sem);
	return ret;
}

/**
 * ioas_software_move() - Let a software device of one space into another instead
 * @call: the command
 * @old: where it is; freed here if it is left
 * @new: where it goes
 * @device: the device that asks for it
 * @devices: devices that both stand for
 * @left: out: @old is left
 *
 * In between, while the driver is asked for the pages it has pinned, it is refused.
 *
 * Context: may sleep; group->lock.
 * Return: 0, -ENOENT, -EBUSY or -ENOMEM.
 */
int ioas_software_move(struct ioas_call *call, struct ioas_attachment *old,
		       struct ioas_attachment *new, struct ioas_device *device,
		       unsigned int devices, bool *left)
{
	struct ioas_access *access = device->group->access;
	u32 index;
	int ret;

	mutex_lock(&access->attach_lock);
	ret = ioas_prepare_move(call, new, device, devices, &index);
	*left = !ret;
	if (!ret) {
		ioas_access_stop(access);
		ioas_leave_space(old, devices, true);
		ioas_access_start(access, new->space, index);
	}
	mutex_unlock(&access->attach_lock);
	if (!ret)
		ioas_attachment_free(old);
	return ret;
}
