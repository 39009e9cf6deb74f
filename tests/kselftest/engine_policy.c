// SPDX-License-Identifier: GPL-2.0
/*
 * IOVAs of the kernel's choice: in the smallest free range that will do, with the
 * offset in a large page that the memory has, low addresses first and 0 last; never
 * where something is mapped or reserved, nor outside the window.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "stage.h"

#define BASE		0x100000ULL
#define HUGE		(2 * MIB)

/* A window of 64 pages in a space without devices. */
FIXTURE(window) {
	int fd;
	__u32 space;
	char *memory;		/* 64 pages */
};

FIXTURE_SETUP(window)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc_window(self->fd, BASE, 64 * PAGE, &self->space));
	self->memory = anon(64 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(window)
{
	close(self->fd);
}

#define MAP_AT(_page, _pages)						\
	ASSERT_OK(do_map(self->fd, self->space, self->memory,		\
			 (_pages) * PAGE, BASE + (_page) * PAGE, RW))
#define UNMAP_AT(_page, _pages)						\
	ASSERT_OK(do_unmap(self->fd, self->space, BASE + (_page) * PAGE,	\
			   (_pages) * PAGE))
/* The kernel's choice for so many pages is this page of the window. */
#define EXPECT_CHOICE(_page, _pages)					\
	do {								\
		__u64 _iova;						\
									\
		EXPECT_OK(do_map_any(self->fd, self->space,		\
				     self->memory, (_pages) * PAGE,	\
				     &_iova, RW));			\
		EXPECT_EQ(BASE + (_page) * PAGE, _iova);		\
	} while (0)
#define EXPECT_FULL(_pages)						\
	do {								\
		__u64 _iova;						\
									\
		EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,		\
			       do_map_any(self->fd, self->space,	\
					  self->memory, (_pages) * PAGE, \
					  &_iova, RW));			\
	} while (0)

TEST_F(window, the_smallest_hole_that_will_do)
{
	/* Holes: 5 pages at 1, 3 at 10, 8 at 20, 3 at 40, 14 at 50. */
	MAP_AT(0, 1);
	MAP_AT(6, 4);
	MAP_AT(13, 7);
	MAP_AT(28, 12);
	MAP_AT(43, 7);
	EXPECT_CHOICE(10, 3);
	EXPECT_CHOICE(1, 4);
	EXPECT_CHOICE(40, 3);
	EXPECT_CHOICE(20, 3);
	/* Left: 1 at 5, 5 at 23, 14 at 50. */
	EXPECT_CHOICE(5, 1);
	EXPECT_CHOICE(23, 2);
	EXPECT_CHOICE(50, 4);
	EXPECT_CHOICE(25, 3);
	EXPECT_CHOICE(54, 10);
	EXPECT_FULL(1);
}

/* What is given back can be chosen again, together with what is free around it. */
TEST_F(window, holes_grow_together)
{
	EXPECT_CHOICE(0, 16);
	EXPECT_CHOICE(16, 16);
	EXPECT_CHOICE(32, 16);
	EXPECT_CHOICE(48, 16);
	EXPECT_FULL(1);
	UNMAP_AT(16, 16);
	EXPECT_FULL(17);
	UNMAP_AT(48, 16);
	EXPECT_FULL(17);
	UNMAP_AT(32, 16);
	EXPECT_CHOICE(16, 48);
	EXPECT_FULL(1);
	UNMAP_AT(0, 16);
	UNMAP_AT(16, 48);
	EXPECT_CHOICE(0, 64);
}

TEST_F(window, every_other_page)
{
	for (int i = 0; i < 64; i++)
		EXPECT_CHOICE(i, 1);
	EXPECT_FULL(1);
	for (int i = 1; i < 64; i += 2)
		UNMAP_AT(i, 1);
	EXPECT_FULL(2);
	UNMAP_AT(30, 1);
	EXPECT_CHOICE(29, 3);
	for (int i = 1; i < 64; i += 2)
		if (i != 29 && i != 31)
			EXPECT_CHOICE(i, 1);
	EXPECT_FULL(1);
}

/* Fixed mappings and the kernel's choice know of each other, in any order. */
TEST_F(window, among_fixed_mappings)
{
	EXPECT_CHOICE(0, 2);
	MAP_AT(10, 2);
	EXPECT_CHOICE(2, 8);
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
		       do_map(self->fd, self->space, self->memory, PAGE,
			      BASE + 2 * PAGE, RW));
	MAP_AT(20, 40);
	EXPECT_CHOICE(60, 3);
	EXPECT_CHOICE(63, 1);
	EXPECT_CHOICE(12, 8);
	EXPECT_FULL(1);
	UNMAP_AT(20, 40);
	EXPECT_CHOICE(20, 40);
}

