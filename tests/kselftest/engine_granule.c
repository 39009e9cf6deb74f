// SPDX-License-Identifier: GPL-2.0
/*
 * Unmapping a part of a mapping in a space with a granule: exactly that part is out
 * of the device's reach, unpinned and off the account at once, and DMA to the rest
 * goes on.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		(64 * MIB)
#define HUGE		(2 * MIB)

FIXTURE(granule) {
	struct stage stage;
	__u64 unit;
	char *memory;		/* 8 units */
	__u64 locked, pinned;	/* before anything is mapped */
};

FIXTURE_VARIANT(granule) {
	__u64 granule;
};

FIXTURE_VARIANT_ADD(granule, page) {
	.granule = PAGE,
};

FIXTURE_VARIANT_ADD(granule, of_64_kib) {
	.granule = 64 * KIB,
};

FIXTURE_VARIANT_ADD(granule, of_2_mib) {
	.granule = HUGE,
};

FIXTURE_SETUP(granule)
{
	self->unit = variant->granule;
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, self->unit));
	self->memory = anon_aligned(8 * self->unit);
	ASSERT_NE(NULL, self->memory);
	/* In large pages, if there are any, which the granule must cut. */
	madvise(self->memory, 8 * self->unit, MADV_HUGEPAGE);
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	ASSERT_NE(~0ULL, self->pinned);
}

FIXTURE_TEARDOWN(granule)
{
	stage_close(&self->stage);
}

#define AT(_units)	(IOVA + (_units) * self->unit)
#define MEMORY(_units)	(self->memory + (_units) * self->unit)
#define MAP(_first, _units)						\
	ASSERT_OK(do_map(self->stage.fd, self->stage.space,		\
			 MEMORY(_first), (_units) * self->unit,		\
			 AT(_first), RW))
/* Unmaps a range of units; so many of them were mapped. */
#define UNMAP(_first, _units, _mapped)					\
	do {								\
		__u64 _bytes = ~0ULL;					\
									\
		EXPECT_OK(do_unmap_count(self->stage.fd,		\
					 self->stage.space, AT(_first),	\
					 (_units) * self->unit, &_bytes)); \
		EXPECT_EQ((_mapped) * self->unit, _bytes);		\
	} while (0)
/* So many units are left, in so many mappings, and no more is pinned. */
#define EXPECT_LEFT(_units, _areas)					\
	do {								\
		struct stage *_stage = &self->stage;			\
		__u64 _bytes = (_units) * self->unit;			\
									\
		EXPECT_EQ(_areas, num_areas(_stage->fd, _stage->space));	\
		EXPECT_EQ(_bytes, mapped_bytes(_stage->fd, _stage->space)); \
		EXPECT_EQ(self->locked + _bytes, locked_bytes(0));	\
		EXPECT_EQ(self->pinned + _bytes / PAGE, pinned_pages());	\
	} while (0)
#define EXPECT_SEEN(_units, _seed)					\
	EXPECT_TRUE(stage_sees(&self->stage, AT(_units), MEMORY(_units),	\
			       _seed))
/* The last page before a unit. */
#define EXPECT_SEEN_BEFORE(_units, _seed)				\
	EXPECT_TRUE(stage_sees(&self->stage, AT(_units) - PAGE,		\
			       MEMORY(_units) - PAGE, _seed))
#define EXPECT_BLIND(_units, _seed)					\
	EXPECT_TRUE(stage_is_blind(&self->stage, AT(_units),		\
				   MEMORY(_units), _seed))
#define EXPECT_BLIND_BEFORE(_units, _seed)				\
	EXPECT_TRUE(stage_is_blind(&self->stage, AT(_units) - PAGE,	\
				   MEMORY(_units) - PAGE, _seed))

TEST_F(granule, in_the_middle)
{
	MAP(0, 8);
	EXPECT_LEFT(8, 1);
	EXPECT_SEEN(3, 1);
	UNMAP(3, 2, 2);
	EXPECT_LEFT(6, 2);
	EXPECT_SEEN_BEFORE(3, 2);
	EXPECT_BLIND(3, 3);
	EXPECT_BLIND_BEFORE(5, 4);
	EXPECT_SEEN(5, 5);
	/* Other memory can be there, and takes nothing from its neighbours. */
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, MEMORY(0),
			 2 * self->unit, AT(3), RW));
	EXPECT_TRUE(stage_sees(&self->stage, AT(3), MEMORY(0), 6));
	EXPECT_SEEN(5, 7);
}

