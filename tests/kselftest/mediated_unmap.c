// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a mediated device's driver holds: it is told before they are unmapped, and
 * until it gives them back they stay pinned, whatever it does and whatever goes away.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "soft.h"
#include "stage.h"

#define IOVA	0x40000000ULL
#define PAGES	16
#define LENGTH	(PAGES * PAGE)

SOFT_PROGRAM;

FIXTURE(hold) {
	int fd;
	__u32 space;
	struct dev dev;
	unsigned char *memory;
	__u64 locked, pinned;
};

/* A space with a granule of a page, in which the memory is mapped; the device in it. */
FIXTURE_SETUP(hold)
{
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc_granule(self->fd, PAGE, &self->space));
	ASSERT_OK(soft_open(&self->dev, 0, NULL, self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	self->memory = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->memory);
	ASSERT_OK(do_map(self->fd, self->space, self->memory, LENGTH, IOVA, RW));
}

FIXTURE_TEARDOWN(hold)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

#define HOLD(_page, _count)						\
	soft_hold(&self->dev, IOVA + (_page) * PAGE, _count, true)
#define UNHOLD(_page, _count)						\
	soft_unhold(&self->dev, IOVA + (_page) * PAGE, _count)
#define UNMAP(_page, _count)						\
	do_unmap(self->fd, self->space, IOVA + (_page) * PAGE,		\
		 (_count) * PAGE)
/* What is pinned and charged of the memory, in pages. */
#define EXPECT_KEPT(_pages)						\
	do {								\
		EXPECT_EQ(self->locked + (_pages) * PAGE, locked_bytes(0)); \
		EXPECT_EQ(self->pinned + (_pages), pinned_pages());	\
	} while (0)
#define EXPECT_TOLD(_times, _page, _count)				\
	do {								\
		struct mediated_state _state = soft_state(&self->dev);	\
									\
		EXPECT_EQ(_times, _state.told);				\
		EXPECT_EQ(IOVA + (_page) * PAGE, _state.iova);		\
		EXPECT_EQ((_count) * PAGE, _state.length);		\
	} while (0)
#define HELD()	(soft_state(&self->dev).held)

TEST_F(hold, is_the_memory)
{
	ASSERT_EQ(0, HOLD(2, 3));
	self->memory[3 * PAGE + 5] = 0x77;
	EXPECT_EQ(0x77, soft_peek(&self->dev, IOVA + 3 * PAGE + 5));
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 4 * PAGE + 6, 0x78));
	EXPECT_EQ(0x78, self->memory[4 * PAGE + 6]);
	EXPECT_EQ(-ENOENT, soft_peek(&self->dev, IOVA + 5 * PAGE));
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, UNHOLD(2, 3));
}

TEST_F(hold, is_refused_where_nothing_is)
{
	EXPECT_EQ(ENOENT, HOLD(PAGES, 1));
	EXPECT_EQ(ENOENT, HOLD(PAGES - 1, 2));
	EXPECT_EQ(ENOENT, HOLD(-1, 2));
	EXPECT_EQ(0, HELD());
	/* Of the refused ones nothing is left: nobody is told of anything. */
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_EQ(0, soft_state(&self->dev).told);
}

TEST_F(hold, honours_protection)
{
	unsigned char *memory = anon(PAGE);

	ASSERT_NE(NULL, memory);
	ASSERT_OK(do_map(self->fd, self->space, memory, PAGE, IOVA + LENGTH,
			 IOASID_PROT_READ));
	EXPECT_EQ(EACCES, HOLD(PAGES, 1));
	EXPECT_EQ(EACCES, HOLD(PAGES - 1, 2));
	EXPECT_EQ(0, soft_hold(&self->dev, IOVA + LENGTH - PAGE, 2, false));
}

TEST_F(hold, is_told_before_unmap)
{
	ASSERT_EQ(0, HOLD(1, 2));
	ASSERT_EQ(0, HOLD(5, 1));
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_EQ(0, HELD());
	/* Once for each stretch of pages that it holds. */
	EXPECT_TOLD(2, 5, 1);
	EXPECT_KEPT(0);
}

TEST_F(hold, is_told_of_nothing_else)
{
	ASSERT_EQ(0, HOLD(4, 4));
	ASSERT_OK(UNMAP(0, 4));
	ASSERT_OK(UNMAP(8, PAGES - 8));
	EXPECT_EQ(0, soft_state(&self->dev).told);
	EXPECT_EQ(4, HELD());
	/* A part of what was pinned in one go. */
	ASSERT_OK(UNMAP(6, 1));
	EXPECT_EQ(0, HELD());
	EXPECT_TOLD(1, 6, 1);
}

TEST_F(hold, counts)
{
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(0, 4));
	ASSERT_EQ(0, HOLD(0, 4));
	ASSERT_EQ(0, HOLD(2, 1));
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, UNHOLD(2, 1));
	EXPECT_EQ(0, UNHOLD(0, 4));
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, UNHOLD(0, 4));
	EXPECT_KEPT(0);
}

TEST_F(hold, survives_unmap)
{
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(3, 1));
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_TOLD(1, 3, 1);
	EXPECT_KEPT(PAGES);
	/* It is the process' page still, as long as it has it mapped. */
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 3 * PAGE, 0x66));
	EXPECT_EQ(0x66, self->memory[3 * PAGE]);
	ASSERT_EQ(0, munmap(self->memory, LENGTH));
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 3 * PAGE, 0x67));
	EXPECT_EQ(0x67, soft_peek(&self->dev, IOVA + 3 * PAGE));
	EXPECT_EQ(0, UNHOLD(3, 1));
	EXPECT_KEPT(0);
}

