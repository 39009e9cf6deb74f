// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_COPY: mapping memory that is pinned and charged already.
 *
 * The source gives a reference on its memory; from then on it may go away. So the
 * locks of two spaces are never held together.
 */
#include <linux/file.h>
#include <linux/mm.h>

#include "chardev.h"
#include "command.h"
#include "memory/memory.h"
#include "space/space.h"

/**
 * struct ioas_source - What is copied
 * @memory: the memory, a reference
 * @offset: first page of it
 * @prot: the most that the copy may allow
 */
struct ioas_source {
	struct ioas_memory *memory;
	unsigned long offset;
	u32 prot;
};

static int ioas_source_memory(struct ioas_call *call, struct ioas_ctx *ctx,
			      struct ioas_source *source)
{
	struct ioasid_copy *args = &call->data.copy;
	struct ioas_registration *registration;
	u64 size;
	int ret = 0;

	registration = ioas_registration_get(call, ctx, args->src_id);
	if (IS_ERR(registration))
		return PTR_ERR(registration);
	size = (u64)registration->memory->pages << PAGE_SHIFT;
	if (args->src_offset > size || args->length > size - args->src_offset)
		ret = ioas_fail(call, -EINVAL, IOASID_REASON_RANGE,
				"offset 0x%llx with length 0x%llx is outside the registered 0x%llx bytes",
				args->src_offset, args->length, size);
	if (!ret) {
		source->memory = ioas_memory_get(registration->memory);
		source->offset = args->src_offset >> PAGE_SHIFT;
		source->prot = registration->prot;
	}
	ioas_registration_put(registration);
	return ret;
}

/* Called with the lock of the space. */
static int ioas_source_area(struct ioas_call *call, struct ioas_space *space,
			    struct ioas_source *source)
{
	struct ioasid_copy *args = &call->data.copy;
	unsigned long first = args->src_offset;
	unsigned long last = first + args->length - 1;
	struct ioas_area *area = ioas_area_first(space, first, last);

	if (!area || !area->ready)
		return ioas_fail(call, -ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
				 "nothing is mapped in IOVA 0x%lx-0x%lx of the source",
				 first, last);
	if (area->first > first || area->last < last) {
		ioas_fail(call, -EINVAL, IOASID_REASON_IOVA_PARTIAL,
			  "IOVA 0x%lx-0x%lx is more than the mapping 0x%lx-0x%lx of the source",
			  first, last, area->first, area->last);
		return ioas_fail_range(call, -EINVAL, area->first, area->last,
				       0);
	}
	source->memory = ioas_memory_get(area->memory);
	source->offset = area->offset + ((first - area->first) >> PAGE_SHIFT);
	source->prot = area->prot;
	return 0;
}

static int ioas_source_space(struct ioas_call *call, struct ioas_ctx *ctx,
			     struct ioas_source *source)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, ctx, call->data.copy.src_id);
	if (IS_ERR(space))
		return PTR_ERR(space);
	mutex_lock(&space->lock);
	ret = ioas_source_area(call, space, source);
	mutex_unlock(&space->lock);
	ioas_space_put(space);
	return ret;
}

static int ioas_source_in(struct ioas_call *call, struct ioas_ctx *ctx,
			  struct ioas_source *source)
{
	if (call->data.copy.flags & IOASID_COPY_MEMORY)
		return ioas_source_memory(call, ctx, source);
	return ioas_source_space(call, ctx, source);
}

static int ioas_source_get(struct ioas_call *call, struct ioas_source *source)
{
	int fd = call->data.copy.src_fd;
	struct ioas_ctx *ctx;
	struct file *file;
	int ret;

	if (fd == -1)
		return ioas_source_in(call, call->ctx, source);
	ctx = ioas_ctx_get_fd(call, fd, &file);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = ioas_source_in(call, ctx, source);
	fput(file);
	return ret;
}

static int ioas_check_source(struct ioas_call *call, struct ioas_source *source)
{
	if (!(call->data.copy.prot & ~source->prot))
		return 0;
	return ioas_fail(call, -EACCES, IOASID_REASON_PROT,
			 "prot 0x%x is more than the source allows, 0x%x",
			 call->data.copy.prot, source->prot);
}

static int ioas_fill_copy(struct ioas_call *call, struct ioas_area *area,
			  const struct ioas_mapping *mapping)
{
	struct ioas_source *source = mapping->data;

	ioas_area_share(area, source->memory, source->offset);
	return 0;
}

static int ioas_respond_copy(struct ioas_call *call,
			     const struct ioas_mapping *mapping, u64 iova)
{
	call->data.copy.dst_iova = iova;
	return ioas_respond(call);
}

static int ioas_copy(struct ioas_call *call, struct ioas_space *space,
		     struct ioas_mapping *mapping)
{
	struct ioas_source *source = mapping->data;
	struct ioas_uncharge uncharge = {};
	int ret;

	ret = ioas_source_get(call, source);
	if (ret)
		return ret;
	ret = ioas_check_source(call, source);
	if (!ret) {
		/* Large pages are had where IOVA and memory agree; the memory is here. */
		mapping->entry.user_va = ioas_memory_address(source->memory,
							     source->offset);
		ret = ioas_map(call, space, mapping);
	}
	ioas_memory_put(source->memory, &uncharge);
	ioas_uncharge_all(&uncharge);
	return ret;
}

/**
 * ioas_cmd_copy() - IOASID_COPY
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_copy(struct ioas_call *call)
{
	struct ioasid_copy *args = &call->data.copy;
	struct ioas_source source;
	struct ioas_mapping mapping = {
		.entry = {
			.user_va = args->src_offset,
			.length = args->length,
			.iova = args->dst_iova,
			.prot = args->prot,
			.flags = args->flags & IOASID_COPY_FIXED ?
				 IOASID_MAP_FIXED : 0,
		},
		.fill = ioas_fill_copy,
		.data = &source,
		.respond = ioas_respond_copy,
	};
	struct ioas_space *space;
	int ret;

	ret = ioas_check_entry(call, "src_offset", &mapping.entry);
	if (ret)
		return ret;
	space = ioas_space_get(call, call->ctx, args->dst_ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_copy(call, space, &mapping);
	ioas_space_put(space);
	return ret;
}
