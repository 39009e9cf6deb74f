// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts and spaces: IOASID_GET_CAPS, ALLOC, FREE, GET_INFO and IOVA_RANGES,
 * what they answer and every way in which they refuse.
 */
#include "kselftest_harness.h"

#include <fcntl.h>

#include "common.h"
#include "expect.h"
#include "vfio.h"

#define MAX_RANGES	64

FIXTURE(space) {
	int fd;
	__u32 space;
	char *memory;		/* 16 pages */
};

FIXTURE_SETUP(space)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->memory = anon(16 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(space)
{
	close(self->fd);
}

TEST_F(space, caps)
{
	struct ioasid_get_caps caps;
	int empty = ctx_open();

	ASSERT_GE(empty, 0);
	ASSERT_OK(do_get_caps(empty, &caps));
	EXPECT_EQ(IOASID_UAPI_VERSION, caps.uapi_version);
	EXPECT_EQ(0, caps.caps);
	close(empty);
}

TEST_F(space, alloc_gives_new_ids)
{
	__u32 ids[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		ASSERT_OK(do_alloc(self->fd, &ids[i]));
		EXPECT_NE(0, ids[i]);
		EXPECT_NE(self->space, ids[i]);
		for (unsigned int j = 0; j < i; j++)
			ASSERT_NE(ids[j], ids[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_OK(do_free(self->fd, ids[i]));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_free(self->fd, ids[i]));
	}
}

TEST_F(space, alloc_of_an_unknown_kind)
{
	struct ioasid_alloc arg = { .size = sizeof(arg) };

	arg.kind = 1;
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_ALLOC, &arg));
	arg.kind = UINT32_MAX;
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_ALLOC, &arg));
}

TEST_F(space, alloc_of_a_bad_window)
{
	__u32 id;

	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_alloc_window(self->fd, 1, PAGE, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_alloc_window(self->fd, PAGE, PAGE + 1, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_alloc_window(self->fd, PAGE, 0, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_alloc_window(self->fd, -PAGE, 2 * PAGE, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_alloc_window(self->fd, 1ULL << 63, -PAGE, &id));
}

TEST_F(space, window_at_the_very_end)
{
	struct ioasid_iova_range range;
	__u32 id, num = 1;

	ASSERT_OK(do_alloc_window(self->fd, -4096ULL, PAGE, &id));
	ASSERT_OK(do_iova_ranges(self->fd, id, &range, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(-4096ULL, range.first);
	EXPECT_EQ(UINT64_MAX, range.last);
	EXPECT_OK(do_map(self->fd, id, self->memory, PAGE, -4096ULL, RW));
}

TEST_F(space, free_of_what_is_not_there)
{
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT, do_free(self->fd, 0));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_free(self->fd, NO_ID));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_free(self->fd, UINT32_MAX));
}

TEST_F(space, free_gives_the_memory_back)
{
	__u64 locked = locked_bytes(0);

	for (int i = 0; i < 16; i++)
		ASSERT_OK(do_map(self->fd, self->space, self->memory + i * PAGE,
				 PAGE, 2 * i * PAGE, RW));
	EXPECT_EQ(locked + 16 * PAGE, locked_bytes(0));
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_EQ(locked, locked_bytes(0));
}

TEST_F(space, close_gives_the_memory_back)
{
	__u64 locked = locked_bytes(0);

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 16 * PAGE, 0, RW));
	EXPECT_EQ(locked + 16 * PAGE, locked_bytes(0));
	close(self->fd);
	EXPECT_EQ(locked, locked_bytes(0));
	self->fd = -1;
}

TEST_F(space, info_of_an_empty_space)
{
	struct ioasid_get_info info;

	ASSERT_OK(do_get_info(self->fd, self->space, &info));
	EXPECT_EQ(IOASID_KIND_PAGING, info.kind);
	EXPECT_EQ(0, info.num_devices);
	EXPECT_EQ(0, info.num_domains);
	EXPECT_EQ(PAGE, info.iova_alignment);
	EXPECT_EQ(UINT64_MAX, info.page_sizes);
	EXPECT_EQ(0, info.num_areas);
	EXPECT_EQ(0, info.mapped_bytes);
}

TEST_F(space, info_of_what_is_not_there)
{
	struct ioasid_get_info info;

	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_get_info(self->fd, NO_ID, &info));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_get_info(self->fd, 0, &info));
}

TEST_F(space, ranges_of_an_unattached_space)
{
	struct ioasid_iova_range ranges[2];
	__u32 num = 2;

	ASSERT_OK(do_iova_ranges(self->fd, self->space, ranges, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(0, ranges[0].first);
	EXPECT_EQ(UINT64_MAX, ranges[0].last);
}

/* What is mapped stays part of the ranges. */
TEST_F(space, ranges_of_a_window)
{
	struct ioasid_iova_range range;
	__u32 id, num = 1;

	ASSERT_OK(do_alloc_window(self->fd, 16 * PAGE, 8 * PAGE, &id));
	ASSERT_OK(do_map(self->fd, id, self->memory, PAGE, 18 * PAGE, RW));
	ASSERT_OK(do_iova_ranges(self->fd, id, &range, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(16 * PAGE, range.first);
	EXPECT_EQ(24 * PAGE - 1, range.last);
}

TEST_F(space, ranges_refusals)
{
	struct ioasid_iova_range range = { .first = 42, .last = 43 };
	__u32 num = 1;

	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_iova_ranges(self->fd, NO_ID, &range, &num));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_iova_ranges(self->fd, self->space, (void *)PAGE, &num));
	num = 0;
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       do_iova_ranges(self->fd, self->space, &range, &num));
	EXPECT_EQ(1, num);
	num = 0;
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       do_iova_ranges(self->fd, self->space, NULL, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(42, range.first);
	EXPECT_EQ(43, range.last);
}

/* Ids of one context, used in another that has none. */
TEST_F(space, ids_mean_nothing_elsewhere)
{
	struct ioasid_iova_range range;
	struct ioasid_get_info info;
	int other = ctx_open();
	__u32 num = 1;
	__u64 bytes;

	ASSERT_GE(other, 0);
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_get_info(other, self->space, &info));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_iova_ranges(other, self->space, &range, &num));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_map(other, self->space, self->memory, PAGE, 0, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unmap_all(other, self->space, &bytes));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_free(other, self->space));
	EXPECT_OK(do_get_info(self->fd, self->space, &info));
	close(other);
}

