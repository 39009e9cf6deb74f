// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Contexts: an open /dev/ioasid and what belongs to it in this process. Called by
 * programs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* Any file can have the name, so let it answer a command before it is used. */
static int iol_ctx_check(int fd)
{
	struct ioasid_get_caps caps = { .size = sizeof(caps) };
	int ret = iol_cmd(fd, IOASID_GET_CAPS, &caps);

	if (ret == -ENOTTY)
		return iol_fail(ret, IOASID_REASON_NOT_IOASID,
				"/dev/ioasid is not the file of the module ioasidfd: remove it and load the module again");
	if (ret)
		return iol_fail_cmd(ret, "cannot use /dev/ioasid");
	return 0;
}

static int iol_ctx_fd_open(void)
{
	int fd, ret;

	fd = iol_open(O_RDWR, "/dev/ioasid");
	if (fd < 0)
		return iol_fail_context(fd);
	ret = iol_ctx_check(fd);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

int ioasid_ctx_open(struct ioasid_ctx **ctx)
{
	struct ioasid_ctx *new;
	int fd;

	fd = iol_ctx_fd_open();
	if (fd < 0)
		return fd;
	new = calloc(1, sizeof(*new));
	if (!new) {
		close(fd);
		return iol_fail(-ENOMEM, IOASID_REASON_NONE, "out of memory");
	}
	new->fd = fd;
	new->container_fd = -1;
	pthread_mutex_init(&new->lock, NULL);
	*ctx = new;
	return 0;
}

void ioasid_ctx_close(struct ioasid_ctx *ctx)
{
	if (!ctx)
		return;
	iol_dev_close_all(ctx);
	close(ctx->fd);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

int ioasid_ctx_fd(const struct ioasid_ctx *ctx)
{
	return ctx->fd;
}

int ioasid_ctx_container_fd(const struct ioasid_ctx *ctx)
{
	return ctx->container_fd;
}

int ioasid_ctx_caps(struct ioasid_ctx *ctx, struct ioasid_get_caps *caps)
{
	int ret;

	ret = iol_prepare(caps, offsetof(struct ioasid_get_caps, uapi_version),
			  "ioasid_get_caps");
	if (ret)
		return ret;
	ret = iol_cmd(ctx->fd, IOASID_GET_CAPS, caps);
	if (ret)
		return iol_fail_cmd(ret, "cannot read the capabilities");
	return 0;
}
