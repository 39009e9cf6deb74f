/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a command travels from ioctl() to its handler and back: size rules, flags,
 * reserved members, the reason of a failure. One entry for /dev/ioasid and for the
 * VFIO container, so that no handler checks any of this itself.
 */
#ifndef IOAS_COMMAND_H
#define IOAS_COMMAND_H

#include <linux/types.h>

#include "uapi/linux/ioasid.h"

struct ioas_ctx;
struct ioas_container;

/* The members every command struct begins with. */
struct ioas_command_header {
	u32 size;
	u32 flags;
	u64 extack;
};

/* Room for the largest command of this kernel. */
union ioas_command_data {
	struct ioas_command_header header;
	struct ioasid_get_caps get_caps;
	struct ioasid_alloc alloc;
	struct ioasid_free free;
	struct ioasid_get_info get_info;
	struct ioasid_iova_ranges iova_ranges;
	struct ioasid_map_dma map_dma;
	struct ioasid_unmap_dma unmap_dma;
	struct ioasid_device_info device_info;
	struct ioasid_attach attach;
	struct ioasid_detach detach;
	struct ioasid_allow_iovas allow_iovas;
	struct ioasid_map_batch map_batch;
	struct ioasid_map_file map_file;
	struct ioasid_register_memory register_memory;
	struct ioasid_unregister_memory unregister_memory;
	struct ioasid_copy copy;
	struct ioasid_device_intersect device_intersect;
	struct ioasid_dirty_set dirty_set;
	struct ioasid_dirty_read dirty_read;
	struct ioasid_pasid_map pasid_map;
	struct vfio_ioasid_bind bind;
	struct vfio_ioasid_unbind unbind;
	struct vfio_ioasid_adopt adopt;
};

/**
 * struct ioas_call - One command on its way
 * @ctx: the context, for commands of /dev/ioasid
 * @container: the container, for commands of a VFIO container
 * @killable: only a signal that kills may interrupt it
 * @user: the caller's struct
 * @size: bytes of it that both sides know
 * @data: this kernel's copy
 * @extack: the reason of a failure, see ioas_fail()
 */
struct ioas_call {
	struct ioas_ctx *ctx;
	struct ioas_container *container;
	bool killable;
	void __user *user;
	u32 size;
	union ioas_command_data data;
	struct ioasid_extack extack;
};

/**
 * struct ioas_command - A row of a command table
 * @cmd: ioctl number
 * @size: bytes of the struct this kernel knows
 * @min_size: bytes of its first released layout
 * @flags: flag bits this kernel knows
 * @reserved: offset of a u32 that must be zero, 0 if there is none
 * @run: the handler; returns 0 or a negative errno, see ioas_fail()
 */
struct ioas_command {
	unsigned int cmd;
	u16 size;
	u16 min_size;
	u32 flags;
	u16 reserved;
	int (*run)(struct ioas_call *call);
};

/*
 * A table row. @last is the last member of the first released layout, which
 * stays as it is when the struct grows.
 */
#define IOAS_COMMAND(_cmd, _struct, _last, _flags, _reserved, _run)	\
	{								\
		.cmd = (_cmd),						\
		.size = sizeof(struct _struct),				\
		.min_size = offsetofend(struct _struct, _last),		\
		.flags = (_flags),					\
		.reserved = (_reserved),				\
		.run = (_run),						\
	}

long ioas_command_run(const struct ioas_command *table, unsigned int rows,
		      struct ioas_call *call, unsigned int cmd);
int ioas_respond(struct ioas_call *call);
bool ioas_interrupted(struct ioas_call *call);

__printf(4, 5)
int ioas_fail(struct ioas_call *call, int err, enum ioasid_reason reason,
	      const char *fmt, ...);
int ioas_fail_range(struct ioas_call *call, int err, u64 first, u64 last, u32 id);
void ioas_forget_failure(struct ioas_call *call);
int ioas_fail_object(struct ioas_call *call, u32 id, const char *what);

#endif
