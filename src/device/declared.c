// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers declare of the DMA of their devices. One that is VFIO's is found here when
 * its user binds the device; the others come with their binding.
 *
 * Called by drivers, by device.c under group->lock, and by driver.c.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "command.h"
#include "compat/export.h"
#include "device/declared.h"
#include "device/device.h"

static DEFINE_MUTEX(ioas_declared_lock);
static LIST_HEAD(ioas_declared_list);	/* struct ioas_declared, by the lock */

/* What can be declared: a row for each combination of intents. */
static const struct {
	u32 intent;
	bool parent;
	u32 pasids;	/* bit n: enum ioasid_pasid_kind n */
} ioas_intents[] = {
	{ IOASID_INTENT_SOFTWARE, false, BIT(IOASID_PASIDS_NONE) },
	{ IOASID_INTENT_RID, false, BIT(IOASID_PASIDS_NONE) },
	{ IOASID_INTENT_RID | IOASID_INTENT_PASID, false,
	  BIT(IOASID_PASIDS_IDENTITY) | BIT(IOASID_PASIDS_DRIVER) },
	{ IOASID_INTENT_PASID, true,
	  BIT(IOASID_PASIDS_NONE) | BIT(IOASID_PASIDS_IDENTITY) |
	  BIT(IOASID_PASIDS_DRIVER) },
	{ IOASID_INTENT_PASID | IOASID_INTENT_ENQCMD, true,
	  BIT(IOASID_PASIDS_CPU) },
};

static bool ioas_intent_is_known(const struct ioasidfd_intent *what)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ioas_intents); i++)
		if (what->intent == ioas_intents[i].intent)
			return !what->parent == !ioas_intents[i].parent &&
			       what->pasids < 32 &&
			       ioas_intents[i].pasids & BIT(what->pasids);
	return false;
}

/* Must the driver be told what its DMA is to carry? */
static bool ioas_intent_has_pairs(const struct ioasidfd_intent *what)
{
	return what->parent || what->pasids == IOASID_PASIDS_DRIVER;
}

static bool ioas_intent_is_sane(const struct ioasidfd_intent *what)
{
	if (!what->dev || !what->ops || !ioas_intent_is_known(what))
		return false;
	return !ioas_intent_has_pairs(what) ||
	       (what->ops->pasid_attach && what->ops->pasid_detach);
}

/**
 * ioas_declared_create() - Keep what a driver declares
 * @what: the declaration
 *
 * Context: may sleep.
 * Return: the declaration, for ioas_declared_put(), or an ERR_PTR: -EINVAL, -ENOMEM.
 */
struct ioas_declared *ioas_declared_create(const struct ioasidfd_intent *what)
{
	struct ioas_declared *declared;

	if (!ioas_intent_is_sane(what))
		return ERR_PTR(-EINVAL);
	declared = kzalloc(sizeof(*declared), GFP_KERNEL_ACCOUNT);
	if (!declared)
		return ERR_PTR(-ENOMEM);
	refcount_set(&declared->refs, 1);
	declared->what = *what;
	INIT_LIST_HEAD(&declared->node);
	INIT_LIST_HEAD(&declared->devices);
	return declared;
}

/**
 * ioas_declared_get() - Take a reference
 * @declared: of which the caller has one
 */
void ioas_declared_get(struct ioas_declared *declared)
{
	refcount_inc(&declared->refs);
}

/**
 * ioas_declared_put() - Give a reference back
 * @declared: may be gone afterwards
 */
void ioas_declared_put(struct ioas_declared *declared)
{
	if (refcount_dec_and_test(&declared->refs))
		kfree(declared);
}

/* Called with the lock. */
static struct ioas_declared *ioas_declared_lookup(struct device *dev)
{
	struct ioas_declared *declared;

	list_for_each_entry(declared, &ioas_declared_list, node)
		if (declared->what.dev == dev)
			return declared;
	return NULL;
}

/**
 * ioas_declared_find() - What the driver of a VFIO device has declared
 * @dev: the device
 *
 * Context: may sleep.
 * Return: the declaration with a reference, or NULL.
 */
struct ioas_declared *ioas_declared_find(struct device *dev)
{
	struct ioas_declared *declared;

	mutex_lock(&ioas_declared_lock);
	declared = ioas_declared_lookup(dev);
	if (declared)
		ioas_declared_get(declared);
	mutex_unlock(&ioas_declared_lock);
	return declared;
}

