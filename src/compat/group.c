// SPDX-License-Identifier: GPL-2.0
/*
 * Groups blocked by an empty domain, for kernels without DMA ownership.
 *
 * Such a kernel moves a group from one domain to another only by way of the host's
 * default domain. If that is the identity (iommu=pt), a device could reach all of
 * memory for that moment; so it may not master the bus meanwhile, and user space
 * may not touch its configuration to make it.
 *
 * Called under ioas_group.lock.
 */
#include "compat/compat.h"

#if IOAS_HAVE_IOMMU_ATTACH_HANDLE
#include <linux/module.h>

/* MODULE_IMPORT_NS() takes a word or, since 6.13, a string; this is what it makes of both. */
MODULE_INFO(import_ns, "IOMMUFD_INTERNAL");
#endif

#if !IOAS_HAVE_IOMMU_DMA_OWNER

#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/vfio.h>

static int ioas_count_function(struct device *dev, void *data)
{
	struct ioas_blocked *blocked = data;

	blocked->num_functions += dev_is_pci(dev);
	return 0;
}

static int ioas_take_function(struct device *dev, void *data)
{
	struct ioas_blocked *blocked = data;

	if (dev_is_pci(dev))
		blocked->functions[blocked->num_functions++].pdev =
			pci_dev_get(to_pci_dev(dev));
	return 0;
}

static void ioas_put_functions(struct ioas_blocked *blocked)
{
	unsigned int i;

	for (i = 0; i < blocked->num_functions; i++)
		pci_dev_put(blocked->functions[i].pdev);
	kfree(blocked->functions);
	blocked->functions = NULL;
	blocked->num_functions = 0;
}

static int ioas_get_functions(struct iommu_group *group,
			      struct ioas_blocked *blocked)
{
	blocked->num_functions = 0;
	iommu_group_for_each_dev(group, blocked, ioas_count_function);
	blocked->functions = kcalloc(blocked->num_functions,
				     sizeof(*blocked->functions),
				     GFP_KERNEL_ACCOUNT);
	if (!blocked->functions)
		return -ENOMEM;
	blocked->num_functions = 0;
	iommu_group_for_each_dev(group, blocked, ioas_take_function);
	return 0;
}

static int ioas_first_device(struct device *dev, void *data)
{
	*(struct device **)data = dev;
	return 1;
}

static struct device *ioas_any_device(struct iommu_group *group)
{
	struct device *dev = NULL;

	iommu_group_for_each_dev(group, &dev, ioas_first_device);
	return dev;
}

/**
 * ioas_group_block() - Take a group out of the host's default domain
 * @group: the group, which VFIO gave us
 * @blocked: out: how it is blocked
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int ioas_group_block(struct iommu_group *group, struct ioas_blocked *blocked)
{
	struct device *dev = ioas_any_device(group);
	int ret;

	if (!dev)
		return -ENODEV;
	ret = ioas_get_functions(group, blocked);
	if (ret)
		return ret;
	blocked->domain = iommu_domain_alloc(dev->bus);
	ret = blocked->domain ? iommu_attach_group(blocked->domain, group) :
				-ENODEV;
	if (!ret)
		return 0;
	if (blocked->domain)
		iommu_domain_free(blocked->domain);
	ioas_put_functions(blocked);
	return ret;
}

/**
 * ioas_group_unblock() - Give a group back to the host
 * @group: the group, in no domain of ours; VFIO has closed its devices
 * @blocked: how it is blocked
 *
 * Context: may sleep.
 */
void ioas_group_unblock(struct iommu_group *group, struct ioas_blocked *blocked)
{
	iommu_detach_group(blocked->domain, group);
	iommu_domain_free(blocked->domain);
	ioas_put_functions(blocked);
}

/**
 * ioas_is_driven_by_host() - Has a device of a group a driver that is not VFIO's
 * @dev: the device
 *
 * VFIO looks at the drivers of a group's devices only when it opens one of them.
 *
 * Context: may sleep; may be called for each device of a group.
 * Return: true if it has, or if its VFIO driver is on its way out.
 */