FIXTURE(attached) {
	int fd;
	__u32 space;
	struct dev dev;
	char *memory;
};

FIXTURE_SETUP(attached)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	self->memory = anon(PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(attached)
{
	dev_release(&self->dev);
	close(self->fd);
}

TEST_F(attached, info_follows_the_device)
{
	struct ioasid_device_info dev_info;
	struct ioasid_get_info info;

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &dev_info));
	ASSERT_OK(do_get_info(self->fd, self->space, &info));
	EXPECT_EQ(1, info.num_devices);
	EXPECT_EQ(1, info.num_domains);
	EXPECT_EQ(dev_info.page_sizes, info.page_sizes);

	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_get_info(self->fd, self->space, &info));
	EXPECT_EQ(0, info.num_devices);
	EXPECT_EQ(0, info.num_domains);
	EXPECT_EQ(UINT64_MAX, info.page_sizes);
}

TEST_F(attached, free_is_refused_and_names_the_device)
{
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->space));
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, self->space));
}

TEST_F(attached, free_of_a_bound_device)
{
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->dev.id));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->dev.id));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
}

/*
 * The ranges are the aperture less the reserved regions, computed here from what
 * DEVICE_INFO says, byte for byte.
 */
TEST_F(attached, ranges_leave_out_what_the_device_reserves)
{
	struct ioasid_resv_region regions[16];
	struct ioasid_iova_range ranges[MAX_RANGES];
	struct ioasid_device_info info = {
		.size = sizeof(info),
		.dev_id = self->dev.id,
		.num_resv_regions = ARRAY_SIZE(regions),
		.resv_regions = (uintptr_t)regions,
	};
	__u32 num = MAX_RANGES;

	ASSERT_OK(cmd(self->fd, IOASID_DEVICE_INFO, &info));
	ASSERT_OK(do_iova_ranges(self->fd, self->space, ranges, &num));
	ASSERT_GE(num, 2);
	EXPECT_EQ(info.aperture_first, ranges[0].first);
	EXPECT_EQ(info.aperture_last, ranges[num - 1].last);
	EXPECT_EQ(MSI_FIRST - 1, ranges[0].last);
	EXPECT_EQ(MSI_LAST + 1, ranges[1].first);
	for (__u32 i = 0; i < num; i++) {
		EXPECT_LT(ranges[i].first, ranges[i].last);
		EXPECT_TRUE(!i || ranges[i].first > ranges[i - 1].last);
		for (__u32 j = 0; j < info.num_resv_regions; j++)
			ASSERT_TRUE(regions[j].last < ranges[i].first ||
				    regions[j].first > ranges[i].last);
	}
}

TEST_F(attached, ranges_come_back_with_detach)
{
	struct ioasid_iova_range ranges[MAX_RANGES];
	__u32 num = MAX_RANGES;

	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_iova_ranges(self->fd, self->space, ranges, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(0, ranges[0].first);
	EXPECT_EQ(UINT64_MAX, ranges[0].last);
}

TEST_F(attached, ranges_of_a_window_over_a_reserved_region)
{
	struct ioasid_iova_range ranges[3];
	__u32 id, num = 1;

	ASSERT_OK(do_alloc_window(self->fd, MSI_FIRST - PAGE,
				  MSI_LAST + 1 - MSI_FIRST + 2 * PAGE, &id));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_attach(self->fd, self->dev.id, id));
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       do_iova_ranges(self->fd, id, ranges, &num));
	EXPECT_EQ(2, num);
	num = 3;
	ASSERT_OK(do_iova_ranges(self->fd, id, ranges, &num));
	EXPECT_EQ(2, num);
	EXPECT_EQ(MSI_FIRST - PAGE, ranges[0].first);
	EXPECT_EQ(MSI_FIRST - 1, ranges[0].last);
	EXPECT_EQ(MSI_LAST + 1, ranges[1].first);
	EXPECT_EQ(MSI_LAST + PAGE, ranges[1].last);
}

/* A window of nothing but reserved bytes has no ranges, and that is no error. */
TEST_F(attached, ranges_of_a_window_that_is_reserved)
{
	__u32 id, num = 0;

	ASSERT_OK(do_alloc_window(self->fd, MSI_FIRST, PAGE, &id));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_attach(self->fd, self->dev.id, id));
	EXPECT_OK(do_iova_ranges(self->fd, id, NULL, &num));
	EXPECT_EQ(0, num);
}

TEST_HARNESS_MAIN
