// SPDX-License-Identifier: GPL-2.0
/*
 * The basic path as a 32-bit program: every command once, with DMA, and the extack.
 * Built with -m32, so that every struct and pointer goes through the kernel's compat
 * entry points.
 */
#include "kselftest_harness.h"

#include <assert.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "vfio.h"

/* The layouts of the 64-bit ABI, which a 32-bit compiler must arrive at. */
static_assert(sizeof(struct ioasid_extack) == 192, "extack");
static_assert(sizeof(struct ioasid_get_caps) == 32, "get_caps");
static_assert(sizeof(struct ioasid_alloc) == 48, "alloc");
static_assert(sizeof(struct ioasid_free) == 24, "free");
static_assert(sizeof(struct ioasid_get_info) == 64, "get_info");
static_assert(sizeof(struct ioasid_iova_ranges) == 32, "iova_ranges");
static_assert(sizeof(struct ioasid_map_dma) == 48, "map_dma");
static_assert(sizeof(struct ioasid_unmap_dma) == 48, "unmap_dma");
static_assert(sizeof(struct ioasid_device_info) == 392, "device_info");
static_assert(sizeof(struct ioasid_group_member) == 136, "group_member");
static_assert(sizeof(struct ioasid_attachment) == 8, "attachment");
static_assert(sizeof(struct ioasid_device_intersect) == 72, "intersect");
static_assert(sizeof(struct ioasid_pasid_map) == 32, "pasid_map");
static_assert(sizeof(struct ioasid_attach) == 32, "attach");
static_assert(sizeof(struct ioasid_detach) == 24, "detach");
static_assert(sizeof(struct ioasid_allow_iovas) == 32, "allow_iovas");
static_assert(sizeof(struct ioasid_map_entry) == 32, "map_entry");
static_assert(sizeof(struct ioasid_map_batch) == 40, "map_batch");
static_assert(sizeof(struct ioasid_map_file) == 56, "map_file");
static_assert(sizeof(struct ioasid_register_memory) == 40, "register_memory");
static_assert(sizeof(struct ioasid_unregister_memory) == 24, "unregister");
static_assert(sizeof(struct ioasid_copy) == 56, "copy");
static_assert(sizeof(struct ioasid_dirty_set) == 24, "dirty_set");
static_assert(sizeof(struct ioasid_dirty_read) == 72, "dirty_read");
static_assert(sizeof(struct vfio_ioasid_bind) == 40, "bind");
static_assert(sizeof(struct vfio_ioasid_unbind) == 24, "unbind");

FIXTURE(compat) {
	int fd;
	__u32 space;
	struct dev dev;
	struct engine engine;
	char *memory;		/* 4 pages */
};

FIXTURE_SETUP(compat)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	self->memory = anon(4 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(compat)
{
	engine_close(&self->engine);
	dev_release(&self->dev);
	close(self->fd);
}

TEST_F(compat, is_a_32_bit_program)
{
	EXPECT_EQ(4, sizeof(void *));
}

TEST_F(compat, queries)
{
	struct ioasid_resv_region regions[16];
	struct ioasid_device_info info = {
		.size = sizeof(info),
		.dev_id = self->dev.id,
		.num_resv_regions = 16,
		.resv_regions = (uintptr_t)regions,
	};
	struct ioasid_device_intersect common;
	struct ioasid_iova_range range, ranges[16];
	struct ioasid_get_caps caps;
	__u32 num = 1;

	ASSERT_OK(do_get_caps(self->fd, &caps));
	EXPECT_EQ(IOASID_UAPI_VERSION, caps.uapi_version);
	ASSERT_OK(cmd(self->fd, IOASID_DEVICE_INFO, &info));
	EXPECT_STREQ(self->dev.name, info.name);
	EXPECT_EQ(self->dev.cookie, info.cookie);
	EXPECT_GE(info.num_resv_regions, 1);
	EXPECT_EQ(1, info.num_members);
	ASSERT_OK(do_intersect(self->fd, &self->dev.id, 1, &common, ranges, 16));
	EXPECT_EQ(info.page_sizes, common.page_sizes);
	EXPECT_GE(common.num_ranges, 2);
	EXPECT_LE(ranges[0].last, ranges[1].first);
	ASSERT_OK(do_iova_ranges(self->fd, self->space, &range, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(UINT64_MAX, range.last);
}

TEST_F(compat, dirty)
{
	__u64 bitmap[2] = { 0 };
	struct ioasid_dirty_read read = {
		.iova = 16 * PAGE,
		.length = 65 * PAGE,
		.page_size = PAGE,
		.bitmap = (uintptr_t)bitmap,
		.bitmap_size = sizeof(bitmap),
	};

	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_dirty_set(self->fd, self->space, true));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE, 80 * PAGE,
			 RW));
	ASSERT_OK(do_dirty_read(self->fd, self->space, &read));
	EXPECT_EQ(0, bitmap[0]);
	EXPECT_EQ(1, bitmap[1]);
	EXPECT_EQ(IOASID_DIRTY_COARSE, read.precision);
}

