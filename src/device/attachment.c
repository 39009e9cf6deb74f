// SPDX-License-Identifier: GPL-2.0
/*
 * Attachments: how DMA of a group, or with one PASID of a device, gets into a space and
 * out of it. What the caller attaches, and whether it may, is known by rid.c and pasid.c.
 *
 * An attachment joins a domain that the space has already if the IOMMU's driver lets
 * it; otherwise a new domain is filled with what the space holds.
 *
 * A new domain is attached first and filled then: some drivers know the format of
 * their table only when it is attached, and until the call returns nobody may
 * expect DMA to work. Only a replacement without a window has to fill it first.
 *
 * Called with group->lock held. The locks of the space are taken here.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "command.h"
#include "device/attachment.h"
#include "device/device.h"
#include "dirty/dirty.h"
#include "device/table.h"
#include "domain/domain.h"
#include "space/space.h"

/* An attachment on its way into its space. */
struct ioas_entry {
	struct ioas_call *call;
	struct ioas_device *device;
	struct ioas_attachment *attachment;
	struct ioas_attachment *old;	/* it replaces this; NULL: DMA is blocked */
	bool left;			/* what it replaces is left */
	struct list_head regions;	/* struct ioas_region */
};

/**
 * ioas_fail_iommu() - Fail a command because a device's IOMMU cannot
 * @call: the command
 * @device: the device
 * @err: what the kernel said
 *
 * Return: @err if it means something to the caller, as we gave the reason; else
 * -EOPNOTSUPP: an errno of a driver's own could be mistaken for one of ours.
 */
int ioas_fail_iommu(struct ioas_call *call, struct ioas_device *device, int err)
{
	if (call->extack.reason || err == -ENOMEM || err == -EINTR)
		return err;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
			 "the driver of the IOMMU refused to attach %s (%d)",
			 device->name, err);
}

/**
 * ioas_attachment_name() - Say which device an attachment is named after
 * @attachment: the attachment
 * @device: the device
 *
 * Context: group->lock; the locks of the space if the attachment is in one.
 */
void ioas_attachment_name(struct ioas_attachment *attachment,
			  struct ioas_device *device)
{
	attachment->owner_id = device->obj.id;
	strscpy(attachment->owner_name, device->name,
		sizeof(attachment->owner_name));
}

/**
 * ioas_attachment_create() - An attachment that is not attached yet
 * @space: where it will go
 * @device: the device, or one of the group
 * @pasid: the user's PASID, 0 for the group's DMA without one
 * @hw_pasid: the PASID that its DMA carries, which the caller has taken; 0 if none
 *
 * Context: may sleep; group->lock.
 * Return: the attachment, for ioas_attachment_free(), or NULL.
 */
struct ioas_attachment *ioas_attachment_create(struct ioas_space *space,
					       struct ioas_device *device,
					       u32 pasid, u32 hw_pasid)
{
	struct ioas_attachment *attachment = kzalloc(sizeof(*attachment),
						     GFP_KERNEL_ACCOUNT);

	if (!attachment)
		return NULL;
	/* Who frees the space as soon as it is left must not free its locks. */
	refcount_inc(&space->obj.refs);
	attachment->group = device->group;
	attachment->space = space;
	attachment->dev = device->rid;
	attachment->iommu_group = ioas_device_iommu_group(device);
	attachment->pasid = pasid;
	attachment->hw_pasid = hw_pasid;
	attachment->table = device->table;
	INIT_LIST_HEAD(&attachment->device_node);
	INIT_LIST_HEAD(&attachment->reserved);
	INIT_LIST_HEAD(&attachment->aperture);
	ioas_attachment_name(attachment, device);
	return attachment;
}

/**
 * ioas_attachment_free() - Free an attachment that is in no space
 * @attachment: the attachment
 *
 * Context: may sleep; none of the space's locks.
 */
void ioas_attachment_free(struct ioas_attachment *attachment)
{
	ioas_space_put(attachment->space);
	kfree(attachment);
}

/* From blocked into a domain. */
static int ioas_hw_attach(struct ioas_attachment *attachment,
			  struct iommu_domain *domain)
{
	struct ioas_group *group = attachment->group;

	if (attachment->hw_pasid)
		return ioas_slot_attach(attachment->table, attachment->hw_pasid,
					domain);
	return ioas_group_attach(group->iommu_group, &group->blocked, domain);
}

static void ioas_hw_detach(struct ioas_attachment *attachment,
			   struct iommu_domain *domain)
{
	struct ioas_group *group = attachment->group;

	if (attachment->hw_pasid)
		ioas_slot_detach(attachment->table, attachment->hw_pasid);
	else
		ioas_group_detach(group->iommu_group, &group->blocked, domain);
}

