// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_DMA and IOASID_MAP_BATCH.
 *
 * The order matters. The range is taken first, under the lock, so that two callers
 * never work on one range. The memory is pinned under no lock: it can take seconds,
 * and other ranges of the space go on meanwhile. Then the IOVA is told to user space,
 * as long as everything can be taken back. Then the domains are changed, and only
 * then the area counts as mapped.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "command.h"
#include "memory/memory.h"
#include "space/space.h"
#include "trace/trace.h"

static int ioas_check_entry(struct ioas_call *call,
			    struct ioasid_map_entry *entry)
{
	int ret;

	ret = ioas_check_prot(call, entry->prot);
	if (!ret)
		ret = ioas_check_range(call, "user_va", entry->user_va,
				       entry->length);
	if (!ret && (entry->flags & IOASID_MAP_FIXED))
		ret = ioas_check_range(call, "iova", entry->iova,
				       entry->length);
	return ret;
}

/* Take the range and pin the memory of an entry; the area goes to @areas. */
static int ioas_prepare_entry(struct ioas_call *call, struct ioas_space *space,
			      struct ioasid_map_entry *entry,
			      struct list_head *areas)
{
	struct ioas_area *area;
	int ret;

	ret = ioas_check_entry(call, entry);
	if (ret)
		return ret;
	area = ioas_area_take(call, space, entry->flags & IOASID_MAP_FIXED,
			      entry->iova, entry->length, entry->user_va,
			      entry->prot);
	if (IS_ERR(area))
		return PTR_ERR(area);
	list_add_tail(&area->list, areas);
	entry->iova = area->first;
	return ioas_memory_pin(call, &area->own, entry->user_va,
			       entry->length >> PAGE_SHIFT,
			       entry->prot & IOASID_PROT_WRITE);
}

static int ioas_map(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_map_dma *args = &call->data.map_dma;
	u64 begin = ioas_trace_begin(ioasid_map);
	struct ioasid_map_entry entry = {
		.user_va = args->user_va,
		.length = args->length,
		.iova = args->iova,
		.prot = args->prot,
		.flags = args->flags,
	};
	LIST_HEAD(areas);
	int ret;

	ret = ioas_prepare_entry(call, space, &entry, &areas);
	if (!ret && !(args->flags & IOASID_MAP_FIXED)) {
		args->iova = entry.iova;
		ret = ioas_respond(call);
	}
	if (!ret)
		ret = ioas_areas_publish(call, space, &areas);
	ioas_areas_give_back(space, &areas);
	trace_ioasid_map(space->obj.id, entry.iova, entry.length, ret,
			 ioas_trace_nsec(begin));
	return ret;
}

/**
 * ioas_cmd_map_dma() - IOASID_MAP_DMA
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_map_dma(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->ctx, call->data.map_dma.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_map(call, space);
	ioas_space_put(space);
	return ret;
}

static int ioas_batch_one(struct ioas_call *call, struct ioas_space *space,
			  struct ioasid_map_entry __user *user)
{
	u64 begin = ioas_trace_begin(ioasid_map);
	struct ioasid_map_entry entry;
	LIST_HEAD(areas);
	int ret;

	if (copy_from_user(&entry, user, sizeof(entry)))
		return -EFAULT;
	if (entry.flags & ~IOASID_MAP_FIXED)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FLAGS,
				 "unknown flags 0x%x", entry.flags);
	ret = ioas_prepare_entry(call, space, &entry, &areas);
	if (!ret && !(entry.flags & IOASID_MAP_FIXED) &&
	    put_user(entry.iova, &user->iova))
		ret = -EFAULT;
	if (!ret)
		ret = ioas_areas_publish(call, space, &areas);
	ioas_areas_give_back(space, &areas);
	trace_ioasid_map(space->obj.id, entry.iova, entry.length, ret,
			 ioas_trace_nsec(begin));
	return ret;
}

static int ioas_batch(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_map_batch *args = &call->data.map_batch;
	struct ioasid_map_entry __user *user = u64_to_user_ptr(args->entries);
	int ret = 0;

	while (args->num_done < args->num_entries) {
		ret = ioas_batch_one(call, space, user + args->num_done);
		if (ret)
			break;
		args->num_done++;
		if (args->num_done < args->num_entries &&
		    signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	if (ret == -EINTR)
		ioas_fail(call, ret, IOASID_REASON_INTERRUPTED,
			  "interrupted by a signal; %u entries are mapped",
			  args->num_done);
	return ret;
}

/**
 * ioas_cmd_map_batch() - IOASID_MAP_BATCH
 * @call: the command
 *
 * That the answer can be given is tried first: what is mapped stays mapped.
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_map_batch(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	call->data.map_batch.num_done = 0;
	ret = ioas_respond(call);
	if (ret)
		return ret;
	space = ioas_space_get(call, call->ctx, call->data.map_batch.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_batch(call, space);
	if (ioas_respond(call) && !ret)
		ret = -EFAULT;
	ioas_space_put(space);
	return ret;
}
