// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory that is pinned once: registering it, and mapping in one space what is pinned by
 * another one or by a registration. Called by programs. Nothing here is kept in the
 * library, so these calls take no lock.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "internal.h"

int ioasid_memory_register(struct ioasid_ctx *ctx, void *addr, size_t length,
			   uint32_t prot, uint32_t *memory)
{
	struct ioasid_register_memory cmd = {
		.size = sizeof(cmd),
		.prot = prot,
		.user_va = (uintptr_t)addr,
		.length = length,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_REGISTER_MEMORY, &cmd);
	if (ret)
		return iol_fail_cmd(ret, "cannot register %zu bytes of memory", length);
	*memory = cmd.memory_id;
	return 0;
}

int ioasid_memory_unregister(struct ioasid_ctx *ctx, uint32_t memory)
{
	struct ioasid_unregister_memory cmd = {
		.size = sizeof(cmd),
		.memory_id = memory,
	};
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_UNREGISTER_MEMORY, &cmd);
	if (ret)
		return iol_fail_cmd(ret, "cannot unregister memory %u", memory);
	return 0;
}

/* A copy within the context, to where the kernel likes. */
static struct ioasid_copy iol_copy_of(uint32_t from, uint64_t offset, uint64_t length,
				      uint32_t ioasid, uint32_t prot)
{
	return (struct ioasid_copy){
		.size = sizeof(struct ioasid_copy),
		.src_fd = -1,
		.src_id = from,
		.dst_ioasid = ioasid,
		.prot = prot,
		.src_offset = offset,
		.length = length,
	};
}

/* @iova may be NULL if the caller knows it. */
static int iol_copy(struct ioasid_ctx *ctx, struct ioasid_copy *copy, uint64_t *iova)
{
	bool memory = copy->flags & IOASID_COPY_MEMORY;
	int ret;

	ret = iol_cmd(ctx->fd, IOASID_COPY, copy);
	if (ret)
		return iol_fail_cmd(ret, "cannot map %ju bytes at %s 0x%jx of %s %u in space %u",
				    (uintmax_t)copy->length, memory ? "offset" : "IOVA",
				    (uintmax_t)copy->src_offset,
				    memory ? "memory" : "space", copy->src_id,
				    copy->dst_ioasid);
	if (iova)
		*iova = copy->dst_iova;
	return 0;
}

int ioasid_space_map_memory(struct ioasid_ctx *ctx, uint32_t ioasid, uint32_t memory,
			    uint64_t offset, uint64_t length, uint32_t prot,
			    uint64_t *iova)
{
	struct ioasid_copy copy = iol_copy_of(memory, offset, length, ioasid, prot);

	copy.flags = IOASID_COPY_MEMORY;
	return iol_copy(ctx, &copy, iova);
}

int ioasid_space_map_memory_fixed(struct ioasid_ctx *ctx, uint32_t ioasid,
				  uint64_t iova, uint32_t memory, uint64_t offset,
				  uint64_t length, uint32_t prot)
{
	struct ioasid_copy copy = iol_copy_of(memory, offset, length, ioasid, prot);

	copy.flags = IOASID_COPY_MEMORY | IOASID_COPY_FIXED;
	copy.dst_iova = iova;
	return iol_copy(ctx, &copy, NULL);
}

int ioasid_space_copy(struct ioasid_ctx *ctx, uint32_t ioasid, uint32_t from,
		      uint64_t from_iova, uint64_t length, uint32_t prot,
		      uint64_t *iova)
{
	struct ioasid_copy copy = iol_copy_of(from, from_iova, length, ioasid, prot);

	return iol_copy(ctx, &copy, iova);
}

int ioasid_space_copy_fixed(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
			    uint32_t from, uint64_t from_iova, uint64_t length,
			    uint32_t prot)
{
	struct ioasid_copy copy = iol_copy_of(from, from_iova, length, ioasid, prot);

	copy.flags = IOASID_COPY_FIXED;
	copy.dst_iova = iova;
	return iol_copy(ctx, &copy, NULL);
}

int ioasid_space_copy_with(struct ioasid_ctx *ctx, const struct ioasid_copy *copy,
			   uint64_t *iova)
{
	union {
		struct ioasid_copy copy;
		char room[IOL_STRUCT_MAX];
	} cmd;
	int ret;

	ret = iol_take(&cmd, copy, sizeof(struct ioasid_copy), "ioasid_copy");
	if (ret)
		return ret;
	return iol_copy(ctx, &cmd.copy, iova);
}
