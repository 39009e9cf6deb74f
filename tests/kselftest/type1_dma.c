// SPDX-License-Identifier: GPL-2.0
/*
 * Real DMA through type1 containers, the kernel's own and this module's: what is mapped
 * is reached, in the direction it was mapped for, and nothing else.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>

#include "dma.h"
#include "type1.h"

#define SOURCE	0x100000ULL
#define SINK	0x200000ULL
#define TARGET	0x300000ULL

enum {
	SEED_A = 100,
	SEED_B,
	SEED_CANARY,
};

FIXTURE(dma) {
	struct dev dev;
	struct engine engine;
	int fd;
	char *source, *sink, *target;
};

FIXTURE_VARIANT(dma) {
	unsigned long type;
	bool ours;
};

FIXTURE_VARIANT_ADD(dma, ours_v1) { VFIO_TYPE1_IOMMU, true };
FIXTURE_VARIANT_ADD(dma, ours_v2) { VFIO_TYPE1v2_IOMMU, true };
FIXTURE_VARIANT_ADD(dma, kernels_v2) { VFIO_TYPE1v2_IOMMU, false };

#define MAP(_va, _iova, _flags) \
	ASSERT_EQ(0, t1_map(self->fd, _va, PAGE, _iova, _flags))
#define WORKS(_seed)							\
	engine_works(&self->engine, self->source, SOURCE, self->sink, SINK, _seed)
#define REFUSED(_iova, _va)						\
	store_is_refused(&self->engine, _iova, _va, SEED_CANARY)

FIXTURE_SETUP(dma)
{
	/* With pages in it: a kernel before 6.2 maps the zero page for reading. */
	self->source = anon_populated(3 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
	self->target = self->sink + PAGE;
	ASSERT_EQ(0, type1_claim(&self->dev, EDU_A, variant->type,
				 variant->ours));
	self->fd = self->dev.container;
	/* As programs do: the first map comes before the device. */
	MAP(self->source, SOURCE, T1_R);
	MAP(self->sink, SINK, T1_RW);
	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
}

FIXTURE_TEARDOWN(dma)
{
	engine_close(&self->engine);
	dev_release(&self->dev);
}

TEST_F(dma, both_directions)
{
	EXPECT_TRUE(WORKS(SEED_A));
	EXPECT_TRUE(REFUSED(TARGET, self->target));
	MAP(self->target, TARGET, T1_RW);
	EXPECT_TRUE(WORKS(SEED_B));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_B));
}

TEST_F(dma, read_only)
{
	MAP(self->target, TARGET, T1_R);
	EXPECT_TRUE(WORKS(SEED_A));
	EXPECT_TRUE(REFUSED(TARGET, self->target));
}

TEST_F(dma, unmapped)
{
	__u64 unmapped = 0;

	MAP(self->target, TARGET, T1_RW);
	EXPECT_TRUE(WORKS(SEED_A));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_A));
	ASSERT_EQ(0, t1_unmap(self->fd, TARGET, PAGE, 0, &unmapped));
	EXPECT_EQ(PAGE, unmapped);
	EXPECT_TRUE(REFUSED(TARGET, self->target));
	EXPECT_TRUE(WORKS(SEED_B));
	/* One call for all of them. */
	MAP(self->target, TARGET, T1_RW);
	ASSERT_EQ(0, t1_unmap(self->fd, 0, 1ULL << 40, 0, &unmapped));
	EXPECT_EQ(3 * PAGE, unmapped);
	EXPECT_TRUE(REFUSED(TARGET, self->target));
	EXPECT_TRUE(REFUSED(SINK, self->sink));
}

/* Memory stays where it is when the process has given its address free. */
TEST_F(dma, va_gone)
{
	EXPECT_TRUE(WORKS(SEED_A));
	MAP(self->target, TARGET, T1_RW);
	ASSERT_EQ(0, munmap(self->target, PAGE));
	ASSERT_EQ(0, engine_store(&self->engine, TARGET));
	ASSERT_EQ(0, engine_load(&self->engine, TARGET));
	EXPECT_TRUE(store_arrives(&self->engine, SINK, self->sink, SEED_A));
}

/* A second group comes after the maps, and reaches them; both see what comes then. */
TEST_F(dma, second_group)
{
	struct engine engine;
	struct dev second;

	ASSERT_EQ(0, dev_join(&second, EDU_B, &self->dev));
	ASSERT_EQ(0, engine_open(&engine, &second));
	EXPECT_TRUE(engine_works(&engine, self->source, SOURCE, self->sink,
				 SINK, SEED_A));
	MAP(self->target, TARGET, T1_RW);
	EXPECT_TRUE(store_arrives(&engine, TARGET, self->target, SEED_A));
	EXPECT_TRUE(WORKS(SEED_B));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_B));
	engine_close(&engine);
	dev_release(&second);
	EXPECT_TRUE(WORKS(SEED_A));
}

/* Two groups of two devices that share one. */
TEST_F(dma, devices_of_one_group)
{
	struct engine engine;
	struct dev c0, c1;

	ASSERT_EQ(0, dev_join(&c0, EDU_C0, &self->dev));
	ASSERT_EQ(0, dev_join(&c1, EDU_C1, &c0));
	ASSERT_EQ(0, engine_open(&engine, &c1));
	EXPECT_TRUE(engine_works(&engine, self->source, SOURCE, self->sink,
				 SINK, SEED_A));
	engine_close(&engine);
	dev_release(&c1);
	dev_release(&c0);
}

/* The group leaves: its DMA reaches nothing, and the container starts anew. */
TEST_F(dma, group_leaves)
{
	EXPECT_TRUE(WORKS(SEED_A));
	engine_close(&self->engine);
	ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_EQ(0, locked_bytes(0));
	ASSERT_EQ(0, group_set(self->dev.group, self->fd));
	ASSERT_EQ(0, type1_set(variant->ours));
	ASSERT_EQ(0, container_use(self->fd, variant->type));
	ASSERT_EQ(0, type1_set(false));
	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	EXPECT_TRUE(REFUSED(SINK, self->sink));
	MAP(self->source, SOURCE, T1_R);
	MAP(self->sink, SINK, T1_RW);
	EXPECT_TRUE(WORKS(SEED_B));
}

TEST_HARNESS_MAIN
