// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_DIRTY_SET and IOASID_DIRTY_READ with mediated devices, of which every written
 * page is known; beside a device of hardware whose IOMMU marks nothing; and what the
 * commands refuse.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "common.h"
#include "dirty.h"
#include "expect.h"
#include "soft.h"
#include "vfio.h"

#define IOVA	0x40000000ULL
#define PAGES	16
#define LENGTH	(PAGES * PAGE)
#define FAR	0x200000000000ULL
#define SPREAD	1000ULL
#define ALL	((1ULL << PAGES) - 1)

SOFT_PROGRAM;

FIXTURE(soft) {
	struct tracked tracked;
	struct dev dev;
	unsigned char *memory;	/* LENGTH bytes, at IOVA */
};

FIXTURE_VARIANT(soft) {
	__u32 how;
};

FIXTURE_VARIANT_ADD(soft, rw) {
	.how = MEDIATED_RW,
};

FIXTURE_VARIANT_ADD(soft, pinned) {
	.how = MEDIATED_PINNED,
};

FIXTURE_SETUP(soft)
{
	struct tracked *t = &self->tracked;

	t->fd = ctx_open();
	ASSERT_GE(t->fd, 0);
	ASSERT_OK(do_alloc_granule(t->fd, PAGE, &t->space));
	ASSERT_OK(soft_open(&self->dev, 0, NULL, t->fd));
	self->memory = anon(LENGTH);
	ASSERT_NE(NULL, self->memory);
	ASSERT_OK(do_map(t->fd, t->space, self->memory, LENGTH, IOVA, RW));
	ASSERT_OK(do_attach(t->fd, self->dev.id, t->space));
}

FIXTURE_TEARDOWN(soft)
{
	dev_release(&self->dev);
	close(self->tracked.fd);
	EXPECT_EQ(0, locked_bytes(0));
}

#define TRACK(_on)							\
	do_dirty_set(self->tracked.fd, self->tracked.space, _on)
#define WRITE(_first, _length)						\
	soft_fill(&self->dev, variant->how, IOVA + (_first), _length, 0x5a)
#define DIRTY()		dirty_pages(&self->tracked, IOVA, PAGES)
#define PEEK()		peek_pages(&self->tracked, IOVA, PAGES)

TEST_F(soft, what_is_written_and_no_more)
{
	__u64 sum;

	ASSERT_EQ(0, WRITE(0, PAGE));
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(0, DIRTY());
	EXPECT_EQ(0, self->tracked.last.num_dirty);
	EXPECT_EQ(IOASID_DIRTY_SOFTWARE, self->tracked.last.precision);
	ASSERT_EQ(0, WRITE(3 * PAGE + 5, 2 * PAGE));
	ASSERT_EQ(0, soft_sum(&self->dev, variant->how, IOVA, LENGTH, &sum));
	EXPECT_EQ(7 << 3, DIRTY());
	EXPECT_EQ(3, self->tracked.last.num_dirty);
	EXPECT_EQ(0, DIRTY());
	ASSERT_EQ(0, WRITE(4 * PAGE, 1));
	EXPECT_EQ(1 << 4, DIRTY());
	ASSERT_EQ(0, WRITE(0, LENGTH));
	EXPECT_EQ(ALL, DIRTY());
	EXPECT_EQ(0, DIRTY());
}

TEST_F(soft, read_again_where_it_is_not_cleared)
{
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(PAGE, 1));
	EXPECT_EQ(1 << 1, PEEK());
	EXPECT_EQ(1 << 1, PEEK());
	ASSERT_EQ(0, WRITE(2 * PAGE, 1));
	EXPECT_EQ(3 << 1, DIRTY());
	EXPECT_EQ(0, PEEK());
}

TEST_F(soft, cleared_only_within_the_range)
{
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(0, LENGTH));
	EXPECT_EQ(0xf, dirty_pages(&self->tracked, IOVA + 4 * PAGE, 4));
	EXPECT_EQ(4, self->tracked.last.num_dirty);
	EXPECT_EQ(0, dirty_pages(&self->tracked, IOVA - 4 * PAGE, 4));
	EXPECT_EQ(0, dirty_pages(&self->tracked, IOVA + LENGTH, 4));
	EXPECT_EQ(ALL & ~0xf0, DIRTY());
}

