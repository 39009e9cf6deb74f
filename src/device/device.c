// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a binding: from VFIO_IOASID_BIND to VFIO_IOASID_UNBIND, to the end of
 * its context, or to the device leaving its container or its driver. In the last two
 * cases the id stays, and everything but IOASID_FREE answers ENODEV.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "command.h"
#include "context/context.h"
#include "device/attachment.h"
#include "device/declared.h"
#include "device/device.h"
#include "device/table.h"
#include "space/access.h"

/**
 * ioas_device_leave_group() - Take a device out of its group, detached
 * @device: a bound device
 * @state: what becomes of it
 *
 * Context: may sleep; group->lock.
 */
void ioas_device_leave_group(struct ioas_device *device,
			     enum ioas_device_state state)
{
	lockdep_assert_held(&device->group->lock);
	ioas_device_detach(device);
	ioas_table_leave(device);
	ioas_declared_leave(device);
	list_del_init(&device->group_node);
	device->state = state;
}

/**
 * ioas_device_set_gone() - A device left its container or its driver
 * @device: a bound device
 *
 * Context: may sleep; group->lock.
 */
void ioas_device_set_gone(struct ioas_device *device)
{
	ioas_device_leave_group(device, IOAS_DEVICE_GONE);
}

/**
 * ioas_device_lose_driver() - A device's driver goes, or that of its parent
 * @device: a device, which may be bound no more
 *
 * What is left is nobody's to drive.
 *
 * Context: may sleep; no locks of the module's.
 */
void ioas_device_lose_driver(struct ioas_device *device)
{
	mutex_lock(&device->group->lock);
	if (device->state == IOAS_DEVICE_BOUND)
		ioas_device_set_gone(device);
	mutex_unlock(&device->group->lock);
}

/*
 * A device can lose its driver while the rest of its group stays with the user. Called
 * by the bus, under the device's lock.
 */
static int ioas_device_notify(struct notifier_block *nb, unsigned long action,
			      void *data)
{
	struct ioas_device *device = container_of(nb, struct ioas_device,
						  unbind_nb);

	if (data != device->dev || action != BUS_NOTIFY_UNBOUND_DRIVER)
		return NOTIFY_DONE;
	ioas_device_lose_driver(device);
	return NOTIFY_OK;
}

/*
 * The device whose requester id the DMA carries loses its driver. What its IOMMU has of
 * ours is taken from it before.
 */
static int ioas_parent_notify(struct notifier_block *nb, unsigned long action,
			      void *data)
{
	struct ioas_device *device = container_of(nb, struct ioas_device,
						  parent_nb);

	/* Who is bound in between finds the driver there, and is seen the second time. */
	if (data != device->parent ||
	    (action != BUS_NOTIFY_UNBIND_DRIVER &&
	     action != BUS_NOTIFY_UNBOUND_DRIVER))
		return NOTIFY_DONE;
	ioas_device_lose_driver(device);
	return NOTIFY_OK;
}

/* A device without an IOMMU of its own need not be on a bus. */
static int ioas_watch(struct device *dev, struct notifier_block *nb)
{
	return dev && dev->bus ? bus_register_notifier(dev->bus, nb) : 0;
}

static void ioas_unwatch(struct device *dev, struct notifier_block *nb)
{
	if (dev && dev->bus)
		bus_unregister_notifier(dev->bus, nb);
}

static int ioas_watch_drivers(struct ioas_device *device)
{
	int ret = ioas_watch(device->dev, &device->unbind_nb);

	if (ret)
		return ret;
	ret = ioas_watch(device->parent, &device->parent_nb);
	if (ret)
		ioas_unwatch(device->dev, &device->unbind_nb);
	return ret;
}

static void ioas_unwatch_drivers(struct ioas_device *device)
{
	ioas_unwatch(device->parent, &device->parent_nb);
	ioas_unwatch(device->dev, &device->unbind_nb);
}

