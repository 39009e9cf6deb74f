// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces of VFIO containers: they have no id, until a context adopts them.
 *
 * Such a space ends with its container. If a context has adopted it, it lives on as a
 * space of that context, as if it had been one from the beginning; and if the context
 * ends first, the container keeps it. Which of the two has it is decided under
 * domains_sem for write.
 *
 * Called by type1/ and context/.
 */
#include "command.h"
#include "context/context.h"
#include "dirty/dirty.h"
#include "space/space.h"

/**
 * ioas_space_create_held() - A space of a container
 *
 * Context: may sleep.
 * Return: the space with one reference, the container's, or NULL.
 */
struct ioas_space *ioas_space_create_held(void)
{
	struct ioas_space *space = ioas_space_create();

	if (!space)
		return NULL;
	refcount_set(&space->obj.refs, 1);
	space->obj.type = IOAS_OBJECT_SPACE;
	space->held = true;
	return space;
}

static int ioas_check_adopt(struct ioas_call *call, struct ioas_space *space)
{
	if (!space->held)
		return ioas_fail(call, -ENODEV, IOASID_REASON_CONTAINER,
				 "the container's last group has left it");
	if (space->obj.ctx)
		return ioas_fail(call, -EEXIST, IOASID_REASON_IN_USE,
				 "the space of the container has an id in a context already");
	return 0;
}

/**
 * ioas_space_adopt() - Give a container's space an id
 * @call: the command, for the reason of a failure
 * @space: the space
 * @ctx: the context, whose file the caller holds
 * @id: an id that is reserved there
 *
 * Context: may sleep; no locks held.
 * Return: 0, -ENODEV or -EEXIST; then the id is still reserved.
 */
int ioas_space_adopt(struct ioas_call *call, struct ioas_space *space,
		     struct ioas_ctx *ctx, u32 id)
{
	int ret;

	down_write(&space->domains_sem);
	ret = ioas_check_adopt(call, space);
	if (!ret)
		ioas_id_set(ctx, id, &space->obj);
	up_write(&space->domains_sem);
	return ret;
}

/**
 * ioas_space_let_go() - The container of a space ends
 * @space: the space; the container's groups have left it. The container keeps its
 *	reference
 *
 * Context: may sleep; no locks held.
 */
void ioas_space_let_go(struct ioas_space *space)
{
	bool adopted;

	down_write(&space->domains_sem);
	space->held = false;
	adopted = space->obj.ctx;
	if (!adopted)
		ioas_space_set_freed(space);
	up_write(&space->domains_sem);
	if (!adopted)
		ioas_space_empty(space);
}

/**
 * ioas_space_lose_id() - The context of a space ends
 * @space: the space; the context's devices are unbound
 *
 * Context: may sleep; no locks held.
 */
void ioas_space_lose_id(struct ioas_space *space)
{
	struct ioas_ctx *ctx = space->obj.ctx;
	u32 id = space->obj.id;
	bool held;

	down_write(&space->domains_sem);
	held = space->held;
	if (held) {
		space->obj.ctx = NULL;
		space->obj.id = 0;
		ioas_dirty_stop(space);
	} else {
		ioas_space_set_freed(space);
	}
	up_write(&space->domains_sem);
	if (!held)
		ioas_space_empty(space);
	ioas_id_free(ctx, id);
	ioas_space_put(space);
}
