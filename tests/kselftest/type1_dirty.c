// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty page logging of type1, the kernel's own and this module's: all that is mapped
 * is dirty, as often as it is asked; and what becomes of the bits around it.
 */
#include "kselftest_harness.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#include "type1.h"

#define IOVA	0x100000ULL
#define START	VFIO_IOMMU_DIRTY_PAGES_FLAG_START
#define STOP	VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
#define PAGES	200

FIXTURE(dirty) {
	struct dev dev;
	int fd;
	bool older;
	char *memory;
	__u64 *bits;		/* a page of them, all zero */
	__u64 known[64];	/* the bits that count, of a word with so many */
};

FIXTURE_VARIANT(dirty) {
	bool ours;
};

FIXTURE_VARIANT_ADD(dirty, ours) { true };
FIXTURE_VARIANT_ADD(dirty, kernels) { false };

FIXTURE_SETUP(dirty)
{
	self->memory = anon(PAGES * PAGE);
	self->bits = anon(PAGE);
	ASSERT_NE(NULL, self->memory);
	ASSERT_NE(NULL, self->bits);
	ASSERT_EQ(0, type1_claim(&self->dev, EDU_A, VFIO_TYPE1v2_IOMMU,
				 variant->ours));
	self->fd = self->dev.container;
	for (unsigned int i = 0; i < 64; i++)
		self->known[i] = variant->ours ? ~0ULL : (1ULL << i) - 1;
	self->older = !variant->ours && kernel_before(7, 0);
}

FIXTURE_TEARDOWN(dirty)
{
	dev_release(&self->dev);
}

#define MAP(_first, _pages)						\
	ASSERT_EQ(0, t1_map(self->fd, self->memory, (_pages) * PAGE,	\
			    IOVA + (_first) * PAGE, T1_RW))
#define DIRTY(_first, _pages, _bytes)					\
	t1_dirty(self->fd, IOVA + (_first) * PAGE, (_pages) * PAGE,	\
		 self->bits, _bytes, PAGE)
#define EXPECT_NEW(_errno, _older, _call)				\
	EXPECT_EQ(self->older ? (_older) : (_errno), (_call))

TEST_F(dirty, start_and_stop)
{
	MAP(0, 1);
	EXPECT_EQ(EINVAL, DIRTY(0, 1, 8));
	EXPECT_EQ(0, t1_log(self->fd, STOP));
	EXPECT_EQ(0, t1_log(self->fd, START));
	EXPECT_EQ(0, t1_log(self->fd, START));
	EXPECT_EQ(0, DIRTY(0, 1, 8));
	EXPECT_EQ(1, self->bits[0]);
	EXPECT_EQ(0, t1_log(self->fd, STOP));
	EXPECT_EQ(EINVAL, DIRTY(0, 1, 8));
	EXPECT_EQ(0, t1_log(self->fd, START));
	/* What is mapped while it is on counts as well. */
	MAP(1, 1);
	EXPECT_EQ(0, DIRTY(0, 2, 8));
	EXPECT_EQ(3, self->bits[0]);
}

TEST_F(dirty, arguments)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = {
		.argsz = sizeof(dirty) - 1,
		.flags = START,
	};

	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_DIRTY_PAGES, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_DIRTY_PAGES, &dirty));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(EINVAL, t1_log(self->fd, START | STOP));
	EXPECT_EQ(EINVAL, t1_log(self->fd, 1 << 3));
	/* No room for the range. */
	EXPECT_EQ(EINVAL,
		  t1_log(self->fd, VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP));

	MAP(0, 4);
	ASSERT_EQ(0, t1_log(self->fd, START));
	EXPECT_EQ(EINVAL, DIRTY(0, 0, 8));
	EXPECT_EQ(EINVAL, DIRTY(0, 4, 0));
	EXPECT_EQ(EINVAL, DIRTY(0, 4, 7));
	EXPECT_EQ(EINVAL, DIRTY(0, 65, 8));
	EXPECT_EQ(EINVAL, DIRTY(0, 4, 1ULL << 29));
	EXPECT_EQ(EINVAL, t1_dirty(self->fd, IOVA, 4 * PAGE, self->bits, 8,
				   2 * PAGE));
	EXPECT_EQ(EINVAL, t1_dirty(self->fd, IOVA + 8, 4 * PAGE, self->bits, 8,
				   PAGE));
	EXPECT_EQ(EINVAL, t1_dirty(self->fd, IOVA, 4 * PAGE + 8, self->bits, 8,
				   PAGE));
	EXPECT_NEW(EOVERFLOW, EINVAL,
		   t1_dirty(self->fd, -PAGE, 2 * PAGE, self->bits, 8, PAGE));
	EXPECT_EQ(EINVAL, t1_dirty(self->fd, IOVA, 4 * PAGE, (void *)-8UL, 8,
				   PAGE));
	EXPECT_EQ(EFAULT, t1_dirty(self->fd, IOVA, 4 * PAGE, NULL, 8, PAGE));
	/* In the middle of a mapping. */
	EXPECT_EQ(EINVAL, DIRTY(0, 3, 8));
	EXPECT_EQ(EINVAL, DIRTY(1, 3, 8));
	EXPECT_EQ(0, self->bits[0]);
}

