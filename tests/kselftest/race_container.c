// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO does not keep a container's ioctl from running while another thread takes the
 * last group away and with it the backend. Two threads send commands to a container
 * while a third takes its group out and puts it back, or closes everything.
 *
 *	race_container [-d SECONDS] [arguments of the kselftest harness]
 *
 * What must hold is that nothing crashes (the lab reads the kernel's log), that every
 * refusal is one of those documented, and that nothing is left in the end.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "race.h"

#define ROUNDS		1500
#define CLOSE_ROUNDS	1500
#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

struct scene {
	struct race race;
	int fd;
	__u32 space;
	struct dev dev;
	unsigned int rounds;	/* how often the group left */
	struct tally bind, unbind, unknown, attach, free;
};

FIXTURE(container) {
	struct scene scene;
};

FIXTURE_SETUP(container)
{
	struct scene *scene = &self->scene;

	scene->fd = ctx_open();
	ASSERT_GE(scene->fd, 0);
	ASSERT_OK(do_alloc(scene->fd, &scene->space));
	ASSERT_EQ(0, dev_claim(&scene->dev, EDU_A));
}

FIXTURE_TEARDOWN(container)
{
	dev_release(&self->scene.dev);
	close(self->scene.fd);
}

static int load_fd(const int *fd)
{
	return __atomic_load_n(fd, __ATOMIC_ACQUIRE);
}

/*
 * Gets rid of a bound id: unbinds it, or waits until it has died with its group and
 * frees it. One that is left when the race is over is check_aftermath()'s.
 */
static void dispose(struct scene *scene, __u32 id, bool unbind_first)
{
	while (!race_over(&scene->race)) {
		int err;

		if (unbind_first) {
			int container = load_fd(&scene->dev.container);

			err = do_unbind(container, scene->fd, id);
			tally_add(&scene->unbind, err);
			if (!err)
				return;
		}
		err = do_free(scene->fd, id);
		tally_add(&scene->free, err);
		if (err != EBUSY)
			return;
		unbind_first = true;
	}
}

static void *binder(void *arg)
{
	struct scene *scene = arg;
	unsigned int chance = 1;

	while (!race_over(&scene->race)) {
		__u32 id;
		int err = do_bind(load_fd(&scene->dev.container), scene->fd,
				  scene->dev.name, 1, &id);

		tally_add(&scene->bind, err);
		if (err)
			continue;
		err = do_attach(scene->fd, id, scene->space);
		tally_add(&scene->attach, err);
		dispose(scene, id, race_random(&chance) & 1);
	}
	return NULL;
}

/* Commands that are refused, or do not exist, on the way in and out. */
static void *meddler(void *arg)
{
	struct scene *scene = arg;

	while (!race_over(&scene->race)) {
		struct cmd_header none = { .size = sizeof(none) };
		int container = load_fd(&scene->dev.container);

		tally_add(&scene->unknown,
			  cmd(container, _IO(IOASID_TYPE, 0xff), &none));
		tally_add(&scene->unknown,
			  do_unbind(container, scene->fd, NO_ID));
		sched_yield();
	}
	return NULL;
}

/*
 * Every other round lets a binder get in first, for that is when the group leaves
 * under a bound device; the rounds between hit the other commands.
 */
static void let_them_bind(struct scene *scene)
{
	const unsigned int *bound = &scene->bind.count[0];
	unsigned int before = __atomic_load_n(bound, __ATOMIC_RELAXED);
	__u64 end = now_ms() + 2;

	while (scene->rounds & 1 && now_ms() < end &&
	       __atomic_load_n(bound, __ATOMIC_RELAXED) == before)
		sched_yield();
}

static int leave_and_return(struct scene *scene)
{
	int err;

	let_them_bind(scene);
	err = group_unset(scene->dev.group);

	if (!err)
		err = group_set(scene->dev.group, scene->dev.container);
	if (!err)
		err = container_use(scene->dev.container, VFIO_IOASID_IOMMU);
	return err;
}

static int close_and_reopen(struct scene *scene)
{
	struct dev *dev = &scene->dev;
	int container = dev->container, group = dev->group, err;

	let_them_bind(scene);
	/* One time the container goes first, the other the group. */
	close(scene->rounds & 2 ? container : group);
	close(scene->rounds & 2 ? group : container);
	err = group_open(dev->name, &dev->group);
	if (!err)
		err = container_open(&container);
	if (!err)
		err = group_set(dev->group, container);
	if (!err)
		err = container_use(container, VFIO_IOASID_IOMMU);
	__atomic_store_n(&dev->container, container, __ATOMIC_RELEASE);
	return err;
}

static int race(struct scene *scene, int (*round)(struct scene *scene),
		unsigned int rounds)
{
	void *(*const roles[])(void *arg) = { binder, binder, meddler };
	pthread_t threads[ARRAY_SIZE(roles)];
	int err = 0;

	race_start(&scene->race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		if (pthread_create(&threads[i], NULL, roles[i], scene))
			abort();
	while (!err && scene->rounds < rounds && !race_over(&scene->race)) {
		err = round(scene);
		scene->rounds++;
	}
	race_stop(&scene->race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		pthread_join(threads[i], NULL);
	return err;
}

/* Whatever happened: only documented errnos, and both sides of the race seen. */
static void check_tallies(struct __test_metadata *_metadata,
			  struct scene *scene)
{
	/* EINVAL is VFIO's own answer while the container has no backend. */
	static const int bind[] = { EINVAL, ENODEV, ENOENT, EEXIST, EBADF,
				    ENOTTY, 0 };
	static const int unbind[] = { EINVAL, ENODEV, ENOENT, EBADF, ENOTTY, 0 };
	static const int unknown[] = { ENOTTY, EINVAL, ENODEV, ENOENT, EBADF,
				       0 };
	static const int attach[] = { ENODEV, 0 };
	static const int free_errnos[] = { EBUSY, 0 };

	TH_LOG("%u rounds", scene->rounds);
	EXPECT_EQ(0, tally_check("bind", &scene->bind, bind));
	EXPECT_EQ(0, tally_check("unbind", &scene->unbind, unbind));
	EXPECT_EQ(0, tally_check("unknown", &scene->unknown, unknown));
	EXPECT_EQ(0, tally_check("attach", &scene->attach, attach));
	EXPECT_EQ(0, tally_check("free", &scene->free, free_errnos));
	EXPECT_EQ(0, scene->unknown.count[0]);
	EXPECT_GT(scene->bind.count[0], 0);
	EXPECT_GT(scene->attach.count[0], 0);
	EXPECT_GT(scene->bind.count[EINVAL] + scene->bind.count[ENODEV] +
		  scene->bind.count[ENOENT], 0);
	EXPECT_GE(scene->rounds, 200);
}

/* Nothing holds the space, no id is left, and the device does DMA. */
static void check_aftermath(struct __test_metadata *_metadata,
			    struct scene *scene)
{
	char *source = anon(2 * PAGE);
	char *sink = source + PAGE;
	struct engine engine;
	struct dev *dev = &scene->dev;
	__u32 next;

	ASSERT_NE(NULL, source);
	dev_release(dev);
	/* A race may have ended between BIND and FREE: then the id is dead now. */
	for (__u32 id = 1; id < 64; id++)
		if (id != scene->space)
			do_free(scene->fd, id);
	EXPECT_OK(do_free(scene->fd, scene->space));
	ASSERT_OK(do_alloc(scene->fd, &next));
	ASSERT_OK(do_map(scene->fd, next, source, PAGE, SOURCE, RW));
	ASSERT_OK(do_map(scene->fd, next, sink, PAGE, SINK, RW));
	ASSERT_EQ(0, dev_claim(dev, EDU_A));
	ASSERT_OK(dev_bind(dev, scene->fd));
	ASSERT_OK(do_attach(scene->fd, dev->id, next));
	ASSERT_EQ(0, engine_open(&engine, dev));
	EXPECT_TRUE(engine_works(&engine, source, SOURCE, sink, SINK, 800));
	engine_close(&engine);
}

TEST_F_TIMEOUT(container, group_leaves_and_returns, 100)
{
	EXPECT_EQ(0, race(&self->scene, leave_and_return, ROUNDS));
	check_tallies(_metadata, &self->scene);
	check_aftermath(_metadata, &self->scene);
}

TEST_F_TIMEOUT(container, everything_closes_and_opens, 100)
{
	EXPECT_EQ(0, race(&self->scene, close_and_reopen, CLOSE_ROUNDS));
	check_tallies(_metadata, &self->scene);
	check_aftermath(_metadata, &self->scene);
}

/*
 * Two containers, of two users as it were, come and go at once. A command that was
 * on its way to one must never arrive in the other.
 */
struct street {
	struct scene asked;	/* whose container is asked */
	struct scene wanted;	/* whose device is asked for */
};

FIXTURE(neighbours) {
	struct street street;
};

FIXTURE_SETUP(neighbours)
{
	struct street *street = &self->street;

	street->asked.fd = ctx_open();
	ASSERT_GE(street->asked.fd, 0);
	ASSERT_EQ(0, dev_claim(&street->asked.dev, EDU_A));
	ASSERT_EQ(0, dev_claim(&street->wanted.dev, EDU_B));
}

FIXTURE_TEARDOWN(neighbours)
{
	dev_release(&self->street.wanted.dev);
	dev_release(&self->street.asked.dev);
	close(self->street.asked.fd);
}

static void *thief(void *arg)
{
	struct street *street = arg;
	struct scene *scene = &street->asked;
	__u32 id;

	while (!race_over(&scene->race))
		tally_add(&scene->bind,
			  do_bind(scene->dev.container, scene->fd,
				  street->wanted.dev.name, 0, &id));
	return NULL;
}

static void *neighbour(void *arg)
{
	struct street *street = arg;

	while (!race_over(&street->asked.race))
		if (leave_and_return(&street->wanted))
			abort();
	return NULL;
}

TEST_F_TIMEOUT(neighbours, never_meet, 100)
{
	void *(*const roles[])(void *arg) = { thief, thief, neighbour };
	static const int refusals[] = { EINVAL, ENODEV, ENOENT, 0 };
	struct street *street = &self->street;
	struct scene *scene = &street->asked;
	pthread_t threads[ARRAY_SIZE(roles)];

	race_start(&scene->race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, roles[i],
					    street));
	while (scene->rounds < ROUNDS && !race_over(&scene->race)) {
		ASSERT_EQ(0, leave_and_return(scene));
		scene->rounds++;
	}
	race_stop(&scene->race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		pthread_join(threads[i], NULL);
	TH_LOG("%u rounds", scene->rounds);
	EXPECT_EQ(0, tally_check("bind", &scene->bind, refusals));
	EXPECT_EQ(0, scene->bind.count[0]);
	EXPECT_GT(scene->bind.count[ENOENT], 0);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