TEST_F(soft, larger_pages)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(5 * PAGE, 1));
	ASSERT_EQ(0, WRITE(7 * PAGE, 1));
	ASSERT_OK(read_bits(t, IOASID_DIRTY_NO_CLEAR, IOVA, LENGTH, 4 * PAGE));
	EXPECT_EQ(1 << 1, t->bits[0]);
	EXPECT_EQ(1, t->last.num_dirty);
	ASSERT_OK(read_bits(t, IOASID_DIRTY_NO_CLEAR, IOVA, 2 * GIB, GIB));
	EXPECT_EQ(1, t->bits[0]);
	EXPECT_EQ(1, t->last.num_dirty);
	/* All pages that the bit stands for are clean by that. */
	ASSERT_OK(read_bits(t, 0, IOVA + 4 * PAGE, 4 * PAGE, 4 * PAGE));
	EXPECT_EQ(1, t->bits[0]);
	EXPECT_EQ(0, DIRTY());
}

/* Bits of other pages are left alone, whether they were set or not. */
TEST_F(soft, across_words_of_the_bitmap)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(0, LENGTH));
	ASSERT_OK(read_bits(t, IOASID_DIRTY_NO_CLEAR, IOVA - 56 * PAGE,
			    192 * PAGE, PAGE));
	EXPECT_EQ(0xffULL << 56, t->bits[0]);
	EXPECT_EQ(0xff, t->bits[1]);
	EXPECT_EQ(0, t->bits[2]);
	EXPECT_EQ(PAGES, t->last.num_dirty);
	t->bits[0] = 1;
	t->bits[1] = 1ULL << 63;
	t->bits[2] = 5;
	t->last.flags = 0;
	ASSERT_OK(do_dirty_read(t->fd, t->space, &t->last));
	EXPECT_EQ((0xffULL << 56) | 1, t->bits[0]);
	EXPECT_EQ((1ULL << 63) | 0xff, t->bits[1]);
	EXPECT_EQ(5, t->bits[2]);
	EXPECT_EQ(0, DIRTY());
}

TEST_F(soft, while_pinned)
{
	if (variant->how != MEDIATED_PINNED)
		return;
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA, 1, true));
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA + 5 * PAGE, 2, false));
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(1, DIRTY());
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA + 2 * PAGE, 2, true));
	EXPECT_EQ(1 | 3 << 2, DIRTY());
	EXPECT_EQ(1 | 3 << 2, DIRTY());
	/* Read once more for what was written since. */
	ASSERT_EQ(0, soft_poke(&self->dev, IOVA + 3 * PAGE, 1));
	ASSERT_EQ(0, soft_unhold(&self->dev, IOVA + 2 * PAGE, 2));
	EXPECT_EQ(1 | 3 << 2, DIRTY());
	EXPECT_EQ(1, DIRTY());
	/* For reading first, then for writing as well. */
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA + 5 * PAGE, 1, true));
	EXPECT_EQ(1 | 1 << 5, DIRTY());
	EXPECT_EQ(1 | 1 << 5, DIRTY());
}

TEST_F(soft, across_unmap)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(PAGE, 1));
	ASSERT_EQ(0, WRITE(9 * PAGE, 1));
	ASSERT_OK(do_unmap(t->fd, t->space, IOVA, 4 * PAGE));
	EXPECT_EQ(1 << 1 | 1 << 9, PEEK());
	ASSERT_OK(unmap_all(t));
	EXPECT_EQ(1 << 1 | 1 << 9, DIRTY());
	EXPECT_EQ(0, DIRTY());
	ASSERT_OK(do_map(t->fd, t->space, self->memory, LENGTH, IOVA, RW));
	EXPECT_EQ(0, DIRTY());
	ASSERT_EQ(0, WRITE(2 * PAGE, 1));
	EXPECT_EQ(1 << 2, DIRTY());
}

TEST_F(soft, across_detach)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(PAGE, 1));
	ASSERT_OK(do_detach(t->fd, self->dev.id));
	EXPECT_EQ(1 << 1, DIRTY());
	EXPECT_EQ(0, DIRTY());
	ASSERT_OK(do_attach(t->fd, self->dev.id, t->space));
	ASSERT_EQ(0, WRITE(2 * PAGE, 1));
	EXPECT_EQ(1 << 2, DIRTY());
}

TEST_F(soft, on_and_off)
{
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DIRTY,
		       read_bits(&self->tracked, 0, IOVA, PAGE, PAGE));
	ASSERT_OK(TRACK(false));
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(PAGE, 1));
	/* To begin once more changes nothing, to end forgets. */
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(1 << 1, PEEK());
	ASSERT_OK(TRACK(false));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DIRTY,
		       read_bits(&self->tracked, 0, IOVA, PAGE, PAGE));
	ASSERT_EQ(0, WRITE(2 * PAGE, 1));
	ASSERT_OK(TRACK(true));
	EXPECT_EQ(0, DIRTY());
}

