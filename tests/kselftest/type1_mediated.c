// SPDX-License-Identifier: GPL-2.0
/*
 * Mediated devices in a container of type1, alone and beside hardware: what their driver
 * can do with memory, and what it is answered. The kernel's own and this module's.
 */
#include "kselftest_harness.h"

#include <sys/ioctl.h>

#include "dma.h"
#include "soft.h"
#include "stage.h"
#include "type1.h"

#define IOVA	0x40000000ULL
#define PAGES	16
#define LENGTH	(PAGES * PAGE)
#define ALL	((1ULL << PAGES) - 1)

SOFT_PROGRAM;

FIXTURE(mediated) {
	struct dev dev, hardware;	/* the second with a name if it is there */
	int fd;
	bool older;
	char *memory;
	__u64 locked, pinned;
};

FIXTURE_VARIANT(mediated) {
	bool ours;
	bool mixed;
};

FIXTURE_VARIANT_ADD(mediated, ours) { true, false };
FIXTURE_VARIANT_ADD(mediated, kernels) { false, false };
FIXTURE_VARIANT_ADD(mediated, ours_mixed) { true, true };
FIXTURE_VARIANT_ADD(mediated, kernels_mixed) { false, true };

/*
 * The kernel's own type1 calls a driver back with a lock held that can come to wait for the
 * driver's pinning. Drivers that hold a lock of theirs in both, as this one does, could
 * deadlock. lockdep says so, and then looks no further.
 */
static bool kernel_would_complain(void)
{
	return !access("/proc/lockdep_stats", F_OK);
}

FIXTURE_SETUP(mediated)
{
	if (!variant->ours && kernel_would_complain())
		SKIP(return, "lockdep finds fault with the kernel's own type1");
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->older = !variant->ours && kernel_before(7, 0);
	self->memory = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->memory);
	soft_init(&self->dev, 0);
	ASSERT_EQ(0, type1_claim_inited(&self->dev, VFIO_TYPE1v2_IOMMU,
					variant->ours));
	self->fd = self->dev.container;
	EXPECT_EQ(variant->ours, type1_is_ours(self->fd));
	ASSERT_EQ(0, device_open(self->dev.group, self->dev.name,
				 &self->dev.device));
	dev_init(&self->hardware, EDU_A);
	if (variant->mixed)
		ASSERT_EQ(0, dev_join(&self->hardware, EDU_A, &self->dev));
}

FIXTURE_TEARDOWN(mediated)
{
	dev_release(&self->hardware);
	dev_release(&self->dev);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

#define MAP(_first, _pages, _flags)					\
	ASSERT_EQ(0, t1_map(self->fd, self->memory + (_first) * PAGE,	\
			    (_pages) * PAGE, IOVA + (_first) * PAGE, _flags))
#define HOLD(_page, _count, _write)					\
	soft_hold(&self->dev, IOVA + (_page) * PAGE, _count, _write)
#define UNHOLD(_page, _count)						\
	soft_unhold(&self->dev, IOVA + (_page) * PAGE, _count)
#define RW_FILL(_iova, _length, _byte)					\
	soft_fill(&self->dev, MEDIATED_RW, _iova, _length, _byte)
#define RW_SUM(_iova, _length, _sum)					\
	soft_sum(&self->dev, MEDIATED_RW, _iova, _length, _sum)
#define UNMAP(_unmapped)						\
	t1_unmap(self->fd, IOVA, LENGTH, 0, _unmapped)
#define UNMAP_ALL()	t1_unmap(self->fd, 0, 1ULL << 40, 0, NULL)

TEST_F(mediated, reaches_memory)
{
	__u64 sum = 0;

	MAP(0, PAGES, T1_RW);
	memset(self->memory, 1, LENGTH);
	EXPECT_EQ(0, RW_SUM(IOVA, LENGTH, &sum));
	EXPECT_EQ(LENGTH, sum);
	EXPECT_EQ(0, RW_FILL(IOVA + PAGE - 1, PAGE + 2, 2));
	EXPECT_EQ(1, self->memory[PAGE - 2]);
	EXPECT_EQ(2, self->memory[PAGE - 1]);
	EXPECT_EQ(2, self->memory[2 * PAGE]);
	EXPECT_EQ(1, self->memory[2 * PAGE + 1]);
	EXPECT_EQ(0, soft_fill(&self->dev, MEDIATED_PINNED, IOVA, LENGTH, 3));
	EXPECT_EQ(3, self->memory[LENGTH - 1]);
	ASSERT_EQ(0, HOLD(2, 3, true));
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 4 * PAGE, 0x66));
	EXPECT_EQ(0x66, self->memory[4 * PAGE]);
	EXPECT_EQ(0, UNHOLD(2, 3));
}

