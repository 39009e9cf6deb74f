// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_ATTACH and IOASID_DETACH.
 *
 * The hardware attaches groups. The first device of a group to be attached moves the
 * group, the last one to be detached blocks it again. A group joins a domain that
 * the space has already if the IOMMU's driver lets it; otherwise a new domain is
 * filled with what the space holds.
 *
 * A new domain is attached first and filled then: some drivers know the format of
 * their table only when it is attached, and until the call returns nobody may
 * expect DMA to work.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "command.h"
#include "context/context.h"
#include "device/device.h"
#include "domain/domain.h"
#include "space/space.h"
#include "trace/trace.h"

static void ioas_set_owner(struct ioas_group *group, struct ioas_device *device)
{
	group->owner_id = device->obj.id;
	strscpy(group->owner_name, device->name, sizeof(group->owner_name));
}

/**
 * ioas_fail_iommu() - Fail a command because a device's IOMMU cannot
 * @call: the command
 * @device: the device
 * @err: what the kernel said
 *
 * Return: @err if it means something to the caller, else -EOPNOTSUPP: an errno of a
 * driver's own could be mistaken for one of ours.
 */
int ioas_fail_iommu(struct ioas_call *call, struct ioas_device *device, int err)
{
	if (err == -ENOMEM || err == -EINTR || err == -EADDRNOTAVAIL)
		return err;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
			 "the driver of the IOMMU refused to attach %s (%d)",
			 device->name, err);
}

static int ioas_reserve_regions(struct ioas_call *call,
				struct ioas_space *space,
				struct ioas_group *group)
{
	struct ioas_region *region;
	LIST_HEAD(regions);
	int ret;

	ret = ioas_regions_get(group->iommu_group, &regions);
	if (ret)
		return ret;
	mutex_lock(&space->lock);
	list_for_each_entry(region, &regions, node) {
		ret = ioas_reserved_add(call, space, &group->reserved, group,
					region->first, region->last,
					IOAS_RESERVED_REGION,
					ioas_region_words(region->kind));
		if (ret)
			break;
	}
	mutex_unlock(&space->lock);
	ioas_regions_put(&regions);
	return ret;
}

static void ioas_unreserve(struct ioas_space *space, struct ioas_group *group)
{
	mutex_lock(&space->lock);
	ioas_reserved_remove(space, &group->reserved);
	mutex_unlock(&space->lock);
}

static int ioas_reserve_aperture(struct ioas_call *call,
				 struct ioas_space *space,
				 struct ioas_group *group,
				 struct iommu_domain *iommu)
{
	int ret;

	mutex_lock(&space->lock);
	ret = ioas_reserved_add_outside(call, space, &group->reserved, group,
					iommu->geometry.aperture_start,
					iommu->geometry.aperture_end,
					IOAS_RESERVED_APERTURE,
					"is out of reach of the IOMMU of ");
	mutex_unlock(&space->lock);
	return ret;
}

static struct ioas_area *ioas_next_ready(struct ioas_space *space,
					 unsigned long from)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_area_first(space, from, ULONG_MAX);
	while (area && !area->ready)
		area = ioas_area_next(area, ULONG_MAX);
	mutex_unlock(&space->lock);
	/* A ready area stays while domains_sem is held for write. */
	return area;
}

static int ioas_fill_domain(struct ioas_space *space,
			    struct ioas_domain *domain)
{
	struct ioas_area *area;
	unsigned long from = 0;
	int ret;

	while ((area = ioas_next_ready(space, from))) {
		ret = ioas_domain_map(domain, area->first, area->memory,
				      area->offset,
				      ioas_area_length(area) >> PAGE_SHIFT,
				      area->prot);
		if (ret)
			return ret;
		from = area->last + 1;
		if (!from)
			break;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int ioas_check_page_sizes(struct ioas_call *call,
				 struct ioas_device *device,
				 struct iommu_domain *iommu)
{
	unsigned long smallest = iommu->pgsize_bitmap &
				 -iommu->pgsize_bitmap;

	if (smallest && smallest <= PAGE_SIZE)
		return 0;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
			 "the smallest page of the IOMMU of %s is 0x%lx, larger than the CPU's 0x%lx",
			 device->name, smallest, PAGE_SIZE);
}

/*
 * Where interrupts are memory writes that the IOMMU translates, the kernel has to
 * map the interrupt controller into the user's space. Known by a region of software
 * MSI without one of hardware MSI; the rule is VFIO type1's.
 */
static int ioas_prepare_msi(struct ioas_group *group,
			    struct iommu_domain *iommu)
{
	struct ioas_region *region;
	unsigned long base = 0;
	bool software = false;
	LIST_HEAD(regions);
	int ret;