/* Terabytes of which little is there, and a bitmap of which little is touched. */
TEST_F(soft, much_that_is_not_mapped)
{
	const __u64 length = 2 * FAR, size = length / PAGE / 8;
	struct tracked *t = &self->tracked;
	struct ioasid_dirty_read read = {
		.length = length,
		.page_size = PAGE,
		.bitmap_size = size,
	};
	__u64 *bitmap;

	bitmap = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, bitmap);
	read.bitmap = (uintptr_t)bitmap;
	ASSERT_OK(do_map(t->fd, t->space, self->memory, PAGE, FAR, RW));
	ASSERT_OK(do_map(t->fd, t->space, self->memory, PAGE, length - PAGE, RW));
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(0, 1));
	ASSERT_EQ(0, WRITE(FAR - IOVA, 1));
	ASSERT_EQ(0, WRITE(length - PAGE - IOVA, 1));
	ASSERT_OK(do_dirty_read(t->fd, t->space, &read));
	EXPECT_EQ(3, read.num_dirty);
	EXPECT_EQ(1, bitmap[IOVA / PAGE / 64]);
	EXPECT_EQ(1, bitmap[FAR / PAGE / 64]);
	EXPECT_EQ(1ULL << 63, bitmap[length / PAGE / 64 - 1]);
	ASSERT_OK(do_dirty_read(t->fd, t->space, &read));
	EXPECT_EQ(0, read.num_dirty);
	munmap(bitmap, size);

	/* One bit less than all there is. */
	read.page_size = 64 * GIB;
	read.length = -read.page_size;
	read.bitmap_size = 32 * MIB;
	read.bitmap = (uintptr_t)anon(read.bitmap_size);
	ASSERT_EQ(0, WRITE(FAR - IOVA, 1));
	ASSERT_OK(do_dirty_read(t->fd, t->space, &read));
	EXPECT_EQ(1, read.num_dirty);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A signal ends the call, and takes nothing. */
TEST_F(soft, interrupted)
{
	const struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { 0 };
	const struct sigaction action = { .sa_handler = on_alarm };
	struct tracked *t = &self->tracked;
	struct ioasid_dirty_read read = {
		.length = FAR,
		.page_size = GIB,
		.bitmap_size = FAR / GIB / 8,
	};
	int err;

	if (variant->how != MEDIATED_RW)
		return;
	read.bitmap = (uintptr_t)anon(read.bitmap_size);
	ASSERT_OK(TRACK(true));
	for (__u64 i = 0; i < SPREAD; i++) {
		ASSERT_OK(do_map(t->fd, t->space, self->memory, PAGE,
				 (i + 2) * GIB, RW));
		ASSERT_EQ(0, WRITE((i + 2) * GIB - IOVA, 1));
	}
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	do {
		read.flags = IOASID_DIRTY_NO_CLEAR;
		err = do_dirty_read(t->fd, t->space, &read);
	} while (!err);
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_EQ(EINTR, err);
	EXPECT_EQ(IOASID_REASON_INTERRUPTED, ea.reason);
	read.flags = 0;
	ASSERT_OK(do_dirty_read(t->fd, t->space, &read));
	EXPECT_EQ(SPREAD, read.num_dirty);
}

TEST_F(soft, refusals)
{
	struct tracked *t = &self->tracked;
	struct ioasid_dirty_read read;
	__u64 *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(TRACK(true));
	ASSERT_EQ(0, WRITE(0, LENGTH));
	for (unsigned int i = 0; i < 3; i++) {
		static const __u64 sizes[] = { 0, PAGE / 2, 3 * PAGE };

		EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
			       read_bits(t, 0, IOVA, LENGTH, sizes[i]));
	}
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       read_bits(t, 0, IOVA + 8, LENGTH, PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       read_bits(t, 0, IOVA, LENGTH + 8, PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       read_bits(t, 0, IOVA + PAGE, 2 * PAGE, 2 * PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       read_bits(t, 0, IOVA, 3 * PAGE, 2 * PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       read_bits(t, 0, IOVA, 0, PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       read_bits(t, 0, -2 * PAGE, 3 * PAGE, PAGE));
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       read_bits(t, 0, IOVA, (DIRTY_WORDS * 64 + 1) * PAGE,
				 PAGE));
	EXPECT_EQ((DIRTY_WORDS + 1) * 8, t->last.bitmap_size);

	ASSERT_EQ(ALL, PEEK());
	read = t->last;
	read.flags = 0;
	read.bitmap += 4;
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_dirty_read(t->fd, t->space, &read));
	read.bitmap = 0;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_dirty_read(t->fd, t->space, &read));
	read.bitmap = 0xffff888000000000ULL;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_dirty_read(t->fd, t->space, &read));
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	read.bitmap = (uintptr_t)page;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_dirty_read(t->fd, t->space, &read));
	read.bitmap = (uintptr_t)t->bits;
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_dirty_read(t->fd, NO_ID, &read));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_dirty_read(t->fd, self->dev.id, &read));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_dirty_set(t->fd, NO_ID, true));
	/* Nothing was lost by all that. */
	EXPECT_EQ(ALL, DIRTY());
}

