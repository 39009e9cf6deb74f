// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts: the id table of one open /dev/ioasid, and the birth and death of the
 * objects in it.
 *
 * A new object reserves its id, is built, and becomes visible with finalize, which
 * cannot fail; until then abort takes the id back as if nothing had happened.
 * Look-ups take a reference under the xarray's lock, under which removal also
 * happens, so an object found is an object alive.
 */
#include <linux/slab.h>

#include "command.h"
#include "context/context.h"
#include "device/device.h"
#include "memory/memory.h"
#include "space/space.h"

/**
 * ioas_ctx_create() - A context with nothing in it
 *
 * Context: may sleep.
 * Return: the context or an ERR_PTR: -ENOMEM.
 */
struct ioas_ctx *ioas_ctx_create(void)
{
	struct ioas_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ctx->refs, 1);
	xa_init_flags(&ctx->objects, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	mutex_init(&ctx->cpu_lock);
	xa_init_flags(&ctx->cpu_pasids, XA_FLAGS_ACCOUNT);
	return ctx;
}

/**
 * ioas_ctx_get() - Take a reference
 * @ctx: the context, whose file the caller holds
 */
void ioas_ctx_get(struct ioas_ctx *ctx)
{
	refcount_inc(&ctx->refs);
}

/**
 * ioas_ctx_put() - Give a reference back
 * @ctx: the context, which may be gone afterwards
 */
void ioas_ctx_put(struct ioas_ctx *ctx)
{
	if (!refcount_dec_and_test(&ctx->refs))
		return;
	xa_destroy(&ctx->objects);
	xa_destroy(&ctx->cpu_pasids);
	mutex_destroy(&ctx->cpu_lock);
	kfree(ctx);
}

static void ioas_end_object(struct ioas_object *obj)
{
	if (obj->type == IOAS_OBJECT_SPACE)
		ioas_space_lose_id(ioas_space_from_object(obj));
	else
		ioas_object_remove_once(obj);
}

/**
 * ioas_ctx_destroy() - End a context and everything in it
 * @ctx: the context; its file has no reference left, so no command runs on it
 *
 * Devices go first: their DMA is blocked before what they may reach is unmapped. What
 * is bound by drivers in the kernel may be unbound by them at the same time.
 *
 * Context: may sleep; takes all locks.
 */
void ioas_ctx_destroy(struct ioas_ctx *ctx)
{
	struct ioas_object *obj;
	u32 id = 0;

	while ((obj = ioas_object_next(ctx, &id))) {
		if (obj->type == IOAS_OBJECT_DEVICE)
			ioas_device_end(ioas_device_from_object(obj));
		ioas_object_put(obj);
	}
	id = 0;
	while ((obj = ioas_object_next(ctx, &id))) {
		ioas_end_object(obj);
		ioas_object_put(obj);
	}
	ioas_ctx_put(ctx);
}

/**
 * ioas_id_reserve() - Take an id that stands for nothing yet
 * @ctx: the context
 * @id: out: the id, for ioas_id_set() or ioas_id_free()
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ioas_id_reserve(struct ioas_ctx *ctx, u32 *id)
{
	int ret = xa_alloc(&ctx->objects, id, NULL, XA_LIMIT(1, INT_MAX),
			   GFP_KERNEL_ACCOUNT);

	/* All ids taken is a lack of ids, and not worth an errno of its own. */
	return ret == -EBUSY ? -ENOMEM : ret;
}

/**
 * ioas_id_set() - Give a reserved id to an object that exists
 * @ctx: the context
 * @id: the id
 * @obj: an object without an id; the table takes a reference
 *
 * Context: may sleep, but cannot fail: the slot exists since the reservation.
 */
void ioas_id_set(struct ioas_ctx *ctx, u32 id, struct ioas_object *obj)
{
	refcount_inc(&obj->refs);
	obj->ctx = ctx;
	obj->id = id;
	ioas_object_finalize(obj);
}

/**
 * ioas_id_free() - Take an id back, whatever it stands for
 * @ctx: the context
 * @id: the id; the reference of its object is the caller's now
 */
void ioas_id_free(struct ioas_ctx *ctx, u32 id)
{
	xa_erase(&ctx->objects, id);
}

/**
 * ioas_object_reserve() - Give a new object an id that nobody can look up yet
 * @ctx: the context
 * @obj: the object, owned by the caller; gets one reference, the table's
 * @type: what it is
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ioas_object_reserve(struct ioas_ctx *ctx, struct ioas_object *obj,
			enum ioas_object_type type)
{
	refcount_set(&obj->refs, 1);
	obj->type = type;
	obj->ctx = ctx;
	return ioas_id_reserve(ctx, &obj->id);
}

/**
 * ioas_object_abort() - Take back the id of an object that was not finalized
 * @obj: the object, still owned by the caller
 */