	ret = ioas_regions_get(group->iommu_group, &regions);
	if (ret)
		return ret;
	list_for_each_entry(region, &regions, node) {
		if (region->kind == IOASID_RESV_MSI) {
			software = false;
			break;
		}
		if (region->kind == IOASID_RESV_SW_MSI) {
			software = true;
			base = region->first;
		}
	}
	ioas_regions_put(&regions);
	ret = software ? iommu_get_msi_cookie(iommu, base) : 0;
	return ret == -ENODEV ? 0 : ret;
}

static int ioas_setup_domain(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device,
			     struct ioas_domain *domain)
{
	struct ioas_group *group = device->group;
	int ret;

	/*
	 * Where the IOMMU can, DMA that asks not to be snooped is snooped all the
	 * same: otherwise a device could show its user stale memory. Asked of an
	 * attached domain, because an empty one always says yes.
	 */
	ioas_enforce_cache_coherency(domain->iommu);
	ret = ioas_check_page_sizes(call, device, domain->iommu);
	if (!ret)
		ret = ioas_prepare_msi(group, domain->iommu);
	if (!ret)
		ret = ioas_reserve_aperture(call, space, group, domain->iommu);
	if (!ret)
		ret = ioas_fill_domain(space, domain);
	return ret;
}

/* Let a group into a domain of the space; true if the driver agrees. */
static struct ioas_domain *ioas_share_domain(struct ioas_space *space,
					     struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	struct ioas_domain *domain;

	list_for_each_entry(domain, &space->domains, node)
		if (ioas_domain_may_serve(domain, device->dev) &&
		    !ioas_group_attach(group->iommu_group, &group->blocked,
				       domain->iommu))
			return domain;
	return NULL;
}

static struct ioas_domain *ioas_add_domain(struct ioas_call *call,
					   struct ioas_space *space,
					   struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	struct ioas_domain *domain = ioas_domain_create(device->dev,
							space->granule);
	int ret;

	if (IS_ERR(domain))
		return domain;
	ret = ioas_group_attach(group->iommu_group, &group->blocked,
				domain->iommu);
	if (ret)
		goto destroy;
	ret = ioas_setup_domain(call, space, device, domain);
	if (ret)
		goto detach;
	ioas_domain_trace_faults(domain, space->obj.id);
	list_add_tail(&domain->node, &space->domains);
	return domain;

detach:
	ioas_group_detach(group->iommu_group, &group->blocked, domain->iommu);
destroy:
	ioas_domain_destroy(domain);
	return ERR_PTR(ret);
}

static struct ioas_domain *ioas_find_domain(struct ioas_call *call,
					    struct ioas_space *space,
					    struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	struct ioas_domain *domain = ioas_share_domain(space, device);
	int ret;

	if (!domain)
		return ioas_add_domain(call, space, device);
	/* Its aperture is kept by each of its groups, so that any may leave. */
	ret = ioas_reserve_aperture(call, space, group, domain->iommu);
	if (!ret)
		return domain;
	ioas_group_detach(group->iommu_group, &group->blocked, domain->iommu);
	return ERR_PTR(ret);
}

/* Attach a blocked group. Called with group->lock and domains_sem for write. */
static int ioas_attach_group(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	struct ioas_domain *domain;
	int ret;

	ioas_set_owner(group, device);
	ret = ioas_reserve_regions(call, space, group);
	if (ret)
		goto unreserve;
	domain = ioas_find_domain(call, space, device);
	if (IS_ERR(domain)) {
		ret = ioas_fail_iommu(call, device, PTR_ERR(domain));
		goto unreserve;
	}
	domain->num_groups++;
	list_add_tail(&group->space_node, &space->groups);
	group->domain = domain;
	group->space = space;
	return 0;

unreserve:
	ioas_unreserve(space, group);
	return ret;
}

/* Block an attached group. Called with group->lock and domains_sem for write. */
static void ioas_detach_group(struct ioas_group *group)
{
	struct ioas_space *space = group->space;
	struct ioas_domain *domain = group->domain;

	ioas_group_detach(group->iommu_group, &group->blocked, domain->iommu);
	ioas_unreserve(space, group);
	list_del(&group->space_node);
	group->space = NULL;
	group->domain = NULL;
	if (--domain->num_groups)
		return;
	/* The memory stays pinned: it belongs to the space. */
	list_del(&domain->node);
	ioas_domain_destroy(domain);
}

static int ioas_check_attach(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	bool same_ctx;
	int ret;

	ret = ioas_device_check(call, device);
	if (ret)
		return ret;
	if (device->attached)
		return ioas_fail(call, -EEXIST, IOASID_REASON_DEVICE_ATTACHED,
				 "%s is attached to space %u already; detach it first",
				 device->name, group->space->obj.id);
	if (!group->space || group->space == space)
		return 0;
	/* An id means nothing in another context. */
	same_ctx = group->space->obj.ctx == call->ctx;
	ioas_fail(call, -EBUSY, IOASID_REASON_GROUP_ATTACHED,
		  "%s of the same group %d is attached to another space",
		  group->owner_name, group->id);
	return ioas_fail_range(call, -EBUSY, 0, 0,
			       same_ctx ? group->owner_id : 0);
}

/* Called with group->lock. */
static int ioas_attach_device(struct ioas_call *call, struct ioas_space *space,
			      struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	int ret;

	ret = ioas_check_attach(call, space, device);
	if (ret)
		return ret;
	down_write(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else if (!group->space)
		ret = ioas_attach_group(call, space, device);
	if (!ret) {
		device->attached = true;
		group->num_attached++;
		space->num_devices++;
	}
	up_write(&space->domains_sem);
	return ret;
}

/* Name another attached device of the group in errors from now on. */
static void ioas_change_owner(struct ioas_group *group)
{
	struct ioas_device *device;

	lockdep_assert_held_write(&group->space->domains_sem);
	mutex_lock(&group->space->lock);
	list_for_each_entry(device, &group->devices, group_node)
		if (device->attached)
			ioas_set_owner(group, device);
	mutex_unlock(&group->space->lock);
}

/**
 * ioas_device_detach() - Detach a device if it is attached
 * @device: the device
 *
 * Context: may sleep; group->lock.
 */
void ioas_device_detach(struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	struct ioas_space *space = group->space;
	u64 begin = ioas_trace_begin(ioasid_detach);

	lockdep_assert_held(&group->lock);
	if (!device->attached)
		return;
	down_write(&space->domains_sem);
	device->attached = false;
	group->num_attached--;
	space->num_devices--;
	if (group->num_attached)
		ioas_change_owner(group);
	else
		ioas_detach_group(group);
	up_write(&space->domains_sem);
	trace_ioasid_detach(device->name, device->obj.id, device->cookie,
			    space->obj.id, 0, ioas_trace_nsec(begin));
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

/**
 * ioas_cmd_detach() - IOASID_DETACH
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_detach(struct ioas_call *call)
{
	struct ioas_device *device;
	int ret;

	device = ioas_device_get(call, call->ctx, call->data.detach.dev_id);
	if (IS_ERR(device))
		return PTR_ERR(device);
	mutex_lock(&device->group->lock);
	ret = ioas_device_check(call, device);
	if (!ret && !device->attached)
		ret = ioas_fail(call, -EINVAL, IOASID_REASON_DEVICE_DETACHED,
				"%s is not attached", device->name);
	if (!ret)
		ioas_device_detach(device);
	mutex_unlock(&device->group->lock);
	ioas_device_put(device);
	return ret;
}
