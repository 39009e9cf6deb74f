// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the calls on spaces and memory ask of the kernel, every member of it, and what
 * they make of the answer. Run by check.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "internal.h"
#include "tap.h"

#define BOTH	(IOASID_PROT_READ | IOASID_PROT_WRITE)
#define LENGTH	0x3000u

static struct ioasid_ctx *ctx;
static char page[4096];

static void start(void)
{
	fake_reset();
	if (ioasid_ctx_open(&ctx))
		abort();
}

static void end(const char *name)
{
	ioasid_ctx_close(ctx);
	tap_ok(!fake.broken && !fake_open_files(), "%s: nothing is left", name);
}

/* Nothing but what is expected went to the kernel. */
static bool sent(const void *cmd, size_t size)
{
	return !memcmp(&fake.sent, cmd, size);
}

static void spaces(void)
{
	struct ioasid_alloc wanted = { .size = sizeof(wanted) };
	struct {
		struct ioasid_alloc known;
		uint64_t more;
	} newer = { .known = { .size = sizeof(newer) } };
	uint32_t id = 0;

	start();
	tap_ok(!ioasid_space_alloc(ctx, &id) && id && sent(&wanted, sizeof(wanted)),
	       "a space of default attributes");
	wanted.iova_base = 0x10000;
	wanted.iova_size = 0x20000;
	tap_ok(!ioasid_space_alloc_window(ctx, 0x10000, 0x20000, &id) &&
	       sent(&wanted, sizeof(wanted)), "a space with a window");
	wanted.granule = 65536;
	tap_ok(!ioasid_space_alloc_with(ctx, &wanted, &id) && id &&
	       sent(&wanted, sizeof(wanted)) && !wanted.ioasid && !wanted.extack,
	       "a space with attributes, which stay as they were");
	tap_ok(!ioasid_space_alloc_with(ctx, &newer.known, &id) &&
	       fake.sent.header.size == sizeof(newer),
	       "attributes that the library does not know are passed on");

	id = 77;
	wanted.size = 8;
	tap_fails(ioasid_space_alloc_with(ctx, &wanted, &id), -EINVAL, "short attributes",
		  TAP_WORDS("ioasid_alloc", "sizeof"));
	wanted.size = 0xdeadbeef;
	tap_fails(ioasid_space_alloc_with(ctx, &wanted, &id), -EINVAL,
		  "attributes not initialised", TAP_WORDS("ioasid_alloc", "sizeof"));
	tap_ok(id == 77, "and no id is written");
	end("spaces");
}

/* The fake does not know one container from another. */
static void adopted(void)
{
	struct ioasid_dev *dev;
	uint32_t id = 0;

	start();
	if (ioasid_dev_open(ctx, FAKE_SOLO, 0, &dev))
		abort();
	tap_ok(!ioasid_space_adopt(ctx, ioasid_ctx_container_fd(ctx), &id) && id,
	       "a container's space gets an id");
	id = 77;
	fake.request = VFIO_IOASID_ADOPT;
	fake.request_errno = ENOENT;
	tap_fails(ioasid_space_adopt(ctx, ioasid_ctx_container_fd(ctx), &id), -ENOENT,
		  "no type1 container", TAP_WORDS("container"));
	tap_ok(id == 77, "and no id is written");
	fake.request = 0;
	ioasid_dev_close(dev);
	end("adopted");
}

static void allowed(void)
{
	struct ioasid_dev *dev;
	const struct ioasid_iova_range ranges[] = { { 0, 0xfff }, { 0x2000, 0x2fff } };
	struct ioasid_allow_iovas wanted = {
		.size = sizeof(wanted),
		.ioasid = 5,
		.num_ranges = 2,
		.ranges = (uintptr_t)ranges,
	};

	start();
	tap_ok(!ioasid_space_allow_iovas(ctx, 5, ranges, 2) &&
	       sent(&wanted, sizeof(wanted)), "ranges that are to be kept");
	fake.request = IOASID_ALLOW_IOVAS;
	fake.request_errno = ENOENT;
	tap_fails(ioasid_space_allow_iovas(ctx, 5, NULL, 0), -ENOENT,
		  "ranges that cannot be kept", TAP_WORDS("0 ranges of space 5"));

	if (ioasid_dev_open(ctx, FAKE_SOLO, 0, &dev))
		abort();
	fake.request = IOASID_ATTACH;
	fake.request_errno = EADDRNOTAVAIL;
	fake.message = FAKE_SOLO " would take IOVA 0xfee00000-0xfeefffff";
	fake.reason = IOASID_REASON_IOVA_ALLOWED;
	tap_fails(ioasid_dev_attach(dev, 5), -EADDRNOTAVAIL,
		  "a device that would take from them",
		  TAP_WORDS("space 5", fake.message, "ioasid_space_allow_iovas()"));
	end("allowed");
}

