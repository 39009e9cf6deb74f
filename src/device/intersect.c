// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_DEVICE_INTERSECT: what several devices have in common.
 *
 * The ranges are those of a space that has what each device reserves, and that nobody
 * else sees. So they are what a space shows to which the devices are attached.
 */
#include <linux/bitops.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "command.h"
#include "device/attachment.h"
#include "device/device.h"
#include "space/space.h"

/* More than a machine has; a bound for what a call may cost. */
#define IOAS_INTERSECT_MAX	4096

static int ioas_reserve_device(struct ioas_call *call, struct ioas_space *space,
			       struct ioas_device *device)
{
	struct ioas_region *region;
	LIST_HEAD(regions);
	int ret;

	if (ioas_device_is_software(device))
		return 0;
	ret = ioas_regions_get(ioas_device_iommu_group(device), &regions);
	if (ret)
		return ret;
	list_for_each_entry(region, &regions, node) {
		ret = ioas_reserved_add(call, space, &space->window, NULL,
					region->first, region->last,
					IOAS_RESERVED_REGION, "");
		if (ret)
			break;
	}
	ioas_regions_put(&regions);
	if (ret)
		return ret;
	return ioas_reserved_add_outside(call, space, &space->window, NULL,
					 device->aperture_first,
					 device->aperture_last,
					 IOAS_RESERVED_APERTURE, "");
}

/* Called under group->lock with the device bound. */
static int ioas_intersect_device(struct ioas_call *call,
				 struct ioas_space *space,
				 struct ioas_device *device)
{
	struct ioasid_device_intersect *args = &call->data.device_intersect;
	u32 width = fls64(device->aperture_last);

	args->device_flags &= ioas_device_flags(device);
	args->page_sizes &= device->page_sizes;
	args->address_width = min(args->address_width, width);
	args->max_pasids = min(args->max_pasids, ioas_device_max_pasids(device));
	args->nesting_formats = 0;
	return ioas_reserve_device(call, space, device);
}

static int ioas_intersect_id(struct ioas_call *call, struct ioas_space *space,
			     u32 id)
{
	struct ioas_device *device = ioas_device_get(call, call->ctx, id);
	int ret;

	if (IS_ERR(device))
		return ioas_fail_range(call, PTR_ERR(device), 0, 0, id);
	mutex_lock(&device->group->lock);
	ret = ioas_device_check(call, device);
	if (ret)
		ioas_fail_range(call, ret, 0, 0, id);
	else
		ret = ioas_intersect_device(call, space, device);
	mutex_unlock(&device->group->lock);
	ioas_device_put(device);
	return ret;
}

static int ioas_intersect(struct ioas_call *call, struct ioas_space *space,
			  const u32 *ids)
{
	struct ioasid_device_intersect *args = &call->data.device_intersect;
	int ret = 0;
	u32 i;

	args->device_flags = ~0ULL;
	args->page_sizes = ~0ULL;
	args->address_width = 64;
	args->max_pasids = ~0U;
	for (i = 0; i < args->num_devices && !ret; i++)
		ret = ioas_intersect_id(call, space, ids[i]);
	return ret;
}

/* Only the count goes back, as the uAPI promises. */
static int ioas_respond_count(struct ioas_call *call, u32 count, u32 room)
{
	struct ioasid_device_intersect __user *user = call->user;

	if (put_user(count, &user->num_ranges))
		return -EFAULT;
	return ioas_fail(call, -EMSGSIZE, IOASID_REASON_ARRAY,
			 "there are %u ranges, the array has room for %u",
			 count, room);
}

static int ioas_respond_intersect(struct ioas_call *call,
				  struct ioas_space *space)
{
	struct ioasid_device_intersect *args = &call->data.device_intersect;
	u32 room = args->num_ranges;
	struct ioasid_iova_range *ranges;
	u32 count;
	int ret;

	ranges = ioas_snapshot_ranges(space, &count);
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	args->num_ranges = count;
	if (room && room < count)
		ret = ioas_respond_count(call, count, room);
	else if (room && copy_to_user(u64_to_user_ptr(args->ranges), ranges,
				      count * sizeof(*ranges)))
		ret = -EFAULT;
	else
		ret = ioas_respond(call);
	kvfree(ranges);
	return ret;
}

static int ioas_intersect_ids(struct ioas_call *call, const u32 *ids)
{
	struct ioas_space *space = ioas_space_create();
	int ret;

	if (!space)
		return -ENOMEM;
	ret = ioas_intersect(call, space, ids);
	if (!ret)
		ret = ioas_respond_intersect(call, space);
	ioas_space_release(space);
	return ret;
}

/**
 * ioas_cmd_device_intersect() - IOASID_DEVICE_INTERSECT
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_device_intersect(struct ioas_call *call)
{
	struct ioasid_device_intersect *args = &call->data.device_intersect;
	u32 *ids;
	int ret;

	if (!args->num_devices)
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "no device is named");
	if (args->num_devices > IOAS_INTERSECT_MAX)
		return ioas_fail(call, -E2BIG, IOASID_REASON_VALUE,
				 "%u devices are more than %u",
				 args->num_devices, IOAS_INTERSECT_MAX);
	ids = memdup_user(u64_to_user_ptr(args->devices),
			  args->num_devices * sizeof(*ids));
	if (IS_ERR(ids))
		return PTR_ERR(ids);
	ret = ioas_intersect_ids(call, ids);
	kfree(ids);
	return ret;
}
