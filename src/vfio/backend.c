// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU backend that VFIO calls.
 *
 * VFIO holds a reference on this module from open to release, but an ioctl may
 * still be running, or just about to start, when release drops it. An ioctl that
 * gets here therefore takes its own reference before it does anything else, and
 * leaves at once if it cannot have one. What remains are the few instructions
 * before that and after giving it back; they do not sleep, and ioas_vfio_exit() waits
 * until no task can be in them.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/vfio.h>

#include "command.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Let devices be used whose DMA can forge interrupts, because the platform cannot remap them");

static bool type1;
module_param(type1, bool, 0644);
MODULE_PARM_DESC(type1,
		 "Serve containers of VFIO's type1 as well, in place of vfio_iommu_type1; those that are open stay as they are");

/*
 * VFIO asks the backend first that was registered last. With this order it is ours, whose
 * parameter above decides.
 */
MODULE_SOFTDEP("pre: vfio_iommu_type1");

/* Indexed by number: a new command is appended. */
static const struct ioas_command ioas_container_commands[] = {
	IOAS_COMMAND(VFIO_IOASID_BIND, vfio_ioasid_bind, cookie, 0, 0,
		     ioas_cmd_bind),
	IOAS_COMMAND(VFIO_IOASID_UNBIND, vfio_ioasid_unbind, dev_id, 0, 0,
		     ioas_cmd_unbind),
	IOAS_COMMAND(VFIO_IOASID_ADOPT, vfio_ioasid_adopt, ioasid, 0, 0,
		     ioas_cmd_adopt),
};

/* What a container answers from which VFIO has taken the last group. */
static const struct ioas_command ioas_closed_commands[] = {
	IOAS_COMMAND(VFIO_IOASID_BIND, vfio_ioasid_bind, cookie, 0, 0,
		     ioas_fail_closed),
	IOAS_COMMAND(VFIO_IOASID_UNBIND, vfio_ioasid_unbind, dev_id, 0, 0,
		     ioas_fail_closed),
	IOAS_COMMAND(VFIO_IOASID_ADOPT, vfio_ioasid_adopt, ioasid, 0, 0,
		     ioas_fail_closed),
};

static long ioas_closed_ioctl(struct ioas_call *call, unsigned int cmd)
{
	if (_IOC_TYPE(cmd) == VFIO_TYPE)
		return -ENODEV;
	return ioas_command_run(ioas_closed_commands,
				ARRAY_SIZE(ioas_closed_commands), call, cmd);
}

static long ioas_open_ioctl(struct ioas_call *call, unsigned int cmd)
{
	if (call->container->type1 && _IOC_TYPE(cmd) == VFIO_TYPE)
		return ioas_type1_ioctl(call, cmd);
	return ioas_command_run(ioas_container_commands,
				ARRAY_SIZE(ioas_container_commands), call, cmd);
}

static long ioas_container_ioctl(void *iommu_data, unsigned int cmd,
				 unsigned long arg)
{
	struct ioas_call call;
	long ret;

	call.ctx = NULL;
	call.container = ioas_container_get(iommu_data);
	call.killable = false;
	call.user = (void __user *)arg;
	if (!call.container)
		return ioas_closed_ioctl(&call, cmd);
	ret = ioas_open_ioctl(&call, cmd);
	ioas_container_put(call.container);
	return ret;
}

/* Before a container has a backend all of them are asked, with no data. */
static long ioas_check_extension(void *iommu_data, unsigned long arg)
{
	struct ioas_container *container;
	long ret;

	if (!iommu_data)
		return arg == VFIO_IOASID_IOMMU ||
		       (READ_ONCE(type1) && ioas_type1_extension(NULL, arg));
	container = ioas_container_get(iommu_data);
	if (!container)
		return 0;
	if (container->type1)
		ret = ioas_type1_extension(container->type1, arg);
	else
		ret = arg == VFIO_IOASID_IOMMU;
	ioas_container_put(container);
	return ret;
}

static long ioas_vfio_ioctl(void *iommu_data, unsigned int cmd,
			    unsigned long arg)
{
	long ret;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	if (cmd == VFIO_CHECK_EXTENSION)
		ret = ioas_check_extension(iommu_data, arg);
	else
		ret = ioas_container_ioctl(iommu_data, cmd, arg);
	module_put(THIS_MODULE);
	return ret;
}

