// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_ALLOW_IOVAS: the ranges that the user relies on bound the kernel's choice,
 * and a device that would take from them is refused and changes nothing.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "stage.h"

#define BASE		0x100000ULL
#define MOST_RANGES	65536

FIXTURE(allowed) {
	int fd;
	__u32 space;
	char *memory;		/* 8 pages */
};

FIXTURE_SETUP(allowed)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->memory = anon(8 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(allowed)
{
	close(self->fd);
}

static struct ioasid_iova_range pages_at(__u64 first, __u64 pages)
{
	return (struct ioasid_iova_range){ first, first + pages * PAGE - 1 };
}

#define ALLOW(_ranges)							\
	do_allow(self->fd, self->space, _ranges, ARRAY_SIZE(_ranges))
#define CHOOSE(_pages, _iova)						\
	do_map_any(self->fd, self->space, self->memory, (_pages) * PAGE,	\
		   _iova, RW)
#define EXPECT_CHOICE(_expected, _pages)				\
	do {								\
		__u64 _iova;						\
									\
		EXPECT_OK(CHOOSE(_pages, &_iova));			\
		EXPECT_EQ(_expected, _iova);				\
	} while (0)
#define EXPECT_FULL(_pages)						\
	do {								\
		__u64 _iova;						\
									\
		EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,		\
			       CHOOSE(_pages, &_iova));			\
	} while (0)

TEST_F(allowed, bound_the_choice)
{
	const struct ioasid_iova_range ranges[] = {
		pages_at(BASE, 2), pages_at(2 * BASE, 4)
	};

	ASSERT_OK(ALLOW(ranges));
	EXPECT_FULL(5);
	EXPECT_CHOICE(2 * BASE, 3);
	EXPECT_CHOICE(2 * BASE + 3 * PAGE, 1);
	EXPECT_CHOICE(BASE, 2);
	EXPECT_FULL(1);
	EXPECT_OK(do_unmap(self->fd, self->space, BASE, 2 * PAGE));
	EXPECT_CHOICE(BASE, 1);
	EXPECT_CHOICE(BASE + PAGE, 1);
	EXPECT_FULL(1);
}

/* Neighbours are one range: the user can do without the border. */
TEST_F(allowed, neighbours_are_one)
{
	const struct ioasid_iova_range ranges[] = {
		pages_at(BASE, 2), pages_at(BASE + 2 * PAGE, 2)
	};

	ASSERT_OK(ALLOW(ranges));
	EXPECT_CHOICE(BASE, 4);
	EXPECT_FULL(1);
	EXPECT_OK(do_unmap(self->fd, self->space, BASE, 4 * PAGE));
	EXPECT_CHOICE(BASE, 1);
	EXPECT_CHOICE(BASE + PAGE, 3);
}

TEST_F(allowed, fixed_mappings_may_be_anywhere)
{
	const struct ioasid_iova_range ranges[] = { pages_at(BASE, 4) };

	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE,
			 BASE + PAGE, RW));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, 2 * PAGE,
			 BASE + 3 * PAGE, RW));
	ASSERT_OK(ALLOW(ranges));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 64 * BASE,
			 RW));
	EXPECT_FULL(2);
	EXPECT_CHOICE(BASE, 1);
	EXPECT_CHOICE(BASE + 2 * PAGE, 1);
	EXPECT_FULL(1);
	/* Half in, half out: only what is in can be chosen afterwards. */
	EXPECT_OK(do_unmap(self->fd, self->space, BASE + 3 * PAGE, 2 * PAGE));
	EXPECT_FULL(2);
	EXPECT_CHOICE(BASE + 3 * PAGE, 1);
}

TEST_F(allowed, replaced_and_taken_back)
{
	const struct ioasid_iova_range one[] = { pages_at(BASE, 2) };
	const struct ioasid_iova_range other[] = { pages_at(3 * BASE, 1) };

	ASSERT_OK(ALLOW(one));
	EXPECT_CHOICE(BASE, 1);
	ASSERT_OK(ALLOW(other));
	EXPECT_CHOICE(3 * BASE, 1);
	EXPECT_FULL(1);
	ASSERT_OK(do_allow(self->fd, self->space, NULL, 0));
	EXPECT_CHOICE(PAGE, 1);
	EXPECT_EQ(3, num_areas(self->fd, self->space));
	ASSERT_OK(do_allow(self->fd, self->space, (void *)1, 0));
}

TEST_F(allowed, the_whole_space)
{
	const struct ioasid_iova_range all[] = { { 0, UINT64_MAX } };
	const struct ioasid_iova_range end[] = { { -2 * PAGE, UINT64_MAX } };

	ASSERT_OK(ALLOW(all));
	EXPECT_CHOICE(PAGE, 1);
	ASSERT_OK(ALLOW(end));
	EXPECT_CHOICE(-2 * PAGE, 2);
	EXPECT_FULL(1);
}