TEST_F(granule, at_both_ends)
{
	MAP(0, 8);
	UNMAP(0, 1, 1);
	UNMAP(6, 2, 2);
	EXPECT_LEFT(5, 1);
	EXPECT_BLIND_BEFORE(1, 1);
	EXPECT_SEEN(1, 2);
	EXPECT_SEEN_BEFORE(6, 3);
	EXPECT_BLIND(6, 4);
	UNMAP(1, 5, 5);
	EXPECT_LEFT(0, 0);
	EXPECT_BLIND(1, 5);
}

TEST_F(granule, across_several_mappings)
{
	MAP(0, 2);
	MAP(2, 2);
	MAP(5, 3);
	UNMAP(1, 5, 4);
	EXPECT_LEFT(3, 2);
	EXPECT_SEEN_BEFORE(1, 1);
	EXPECT_BLIND(1, 2);
	EXPECT_BLIND_BEFORE(6, 3);
	EXPECT_SEEN(6, 4);
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(self->stage.fd, self->stage.space, AT(1),
				5 * self->unit));
	/* More than there is, on both sides. */
	ASSERT_OK(do_unmap(self->stage.fd, self->stage.space, 0, 2 * IOVA));
	EXPECT_LEFT(0, 0);
}

TEST_F(granule, piece_by_piece)
{
	static const unsigned int order[] = { 3, 0, 7, 5, 1, 6, 2, 4 };
	static const unsigned int areas[] = { 2, 2, 2, 3, 3, 2, 1, 0 };

	MAP(0, 8);
	for (unsigned int i = 0; i < 8; i++) {
		UNMAP(order[i], 1, 1);
		EXPECT_LEFT(7 - i, areas[i]);
	}
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(self->stage.fd, self->stage.space, AT(0),
				8 * self->unit));
}

/* Would split a mapping elsewhere than between granules: nothing happens at all. */
TEST_F(granule, not_on_a_granule)
{
	const __u64 unit = self->unit;
	struct stage *stage = &self->stage;

	MAP(0, 2);
	MAP(4, 4);
	if (unit == PAGE) {
		EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
			       do_unmap(stage->fd, stage->space, AT(0),
					PAGE / 2));
		return;
	}
	EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
		       do_unmap(stage->fd, stage->space, AT(4) + PAGE, unit));
	EXPECT_EA_RANGE(AT(4), AT(8) - 1);
	EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
		       do_unmap(stage->fd, stage->space, AT(5), unit + PAGE));
	EXPECT_EA_RANGE(AT(4), AT(8) - 1);
	EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
		       do_unmap(stage->fd, stage->space, AT(0),
				5 * unit - PAGE));
	EXPECT_EA_RANGE(AT(4), AT(8) - 1);
	EXPECT_LEFT(6, 2);
	EXPECT_SEEN(1, 1);
	EXPECT_SEEN(5, 2);
}

/* A whole mapping may be anywhere, and goes as a whole. */
TEST_F(granule, whole_mappings_off_the_granule)
{
	struct stage *stage = &self->stage;
	const __u64 iova = IOVA - 3 * PAGE;

	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, 5 * PAGE, iova,
			 RW));
	EXPECT_TRUE(stage_sees(stage, iova + 4 * PAGE, self->memory + 4 * PAGE,
			       1));
	EXPECT_OK(do_unmap(stage->fd, stage->space, iova, 5 * PAGE));
	EXPECT_LEFT(0, 0);
	/* Cut at the only granule that there is in it. */
	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, 5 * PAGE, iova,
			 RW));
	EXPECT_OK(do_unmap(stage->fd, stage->space, iova, 3 * PAGE));
	EXPECT_EQ(2 * PAGE, mapped_bytes(stage->fd, stage->space));
	EXPECT_TRUE(stage_is_blind(stage, IOVA - PAGE, self->memory + 2 * PAGE,
				   2));
	EXPECT_TRUE(stage_sees(stage, IOVA, self->memory + 3 * PAGE, 3));
	EXPECT_OK(do_unmap(stage->fd, stage->space, IOVA, self->unit + PAGE *
			   (self->unit == PAGE)));
	EXPECT_LEFT(0, 0);
}

