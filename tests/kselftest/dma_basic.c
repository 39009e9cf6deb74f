// SPDX-License-Identifier: GPL-2.0
/*
 * A device does DMA where its space maps memory, in the direction the mapping
 * allows, and nowhere else: not before ATTACH, not after UNMAP, DETACH or FREE.
 * The commands go through libioasid, as they would in a program.
 */
#include "kselftest_harness.h"

#include <libioasid.h>

#include "common.h"
#include "dma.h"
#include "expect.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL
#define TARGET		0x300000ULL

/* Every pattern of a test has a seed of its own. */
enum {
	SEED_A = 100,
	SEED_B,
	SEED_C,
	SEED_D,
	SEED_CANARY,
};

FIXTURE(dma) {
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	struct engine engine;
	__u32 space;
	char *source, *sink, *target;	/* a page each */
};

FIXTURE_SETUP(dma)
{
	LIB_OK(ioasid_ctx_open(&self->ctx));
	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_A), 1, &self->dev));
	ASSERT_EQ(0, edu_open(ioasid_dev_fd(self->dev), &self->engine.edu));
	LIB_OK(ioasid_space_alloc(self->ctx, &self->space));
	self->source = anon(3 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
	self->target = self->sink + PAGE;
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SOURCE,
				      self->source, PAGE, IOASID_PROT_READ));
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SINK, self->sink,
				      PAGE, RW));
}

FIXTURE_TEARDOWN(dma)
{
	edu_close(self->engine.edu);
	ioasid_ctx_close(self->ctx);
}

/* Attaches the device, and shows that it works there. */
#define ATTACH_AND_WORK(_seed)						\
	do {								\
		LIB_OK(ioasid_dev_attach(self->dev, self->space));	\
		ASSERT_TRUE(engine_works(&self->engine, self->source,	\
					 SOURCE, self->sink, SINK,	\
					 _seed));			\
	} while (0)

#define MAP_TARGET(_prot)						\
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, TARGET,	\
				      self->target, PAGE, _prot))

/* Attach to a space that has mappings already; data goes in and comes out. */
TEST_F(dma, both_directions)
{
	ATTACH_AND_WORK(SEED_A);
	EXPECT_TRUE(engine_works(&self->engine, self->source, SOURCE, self->sink,
				 SINK, SEED_B));
	EXPECT_TRUE(filled(self->source, DMA_LEN, SEED_B));
}

TEST_F(dma, map_after_attach)
{
	ATTACH_AND_WORK(SEED_A);
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	MAP_TARGET(RW);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_A));
}

TEST_F(dma, chosen_iovas)
{
	uint64_t iova;

	ATTACH_AND_WORK(SEED_A);
	LIB_OK(ioasid_space_map(self->ctx, self->space, self->target, PAGE, RW,
				&iova));
	EXPECT_TRUE(store_arrives(&self->engine, iova, self->target, SEED_A));
}

/* Across pages that need not be neighbours in physical memory. */
TEST_F(dma, across_a_page_boundary)
{
	LIB_OK(ioasid_dev_attach(self->dev, self->space));
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, TARGET,
				      self->source, 3 * PAGE, RW));
	fill(self->sink - EDU_DMA_MAX / 2, EDU_DMA_MAX, SEED_A);
	memset(self->target - EDU_DMA_MAX / 2, 0, EDU_DMA_MAX);
	ASSERT_EQ(0, edu_dma_to_device(self->engine.edu,
				       TARGET + PAGE - EDU_DMA_MAX / 2, 0,
				       EDU_DMA_MAX));
	ASSERT_EQ(0, edu_dma_from_device(self->engine.edu, 0,
					 TARGET + 2 * PAGE - EDU_DMA_MAX / 2,
					 EDU_DMA_MAX));
	EXPECT_TRUE(filled(self->target - EDU_DMA_MAX / 2, EDU_DMA_MAX, SEED_A));
}

TEST_F(dma, read_only_is_not_written)
{
	MAP_TARGET(IOASID_PROT_READ);
	ATTACH_AND_WORK(SEED_A);
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	/* It can be read: the canary goes through the device to the sink. */
	ASSERT_EQ(0, engine_load(&self->engine, TARGET));
	EXPECT_TRUE(store_arrives(&self->engine, SINK, self->sink, SEED_CANARY));
}

/* What is refused is not read either: the device does not learn the secret. */
TEST_F(dma, unmapped_is_not_read)
{
	ATTACH_AND_WORK(SEED_A);
	fill(self->target, PAGE, SEED_CANARY);
	engine_load(&self->engine, TARGET);
	memset(self->sink, 0, PAGE);
	ASSERT_EQ(0, engine_store(&self->engine, SINK));
	EXPECT_FALSE(filled(self->sink, 64, SEED_CANARY));
	MAP_TARGET(RW);
	ASSERT_EQ(0, engine_load(&self->engine, TARGET));
	EXPECT_TRUE(store_arrives(&self->engine, SINK, self->sink, SEED_CANARY));
}

