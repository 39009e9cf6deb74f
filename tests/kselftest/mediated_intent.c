// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers in the kernel declare when they bind a device, and what is refused to them:
 * combinations that make no sense, devices that cannot, and devices that may not share
 * the PASIDs of one requester id. Then the orders in which things end.
 *
 *	mediated_intent [-d SECONDS] [arguments of the kselftest harness]
 */
#include "kselftest_harness.h"

#include <pthread.h>

#include "common.h"
#include "expect.h"
#include "part.h"
#include "race.h"

/* What holds on every kernel. */
FIXTURE(any) {
	int fd;
	struct dev dev;
};

FIXTURE_SETUP(any)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, soft_driver_open(&self->dev));
}

FIXTURE_TEARDOWN(any)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

#define BIND(_intent, _pasids, _parent)					\
	soft_driver_bind_part(&self->dev, self->fd, _intent, _pasids, _parent)

TEST_F(any, combinations_that_cannot_be)
{
	static const struct {
		__u32 intent, pasids, parent;
	} wrong[] = {
		{ 0, 0, NO_PARENT },
		{ IOASID_INTENT_SOFTWARE, 0, PARENT },
		{ IOASID_INTENT_SOFTWARE, IOASID_PASIDS_IDENTITY,
		  NO_PARENT },
		{ IOASID_INTENT_SOFTWARE | IOASID_INTENT_PASID, 0, PARENT },
		{ IOASID_INTENT_RID, 0, PARENT },
		{ IOASID_INTENT_RID, IOASID_PASIDS_DRIVER, NO_PARENT },
		{ IOASID_INTENT_RID | IOASID_INTENT_PASID, 0,
		  NO_PARENT },
		{ IOASID_INTENT_RID | IOASID_INTENT_PASID, IOASID_PASIDS_CPU,
		  NO_PARENT },
		{ IOASID_INTENT_PASID, 0, NO_PARENT },
		{ IOASID_INTENT_PASID, IOASID_PASIDS_CPU, PARENT },
		{ IOASID_INTENT_PASID, IOASID_PASIDS_CPU + 1, PARENT },
		{ IOASID_INTENT_PASID, ~0U, PARENT },
		{ IOASID_INTENT_ENQCMD, IOASID_PASIDS_CPU, PARENT },
		{ IOASID_INTENT_PASID | IOASID_INTENT_ENQCMD,
		  IOASID_PASIDS_IDENTITY, PARENT },
		{ IOASID_INTENT_PASID | IOASID_INTENT_ENQCMD,
		  IOASID_PASIDS_CPU, NO_PARENT },
		{ 1 << 4, 0, NO_PARENT },
	};

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		int err = BIND(wrong[i].intent, wrong[i].pasids,
			       wrong[i].parent);

		EXPECT_EQ(EINVAL, err)
			TH_LOG("row %u", i);
	}
}

TEST_F(any, all_dma_of_a_device)
{
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_INTENT,
		       BIND(IOASID_INTENT_RID, 0, NO_PARENT));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_INTENT,
		       BIND(IOASID_INTENT_RID | IOASID_INTENT_PASID,
			    IOASID_PASIDS_DRIVER, NO_PARENT));
}

TEST_F(any, a_kernel_that_cannot)
{
	int err = BIND(IOASID_INTENT_PASID, 0, PARENT);

	if (kernel_before(6, 11))
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID, err);
	else
		EXPECT_OK(err);
}

TEST_F(any, a_parent_that_cannot)
{
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       BIND(IOASID_INTENT_PASID, 0, WITHOUT_PASIDS));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       BIND(IOASID_INTENT_PASID, 0, SHARING));
}

/* Parts of one parent; nothing is bound but what a test binds. */
FIXTURE(part) {
	int fd, other_fd;
	struct mock_place place[PART_PLACES];
	struct dev first, second, whole;
};

FIXTURE_SETUP(part)
{
	dev_init(&self->first, EDU_A);
	dev_init(&self->second, EDU_A);
	dev_init(&self->whole, MOCK(PARENT));
	self->fd = -1;
	self->other_fd = -1;
	if (kernel_before(6, 11))
		SKIP(return, "no iommu_attach_device_pasid() with a handle");
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	self->other_fd = ctx_open();
	ASSERT_GE(self->other_fd, 0);
	ASSERT_OK(part_places(self->place, self->fd));
}

