// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of PASIDs. The IOMMU translates DMA by requester id and PASID, and several devices
 * can have the same requester id: one that a driver has cut in parts. Who may use the
 * table together is decided when a device is bound, who has which number here, and the
 * kernel is told when DMA of it is attached.
 *
 * A number can be of several devices if a CPU puts it into the work: then all of them go
 * to one space.
 *
 * Called by pair.c, cpu.c and attachment.c, under group->lock of one of the devices.
 */
#include <linux/slab.h>

#include "command.h"
#include "device/device.h"
#include "device/table.h"

static DEFINE_MUTEX(ioas_tables_lock);
static LIST_HEAD(ioas_tables);	/* struct ioas_table, by the lock */

/**
 * struct ioas_slot - A PASID that is taken
 * @ctx: whose devices may share it; NULL: nobody's
 * @space: where its DMA goes; NULL while it moves
 * @users: devices that have taken it
 * @attached: those of them whose DMA the IOMMU lets into @domain
 * @domain: what the IOMMU has for it, NULL if nothing
 * @handles: the kernel's, of which one is in use after a replacement
 * @handle: which is free
 * @id: the device that took it first, in @owner
 * @owner: the context of that device
 * @name: its name
 */
struct ioas_slot {
	struct ioas_ctx *ctx;
	struct ioas_space *space;
	unsigned int users;
	unsigned int attached;
	struct iommu_domain *domain;
	struct ioas_attach_handle handles[2];
	unsigned int handle;
	struct ioas_ctx *owner;
	u32 id;
	char name[IOASID_NAME_LEN];
};

static struct ioas_table *ioas_table_create(struct device *rid)
{
	struct ioas_table *table = kzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);

	if (!table)
		return NULL;
	table->rid = get_device(rid);
	mutex_init(&table->lock);
	xa_init_flags(&table->slots, XA_FLAGS_ACCOUNT);
	INIT_LIST_HEAD(&table->devices);
	list_add_tail(&table->node, &ioas_tables);
	return table;
}

static void ioas_table_destroy(struct ioas_table *table)
{
	list_del(&table->node);
	put_device(table->rid);
	mutex_destroy(&table->lock);
	xa_destroy(&table->slots);
	kfree(table);
}

static struct ioas_table *ioas_table_find(struct device *rid)
{
	struct ioas_table *table;

	list_for_each_entry(table, &ioas_tables, node)
		if (table->rid == rid)
			return table;
	return NULL;
}

static bool ioas_is_identity(struct ioas_device *device)
{
	return device->pasid_kind == IOASID_PASIDS_IDENTITY;
}

/* Why two devices cannot share a table; NULL if they can. */
static const char *ioas_why_apart(struct ioas_device *device,
				  struct ioas_device *other)
{
	if (ioas_is_identity(device) && ioas_is_identity(other))
		return "both want its PASIDs to be numbered by their users";
	if (device->obj.ctx == other->obj.ctx)
		return NULL;
	if (ioas_is_identity(device) || ioas_is_identity(other))
		return "the user of one of them could name the PASIDs of the other's";
	return NULL;
}

/* An id means nothing in another context. */
static u32 ioas_id_for(struct ioas_device *device, struct ioas_ctx *ctx, u32 id)
{
	return device->obj.ctx == ctx ? id : 0;
}

static int ioas_table_check(struct ioas_call *call, struct ioas_table *table,
			    struct ioas_device *device)
{
	struct ioas_device *other;
	const char *why;

	list_for_each_entry(other, &table->devices, table_node) {
		why = ioas_why_apart(device, other);
		if (!why)
			continue;
		ioas_fail(call, -EBUSY, IOASID_REASON_PASID_TABLE,
			  "%s and %s share the requester id of %s, and %s",
			  device->name, other->name, dev_name(table->rid), why);
		return ioas_fail_range(call, -EBUSY, 0, 0,
				       ioas_id_for(device, other->obj.ctx,
						   other->obj.id));
	}
	return 0;
}

static int ioas_table_add(struct ioas_call *call, struct ioas_device *device)
{
	struct ioas_table *table = ioas_table_find(device->rid);
	int ret;

	if (!table)
		table = ioas_table_create(device->rid);
	if (!table)
		return -ENOMEM;
	ret = ioas_table_check(call, table, device);
	if (ret)
		return ret;
	list_add_tail(&device->table_node, &table->devices);
	device->table = table;
	return 0;
}