static void ioas_set_declared(struct ioas_device *device,
			      struct ioas_declared *declared)
{
	const struct ioasidfd_intent *what = &declared->what;

	ioas_declared_get(declared);
	device->declared = declared;
	device->intent = what->intent;
	device->pasid_kind = what->pasids;
	if (!what->parent)
		return;
	device->parent = get_device(what->parent);
	device->parent_group = iommu_group_get(what->parent);
	device->rid = device->parent;
}

/* Of a VFIO device that is like any other its whole requester id is the user's. */
static void ioas_set_intent(struct ioas_device *device,
			    struct ioas_declared *declared)
{
	bool owned = device->group->owned;

	device->rid = owned ? device->dev : NULL;
	device->intent = owned ? IOASID_INTENT_RID : IOASID_INTENT_SOFTWARE;
	device->pasid_kind = owned ? IOASID_PASIDS_IDENTITY : IOASID_PASIDS_NONE;
	if (declared)
		ioas_set_declared(device, declared);
}

/**
 * ioas_device_create() - A device that is in no group's list yet, and has no id
 * @group: its group
 * @dev: the device
 * @declared: what its driver has declared; NULL if it has not
 * @cookie: the user's
 *
 * Context: may sleep.
 * Return: the device, for ioas_device_release(), or NULL.
 */
struct ioas_device *ioas_device_create(struct ioas_group *group,
				       struct device *dev,
				       struct ioas_declared *declared,
				       u64 cookie)
{
	struct ioas_device *device = kzalloc(sizeof(*device),
					     GFP_KERNEL_ACCOUNT);

	if (!device)
		return NULL;
	ioas_group_get(group);
	device->group = group;
	device->dev = get_device(dev);
	device->cookie = cookie;
	strscpy(device->name, dev_name(dev), sizeof(device->name));
	INIT_LIST_HEAD(&device->group_node);
	INIT_LIST_HEAD(&device->pasids);
	INIT_LIST_HEAD(&device->declared_node);
	INIT_LIST_HEAD(&device->table_node);
	device->unbind_nb.notifier_call = ioas_device_notify;
	device->parent_nb.notifier_call = ioas_parent_notify;
	ioas_set_intent(device, declared);
	return device;
}

/**
 * ioas_device_release() - The last reference to a binding is gone
 * @device: the device, out of its group and off the bus' notifiers
 */
void ioas_device_release(struct ioas_device *device)
{
	if (device->parent_group)
		iommu_group_put(device->parent_group);
	put_device(device->parent);
	if (device->declared)
		ioas_declared_put(device->declared);
	ioas_group_put(device->group);
	put_device(device->dev);
	kfree(device);
}

static int ioas_check_unbound(struct ioas_call *call,
			      struct ioas_device *device)
{
	struct ioas_device *other;
	bool same_ctx;

	list_for_each_entry(other, &device->group->devices, group_node) {
		if (other->dev != device->dev || !other->obj.ctx)
			continue;
		/* An id means nothing in another context. */
		same_ctx = other->obj.ctx == device->obj.ctx;
		ioas_fail(call, -EEXIST, IOASID_REASON_DEVICE_BOUND,
			  "%s is bound already%s", device->name,
			  same_ctx ? "" : ", to another context");
		return ioas_fail_range(call, -EEXIST, 0, 0,
				       same_ctx ? other->obj.id : 0);
	}
	return 0;
}

/*
 * A driver can go at any time, unless the device is locked. Waiting for that would let
 * whoever unbinds it wait for us while we wait for him; so a device that is locked
 * passes, which lets nobody do more than hold its id.
 */
static bool ioas_is_stub(struct device *dev)
{
	bool stub;

	if (!device_trylock(dev))
		return false;
	stub = dev->driver && !strcmp(dev->driver->name, "pci-stub");
	device_unlock(dev);
	return stub;
}

static bool ioas_is_bridge(struct device *dev)
{
	return dev_is_pci(dev) &&
	       to_pci_dev(dev)->hdr_type != PCI_HEADER_TYPE_NORMAL;
}