FIXTURE_TEARDOWN(part)
{
	dev_release(&self->first);
	dev_release(&self->second);
	dev_release(&self->whole);
	close(self->fd);
	close(self->other_fd);
	EXPECT_TRUE(mock_is_content());
	if (!kernel_before(6, 11))
		EXPECT_EQ(0, mock_device_counter(MOCK(PARENT), "pasids"));
}

#define REACHES(_dev, _pasid, _here)					\
	EXPECT_EQ(0, part_reaches(_dev, _pasid, self->place, _here))
#define ATTACH(_dev, _pasid, _here)					\
	soft_driver_attach_pasid(_dev, _pasid,			\
				 self->place[_here].space)

TEST_F(part, two_with_numbers_of_their_users)
{
	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_IDENTITY,
			    PARENT));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       part_bind(&self->second, self->fd,
				 IOASID_PASIDS_IDENTITY, PARENT));
	EXPECT_EQ(self->first.id, ea.id);
	/* Of another requester id it may. */
	EXPECT_OK(soft_driver_bind_part(&self->second, self->fd,
					IOASID_INTENT_PASID,
					IOASID_PASIDS_IDENTITY, OTHER_PARENT));
	ASSERT_OK(ATTACH(&self->first, 5, 0));
	ASSERT_OK(ATTACH(&self->second, 5, 1));
	REACHES(&self->first, 5, 0);
	REACHES(&self->second, 5, 1);
}

TEST_F(part, the_parent_itself_is_another)
{
	ASSERT_OK(mock_claim(&self->whole, MOCK(PARENT), self->fd));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       part_bind(&self->first, self->fd,
				 IOASID_PASIDS_IDENTITY, PARENT));
	EXPECT_EQ(self->whole.id, ea.id);
	/* Nor may its driver cut parts of it while it is a user's. */
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       soft_driver_bind_part(&self->first, self->fd,
					     IOASID_INTENT_PASID,
					     IOASID_PASIDS_DRIVER, PARENT));
}

TEST_F(part, the_parent_itself_comes_later)
{
	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_IDENTITY,
			    PARENT));
	ASSERT_OK(dev_claim(&self->whole, MOCK(PARENT)));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       dev_bind(&self->whole, self->fd));
	EXPECT_EQ(self->first.id, ea.id);
	EXPECT_EQ(EBUSY, ATTACH(&self->first, 5, 0));
	EXPECT_EQ(IOASID_REASON_IN_USE, ea.reason);
	dev_release(&self->whole);
	dev_init(&self->whole, MOCK(PARENT));
	ASSERT_OK(ATTACH(&self->first, 5, 0));
	REACHES(&self->first, 5, 0);
	/* The kernel gives it to nobody now. */
	EXPECT_NE(0, dev_claim(&self->whole, MOCK(PARENT)));
}

/* The user of the one could name what the driver of the other was given. */
TEST_F(part, in_two_contexts)
{
	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_IDENTITY,
			    PARENT));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       part_bind(&self->second, self->other_fd,
				 IOASID_PASIDS_DRIVER, PARENT));
	EXPECT_EQ(0, ea.id);
	EXPECT_OK(soft_driver_bind_part(&self->second, self->fd,
					IOASID_INTENT_PASID,
					IOASID_PASIDS_DRIVER, PARENT));
	ASSERT_OK(ATTACH(&self->second, 5, 1));
	ASSERT_OK(ATTACH(&self->first, 5, 0));
	REACHES(&self->first, 5, 0);
	REACHES(&self->second, 5, 1);
}

