// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Spaces: making and freeing them, mapping memory, asking what they hold. Called by
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

int ioasid_space_free(struct ioasid_ctx *ctx, uint32_t ioasid)
{
	struct ioasid_free release = { .size = sizeof(release), .id = ioasid };
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_FREE, &release);
	if (ret)
		return iol_fail_cmd(ret, "cannot free space %u", ioasid);
	return 0;
}

int ioasid_space_map(struct ioasid_ctx *ctx, uint32_t ioasid, void *addr,
		     size_t length, uint32_t prot, uint64_t *iova)
{
	struct ioasid_map_dma map = {
		.size = sizeof(map),
		.ioasid = ioasid,
		.prot = prot,
		.user_va = (uintptr_t)addr,
		.length = length,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_MAP_DMA, &map);
	if (ret)
		return iol_fail_cmd(ret, "cannot map %zu bytes in space %u", length,
				    ioasid);
	*iova = map.iova;
	return 0;
}

int ioasid_space_map_fixed(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
			   void *addr, size_t length, uint32_t prot)
{
	struct ioasid_map_dma map = {
		.size = sizeof(map),
		.flags = IOASID_MAP_FIXED,
		.ioasid = ioasid,
		.prot = prot,
		.user_va = (uintptr_t)addr,
		.length = length,
		.iova = iova,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_MAP_DMA, &map);
	if (ret)
		return iol_fail_cmd(ret, "cannot map %zu bytes at IOVA 0x%jx in space %u",
				    length, (uintmax_t)iova, ioasid);
	return 0;
}

int ioasid_space_unmap(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
		       uint64_t length, uint64_t *unmapped)
{
	struct ioasid_unmap_dma unmap = {
		.size = sizeof(unmap),
		.ioasid = ioasid,
		.iova = iova,
		.length = length,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_UNMAP_DMA, &unmap);
	if (ret)
		return iol_fail_cmd(ret, "cannot unmap %ju bytes at IOVA 0x%jx in space %u",
				    (uintmax_t)length, (uintmax_t)iova, ioasid);
	if (unmapped)
		*unmapped = unmap.unmapped;
	return 0;
}

int ioasid_space_unmap_all(struct ioasid_ctx *ctx, uint32_t ioasid,
			   uint64_t *unmapped)
{
	struct ioasid_unmap_dma unmap = {
		.size = sizeof(unmap),
		.flags = IOASID_UNMAP_ALL,
		.ioasid = ioasid,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_UNMAP_DMA, &unmap);
	if (ret)
		return iol_fail_cmd(ret, "cannot unmap space %u", ioasid);
	if (unmapped)
		*unmapped = unmap.unmapped;
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