static void mapping(void)
{
	struct ioasid_map_dma wanted = {
		.size = sizeof(wanted),
		.ioasid = 5,
		.prot = IOASID_PROT_READ,
		.user_va = (uintptr_t)page,
		.length = LENGTH,
	};
	uint64_t iova = 0;

	start();
	tap_ok(!ioasid_space_map(ctx, 5, page, LENGTH, IOASID_PROT_READ, &iova) &&
	       sent(&wanted, sizeof(wanted)) && iova == FAKE_IOVA,
	       "memory where the kernel chooses");
	wanted.flags = IOASID_MAP_FIXED;
	wanted.iova = 0x7000;
	tap_ok(!ioasid_space_map_fixed(ctx, 5, 0x7000, page, LENGTH, IOASID_PROT_READ) &&
	       sent(&wanted, sizeof(wanted)), "memory at a fixed IOVA");
	end("mapping");
}

static void batches(void)
{
	struct ioasid_map_entry entries[3] = {
		{ 0x1000, 0x1000, 0, BOTH, 0 },
		{ 0x2000, 0x1000, 0x9000, BOTH, IOASID_MAP_FIXED },
		{ 0x3000, 0x1000, 0, BOTH, 0 },
	};
	struct ioasid_map_batch wanted = {
		.size = sizeof(wanted),
		.ioasid = 5,
		.num_entries = 3,
		.entries = (uintptr_t)entries,
	};
	uint32_t done = 77;

	start();
	tap_ok(!ioasid_space_map_batch(ctx, 5, entries, 3, &done) && done == 3 &&
	       sent(&wanted, sizeof(wanted)) && entries[0].iova == FAKE_IOVA &&
	       entries[1].iova == 0x9000, "a batch");
	tap_ok(!ioasid_space_map_batch(ctx, 5, entries, 3, NULL),
	       "the count need not be asked for");

	fake.request = IOASID_MAP_BATCH;
	fake.request_errno = EEXIST;
	fake.message = "IOVA 0x9000-0x9fff is mapped already";
	fake.reason = IOASID_REASON_IOVA_MAPPED;
	fake.batch = 1;
	tap_fails(ioasid_space_map_batch(ctx, 5, entries, 3, &done), -EEXIST,
		  "a batch whose second entry fails",
		  TAP_WORDS("entry 1 of 3", "counted from 0", "space 5", fake.message));
	tap_ok(done == 1, "says how many were mapped");
	fake.request_errno = EINTR;
	fake.message = "interrupted by a signal after 1 entries";
	fake.reason = IOASID_REASON_INTERRUPTED;
	tap_fails(ioasid_space_map_batch(ctx, 5, entries, 3, &done), -EINTR,
		  "an interrupted batch", TAP_WORDS("entries that are left"));
	fake.request_errno = EFAULT;
	fake.message = NULL;
	fake.batch = 0;
	tap_fails(ioasid_space_map_batch(ctx, 5, NULL, 1, &done), -EFAULT,
		  "a batch without entries", TAP_WORDS("entry 0 of 1"));
	end("batches");
}

static void files(void)
{
	struct ioasid_map_file wanted = {
		.size = sizeof(wanted),
		.ioasid = 5,
		.prot = BOTH,
		.fd = 3,
		.offset = 0x4000,
		.length = LENGTH,
	};
	uint64_t iova = 0;

	start();
	tap_ok(!ioasid_space_map_file(ctx, 5, 3, 0x4000, LENGTH, BOTH, &iova) &&
	       sent(&wanted, sizeof(wanted)) && iova == FAKE_IOVA,
	       "a file where the kernel chooses");
	wanted.flags = IOASID_MAP_FIXED;
	wanted.iova = 0x7000;
	tap_ok(!ioasid_space_map_file_fixed(ctx, 5, 0x7000, 3, 0x4000, LENGTH, BOTH) &&
	       sent(&wanted, sizeof(wanted)), "a file at a fixed IOVA");
	end("files");
}

