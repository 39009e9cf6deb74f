// SPDX-License-Identifier: GPL-2.0
/*
 * What a device and the IOMMU in front of it are: IOASID_DEVICE_INFO, and a line in
 * /proc/PID/fdinfo.
 */
#include <linux/iommu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "device/device.h"
#include "domain/domain.h"

static void ioas_keep_iommu(struct ioas_device *device,
			    struct ioas_domain *domain)
{
	device->page_sizes = domain->iommu->pgsize_bitmap;
	device->aperture_first = domain->iommu->geometry.aperture_start;
	device->aperture_last = domain->iommu->geometry.aperture_end;
}

/**
 * ioas_device_read_iommu() - Learn what a device's IOMMU can do
 * @call: the command
 * @device: a device that is being bound
 *
 * Some drivers know only of an attached I/O page table what it can translate, so one
 * is attached. It is empty, and the group as blocked as before.
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno.
 */
int ioas_device_read_iommu(struct ioas_call *call, struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	struct ioas_domain *domain;
	int ret;

	if (group->domain) {
		ioas_keep_iommu(device, group->domain);
		return 0;
	}
	domain = ioas_domain_create(device->dev, 0);
	if (IS_ERR(domain))
		return ioas_fail_iommu(call, device, PTR_ERR(domain));
	ret = ioas_group_attach(group->iommu_group, &group->blocked,
				domain->iommu);
	if (ret) {
		ret = ioas_fail_iommu(call, device, ret);
	} else {
		ioas_keep_iommu(device, domain);
		ioas_group_detach(group->iommu_group, &group->blocked,
				  domain->iommu);
	}
	ioas_domain_destroy(domain);
	return ret;
}

/*
 * The kernel does not say what kind an IOMMU is; its name in sysfs does, which the
 * kernel keeps stable because people use it. virtio-iommu is named after its virtio
 * device.
 */
static u32 ioas_iommu_kind(const char *name)
{
	static const struct {
		const char *prefix;
		u32 kind;
	} kinds[] = {
		{ "dmar", IOASID_IOMMU_INTEL_VTD },
		{ "ivhd", IOASID_IOMMU_AMD },
		{ "smmu3.", IOASID_IOMMU_ARM_SMMUV3 },
		{ "virtio", IOASID_IOMMU_VIRTIO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].kind;
	return IOASID_IOMMU_OTHER;
}

static const char *ioas_iommu_name(struct device *dev)
{
	struct device *iommu = dev->iommu->iommu_dev->dev;

	return iommu ? dev_name(iommu) : "";
}

static int ioas_count_device(struct device *dev, void *data)
{
	++*(u32 *)data;
	return 0;
}

/* Called under group->lock with the device bound, so that its IOMMU stays. */
static void ioas_fill_info(struct ioas_device *device,
			   struct ioasid_device_info *args)
{
	struct ioas_group *group = device->group;

	args->ioasid = device->attached ? group->space->obj.id : 0;
	args->cookie = device->cookie;
	args->intent = IOASID_INTENT_RID;
	args->device_flags = 0;
	if (device_iommu_capable(device->dev, IOMMU_CAP_CACHE_COHERENCY))
		args->device_flags |= IOASID_DEVICE_COHERENT;
	args->group_id = group->id;
	args->group_devices = 0;
	iommu_group_for_each_dev(group->iommu_group, &args->group_devices,
				 ioas_count_device);
	args->page_sizes = device->page_sizes;
	args->aperture_first = device->aperture_first;
	args->aperture_last = device->aperture_last;
	strscpy_pad(args->name, device->name, sizeof(args->name));
	strscpy_pad(args->iommu_name, ioas_iommu_name(device->dev),
		    sizeof(args->iommu_name));
	args->iommu_kind = ioas_iommu_kind(args->iommu_name);
}

static int ioas_read_info(struct ioas_call *call, struct ioas_device *device,
			  struct list_head *regions)
{
	struct ioas_group *group = device->group;
	int ret;

	mutex_lock(&group->lock);
	ret = ioas_device_check(call, device);
	if (!ret)
		ret = ioas_regions_get(group->iommu_group, regions);
	if (!ret)
		ioas_fill_info(device, &call->data.device_info);
	mutex_unlock(&group->lock);
	return ret;
}

static int ioas_copy_regions(u64 user, struct list_head *regions)
{
	struct ioasid_resv_region __user *to = u64_to_user_ptr(user);
	struct ioas_region *region;

	list_for_each_entry(region, regions, node) {
		struct ioasid_resv_region out = {
			.first = region->first,
			.last = region->last,
			.kind = region->kind,
		};

		if (copy_to_user(to++, &out, sizeof(out)))
			return -EFAULT;
	}
	return 0;
}

/* Only the count goes back, as the uAPI promises. */
static int ioas_respond_count(struct ioas_call *call, u32 count, u32 room)
{
	struct ioasid_device_info __user *user = call->user;

	if (put_user(count, &user->num_resv_regions))
		return -EFAULT;
	return ioas_fail(call, -EMSGSIZE, IOASID_REASON_ARRAY,
			 "there are %u reserved regions, the array has room for %u",
			 count, room);
}

static int ioas_respond_info(struct ioas_call *call, struct list_head *regions)
{
	struct ioasid_device_info *args = &call->data.device_info;
	u32 room = args->num_resv_regions;
	struct ioas_region *region;
	u32 count = 0;

	list_for_each_entry(region, regions, node)
		count++;
	if (room && room < count)
		return ioas_respond_count(call, count, room);
	args->num_resv_regions = count;
	if (room && ioas_copy_regions(args->resv_regions, regions))
		return -EFAULT;
	return ioas_respond(call);
}

/**
 * ioas_cmd_device_info() - IOASID_DEVICE_INFO
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_device_info(struct ioas_call *call)
{
	struct ioas_device *device;
	LIST_HEAD(regions);
	int ret;

	device = ioas_device_get(call, call->ctx, call->data.device_info.dev_id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	ret = ioas_read_info(call, device, &regions);
	ioas_device_put(device);
	if (!ret)
		ret = ioas_respond_info(call, &regions);
	ioas_regions_put(&regions);
	return ret;
}

/**
 * ioas_device_show() - Show a device
 * @m: where to
 * @device: the device, of which the caller has a reference
 *
 * Context: may sleep; no locks held.
 */
void ioas_device_show(struct seq_file *m, struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	bool gone;
	u32 space;

	mutex_lock(&group->lock);
	gone = device->state != IOAS_DEVICE_BOUND;
	space = device->attached ? group->space->obj.id : 0;
	mutex_unlock(&group->lock);
	seq_printf(m, "device:\tid=%u name=%s group=%d cookie=0x%llx space=%u state=%s\n",
		   device->obj.id, device->name, group->id, device->cookie,
		   space, gone ? "gone" : space ? "attached" : "blocked");
}