/* What is held of a former mapping cannot be told from the new one by its IOVA. */
TEST_F(hold, is_refused_where_a_former_page_is_held)
{
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(3, 1));
	ASSERT_OK(UNMAP(0, PAGES));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, LENGTH, IOVA, RW));
	EXPECT_EQ(EBUSY, HOLD(3, 1));
	EXPECT_EQ(EBUSY, HOLD(0, 4));
	EXPECT_EQ(0, HOLD(4, 4));
	EXPECT_EQ(0, UNHOLD(3, 1));
	EXPECT_EQ(0, HOLD(3, 1));
	EXPECT_EQ(0, UNHOLD(3, 1));
	EXPECT_EQ(0, UNHOLD(4, 4));
}

TEST_F(hold, is_told_when_detached)
{
	ASSERT_EQ(0, HOLD(2, 3));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_EQ(0, HELD());
	EXPECT_TOLD(1, 2, 3);
	EXPECT_EQ(ENODEV, HOLD(2, 3));
	EXPECT_KEPT(PAGES);
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_TOLD(1, 2, 3);
	EXPECT_KEPT(0);
}

TEST_F(hold, survives_space_and_context)
{
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(2, 1));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_free(self->fd, self->space));
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 2 * PAGE, 0x31));
	EXPECT_EQ(0x31, self->memory[2 * PAGE]);
	close(self->fd);
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 2 * PAGE, 0x32));
	EXPECT_EQ(0x32, self->memory[2 * PAGE]);
	EXPECT_EQ(0, UNHOLD(2, 1));
	EXPECT_KEPT(0);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
}

TEST_F(hold, is_told_when_the_context_goes)
{
	ASSERT_EQ(0, HOLD(2, 3));
	close(self->fd);
	EXPECT_EQ(0, HELD());
	EXPECT_TOLD(1, 2, 3);
	EXPECT_KEPT(0);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
}

TEST_F(hold, ends_with_closing)
{
	ASSERT_EQ(0, HOLD(2, 3));
	close(self->dev.device);
	self->dev.device = -1;
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_KEPT(0);
}

/* A driver that forgets what it holds: the module gives it back for it. */
TEST_F(hold, is_not_leaked_by_a_driver_that_forgets)
{
	ASSERT_EQ(0, soft_behave(&self->dev,
				 MEDIATED_STUBBORN | MEDIATED_FORGETFUL));
	ASSERT_EQ(0, HOLD(2, 3));
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_KEPT(PAGES);
	close(self->dev.device);
	self->dev.device = -1;
	/* Before devices registered, the group's leaving is the first that is seen. */
	if (kernel_before(6, 1))
		ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_KEPT(0);
}

TEST_F(hold, of_one_device_is_not_the_others)
{
	struct dev other;

	ASSERT_OK(soft_open(&other, 1, NULL, self->fd));
	ASSERT_OK(do_attach(self->fd, other.id, self->space));
	ASSERT_EQ(0, soft_behave(&other, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(0, 2));
	ASSERT_EQ(0, soft_hold(&other, IOVA + PAGE, 2, true));
	EXPECT_EQ(0, UNHOLD(0, 2));
	ASSERT_OK(UNMAP(0, PAGES));
	EXPECT_EQ(0, soft_state(&self->dev).told);
	EXPECT_EQ(1, soft_state(&other).told);
	EXPECT_EQ(2, soft_state(&other).held);
	EXPECT_EQ(0, soft_poke(&other, IOVA + 2 * PAGE, 0x41));
	EXPECT_EQ(0x41, self->memory[2 * PAGE]);
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, soft_unhold(&other, IOVA + PAGE, 2));
	EXPECT_KEPT(0);
	dev_release(&other);
}

/* Memory that is cut while pages of it are held is kept whole. */
TEST_F(hold, keeps_memory_that_is_cut)
{
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(1, 1));
	ASSERT_OK(UNMAP(8, 8));
	ASSERT_OK(UNMAP(0, 4));
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + PAGE, 0x51));
	EXPECT_EQ(0x51, self->memory[PAGE]);
	EXPECT_EQ(0, HOLD(4, 4));
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 7 * PAGE, 0x52));
	EXPECT_EQ(0x52, self->memory[7 * PAGE]);
	EXPECT_EQ(0, UNHOLD(1, 1));
	EXPECT_EQ(0, UNHOLD(4, 4));
	ASSERT_OK(UNMAP(4, 4));
	EXPECT_KEPT(0);
}

TEST_F(hold, of_registered_memory)
{
	__u32 memory;

	ASSERT_OK(do_register(self->fd, self->memory, LENGTH, RW, &memory));
	ASSERT_OK(do_copy_memory(self->fd, -1, memory, 0, self->space, LENGTH,
				 IOVA + LENGTH, RW));
	ASSERT_OK(do_unregister(self->fd, memory));
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, HOLD(PAGES, 1));
	ASSERT_OK(UNMAP(0, 2 * PAGES));
	EXPECT_KEPT(PAGES);
	EXPECT_EQ(0, UNHOLD(PAGES, 1));
	EXPECT_KEPT(0);
}

TEST_HARNESS_MAIN