TEST_F(part, translated_in_two_contexts)
{
	struct mock_place place[PART_PLACES];

	ASSERT_OK(part_places(place, self->other_fd));
	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_DRIVER,
			    PARENT));
	ASSERT_OK(part_bind(&self->second, self->other_fd, IOASID_PASIDS_DRIVER,
			    PARENT));
	ASSERT_OK(ATTACH(&self->first, 5, 0));
	ASSERT_OK(soft_driver_attach_pasid(&self->second, 5, place[1].space));
	REACHES(&self->first, 5, 0);
	EXPECT_EQ(0, part_reaches(&self->second, 5, place, 1));
	ASSERT_OK(soft_driver_unbind(&self->first));
	EXPECT_EQ(0, part_reaches(&self->second, 5, place, 1));
}

/* A CPU has one number for it, whichever device the work is for. */
TEST_F(part, cpus_have_one_table)
{
	__u32 first, second, third;

	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_CPU, PARENT));
	ASSERT_OK(part_bind(&self->second, self->fd, IOASID_PASIDS_CPU,
			    OTHER_PARENT));
	ASSERT_OK(ATTACH(&self->first, 7, 0));
	ASSERT_OK(ATTACH(&self->second, 8, 1));
	ASSERT_OK(ATTACH(&self->second, 7, 1));
	ASSERT_EQ(0, soft_driver_hw_pasid(&self->first, 7, &first));
	ASSERT_EQ(0, soft_driver_hw_pasid(&self->second, 7, &second));
	ASSERT_EQ(0, soft_driver_hw_pasid(&self->second, 8, &third));
	EXPECT_EQ(first, second);
	EXPECT_NE(first, third);
	REACHES(&self->first, 7, 0);
	REACHES(&self->second, 7, 1);
	/* It stands for it as long as one of them is attached. */
	ASSERT_EQ(0, soft_driver_detach_pasid(&self->first, 7));
	ASSERT_OK(ATTACH(&self->first, 9, 2));
	REACHES(&self->first, 9, 2);
	ASSERT_OK(ATTACH(&self->first, 7, 0));
	ASSERT_EQ(0, soft_driver_hw_pasid(&self->first, 7, &third));
	EXPECT_EQ(second, third);
}

/* The same of one requester id: there it is one entry of the IOMMU. */
TEST_F(part, cpus_and_one_parent)
{
	const __u32 flags = IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE |
			    IOASID_ATTACH_ALLOW_WINDOW;
	__u32 hw_pasid;

	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_CPU, PARENT));
	ASSERT_OK(part_bind(&self->second, self->fd, IOASID_PASIDS_CPU,
			    PARENT));
	ASSERT_OK(ATTACH(&self->first, 7, 0));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE, ATTACH(&self->second, 7, 1));
	EXPECT_EQ(self->first.id, ea.id);
	ASSERT_OK(ATTACH(&self->second, 7, 0));
	EXPECT_EQ(1, mock_device_counter(MOCK(PARENT), "pasids"));
	REACHES(&self->first, 7, 0);
	REACHES(&self->second, 7, 0);
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       do_attach_flags(self->fd, self->second.id,
				       self->place[2].space, flags, 7));
	ASSERT_EQ(0, soft_driver_hw_pasid(&self->first, 7, &hw_pasid));
	ASSERT_EQ(0, soft_driver_detach_pasid(&self->first, 7));
	EXPECT_EQ(ENXIO, part_reaches(&self->first, 7, self->place, 0));
	REACHES(&self->second, 7, 0);
	ASSERT_OK(do_attach_flags(self->fd, self->second.id,
				  self->place[2].space, flags, 7));
	REACHES(&self->second, 7, 2);
	ASSERT_OK(ATTACH(&self->first, 7, 2));
	REACHES(&self->first, 7, 2);
	ASSERT_EQ(0, soft_driver_detach_pasid(&self->second, 7));
	REACHES(&self->first, 7, 2);
	ASSERT_EQ(0, soft_driver_detach_pasid(&self->first, 7));
	EXPECT_EQ(EPERM, part_forges(&self->first, hw_pasid, self->place));
}

TEST_F(part, takes_all_there_are)
{
	__u32 pasid;

	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_DRIVER,
			    PARENT));
	for (pasid = 1; pasid < 1024; pasid++)
		ASSERT_OK(ATTACH(&self->first, pasid, 0));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_PASID, ATTACH(&self->first, 1024, 0));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_PASID,
		       part_bind(&self->second, self->fd, IOASID_PASIDS_NONE,
				 PARENT));
	REACHES(&self->first, 1023, 0);
	ASSERT_EQ(0, soft_driver_detach_pasid(&self->first, 512));
	EXPECT_OK(ATTACH(&self->first, 1024, 1));
	REACHES(&self->first, 1024, 1);
}

