// SPDX-License-Identifier: GPL-2.0
/*
 * What the hardware marks when devices write, on mock IOMMUs that do so where the kernel
 * can be told of it (6.7), and devices behind one that does not.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>

#include "common.h"
#include "dirty.h"
#include "expect.h"
#include "mock.h"
#include "stage.h"

#define IOVA	0x40000000ULL
#define PAGES	512
#define LENGTH	(PAGES * PAGE)

/* Two behind an IOMMU with dirty bits, and one behind an IOMMU without. */
enum {
	FIRST = MOCK(0),
	SECOND = MOCK(1),
	PLAIN = MOCK(4),
};

/* Before that there is no IOMMU_CAP_DIRTY_TRACKING, nor struct iommu_dirty_ops. */
#define KERNEL_HAS_DIRTY_BITS()	(!kernel_before(6, 7))

FIXTURE(marks) {
	struct tracked tracked;
	struct dev dev;
	char *memory;
};

FIXTURE_SETUP(marks)
{
	struct tracked *t = &self->tracked;

	t->fd = ctx_open();
	ASSERT_GE(t->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, FIRST, t->fd));
	self->memory = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->memory);
	/* Otherwise one entry may stand for many pages. */
	ASSERT_OK(do_alloc_tracking(t->fd, PAGE, &t->space));
	ASSERT_OK(do_map(t->fd, t->space, self->memory, LENGTH, IOVA, RW));
	if (!KERNEL_HAS_DIRTY_BITS())
		SKIP(return, "no IOMMU_CAP_DIRTY_TRACKING");
	ASSERT_OK(do_attach(t->fd, self->dev.id, t->space));
}

FIXTURE_TEARDOWN(marks)
{
	dev_release(&self->dev);
	close(self->tracked.fd);
	EXPECT_TRUE(mock_is_content());
}

#define TRACK(_on)							\
	do_dirty_set(self->tracked.fd, self->tracked.space, _on)
#define STORE(_page, _length)						\
	mock_store(&self->dev, BY_RID, IOVA + (_page) * PAGE, _length)
#define DIRTY()		dirty_pages(&self->tracked, IOVA, 64)
#define PEEK()		peek_pages(&self->tracked, IOVA, 64)

TEST_F(marks, each_page)
{
	struct tracked *t = &self->tracked;

	ASSERT_EQ(MOCK_OK, STORE(0, 4 * PAGE));
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(1, mock_device_counter(FIRST, "dirty"));
	EXPECT_EQ(0, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_HARDWARE, t->last.precision);
	ASSERT_EQ(MOCK_OK, STORE(3, 1));
	ASSERT_EQ(MOCK_OK, STORE(63, 2 * PAGE));
	ASSERT_EQ(MOCK_OK, STORE(70, 1));
	ASSERT_EQ(MOCK_OK, STORE(511, PAGE));
	ASSERT_EQ(MOCK_OK, mock_load(&self->dev, BY_RID, IOVA, LENGTH / 64));
	ASSERT_OK(read_bits(t, 0, IOVA, LENGTH, PAGE));
	EXPECT_EQ(1 << 3 | 1ULL << 63, t->bits[0]);
	EXPECT_EQ(1 | 1 << (70 - 64), t->bits[1]);
	for (int i = 2; i < 7; i++)
		EXPECT_EQ(0, t->bits[i]);
	EXPECT_EQ(1ULL << 63, t->bits[7]);
	EXPECT_EQ(5, t->last.num_dirty);
	ASSERT_OK(read_bits(t, 0, IOVA, LENGTH, PAGE));
	EXPECT_EQ(0, t->last.num_dirty);
	/* The same page again: the IOMMU was told to forget that it knows it. */
	ASSERT_EQ(MOCK_OK, STORE(3, 1));
	EXPECT_EQ(1 << 3, DIRTY());
	for (int i = 0; i < PAGES; i += 16)
		ASSERT_EQ(MOCK_OK, STORE(i, 16 * PAGE));
	ASSERT_OK(read_bits(t, 0, IOVA, LENGTH, PAGE));
	EXPECT_EQ(PAGES, t->last.num_dirty);
}

TEST_F(marks, read_again_where_it_is_not_cleared)
{
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(MOCK_OK, STORE(1, 1));
	EXPECT_EQ(1 << 1, PEEK());
	EXPECT_EQ(1 << 1, PEEK());
	ASSERT_EQ(MOCK_OK, STORE(2, 1));
	EXPECT_EQ(3 << 1, DIRTY());
	EXPECT_EQ(0, DIRTY());
}

