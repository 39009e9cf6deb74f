// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an I/O address space, from IOASID_ALLOC to the last reference.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "command.h"
#include "context/context.h"
#include "dirty/dirty.h"
#include "domain/domain.h"
#include "space/space.h"
#include "trace/trace.h"

static int ioas_check_window(struct ioas_call *call, u64 base, u64 size)
{
	if (!size && !base)
		return 0;
	return ioas_check_range(call, "iova_base", base, size);
}

static int ioas_check_granule(struct ioas_call *call, u64 granule)
{
	if (!granule || (is_power_of_2(granule) && granule >= PAGE_SIZE))
		return 0;
	return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
			 "granule 0x%llx is not a power of two of at least 0x%lx",
			 granule, PAGE_SIZE);
}

static int ioas_set_window(struct ioas_call *call, struct ioas_space *space,
			   u64 base, u64 size)
{
	if (!size)
		return 0;
	return ioas_reserved_add_outside(call, space, &space->window, NULL,
					 base, base + (size - 1),
					 IOAS_RESERVED_WINDOW,
					 "is outside the window of the space");
}

/**
 * ioas_space_create() - A space without an id
 *
 * Context: may sleep.
 * Return: the space, for ioas_space_release() or a context, or NULL.
 */
struct ioas_space *ioas_space_create(void)
{
	struct ioas_space *space = kzalloc(sizeof(*space), GFP_KERNEL_ACCOUNT);

	if (!space)
		return NULL;
	init_rwsem(&space->domains_sem);
	INIT_LIST_HEAD(&space->domains);
	INIT_LIST_HEAD(&space->attachments);
	xa_init_flags(&space->accesses, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	mutex_init(&space->lock);
	space->areas = RB_ROOT;
	space->reserved = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&space->window);
	space->free_by_first = RB_ROOT;
	space->free_by_size = RB_ROOT;
	ioas_dirty_init(space);
	return space;
}

/**
 * ioas_cmd_alloc() - IOASID_ALLOC
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_alloc(struct ioas_call *call)
{
	struct ioasid_alloc *args = &call->data.alloc;
	struct ioas_space *space;
	int ret;

	if (args->kind != IOASID_KIND_PAGING)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_VALUE,
				 "unknown kind of space %u", args->kind);
	ret = ioas_check_window(call, args->iova_base, args->iova_size);
	if (!ret)
		ret = ioas_check_granule(call, args->granule);
	if (ret)
		return ret;

	space = ioas_space_create();
	if (!space)
		return -ENOMEM;
	space->granule = args->granule;
	space->tracks = args->flags & IOASID_ALLOC_DIRTY_TRACKING;
	ret = ioas_object_reserve(call->ctx, &space->obj, IOAS_OBJECT_SPACE);
	if (ret)
		goto release;
	ret = ioas_set_window(call, space, args->iova_base, args->iova_size);
	if (ret)
		goto abort;
	args->ioasid = space->obj.id;
	ret = ioas_respond(call);
	if (ret)
		goto abort;
	ioas_object_finalize(&space->obj);
	return 0;

abort:
	ioas_object_abort(&space->obj);
release:
	ioas_space_release(space);
	return ret;
}

/**
 * ioas_space_get() - Look up the space of a command
 * @call: the command
 * @ctx: the context
 * @id: its id, from user space
 *
 * Return: the space with a reference, to be given back with ioas_space_put(), or
 * an ERR_PTR: -ENOENT.
 */
struct ioas_space *ioas_space_get(struct ioas_call *call, struct ioas_ctx *ctx,
				  u32 id)
{
	struct ioas_object *obj = ioas_object_get(ctx, id);

	if (obj && obj->type == IOAS_OBJECT_SPACE)
		return ioas_space_from_object(obj);
	if (obj)
		ioas_object_put(obj);
	return ERR_PTR(ioas_fail_object(call, id, "I/O address space"));
}

/**
 * ioas_space_put() - Give a reference back
 * @space: the space
 */
void ioas_space_put(struct ioas_space *space)
{
	ioas_object_put(&space->obj);
}

/**
 * ioas_space_page_sizes() - The page sizes that all IOMMUs of a space can use
 * @space: the space
 *
 * Context: domains_sem.
 * Return: a bitmap, all ones if no device is attached.
 */