/*
 * VFIO lets a group in whose other devices have no driver, are bridges, or are kept by
 * pci-stub. Those are not for user space to drive.
 */
static int ioas_check_driver(struct ioas_call *call, struct device *dev)
{
	const char *what = NULL;

	if (ioas_is_bridge(dev))
		what = "is a bridge";
	else if (!READ_ONCE(dev->driver))
		what = "has no driver; bind it to vfio-pci first";
	else if (ioas_is_stub(dev))
		what = "has the driver pci-stub; bind it to vfio-pci first";
	if (!what)
		return 0;
	return ioas_fail(call, -EINVAL, IOASID_REASON_DRIVER, "%s %s",
			 dev_name(dev), what);
}

static int ioas_find_driven_by_host(struct device *dev, void *data)
{
	struct device **found = data;

	if (!ioas_is_driven_by_host(dev) || ioas_is_bridge(dev) ||
	    ioas_is_stub(dev))
		return 0;
	*found = get_device(dev);
	return 1;
}

/* What the host's drivers have mapped for DMA must not get into a user's space. */
static int ioas_check_members(struct ioas_call *call, struct ioas_group *group)
{
	struct device *dev = NULL;

	iommu_group_for_each_dev(group->iommu_group, &dev,
				 ioas_find_driven_by_host);
	if (!dev)
		return 0;
	ioas_fail(call, -EINVAL, IOASID_REASON_DRIVER,
		  "%s of group %d has a driver of the host's; bind it to vfio-pci, or to none",
		  dev_name(dev), group->id);
	put_device(dev);
	return -EINVAL;
}

static int ioas_check_drivers(struct ioas_call *call,
			      struct ioas_device *device)
{
	int ret = ioas_check_driver(call, device->dev);

	return ret ? ret : ioas_check_members(call, device->group);
}

/* What has an IOMMU in front of it and what has not, VFIO knows as well. */
static int ioas_check_declared(struct ioas_call *call,
			       struct ioas_device *device)
{
	bool whole = device->intent & IOASID_INTENT_RID;

	if (whole == device->group->owned)
		return 0;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_INTENT,
			 "the driver of %s has declared that its DMA %s its own requester id, but VFIO has it as a device %s an IOMMU",
			 device->name, whole ? "carries" : "does not carry",
			 whole ? "without" : "with");
}

/* What depends on the other devices of the same requester id, and on its IOMMU. */
static int ioas_learn(struct ioas_call *call, struct ioas_device *device)
{
	int ret = 0;

	if (device->parent && !READ_ONCE(device->parent->driver))
		ret = ioas_fail(call, -ENODEV, IOASID_REASON_DEVICE_GONE,
				"%s, which has the requester id of %s, has no driver",
				dev_name(device->parent), device->name);
	else if (device->parent)
		ret = ioas_check_parent_pasids(call, device);
	if (!ret && device->rid && ioas_max_pasids(device->rid))
		ret = ioas_table_join(call, device);
	return ret ? ret : ioas_device_read_iommu(call, device);
}

static int ioas_enlist(struct ioas_call *call, struct ioas_device *device)
{
	/* The parent's driver can have gone since it is watched. */
	int ret = ioas_device_check(call, device);

	if (!ret)
		ret = ioas_declared_join(call, device);
	if (ret)
		return ret;
	ret = ioas_learn(call, device);
	if (ret) {
		ioas_table_leave(device);
		ioas_declared_leave(device);
		return ret;
	}
	list_add_tail(&device->group_node, &device->group->devices);
	return 0;
}

static int ioas_join_group(struct ioas_call *call, struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	int ret;

	if (!group->iommu_group)
		return ioas_fail(call, -ENODEV, IOASID_REASON_CONTAINER,
				 "the group of %s has left the container",
				 device->name);
	/* VFIO makes a group of its own for a device without an IOMMU, when it has a driver. */
	ret = group->owned ? ioas_check_drivers(call, device) : 0;
	if (!ret)
		ret = ioas_check_declared(call, device);
	if (!ret)
		ret = ioas_check_unbound(call, device);
	return ret ? ret : ioas_enlist(call, device);
}