TEST_F(dma, after_unmap)
{
	MAP_TARGET(RW);
	ATTACH_AND_WORK(SEED_A);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_A));
	LIB_OK(ioasid_space_unmap(self->ctx, self->space, TARGET, PAGE, NULL));
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	EXPECT_TRUE(engine_works(&self->engine, self->source, SOURCE, self->sink,
				 SINK, SEED_B));
	/* The same IOVA leads to other memory now, and not to the old. */
	fill(self->target, PAGE, SEED_CANARY);
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, TARGET, self->sink,
				      PAGE, RW));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->sink, SEED_B));
	EXPECT_TRUE(filled(self->target, PAGE, SEED_CANARY));
}

TEST_F(dma, after_unmap_all)
{
	ATTACH_AND_WORK(SEED_A);
	LIB_OK(ioasid_space_unmap_all(self->ctx, self->space, NULL));
	EXPECT_TRUE(store_is_refused(&self->engine, SINK, self->sink,
				     SEED_CANARY));
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SINK, self->sink,
				      PAGE, RW));
	EXPECT_TRUE(store_arrives(&self->engine, SINK, self->sink, SEED_A));
}

TEST_F(dma, before_attach_after_detach)
{
	MAP_TARGET(RW);
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	ATTACH_AND_WORK(SEED_A);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_A));
	LIB_OK(ioasid_dev_detach(self->dev));
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	ATTACH_AND_WORK(SEED_B);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_B));
}

/* Memory of a freed space is out of reach, also for a device in the next one. */
TEST_F(dma, after_free)
{
	uint32_t old = self->space;

	MAP_TARGET(RW);
	ATTACH_AND_WORK(SEED_A);
	LIB_OK(ioasid_dev_detach(self->dev));
	LIB_OK(ioasid_space_free(self->ctx, old));
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	LIB_OK(ioasid_space_alloc(self->ctx, &self->space));
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SOURCE,
				      self->source, PAGE, RW));
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SINK, self->sink,
				      PAGE, RW));
	ATTACH_AND_WORK(SEED_B);
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
}

/* The same IOVA shows other memory in another space. */
TEST_F(dma, moved_between_spaces)
{
	uint32_t other;

	MAP_TARGET(RW);
	LIB_OK(ioasid_space_alloc(self->ctx, &other));
	LIB_OK(ioasid_space_map_fixed(self->ctx, other, TARGET, self->sink, PAGE,
				      RW));
	ATTACH_AND_WORK(SEED_A);
	fill(self->sink, PAGE, SEED_CANARY);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_A));
	EXPECT_TRUE(filled(self->sink, PAGE, SEED_CANARY));

	LIB_OK(ioasid_dev_detach(self->dev));
	LIB_OK(ioasid_dev_attach(self->dev, other));
	fill(self->target, PAGE, SEED_B);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->sink, SEED_A));
	EXPECT_TRUE(filled(self->target, PAGE, SEED_B));
	EXPECT_TRUE(store_is_refused(&self->engine, SOURCE, self->source,
				     SEED_C));

	LIB_OK(ioasid_dev_detach(self->dev));
	ATTACH_AND_WORK(SEED_D);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_D));
}

/* Both devices reach what is mapped before and after they came; one can leave. */
TEST_F(dma, two_devices_in_one_space)
{
	struct engine second = { 0 };
	struct ioasid_get_info info = { .size = sizeof(info) };
	struct ioasid_dev *dev;

	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_B), 2, &dev));
	ASSERT_EQ(0, edu_open(ioasid_dev_fd(dev), &second.edu));
	ATTACH_AND_WORK(SEED_A);
	LIB_OK(ioasid_dev_attach(dev, self->space));
	EXPECT_TRUE(engine_works(&second, self->source, SOURCE, self->sink, SINK,
				 SEED_B));
	LIB_OK(ioasid_space_info(self->ctx, self->space, &info));
	EXPECT_EQ(2, info.num_devices);
	MAP_TARGET(RW);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, self->target, SEED_A));
	EXPECT_TRUE(store_arrives(&second, TARGET, self->target, SEED_B));

	LIB_OK(ioasid_dev_detach(self->dev));
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, self->target,
				     SEED_CANARY));
	EXPECT_TRUE(store_arrives(&second, TARGET, self->target, SEED_B));
	LIB_OK(ioasid_space_unmap(self->ctx, self->space, TARGET, PAGE, NULL));
	EXPECT_TRUE(store_is_refused(&second, TARGET, self->target,
				     SEED_CANARY));
	EXPECT_TRUE(engine_works(&second, self->source, SOURCE, self->sink, SINK,
				 SEED_C));
	edu_close(second.edu);
	ioasid_dev_close(dev);
}

/* The neighbours of a mapping, in the space and in memory. */
TEST_F(dma, not_beyond_the_mapping)
{
	char *page = anon(3 * PAGE);

	ASSERT_NE(NULL, page);
	page += PAGE;
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, TARGET, page, PAGE,
				      RW));
	ATTACH_AND_WORK(SEED_A);
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET - PAGE, page - PAGE,
				     SEED_CANARY));
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET + PAGE, page + PAGE,
				     SEED_CANARY));
	/* Half in, half out: whatever happens to the first half. */
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET + PAGE - DMA_LEN / 2,
				     page + PAGE, SEED_CANARY));
	EXPECT_TRUE(filled(page - PAGE, PAGE, SEED_CANARY));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, page, SEED_A));
}

TEST_HARNESS_MAIN
