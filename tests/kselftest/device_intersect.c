// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_DEVICE_INTERSECT: what several devices have in common is what a space has to
 * which all of them are attached.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "vfio.h"

#define ROOM	16
#define DEVICES	3

FIXTURE(common) {
	int fd;
	__u32 space;
	struct dev dev[DEVICES];
	__u32 ids[DEVICES];
	struct ioasid_device_intersect common;
	struct ioasid_iova_range ranges[ROOM];
};

FIXTURE_SETUP(common)
{
	static const unsigned int which[DEVICES] = { EDU_A, EDU_B, EDU_C0 };

	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	for (int i = 0; i < DEVICES; i++) {
		ASSERT_EQ(0, dev_claim(&self->dev[i], which[i]));
		ASSERT_OK(dev_bind(&self->dev[i], self->fd));
		self->ids[i] = self->dev[i].id;
	}
}

FIXTURE_TEARDOWN(common)
{
	for (int i = DEVICES - 1; i >= 0; i--)
		dev_release(&self->dev[i]);
	close(self->fd);
}

/* The devices are attached one by one, and each time compared. */
TEST_F(common, is_what_an_attach_gives)
{
	struct ioasid_iova_range ranges[ROOM];
	struct ioasid_get_info info;

	for (__u32 n = 1; n <= DEVICES; n++) {
		__u32 num = ROOM;

		ASSERT_OK(do_intersect(self->fd, self->ids, n, &self->common,
				       self->ranges, ROOM));
		ASSERT_OK(do_attach(self->fd, self->ids[n - 1], self->space));
		ASSERT_OK(do_iova_ranges(self->fd, self->space, ranges, &num));
		ASSERT_GE(num, 2);
		ASSERT_EQ(num, self->common.num_ranges);
		EXPECT_EQ(0, memcmp(ranges, self->ranges,
				    num * sizeof(*ranges)));
		ASSERT_OK(do_get_info(self->fd, self->space, &info));
		EXPECT_EQ(info.page_sizes, self->common.page_sizes);
	}
	/* Nor does it matter that they are attached. */
	memset(ranges, 0, sizeof(ranges));
	ASSERT_OK(do_intersect(self->fd, self->ids, DEVICES, &self->common,
			       ranges, ROOM));
	EXPECT_EQ(0, memcmp(ranges, self->ranges,
			    self->common.num_ranges * sizeof(*ranges)));
}

TEST_F(common, is_the_least)
{
	struct ioasid_device_info info;
	__u64 flags = ~0ULL, sizes = ~0ULL;
	__u32 width = 64;

	for (int i = 0; i < DEVICES; i++) {
		ASSERT_OK(do_device_info(self->fd, self->ids[i], &info));
		flags &= info.device_flags;
		sizes &= info.page_sizes;
		if (info.address_width < width)
			width = info.address_width;
	}
	ASSERT_OK(do_intersect(self->fd, self->ids, DEVICES, &self->common, NULL,
			       0));
	EXPECT_EQ(flags, self->common.device_flags);
	EXPECT_EQ(sizes, self->common.page_sizes);
	EXPECT_EQ(width, self->common.address_width);
	EXPECT_EQ(0, self->common.max_pasids);
	EXPECT_EQ(0, self->common.nesting_formats);
	EXPECT_GE(self->common.num_ranges, 2);
}

TEST_F(common, of_one_named_twice)
{
	const __u32 twice[] = { self->ids[1], self->ids[1] };
	struct ioasid_iova_range ranges[ROOM];

	ASSERT_OK(do_intersect(self->fd, twice, 1, &self->common, self->ranges,
			       ROOM));
	ASSERT_OK(do_intersect(self->fd, twice, 2, &self->common, ranges, ROOM));
	EXPECT_EQ(0, memcmp(ranges, self->ranges,
			    self->common.num_ranges * sizeof(*ranges)));
}

TEST_F(common, array_too_small)
{
	memset(self->ranges, 0xa5, sizeof(self->ranges));
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       do_intersect(self->fd, self->ids, DEVICES, &self->common,
				    self->ranges, 1));
	EXPECT_GE(self->common.num_ranges, 2);
	EXPECT_EQ(0, self->common.page_sizes);
	EXPECT_EQ(0xa5a5a5a5a5a5a5a5, self->ranges[0].first);
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_intersect(self->fd, self->ids, DEVICES, &self->common,
				    (void *)PAGE, ROOM));
}

TEST_F(common, refusals)
{
	static __u32 many[4097];
	const __u32 no_device[] = { self->ids[0], self->space };
	int other = ctx_open();

	ASSERT_GE(other, 0);
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       do_intersect(self->fd, self->ids, 0, &self->common, NULL,
				    0));
	EXPECT_REFUSED(E2BIG, IOASID_REASON_VALUE,
		       do_intersect(self->fd, many, 4097, &self->common, NULL,
				    0));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_intersect(self->fd, (void *)PAGE, 1, &self->common,
				    NULL, 0));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_intersect(self->fd, no_device, 2, &self->common, NULL,
				    0));
	EXPECT_EQ(self->space, ea.id);
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_intersect(other, self->ids, 1, &self->common, NULL,
				    0));
	close(other);
	ASSERT_EQ(0, group_unset(self->dev[1].group));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_intersect(self->fd, self->ids, 2, &self->common, NULL,
				    0));
	EXPECT_EQ(self->ids[1], ea.id);
}

TEST_HARNESS_MAIN