TEST_F(part, driver_goes_first)
{
	__u32 hw_pasid;

	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_DRIVER,
			    PARENT));
	ASSERT_OK(ATTACH(&self->first, 0, 0));
	ASSERT_OK(ATTACH(&self->first, 5, 1));
	ASSERT_OK(do_pasid_map(self->fd, self->first.id, 5, &hw_pasid));
	ASSERT_OK(soft_driver_unbind(&self->first));
	EXPECT_EQ(0, mock_device_counter(MOCK(PARENT), "pasids"));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_pasid_map(self->fd, self->first.id, 5, &hw_pasid));
	EXPECT_OK(do_free(self->fd, self->place[1].space));
}

TEST_F(part, context_goes_first)
{
	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_CPU, PARENT));
	ASSERT_OK(ATTACH(&self->first, 0, 0));
	ASSERT_OK(ATTACH(&self->first, 5, 1));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, soft_driver_gone(&self->first));
	EXPECT_EQ(0, soft_state(&self->first).pairs);
	EXPECT_EQ(ENXIO, part_reaches(&self->first, 5, self->place, 1));
	EXPECT_EQ(0, mock_device_counter(MOCK(PARENT), "pasids"));
	EXPECT_EQ(ENODEV, ATTACH(&self->first, 0, 0));
}

/* The parent loses its driver while parts of it are bound. */
TEST_F(part, parent_goes_first)
{
	__u32 hw_pasid;

	ASSERT_OK(part_bind(&self->first, self->fd, IOASID_PASIDS_DRIVER,
			    PARENT));
	ASSERT_OK(part_bind(&self->second, self->fd, IOASID_PASIDS_DRIVER,
			    OTHER_PARENT));
	ASSERT_OK(ATTACH(&self->first, 0, 0));
	ASSERT_OK(ATTACH(&self->first, 5, 1));
	ASSERT_OK(ATTACH(&self->second, 5, 2));
	ASSERT_OK(do_pasid_map(self->fd, self->first.id, 5, &hw_pasid));
	ASSERT_EQ(0, part_set_driver(PARENT, false));
	EXPECT_EQ(0, soft_state(&self->first).pairs);
	EXPECT_EQ(EPERM, part_forges(&self->first, hw_pasid, self->place));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_attach(self->fd, self->first.id,
				 self->place[0].space));
	REACHES(&self->second, 5, 2);
	EXPECT_OK(do_free(self->fd, self->place[1].space));
	ASSERT_OK(soft_driver_unbind(&self->first));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       soft_driver_bind_part(&self->first, self->fd,
					     IOASID_INTENT_PASID, 0, PARENT));
	ASSERT_EQ(0, part_set_driver(PARENT, true));
	ASSERT_OK(soft_driver_bind_part(&self->first, self->fd,
					IOASID_INTENT_PASID, 0, PARENT));
	ASSERT_OK(ATTACH(&self->first, 0, 0));
	REACHES(&self->first, 0, 0);
}

/*
 * Everybody attaches, moves and detaches numbers of devices of one requester id, while
 * they are bound and unbound, and do DMA.
 */
#define PLAYERS		3
#define ROUNDS		400
#define NUMBERS		4

enum job { JOB_ATTACH, JOB_MOVE, JOB_DETACH, JOB_DMA, JOB_REBIND, NUM_JOBS };

static const struct {
	const char *name;
	int allowed[6];
} jobs[NUM_JOBS] = {
	[JOB_ATTACH] = { "attach", { EEXIST, EBUSY, ENOENT, EINVAL, 0 } },
	[JOB_MOVE] = { "move", { EINVAL, EBUSY, ENOENT, 0 } },
	[JOB_DETACH] = { "detach", { EINVAL, ENOENT, 0 } },
	/*
	 * A number that two devices share can move or go while one of them uses it; a moment
	 * long it is where nothing is mapped yet.
	 */
	[JOB_DMA] = { "dma", { ENXIO, EINVAL, EPERM, ENOENT, 0 } },
	[JOB_REBIND] = { "rebind", { EBUSY, EINVAL, 0 } },
};

