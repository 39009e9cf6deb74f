// SPDX-License-Identifier: GPL-2.0
/*
 * What a device and the IOMMU in front of it are: IOASID_DEVICE_INFO, and a line in
 * /proc/PID/fdinfo.
 */
#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "device/attachment.h"
#include "device/device.h"
#include "domain/domain.h"
#include "space/space.h"

/* The arrays of a reply. They are copied to user space when no lock is held. */
struct ioas_info_arrays {
	struct ioasid_resv_region *regions;
	struct ioasid_group_member *members;
	struct ioasid_attachment *attachments;
	u32 num_regions;
	u32 num_members;
	u32 num_attachments;
};

static void ioas_keep_iommu(struct ioas_device *device,
			    struct ioas_domain *domain)
{
	device->page_sizes = domain->iommu->pgsize_bitmap;
	device->aperture_first = domain->iommu->geometry.aperture_start;
	device->aperture_last = domain->iommu->geometry.aperture_end;
	device->enforces_snoop = domain->snooped;
}

static int ioas_read_parent(struct ioas_call *call, struct ioas_device *device)
{
	struct ioas_domain *domain;
	int ret;

	domain = ioas_domain_create(device->rid, 0, IOAS_DOMAIN_PASID);
	if (IS_ERR(domain))
		return ioas_fail_iommu(call, device, PTR_ERR(domain));
	ret = ioas_pair_try(call, device, domain->iommu);
	if (!ret) {
		ioas_domain_enforce_snoop(domain, device->rid);
		ioas_keep_iommu(device, domain);
	}
	ioas_domain_destroy(domain);
	return ret;
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

	if (ioas_device_is_software(device)) {
		ioas_software_read(device);
		return 0;
	}
	if (device->parent)
		return ioas_read_parent(call, device);
	if (group->attachment) {
		ioas_keep_iommu(device, group->attachment->domain);
		return 0;
	}
	domain = ioas_domain_create(device->rid, 0, 0);
	if (IS_ERR(domain))
		return ioas_fail_iommu(call, device, PTR_ERR(domain));
	ret = ioas_group_attach(group->iommu_group, &group->blocked,
				domain->iommu);
	if (ret) {
		ret = ioas_fail_iommu(call, device, ret);
	} else {
		ioas_domain_enforce_snoop(domain, device->rid);
		ioas_keep_iommu(device, domain);
		ioas_group_detach(group->iommu_group, &group->blocked,
				  domain->iommu);
	}
	ioas_domain_destroy(domain);
	return ret;
}

static u64 ioas_pci_flags(struct pci_dev *pdev)
{
	u64 flags = 0;

	if (pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_ATS))
		flags |= IOASID_DEVICE_ATS;
	if (pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_PRI))
		flags |= IOASID_DEVICE_PRI;
#ifdef CONFIG_PCI_ATS
	if (pdev->ats_enabled)
		flags |= IOASID_DEVICE_ATS_ENABLED;
#endif
#ifdef CONFIG_PCI_PRI
	if (pdev->pri_enabled)
		flags |= IOASID_DEVICE_PRI_ENABLED;
#endif
	return flags;
}

/**
 * ioas_device_flags() - What a device and its IOMMU can do
 * @device: the device
 *
 * Context: may sleep; group->lock, with the device bound.
 * Return: enum ioasid_device_flags.
 */
u64 ioas_device_flags(struct ioas_device *device)
{
	u64 flags = 0;

	if (ioas_device_is_software(device))
		return IOASID_DEVICE_COHERENT;
	if (device_iommu_capable(device->rid, IOMMU_CAP_CACHE_COHERENCY))
		flags |= IOASID_DEVICE_COHERENT;
	if (device->enforces_snoop)
		flags |= IOASID_DEVICE_ENFORCE_SNOOP;
	if (ioas_domain_can_track(device->rid))
		flags |= IOASID_DEVICE_DIRTY;
	if (ioas_device_replaces(device, 0))
		flags |= IOASID_DEVICE_REPLACE;
	if (dev_is_pci(device->rid))
		flags |= ioas_pci_flags(to_pci_dev(device->rid));
	return flags;
}

static void ioas_fill_intent(struct ioas_device *device,
			     struct ioasid_device_info *args)
{
	const char *parent = device->parent ? dev_name(device->parent) : "";

