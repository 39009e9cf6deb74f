// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_REGISTER_MEMORY: memory that is pinned and charged once, and has an id by
 * which IOASID_COPY maps it.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "command.h"
#include "context/context.h"
#include "memory/memory.h"
#include "space/space.h"
#include "trace/trace.h"

static void ioas_registered_release(struct ioas_memory *memory)
{
	kfree(memory);
}

static void ioas_registration_destroy(struct ioas_registration *registration)
{
	struct ioas_uncharge uncharge = {};

	ioas_memory_put(registration->memory, &uncharge);
	ioas_uncharge_all(&uncharge);
	kfree(registration);
}

/**
 * ioas_registration_release() - The last reference to a registration is gone
 * @registration: the registration; its memory lives on if it is mapped
 */
void ioas_registration_release(struct ioas_registration *registration)
{
	u64 length = (u64)registration->memory->pages << PAGE_SHIFT;
	u64 begin = ioas_trace_begin(ioasid_unregister);
	u32 id = registration->obj.id;

	ioas_registration_destroy(registration);
	trace_ioasid_unregister(id, length, 0, ioas_trace_nsec(begin));
}

static struct ioas_registration *ioas_registration_create(u32 prot)
{
	struct ioas_registration *registration;

	registration = kzalloc(sizeof(*registration), GFP_KERNEL_ACCOUNT);
	if (!registration)
		return NULL;
	registration->memory = kmalloc(sizeof(*registration->memory),
				       GFP_KERNEL_ACCOUNT);
	if (!registration->memory) {
		kfree(registration);
		return NULL;
	}
	ioas_memory_init(registration->memory, ioas_registered_release);
	registration->prot = prot;
	return registration;
}

static int ioas_register(struct ioas_call *call)
{
	struct ioasid_register_memory *args = &call->data.register_memory;
	struct ioas_registration *registration;
	int ret;

	registration = ioas_registration_create(args->prot);
	if (!registration)
		return -ENOMEM;
	ret = ioas_object_reserve(call->ctx, &registration->obj,
				  IOAS_OBJECT_MEMORY);
	if (ret)
		goto release;
	ret = ioas_memory_pin(call, registration->memory, args->user_va,
			      args->length >> PAGE_SHIFT,
			      args->prot & IOASID_PROT_WRITE);
	if (ret)
		goto abort;
	args->memory_id = registration->obj.id;
	ret = ioas_respond(call);
	if (ret)
		goto abort;
	ioas_object_finalize(&registration->obj);
	return 0;

abort:
	ioas_object_abort(&registration->obj);
release:
	ioas_registration_destroy(registration);
	return ret;
}

/**
 * ioas_cmd_register_memory() - IOASID_REGISTER_MEMORY
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_register_memory(struct ioas_call *call)
{
	struct ioasid_register_memory *args = &call->data.register_memory;
	u64 begin = ioas_trace_begin(ioasid_register);
	struct ioasid_map_entry entry = {
		.user_va = args->user_va,
		.length = args->length,
		.prot = args->prot,
	};
	int ret;

	ret = ioas_check_entry(call, "user_va", &entry);
	if (ret)
		return ret;
	ret = ioas_register(call);
	trace_ioasid_register(ret ? 0 : args->memory_id, args->length, ret,
			      ioas_trace_nsec(begin));
	return ret;
}

/**
 * ioas_registration_get() - Look up registered memory
 * @call: the command
 * @ctx: the context
 * @id: its id, from user space
 *
 * Return: the registration with a reference, to be given back with
 * ioas_registration_put(), or an ERR_PTR: -ENOENT.
 */
struct ioas_registration *ioas_registration_get(struct ioas_call *call,
						struct ioas_ctx *ctx, u32 id)
{
	struct ioas_object *obj = ioas_object_get(ctx, id);

	if (obj && obj->type == IOAS_OBJECT_MEMORY)
		return ioas_registration_from_object(obj);
	if (obj)
		ioas_object_put(obj);
	return ERR_PTR(ioas_fail_object(call, id, "registered memory"));
}

/**
 * ioas_registration_put() - Give a reference back
 * @registration: the registration
 */
void ioas_registration_put(struct ioas_registration *registration)
{
	ioas_object_put(&registration->obj);
}

/**
 * ioas_cmd_unregister_memory() - IOASID_UNREGISTER_MEMORY
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_unregister_memory(struct ioas_call *call)
{
	u32 id = call->data.unregister_memory.memory_id;
	struct ioas_registration *registration;
	int ret = 0;

	registration = ioas_registration_get(call, call->ctx, id);
	if (IS_ERR(registration))
		return PTR_ERR(registration);
	if (!ioas_object_remove_once(&registration->obj))
		ret = ioas_fail_object(call, id, "registered memory");
	ioas_registration_put(registration);
	return ret;
}