TEST_F(compat, dma)
{
	const __u64 source = 16 * PAGE, sink = 0xc0000000;
	__u64 chosen;

	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE, source,
			 IOASID_PROT_READ));
	ASSERT_OK(do_map_any(self->fd, self->space, self->memory, PAGE, &chosen,
			     RW));
	ASSERT_OK(do_map(self->fd, self->space, self->memory + PAGE, PAGE, sink,
			 RW));
	EXPECT_TRUE(engine_works(&self->engine, self->memory, source,
				 self->memory + PAGE, sink, 32));
	EXPECT_EQ(3, num_areas(self->fd, self->space));
	EXPECT_OK(do_unmap(self->fd, self->space, sink, PAGE));
	EXPECT_TRUE(store_is_refused(&self->engine, sink, self->memory + PAGE,
				     33));
	EXPECT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
}

/* Source and sink of a DMA are mapped in one way each. */
TEST_F(compat, dma_to_a_file_and_to_copies)
{
	const __u64 source = 64 * PAGE, sink = 0xb0000000;
	int file = memfd_create("file", MFD_CLOEXEC);
	char *shown;
	__u32 memory;

	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_GE(file, 0);
	ASSERT_EQ(0, ftruncate(file, 2 * PAGE));
	shown = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file,
		     PAGE);
	ASSERT_NE(MAP_FAILED, shown);
	ASSERT_OK(do_register(self->fd, self->memory, 4 * PAGE, RW, &memory));
	ASSERT_OK(do_copy_memory(self->fd, -1, memory, PAGE, self->space, PAGE,
				 source, IOASID_PROT_READ));
	ASSERT_OK(do_map_file(self->fd, self->space, file, PAGE, PAGE, sink,
			      IOASID_PROT_WRITE));
	EXPECT_OK(do_unregister(self->fd, memory));
	EXPECT_TRUE(engine_works(&self->engine, self->memory + PAGE, source,
				 shown, sink, 34));
	ASSERT_OK(do_copy_space(self->fd, -1, self->space, sink, self->space,
				PAGE, sink + PAGE, IOASID_PROT_WRITE));
	EXPECT_OK(do_unmap(self->fd, self->space, sink, PAGE));
	EXPECT_TRUE(engine_works(&self->engine, self->memory + PAGE, source,
				 shown, sink + PAGE, 35));
	close(file);
}

TEST_F(compat, batch_in_allowed_ranges)
{
	const struct ioasid_iova_range range = { 1ULL << 35,
						 (1ULL << 35) + PAGE - 1 };
	struct ioasid_map_entry entries[] = {
		{ (uintptr_t)self->memory, PAGE, 0, RW, 0 },
		{ (uintptr_t)self->memory, PAGE, 1ULL << 34, RW,
		  IOASID_MAP_FIXED },
		{ (uintptr_t)self->memory, PAGE, 0, RW, 0 },
	};
	__u32 done;

	ASSERT_OK(do_allow(self->fd, self->space, &range, 1));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_batch(self->fd, self->space, entries, 3, &done));
	EXPECT_EQ(2, done);
	EXPECT_EQ(range.first, entries[0].iova);
	EXPECT_EQ(2, num_areas(self->fd, self->space));
}

TEST_F(compat, granule)
{
	__u32 space;

	ASSERT_OK(do_alloc_granule(self->fd, PAGE, &space));
	ASSERT_OK(do_map(self->fd, space, self->memory, 4 * PAGE, 1ULL << 34,
			 RW));
	EXPECT_OK(do_unmap(self->fd, space, (1ULL << 34) + PAGE, PAGE));
	EXPECT_EQ(3 * PAGE, mapped_bytes(self->fd, space));
	EXPECT_EQ(2, num_areas(self->fd, space));
}

/* Addresses beyond 4 GiB need 64 bits in a 32-bit program's structs too. */
TEST_F(compat, high_iovas)
{
	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE, -4096ULL,
			 RW));
	EXPECT_OK(do_unmap(self->fd, self->space, -4096ULL, PAGE));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, 2 * PAGE,
			 0xfffff000ULL, RW));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
		       do_map(self->fd, self->space, self->memory, PAGE,
			      0x100000000ULL, RW));
	EXPECT_EA_RANGE(0xfffff000ULL, 0x100000fffULL);
}

TEST_F(compat, refusals)
{
	struct ioasid_map_dma arg = {
		.size = sizeof(arg),
		.ioasid = self->space,
		.prot = RW,
		.user_va = 1ULL << 32,
		.length = PAGE,
	};
	__u32 id;

	/* Upper half of a user address: not to be lost, and not there. */
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       cmd(self->fd, IOASID_MAP_DMA, &arg));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, self->dev.group,
			       self->dev.name, 0, &id));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_BOUND,
		       dev_bind(&self->dev, self->fd));
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOASID_BIND, &arg));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->dev.container, IOASID_MAP_DMA, &arg));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_HARNESS_MAIN