	args->max_pasids = ioas_device_max_pasids(device);
	args->intent = device->intent;
	if (!device->declared && args->max_pasids)
		args->intent |= IOASID_INTENT_PASID;
	args->pasid_kind = args->max_pasids ? device->pasid_kind :
					      IOASID_PASIDS_NONE;
	strscpy_pad(args->parent, parent, sizeof(args->parent));
}

/* Called under group->lock with the device bound, so that its IOMMU stays. */
static int ioas_fill_info(struct ioas_device *device,
			  struct ioasid_device_info *args)
{
	struct ioas_group *group = device->group;

	args->ioasid = device->attached ? group->attachment->space->obj.id : 0;
	args->cookie = device->cookie;
	ioas_fill_intent(device, args);
	args->device_flags = ioas_device_flags(device);
	args->page_sizes = device->page_sizes;
	args->aperture_first = device->aperture_first;
	args->aperture_last = device->aperture_last;
	args->address_width = fls64(device->aperture_last);
	args->nesting_formats = 0;
	args->group_id = group->id;
	strscpy_pad(args->name, device->name, sizeof(args->name));
	if (!ioas_device_is_software(device))
		return ioas_iommu_identify(device->rid, args);
	ioas_software_identify(args);
	return 0;
}

static int ioas_collect_regions(struct ioas_device *device,
				struct ioas_info_arrays *arrays)
{
	struct ioas_region *region;
	LIST_HEAD(regions);
	u32 i = 0;
	int ret;

	if (ioas_device_is_software(device))
		return 0;
	ret = ioas_regions_get(ioas_device_iommu_group(device), &regions);
	if (ret)
		return ret;
	list_for_each_entry(region, &regions, node)
		i++;
	arrays->regions = kcalloc(i, sizeof(*arrays->regions),
				  GFP_KERNEL_ACCOUNT);
	if (arrays->regions) {
		arrays->num_regions = i;
		i = 0;
		list_for_each_entry(region, &regions, node) {
			arrays->regions[i].first = region->first;
			arrays->regions[i].last = region->last;
			arrays->regions[i++].kind = region->kind;
		}
	}
	ioas_regions_put(&regions);
	return arrays->regions ? 0 : -ENOMEM;
}

/*
 * A driver can go at any time, unless the device is locked. Who unbinds it may hold that
 * lock while he waits for us, so it is not waited for.
 */
static void ioas_read_driver(struct device *dev,
			     struct ioasid_group_member *member)
{
	if (!device_trylock(dev)) {
		member->flags |= IOASID_MEMBER_BUSY;
		return;
	}
	if (dev->driver)
		strscpy(member->driver, dev->driver->name,
			sizeof(member->driver));
	device_unlock(dev);
}

static int ioas_add_member(struct device *dev, void *data)
{
	struct ioas_info_arrays *arrays = data;
	struct ioasid_group_member *members, *member;

	members = krealloc(arrays->members,
			   (arrays->num_members + 1) * sizeof(*members),
			   GFP_KERNEL_ACCOUNT);
	if (!members)
		return -ENOMEM;
	member = &members[arrays->num_members++];
	arrays->members = members;
	memset(member, 0, sizeof(*member));
	strscpy(member->name, dev_name(dev), sizeof(member->name));
	ioas_read_driver(dev, member);
	return 0;
}

static u32 ioas_member_id(struct ioas_group *group, struct ioas_ctx *ctx,
			  const char *name)
{
	struct ioas_device *device;

	list_for_each_entry(device, &group->devices, group_node)
		if (device->obj.ctx == ctx && !strcmp(device->name, name))
			return device->obj.id;
	return 0;
}

static int ioas_collect_members(struct ioas_device *device,
				struct ioas_info_arrays *arrays)
{
	struct ioas_group *group = device->group;
	struct ioasid_group_member *member;
	int ret;

	if (!group->iommu_group)
		return 0;
	ret = iommu_group_for_each_dev(group->iommu_group, arrays,
				       ioas_add_member);
	if (ret)
		return ret;
	for (member = arrays->members;
	     member < arrays->members + arrays->num_members; member++)
		member->dev_id = ioas_member_id(group, device->obj.ctx,
						member->name);
	return 0;
}

static int ioas_collect_attachments(struct ioas_device *device,
				    struct ioas_info_arrays *arrays)
{
	struct ioas_attachment *attachment;
	struct ioasid_attachment *out;
	u32 count = device->attached;