/* A device with an id and watched drivers, which is in no list yet; see ioas_abandon(). */
static struct ioas_device *ioas_start_binding(struct ioas_ctx *ctx,
					      struct ioas_group *group,
					      struct device *dev,
					      struct ioas_declared *declared,
					      u64 cookie)
{
	struct ioas_device *device;
	int ret;

	device = ioas_device_create(group, dev, declared, cookie);
	if (!device)
		return ERR_PTR(-ENOMEM);
	ret = ioas_object_reserve(ctx, &device->obj, IOAS_OBJECT_DEVICE);
	if (ret)
		goto put;
	ret = ioas_watch_drivers(device);
	if (!ret)
		return device;
	ioas_object_abort(&device->obj);
put:
	ioas_device_put(device);
	return ERR_PTR(ret);
}

/* Whoever withdraws a declaration may have a reference for another moment. */
static void ioas_abandon(struct ioas_device *device)
{
	ioas_unwatch_drivers(device);
	ioas_object_abort(&device->obj);
	ioas_device_put(device);
}

static int ioas_finish_binding(struct ioas_call *call,
			       struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	int ret;

	mutex_lock(&group->lock);
	ret = ioas_join_group(call, device);
	mutex_unlock(&group->lock);
	if (ret)
		return ret;
	call->data.bind.dev_id = device->obj.id;
	ret = ioas_respond(call);
	if (!ret)
		return 0;
	mutex_lock(&group->lock);
	if (device->state == IOAS_DEVICE_BOUND)
		ioas_device_leave_group(device, IOAS_DEVICE_UNBOUND);
	mutex_unlock(&group->lock);
	return ret;
}

/**
 * ioas_device_bind() - Bind a device to a context
 * @call: the command, whose out member dev_id is set
 * @ctx: the context, whose file the caller holds
 * @group: the device's group
 * @dev: the device
 * @cookie: the user's
 *
 * The notifier is registered before the driver is looked at: a driver that goes
 * after that look is noticed.
 *
 * Context: may sleep; no locks held.
 * Return: 0 or a negative errno, see VFIO_IOASID_BIND.
 */
int ioas_device_bind(struct ioas_call *call, struct ioas_ctx *ctx,
		     struct ioas_group *group, struct device *dev, u64 cookie)
{
	struct ioas_declared *declared = ioas_declared_find(dev);
	struct ioas_device *device;
	int ret;

	device = ioas_start_binding(ctx, group, dev, declared, cookie);
	if (declared)
		ioas_declared_put(declared);
	if (IS_ERR(device))
		return PTR_ERR(device);
	ret = ioas_finish_binding(call, device);
	if (ret)
		ioas_abandon(device);
	else
		ioas_object_finalize(&device->obj);
	return ret;
}

/**
 * ioas_device_bind_driver() - Bind a device of a driver that is not VFIO's
 * @call: for the reason of a failure
 * @ctx: the context, whose file the caller holds
 * @group: a group of its own, which no container has
 * @declared: the device, and what its driver declares
 * @cookie: the driver's
 *
 * Context: may sleep; no locks held.
 * Return: the device with a reference for the driver, or an ERR_PTR.
 */
struct ioas_device *ioas_device_bind_driver(struct ioas_call *call,
					    struct ioas_ctx *ctx,
					    struct ioas_group *group,
					    struct ioas_declared *declared,
					    u64 cookie)
{
	struct ioas_device *device;
	int ret;

	device = ioas_start_binding(ctx, group, declared->what.dev, declared,
				    cookie);
	if (IS_ERR(device))
		return device;
	mutex_lock(&group->lock);
	ret = ioas_enlist(call, device);
	mutex_unlock(&group->lock);
	if (ret) {
		ioas_abandon(device);
		return ERR_PTR(ret);
	}
	refcount_inc(&device->obj.refs);
	ioas_object_finalize(&device->obj);
	return device;
}