/**
 * ioas_declared_join() - A device is being bound as its driver has declared
 * @call: the command
 * @device: the device
 *
 * Context: may sleep; group->lock. Whoever withdraws the declaration from now on waits
 * for that lock, and finds the device.
 * Return: 0, or -ENODEV if the declaration was withdrawn.
 */
int ioas_declared_join(struct ioas_call *call, struct ioas_device *device)
{
	struct ioas_declared *declared = device->declared;
	bool withdrawn;

	if (!declared)
		return 0;
	mutex_lock(&ioas_declared_lock);
	withdrawn = declared->withdrawn;
	if (!withdrawn)
		list_add_tail(&device->declared_node, &declared->devices);
	mutex_unlock(&ioas_declared_lock);
	if (!withdrawn)
		return 0;
	return ioas_fail(call, -ENODEV, IOASID_REASON_DEVICE_GONE,
			 "the driver of %s is going", device->name);
}

/**
 * ioas_declared_leave() - A device is no longer bound, or was not after all
 * @device: the device
 *
 * Context: may sleep; group->lock.
 */
void ioas_declared_leave(struct ioas_device *device)
{
	mutex_lock(&ioas_declared_lock);
	list_del_init(&device->declared_node);
	mutex_unlock(&ioas_declared_lock);
}

struct ioasidfd_declaration {
	struct ioas_declared *declared;
};

/* False if the driver has declared something of the device before. */
static bool ioas_declared_publish(struct ioas_declared *declared)
{
	bool first;

	mutex_lock(&ioas_declared_lock);
	first = !ioas_declared_lookup(declared->what.dev);
	if (first)
		list_add_tail(&declared->node, &ioas_declared_list);
	mutex_unlock(&ioas_declared_lock);
	return first;
}

/**
 * ioasidfd_declare() - Say what DMA a VFIO device will issue
 * @what: the device, of which nothing is declared yet, and its DMA
 *
 * For a driver of VFIO's, whose user binds the device by VFIO_IOASID_BIND: before it
 * registers the device with VFIO. What is declared with a parent is for devices that are
 * registered as having no IOMMU of their own, the rest for those that are in an IOMMU's
 * group; of the others binding is refused.
 *
 * Context: may sleep; not from a callback.
 * Return: the declaration, to be given to ioasidfd_withdraw(), or an ERR_PTR: -EINVAL
 * (a combination that struct ioasidfd_intent does not have, or a callback is missing),
 * -EEXIST, -ENOMEM.
 */
struct ioasidfd_declaration *
ioasidfd_declare(const struct ioasidfd_intent *what)
{
	struct ioasidfd_declaration *declaration;
	int ret;

	declaration = kzalloc(sizeof(*declaration), GFP_KERNEL);
	if (!declaration)
		return ERR_PTR(-ENOMEM);
	declaration->declared = ioas_declared_create(what);
	ret = PTR_ERR_OR_ZERO(declaration->declared);
	if (ret)
		goto free;
	if (ioas_declared_publish(declaration->declared))
		return declaration;
	ret = -EEXIST;
	ioas_declared_put(declaration->declared);
free:
	kfree(declaration);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_declare);

/**
 * ioasidfd_withdraw() - The driver of a VFIO device goes
 * @declaration: may not be used any more
 *
 * If the device is bound, it is detached, which the driver is told before this returns,
 * and its user's commands on it fail. To be called before the device is taken from VFIO.
 *
 * Context: may sleep; not from a callback.
 */
void ioasidfd_withdraw(struct ioasidfd_declaration *declaration)
{
	struct ioas_declared *declared = declaration->declared;
	struct ioas_device *device;

	mutex_lock(&ioas_declared_lock);
	declared->withdrawn = true;
	list_del_init(&declared->node);
	while (!list_empty(&declared->devices)) {
		device = list_first_entry(&declared->devices,
					  struct ioas_device, declared_node);
		refcount_inc(&device->obj.refs);
		mutex_unlock(&ioas_declared_lock);
		ioas_device_lose_driver(device);
		ioas_device_put(device);
		mutex_lock(&ioas_declared_lock);
	}
	mutex_unlock(&ioas_declared_lock);
	ioas_declared_put(declared);
	kfree(declaration);
}
EXPORT_SYMBOL_IOASIDFD(ioasidfd_withdraw);