	list_for_each_entry(attachment, &device->pasids, device_node)
		count++;
	out = kcalloc(count, sizeof(*out), GFP_KERNEL_ACCOUNT);
	if (!out)
		return -ENOMEM;
	arrays->attachments = out;
	arrays->num_attachments = count;
	if (device->attached)
		out++->ioasid = device->group->attachment->space->obj.id;
	list_for_each_entry(attachment, &device->pasids, device_node) {
		out->pasid = attachment->pasid;
		out++->ioasid = attachment->space->obj.id;
	}
	return 0;
}

static int ioas_read_info(struct ioas_call *call, struct ioas_device *device,
			  struct ioas_info_arrays *arrays)
{
	struct ioas_group *group = device->group;
	int ret;

	mutex_lock(&group->lock);
	ret = ioas_device_check(call, device);
	if (!ret)
		ret = ioas_collect_regions(device, arrays);
	if (!ret)
		ret = ioas_collect_members(device, arrays);
	if (!ret)
		ret = ioas_collect_attachments(device, arrays);
	if (!ret)
		ret = ioas_fill_info(device, &call->data.device_info);
	mutex_unlock(&group->lock);
	return ret;
}

static bool ioas_too_small(u32 room, u32 count)
{
	return room && room < count;
}

static int ioas_copy_array(u64 to, const void *from, size_t size, u32 room,
			   u32 count)
{
	if (room && copy_to_user(u64_to_user_ptr(to), from, size * count))
		return -EFAULT;
	return 0;
}

/* Only the counts go back, as the uAPI promises. */
static int ioas_respond_counts(struct ioas_call *call,
			       struct ioas_info_arrays *arrays)
{
	struct ioasid_device_info __user *user = call->user;

	if (put_user(arrays->num_regions, &user->num_resv_regions) ||
	    put_user(arrays->num_members, &user->num_members) ||
	    put_user(arrays->num_attachments, &user->num_attachments))
		return -EFAULT;
	return ioas_fail(call, -EMSGSIZE, IOASID_REASON_ARRAY,
			 "there are %u reserved regions, %u members and %u attachments, and an array has less room",
			 arrays->num_regions, arrays->num_members,
			 arrays->num_attachments);
}

static int ioas_respond_info(struct ioas_call *call,
			     struct ioas_info_arrays *arrays)
{
	struct ioasid_device_info *args = &call->data.device_info;

	if (ioas_too_small(args->num_resv_regions, arrays->num_regions) ||
	    ioas_too_small(args->num_members, arrays->num_members) ||
	    ioas_too_small(args->num_attachments, arrays->num_attachments))
		return ioas_respond_counts(call, arrays);
	if (ioas_copy_array(args->resv_regions, arrays->regions,
			    sizeof(*arrays->regions), args->num_resv_regions,
			    arrays->num_regions) ||
	    ioas_copy_array(args->members, arrays->members,
			    sizeof(*arrays->members), args->num_members,
			    arrays->num_members) ||
	    ioas_copy_array(args->attachments, arrays->attachments,
			    sizeof(*arrays->attachments), args->num_attachments,
			    arrays->num_attachments))
		return -EFAULT;
	args->num_resv_regions = arrays->num_regions;
	args->num_members = arrays->num_members;
	args->num_attachments = arrays->num_attachments;
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
	struct ioas_info_arrays arrays = {};
	struct ioas_device *device;
	int ret;

	device = ioas_device_get(call, call->ctx, call->data.device_info.dev_id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	ret = ioas_read_info(call, device, &arrays);
	ioas_device_put(device);
	if (!ret)
		ret = ioas_respond_info(call, &arrays);
	kfree(arrays.regions);
	kfree(arrays.members);
	kfree(arrays.attachments);
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
	struct ioas_attachment *attachment;
	bool gone;
	u32 space;

	mutex_lock(&group->lock);
	gone = device->state != IOAS_DEVICE_BOUND;
	space = device->attached ? group->attachment->space->obj.id : 0;
	seq_printf(m, "device:\tid=%u name=%s group=%d cookie=0x%llx space=%u state=%s\n",
		   device->obj.id, device->name, group->id, device->cookie,
		   space, gone ? "gone" : space ? "attached" : "blocked");
	list_for_each_entry(attachment, &device->pasids, device_node)
		seq_printf(m, "pasid:\tdevice=%u pasid=%u space=%u\n",
			   device->obj.id, attachment->pasid,
			   attachment->space->obj.id);
	mutex_unlock(&group->lock);
}