static void unmapping(void)
{
	struct ioasid_unmap_dma wanted = {
		.size = sizeof(wanted),
		.ioasid = 5,
		.iova = 0x7000,
		.length = LENGTH,
	};
	uint64_t unmapped = 0;

	start();
	tap_ok(!ioasid_space_unmap(ctx, 5, 0x7000, LENGTH, &unmapped) &&
	       sent(&wanted, sizeof(wanted)) && unmapped == LENGTH, "a range is unmapped");
	wanted.flags = IOASID_UNMAP_ALL;
	wanted.iova = 0;
	wanted.length = 0;
	tap_ok(!ioasid_space_unmap_all(ctx, 5, NULL) && sent(&wanted, sizeof(wanted)),
	       "all is unmapped");

	fake.request = IOASID_UNMAP_DMA;
	fake.request_errno = EINVAL;
	fake.message = "the range would split the mapping 0x7000-0x9fff";
	fake.reason = IOASID_REASON_IOVA_PARTIAL;
	unmapped = 77;
	tap_fails(ioasid_space_unmap(ctx, 5, 0x7000, 0x1000, &unmapped), -EINVAL,
		  "a part is refused", TAP_WORDS(fake.message, "granule"));
	tap_ok(unmapped == 77, "and no length is written");
	end("unmapping");
}

static void tracking(void)
{
	struct ioasid_dirty_set wanted = {
		.size = sizeof(wanted),
		.flags = IOASID_DIRTY_ENABLE,
		.ioasid = 5,
	};
	struct ioasid_dirty_read read = {
		.size = sizeof(read),
		.flags = IOASID_DIRTY_NO_CLEAR,
		.ioasid = 5,
		.iova = 0x7000,
		.length = 65 * 0x1000,
		.page_size = 0x1000,
		.bitmap = (uintptr_t)page,
		.bitmap_size = 16,
	}, asked = read;

	start();
	tap_ok(!ioasid_space_dirty_set(ctx, 5, true) && sent(&wanted, sizeof(wanted)),
	       "a space is tracked");
	wanted.flags = 0;
	tap_ok(!ioasid_space_dirty_set(ctx, 5, false) && sent(&wanted, sizeof(wanted)),
	       "and no longer");
	tap_ok(!ioasid_space_dirty_read(ctx, &read) && sent(&asked, sizeof(asked)) &&
	       read.precision == IOASID_DIRTY_HARDWARE && read.num_dirty == 3,
	       "what is dirty is read");

	read = asked;
	read.bitmap_size = 8;
	tap_fails(ioasid_space_dirty_read(ctx, &read), -EMSGSIZE, "a bitmap that is too small",
		  TAP_WORDS("space 5"));
	tap_ok(read.bitmap_size == 16 && !read.num_dirty, "and what it needs");
	read.size = 8;
	tap_fails(ioasid_space_dirty_read(ctx, &read), -EINVAL, "no size of the struct",
		  TAP_WORDS("ioasid_dirty_read"));
	fake.request = IOASID_DIRTY_SET;
	fake.request_errno = EOPNOTSUPP;
	tap_fails(ioasid_space_dirty_set(ctx, 5, true), -EOPNOTSUPP, "an IOMMU that refuses",
		  TAP_WORDS("begin", "space 5"));
	end("tracking");
}

static void registration(void)
{
	struct ioasid_register_memory wanted = {
		.size = sizeof(wanted),
		.prot = BOTH,
		.user_va = (uintptr_t)page,
		.length = LENGTH,
	};
	struct ioasid_unregister_memory back = { .size = sizeof(back) };
	uint32_t memory = 0;

	start();
	tap_ok(!ioasid_memory_register(ctx, page, LENGTH, BOTH, &memory) && memory &&
	       sent(&wanted, sizeof(wanted)), "memory is registered");
	back.memory_id = memory;
	tap_ok(!ioasid_memory_unregister(ctx, memory) && sent(&back, sizeof(back)),
	       "and forgotten");

	fake.request = IOASID_REGISTER_MEMORY;
	fake.request_errno = EFAULT;
	memory = 77;
	tap_fails(ioasid_memory_register(ctx, NULL, LENGTH, BOTH, &memory), -EFAULT,
		  "memory that is not there", TAP_WORDS("register 12288 bytes"));
	tap_ok(memory == 77, "and no id is written");
	fake.request = IOASID_UNREGISTER_MEMORY;
	fake.request_errno = ENOENT;
	tap_fails(ioasid_memory_unregister(ctx, 9), -ENOENT, "no such memory",
		  TAP_WORDS("memory 9"));
	end("registration");
}