static void *ioas_vfio_open(unsigned long arg)
{
	if (arg == VFIO_IOASID_IOMMU ||
	    (READ_ONCE(type1) && ioas_type1_is_type(arg)))
		return ioas_container_open(arg);
	return ERR_PTR(-EINVAL);
}

static void ioas_vfio_release(void *iommu_data)
{
	ioas_container_release(iommu_data);
}

/*
 * A device that can forge interrupts can attack the host although its DMA is blocked,
 * as on some platforms an interrupt is a write that no IOMMU looks at. The rule, and
 * the way to overrule it, are VFIO type1's.
 */
static int ioas_check_interrupts(struct iommu_group *iommu_group)
{
	if (allow_unsafe_interrupts ||
	    iommu_group_has_isolated_msi(iommu_group))
		return 0;
	pr_notice_ratelimited("group %d refused: its devices can forge interrupts, because interrupt remapping is off or missing; turn it on, or load with allow_unsafe_interrupts=1 if you trust the devices' users\n",
			      iommu_group_id(iommu_group));
	return -EPERM;
}

/*
 * POWER's IOMMUs have windows of entries (TCEs) that VFIO's own backend for them fills; the
 * kernel has no I/O page tables for them that others could. Software devices do without.
 */
static int ioas_check_platform(struct iommu_group *iommu_group)
{
	if (!IS_ENABLED(CONFIG_SPAPR_TCE_IOMMU))
		return 0;
	pr_notice_ratelimited("group %d refused: on POWER the IOMMU has TCE windows and no I/O page tables; only VFIO's own backend can use it\n",
			      iommu_group_id(iommu_group));
	return -EOPNOTSUPP;
}

static int ioas_check_group(struct iommu_group *iommu_group)
{
	int ret = ioas_check_platform(iommu_group);

	return ret ? ret : ioas_check_interrupts(iommu_group);
}

/**
 * ioas_vfio_attach_group() - VFIO brings a group
 * @iommu_data: the container
 * @iommu_group: the group
 * @type: what VFIO takes its devices for
 *
 * Context: may sleep; VFIO's container lock.
 * Return: 0 or a negative errno.
 */
int ioas_vfio_attach_group(void *iommu_data, struct iommu_group *iommu_group,
			   enum vfio_group_type type)
{
	bool software = type == VFIO_EMULATED_IOMMU;
	struct ioas_container *container;
	int ret;

	if (type != VFIO_IOMMU && !software)
		return -EOPNOTSUPP;
	ret = software ? 0 : ioas_check_group(iommu_group);
	if (ret)
		return ret;
	container = ioas_container_get(iommu_data);
	ret = ioas_container_add_group(container, iommu_group, software);
	ioas_container_put(container);
	return ret;
}

static void ioas_vfio_detach_group(void *iommu_data,
				   struct iommu_group *iommu_group)
{
	struct ioas_container *container = ioas_container_get(iommu_data);

	ioas_container_remove_group(container, iommu_group);
	ioas_container_put(container);
}

static const struct vfio_iommu_driver_ops ioas_vfio_ops = {
	.name = "ioasidfd",
	.owner = THIS_MODULE,
	.open = ioas_vfio_open,
	.release = ioas_vfio_release,
	.ioctl = ioas_vfio_ioctl,
	.detach_group = ioas_vfio_detach_group,
	.dma_rw = ioas_vfio_dma_rw,
	IOAS_VFIO_SOFTWARE_OPS,
};

/**
 * ioas_vfio_init() - Offer the backend to VFIO
 *
 * Return: 0 or a negative errno.
 */
int ioas_vfio_init(void)
{
	return vfio_register_iommu_driver(&ioas_vfio_ops);
}

/**
 * ioas_vfio_exit() - Take the backend back
 *
 * No container uses it, as each holds the module. A task may have read the backend's
 * address from a container before that one was released, and not have called it
 * yet. It cannot sleep in between, so it is through, and refused, when every task has
 * slept or returned to user space.
 *
 * Context: may sleep, for up to a second.
 */
void ioas_vfio_exit(void)
{
	synchronize_rcu_tasks();
	vfio_unregister_iommu_driver(&ioas_vfio_ops);
	ioas_container_exit();
}