/* A map that fails leaves the hole that was chosen for it. */
TEST_F(window, after_a_failed_map)
{
	__u64 iova;

	MAP_AT(0, 60);
	ASSERT_EQ(0, munmap(self->memory + 3 * PAGE, PAGE));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map_any(self->fd, self->space, self->memory,
				  4 * PAGE, &iova, RW));
	EXPECT_CHOICE(60, 3);
	EXPECT_CHOICE(63, 1);
	EXPECT_FULL(1);
}

TEST_F(window, address_zero_comes_last)
{
	__u64 iova;

	ASSERT_OK(do_alloc_window(self->fd, 0, 4 * PAGE, &self->space));
	for (unsigned int i = 1; i <= 4; i++) {
		ASSERT_OK(do_map_any(self->fd, self->space, self->memory, PAGE,
				     &iova, RW));
		EXPECT_EQ((i & 3) * PAGE, iova);
	}
	EXPECT_FULL(1);
	ASSERT_OK(do_unmap_all(self->fd, self->space, &iova));
	ASSERT_OK(do_map_any(self->fd, self->space, self->memory, 4 * PAGE,
			     &iova, RW));
	EXPECT_EQ(0, iova);
}

TEST_F(window, low_addresses_come_first)
{
	__u64 iova;

	ASSERT_OK(do_alloc(self->fd, &self->space));
	for (unsigned int i = 1; i < 64; i++) {
		ASSERT_OK(do_map_any(self->fd, self->space, self->memory, PAGE,
				     &iova, RW));
		ASSERT_EQ(i * PAGE, iova);
	}
}

/* The last page of the 64-bit space is one like any other. */
TEST_F(window, the_end_of_all_addresses)
{
	__u64 iova;

	ASSERT_OK(do_alloc_window(self->fd, -4 * PAGE, 4 * PAGE, &self->space));
	ASSERT_OK(do_map_any(self->fd, self->space, self->memory, 3 * PAGE,
			     &iova, RW));
	EXPECT_EQ(-4 * PAGE, iova);
	ASSERT_OK(do_map_any(self->fd, self->space, self->memory, PAGE, &iova,
			     RW));
	EXPECT_EQ(-PAGE, iova);
	EXPECT_FULL(1);
	EXPECT_OK(do_unmap(self->fd, self->space, -PAGE, PAGE));
	EXPECT_OK(do_unmap(self->fd, self->space, -4 * PAGE, 3 * PAGE));
	ASSERT_OK(do_map_any(self->fd, self->space, self->memory, 4 * PAGE,
			     &iova, RW));
	EXPECT_EQ(-4 * PAGE, iova);
}

/* A space with a device, whose DMA shows where mappings are. */
FIXTURE(aligned) {
	struct stage stage;
	char *huge;		/* 8 MiB, aligned to 2 MiB */
};

FIXTURE_SETUP(aligned)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->huge = anon_aligned(8 * MIB);
	ASSERT_NE(NULL, self->huge);
}

FIXTURE_TEARDOWN(aligned)
{
	stage_close(&self->stage);
}

TEST_F(aligned, like_the_memory)
{
	static const __u64 offsets[] = { 0, PAGE, 3 * PAGE, HUGE - PAGE };
	static const __u64 lengths[] = { HUGE, HUGE + PAGE, 2 * HUGE };
	struct stage *stage = &self->stage;

	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(lengths); j++) {
			char *va = self->huge + offsets[i];
			__u64 iova;

			ASSERT_OK(do_map_any(stage->fd, stage->space, va,
					     lengths[j], &iova, RW));
			EXPECT_EQ(offsets[i], iova & (HUGE - 1));
			EXPECT_OK(do_unmap(stage->fd, stage->space, iova,
					   lengths[j]));
		}
	}
}

/* First and last page of a choice are where it says, and not beyond. */
TEST_F(aligned, dma_at_both_ends)
{
	const __u64 length = HUGE + 2 * PAGE;
	char *va = self->huge + 3 * PAGE;
	struct stage *stage = &self->stage;
	__u64 iova;

	ASSERT_OK(do_map_any(stage->fd, stage->space, va, length, &iova, RW));
	EXPECT_TRUE(stage_sees(stage, iova, va, 1));
	EXPECT_TRUE(stage_sees(stage, iova + length - PAGE, va + length - PAGE,
			       2));
	EXPECT_TRUE(stage_is_blind(stage, iova - PAGE, va - PAGE, 3));
	EXPECT_TRUE(stage_is_blind(stage, iova + length, va + length, 4));
}

TEST_F(aligned, a_gibibyte)
{
	char *va = anon(2 * GIB);
	struct stage *stage = &self->stage;
	__u64 iova;

	ASSERT_NE(NULL, va);
	va += -(uintptr_t)va & (GIB - 1);
	va = (uintptr_t)va & (GIB - 1) ? va : va + 5 * HUGE;
	ASSERT_EQ(0, advise_thp(va, GIB, MADV_HUGEPAGE));
	ASSERT_OK(do_map_any(stage->fd, stage->space, va, GIB, &iova, RW));
	EXPECT_EQ((uintptr_t)va & (GIB - 1), iova & (GIB - 1));
	EXPECT_TRUE(stage_sees(stage, iova + GIB - PAGE, va + GIB - PAGE, 5));
}

