// SPDX-License-Identifier: GPL-2.0
/*
 * Type1's ioctls of two threads, while a third takes the last group out of the container
 * and puts it back, or closes everything: VFIO does not keep them apart. The kernel's own
 * type1 is not asked: it does not survive this.
 *
 *	type1_race [-d SECONDS] [arguments of the kselftest harness]
 */
#include "kselftest_harness.h"

#include <sched.h>
#include <sys/ioctl.h>

#include "dma.h"
#include "expect.h"
#include "race.h"
#include "type1.h"

#define ROUNDS		1000
#define SOURCE		0x100000ULL
#define SINK		0x200000ULL
#define BASE		0x1000000ULL

struct scene {
	struct visit visit;
	int fd;			/* /dev/ioasid, for adopting */
	char *memory;
	struct tally map, unmap, info, adopt;
};

FIXTURE(race) {
	struct scene scene;
};

FIXTURE_SETUP(race)
{
	struct scene *scene = &self->scene;

	scene->memory = anon(4 * PAGE);
	ASSERT_NE(NULL, scene->memory);
	scene->fd = ctx_open();
	ASSERT_GE(scene->fd, 0);
	ASSERT_EQ(0, type1_set(true));
	scene->visit.type = VFIO_TYPE1v2_IOMMU;
	ASSERT_EQ(0, dev_claim_type(&scene->visit.dev, EDU_A, VFIO_TYPE1v2_IOMMU));
	ASSERT_TRUE(type1_is_ours(scene->visit.dev.container));
}

FIXTURE_TEARDOWN(race)
{
	dev_release(&self->scene.visit.dev);
	close(self->scene.fd);
	type1_set(false);
}

static void *mapper(void *arg)
{
	struct scene *scene = arg;
	unsigned int chance = 1;

	while (!race_over(&scene->visit.race)) {
		__u64 iova = BASE + (race_random(&chance) & 15) * 2 * PAGE;
		int container = visit_container(&scene->visit);

		tally_add(&scene->map, t1_map(container, scene->memory,
					      2 * PAGE, iova, T1_RW));
		if (race_random(&chance) & 1)
			tally_add(&scene->unmap,
				  t1_unmap(container, iova, 2 * PAGE, 0, NULL));
		else
			tally_add(&scene->unmap,
				  t1_unmap(container, 0, 1ULL << 40, 0, NULL));
	}
	return NULL;
}

/* Everything that only looks, or has the container's space adopted for a while. */
static void *meddler(void *arg)
{
	struct scene *scene = arg;

	while (!race_over(&scene->visit.race)) {
		int container = visit_container(&scene->visit);
		int fd = ctx_open();
		struct t1_info info;
		__u32 space;

		tally_add(&scene->info, t1_info(container, &info));
		ioctl(container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU);
		tally_add(&scene->adopt, t1_adopt(container, fd, &space));
		t1_unmap(container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL |
			 VFIO_DMA_UNMAP_FLAG_VADDR, NULL);
		t1_map(container, scene->memory, 2 * PAGE, BASE,
		       VFIO_DMA_MAP_FLAG_VADDR);
		close(fd);
	}
	return NULL;
}

/* Lets them get in now and then. */
static void let_them_in(void *arg)
{
	struct scene *scene = arg;

	for (int i = 0; i < 20 && scene->visit.rounds & 1; i++)
		sched_yield();
}

static int run(struct scene *scene, int (*round)(struct visit *visit))
{
	const struct visit_plan plan = {
		.round = round,
		.rounds = ROUNDS,
		.before = let_them_in,
		.roles = { mapper, mapper, meddler },
	};

	return visit_run(&scene->visit, &plan, scene);
}

/* Only errnos that there are, and nothing is left in the end. */
static void check(struct __test_metadata *_metadata, struct scene *scene)
{
	/* EINVAL is VFIO's own answer while the container has no backend. */
	static const int map[] = { EINVAL, ENODEV, EEXIST, EBADF, ENOTTY, 0 };
	static const int unmap[] = { EINVAL, ENODEV, EBADF, ENOTTY, 0 };
	static const int adopt[] = { EINVAL, ENODEV, EEXIST, ENOENT, EBADF,
				     ENOTTY, 0 };
	char *source = scene->memory, *sink = scene->memory + PAGE;
	struct engine engine;

	TH_LOG("%u rounds", scene->visit.rounds);
	EXPECT_EQ(0, tally_check("map", &scene->map, map));
	EXPECT_EQ(0, tally_check("unmap", &scene->unmap, unmap));
	EXPECT_EQ(0, tally_check("info", &scene->info, unmap));
	EXPECT_EQ(0, tally_check("adopt", &scene->adopt, adopt));
	EXPECT_GT(scene->map.count[0], 0);
	EXPECT_GT(scene->unmap.count[0], 0);
	EXPECT_GT(scene->adopt.count[0], 0);
	EXPECT_GE(scene->visit.rounds, 100);

	dev_release(&scene->visit.dev);
	EXPECT_EQ(0, locked_bytes(0));
	ASSERT_EQ(0, dev_claim_type(&scene->visit.dev, EDU_A, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(0, t1_map(scene->visit.dev.container, source, PAGE, SOURCE, T1_RW));
	ASSERT_EQ(0, t1_map(scene->visit.dev.container, sink, PAGE, SINK, T1_RW));
	ASSERT_EQ(0, engine_open(&engine, &scene->visit.dev));
	EXPECT_TRUE(engine_works(&engine, source, SOURCE, sink, SINK, 800));
	engine_close(&engine);
}

TEST_F_TIMEOUT(race, group_leaves_and_returns, 100)
{
	EXPECT_EQ(0, run(&self->scene, visit_leave_and_return));
	check(_metadata, &self->scene);
}

TEST_F_TIMEOUT(race, everything_closes_and_opens, 100)
{
	EXPECT_EQ(0, run(&self->scene, visit_close_and_reopen));
	check(_metadata, &self->scene);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