/* Where it was stays as it is if this fails. */
static int ioas_hw_enter(struct ioas_entry *entry, struct ioas_domain *domain)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_group *group = attachment->group;

	if (!entry->old)
		return ioas_hw_attach(attachment, domain->iommu);
	if (attachment->hw_pasid)
		return ioas_slot_replace(attachment->table, attachment->hw_pasid,
					 domain->iommu);
	return ioas_group_replace(group->iommu_group, &attachment->handle,
				  domain->iommu);
}

static int ioas_reserve_regions(struct ioas_entry *entry)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_space *space = attachment->space;
	struct ioas_region *region;
	int ret = 0;

	mutex_lock(&space->lock);
	list_for_each_entry(region, &entry->regions, node) {
		ret = ioas_reserved_add(entry->call, space, &attachment->reserved,
					attachment, region->first, region->last,
					IOAS_RESERVED_REGION,
					ioas_region_words(region->kind));
		if (ret)
			break;
	}
	mutex_unlock(&space->lock);
	return ret;
}

static void ioas_unreserve(struct ioas_attachment *attachment,
			   struct list_head *list)
{
	struct ioas_space *space = attachment->space;

	mutex_lock(&space->lock);
	ioas_reserved_remove(space, list);
	mutex_unlock(&space->lock);
}

static int ioas_reserve_aperture(struct ioas_entry *entry,
				 struct iommu_domain *iommu)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_space *space = attachment->space;
	int ret;

	mutex_lock(&space->lock);
	ret = ioas_reserved_add_outside(entry->call, space,
					&attachment->aperture, attachment,
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

static int ioas_fill_domain(struct ioas_call *call, struct ioas_space *space,
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
		if (ioas_interrupted(call))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int ioas_check_page_sizes(struct ioas_entry *entry,
				 struct iommu_domain *iommu)
{
	unsigned long smallest = iommu->pgsize_bitmap &
				 -iommu->pgsize_bitmap;

	if (smallest && smallest <= PAGE_SIZE)
		return 0;
	return ioas_fail(entry->call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
			 "the smallest page of the IOMMU of %s is 0x%lx, larger than the CPU's 0x%lx",
			 entry->device->name, smallest, PAGE_SIZE);
}

/*
 * Where interrupts are memory writes that the IOMMU translates, the kernel has to
 * map the interrupt controller into the user's space. Known by a region of software
 * MSI without one of hardware MSI; the rule is VFIO type1's.
 */
static int ioas_prepare_msi(struct ioas_entry *entry,
			    struct iommu_domain *iommu)
{
	struct ioas_region *region;
	unsigned long base = 0;
	bool software = false;
	int ret;

	/* Interrupts are sent without PASID. */
	if (entry->attachment->hw_pasid)
		return 0;
	list_for_each_entry(region, &entry->regions, node) {
		if (region->kind == IOASID_RESV_MSI)
			return 0;
		if (region->kind == IOASID_RESV_SW_MSI) {
			software = true;
			base = region->first;
		}
	}
	ret = software ? iommu_get_msi_cookie(iommu, base) : 0;
	return ret == -ENODEV ? 0 : ret;
}

static int ioas_setup_domain(struct ioas_entry *entry,
			     struct ioas_domain *domain)
{
	struct ioas_attachment *attachment = entry->attachment;
	int ret;

	if (entry->device->enforces_snoop)
		ioas_domain_enforce_snoop(domain, attachment->dev);
	ret = ioas_check_page_sizes(entry, domain->iommu);
	if (!ret)
		ret = ioas_prepare_msi(entry, domain->iommu);
	if (!ret)
		ret = ioas_reserve_aperture(entry, domain->iommu);
	if (!ret)
		ret = ioas_fill_domain(entry->call, attachment->space,
				       domain);
	return ret;
}

/* The aperture is kept by each attachment to a domain, so that any may leave. */
static int ioas_try_domain(struct ioas_entry *entry, struct ioas_domain *domain)
{
	int ret = ioas_reserve_aperture(entry, domain->iommu);

	if (!ret)
		ret = ioas_hw_enter(entry, domain);
	if (ret)
		ioas_unreserve(entry->attachment, &entry->attachment->aperture);
	return ret;
}

/* The IOMMU's driver says whether one of the space's domains will do. */
static struct ioas_domain *ioas_share_domain(struct ioas_entry *entry)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_domain *domain;

	list_for_each_entry(domain, &attachment->space->domains, node) {
		if (!ioas_domain_may_serve(domain, attachment->dev,
					   entry->device->enforces_snoop))
			continue;
		if (!ioas_try_domain(entry, domain))
			return domain;
		ioas_forget_failure(entry->call);
	}
	return NULL;
}

static int ioas_enter_blocked(struct ioas_entry *entry,
			      struct ioas_domain *domain)
{
	int ret = ioas_hw_enter(entry, domain);

	if (ret)
		return ret;
	ret = ioas_setup_domain(entry, domain);
	if (ret)
		ioas_hw_detach(entry->attachment, domain->iommu);
	return ret;
}

static int ioas_enter_replacing(struct ioas_entry *entry,
				struct ioas_domain *domain)
{
	int ret = ioas_setup_domain(entry, domain);

	return ret ? ret : ioas_hw_enter(entry, domain);
}

static struct ioas_domain *ioas_create_domain(struct ioas_entry *entry)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_space *space = attachment->space;
	u32 flags = attachment->hw_pasid ? IOAS_DOMAIN_PASID : 0;
	struct ioas_domain *domain;

	if (space->tracks)
		flags |= IOAS_DOMAIN_TRACKS;
	domain = ioas_domain_create(attachment->dev, space->granule, flags);
	if (space->tracks && PTR_ERR_OR_ZERO(domain) == -EOPNOTSUPP)
		ioas_fail(entry->call, -EOPNOTSUPP, IOASID_REASON_DIRTY,
			  "the IOMMU of %s, or this kernel, cannot mark what the device writes, for which the space was made",
			  entry->device->name);
	return domain;
}