TEST_F(granule, the_kernel_chooses_the_hole)
{
	struct stage *stage = &self->stage;
	__u64 iova;

	MAP(0, 8);
	UNMAP(3, 2, 2);
	ASSERT_OK(do_map_any(stage->fd, stage->space, MEMORY(1),
			     2 * self->unit, &iova, RW));
	EXPECT_EQ(AT(3), iova);
	EXPECT_TRUE(stage_sees(stage, AT(3), MEMORY(1), 1));
	EXPECT_TRUE(stage_sees(stage, AT(5) - PAGE, MEMORY(3) - PAGE, 2));
	EXPECT_SEEN(5, 3);
}

/* An I/O page table that is made afterwards has the hole as well. */
TEST_F(granule, attach_afterwards)
{
	struct stage *stage = &self->stage;

	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	MAP(0, 8);
	UNMAP(3, 2, 2);
	UNMAP(0, 1, 1);
	ASSERT_OK(do_attach(stage->fd, stage->dev.id, stage->space));
	EXPECT_BLIND_BEFORE(1, 1);
	EXPECT_SEEN(1, 2);
	EXPECT_SEEN_BEFORE(3, 3);
	EXPECT_BLIND(3, 4);
	EXPECT_SEEN(5, 5);
	UNMAP(6, 1, 1);
	EXPECT_LEFT(4, 3);
	EXPECT_BLIND(6, 6);
	EXPECT_SEEN(7, 7);
}

/* Memory that others have too loses a mapping, not its pages. */
TEST_F(granule, of_shared_memory)
{
	const __u64 length = 8 * self->unit, far = 256 * MIB;
	struct stage *stage = &self->stage;
	__u32 memory;

	ASSERT_OK(do_register(stage->fd, self->memory, length, RW, &memory));
	ASSERT_OK(do_copy_memory(stage->fd, -1, memory, 0, stage->space, length,
				 AT(0), RW));
	ASSERT_OK(do_copy_memory(stage->fd, -1, memory, 0, stage->space, length,
				 far, RW));
	UNMAP(3, 2, 2);
	EXPECT_EQ(self->locked + length, locked_bytes(0));
	EXPECT_EQ(self->pinned + length / PAGE, pinned_pages());
	EXPECT_BLIND(3, 1);
	EXPECT_SEEN(5, 2);
	EXPECT_TRUE(stage_sees(stage, far + 3 * self->unit, MEMORY(3), 3));
	EXPECT_OK(do_unregister(stage->fd, memory));
	EXPECT_OK(do_unmap(stage->fd, stage->space, far, length));
	EXPECT_SEEN_BEFORE(3, 4);
	UNMAP(0, 3, 3);
	EXPECT_SEEN_BEFORE(8, 5);
	UNMAP(5, 3, 3);
	EXPECT_LEFT(0, 0);
}

/* What is left of a mapping knows which pages of its memory it has. */
TEST_F(granule, copied_from_what_is_left)
{
	const __u64 unit = self->unit, far = 256 * MIB;
	struct stage *stage = &self->stage;
	__u32 memory;

	/* First of memory of its own, then of memory that is registered too. */
	for (unsigned int i = 0; i < 2; i++) {
		if (i) {
			ASSERT_OK(do_register(stage->fd, self->memory, 8 * unit,
					      RW, &memory));
			ASSERT_OK(do_copy_memory(stage->fd, -1, memory, unit,
						 stage->space, 7 * unit, AT(1),
						 RW));
		} else {
			MAP(1, 7);
		}
		UNMAP(3, 2, 2);
		ASSERT_OK(do_copy_space(stage->fd, -1, stage->space, AT(6),
					stage->space, 2 * unit, far, RW));
		EXPECT_TRUE(stage_sees(stage, far, MEMORY(6), 1));
		EXPECT_TRUE(stage_sees(stage, far + unit, MEMORY(7), 2));
		ASSERT_OK(do_detach(stage->fd, stage->dev.id));
		ASSERT_OK(do_attach(stage->fd, stage->dev.id, stage->space));
		EXPECT_SEEN_BEFORE(3, 3);
		EXPECT_SEEN(5, 4);
		EXPECT_TRUE(stage_sees(stage, far + unit, MEMORY(7), 5));
		ASSERT_OK(do_unmap(stage->fd, stage->space, 0, 2 * far));
	}
	EXPECT_OK(do_unregister(stage->fd, memory));
	EXPECT_LEFT(0, 0);
}