u64 ioas_space_page_sizes(struct ioas_space *space)
{
	struct ioas_domain *domain;
	u64 sizes = ~0ULL;

	list_for_each_entry(domain, &space->domains, node)
		sizes &= domain->iommu->pgsize_bitmap;
	return sizes;
}

/**
 * ioas_cmd_get_info() - IOASID_GET_INFO
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_get_info(struct ioas_call *call)
{
	struct ioasid_get_info *args = &call->data.get_info;
	struct ioas_space *space = ioas_space_get(call, call->ctx, args->ioasid);
	struct ioas_domain *domain;

	if (IS_ERR(space))
		return PTR_ERR(space);

	args->kind = IOASID_KIND_PAGING;
	args->iova_alignment = PAGE_SIZE;
	args->num_domains = 0;
	down_read(&space->domains_sem);
	list_for_each_entry(domain, &space->domains, node)
		args->num_domains++;
	args->page_sizes = ioas_space_page_sizes(space);
	args->num_devices = space->num_devices;
	mutex_lock(&space->lock);
	args->num_areas = space->num_areas;
	args->mapped_bytes = space->mapped_bytes;
	mutex_unlock(&space->lock);
	up_read(&space->domains_sem);

	ioas_space_put(space);
	return ioas_respond(call);
}

/**
 * ioas_space_set_freed() - A space comes to its end
 * @space: the space
 *
 * From here on nothing finds the space, and a command that found it before sees
 * that it is freed as soon as it has one of the locks.
 *
 * Context: may sleep; domains_sem for write.
 */
void ioas_space_set_freed(struct ioas_space *space)
{
	lockdep_assert_held_write(&space->domains_sem);
	mutex_lock(&space->lock);
	space->freed = true;
	mutex_unlock(&space->lock);
}

static int ioas_fail_attached(struct ioas_call *call, struct ioas_space *space)
{
	struct ioas_attachment *attachment;

	attachment = list_first_entry(&space->attachments,
				      struct ioas_attachment, space_node);
	ioas_fail(call, -EBUSY, IOASID_REASON_IN_USE,
		  "%u devices are attached to the space, one is %s; detach them first",
		  space->num_devices, attachment->owner_name);
	return ioas_fail_range(call, -EBUSY, 0, 0, attachment->owner_id);
}

/**
 * ioas_space_empty() - What a space that ends still maps goes with it
 * @space: the space
 *
 * Context: may sleep; no locks held.
 */
void ioas_space_empty(struct ioas_space *space)
{
	u64 begin = ioas_trace_begin(ioasid_unmap);
	u64 unmapped;

	ioas_unmap_everything(space, &unmapped);
	if (unmapped)
		trace_ioasid_unmap(space->obj.id, 0, unmapped, 0,
				   ioas_trace_nsec(begin));
}

/**
 * ioas_space_free_unused() - Free a space unless a device is attached
 * @call: the command
 * @space: the space, of which the caller has a reference
 *
 * Context: may sleep.
 * Return: 0, -EBUSY, or -ENOENT if another thread was faster.
 */
int ioas_space_free_unused(struct ioas_call *call, struct ioas_space *space)
{
	int ret = 0;

	down_write(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "object");
	else if (space->held)
		ret = ioas_fail(call, -EBUSY, IOASID_REASON_IN_USE,
				"the space is a VFIO container's, with which it ends");
	else if (space->num_devices)
		ret = ioas_fail_attached(call, space);
	else
		ioas_space_set_freed(space);
	up_write(&space->domains_sem);
	if (ret)
		return ret;

	ioas_space_empty(space);
	ioas_object_remove(&space->obj);
	return 0;
}

/**
 * ioas_space_release() - The last reference to a space is gone
 * @space: the space, in which nothing is mapped
 */
void ioas_space_release(struct ioas_space *space)
{
	ioas_reserved_remove(space, &space->window);
	ioas_allowed_free(space);
	/* Empty, but for what was in vain got for entries. */
	xa_destroy(&space->accesses);
	ioas_dirty_log_forget(&space->dirty.log);
	mutex_destroy(&space->lock);
	kfree(space);
}
