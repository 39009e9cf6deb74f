// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices: a PCI device opened through VFIO and bound to a context. Called by programs,
 * and by context.c for the devices that are left when a context goes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "internal.h"

/**
 * struct ioasid_dev - A device that is open
 * @next: in the context
 * @ctx: the context
 * @group: its group
 * @fd: the VFIO device, -1 before it is open
 * @id: its id in the context, 0 before it is bound
 * @address: its PCI address in full
 */
struct ioasid_dev {
	struct ioasid_dev *next;
	struct ioasid_ctx *ctx;
	struct iol_group *group;
	int fd;
	uint32_t id;
	char address[IOL_PCI_LEN];
};

static int iol_dev_fd_open(struct ioasid_dev *dev)
{
	dev->fd = ioctl(iol_group_fd(dev->group), VFIO_GROUP_GET_DEVICE_FD,
			dev->address);
	if (dev->fd >= 0)
		return 0;
	return iol_fail(-errno, IOASID_REASON_NONE,
			"VFIO cannot open %s: %m; the kernel log may say why (dmesg)",
			dev->address);
}

static int iol_dev_bind(struct ioasid_dev *dev, uint64_t cookie)
{
	struct vfio_ioasid_bind bind = {
		.size = sizeof(bind),
		.ioasid_fd = dev->ctx->fd,
		.device = (uintptr_t)dev->address,
		.cookie = cookie,
	};
	int ret;

	ret = iol_cmd(dev->ctx->container_fd, VFIO_IOASID_BIND, &bind);
	if (ret)
		return iol_fail_cmd(ret, "cannot bind %s", dev->address);
	dev->id = bind.dev_id;
	return 0;
}

static int iol_dev_setup(struct ioasid_dev *dev, unsigned int group,
			 uint64_t cookie)
{
	int ret;

	ret = iol_group_get(dev->ctx, group, &dev->group);
	if (ret)
		return ret;
	ret = iol_dev_fd_open(dev);
	if (ret)
		return ret;
	return iol_dev_bind(dev, cookie);
}

/*
 * The binding can be gone already when the hardware was unplugged; its id is left then
 * and must be freed. Neither failure leaves anything that could be done.
 */
static void iol_dev_unbind(struct ioasid_dev *dev)
{
	struct vfio_ioasid_unbind unbind = {
		.size = sizeof(unbind),
		.ioasid_fd = dev->ctx->fd,
		.dev_id = dev->id,
	};
	struct ioasid_free release = { .size = sizeof(release), .id = dev->id };

	if (ioctl(dev->ctx->container_fd, VFIO_IOASID_UNBIND, &unbind))
		ioctl(dev->ctx->fd, IOASID_FREE, &release);
}

/* Undoes as much of iol_dev_setup() as was done. */
static void iol_dev_teardown(struct ioasid_dev *dev)
{
	if (dev->id)
		iol_dev_unbind(dev);
	if (dev->fd >= 0)
		close(dev->fd);
	if (dev->group)
		iol_group_put(dev->ctx, dev->group);
}

static int iol_dev_open(struct ioasid_dev *dev, const char *address,
			uint64_t cookie)
{
	unsigned int group;
	int ret;

	ret = iol_pci_address(address, dev->address);
	if (ret)
		return ret;
	ret = iol_pci_vfio_group(dev->address, &group);
	if (ret)
		return ret;
	ret = iol_dev_setup(dev, group, cookie);
	if (ret) {
		iol_dev_teardown(dev);
		return ret;
	}
	dev->next = dev->ctx->devices;
	dev->ctx->devices = dev;
	return 0;
}

int ioasid_dev_open(struct ioasid_ctx *ctx, const char *address, uint64_t cookie,
		    struct ioasid_dev **dev)
{
	struct ioasid_dev *new;
	int ret;

	new = calloc(1, sizeof(*new));
	if (!new)
		return iol_fail(-ENOMEM, IOASID_REASON_NONE, "out of memory");
	new->ctx = ctx;
	new->fd = -1;

	pthread_mutex_lock(&ctx->lock);
	ret = iol_dev_open(new, address, cookie);
	pthread_mutex_unlock(&ctx->lock);
	if (ret) {
		free(new);
		return ret;
	}
	*dev = new;
	return 0;
}

static void iol_dev_close(struct ioasid_dev *dev)
{
	struct ioasid_dev **link = &dev->ctx->devices;

	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
	iol_dev_teardown(dev);
	free(dev);
}

void ioasid_dev_close(struct ioasid_dev *dev)
{
	struct ioasid_ctx *ctx;

	if (!dev)
		return;
	ctx = dev->ctx;
	pthread_mutex_lock(&ctx->lock);
	iol_dev_close(dev);
	pthread_mutex_unlock(&ctx->lock);
}

