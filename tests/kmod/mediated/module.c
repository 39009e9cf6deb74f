// SPDX-License-Identifier: GPL-2.0
/*
 * ioas_mediated.ko: mediated devices for tests, whose DMA is done by the CPU.
 * mediated.h says what a program sees of them.
 *
 *	devices=N		how many
 *	kinds=KIND[@PARENT],...	what the driver of each declares; nothing if it is not named.
 *				KIND is software, none, identity, driver or cpu, by who
 *				translates its PASIDs, PARENT the number of the mock device
 *				of which all but the first are a part
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mediated/internal.h"

unsigned int mediated_devices = 4;
module_param_named(devices, mediated_devices, uint, 0444);
MODULE_PARM_DESC(devices, "How many devices there are");

#define MAX_KINDS	16

static char *kinds[MAX_KINDS];
static unsigned int num_kinds;
module_param_array(kinds, charp, &num_kinds, 0444);
MODULE_PARM_DESC(kinds, "What is declared of each device: software, none, identity, driver or cpu, and @ with the number of a mock device");

/**
 * mediated_kind() - What is to be declared of a device
 * @n: its number
 *
 * Return: for mediated_declare().
 */
const char *mediated_kind(unsigned int n)
{
	return n < num_kinds ? kinds[n] : NULL;
}

/**
 * mediated_create() - A device
 * @dev: in the kernel's tree of devices
 * @backend: how it comes by memory
 *
 * Return: the device, or NULL without memory.
 */
struct mediated *mediated_create(struct device *dev,
				 const struct mediated_backend *backend)
{
	struct mediated *md = kzalloc(sizeof(*md), GFP_KERNEL);

	if (!md)
		return NULL;
	md->backend = backend;
	md->dev = dev;
	mutex_init(&md->lock);
	INIT_LIST_HEAD(&md->holds);
	init_rwsem(&md->issuing);
	xa_init(&md->pairs);
	return md;
}

/**
 * mediated_destroy() - Free a device
 * @md: the device, which VFIO no longer has
 */
void mediated_destroy(struct mediated *md)
{
	mutex_destroy(&md->lock);
	xa_destroy(&md->pairs);
	kfree(md);
}

/**
 * mediated_open() - VFIO opens a device
 * @md: the device
 */
void mediated_open(struct mediated *md)
{
	mutex_lock(&md->lock);
	md->behaviour = 0;
	memset(&md->state, 0, sizeof(md->state));
	mutex_unlock(&md->lock);
}

/**
 * mediated_close() - VFIO closes a device
 * @md: the device
 */
void mediated_close(struct mediated *md)
{
	mutex_lock(&md->lock);
	mediated_forget(md, !(md->behaviour & MEDIATED_FORGETFUL));
	mutex_unlock(&md->lock);
}

static int ioctl_dma(struct mediated *md, void __user *user)
{
	struct mediated_dma dma;
	int ret;

	if (copy_from_user(&dma, user, sizeof(dma)))
		return -EFAULT;
	ret = mediated_dma(md, &dma);
	if (!ret && copy_to_user(user, &dma, sizeof(dma)))
		ret = -EFAULT;
	return ret;
}

static int ioctl_hold(struct mediated *md, unsigned int cmd, void __user *user)
{
	struct mediated_hold hold;

	if (copy_from_user(&hold, user, sizeof(hold)))
		return -EFAULT;
	return cmd == MEDIATED_HOLD ? mediated_hold(md, &hold) :
				      mediated_unhold(md, &hold);
}

static int ioctl_touch(struct mediated *md, void __user *user)
{
	struct mediated_touch touch;
	int ret;

	if (copy_from_user(&touch, user, sizeof(touch)))
		return -EFAULT;
	ret = mediated_touch(md, &touch);
	if (!ret && copy_to_user(user, &touch, sizeof(touch)))
		ret = -EFAULT;
	return ret;
}

static int ioctl_state(struct mediated *md, void __user *user)
{
	struct mediated_state state;

	mutex_lock(&md->lock);
	state = md->state;
	mutex_unlock(&md->lock);
	state.pairs = READ_ONCE(md->num_pairs);
	return copy_to_user(user, &state, sizeof(state)) ? -EFAULT : 0;
}

static int ioctl_behave(struct mediated *md, unsigned long how)
{
	if (how & ~(MEDIATED_STUBBORN | MEDIATED_FORGETFUL | MEDIATED_REFUSING))
		return -EINVAL;
	mutex_lock(&md->lock);
	md->behaviour = how;
	mutex_unlock(&md->lock);
	return 0;
}

/**
 * mediated_ioctl() - A program asks a device for something
 * @md: the device
 * @cmd: see mediated.h
 * @arg: likewise
 *
 * Return: 0 or a negative errno.
 */
long mediated_ioctl(struct mediated *md, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case MEDIATED_DMA:
		return ioctl_dma(md, user);
	case MEDIATED_HOLD:
	case MEDIATED_UNHOLD:
		return ioctl_hold(md, cmd, user);
	case MEDIATED_TOUCH:
		return ioctl_touch(md, user);
	case MEDIATED_BEHAVE:
		return ioctl_behave(md, arg);
	case MEDIATED_STATE:
		return ioctl_state(md, user);
	}
	return -ENOTTY;
}

static int __init mediated_init(void)
{
	int ret = mediated_driver_init();

	if (ret)
		return ret;
	ret = mediated_offer_init();
	if (ret)
		mediated_driver_exit();
	return ret;
}

static void __exit mediated_exit(void)
{
	mediated_offer_exit();
	mediated_driver_exit();
}

module_init(mediated_init);
module_exit(mediated_exit);

MODULE_DESCRIPTION("Mediated devices whose DMA is done by the CPU, for the tests of ioasidfd");
MODULE_AUTHOR("The ioasidfd developers");
MODULE_LICENSE("GPL");