/* Where no free range has the offset, any range that is large enough will do. */
TEST_F(aligned, better_unaligned_than_not_at_all)
{
	char *va = self->huge + PAGE;
	__u64 iova;
	__u32 space;

	ASSERT_OK(do_alloc_window(self->stage.fd, HUGE, HUGE, &space));
	EXPECT_OK(do_map_any(self->stage.fd, space, va, HUGE, &iova, RW));
	EXPECT_EQ(HUGE, iova);
}

/* Too small a range is passed over, also when only the alignment does not fit. */
TEST_F(aligned, in_the_smallest_range_where_it_fits)
{
	const int fd = self->stage.fd;
	__u64 iova;
	__u32 space;

	/* Free: 2 MiB unaligned at 1 MiB, 2 MiB + a page at 8 MiB, the rest. */
	ASSERT_OK(do_alloc_window(fd, MIB, 31 * MIB, &space));
	ASSERT_OK(do_map(fd, space, self->huge, 5 * MIB, 3 * MIB, RW));
	ASSERT_OK(do_map(fd, space, self->huge, 2 * MIB, 10 * MIB + PAGE, RW));
	ASSERT_OK(do_map_any(fd, space, self->huge, HUGE, &iova, RW));
	EXPECT_EQ(8 * MIB, iova);
	ASSERT_OK(do_map_any(fd, space, self->huge, HUGE, &iova, RW));
	EXPECT_EQ(14 * MIB, iova);
	/* What the alignment left over there is the smallest range now. */
	ASSERT_OK(do_map_any(fd, space, self->huge, HUGE - PAGE, &iova, RW));
	EXPECT_EQ(12 * MIB + PAGE, iova);
	ASSERT_OK(do_map_any(fd, space, self->huge, HUGE - PAGE, &iova, RW));
	EXPECT_EQ(MIB, iova);
}

FIXTURE(beside_reserved) {
	struct stage stage;
	char *memory;		/* 8 pages */
};

FIXTURE_SETUP(beside_reserved)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->memory = anon(8 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(beside_reserved)
{
	stage_close(&self->stage);
}

/* Moves the device to a space with that window. */
static int move_to_window(struct stage *stage, __u64 base, __u64 size)
{
	int err = do_detach(stage->fd, stage->dev.id);

	err = err ? err : do_alloc_window(stage->fd, base, size, &stage->space);
	return err ? err : do_attach(stage->fd, stage->dev.id, stage->space);
}

TEST_F(beside_reserved, around_the_msi_range)
{
	struct stage *stage = &self->stage;
	__u64 iova;

	ASSERT_OK(move_to_window(stage, MSI_FIRST - 4 * PAGE,
				 MSI_LAST + 1 - MSI_FIRST + 8 * PAGE));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(stage->fd, stage->space, self->memory,
				  5 * PAGE, &iova, RW));
	for (unsigned int i = 0; i < 8; i++) {
		char *va = self->memory + i * PAGE;

		ASSERT_OK(do_map_any(stage->fd, stage->space, va, PAGE, &iova,
				     RW));
		EXPECT_EQ(i < 4 ? MSI_FIRST - (4 - i) * PAGE :
				  MSI_LAST + 1 + (i - 4) * PAGE, iova);
		if (i == 3 || i == 4)
			EXPECT_TRUE(stage_sees(stage, iova, va, 10 + i));
	}
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(stage->fd, stage->space, self->memory, PAGE,
				  &iova, RW));
	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	EXPECT_OK(do_map_any(stage->fd, stage->space, self->memory, PAGE, &iova,
			     RW));
	EXPECT_EQ(MSI_FIRST, iova);
}

TEST_F(beside_reserved, at_the_end_of_the_aperture)
{
	struct ioasid_device_info info;
	struct stage *stage = &self->stage;
	__u64 end, iova;

	ASSERT_OK(do_device_info(stage->fd, stage->dev.id, &info));
	end = info.aperture_last + 1;
	ASSERT_OK(move_to_window(stage, end - 2 * PAGE, 8 * PAGE));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(stage->fd, stage->space, self->memory,
				  3 * PAGE, &iova, RW));
	ASSERT_OK(do_map_any(stage->fd, stage->space, self->memory, 2 * PAGE,
			     &iova, RW));
	EXPECT_EQ(end - 2 * PAGE, iova);
	EXPECT_TRUE(stage_sees(stage, iova + PAGE, self->memory + PAGE, 20));
}

TEST_HARNESS_MAIN
