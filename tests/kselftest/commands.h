/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every command of the uAPI, as a call that succeeds: for tests of what holds for all
 * of them. Used by uapi_size and fault_commands.
 */
#ifndef IOASID_TEST_COMMANDS_H
#define IOASID_TEST_COMMANDS_H

#include "common.h"
#include "vfio.h"

#define NUM_RANGES	32

/* What the calls work on. */
struct rig {
	int fd;
	int target;			/* the file the command is for */
	int file;			/* a page of memory as a file */
	__u32 space;
	struct dev dev;
	unsigned char *memory;		/* a page to map */
	unsigned char *end;		/* end of memory the kernel can access */
	struct cmd_header *arg;
	struct ioasid_iova_range ranges[NUM_RANGES];
	struct ioasid_map_entry entry;
	__u64 dirty;			/* a bitmap of a few pages */
};

struct command {
	unsigned long nr;
	size_t size;
	size_t min_size;	/* of its first layout, 0 if that is @size */
	size_t reserved;	/* offset of its __reserved member, 0 if none */
	__u32 flags;		/* that it knows */
	bool to_container;
	bool result;		/* it has members that the kernel writes */
	/* Fills its zeroed struct, so that the next call succeeds. */
	void (*prepare)(struct rig *rig, void *arg);
};

enum {
	CMD_GET_CAPS,
	CMD_ALLOC,
	CMD_FREE,
	CMD_GET_INFO,
	CMD_IOVA_RANGES,
	CMD_MAP_DMA,
	CMD_UNMAP_DMA,
	CMD_DEVICE_INFO,
	CMD_ATTACH,
	CMD_DETACH,
	CMD_ALLOW_IOVAS,
	CMD_MAP_BATCH,
	CMD_MAP_FILE,
	CMD_REGISTER_MEMORY,
	CMD_UNREGISTER_MEMORY,
	CMD_COPY,
	CMD_DEVICE_INTERSECT,
	CMD_DIRTY_SET,
	CMD_DIRTY_READ,
	CMD_PASID_MAP,
	CMD_BIND,
	CMD_UNBIND,
	CMD_ADOPT,
	NUM_COMMANDS,
};

extern const struct command commands[NUM_COMMANDS];

/* Bytes of the shortest struct that the command takes. */
size_t first_size(const struct command *command);

#endif /* IOASID_TEST_COMMANDS_H */