/**
 * ioas_table_join() - A device that has PASIDs is being bound
 * @call: the command
 * @device: the device
 *
 * Context: may sleep; group->lock.
 * Return: 0, -ENOMEM, or -EBUSY if it cannot be bound beside another one.
 */
int ioas_table_join(struct ioas_call *call, struct ioas_device *device)
{
	int ret;

	mutex_lock(&ioas_tables_lock);
	ret = ioas_table_add(call, device);
	mutex_unlock(&ioas_tables_lock);
	return ret;
}

/**
 * ioas_table_leave() - A device is no longer bound, or was not after all
 * @device: the device, detached
 *
 * Context: may sleep; group->lock.
 */
void ioas_table_leave(struct ioas_device *device)
{
	struct ioas_table *table = device->table;

	if (!table)
		return;
	device->table = NULL;
	mutex_lock(&ioas_tables_lock);
	list_del_init(&device->table_node);
	if (list_empty(&table->devices))
		ioas_table_destroy(table);
	mutex_unlock(&ioas_tables_lock);
}

static int ioas_slot_add(struct ioas_device *device, struct ioas_space *space,
			 u32 hw_pasid, bool share)
{
	struct ioas_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!slot)
		return -ENOMEM;
	slot->ctx = share ? device->obj.ctx : NULL;
	slot->space = space;
	slot->users = 1;
	slot->owner = device->obj.ctx;
	slot->id = device->obj.id;
	strscpy(slot->name, device->name, sizeof(slot->name));
	ret = xa_insert(&device->table->slots, hw_pasid, slot,
			GFP_KERNEL_ACCOUNT);
	if (ret)
		kfree(slot);
	return ret;
}

static int ioas_slot_join(struct ioas_call *call, struct ioas_device *device,
			  struct ioas_space *space, u32 hw_pasid,
			  struct ioas_slot *slot, bool share)
{
	bool same = share && slot->ctx == device->obj.ctx;

	if (same && slot->space == space) {
		slot->users++;
		return 0;
	}
	ioas_fail(call, -EBUSY, IOASID_REASON_PASID_TABLE,
		  "PASID %u of %s is used for %s already%s", hw_pasid,
		  dev_name(device->rid), slot->name,
		  same ? ", and goes to another space" : "");
	return ioas_fail_range(call, -EBUSY, 0, 0,
			       ioas_id_for(device, slot->owner, slot->id));
}

/**
 * ioas_slot_take() - Take a certain PASID
 * @call: the command
 * @device: the device
 * @space: where its DMA will go
 * @hw_pasid: which
 * @share: other devices of the context can have it, too
 *
 * Context: may sleep; group->lock.
 * Return: 0, -EBUSY or -ENOMEM.
 */
int ioas_slot_take(struct ioas_call *call, struct ioas_device *device,
		   struct ioas_space *space, u32 hw_pasid, bool share)
{
	struct ioas_table *table = device->table;
	struct ioas_slot *slot;
	int ret;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	if (slot)
		ret = ioas_slot_join(call, device, space, hw_pasid, slot, share);
	else
		ret = ioas_slot_add(device, space, hw_pasid, share);
	mutex_unlock(&table->lock);
	return ret;
}

static u32 ioas_highest_free(struct ioas_table *table)
{
	u32 hw_pasid = ioas_max_pasids(table->rid);

	while (--hw_pasid)
		if (!xa_load(&table->slots, hw_pasid))
			break;
	return hw_pasid;
}

/**
 * ioas_slot_take_any() - Take a PASID that is nobody's
 * @call: the command
 * @device: the device
 * @space: where its DMA will go
 * @hw_pasid: out: which
 *
 * The highest one: the host itself, which takes PASIDs for processes, begins with the
 * lowest, and so do users who number their own.
 *
 * Context: may sleep; group->lock.
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int ioas_slot_take_any(struct ioas_call *call, struct ioas_device *device,
		       struct ioas_space *space, u32 *hw_pasid)
{
	struct ioas_table *table = device->table;
	int ret;

	mutex_lock(&table->lock);
	*hw_pasid = ioas_highest_free(table);
	if (*hw_pasid)
		ret = ioas_slot_add(device, space, *hw_pasid, false);
	else
		ret = ioas_fail(call, -ENOSPC, IOASID_REASON_PASID,
				"all PASIDs of %s are taken",
				dev_name(table->rid));
	mutex_unlock(&table->lock);
	return ret;
}

/**
 * ioas_slot_give() - Give a PASID back
 * @table: the table
 * @hw_pasid: which; DMA of it is detached
 *
 * Context: may sleep; group->lock.
 */