TEST_F(marks, cleared_only_within_the_range)
{
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(MOCK_OK, STORE(0, 16 * PAGE));
	EXPECT_EQ(0xf, dirty_pages(&self->tracked, IOVA + 4 * PAGE, 4));
	EXPECT_EQ(0xff0f, DIRTY());
}

TEST_F(marks, larger_pages)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(MOCK_OK, STORE(17, 1));
	ASSERT_EQ(MOCK_OK, STORE(300, 1));
	ASSERT_OK(read_bits(t, IOASID_DIRTY_NO_CLEAR, IOVA, LENGTH, 16 * PAGE));
	EXPECT_EQ(1 << 1 | 1 << 18, t->bits[0]);
	ASSERT_OK(read_bits(t, 0, IOVA, 2 * MIB, 2 * MIB));
	EXPECT_EQ(1, t->bits[0]);
	EXPECT_EQ(1, t->last.num_dirty);
	EXPECT_EQ(0, DIRTY());
}

/* What was marked before is not what was written since. */
TEST_F(marks, on_and_off)
{
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(MOCK_OK, STORE(1, 1));
	ASSERT_OK(TRACK(false));
	EXPECT_EQ(0, mock_device_counter(FIRST, "dirty"));
	ASSERT_EQ(MOCK_OK, STORE(2, 1));
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(0, DIRTY());
	ASSERT_EQ(MOCK_OK, STORE(3, 1));
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(1 << 3, DIRTY());
}

TEST_F(marks, across_unmap)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(MOCK_OK, STORE(1, 1));
	ASSERT_EQ(MOCK_OK, STORE(9, 1));
	ASSERT_EQ(MOCK_OK, STORE(40, 1));
	ASSERT_OK(do_unmap(t->fd, t->space, IOVA, 9 * PAGE));
	EXPECT_EQ(1 << 1 | 1 << 9 | 1ULL << 40, PEEK());
	ASSERT_OK(unmap_all(t));
	EXPECT_EQ(1 << 1 | 1 << 9 | 1ULL << 40, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_HARDWARE, t->last.precision);
	EXPECT_EQ(0, DIRTY());
	ASSERT_OK(do_map(t->fd, t->space, self->memory, LENGTH, IOVA, RW));
	EXPECT_EQ(0, DIRTY());
	ASSERT_EQ(MOCK_OK, STORE(2, 1));
	EXPECT_EQ(1 << 2, DIRTY());
}

/* With its last device the page table goes. */
TEST_F(marks, across_detach_and_replace)
{
	struct tracked *t = &self->tracked;
	__u32 space;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(MOCK_OK, STORE(1, 1));
	ASSERT_OK(do_detach(t->fd, self->dev.id));
	EXPECT_EQ(1 << 1, DIRTY());
	EXPECT_EQ(0, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_SOFTWARE, t->last.precision);
	/* Tracked from the first DMA on. */
	ASSERT_OK(do_attach(t->fd, self->dev.id, t->space));
	ASSERT_EQ(MOCK_OK, STORE(2, 1));
	ASSERT_OK(do_alloc(t->fd, &space));
	ASSERT_OK(do_map(t->fd, space, self->memory, LENGTH, IOVA, RW));
	ASSERT_OK(do_replace(t->fd, self->dev.id, space));
	ASSERT_EQ(MOCK_OK, STORE(3, 1));
	EXPECT_EQ(1 << 2, DIRTY());
	ASSERT_OK(do_replace(t->fd, self->dev.id, t->space));
	ASSERT_EQ(MOCK_OK, STORE(4, 1));
	EXPECT_EQ(1 << 4, DIRTY());
}

TEST_F(marks, of_every_device)
{
	struct tracked *t = &self->tracked;
	struct ioasid_get_info info;
	struct dev second;

	ASSERT_OK(TRACK(true));
	ASSERT_OK(mock_claim(&second, SECOND, t->fd));
	ASSERT_OK(do_attach(t->fd, second.id, t->space));
	ASSERT_OK(do_get_info(t->fd, t->space, &info));
	EXPECT_EQ(1, info.num_domains);
	ASSERT_EQ(MOCK_OK, STORE(1, 1));
	ASSERT_EQ(MOCK_OK, mock_store(&second, BY_RID, IOVA + 5 * PAGE, 1));
	EXPECT_EQ(1 << 1 | 1 << 5, PEEK());
	ASSERT_OK(do_detach(t->fd, second.id));
	EXPECT_EQ(1 << 1 | 1 << 5, DIRTY());
	ASSERT_OK(do_attach_pasid(t->fd, second.id, 7, t->space));
	ASSERT_EQ(MOCK_OK, mock_store(&second, 7, IOVA + 6 * PAGE, 1));
	EXPECT_EQ(1 << 6, DIRTY());
	dev_release(&second);
}