TEST_F(mediated, pinning_is_refused)
{
	__u64 last = -2 * PAGE;

	EXPECT_EQ(EINVAL, HOLD(0, 1, false));
	MAP(0, 2, T1_RW);
	MAP(2, 2, T1_R);
	MAP(4, 2, T1_W);
	MAP(6, 1, T1_RW);
	EXPECT_EQ(EINVAL, HOLD(6, 2, true));
	EXPECT_EQ(EINVAL, HOLD(-1, 2, false));
	EXPECT_EQ(EPERM, HOLD(2, 1, true));
	EXPECT_EQ(EPERM, HOLD(1, 2, true));
	EXPECT_EQ(EPERM, HOLD(4, 1, false));
	EXPECT_EQ(0, HOLD(0, 4, false));
	EXPECT_EQ(0, UNHOLD(0, 4));
	/* Before 6.0 each page was asked for alone, so none is past the end. */
	EXPECT_EQ(self->older || kernel_before(6, 1) ? EINVAL : EOVERFLOW,
		  soft_hold(&self->dev, last, 3, false));
	EXPECT_EQ(0, soft_state(&self->dev).held);
}

TEST_F(mediated, accesses_are_refused)
{
	__u64 sum;

	EXPECT_EQ(EINVAL, RW_SUM(IOVA, 1, &sum));
	MAP(0, 1, T1_RW);
	MAP(1, 1, T1_R);
	EXPECT_EQ(EINVAL, RW_SUM(IOVA - 1, 1, &sum));
	EXPECT_EQ(EINVAL, RW_SUM(IOVA + 2 * PAGE, 1, &sum));
	EXPECT_EQ(0, RW_SUM(IOVA, 2 * PAGE, &sum));
	EXPECT_EQ(EPERM, RW_FILL(IOVA + PAGE, 1, 1));
	/* What may not be read is not written either. */
	MAP(2, 1, T1_W);
	EXPECT_EQ(EPERM, RW_SUM(IOVA + 2 * PAGE, 1, &sum));
	EXPECT_EQ(EPERM, RW_FILL(IOVA + 2 * PAGE, 1, 1));
	EXPECT_EQ(0, self->memory[2 * PAGE]);
}

TEST_F(mediated, info)
{
	struct t1_info info;

	ASSERT_EQ(0, t1_info(self->fd, &info));
	EXPECT_EQ(VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		  info.info.flags);
	EXPECT_EQ(PAGE, info.dirty_pgsizes);
	EXPECT_EQ(variant->mixed, !!info.num_ranges);
	if (!variant->mixed)
		EXPECT_EQ(~(PAGE - 1), info.info.iova_pgsizes);
}

/* A driver may need an address at any time. */
TEST_F(mediated, addresses_are_not_taken_back)
{
	if (!variant->ours && kernel_before(5, 12))
		SKIP(return, "this kernel's own type1 has no VFIO_UPDATE_VADDR");
	MAP(0, 1, T1_RW);
	EXPECT_EQ(0, ioctl(self->fd, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR));
	EXPECT_EQ(EBUSY, t1_unmap(self->fd, IOVA, PAGE,
				  VFIO_DMA_UNMAP_FLAG_VADDR, NULL));
	EXPECT_EQ(EBUSY, t1_unmap(self->fd, 1, 1,
				  VFIO_DMA_UNMAP_FLAG_VADDR, NULL));
}

TEST_F(mediated, gives_back_before_unmap)
{
	struct mediated_state state;
	__u64 unmapped = 0;

	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, HOLD(2, 3, true));
	ASSERT_EQ(0, HOLD(3, 1, true));
	EXPECT_EQ(0, UNMAP(&unmapped));
	EXPECT_EQ(LENGTH, unmapped);
	state = soft_state(&self->dev);
	EXPECT_EQ(0, state.held);
	EXPECT_EQ(1, state.told);
	/* Of the pages it holds at least, and of nothing beyond the mapping. */
	EXPECT_GE(state.iova, IOVA);
	EXPECT_LE(state.iova, IOVA + 2 * PAGE);
	EXPECT_GE(state.iova + state.length, IOVA + 5 * PAGE);
	EXPECT_LE(state.iova + state.length, IOVA + LENGTH);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
	EXPECT_EQ(EINVAL, HOLD(2, 1, false));
	MAP(0, PAGES, T1_RW);
	EXPECT_EQ(0, HOLD(2, 1, false));
}

