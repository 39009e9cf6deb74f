// SPDX-License-Identifier: GPL-2.0
/*
 * A device without an id that stands for a whole group: it keeps the group attached to
 * the space of its VFIO container, as a program's devices keep it attached to one of
 * theirs. Attaching and detaching need no other rules for that: a device of the group that
 * a program binds can follow it, and not go elsewhere.
 *
 * Called by type1/ under the container's lock.
 */
#include <linux/iommu.h>

#include "device/attachment.h"
#include "device/device.h"

static int ioas_take_any(struct device *dev, void *data)
{
	*(struct device **)data = get_device(dev);
	return 1;
}

/**
 * ioas_agent_create() - A device that stands for a group
 * @group: the group, which has not left its container
 *
 * Context: may sleep; container->lock.
 * Return: the device, in no list yet, or an ERR_PTR.
 */
struct ioas_device *ioas_agent_create(struct ioas_group *group)
{
	struct ioas_device *agent;
	struct device *dev = NULL;

	iommu_group_for_each_dev(group->iommu_group, &dev, ioas_take_any);
	if (!dev)
		return ERR_PTR(-ENODEV);
	agent = ioas_device_create(group, dev, NULL, 0);
	put_device(dev);
	if (!agent)
		return ERR_PTR(-ENOMEM);
	refcount_set(&agent->obj.refs, 1);
	agent->obj.type = IOAS_OBJECT_DEVICE;
	return agent;
}

static int ioas_agent_enter(struct ioas_call *call, struct ioas_device *agent,
			    struct ioas_space *space)
{
	int ret = ioas_device_read_iommu(call, agent);

	if (ret)
		return ret;
	list_add_tail(&agent->group_node, &agent->group->devices);
	ret = ioas_rid_attach(call, space, agent);
	if (ret)
		list_del_init(&agent->group_node);
	else
		agent->group->agent = agent;
	return ret;
}

/**
 * ioas_agent_attach() - Attach a group to the space of its container
 * @call: for the reason of a failure
 * @agent: what ioas_agent_create() made
 * @space: the space
 *
 * Context: may sleep; container->lock.
 * Return: 0 or a negative errno, as IOASID_ATTACH.
 */
int ioas_agent_attach(struct ioas_call *call, struct ioas_device *agent,
		      struct ioas_space *space)
{
	int ret;

	mutex_lock(&agent->group->lock);
	ret = ioas_agent_enter(call, agent, space);
	mutex_unlock(&agent->group->lock);
	return ret;
}

/**
 * ioas_agent_destroy() - Detach what stands for a group, and forget it
 * @agent: what ioas_agent_create() made, attached or not
 *
 * Context: may sleep; container->lock.
 */
void ioas_agent_destroy(struct ioas_device *agent)
{
	mutex_lock(&agent->group->lock);
	agent->group->agent = NULL;
	ioas_device_leave_group(agent, IOAS_DEVICE_UNBOUND);
	mutex_unlock(&agent->group->lock);
	ioas_device_put(agent);
}
