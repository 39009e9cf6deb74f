// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The IOMMU groups that a context has claimed, all in one VFIO container. A group can
 * be opened only once, so its devices share it; the container lives while it has a
 * group. Called by device.c, under the context's lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "internal.h"

/**
 * struct iol_group - A claimed group
 * @next: in the context
 * @id: its number
 * @fd: /dev/vfio/@id
 * @users: devices of it that are open
 */
struct iol_group {
	struct iol_group *next;
	unsigned int id;
	int fd;
	unsigned int users;
};

static int iol_container_open(void)
{
	int fd, version;

	fd = iol_open(O_RDWR, "/dev/vfio/vfio");
	if (fd < 0)
		return iol_fail_container(fd);
	version = ioctl(fd, VFIO_GET_API_VERSION);
	if (version == VFIO_API_VERSION)
		return fd;
	close(fd);
	return iol_fail(-ENOTTY, IOASID_REASON_CONTAINER,
			"/dev/vfio/vfio is not a VFIO container of version %d: is another file in its place?",
			VFIO_API_VERSION);
}

static int iol_container_get(struct ioasid_ctx *ctx)
{
	int fd;

	if (ctx->container_fd >= 0)
		return 0;
	fd = iol_container_open();
	if (fd < 0)
		return fd;
	ctx->container_fd = fd;
	return 0;
}

/* VFIO takes the backend from a container that has lost its last group. */
static void iol_container_put(struct ioasid_ctx *ctx)
{
	if (ctx->groups || ctx->container_fd < 0)
		return;
	close(ctx->container_fd);
	ctx->container_fd = -1;
}

static int iol_group_viable(struct iol_group *group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status))
		return iol_fail(-errno, IOASID_REASON_NONE,
				"cannot read the status of /dev/vfio/%u: %m",
				group->id);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return iol_fail_viable(group->id);
	return 0;
}

static int iol_group_claim(struct ioasid_ctx *ctx, struct iol_group *group)
{
	if (ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &ctx->container_fd))
		return iol_fail_claim(-errno, group->id);
	/* The first group brings the backend, the others find it there. */
	if (!ctx->groups &&
	    ioctl(ctx->container_fd, VFIO_SET_IOMMU, VFIO_IOASID_IOMMU))
		return iol_fail_claim(-errno, group->id);
	return 0;
}

static int iol_group_setup(struct ioasid_ctx *ctx, struct iol_group *group)
{
	int ret;

	group->fd = iol_open(O_RDWR, "/dev/vfio/%u", group->id);
	if (group->fd < 0)
		return iol_fail_group(group->fd, group->id);
	ret = iol_group_viable(group);
	if (ret)
		return ret;
	return iol_group_claim(ctx, group);
}

/* Closing the file takes the group out of the container. */
static void iol_group_free(struct iol_group *group)
{
	if (group->fd >= 0)
		close(group->fd);
	free(group);
}

static int iol_group_open(struct ioasid_ctx *ctx, unsigned int id,
			  struct iol_group **group)
{
	struct iol_group *new;
	int ret;

	new = calloc(1, sizeof(*new));
	if (!new)
		return iol_fail(-ENOMEM, IOASID_REASON_NONE, "out of memory");
	new->id = id;
	new->fd = -1;
	ret = iol_container_get(ctx);
	if (!ret)
		ret = iol_group_setup(ctx, new);
	if (ret) {
		iol_group_free(new);
		iol_container_put(ctx);
		return ret;
	}
	new->next = ctx->groups;
	ctx->groups = new;
	*group = new;
	return 0;
}

/**
 * iol_group_get() - Claim a group, or use it once more
 * @ctx: the context
 * @id: number of the group
 * @group: out: the group
 *
 * Return: 0 or -errno.
 */
int iol_group_get(struct ioasid_ctx *ctx, unsigned int id,
		  struct iol_group **group)
{
	struct iol_group *found;
	int ret;

	for (found = ctx->groups; found; found = found->next)
		if (found->id == id)
			break;
	if (!found) {
		ret = iol_group_open(ctx, id, &found);
		if (ret)
			return ret;
	}
	found->users++;
	*group = found;
	return 0;
}

/**
 * iol_group_put() - End a use of a group
 * @ctx: the context
 * @group: the group; given back to the kernel after its last use
 */
void iol_group_put(struct ioasid_ctx *ctx, struct iol_group *group)
{
	struct iol_group **link = &ctx->groups;

	if (--group->users)
		return;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	iol_group_free(group);
	iol_container_put(ctx);
}

/**
 * iol_group_fd() - The file descriptor of a group
 * @group: the group
 *
 * Return: the file descriptor.
 */
int iol_group_fd(const struct iol_group *group)
{
	return group->fd;
}
