// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameter "type1" is switched while containers run: each keeps what it
 * has, and a new one gets what the parameter says. Off is what it is when nobody asked.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <sys/ioctl.h>

#include "dma.h"
#include "expect.h"
#include "race.h"
#include "type1.h"

#define SOURCE	0x100000ULL
#define SINK	0x200000ULL
#define ROUNDS	300

FIXTURE(change) {
	char *source, *sink;
};

FIXTURE_SETUP(change)
{
	self->source = anon(2 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
}

FIXTURE_TEARDOWN(change)
{
	type1_set(false);
}

static int map_both(int container, char *source, char *sink)
{
	return t1_map(container, source, PAGE, SOURCE, T1_RW) ?:
	       t1_map(container, sink, PAGE, SINK, T1_RW);
}

TEST_F(change, off_by_default)
{
	int container;

	EXPECT_EQ(0, type1_is_set());
	ASSERT_EQ(0, container_open(&container));
	EXPECT_EQ(1, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU));
	ASSERT_EQ(0, type1_set(true));
	EXPECT_EQ(1, type1_is_set());
	EXPECT_EQ(1, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(1, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(1, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL));
	EXPECT_EQ(1, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_IOASID_IOMMU));
	EXPECT_EQ(0, ioctl(container, VFIO_CHECK_EXTENSION,
			   VFIO_SPAPR_TCE_IOMMU));
	close(container);
}

/* One of each kind, running while the parameter goes to and fro. */
TEST_F(change, containers_keep_what_they_have)
{
	struct engine ours = { 0 }, theirs = { 0 };
	struct dev a, b, native;

	ASSERT_EQ(0, type1_claim(&a, EDU_A, VFIO_TYPE1v2_IOMMU, true));
	ASSERT_EQ(0, type1_claim(&b, EDU_B, VFIO_TYPE1v2_IOMMU, false));
	ASSERT_EQ(0, map_both(a.container, self->source, self->sink));
	ASSERT_EQ(0, map_both(b.container, self->source, self->sink));
	ASSERT_EQ(0, engine_open(&ours, &a));
	ASSERT_EQ(0, engine_open(&theirs, &b));
	for (int on = 1; on >= 0; on--) {
		ASSERT_EQ(0, type1_set(on));
		EXPECT_TRUE(type1_is_ours(a.container));
		EXPECT_FALSE(type1_is_ours(b.container));
		EXPECT_TRUE(engine_works(&ours, self->source, SOURCE,
					 self->sink, SINK, 10 + on));
		EXPECT_TRUE(engine_works(&theirs, self->source, SOURCE,
					 self->sink, SINK, 20 + on));
		EXPECT_EQ(0, t1_map(a.container, self->source, PAGE, 0, T1_R));
		EXPECT_EQ(0, t1_unmap(a.container, 0, PAGE, 0, NULL));
		EXPECT_EQ(0, t1_map(b.container, self->source, PAGE, 0, T1_R));
		EXPECT_EQ(0, t1_unmap(b.container, 0, PAGE, 0, NULL));
		/* What is neither is not concerned. */
		ASSERT_EQ(0, dev_claim(&native, EDU_C0));
		EXPECT_EQ(1, ioctl(native.container, VFIO_CHECK_EXTENSION,
				   VFIO_IOASID_IOMMU));
		EXPECT_EQ(0, ioctl(native.container, VFIO_CHECK_EXTENSION,
				   VFIO_TYPE1_IOMMU));
		dev_release(&native);
	}
	engine_close(&ours);
	engine_close(&theirs);
	dev_release(&a);
	dev_release(&b);
}

/* A group joins a container that was ours before the parameter was cleared. */
TEST_F(change, a_group_joins_later)
{
	struct engine engine = { 0 };
	struct dev a, b;

	ASSERT_EQ(0, type1_claim(&a, EDU_A, VFIO_TYPE1v2_IOMMU, true));
	ASSERT_EQ(0, map_both(a.container, self->source, self->sink));
	ASSERT_EQ(0, dev_join(&b, EDU_B, &a));
	ASSERT_EQ(0, engine_open(&engine, &b));
	EXPECT_TRUE(engine_works(&engine, self->source, SOURCE, self->sink,
				 SINK, 30));
	engine_close(&engine);
	dev_release(&b);
	dev_release(&a);
}

static void *flip(void *arg)
{
	struct race *race = arg;
	bool on = false;

	while (!race_over(race)) {
		type1_set(on);
		on = !on;
	}
	return NULL;
}

/* A program cannot tell which of the two it gets, and works with either. */
TEST_F_TIMEOUT(change, while_containers_open, 100)
{
	unsigned int ours = 0, rounds;
	struct race race;
	pthread_t thread;
	struct dev dev;

	race_start(&race);
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, &race));
	for (rounds = 0; rounds < ROUNDS && !race_over(&race); rounds++) {
		ASSERT_EQ(0, dev_claim_type(&dev, EDU_A, VFIO_TYPE1v2_IOMMU));
		ASSERT_EQ(0, map_both(dev.container, self->source, self->sink));
		ours += type1_is_ours(dev.container);
		ASSERT_EQ(0, t1_unmap(dev.container, 0, 1ULL << 40, 0, NULL));
		dev_release(&dev);
	}
	race_stop(&race);
	pthread_join(thread, NULL);
	TH_LOG("%u containers, %u ours", rounds, ours);
	EXPECT_GT(ours, 0);
	EXPECT_LT(ours, rounds);
	EXPECT_EQ(0, locked_bytes(0));
}

TEST_HARNESS_MAIN