TEST_F(granule, of_huge_pages)
{
	const __u64 length = 4 * HUGE;
	struct stage *stage = &self->stage;
	char *va;

	ASSERT_TRUE(huge_pages(8));
	va = mmap(NULL, length, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_OK(do_map(stage->fd, stage->space, va, length, IOVA, RW));
	EXPECT_OK(do_unmap(stage->fd, stage->space, IOVA + HUGE, HUGE));
	EXPECT_EQ(self->locked + 3 * HUGE, locked_bytes(0));
	EXPECT_TRUE(stage_sees(stage, IOVA + HUGE - PAGE, va + HUGE - PAGE, 1));
	EXPECT_TRUE(stage_is_blind(stage, IOVA + HUGE, va + HUGE, 2));
	EXPECT_TRUE(stage_sees(stage, IOVA + 2 * HUGE, va + 2 * HUGE, 3));
	if (self->unit < HUGE) {
		const __u64 cut = 2 * HUGE + 4 * self->unit;

		EXPECT_OK(do_unmap(stage->fd, stage->space, IOVA + cut,
				   2 * self->unit));
		EXPECT_EQ(3 * HUGE - 2 * self->unit,
			  mapped_bytes(stage->fd, stage->space));
		EXPECT_TRUE(stage_sees(stage, IOVA + cut - PAGE, va + cut - PAGE,
				       4));
		EXPECT_TRUE(stage_is_blind(stage, IOVA + cut, va + cut, 5));
		EXPECT_TRUE(stage_sees(stage, IOVA + cut + 2 * self->unit,
				       va + cut + 2 * self->unit, 6));
	}
	EXPECT_OK(do_unmap(stage->fd, stage->space, IOVA, 3 * HUGE));
	EXPECT_TRUE(stage_sees(stage, IOVA + 3 * HUGE, va + 3 * HUGE, 7));
	EXPECT_OK(do_unmap(stage->fd, stage->space, IOVA, length));
	EXPECT_LEFT(0, 0);
}

TEST(what_a_granule_may_be)
{
	static const __u64 right[] = { 0, PAGE, 8 * KIB, GIB, 1ULL << 63 };
	static const __u64 wrong[] = { 1, PAGE / 2, PAGE + 1, 3 * PAGE,
				       UINT64_MAX, -4096ULL };
	int fd = ctx_open();
	struct ioasid_get_info info;
	__u32 space;

	for (unsigned int i = 0; i < ARRAY_SIZE(right); i++) {
		EXPECT_OK(do_alloc_granule(fd, right[i], &space));
		EXPECT_OK(do_get_info(fd, space, &info));
		EXPECT_EQ(PAGE, info.iova_alignment);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
			       do_alloc_granule(fd, wrong[i], &space));
	close(fd);
}

/* Without a granule, also where every entry of the I/O page table is a page. */
TEST(without_a_granule)
{
	char *memory = anon(4 * PAGE);
	int fd = ctx_open();
	__u32 space;

	ASSERT_NE(NULL, memory);
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_map(fd, space, memory, 4 * PAGE, IOVA, RW));
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
			       do_unmap(fd, space, IOVA + i * PAGE, PAGE));
		EXPECT_EA_RANGE(IOVA, IOVA + 4 * PAGE - 1);
	}
	EXPECT_EQ(4 * PAGE, mapped_bytes(fd, space));
	EXPECT_OK(do_unmap(fd, space, IOVA, 4 * PAGE));
	close(fd);
}

TEST_HARNESS_MAIN
