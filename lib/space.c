// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Spaces: making and freeing them, asking what they hold, what may be mapped. Called by
 * programs. Nothing here is kept in the library, so these calls take no lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static int iol_space_alloc(struct ioasid_ctx *ctx, struct ioasid_alloc *alloc,
			   uint32_t *ioasid)
{
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_ALLOC, alloc);
	if (ret)
		return iol_fail_cmd(ret, "cannot make a space");
	*ioasid = alloc->ioasid;
	return 0;
}

int ioasid_space_alloc(struct ioasid_ctx *ctx, uint32_t *ioasid)
{
	struct ioasid_alloc alloc = {
		.size = sizeof(alloc),
		.kind = IOASID_KIND_PAGING,
	};

	return iol_space_alloc(ctx, &alloc, ioasid);
}

int ioasid_space_alloc_window(struct ioasid_ctx *ctx, uint64_t iova_base,
			      uint64_t iova_size, uint32_t *ioasid)
{
	struct ioasid_alloc alloc = {
		.size = sizeof(alloc),
		.kind = IOASID_KIND_PAGING,
		.iova_base = iova_base,
		.iova_size = iova_size,
	};

	return iol_space_alloc(ctx, &alloc, ioasid);
}

int ioasid_space_alloc_with(struct ioasid_ctx *ctx, const struct ioasid_alloc *attr,
			    uint32_t *ioasid)
{
	union {
		struct ioasid_alloc alloc;
		char room[IOL_STRUCT_MAX];
	} cmd;
	int ret;

	ret = iol_take(&cmd, attr, offsetof(struct ioasid_alloc, iova_base),
		       "ioasid_alloc");
	if (ret)
		return ret;
	return iol_space_alloc(ctx, &cmd.alloc, ioasid);
}

int ioasid_space_adopt(struct ioasid_ctx *ctx, int container, uint32_t *ioasid)
{
	struct vfio_ioasid_adopt adopt = {
		.size = sizeof(adopt),
		.ioasid_fd = ctx->fd,
	};
	int ret;

	ret = iol_cmd(container, VFIO_IOASID_ADOPT, &adopt);
	if (ret)
		return iol_fail_cmd(ret, "cannot adopt the space of the container");
	*ioasid = adopt.ioasid;
	return 0;
}

int ioasid_space_free(struct ioasid_ctx *ctx, uint32_t ioasid)
{
	struct ioasid_free release = { .size = sizeof(release), .id = ioasid };
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_FREE, &release);
	if (ret)
		return iol_fail_cmd(ret, "cannot free space %u", ioasid);
	return 0;
}

int ioasid_space_info(struct ioasid_ctx *ctx, uint32_t ioasid,
		      struct ioasid_get_info *info)
{
	int ret;

	ret = iol_prepare(info, offsetof(struct ioasid_get_info, kind),
			  "ioasid_get_info");
	if (ret)
		return ret;
	info->ioasid = ioasid;
	ret = iol_cmd(ctx->fd, IOASID_GET_INFO, info);
	if (ret)
		return iol_fail_cmd(ret, "cannot query space %u", ioasid);
	return 0;
}

int ioasid_space_iova_ranges(struct ioasid_ctx *ctx, uint32_t ioasid,
			     struct ioasid_iova_range **ranges, uint32_t *count)
{
	struct ioasid_iova_ranges cmd = { .size = sizeof(cmd), .ioasid = ioasid };
	struct ioasid_iova_range *array = NULL;
	int ret;

	/* Each round asks with the count that the round before was told. */
	while ((ret = iol_cmd(ctx->fd, IOASID_IOVA_RANGES, &cmd)) == -EMSGSIZE) {
		free(array);
		array = calloc(cmd.num_ranges, sizeof(*array));
		if (!array)
			return iol_fail(-ENOMEM, IOASID_REASON_NONE, "out of memory");
		cmd.ranges = (uintptr_t)array;
	}
	if (ret) {
		free(array);
		return iol_fail_cmd(ret, "cannot query the IOVA ranges of space %u",
				    ioasid);
	}
	*ranges = array;
	*count = cmd.num_ranges;
	return 0;
}

int ioasid_space_allow_iovas(struct ioasid_ctx *ctx, uint32_t ioasid,
			     const struct ioasid_iova_range *ranges, uint32_t count)
{
	struct ioasid_allow_iovas allow = {
		.size = sizeof(allow),
		.ioasid = ioasid,
		.num_ranges = count,
		.ranges = (uintptr_t)ranges,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_ALLOW_IOVAS, &allow);
	if (ret)
		return iol_fail_cmd(ret, "cannot keep %u ranges of space %u available",
				    count, ioasid);
	return 0;
}

int ioasid_space_dirty_set(struct ioasid_ctx *ctx, uint32_t ioasid, bool on)
{
	struct ioasid_dirty_set set = {
		.size = sizeof(set),
		.flags = on ? IOASID_DIRTY_ENABLE : 0,
		.ioasid = ioasid,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_DIRTY_SET, &set);
	if (ret)
		return iol_fail_cmd(ret, "cannot %s to track what is written in space %u",
				    on ? "begin" : "end", ioasid);
	return 0;
}

int ioasid_space_dirty_read(struct ioasid_ctx *ctx, struct ioasid_dirty_read *read)
{
	union {
		struct ioasid_dirty_read read;
		char room[IOL_STRUCT_MAX];
	} cmd;
	int ret;

	ret = iol_take(&cmd, read, sizeof(*read), "ioasid_dirty_read");
	if (ret)
		return ret;
	ret = iol_cmd(ctx->fd, IOASID_DIRTY_READ, &cmd.read);
	if (ret == -EMSGSIZE)
		read->bitmap_size = cmd.read.bitmap_size;
	if (ret)
		return iol_fail_cmd(ret, "cannot read what was written in space %u",
				    read->ioasid);
	read->precision = cmd.read.precision;
	read->num_dirty = cmd.read.num_dirty;
	return 0;
}