TEST_F(mediated, is_told_of_nothing_else)
{
	MAP(0, 4, T1_RW);
	MAP(4, 4, T1_RW);
	ASSERT_EQ(0, HOLD(4, 4, true));
	ASSERT_EQ(0, t1_unmap(self->fd, IOVA, 4 * PAGE, 0, NULL));
	EXPECT_EQ(0, soft_state(&self->dev).told);
	EXPECT_EQ(4, soft_state(&self->dev).held);
	EXPECT_EQ(0, UNMAP_ALL());
	EXPECT_EQ(0, soft_state(&self->dev).held);
}

/* The kernel's own would stop the machine. */
TEST_F(mediated, keeps_a_page)
{
	__u64 unmapped = 0;

	if (!variant->ours)
		return;
	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, HOLD(3, 1, true));
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	EXPECT_EQ(0, UNMAP(&unmapped));
	EXPECT_EQ(LENGTH, unmapped);
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + 3 * PAGE, 0x55));
	EXPECT_EQ(0x55, self->memory[3 * PAGE]);
	MAP(0, PAGES, T1_RW);
	EXPECT_EQ(EBUSY, HOLD(3, 1, true));
	EXPECT_EQ(0, HOLD(4, 1, true));
	EXPECT_EQ(0, UNHOLD(3, 1));
	EXPECT_EQ(0, HOLD(3, 1, true));
}

TEST_F(mediated, closing_gives_back)
{
	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, HOLD(3, 2, true));
	close(self->dev.device);
	self->dev.device = -1;
	EXPECT_EQ(0, UNMAP(NULL));
	EXPECT_EQ(self->pinned, pinned_pages());
	EXPECT_EQ(self->locked, locked_bytes(0));
}

/* Hardware comes and goes; what is mapped stays for the mediated device. */
TEST_F(mediated, hardware_comes_and_goes)
{
	char *sink = self->memory + PAGE;
	struct engine engine = { 0 };
	__u64 sum;

	if (variant->mixed)
		dev_release(&self->hardware);
	MAP(0, 1, T1_RW);
	MAP(1, 1, T1_RW);
	ASSERT_EQ(0, HOLD(0, 1, true));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, dev_join(&self->hardware, EDU_A, &self->dev));
		ASSERT_EQ(0, engine_open(&engine, &self->hardware));
		EXPECT_TRUE(engine_works(&engine, self->memory, IOVA, sink,
					 IOVA + PAGE, 20 + i));
		EXPECT_EQ(0, soft_poke(&self->dev, IOVA, 40 + i));
		EXPECT_EQ(40 + i, self->memory[0]);
		engine_close(&engine);
		dev_release(&self->hardware);
		EXPECT_EQ(0, RW_SUM(IOVA, 2 * PAGE, &sum));
		EXPECT_EQ(40 + i, soft_peek(&self->dev, IOVA));
	}
	EXPECT_EQ(0, UNMAP_ALL());
}

/* And the mediated device does: hardware is not concerned. */
TEST_F(mediated, leaves_hardware)
{
	char *sink = self->memory + PAGE;
	struct engine engine = { 0 };

	if (!variant->mixed)
		return;
	MAP(0, 2, T1_RW);
	ASSERT_EQ(0, HOLD(0, 1, true));
	close(self->dev.device);
	self->dev.device = -1;
	ASSERT_EQ(0, group_unset(self->dev.group));
	ASSERT_EQ(0, engine_open(&engine, &self->hardware));
	EXPECT_TRUE(engine_works(&engine, self->memory, IOVA, sink,
				 IOVA + PAGE, 30));
	engine_close(&engine);
	EXPECT_EQ(0, UNMAP_ALL());
}

/* Two of them in one container; each is told of what it holds. */
TEST_F(mediated, two_of_them)
{
	struct dev second;

	soft_init(&second, 1);
	ASSERT_EQ(0, dev_join_inited(&second, &self->dev));
	ASSERT_EQ(0, device_open(second.group, second.name, &second.device));
	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, HOLD(2, 1, true));
	ASSERT_EQ(0, soft_hold(&second, IOVA + 2 * PAGE, 2, true));
	EXPECT_EQ(0, soft_poke(&second, IOVA + 2 * PAGE, 9));
	EXPECT_EQ(9, soft_peek(&self->dev, IOVA + 2 * PAGE));
	EXPECT_EQ(0, UNMAP(NULL));
	EXPECT_EQ(0, soft_state(&self->dev).held);
	EXPECT_EQ(0, soft_state(&second).held);
	dev_release(&second);
	MAP(0, PAGES, T1_RW);
	EXPECT_EQ(0, HOLD(2, 1, true));
}

