// SPDX-License-Identifier: GPL-2.0
/*
 * Type1's ioctls of two threads, while a third takes the last group out of the container
 * and puts it back, or closes everything: VFIO does not keep them apart. The kernel's own
 * type1 is not asked: it does not survive this.
 *
 *	type1_race [-d SECONDS] [arguments of the kselftest harness]
 */
#include "kselftest_harness.h"

#include <pthread.h>
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
	struct race race;
	struct dev dev;
	int fd;			/* /dev/ioasid, for adopting */
	char *memory;
	unsigned int rounds;
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
	ASSERT_EQ(0, dev_claim_type(&scene->dev, EDU_A, VFIO_TYPE1v2_IOMMU));
	ASSERT_TRUE(type1_is_ours(scene->dev.container));
}

FIXTURE_TEARDOWN(race)
{
	dev_release(&self->scene.dev);
	close(self->scene.fd);
	type1_set(false);
}

static int load_fd(const int *fd)
{
	return __atomic_load_n(fd, __ATOMIC_ACQUIRE);
}

static void *mapper(void *arg)
{
	struct scene *scene = arg;
	unsigned int chance = 1;

	while (!race_over(&scene->race)) {
		__u64 iova = BASE + (race_random(&chance) & 15) * 2 * PAGE;
		int container = load_fd(&scene->dev.container);

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

	while (!race_over(&scene->race)) {
		int container = load_fd(&scene->dev.container);
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

static int leave_and_return(struct scene *scene)
{
	int err = group_unset(scene->dev.group);

	if (!err)
		err = group_set(scene->dev.group, scene->dev.container);
	if (!err)
		err = container_use(scene->dev.container, VFIO_TYPE1v2_IOMMU);
	return err;
}

/* A thread that has just been in the old group's fd keeps it open for a moment. */
static int open_again(struct dev *dev)
{
	int err = EBUSY;

	for (int i = 0; i < 1000 && err == EBUSY; i++) {
		if (i)
			usleep(1000);
		err = group_open(dev->name, &dev->group);
	}
	return err;
}

static int close_and_reopen(struct scene *scene)
{
	struct dev *dev = &scene->dev;
	int container = dev->container, group = dev->group, err;

	close(scene->rounds & 1 ? container : group);
	close(scene->rounds & 1 ? group : container);
	err = open_again(dev);
	if (!err)
		err = container_open(&container);
	if (!err)
		err = group_set(dev->group, container);
	if (!err)
		err = container_use(container, VFIO_TYPE1v2_IOMMU);
	__atomic_store_n(&dev->container, container, __ATOMIC_RELEASE);
	return err;
}

static int run(struct scene *scene, int (*round)(struct scene *scene))
{
	void *(*const roles[])(void *arg) = { mapper, mapper, meddler };
	pthread_t threads[ARRAY_SIZE(roles)];
	int err = 0;

	race_start(&scene->race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		if (pthread_create(&threads[i], NULL, roles[i], scene))
			abort();
	while (!err && scene->rounds < ROUNDS && !race_over(&scene->race)) {
		/* Let them get in now and then. */
		for (int i = 0; i < 20 && scene->rounds & 1; i++)
			sched_yield();
		err = round(scene);
		scene->rounds++;
	}
	race_stop(&scene->race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		pthread_join(threads[i], NULL);
	return err;
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

	TH_LOG("%u rounds", scene->rounds);
	EXPECT_EQ(0, tally_check("map", &scene->map, map));
	EXPECT_EQ(0, tally_check("unmap", &scene->unmap, unmap));
	EXPECT_EQ(0, tally_check("info", &scene->info, unmap));
	EXPECT_EQ(0, tally_check("adopt", &scene->adopt, adopt));
	EXPECT_GT(scene->map.count[0], 0);
	EXPECT_GT(scene->unmap.count[0], 0);
	EXPECT_GT(scene->adopt.count[0], 0);
	EXPECT_GE(scene->rounds, 100);

	dev_release(&scene->dev);
	EXPECT_EQ(0, locked_bytes(0));
	ASSERT_EQ(0, dev_claim_type(&scene->dev, EDU_A, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(0, t1_map(scene->dev.container, source, PAGE, SOURCE, T1_RW));
	ASSERT_EQ(0, t1_map(scene->dev.container, sink, PAGE, SINK, T1_RW));
	ASSERT_EQ(0, engine_open(&engine, &scene->dev));
	EXPECT_TRUE(engine_works(&engine, source, SOURCE, sink, SINK, 800));
	engine_close(&engine);
}

TEST_F_TIMEOUT(race, group_leaves_and_returns, 100)
{
	EXPECT_EQ(0, run(&self->scene, leave_and_return));
	check(_metadata, &self->scene);
}

TEST_F_TIMEOUT(race, everything_closes_and_opens, 100)
{
	EXPECT_EQ(0, run(&self->scene, close_and_reopen));
	check(_metadata, &self->scene);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
