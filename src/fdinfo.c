// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/fdinfo of an open /dev/ioasid: what is in the context. The format is
 * documented in docs/fdinfo.md, and only grows.
 *
 * Memory may have several users in a context, and counts once. So it is marked when it
 * is counted, and all marks are taken away before.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "chardev.h"
#include "context/context.h"
#include "device/device.h"
#include "memory/memory.h"
#include "space/space.h"

/* Contexts share memory, so one of them is shown at a time. */
static DEFINE_MUTEX(ioas_fdinfo_lock);

static u64 ioas_show_registration(struct seq_file *m,
				  struct ioas_registration *registration)
{
	seq_printf(m, "memory:\tid=%u bytes=%llu prot=%s%s\n",
		   registration->obj.id,
		   (u64)registration->memory->pages << PAGE_SHIFT,
		   registration->prot & IOASID_PROT_READ ? "r" : "",
		   registration->prot & IOASID_PROT_WRITE ? "w" : "");
	return ioas_memory_count(registration->memory);
}

/* Show an object; returns bytes of memory that it is the first to use. */
static u64 ioas_show_object(struct seq_file *m, struct ioas_object *obj)
{
	switch (obj->type) {
	case IOAS_OBJECT_SPACE:
		return ioas_space_show(m, ioas_space_from_object(obj));
	case IOAS_OBJECT_DEVICE:
		ioas_device_show(m, ioas_device_from_object(obj));
		break;
	case IOAS_OBJECT_MEMORY:
		return ioas_show_registration(m,
					      ioas_registration_from_object(obj));
	}
	return 0;
}

static void ioas_forget_count(struct ioas_ctx *ctx)
{
	struct ioas_object *obj;
	u32 id = 0;

	while ((obj = ioas_object_next(ctx, &id))) {
		if (obj->type == IOAS_OBJECT_SPACE)
			ioas_space_forget_count(ioas_space_from_object(obj));
		else if (obj->type == IOAS_OBJECT_MEMORY)
			ioas_registration_from_object(obj)->memory->counted = false;
		ioas_object_put(obj);
	}
}

static void ioas_show_ctx(struct seq_file *m, struct ioas_ctx *ctx)
{
	struct ioas_object *obj;
	u64 pinned = 0;
	u32 id = 0;

	while ((obj = ioas_object_next(ctx, &id))) {
		pinned += ioas_show_object(m, obj);
		ioas_object_put(obj);
	}
	seq_printf(m, "context:\tpinned=%llu\n", pinned);
}

/**
 * ioas_show_fdinfo() - Show what is in a context
 * @m: where to
 * @file: an open /dev/ioasid
 *
 * Context: may sleep.
 */
void ioas_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct ioas_ctx *ctx = file->private_data;

	seq_printf(m, "ioasid-uapi:\t%u\n", IOASID_UAPI_VERSION);
	mutex_lock(&ioas_fdinfo_lock);
	ioas_forget_count(ctx);
	ioas_show_ctx(m, ctx);
	mutex_unlock(&ioas_fdinfo_lock);
}