/* One entry of 2 MiB: all of its pages are marked, and only those read are cleared. */
TEST_F(marks, huge_pages)
{
	struct tracked *t = &self->tracked;
	char *huge;

	ASSERT_TRUE(huge_pages(2));
	huge = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, huge);
	ASSERT_OK(do_detach(t->fd, self->dev.id));
	ASSERT_OK(do_alloc_tracking(t->fd, 0, &t->space));
	ASSERT_OK(do_attach(t->fd, self->dev.id, t->space));
	ASSERT_OK(TRACK(true));
	ASSERT_OK(do_map(t->fd, t->space, huge, 4 * MIB, IOVA, RW));
	ASSERT_EQ(2, mock_device_counter(FIRST, "large"));
	ASSERT_EQ(MOCK_OK, STORE(700, 1));
	EXPECT_EQ(0, DIRTY());
	EXPECT_EQ(0xff, dirty_pages(t, IOVA + 600 * PAGE, 8));
	ASSERT_OK(read_bits(t, IOASID_DIRTY_NO_CLEAR, IOVA, 4 * MIB, PAGE));
	EXPECT_EQ(512 - 8, t->last.num_dirty);
	EXPECT_EQ(0, t->bits[7]);
	EXPECT_EQ(~0ULL, t->bits[8]);
	EXPECT_EQ(~(0xffULL << (600 - 576)), t->bits[9]);
	ASSERT_OK(read_bits(t, 0, IOVA, 4 * MIB, 2 * MIB));
	EXPECT_EQ(1 << 1, t->bits[0]);
	ASSERT_EQ(MOCK_OK, STORE(511, 2 * PAGE));
	ASSERT_OK(unmap_all(t));
	ASSERT_OK(read_bits(t, 0, IOVA, 4 * MIB, PAGE));
	EXPECT_EQ(1024, t->last.num_dirty);
	munmap(huge, 4 * MIB);
}

TEST_F(marks, refused_where_there_are_none)
{
	struct tracked *t = &self->tracked;
	struct dev plain;

	ASSERT_OK(TRACK(true));
	ASSERT_OK(mock_claim(&plain, PLAIN, t->fd));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_DIRTY,
		       do_attach(t->fd, plain.id, t->space));
	EXPECT_NE(NULL, strstr(ea.message, plain.name));
	EXPECT_EQ(0, attached_to(t->fd, plain.id));
	ASSERT_EQ(MOCK_OK, STORE(1, 1));
	EXPECT_EQ(1 << 1, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_HARDWARE, t->last.precision);
	dev_release(&plain);
}

/* A space that was not made for it, on all kernels. */
TEST(coarse)
{
	struct tracked tracked, *t = &tracked;
	char *memory = anon_populated(8 * PAGE);
	struct ioasid_device_info info;
	struct dev devs[2];
	__u32 space;

	t->fd = ctx_open();
	ASSERT_GE(t->fd, 0);
	ASSERT_NE(NULL, memory);
	ASSERT_OK(do_alloc(t->fd, &t->space));
	ASSERT_OK(do_alloc_tracking(t->fd, 0, &space));
	ASSERT_OK(do_map(t->fd, t->space, memory, 8 * PAGE, IOVA, RW));
	ASSERT_OK(mock_claim(&devs[0], FIRST, t->fd));
	ASSERT_OK(mock_claim(&devs[1], PLAIN, t->fd));
	ASSERT_OK(do_dirty_set(t->fd, t->space, true));
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(do_attach(t->fd, devs[i].id, t->space));
		EXPECT_EQ(0xff, dirty_pages(t, IOVA, 8));
		EXPECT_EQ(IOASID_DIRTY_COARSE, t->last.precision);
		ASSERT_OK(do_detach(t->fd, devs[i].id));
		EXPECT_EQ(0xff, dirty_pages(t, IOVA, 8));
		EXPECT_EQ(0, dirty_pages(t, IOVA, 8));
		/* The information tells what an attach says. */
		ASSERT_OK(do_device_info(t->fd, devs[i].id, &info));
		EXPECT_EQ(!i && KERNEL_HAS_DIRTY_BITS(),
			  !!(info.device_flags & IOASID_DEVICE_DIRTY));
		if (info.device_flags & IOASID_DEVICE_DIRTY) {
			EXPECT_OK(do_attach(t->fd, devs[i].id, space));
		} else {
			EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_DIRTY,
				       do_attach(t->fd, devs[i].id, space));
		}
		dev_release(&devs[i]);
	}
	close(t->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_HARNESS_MAIN
