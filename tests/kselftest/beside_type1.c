// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO's own type1 backend works beside ours, and neither notices the other: the
 * answers of CHECK_EXTENSION, a device each, the same memory in both.
 */
#include "kselftest_harness.h"

#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "dma.h"
#include "expect.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

enum {
	SEED_A = 700,
	SEED_B,
	SEED_C,
	SEED_CANARY,
};

static int extension(int container, unsigned long number)
{
	return ioctl(container, VFIO_CHECK_EXTENSION, number);
}

TEST(an_empty_container_offers_both)
{
	int container;

	ASSERT_EQ(0, container_open(&container));
	EXPECT_EQ(1, extension(container, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(1, extension(container, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(1, extension(container, VFIO_IOASID_IOMMU));
	EXPECT_EQ(0, extension(container, VFIO_SPAPR_TCE_IOMMU));
	EXPECT_EQ(0, extension(container, VFIO_SPAPR_TCE_v2_IOMMU));
	EXPECT_EQ(0, extension(container, VFIO_NOIOMMU_IOMMU));
	close(container);
}

/* A backend without a group is refused, as ever; the container stays usable. */
TEST(no_backend_without_a_group)
{
	int container;

	ASSERT_EQ(0, container_open(&container));
	EXPECT_NE(0, container_use(container, VFIO_IOASID_IOMMU));
	EXPECT_NE(0, container_use(container, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(VFIO_API_VERSION, ioctl(container, VFIO_GET_API_VERSION));
	close(container);
}

FIXTURE(beside) {
	int fd;
	__u32 space;
	struct dev ours, theirs;
	struct engine engine, their_engine;
	char *source, *sink;
};

static int type1_map(int container, void *va, __u64 iova)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = PAGE,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) ? errno : 0;
}

static int type1_unmap(int container, __u64 iova)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = PAGE,
	};

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? errno : 0;
}

FIXTURE_SETUP(beside)
{
	self->source = anon(2 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;

	ASSERT_EQ(0, dev_claim_type(&self->theirs, EDU_B, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(0, type1_map(self->theirs.container, self->source, SOURCE));
	ASSERT_EQ(0, type1_map(self->theirs.container, self->sink, SINK));
	ASSERT_EQ(0, engine_open(&self->their_engine, &self->theirs));

	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_OK(do_map(self->fd, self->space, self->source, PAGE, SOURCE, RW));
	ASSERT_OK(do_map(self->fd, self->space, self->sink, PAGE, SINK, RW));
	ASSERT_EQ(0, dev_claim(&self->ours, EDU_A));
	ASSERT_OK(dev_bind(&self->ours, self->fd));
	ASSERT_OK(do_attach(self->fd, self->ours.id, self->space));
	ASSERT_EQ(0, engine_open(&self->engine, &self->ours));
}

FIXTURE_TEARDOWN(beside)
{
	engine_close(&self->engine);
	engine_close(&self->their_engine);
	dev_release(&self->ours);
	dev_release(&self->theirs);
	close(self->fd);
}

#define WORKS(_engine, _seed)						\
	engine_works(_engine, self->source, SOURCE, self->sink, SINK, _seed)

/* Once a container has its backend it answers for that one alone. */
TEST_F(beside, extensions_of_each_backend)
{
	EXPECT_EQ(1, extension(self->theirs.container, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(1, extension(self->theirs.container, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(0, extension(self->theirs.container, VFIO_IOASID_IOMMU));
	EXPECT_EQ(1, extension(self->ours.container, VFIO_IOASID_IOMMU));
	for (unsigned long number = 1; number < 32; number++)
		EXPECT_EQ(0, extension(self->ours.container, number));
}

TEST_F(beside, type1_has_its_own_commands_only)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	struct vfio_ioasid_bind bind = { .size = sizeof(bind) };

	EXPECT_EQ(0, ioctl(self->theirs.container, VFIO_IOMMU_GET_INFO, &info));
	EXPECT_NE(0, info.flags & VFIO_IOMMU_INFO_PGSIZES);
	EXPECT_EQ(PAGE, info.iova_pgsizes & PAGE);
	EXPECT_EQ(-1, ioctl(self->theirs.container, VFIO_IOASID_BIND, &bind));
	EXPECT_EQ(ENOTTY, errno);
}

/* What type1 holds cannot be bound, whichever container is asked. */
TEST_F(beside, their_device_is_theirs)
{
	__u32 id;

	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_bind(self->ours.container, self->fd,
			       self->theirs.name, 0, &id));
	EXPECT_TRUE(WORKS(&self->their_engine, SEED_A));
}

/* Both do DMA to the same memory, and what one unmaps the other keeps. */
TEST_F(beside, both_do_dma)
{
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	EXPECT_TRUE(WORKS(&self->their_engine, SEED_B));
	ASSERT_EQ(0, type1_unmap(self->theirs.container, SINK));
	EXPECT_TRUE(store_is_refused(&self->their_engine, SINK, self->sink,
				     SEED_CANARY));
	EXPECT_TRUE(WORKS(&self->engine, SEED_C));
	ASSERT_EQ(0, type1_map(self->theirs.container, self->sink, SINK));
	ASSERT_OK(do_unmap(self->fd, self->space, SINK, PAGE));
	EXPECT_TRUE(store_is_refused(&self->engine, SINK, self->sink,
				     SEED_CANARY));
	EXPECT_TRUE(WORKS(&self->their_engine, SEED_A));
}

/* A device goes from one backend to the other and back. */
TEST_F(beside, device_changes_hands)
{
	engine_close(&self->engine);
	dev_release(&self->ours);
	ASSERT_EQ(0, dev_claim_type(&self->ours, EDU_A, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(0, type1_map(self->ours.container, self->source, SOURCE));
	ASSERT_EQ(0, type1_map(self->ours.container, self->sink, SINK));
	ASSERT_EQ(0, engine_open(&self->engine, &self->ours));
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	engine_close(&self->engine);
	dev_release(&self->ours);

	ASSERT_EQ(0, dev_claim(&self->ours, EDU_A));
	ASSERT_OK(dev_bind(&self->ours, self->fd));
	ASSERT_EQ(0, engine_open(&self->engine, &self->ours));
	EXPECT_TRUE(store_is_refused(&self->engine, SINK, self->sink,
				     SEED_CANARY));
	ASSERT_OK(do_attach(self->fd, self->ours.id, self->space));
	EXPECT_TRUE(WORKS(&self->engine, SEED_B));
}

TEST_HARNESS_MAIN