/* IOVA_RANGES tells what may be mapped, which is more than what is allowed. */
TEST_F(allowed, iova_ranges_stay)
{
	const struct ioasid_iova_range ranges[] = { pages_at(BASE, 2) };
	struct ioasid_iova_range range;
	__u32 num = 1;

	ASSERT_OK(ALLOW(ranges));
	ASSERT_OK(do_iova_ranges(self->fd, self->space, &range, &num));
	EXPECT_EQ(1, num);
	EXPECT_EQ(0, range.first);
	EXPECT_EQ(UINT64_MAX, range.last);
}

TEST_F(allowed, many_ranges)
{
	struct ioasid_iova_range *ranges;
	__u64 iova;

	ranges = calloc(MOST_RANGES + 1, sizeof(*ranges));
	ASSERT_NE(NULL, ranges);
	for (__u64 i = 0; i <= MOST_RANGES; i++)
		ranges[i] = pages_at(BASE + 2 * i * PAGE, 1);
	EXPECT_REFUSED(E2BIG, IOASID_REASON_ARRAY,
		       do_allow(self->fd, self->space, ranges,
				MOST_RANGES + 1));
	EXPECT_REFUSED(E2BIG, IOASID_REASON_ARRAY,
		       do_allow(self->fd, self->space, ranges, UINT32_MAX));
	EXPECT_CHOICE(PAGE, 1);
	ASSERT_OK(do_allow(self->fd, self->space, ranges, MOST_RANGES));
	EXPECT_FULL(2);
	for (__u64 i = 0; i < 8; i++) {
		ASSERT_OK(CHOOSE(1, &iova));
		EXPECT_EQ(ranges[i].first, iova);
	}
	free(ranges);
}

/* Every wrong list; the one before stays in force. */
TEST_F(allowed, wrong_lists)
{
	static const struct {
		struct ioasid_iova_range ranges[2];
		__u32 reason;
	} wrong[] = {
		{ { { 1, BASE - 1 } }, IOASID_REASON_ALIGNMENT },
		{ { { 0, BASE } }, IOASID_REASON_ALIGNMENT },
		{ { { 0, UINT64_MAX - 1 } }, IOASID_REASON_ALIGNMENT },
		{ { { BASE, BASE - 1 } }, IOASID_REASON_RANGE },
		{ { { 2 * BASE, BASE - 1 } }, IOASID_REASON_RANGE },
		{ { { 0, BASE - 1 }, { 0, BASE - 1 } }, IOASID_REASON_RANGE },
		{ { { 0, BASE - 1 }, { BASE / 2, 2 * BASE - 1 } },
		  IOASID_REASON_RANGE },
		{ { { BASE, 2 * BASE - 1 }, { 0, BASE - 1 } },
		  IOASID_REASON_RANGE },
		{ { { BASE, UINT64_MAX }, { 0, BASE - 1 } },
		  IOASID_REASON_RANGE },
	};
	const struct ioasid_iova_range right[] = { pages_at(4 * BASE, 4) };

	ASSERT_OK(ALLOW(right));
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		__u32 num = wrong[i].ranges[1].last ? 2 : 1;

		EXPECT_REFUSED(EINVAL, wrong[i].reason,
			       do_allow(self->fd, self->space, wrong[i].ranges,
					num));
	}
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_allow(self->fd, self->space, NULL, 1));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_allow(self->fd, self->space, (void *)-4096L, 300));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_allow(self->fd, NO_ID, right, 1));
	EXPECT_CHOICE(4 * BASE, 4);
	EXPECT_FULL(1);
}

TEST_F(allowed, outside_the_window)
{
	const struct ioasid_iova_range wrong[] = {
		pages_at(BASE, 1), pages_at(BASE + 7 * PAGE, 2)
	};
	const struct ioasid_iova_range right[] = { pages_at(BASE + PAGE, 1) };

	ASSERT_OK(do_alloc_window(self->fd, BASE, 8 * PAGE, &self->space));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_WINDOW, ALLOW(wrong));
	EXPECT_EA_RANGE(BASE + 8 * PAGE, UINT64_MAX);
	EXPECT_CHOICE(BASE, 1);
	ASSERT_OK(ALLOW(right));
	EXPECT_CHOICE(BASE + PAGE, 1);
	EXPECT_FULL(1);
}

/* With a device. */
FIXTURE(attached) {
	struct stage a;
	char *memory;		/* 8 pages */
};