/**
 * iol_dev_close_all() - Close every device of a context that is going away
 * @ctx: the context, which nobody else uses any more
 */
void iol_dev_close_all(struct ioasid_ctx *ctx)
{
	while (ctx->devices)
		iol_dev_close(ctx->devices);
}

int ioasid_dev_fd(const struct ioasid_dev *dev)
{
	return dev->fd;
}

int ioasid_dev_group_fd(const struct ioasid_dev *dev)
{
	return iol_group_fd(dev->group);
}

uint32_t ioasid_dev_id(const struct ioasid_dev *dev)
{
	return dev->id;
}

const char *ioasid_dev_address(const struct ioasid_dev *dev)
{
	return dev->address;
}

/* The arrays of IOASID_DEVICE_INFO, of which one is asked for at a time. */
struct iol_dev_array {
	size_t entry;		/* bytes of one */
	size_t pointer;		/* where the struct has the pointer */
	size_t count;		/* where it has the count */
};

#define IOL_DEV_ARRAY(_type, _pointer, _count)				\
	{								\
		.entry = sizeof(struct _type),				\
		.pointer = offsetof(struct ioasid_device_info, _pointer), \
		.count = offsetof(struct ioasid_device_info, _count),	\
	}

static const struct iol_dev_array iol_dev_regions =
	IOL_DEV_ARRAY(ioasid_resv_region, resv_regions, num_resv_regions);
static const struct iol_dev_array iol_dev_members =
	IOL_DEV_ARRAY(ioasid_group_member, members, num_members);
static const struct iol_dev_array iol_dev_attachments =
	IOL_DEV_ARRAY(ioasid_attachment, attachments, num_attachments);

static uint32_t *iol_dev_count(struct ioasid_device_info *info,
			       const struct iol_dev_array *which)
{
	return (uint32_t *)((char *)info + which->count);
}

static int iol_dev_info(struct ioasid_dev *dev, struct ioasid_device_info *info,
			const struct iol_dev_array *which, void *array,
			uint32_t count)
{
	int ret;

	ret = iol_prepare(info, offsetof(struct ioasid_device_info, name),
			  "ioasid_device_info");
	if (ret)
		return ret;
	info->dev_id = dev->id;
	*iol_dev_count(info, which) = count;
	*(__u64 *)((char *)info + which->pointer) = (uintptr_t)array;
	ret = iol_cmd(dev->ctx->fd, IOASID_DEVICE_INFO, info);
	if (ret && ret != -EMSGSIZE)
		return iol_fail_cmd(ret, "cannot query %s", dev->address);
	return ret;
}

/* Each round asks with the count that the round before was told. */
static int iol_dev_array(struct ioasid_dev *dev, struct ioasid_device_info *info,
			 const struct iol_dev_array *which, void **array)
{
	uint32_t count;
	int ret;

	*array = NULL;
	ret = iol_dev_info(dev, info, which, NULL, 0);
	while (!ret || ret == -EMSGSIZE) {
		count = *iol_dev_count(info, which);
		if (!count)
			return 0;
		free(*array);
		*array = calloc(count, which->entry);
		if (!*array)
			return iol_fail(-ENOMEM, IOASID_REASON_NONE, "out of memory");
		ret = iol_dev_info(dev, info, which, *array, count);
		if (!ret)
			return 0;
	}
	free(*array);
	*array = NULL;
	return ret;
}

int ioasid_dev_info(struct ioasid_dev *dev, struct ioasid_device_info *info,
		    struct ioasid_resv_region **regions)
{
	void *array;
	int ret;

	if (!regions)
		return iol_dev_info(dev, info, &iol_dev_regions, NULL, 0);
	ret = iol_dev_array(dev, info, &iol_dev_regions, &array);
	if (!ret)
		*regions = array;
	return ret;
}

int ioasid_dev_members(struct ioasid_dev *dev, struct ioasid_group_member **members,
		       uint32_t *count)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	void *array;
	int ret;

	ret = iol_dev_array(dev, &info, &iol_dev_members, &array);
	if (ret)
		return ret;
	*members = array;
	*count = info.num_members;
	return 0;
}

int ioasid_dev_attachments(struct ioasid_dev *dev,
			   struct ioasid_attachment **attachments, uint32_t *count)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	void *array;
	int ret;

	ret = iol_dev_array(dev, &info, &iol_dev_attachments, &array);
	if (ret)
		return ret;
	*attachments = array;
	*count = info.num_attachments;
	return 0;
}

static int iol_intersect(struct ioasid_ctx *ctx, const uint32_t *ids, uint32_t count,
			 struct ioasid_device_intersect *common,
			 struct ioasid_iova_range *ranges, uint32_t room)
{
	int ret;