/* Bits of holes before and between are not touched. */
TEST_F(dirty, around_the_mappings)
{
	MAP(3, 2);
	MAP(70, 100);
	ASSERT_EQ(0, t1_log(self->fd, START));
	self->bits[0] = 5;
	self->bits[1] = 1;
	self->bits[3] = ~0ULL;
	EXPECT_EQ(0, DIRTY(0, 190, 24));
	EXPECT_EQ(5 | 3 << 3, self->bits[0]);
	EXPECT_EQ((~0ULL << 6) | 1, self->bits[1]);
	EXPECT_EQ((1ULL << (170 - 128)) - 1, self->bits[2]);
	EXPECT_EQ(~0ULL, self->bits[3]);
	/* As often as it is asked; the kernel's own is not as exact from then on. */
	memset(self->bits, 0, PAGE);
	EXPECT_EQ(0, DIRTY(0, 190, 24));
	EXPECT_EQ(3 << 3, self->bits[0] & self->known[3 + 2]);
	/* A range that begins elsewhere: bit 0 is its first page. */
	memset(self->bits, 0, PAGE);
	EXPECT_EQ(0, DIRTY(70, 100, 16));
	EXPECT_EQ(~0ULL, self->bits[0]);
	EXPECT_EQ((1ULL << 36) - 1, self->bits[1] & self->known[36]);
	/* Nothing is there. */
	EXPECT_EQ(0, DIRTY(180, 10, 8));
}

TEST_F(dirty, while_unmapping)
{
	__u64 unmapped = 7;

	MAP(0, 3);
	MAP(5, 1);
	EXPECT_EQ(EINVAL, t1_unmap_dirty(self->fd, IOVA, 6 * PAGE, self->bits,
					 8, PAGE, NULL));
	ASSERT_EQ(0, t1_log(self->fd, START));
	EXPECT_EQ(EINVAL, t1_unmap_dirty(self->fd, IOVA, 6 * PAGE, self->bits,
					 8, 2 * PAGE, NULL));
	EXPECT_EQ(EINVAL, t1_unmap_dirty(self->fd, IOVA, 6 * PAGE, self->bits,
					 7, PAGE, NULL));
	EXPECT_EQ(EINVAL, t1_unmap_dirty(self->fd, IOVA, 2 * PAGE, self->bits,
					 8, PAGE, NULL));
	/* No room for the bitmap's description. */
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, IOVA, PAGE,
				   VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, NULL));
	EXPECT_EQ(0, t1_unmap_dirty(self->fd, IOVA, 6 * PAGE, self->bits, 8,
				    PAGE, &unmapped));
	EXPECT_EQ(4 * PAGE, unmapped);
	EXPECT_EQ(7 | 1 << 5, self->bits[0]);
	EXPECT_EQ(0, locked_bytes(0));
	EXPECT_EQ(0, t1_unmap_dirty(self->fd, IOVA, 6 * PAGE, self->bits, 8,
				    PAGE, &unmapped));
	EXPECT_EQ(0, unmapped);
}

/* What cannot be told is not unmapped. */
TEST_F(dirty, nothing_lost)
{
	__u64 unmapped = 0;

	MAP(0, 4);
	ASSERT_EQ(0, t1_log(self->fd, START));
	ASSERT_EQ(0, mprotect(self->bits, PAGE, PROT_READ));
	EXPECT_EQ(EFAULT, t1_unmap_dirty(self->fd, IOVA, 4 * PAGE, self->bits,
					 8, PAGE, NULL));
	EXPECT_EQ(0, t1_unmap(self->fd, IOVA, 4 * PAGE, 0, &unmapped));
	EXPECT_EQ(4 * PAGE, unmapped);
}

TEST(not_in_the_first_version)
{
	struct dev dev;

	for (int ours = 0; ours < 2; ours++) {
		ASSERT_EQ(0, type1_claim(&dev, EDU_A, VFIO_TYPE1_IOMMU, ours));
		EXPECT_EQ(EACCES, t1_log(dev.container, START));
		EXPECT_EQ(-1, ioctl(dev.container, VFIO_IOMMU_DIRTY_PAGES, NULL));
		EXPECT_EQ(EACCES, errno);
		dev_release(&dev);
	}
}

TEST_HARNESS_MAIN