FIXTURE_SETUP(attached)
{
	ASSERT_EQ(0, stage_open(&self->a, EDU_A, 0));
	self->memory = anon(8 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(attached)
{
	stage_close(&self->a);
}

/* What a device of the space takes for itself cannot be relied on. */
TEST_F(attached, not_what_is_reserved)
{
	const struct ioasid_iova_range right[] = { pages_at(BASE, 2) };
	struct ioasid_iova_range wrong[] = { pages_at(BASE, 2),
					     pages_at(MSI_FIRST, 1) };
	struct stage *a = &self->a;
	struct ioasid_device_info info;
	__u64 iova;

	ASSERT_OK(do_device_info(a->fd, a->dev.id, &info));
	ASSERT_OK(do_allow(a->fd, a->space, right, 1));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
		       do_allow(a->fd, a->space, wrong, 2));
	EXPECT_EA_RANGE(MSI_FIRST, MSI_LAST);
	EXPECT_EQ(a->dev.id, ea.id);
	EXPECT_NE(NULL, strstr(ea.message, a->dev.name));
	wrong[1] = pages_at(info.aperture_last + 1 - PAGE, 2);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_allow(a->fd, a->space, wrong, 2));
	EXPECT_EQ(info.aperture_last + 1, ea.first);
	EXPECT_EQ(a->dev.id, ea.id);
	/* The right list is still the one in force. */
	ASSERT_OK(do_map_any(a->fd, a->space, self->memory, 2 * PAGE, &iova,
			     RW));
	EXPECT_EQ(BASE, iova);
	EXPECT_TRUE(stage_sees(a, iova + PAGE, self->memory + PAGE, 1));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(a->fd, a->space, self->memory, PAGE, &iova,
				  RW));
	EXPECT_OK(do_map(a->fd, a->space, self->memory, PAGE, 64 * BASE, RW));
	EXPECT_TRUE(stage_sees(a, 64 * BASE, self->memory, 2));
}

/* Refused, with the device and its region, and nothing has changed. */
static void refuses(struct __test_metadata *_metadata, struct stage *stage,
		    const struct ioasid_iova_range *range, __u64 first)
{
	struct ioasid_iova_range before[16], after[16];
	__u32 num_before = 16, num_after = 16;
	struct ioasid_get_info info;
	__u32 space;

	ASSERT_OK(do_alloc(stage->fd, &space));
	ASSERT_OK(do_allow(stage->fd, space, range, 1));
	ASSERT_OK(do_iova_ranges(stage->fd, space, before, &num_before));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_ALLOWED,
		       do_attach(stage->fd, stage->dev.id, space));
	EXPECT_EQ(first, ea.first);
	EXPECT_GE(ea.last, range->first);
	EXPECT_LE(ea.first, range->last);
	EXPECT_EQ(stage->dev.id, ea.id);
	EXPECT_NE(NULL, strstr(ea.message, stage->dev.name));
	EXPECT_EQ(0, attached_to(stage->fd, stage->dev.id));
	ASSERT_OK(do_get_info(stage->fd, space, &info));
	EXPECT_EQ(0, info.num_devices);
	EXPECT_EQ(0, info.num_domains);
	ASSERT_OK(do_iova_ranges(stage->fd, space, after, &num_after));
	EXPECT_EQ(num_before, num_after);
	EXPECT_EQ(0, memcmp(before, after, num_after * sizeof(*after)));
	ASSERT_OK(do_allow(stage->fd, space, NULL, 0));
	EXPECT_OK(do_attach(stage->fd, stage->dev.id, space));
	EXPECT_OK(do_detach(stage->fd, stage->dev.id));
}

TEST_F(attached, a_device_that_would_take_from_them)
{
	const struct ioasid_iova_range across = pages_at(MSI_FIRST - PAGE, 2);
	const struct ioasid_iova_range inside = pages_at(MSI_LAST + 1 - PAGE, 1);
	struct stage *a = &self->a;
	struct ioasid_device_info info;
	struct ioasid_iova_range top;

	ASSERT_OK(do_device_info(a->fd, a->dev.id, &info));
	ASSERT_OK(do_detach(a->fd, a->dev.id));
	refuses(_metadata, a, &across, MSI_FIRST);
	refuses(_metadata, a, &inside, MSI_FIRST);
	top = pages_at(info.aperture_last + 1 - PAGE, 2);
	refuses(_metadata, a, &top, info.aperture_last + 1);
	ASSERT_OK(do_map(a->fd, a->space, self->memory, PAGE, BASE, RW));
	ASSERT_OK(do_attach(a->fd, a->dev.id, a->space));
	EXPECT_TRUE(stage_sees(a, BASE, self->memory, 3));
}

/* Beside what is kept, device and mappings are free to come. */
TEST_F(attached, a_device_that_takes_elsewhere)
{
	const struct ioasid_iova_range ranges[] = {
		{ 0, MSI_FIRST - 1 }, pages_at(MSI_LAST + 1, 1)
	};
	struct stage *a = &self->a;

	ASSERT_OK(do_detach(a->fd, a->dev.id));
	ASSERT_OK(do_allow(a->fd, a->space, ranges, 2));
	ASSERT_OK(do_attach(a->fd, a->dev.id, a->space));
	ASSERT_OK(do_map(a->fd, a->space, self->memory, PAGE, MSI_LAST + 1,
			 RW));
	EXPECT_TRUE(stage_sees(a, MSI_LAST + 1, self->memory, 4));
}

TEST_HARNESS_MAIN