/**
 * ioas_device_get() - Look up the device of a command
 * @call: the command
 * @ctx: the context
 * @id: its id, from user space
 *
 * Return: the device with a reference, to be given back with ioas_device_put(), or
 * an ERR_PTR: -ENOENT.
 */
struct ioas_device *ioas_device_get(struct ioas_call *call,
				    struct ioas_ctx *ctx, u32 id)
{
	struct ioas_object *obj = ioas_object_get(ctx, id);

	if (obj && obj->type == IOAS_OBJECT_DEVICE)
		return ioas_device_from_object(obj);
	if (obj)
		ioas_object_put(obj);
	return ERR_PTR(ioas_fail_object(call, id, "device"));
}

/**
 * ioas_device_put() - Give a reference back
 * @device: the device
 */
void ioas_device_put(struct ioas_device *device)
{
	ioas_object_put(&device->obj);
}

/**
 * ioas_device_check() - Is a device still there
 * @call: the command
 * @device: the device
 *
 * Context: group->lock.
 * Return: 0, -ENODEV, or -ENOENT if another thread unbound it.
 */
int ioas_device_check(struct ioas_call *call, struct ioas_device *device)
{
	switch (device->state) {
	case IOAS_DEVICE_BOUND:
		return 0;
	case IOAS_DEVICE_GONE:
		return ioas_fail(call, -ENODEV, IOASID_REASON_DEVICE_GONE,
				 "%s has left its container or its driver; only IOASID_FREE works on it",
				 device->name);
	case IOAS_DEVICE_UNBOUND:
		break;
	}
	return ioas_fail_object(call, device->obj.id, "device");
}

/**
 * ioas_device_unbind() - End a binding and its id, whatever state it is in
 * @device: a device that was found in its context; the caller has a reference
 *
 * Context: may sleep; no locks held.
 * Return: false if another thread was faster.
 */
bool ioas_device_unbind(struct ioas_device *device)
{
	struct ioas_group *group = device->group;
	bool first;

	mutex_lock(&group->lock);
	first = device->state != IOAS_DEVICE_UNBOUND;
	if (device->state == IOAS_DEVICE_BOUND)
		ioas_device_leave_group(device, IOAS_DEVICE_UNBOUND);
	device->state = IOAS_DEVICE_UNBOUND;
	mutex_unlock(&group->lock);
	if (!first)
		return false;
	ioas_unwatch_drivers(device);
	ioas_object_remove_once(&device->obj);
	return true;
}

/**
 * ioas_device_end() - The context of a device ends
 * @device: the device, of which the caller has a reference
 *
 * Context: may sleep; no locks held.
 */
void ioas_device_end(struct ioas_device *device)
{
	if (ioas_device_unbind(device) && device->group->access)
		ioas_access_end(device->group->access);
}

/**
 * ioas_device_free_gone() - Free the id of a device that is gone
 * @call: the command
 * @device: the device, of which the caller has a reference
 *
 * A device that is gone does not come back, so it may be looked at and ended in
 * two steps.
 *
 * Context: may sleep; no locks held.
 * Return: 0, -EBUSY if it is bound, -ENOENT if another thread was faster.
 */
int ioas_device_free_gone(struct ioas_call *call, struct ioas_device *device)
{
	bool bound;

	mutex_lock(&device->group->lock);
	bound = device->state == IOAS_DEVICE_BOUND;
	mutex_unlock(&device->group->lock);
	if (bound) {
		ioas_fail(call, -EBUSY, IOASID_REASON_IN_USE,
			  "%s is bound; use VFIO_IOASID_UNBIND", device->name);
		return ioas_fail_range(call, -EBUSY, 0, 0, device->obj.id);
	}
	if (!ioas_device_unbind(device))
		return ioas_fail_object(call, device->obj.id, "object");
	return 0;
}