/* The bits of all pages, or what no bitmap of them can be. */
static __u64 dirty(int container)
{
	__u64 bits = 0;

	if (t1_dirty(container, IOVA, LENGTH, &bits, sizeof(bits), PAGE))
		return ~0ULL;
	/* The kernel's own is not exact behind the last page. */
	return bits & ALL;
}

#define LOG(_what)	t1_log(self->fd, VFIO_IOMMU_DIRTY_PAGES_FLAG_##_what)

/* What its driver has pinned or written; with hardware beside it, all. */
TEST_F(mediated, dirty_pages)
{
	const __u64 more = variant->mixed ? ALL : 0;

	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, HOLD(2, 2, true));
	ASSERT_EQ(0, RW_FILL(IOVA, PAGE, 1));
	ASSERT_EQ(0, LOG(START));
	EXPECT_EQ(0xc | more, dirty(self->fd));
	ASSERT_EQ(0, RW_FILL(IOVA + 5 * PAGE - 1, 2, 7));
	ASSERT_EQ(0, HOLD(8, 1, true));
	EXPECT_EQ(0x13c | more, dirty(self->fd));
	/* What is held stays dirty, and is so once more when it is given back. */
	EXPECT_EQ(0x10c | more, dirty(self->fd));
	ASSERT_EQ(0, UNHOLD(2, 2));
	EXPECT_EQ(0x10c | more, dirty(self->fd));
	EXPECT_EQ(0x100 | more, dirty(self->fd));
	ASSERT_EQ(0, UNHOLD(8, 1));
	EXPECT_EQ(0x100 | more, dirty(self->fd));
	EXPECT_EQ(more, dirty(self->fd));
	ASSERT_EQ(0, LOG(STOP));
}

/* What it may have written counts once more; from then on it does not write. */
TEST_F(mediated, dirty_pages_when_hardware_goes)
{
	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, LOG(START));
	EXPECT_EQ(variant->mixed ? ALL : 0, dirty(self->fd));
	if (!variant->mixed)
		ASSERT_EQ(0, dev_join(&self->hardware, EDU_A, &self->dev));
	EXPECT_EQ(ALL, dirty(self->fd));
	dev_release(&self->hardware);
	EXPECT_EQ(ALL, dirty(self->fd));
	EXPECT_EQ(0, dirty(self->fd));
	ASSERT_EQ(0, RW_FILL(IOVA + PAGE, 1, 1));
	EXPECT_EQ(2, dirty(self->fd));
}

TEST_F(mediated, dirty_pages_of_what_is_unmapped)
{
	const __u64 more = variant->mixed ? ALL : 0;
	__u64 bits = 0, unmapped = 0;

	MAP(0, PAGES, T1_RW);
	ASSERT_EQ(0, LOG(START));
	ASSERT_EQ(0, HOLD(2, 2, true));
	ASSERT_EQ(0, RW_FILL(IOVA + 7 * PAGE, 1, 1));
	EXPECT_EQ(0, t1_unmap_dirty(self->fd, IOVA, LENGTH, &bits, sizeof(bits),
				    PAGE, &unmapped));
	EXPECT_EQ(LENGTH, unmapped);
	EXPECT_EQ(0x8c | more, bits & ALL);
	/* What is mapped there next is something else. */
	MAP(0, PAGES, T1_RW);
	EXPECT_EQ(more, dirty(self->fd));
	ASSERT_EQ(0, RW_FILL(IOVA, 1, 1));
	ASSERT_EQ(0, UNMAP(NULL));
	EXPECT_EQ(0, dirty(self->fd));
	MAP(0, PAGES, T1_RW);
	EXPECT_EQ(more, dirty(self->fd));
}

TEST_F(mediated, first_version)
{
	struct dev dev;

	soft_init(&dev, 1);
	ASSERT_EQ(0, type1_claim_inited(&dev, VFIO_TYPE1_IOMMU, variant->ours));
	ASSERT_EQ(0, device_open(dev.group, dev.name, &dev.device));
	ASSERT_EQ(0, t1_map(dev.container, self->memory, PAGE, IOVA, T1_RW));
	EXPECT_EQ(EACCES, soft_hold(&dev, IOVA, 1, true));
	EXPECT_EQ(0, soft_fill(&dev, MEDIATED_RW, IOVA, PAGE, 7));
	EXPECT_EQ(7, self->memory[PAGE - 1]);
	dev_release(&dev);
}

TEST_HARNESS_MAIN