struct scene {
	struct race race;
	int fd;
	struct mock_place *places;
	struct dev devs[PLAYERS];
	struct tally tallies[NUM_JOBS];
	pthread_mutex_t lock;	/* the tallies */
};

struct player {
	pthread_t thread;
	struct scene *scene;
	unsigned int chance;
};

static const __u32 race_kinds[PLAYERS] = {
	IOASID_PASIDS_CPU, IOASID_PASIDS_CPU, IOASID_PASIDS_IDENTITY,
};

static int rebind(struct scene *scene, unsigned int n)
{
	struct dev *dev = &scene->devs[n];
	__u32 intent = IOASID_INTENT_PASID;
	int err = soft_driver_unbind(dev);

	if (race_kinds[n] == IOASID_PASIDS_CPU)
		intent |= IOASID_INTENT_ENQCMD;
	return err ? err : soft_driver_bind_part(dev, scene->fd, intent,
						 race_kinds[n], PARENT);
}

static int play(struct player *player, enum job job)
{
	struct scene *scene = player->scene;
	unsigned int n = race_random(&player->chance) % PLAYERS;
	__u32 pasid = 1 + race_random(&player->chance) % NUMBERS;
	struct mock_place *place = &scene->places[race_random(&player->chance) %
						  PART_PLACES];
	struct mediated_dma dma = {
		.op = MEDIATED_FILL,
		.how = MEDIATED_PARENT,
		.pasid = pasid,
		.dst = PART_IOVA,
		.length = PART_LENGTH,
	};
	struct dev *dev = &scene->devs[n];

	switch (job) {
	case JOB_ATTACH:
		return do_attach_pasid(scene->fd, dev->id, pasid, place->space);
	case JOB_MOVE:
		return do_attach_flags(scene->fd, dev->id, place->space,
				       IOASID_ATTACH_PASID |
				       IOASID_ATTACH_REPLACE |
				       IOASID_ATTACH_ALLOW_WINDOW, pasid);
	case JOB_DETACH:
		return do_detach_pasid(scene->fd, dev->id, pasid);
	case JOB_DMA:
		return soft_dma(dev, dma, NULL);
	default:
		return rebind(scene, n);
	}
}

static void *player_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;

	for (int i = 0; i < ROUNDS && !race_over(&scene->race); i++) {
		unsigned int dice = race_random(&player->chance) % 32;
		enum job job = dice ? dice % JOB_REBIND : JOB_REBIND;
		int err = play(player, job);

		pthread_mutex_lock(&scene->lock);
		tally_add(&scene->tallies[job], err);
		pthread_mutex_unlock(&scene->lock);
	}
	return NULL;
}

TEST_F(part, all_at_once)
{
	struct scene scene = { .fd = self->fd, .places = self->place };
	struct player players[PLAYERS];

	pthread_mutex_init(&scene.lock, NULL);
	for (int i = 0; i < PLAYERS; i++)
		ASSERT_OK(part_bind(&scene.devs[i], self->fd, race_kinds[i],
				    PARENT));
	race_start(&scene.race);
	for (unsigned int i = 0; i < PLAYERS; i++) {
		players[i].scene = &scene;
		players[i].chance = i + 1;
		ASSERT_EQ(0, pthread_create(&players[i].thread, NULL,
					    player_main, &players[i]));
	}
	for (int i = 0; i < PLAYERS; i++)
		pthread_join(players[i].thread, NULL);
	for (int i = 0; i < NUM_JOBS; i++)
		EXPECT_EQ(0, tally_check(jobs[i].name, &scene.tallies[i],
					 jobs[i].allowed));
	for (int i = 0; i < PLAYERS; i++)
		dev_release(&scene.devs[i]);
	EXPECT_EQ(0, mock_device_counter(MOCK(PARENT), "pasids"));
	for (int i = 0; i < PART_PLACES; i++)
		EXPECT_OK(do_free(self->fd, self->place[i].space));
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