void ioas_slot_give(struct ioas_table *table, u32 hw_pasid)
{
	struct ioas_slot *slot;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	if (!--slot->users) {
		xa_erase(&table->slots, hw_pasid);
		kfree(slot);
	}
	mutex_unlock(&table->lock);
}

/**
 * ioas_slot_is_taken() - Has somebody this PASID
 * @table: the table
 * @hw_pasid: which
 *
 * Context: any; that it is free may be over when this returns.
 * Return: true if so.
 */
bool ioas_slot_is_taken(struct ioas_table *table, u32 hw_pasid)
{
	return xa_load(&table->slots, hw_pasid);
}

/**
 * ioas_slot_start_move() - DMA with a PASID is about to go to another space
 * @call: the command
 * @device: the device
 * @hw_pasid: which
 *
 * Context: may sleep; group->lock. Nobody joins until ioas_slot_finish_move().
 * Return: 0, or -EBUSY if it is another device's DMA as well.
 */
int ioas_slot_start_move(struct ioas_call *call, struct ioas_device *device,
			 u32 hw_pasid)
{
	struct ioas_table *table = device->table;
	struct ioas_slot *slot;
	int ret = 0;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	if (slot->users == 1)
		slot->space = NULL;
	else
		ret = ioas_fail(call, -EBUSY, IOASID_REASON_PASID_TABLE,
				"PASID %u of %s is used for %u devices, which move one by one only: detach the others",
				hw_pasid, dev_name(table->rid), slot->users);
	mutex_unlock(&table->lock);
	return ret;
}

/**
 * ioas_slot_finish_move() - DMA with a PASID has arrived, or has come back
 * @table: the table
 * @hw_pasid: which
 * @space: where it goes
 *
 * Context: may sleep; group->lock.
 */
void ioas_slot_finish_move(struct ioas_table *table, u32 hw_pasid,
			   struct ioas_space *space)
{
	struct ioas_slot *slot;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	slot->space = space;
	mutex_unlock(&table->lock);
}

/**
 * ioas_slot_attach() - Let DMA with a PASID into a domain
 * @table: the table
 * @hw_pasid: which; the caller has taken it
 * @domain: the domain
 *
 * Context: may sleep; group->lock, and domains_sem of the domain's space for write.
 * Return: 0, -EBUSY if it is in another domain, or what the kernel says.
 */
int ioas_slot_attach(struct ioas_table *table, u32 hw_pasid,
		     struct iommu_domain *domain)
{
	struct ioas_slot *slot;
	int ret = 0;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	if (!slot->attached)
		ret = ioas_pasid_attach(table->rid, hw_pasid, domain);
	else if (slot->domain != domain)
		ret = -EBUSY;
	if (!ret) {
		slot->attached++;
		slot->domain = domain;
	}
	mutex_unlock(&table->lock);
	return ret;
}

/**
 * ioas_slot_replace() - Let DMA with a PASID into another domain instead
 * @table: the table
 * @hw_pasid: which; between ioas_slot_start_move() and ioas_slot_finish_move()
 * @domain: the domain
 *
 * Context: may sleep; as for ioas_slot_attach().
 * Return: 0 or what the kernel says; then it goes where it went.
 */
int ioas_slot_replace(struct ioas_table *table, u32 hw_pasid,
		      struct iommu_domain *domain)
{
	struct ioas_slot *slot;
	int ret;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	ret = ioas_pasid_replace(table->rid, hw_pasid,
				 &slot->handles[slot->handle], domain);
	if (!ret) {
		slot->handle = !slot->handle;
		slot->domain = domain;
	}
	mutex_unlock(&table->lock);
	return ret;
}

/**
 * ioas_slot_detach() - Block DMA with a PASID, unless it is another device's as well
 * @table: the table
 * @hw_pasid: which; it is attached
 *
 * Context: may sleep; as for ioas_slot_attach().
 */
void ioas_slot_detach(struct ioas_table *table, u32 hw_pasid)
{
	struct ioas_slot *slot;

	mutex_lock(&table->lock);
	slot = xa_load(&table->slots, hw_pasid);
	if (!--slot->attached) {
		ioas_pasid_detach(table->rid, hw_pasid, slot->domain);
		slot->domain = NULL;
	}
	mutex_unlock(&table->lock);
}