	ret = iol_prepare(common, sizeof(*common), "ioasid_device_intersect");
	if (ret)
		return ret;
	common->devices = (uintptr_t)ids;
	common->num_devices = count;
	common->num_ranges = room;
	common->ranges = (uintptr_t)ranges;
	ret = iol_cmd(ctx->fd, IOASID_DEVICE_INTERSECT, common);
	if (ret && ret != -EMSGSIZE)
		return iol_fail_cmd(ret, "cannot compare %u devices", count);
	return ret;
}

int ioasid_ctx_intersect(struct ioasid_ctx *ctx, const uint32_t *ids, uint32_t count,
			 struct ioasid_device_intersect *common,
			 struct ioasid_iova_range **ranges)
{
	struct ioasid_iova_range *array = NULL;
	uint32_t room;
	int ret;

	ret = iol_intersect(ctx, ids, count, common, NULL, 0);
	if (ret || !ranges)
		return ret;
	while (common->num_ranges) {
		room = common->num_ranges;
		free(array);
		array = calloc(room, sizeof(*array));
		if (!array)
			return iol_fail(-ENOMEM, IOASID_REASON_NONE, "out of memory");
		ret = iol_intersect(ctx, ids, count, common, array, room);
		if (ret != -EMSGSIZE)
			break;
	}
	if (ret) {
		free(array);
		return ret;
	}
	*ranges = array;
	return 0;
}

static int iol_dev_attach(struct ioasid_dev *dev, uint32_t ioasid, uint32_t pasid,
			  uint32_t flags)
{
	struct ioasid_attach attach = {
		.size = sizeof(attach),
		.flags = flags,
		.dev_id = dev->id,
		.ioasid = ioasid,
		.pasid = pasid,
	};
	int ret;

	ret = iol_cmd(dev->ctx->fd, IOASID_ATTACH, &attach);
	if (ret && pasid)
		return iol_fail_cmd(ret, "cannot attach PASID %u of %s to space %u",
				    pasid, dev->address, ioasid);
	if (ret)
		return iol_fail_cmd(ret, "cannot attach %s to space %u", dev->address,
				    ioasid);
	return 0;
}

int ioasid_dev_attach(struct ioasid_dev *dev, uint32_t ioasid)
{
	return iol_dev_attach(dev, ioasid, 0, 0);
}

int ioasid_dev_attach_pasid(struct ioasid_dev *dev, uint32_t pasid, uint32_t ioasid)
{
	return iol_dev_attach(dev, ioasid, pasid, IOASID_ATTACH_PASID);
}

int ioasid_dev_replace(struct ioasid_dev *dev, uint32_t ioasid, bool window)
{
	return iol_dev_attach(dev, ioasid, 0, IOASID_ATTACH_REPLACE |
			      (window ? IOASID_ATTACH_ALLOW_WINDOW : 0));
}

int ioasid_dev_replace_pasid(struct ioasid_dev *dev, uint32_t pasid, uint32_t ioasid,
			     bool window)
{
	return iol_dev_attach(dev, ioasid, pasid,
			      IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE |
			      (window ? IOASID_ATTACH_ALLOW_WINDOW : 0));
}

static int iol_dev_detach(struct ioasid_dev *dev, uint32_t pasid, uint32_t flags)
{
	struct ioasid_detach detach = {
		.size = sizeof(detach),
		.flags = flags,
		.dev_id = dev->id,
		.pasid = pasid,
	};
	int ret;

	ret = iol_cmd(dev->ctx->fd, IOASID_DETACH, &detach);
	if (ret && flags)
		return iol_fail_cmd(ret, "cannot detach PASID %u of %s", pasid,
				    dev->address);
	if (ret)
		return iol_fail_cmd(ret, "cannot detach %s", dev->address);
	return 0;
}

int ioasid_dev_detach(struct ioasid_dev *dev)
{
	return iol_dev_detach(dev, 0, 0);
}

int ioasid_dev_detach_pasid(struct ioasid_dev *dev, uint32_t pasid)
{
	return iol_dev_detach(dev, pasid, IOASID_DETACH_PASID);
}

int ioasid_dev_hw_pasid(struct ioasid_dev *dev, uint32_t pasid, uint32_t *hw_pasid)
{
	struct ioasid_pasid_map map = {
		.size = sizeof(map),
		.flags = pasid ? IOASID_PASID_MAP_PASID : 0,
		.dev_id = dev->id,
		.pasid = pasid,
	};
	int ret = iol_cmd(dev->ctx->fd, IOASID_PASID_MAP, &map);

	if (ret)
		return iol_fail_cmd(ret, "cannot ask for PASID %u of %s", pasid,
				    dev->address);
	*hw_pasid = map.hw_pasid;
	return 0;
}