bool ioas_is_driven_by_host(struct device *dev)
{
	struct vfio_device *vdev;

	if (!READ_ONCE(dev->driver))
		return false;
	vdev = vfio_device_get_from_dev(dev);
	if (!vdev)
		return true;
	vfio_device_put(vdev);
	return false;
}

/*
 * Take the configuration of all functions, or of none: a bus reset takes them in an
 * order of its own, and waiting with one taken could wait forever.
 */
static bool ioas_try_lock_config(struct ioas_blocked *blocked)
{
	unsigned int i;

	for (i = 0; i < blocked->num_functions; i++)
		if (!pci_cfg_access_trylock(blocked->functions[i].pdev))
			break;
	if (i == blocked->num_functions)
		return true;
	while (i--)
		pci_cfg_access_unlock(blocked->functions[i].pdev);
	return false;
}

static void ioas_stop_bus_master(struct ioas_function *function)
{
	struct pci_dev *pdev = function->pdev;
	u16 command;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	/* A function that is gone answers with all ones. */
	function->was_master = command != (u16)~0 &&
			       (command & PCI_COMMAND_MASTER);
	if (!function->was_master)
		return;
	pci_write_config_word(pdev, PCI_COMMAND, command & ~PCI_COMMAND_MASTER);
	/* The answer to a read pushes ahead of it what the function had sent. */
	pci_read_config_word(pdev, PCI_COMMAND, &command);
}

static void ioas_start_bus_master(struct ioas_function *function)
{
	u16 command;

	if (!function->was_master)
		return;
	pci_read_config_word(function->pdev, PCI_COMMAND, &command);
	pci_write_config_word(function->pdev, PCI_COMMAND,
			      command | PCI_COMMAND_MASTER);
}

static int ioas_switch_domain(struct iommu_group *group,
			      struct iommu_domain *from,
			      struct iommu_domain *to,
			      struct iommu_domain *fallback)
{
	int ret;

	iommu_detach_group(from, group);
	ret = iommu_attach_group(to, group);
	/* A group that failed half way is in two domains; this puts it in one. */
	if (ret && iommu_attach_group(fallback, group))
		pr_err("ioasidfd: group %d cannot be blocked again\n",
		       iommu_group_id(group));
	return ret;
}

/* Move a group between domains with its functions off the bus. */
static int ioas_move_group(struct iommu_group *group,
			   struct ioas_blocked *blocked,
			   struct iommu_domain *from, struct iommu_domain *to)
{
	unsigned int i;
	int ret;

	while (!ioas_try_lock_config(blocked))
		msleep(20);
	for (i = 0; i < blocked->num_functions; i++)
		ioas_stop_bus_master(&blocked->functions[i]);

	ret = ioas_switch_domain(group, from, to, blocked->domain);

	for (i = 0; i < blocked->num_functions; i++) {
		ioas_start_bus_master(&blocked->functions[i]);
		pci_cfg_access_unlock(blocked->functions[i].pdev);
	}
	return ret;
}

/**
 * ioas_group_attach() - Move a blocked group into a domain
 * @group: the group
 * @blocked: how it is blocked
 * @domain: where it goes
 *
 * Context: may sleep.
 * Return: 0 or a negative errno; then it is blocked as before.
 */
int ioas_group_attach(struct iommu_group *group, struct ioas_blocked *blocked,
		      struct iommu_domain *domain)
{
	return ioas_move_group(group, blocked, blocked->domain, domain);
}

/**
 * ioas_group_detach() - Move a group out of a domain and block it
 * @group: the group
 * @blocked: how it will be blocked
 * @domain: where it is
 *
 * Context: may sleep.
 */
void ioas_group_detach(struct iommu_group *group, struct ioas_blocked *blocked,
		       struct iommu_domain *domain)
{
	ioas_move_group(group, blocked, domain, blocked->domain);
}

#endif