void ioas_object_abort(struct ioas_object *obj)
{
	xa_erase(&obj->ctx->objects, obj->id);
}

/**
 * ioas_object_finalize() - Let user space find an object
 * @obj: the object; from here on the table owns it
 *
 * Context: may sleep, but cannot fail: the slot exists since the reservation.
 */
void ioas_object_finalize(struct ioas_object *obj)
{
	xa_store(&obj->ctx->objects, obj->id, obj, GFP_KERNEL_ACCOUNT);
}

/**
 * ioas_object_get() - Look up an id
 * @ctx: the context
 * @id: the id, from user space
 *
 * Return: the object with a reference for the caller, or NULL.
 */
struct ioas_object *ioas_object_get(struct ioas_ctx *ctx, u32 id)
{
	struct ioas_object *obj;

	xa_lock(&ctx->objects);
	obj = ctx->recent;
	if (!obj || obj->id != id) {
		obj = xa_load(&ctx->objects, id);
		ctx->recent = obj;
	}
	if (obj)
		refcount_inc(&obj->refs);
	xa_unlock(&ctx->objects);
	return obj;
}

/**
 * ioas_object_next() - Walk over the objects of a context
 * @ctx: the context
 * @id: in: the last object's id, 0 to begin; out: the id of this one
 *
 * Return: the next object with a reference for the caller, or NULL.
 */
struct ioas_object *ioas_object_next(struct ioas_ctx *ctx, u32 *id)
{
	unsigned long index = *id;
	struct ioas_object *obj;

	xa_lock(&ctx->objects);
	obj = xa_find_after(&ctx->objects, &index, ULONG_MAX, XA_PRESENT);
	if (obj)
		refcount_inc(&obj->refs);
	xa_unlock(&ctx->objects);
	*id = index;
	return obj;
}

/**
 * ioas_object_put() - Give a reference back
 * @obj: the object, which may be gone afterwards
 *
 * Context: may sleep with the last reference; none of the locks of the object held.
 */
void ioas_object_put(struct ioas_object *obj)
{
	if (!refcount_dec_and_test(&obj->refs))
		return;
	switch (obj->type) {
	case IOAS_OBJECT_SPACE:
		ioas_space_release(ioas_space_from_object(obj));
		break;
	case IOAS_OBJECT_DEVICE:
		ioas_device_release(ioas_device_from_object(obj));
		break;
	case IOAS_OBJECT_MEMORY:
		ioas_registration_release(ioas_registration_from_object(obj));
		break;
	}
}

/* Nobody finds the object any more. False if that was so before. */
static bool ioas_object_erase(struct ioas_object *obj)
{
	struct ioas_ctx *ctx = obj->ctx;
	bool found;

	xa_lock(&ctx->objects);
	found = xa_load(&ctx->objects, obj->id) == obj;
	if (found)
		__xa_erase(&ctx->objects, obj->id);
	if (ctx->recent == obj)
		ctx->recent = NULL;
	xa_unlock(&ctx->objects);
	return found;
}

/**
 * ioas_object_remove_once() - Free an object's id unless it is free already
 * @obj: an object of which the caller has a reference
 *
 * Context: may sleep; no locks held.
 * Return: false if another thread was faster.
 */
bool ioas_object_remove_once(struct ioas_object *obj)
{
	if (!ioas_object_erase(obj))
		return false;
	ioas_object_put(obj);
	return true;
}

/**
 * ioas_object_remove() - Free an object's id and drop the table's reference
 * @obj: a finalized object; the caller made sure that it removes it only once
 *
 * Context: may sleep; no locks held.
 */
void ioas_object_remove(struct ioas_object *obj)
{
	ioas_object_erase(obj);
	ioas_object_put(obj);
}

static int ioas_free_object(struct ioas_call *call, struct ioas_object *obj)
{
	switch (obj->type) {
	case IOAS_OBJECT_SPACE:
		return ioas_space_free_unused(call, ioas_space_from_object(obj));
	case IOAS_OBJECT_DEVICE:
		return ioas_device_free_gone(call, ioas_device_from_object(obj));
	case IOAS_OBJECT_MEMORY:
		break;
	}
	if (ioas_object_remove_once(obj))
		return 0;
	return ioas_fail_object(call, obj->id, "object");
}

/**
 * ioas_cmd_free() - IOASID_FREE
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_free(struct ioas_call *call)
{
	u32 id = call->data.free.id;
	struct ioas_object *obj = ioas_object_get(call->ctx, id);
	int ret;

	if (!obj)
		return ioas_fail_object(call, id, "object");
	ret = ioas_free_object(call, obj);
	ioas_object_put(obj);
	return ret;
}
