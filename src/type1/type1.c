// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a type1 container, and its ioctls.
 *
 * Called by vfio/, which keeps the container and the module for the call. Groups come
 * and go under the container's lock; ioctls run under none, and may go on when VFIO
 * has already released the container: its space is freed then and refuses.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "chardev.h"
#include "command.h"
#include "compat/vfio.h"
#include "context/context.h"
#include "device/device.h"
#include "space/space.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

/**
 * ioas_type1_is_type() - Is it a number that VFIO_SET_IOMMU takes for type1
 * @arg: the number
 *
 * What used to ask for nesting is the second version since 6.13, and no more than that.
 *
 * Return: true if so.
 */
bool ioas_type1_is_type(unsigned long arg)
{
	return arg == VFIO_TYPE1_IOMMU || arg == VFIO_TYPE1v2_IOMMU ||
	       arg == IOAS_VFIO_TYPE1_NESTING;
}

/**
 * ioas_type1_create() - What a new container needs
 * @arg: a number that ioas_type1_is_type()
 *
 * Context: may sleep.
 * Return: it, or NULL without memory.
 */
struct ioas_type1 *ioas_type1_create(unsigned long arg)
{
	struct ioas_type1 *type1 = kzalloc(sizeof(*type1), GFP_KERNEL_ACCOUNT);

	if (!type1)
		return NULL;
	type1->space = ioas_space_create_held();
	if (!type1->space) {
		kfree(type1);
		return NULL;
	}
	type1->v2 = arg != VFIO_TYPE1_IOMMU;
	return type1;
}

/**
 * ioas_type1_release() - VFIO is done with a container
 * @type1: the container's; its groups have left. ioctls may still use it
 *
 * Context: may sleep; no locks of ours.
 */
void ioas_type1_release(struct ioas_type1 *type1)
{
	ioas_space_let_go(type1->space);
}

/**
 * ioas_type1_free() - Nobody uses a released container any more
 * @type1: the container's
 */
void ioas_type1_free(struct ioas_type1 *type1)
{
	ioas_space_put(type1->space);
	kfree(type1);
}

/* Groups may not come while the user's addresses are being changed: they might pin. */
static int ioas_type1_check_va(struct ioas_type1 *type1)
{
	u64 num_no_va;

	mutex_lock(&type1->space->lock);
	num_no_va = type1->space->num_no_va;
	mutex_unlock(&type1->space->lock);
	return num_no_va ? -EBUSY : 0;
}

static int ioas_type1_attach(struct ioas_type1 *type1, struct ioas_device *agent)
{
	struct ioas_call call = { .killable = true };
	int ret = ioas_agent_attach(&call, agent, type1->space);

	/* The program cannot be told why, so its administrator is. */
	if (ret && call.extack.reason)
		pr_notice_ratelimited("group %d refused: %s\n", agent->group->id,
				      call.extack.message);
	return ret == -EADDRNOTAVAIL ? -EINVAL : ret;
}

/* Called with container->lock; others read without. */
static void ioas_type1_count(struct ioas_type1 *type1, struct ioas_group *group,
			     int change)
{
	if (group->access)
		WRITE_ONCE(type1->num_software, type1->num_software + change);
	else
		WRITE_ONCE(type1->had_hardware, true);
}

/**
 * ioas_type1_add_group() - A group joins a container
 * @type1: the container's
 * @group: the group, which is blocked
 *
 * Context: may sleep; container->lock.
 * Return: 0; -EBUSY while addresses are taken back; -EINVAL if something is mapped where
 * the group cannot reach; another negative errno.
 */
int ioas_type1_add_group(struct ioas_type1 *type1, struct ioas_group *group)
{
	int ret = ioas_type1_check_va(type1);
	struct ioas_device *agent;

	if (ret)
		return ret;
	agent = ioas_agent_create(group);
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	ret = ioas_type1_attach(type1, agent);
	if (ret)
		ioas_agent_destroy(agent);
	else
		ioas_type1_count(type1, group, 1);
	return ret;
}

/**
 * ioas_type1_remove_group() - A group leaves a container
 * @type1: the container's
 * @group: the group; blocked afterwards
 *
 * Context: may sleep; container->lock.
 */
void ioas_type1_remove_group(struct ioas_type1 *type1, struct ioas_group *group)
{
	ioas_type1_count(type1, group, -1);
	ioas_agent_destroy(group->agent);
}

/**
 * ioas_type1_has_software() - Is there a mediated device in a container
 * @type1: the container's
 *
 * Return: true if so, at some time during the call.
 */
bool ioas_type1_has_software(struct ioas_type1 *type1)
{
	return READ_ONCE(type1->num_software);
}

/**
 * ioas_type1_ioctl() - Run an ioctl of type1
 * @call: with @container and @user set
 * @cmd: ioctl number
 *
 * Context: process context of the caller; may sleep; no locks held.
 * Return: what type1 would; -ENOTTY for what is none of its ioctls.
 */
long ioas_type1_ioctl(struct ioas_call *call, unsigned int cmd)
{
	/* Only the errno gets to the program: spare the sentence. */
	call->extack.reason = IOASID_REASON_VALUE;
	call->killable = true;
	switch (cmd) {
	case VFIO_IOMMU_MAP_DMA:
		return ioas_type1_map(call);
	case VFIO_IOMMU_UNMAP_DMA:
		return ioas_type1_unmap(call);
	case VFIO_IOMMU_GET_INFO:
		return ioas_type1_get_info(call);
	case VFIO_IOMMU_DIRTY_PAGES:
		return ioas_type1_dirty_pages(call);
	default:
		return -ENOTTY;
	}
}

static int ioas_type1_adopt(struct ioas_call *call, struct ioas_type1 *type1,
			    struct ioas_ctx *ctx)
{
	struct vfio_ioasid_adopt *args = &call->data.adopt;
	int ret;

	ret = ioas_id_reserve(ctx, &args->ioasid);
	if (ret)
		return ret;
	/* While it can still be taken back. */
	ret = ioas_respond(call);
	if (!ret)
		ret = ioas_space_adopt(call, type1->space, ctx, args->ioasid);
	if (ret)
		ioas_id_free(ctx, args->ioasid);
	return ret;
}

/**
 * ioas_cmd_adopt() - VFIO_IOASID_ADOPT
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_adopt(struct ioas_call *call)
{
	struct ioas_type1 *type1 = call->container->type1;
	struct ioas_ctx *ctx;
	struct file *file;
	int ret;

	if (!type1)
		return ioas_fail(call, -ENOENT, IOASID_REASON_NO_OBJECT,
				 "the container has no space of its own: it was not opened as type1");
	ctx = ioas_ctx_get_fd(call, call->data.adopt.ioasid_fd, &file);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = ioas_type1_adopt(call, type1, ctx);
	fput(file);
	return ret;
}