static void copying_memory(void)
{
	struct ioasid_copy wanted = {
		.size = sizeof(wanted),
		.flags = IOASID_COPY_MEMORY,
		.src_fd = -1,
		.src_id = 9,
		.dst_ioasid = 5,
		.prot = BOTH,
		.src_offset = 0x4000,
		.length = LENGTH,
	};
	uint64_t iova = 0;

	start();
	tap_ok(!ioasid_space_map_memory(ctx, 5, 9, 0x4000, LENGTH, BOTH, &iova) &&
	       sent(&wanted, sizeof(wanted)) && iova == FAKE_IOVA,
	       "registered memory where the kernel chooses");
	wanted.flags |= IOASID_COPY_FIXED;
	wanted.dst_iova = 0x7000;
	tap_ok(!ioasid_space_map_memory_fixed(ctx, 5, 0x7000, 9, 0x4000, LENGTH, BOTH) &&
	       sent(&wanted, sizeof(wanted)), "registered memory at a fixed IOVA");

	fake.request = IOASID_COPY;
	fake.request_errno = EACCES;
	fake.message = "prot 0x3 is more than the source allows, 0x1";
	fake.reason = IOASID_REASON_PROT;
	iova = 77;
	tap_fails(ioasid_space_map_memory(ctx, 5, 9, 0x4000, LENGTH, BOTH, &iova),
		  -EACCES, "more than it was registered for",
		  TAP_WORDS("offset 0x4000 of memory 9 in space 5", fake.message,
			    "register"));
	tap_ok(iova == 77, "and no IOVA is written");
	end("copying memory");
}

static void copying_spaces(void)
{
	struct ioasid_copy wanted = {
		.size = sizeof(wanted),
		.src_fd = -1,
		.src_id = 4,
		.dst_ioasid = 5,
		.prot = BOTH,
		.src_offset = 0x4000,
		.length = LENGTH,
	};
	uint64_t iova = 0;

	start();
	tap_ok(!ioasid_space_copy(ctx, 5, 4, 0x4000, LENGTH, BOTH, &iova) &&
	       sent(&wanted, sizeof(wanted)) && iova == FAKE_IOVA,
	       "a copy where the kernel chooses");
	wanted.flags = IOASID_COPY_FIXED;
	wanted.dst_iova = 0x7000;
	tap_ok(!ioasid_space_copy_fixed(ctx, 5, 0x7000, 4, 0x4000, LENGTH, BOTH) &&
	       sent(&wanted, sizeof(wanted)), "a copy at a fixed IOVA");
	wanted.src_fd = 8;
	tap_ok(!ioasid_space_copy_with(ctx, &wanted, NULL) &&
	       sent(&wanted, sizeof(wanted)), "a copy from another context");
	wanted.flags = 0;
	tap_ok(!ioasid_space_copy_with(ctx, &wanted, &iova) && iova == FAKE_IOVA &&
	       wanted.dst_iova == 0x7000, "whose struct stays as it was");
	wanted.size = 0;
	tap_fails(ioasid_space_copy_with(ctx, &wanted, &iova), -EINVAL, "without a size",
		  TAP_WORDS("ioasid_copy", "sizeof"));

	fake.request = IOASID_COPY;
	fake.request_errno = EINVAL;
	fake.message = "IOVA 0x4000-0x6fff is more than the mapping 0x4000-0x4fff";
	fake.reason = IOASID_REASON_IOVA_PARTIAL;
	tap_fails(ioasid_space_copy(ctx, 5, 4, 0x4000, LENGTH, BOTH, &iova), -EINVAL,
		  "more than one mapping",
		  TAP_WORDS("IOVA 0x4000 of space 4 in space 5", "one mapping at a time"));
	end("copying spaces");
}

int main(void)
{
	spaces();
	adopted();
	allowed();
	mapping();
	batches();
	files();
	unmapping();
	tracking();
	registration();
	copying_memory();
	copying_spaces();
	fake_remove();
	return tap_close();
}
