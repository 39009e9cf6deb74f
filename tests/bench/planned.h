/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of /dev/ioasid that the bench measures before <linux/ioasid.h> has them.
 * A module without them answers ENOTTY, which a row shows. Included by peer_ioasid.c.
 */
#ifndef IOASID_BENCH_PLANNED_H
#define IOASID_BENCH_PLANNED_H

#include <linux/ioasid.h>

#ifndef IOASID_MAP_BATCH
struct ioasid_map_entry {
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
	__u32 prot;
	__u32 flags;
};

struct ioasid_map_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 num_entries;
	__aligned_u64 entries;
	__u32 num_done;
	__u32 __reserved;
};

#define IOASID_MAP_BATCH	_IO(IOASID_TYPE, 0x0B)
#endif

#ifndef IOASID_REGISTER_MEMORY
struct ioasid_register_memory {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 memory_id;
	__u32 prot;
	__aligned_u64 user_va;
	__aligned_u64 length;
};

#define IOASID_REGISTER_MEMORY	_IO(IOASID_TYPE, 0x0D)

struct ioasid_unregister_memory {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 memory_id;
	__u32 __reserved;
};

#define IOASID_UNREGISTER_MEMORY _IO(IOASID_TYPE, 0x0E)
#endif

#ifndef IOASID_COPY
enum {
	IOASID_COPY_FIXED = 1 << 0,
	IOASID_COPY_MEMORY = 1 << 1,
};

struct ioasid_copy {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__s32 src_fd;
	__u32 src_id;
	__u32 dst_ioasid;
	__u32 prot;
	__aligned_u64 src_offset;
	__aligned_u64 length;
	__aligned_u64 dst_iova;
};

#define IOASID_COPY		_IO(IOASID_TYPE, 0x0F)
#endif

#endif /* IOASID_BENCH_PLANNED_H */
