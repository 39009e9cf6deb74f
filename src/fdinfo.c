// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/fdinfo of an open /dev/ioasid: what is in the context. The format is
 * documented in docs/fdinfo.md, and only grows.
 */
#include <linux/seq_file.h>

#include "chardev.h"
#include "context/context.h"
#include "device/device.h"
#include "memory/memory.h"
#include "space/space.h"

static void ioas_show_registration(struct seq_file *m,
				   struct ioas_registration *registration)
{
	seq_printf(m, "memory:\tid=%u bytes=%llu prot=%s%s\n",
		   registration->obj.id,
		   (u64)registration->memory->pages << PAGE_SHIFT,
		   registration->prot & IOASID_PROT_READ ? "r" : "",
		   registration->prot & IOASID_PROT_WRITE ? "w" : "");
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
	struct ioas_object *obj;
	u32 id = 0;

	seq_printf(m, "ioasid-uapi:\t%u\n", IOASID_UAPI_VERSION);
	while ((obj = ioas_object_next(ctx, &id))) {
		switch (obj->type) {
		case IOAS_OBJECT_SPACE:
			ioas_space_show(m, ioas_space_from_object(obj));
			break;
		case IOAS_OBJECT_DEVICE:
			ioas_device_show(m, ioas_device_from_object(obj));
			break;
		case IOAS_OBJECT_MEMORY:
			ioas_show_registration(m,
					       ioas_registration_from_object(obj));
			break;
		}
		ioas_object_put(obj);
	}
}