/* With a device behind an IOMMU that marks nothing, all that it could write counts. */
FIXTURE(beside) {
	struct tracked tracked;
	struct dev dev, edu;
	unsigned char *memory;
};

FIXTURE_SETUP(beside)
{
	struct tracked *t = &self->tracked;

	t->fd = ctx_open();
	ASSERT_GE(t->fd, 0);
	ASSERT_OK(do_alloc_granule(t->fd, PAGE, &t->space));
	ASSERT_OK(soft_open(&self->dev, 0, NULL, t->fd));
	ASSERT_OK(do_attach(t->fd, self->dev.id, t->space));
	ASSERT_EQ(0, dev_claim(&self->edu, EDU_A));
	ASSERT_OK(dev_bind(&self->edu, t->fd));
	self->memory = anon(LENGTH);
	ASSERT_NE(NULL, self->memory);
	ASSERT_OK(do_map(t->fd, t->space, self->memory, 8 * PAGE, IOVA, RW));
	ASSERT_OK(do_map(t->fd, t->space, self->memory + 8 * PAGE, 4 * PAGE,
			 IOVA + 8 * PAGE, IOASID_PROT_READ));
	ASSERT_OK(TRACK(true));
}

FIXTURE_TEARDOWN(beside)
{
	dev_release(&self->edu);
	dev_release(&self->dev);
	close(self->tracked.fd);
}

TEST_F(beside, all_that_is_mapped_for_writing)
{
	struct tracked *t = &self->tracked;

	EXPECT_EQ(0, DIRTY());
	ASSERT_OK(do_attach(t->fd, self->edu.id, t->space));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0xff, DIRTY());
		EXPECT_EQ(IOASID_DIRTY_COARSE, t->last.precision);
	}
	/* What is not mapped any more, once. */
	ASSERT_OK(do_unmap(t->fd, t->space, IOVA + 2 * PAGE, 3 * PAGE));
	EXPECT_EQ(0xff, DIRTY());
	EXPECT_EQ(0xff & ~(7 << 2), DIRTY());
	/* What was mapped when the device went, once. */
	ASSERT_OK(do_detach(t->fd, self->edu.id));
	EXPECT_EQ(0xff & ~(7 << 2), DIRTY());
	EXPECT_EQ(IOASID_DIRTY_COARSE, t->last.precision);
	EXPECT_EQ(0, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_SOFTWARE, t->last.precision);
	ASSERT_EQ(0, soft_fill(&self->dev, MEDIATED_RW, IOVA + PAGE, 1, 1));
	EXPECT_EQ(1 << 1, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_SOFTWARE, t->last.precision);
}

TEST_F(beside, what_is_mapped_later)
{
	struct tracked *t = &self->tracked;

	ASSERT_OK(do_attach(t->fd, self->edu.id, t->space));
	ASSERT_OK(do_map(t->fd, t->space, self->memory, PAGE, IOVA + 15 * PAGE,
			 RW));
	EXPECT_EQ(0xff | 1 << 15, DIRTY());
	EXPECT_EQ(1 << 7, dirty_pages(t, IOVA + 8 * PAGE, 8));
	ASSERT_OK(unmap_all(t));
	EXPECT_EQ(0xff | 1 << 15, DIRTY());
	EXPECT_EQ(0, DIRTY());
	EXPECT_EQ(IOASID_DIRTY_COARSE, t->last.precision);
}

/* No IOMMU that is emulated here marks what is written. */
TEST_F(beside, refused_where_it_is_wanted_better)
{
	struct tracked *t = &self->tracked;
	__u32 space;

	ASSERT_OK(do_alloc_tracking(t->fd, PAGE, &space));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_DIRTY,
		       do_attach(t->fd, self->edu.id, space));
	EXPECT_NE(NULL, strstr(ea.message, self->edu.name));
	EXPECT_EQ(0, attached_to(t->fd, self->edu.id));
	ASSERT_OK(do_replace(t->fd, self->dev.id, space));
	ASSERT_OK(do_attach(t->fd, self->edu.id, t->space));
}

TEST_HARNESS_MAIN
