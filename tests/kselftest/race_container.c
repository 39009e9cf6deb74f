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
	struct visit visit;
	int fd;
	__u32 space;
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
	scene->visit.type = VFIO_IOASID_IOMMU;
	ASSERT_EQ(0, dev_claim(&scene->visit.dev, EDU_A));
}

FIXTURE_TEARDOWN(container)
{
	dev_release(&self->scene.visit.dev);
	close(self->scene.fd);
}

/*
 * Gets rid of a bound id: unbinds it, or waits until it has died with its group and
 * frees it. One that is left when the race is over is check_aftermath()'s.
 */
static void dispose(struct scene *scene, __u32 id, bool unbind_first)
{
	while (!race_over(&scene->visit.race)) {
		int err;

		if (unbind_first) {
			int container = visit_container(&scene->visit);

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

	while (!race_over(&scene->visit.race)) {
		__u32 id;
		int err = do_bind(visit_container(&scene->visit), scene->fd,
				  scene->visit.dev.name, 1, &id);

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

	while (!race_over(&scene->visit.race)) {
		struct cmd_header none = { .size = sizeof(none) };
		int container = visit_container(&scene->visit);

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
static void let_them_bind(void *arg)
{
	struct scene *scene = arg;
	const unsigned int *bound = &scene->bind.count[0];
	unsigned int before = __atomic_load_n(bound, __ATOMIC_RELAXED);
	__u64 end = now_ms() + 2;

	while (scene->visit.rounds & 1 && now_ms() < end &&
	       __atomic_load_n(bound, __ATOMIC_RELAXED) == before)
		sched_yield();
}

static int race(struct scene *scene, int (*round)(struct visit *visit),
		unsigned int rounds)
{
	const struct visit_plan plan = {
		.round = round,
		.rounds = rounds,
		.before = let_them_bind,
		.roles = { binder, binder, meddler },
	};

	return visit_run(&scene->visit, &plan, scene);
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

	TH_LOG("%u rounds", scene->visit.rounds);
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
	EXPECT_GE(scene->visit.rounds, 200);
}

/* Nothing holds the space, no id is left, and the device does DMA. */
static void check_aftermath(struct __test_metadata *_metadata,
			    struct scene *scene)
{
	char *source = anon(2 * PAGE);
	char *sink = source + PAGE;
	struct engine engine;
	struct dev *dev = &scene->visit.dev;
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
	EXPECT_EQ(0, race(&self->scene, visit_leave_and_return, ROUNDS));
	check_tallies(_metadata, &self->scene);
	check_aftermath(_metadata, &self->scene);
}

TEST_F_TIMEOUT(container, everything_closes_and_opens, 100)
{
	EXPECT_EQ(0, race(&self->scene, visit_close_and_reopen, CLOSE_ROUNDS));
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
	street->asked.visit.type = VFIO_IOASID_IOMMU;
	street->wanted.visit.type = VFIO_IOASID_IOMMU;
	ASSERT_EQ(0, dev_claim(&street->asked.visit.dev, EDU_A));
	ASSERT_EQ(0, dev_claim(&street->wanted.visit.dev, EDU_B));
}

FIXTURE_TEARDOWN(neighbours)
{
	dev_release(&self->street.wanted.visit.dev);
	dev_release(&self->street.asked.visit.dev);
	close(self->street.asked.fd);
}

static void *thief(void *arg)
{
	struct street *street = arg;
	struct scene *scene = &street->asked;
	__u32 id;

	while (!race_over(&scene->visit.race))
		tally_add(&scene->bind,
			  do_bind(scene->visit.dev.container, scene->fd,
				  street->wanted.visit.dev.name, 0, &id));
	return NULL;
}

static void *neighbour(void *arg)
{
	struct street *street = arg;

	while (!race_over(&street->asked.visit.race))
		if (visit_leave_and_return(&street->wanted.visit))
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

	race_start(&scene->visit.race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, roles[i],
					    street));
	while (scene->visit.rounds < ROUNDS && !race_over(&scene->visit.race)) {
		ASSERT_EQ(0, visit_leave_and_return(&scene->visit));
		scene->visit.rounds++;
	}
	race_stop(&scene->visit.race);
	for (unsigned int i = 0; i < ARRAY_SIZE(roles); i++)
		pthread_join(threads[i], NULL);
	TH_LOG("%u rounds", scene->visit.rounds);
	EXPECT_EQ(0, tally_check("bind", &scene->bind, refusals));
	EXPECT_EQ(0, scene->bind.count[0]);
	EXPECT_GT(scene->bind.count[ENOENT], 0);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