static struct ioas_domain *ioas_add_domain(struct ioas_entry *entry)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_space *space = attachment->space;
	struct ioas_domain *domain;
	int ret;

	domain = ioas_create_domain(entry);
	if (IS_ERR(domain))
		return domain;
	/* From the first DMA on. */
	ret = ioas_dirty_join(space, domain);
	if (ret) {
		ioas_domain_destroy(domain);
		return ERR_PTR(ret);
	}
	ret = entry->old ? ioas_enter_replacing(entry, domain) :
			   ioas_enter_blocked(entry, domain);
	if (ret) {
		ioas_domain_destroy(domain);
		return ERR_PTR(ret);
	}
	ioas_domain_trace_faults(domain, space->obj.id);
	list_add_tail(&domain->node, &space->domains);
	return domain;
}

/* Ranges that the attachment brings, before anything of the hardware is touched. */
static int ioas_entry_start(struct ioas_entry *entry)
{
	int ret = ioas_regions_get(entry->attachment->iommu_group,
				   &entry->regions);

	return ret ? ret : ioas_reserve_regions(entry);
}

/* After ioas_entry_start(), whether that succeeded or not. */
static void ioas_entry_cancel(struct ioas_entry *entry)
{
	struct ioas_attachment *attachment = entry->attachment;

	ioas_unreserve(attachment, &attachment->aperture);
	ioas_unreserve(attachment, &attachment->reserved);
	ioas_regions_put(&entry->regions);
}

static int ioas_fail_entry(struct ioas_entry *entry, int err)
{
	struct ioas_attachment *attachment = entry->attachment;

	/* What is ours of the table is known before the kernel is asked. */
	if (err == -EBUSY && attachment->hw_pasid)
		return ioas_fail(entry->call, -EBUSY, IOASID_REASON_IN_USE,
				 "the host uses PASID %u of %s, or resets it",
				 attachment->hw_pasid,
				 dev_name(attachment->dev));
	return ioas_fail_iommu(entry->call, entry->device, err);
}

static int ioas_entry_finish(struct ioas_entry *entry)
{
	struct ioas_attachment *attachment = entry->attachment;
	struct ioas_space *space = attachment->space;
	struct ioas_domain *domain;

	domain = ioas_share_domain(entry) ?: ioas_add_domain(entry);
	if (IS_ERR(domain))
		return ioas_fail_entry(entry, PTR_ERR(domain));
	domain->num_attachments++;
	attachment->domain = domain;
	list_add_tail(&attachment->space_node, &space->attachments);
	ioas_regions_put(&entry->regions);
	return 0;
}

/* Called with domains_sem for write. */
static int ioas_enter(struct ioas_entry *entry)
{
	int ret = ioas_entry_start(entry);

	if (!ret)
		ret = ioas_entry_finish(entry);
	if (ret)
		ioas_entry_cancel(entry);
	return ret;
}

/**
 * ioas_attachment_enter() - Let blocked DMA into a space
 * @call: the command
 * @attachment: the attachment
 * @device: the device that asks for it
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno; then DMA is blocked as before.
 */
int ioas_attachment_enter(struct ioas_call *call,
			  struct ioas_attachment *attachment,
			  struct ioas_device *device)
{
	struct ioas_space *space = attachment->space;
	struct ioas_entry entry = {
		.call = call,
		.device = device,
		.attachment = attachment,
		.regions = LIST_HEAD_INIT(entry.regions),
	};
	int ret;

