// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mapping memory and files into spaces, and unmapping. Called by programs. Nothing here
 * is kept in the library, so these calls take no lock.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "internal.h"

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

int ioasid_space_map_batch(struct ioasid_ctx *ctx, uint32_t ioasid,
			   struct ioasid_map_entry *entries, uint32_t count,
			   uint32_t *done)
{
	struct ioasid_map_batch batch = {
		.size = sizeof(batch),
		.ioasid = ioasid,
		.num_entries = count,
		.entries = (uintptr_t)entries,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_MAP_BATCH, &batch);
	if (done)
		*done = batch.num_done;
	if (ret)
		return iol_fail_cmd(ret, "cannot map entry %u of %u (counted from 0) in space %u",
				    batch.num_done, count, ioasid);
	return 0;
}

static int iol_map_file(struct ioasid_ctx *ctx, struct ioasid_map_file *map)
{
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_MAP_FILE, map);
	if (!ret)
		return 0;
	iol_fail_cmd(ret, "cannot map %ju bytes of file descriptor %d in space %u",
		     (uintmax_t)map->length, map->fd, map->ioasid);
	if (ret == -EACCES)
		iol_advise_file(map->fd, map->prot);
	return ret;
}

int ioasid_space_map_file(struct ioasid_ctx *ctx, uint32_t ioasid, int fd,
			  uint64_t offset, uint64_t length, uint32_t prot,
			  uint64_t *iova)
{
	struct ioasid_map_file map = {
		.size = sizeof(map),
		.ioasid = ioasid,
		.prot = prot,
		.fd = fd,
		.offset = offset,
		.length = length,
	};
	int ret;

	ret = iol_map_file(ctx, &map);
	if (ret)
		return ret;
	*iova = map.iova;
	return 0;
}

int ioasid_space_map_file_fixed(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
				int fd, uint64_t offset, uint64_t length,
				uint32_t prot)
{
	struct ioasid_map_file map = {
		.size = sizeof(map),
		.flags = IOASID_MAP_FIXED,
		.ioasid = ioasid,
		.prot = prot,
		.fd = fd,
		.offset = offset,
		.length = length,
		.iova = iova,
	};

	return iol_map_file(ctx, &map);
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