	if (ioas_device_is_software(device))
		return ioas_software_enter(call, attachment, device);
	down_write(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else
		ret = ioas_enter(&entry);
	if (!ret)
		space->num_devices++;
	up_write(&space->domains_sem);
	return ret;
}

/* Take an attachment whose DMA is elsewhere by now out of its space. */
static void ioas_drop(struct ioas_attachment *attachment)
{
	struct ioas_domain *domain = attachment->domain;

	ioas_unreserve(attachment, &attachment->aperture);
	ioas_unreserve(attachment, &attachment->reserved);
	list_del(&attachment->space_node);
	if (--domain->num_attachments)
		return;
	ioas_dirty_leave(attachment->space, domain);
	/* The memory stays pinned: it belongs to the space. */
	list_del(&domain->node);
	ioas_domain_destroy(domain);
}

/**
 * ioas_attachment_leave() - Block DMA that goes to a space
 * @attachment: the attachment, freed here
 *
 * Context: may sleep; group->lock.
 */
void ioas_attachment_leave(struct ioas_attachment *attachment)
{
	struct ioas_space *space = attachment->space;

	if (!attachment->dev) {
		ioas_software_leave(attachment);
		ioas_attachment_free(attachment);
		return;
	}
	down_write(&space->domains_sem);
	ioas_hw_detach(attachment, attachment->domain->iommu);
	ioas_drop(attachment);
	space->num_devices--;
	up_write(&space->domains_sem);
	ioas_attachment_free(attachment);
}

static int ioas_fail_blocked(struct ioas_entry *entry, int err)
{
	struct ioas_call *call = entry->call;

	/* The caller has to know this rather than why it began. */
	call->extack.reason = IOASID_REASON_NONE;
	ioas_fail(call, -EIO, IOASID_REASON_BLOCKED,
		  "%s could not be moved (%d), nor put back; it is detached and its DMA blocked",
		  entry->device->name, err);
	return ioas_fail_range(call, -EIO, 0, 0, entry->device->obj.id);
}

/* Both ends of the window are here. The old domain stays until it is dropped. */
static int ioas_enter_by_window(struct ioas_entry *entry)
{
	struct ioas_attachment *old = entry->old;
	int ret = ioas_entry_start(entry);

	if (ret) {
		ioas_entry_cancel(entry);
		return ret;
	}
	entry->old = NULL;
	ioas_hw_detach(old, old->domain->iommu);
	ret = ioas_entry_finish(entry);
	entry->left = !ret;
	if (!ret)
		return 0;
	ioas_entry_cancel(entry);
	if (!ioas_hw_attach(old, old->domain->iommu))
		return ret;
	entry->left = true;
	return ioas_fail_blocked(entry, ret);
}

/*
 * Some drivers of IOMMUs look without a lock at who is attached to a domain while they map
 * in it: VT-d's until 6.8. So a domain is left with the lock of its space held as well.
 */
static void ioas_lock_both(struct ioas_space *a, struct ioas_space *b)
{
	if (a > b)
		swap(a, b);
	down_write(&a->domains_sem);
	down_write_nested(&b->domains_sem, SINGLE_DEPTH_NESTING);
}

/**
 * ioas_attachment_move() - Let DMA of one space into another instead
 * @call: the command
 * @old: where it is; freed here if it is left
 * @new: where it goes
 * @device: the device that asks for it
 * @devices: devices that both stand for
 * @window: block DMA in between
 * @left: out: @old is left: for @new, or, on failure, because there was no way back
 *
 * A space to which a device is attached is not freed, and group->lock keeps the device
 * where it is. At once, the kernel's core leaves the old domain; kernels that can do that
 * have drivers that can map meanwhile.
 *
 * Context: may sleep; group->lock.
 * Return: 0 or a negative errno; then DMA goes where it went, or is blocked if @left.
 */
int ioas_attachment_move(struct ioas_call *call, struct ioas_attachment *old,
			 struct ioas_attachment *new, struct ioas_device *device,
			 unsigned int devices, bool window, bool *left)
{
	struct ioas_space *from = old->space, *to = new->space;
	struct ioas_entry entry = {
		.call = call,
		.device = device,
		.attachment = new,
		.old = old,
		.regions = LIST_HEAD_INIT(entry.regions),
	};
	int ret;

	if (ioas_device_is_software(device))
		return ioas_software_move(call, old, new, device, devices, left);
	if (window)
		ioas_lock_both(from, to);
	else
		down_write(&to->domains_sem);
	if (to->freed)
		ret = ioas_fail_object(call, to->obj.id, "I/O address space");
	else
		ret = window ? ioas_enter_by_window(&entry) : ioas_enter(&entry);
	if (!ret)
		to->num_devices += devices;
	if (window)
		up_write(&from->domains_sem);
	up_write(&to->domains_sem);
	*left = !ret || entry.left;
	if (!*left)
		return ret;

	down_write(&from->domains_sem);
	ioas_drop(old);
	from->num_devices -= devices;
	up_write(&from->domains_sem);
	ioas_attachment_free(old);
	return ret;
}
