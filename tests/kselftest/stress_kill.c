// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that use everything at once are killed at any moment, while somebody tries to
 * unload the module all the time. What must hold is looked at from outside: halted anywhere,
 * no more pages are pinned than are charged; once they are dead none is pinned, the module
 * can be unloaded, and their devices write nothing any more.
 *
 *	stress_kill [arguments of the kselftest harness]
 *
 * TEST_TIMES in the environment has it go on for so many times longer, TEST_SEED repeats a
 * run, as far as chance in the kernel can be repeated.
 */
#include "kselftest_harness.h"

#include <pthread.h>

#include "aftermath.h"
#include "common.h"
#include "crew.h"
#include "repeat.h"
#include "stage.h"

#define ROUNDS		25
#define MOMENT_US	150000

/* Tries to unload the module all the time; where that works it is loaded again. */
struct wrecker {
	struct race race;
	unsigned int tried, unloaded;
	int bad;		/* an errno that must not be */
};

static void *wreck(void *arg)
{
	struct wrecker *wrecker = arg;

	while (!race_over(&wrecker->race) && !wrecker->bad) {
		int err = module_unload();

		wrecker->tried++;
		if (!err) {
			wrecker->unloaded++;
			err = module_load();
		}
		if (err && err != EAGAIN && err != EBUSY)
			wrecker->bad = err;
		usleep(500);
	}
	return NULL;
}

struct stress {
	struct crew_log *log;
	__u64 pinned;
	unsigned int chance;
	unsigned int most;	/* pages that were seen pinned */
	unsigned int unloaded, tried;
};

FIXTURE(stress) {
	struct stress scene;
};

FIXTURE_SETUP(stress)
{
	self->scene.log = crew_log();
	ASSERT_NE(NULL, self->scene.log);
	self->scene.pinned = pinned_pages();
	ASSERT_NE(~0ULL, self->scene.pinned);
	self->scene.chance = repeat_seed();
}

FIXTURE_TEARDOWN(stress)
{
	if (self->scene.log->captain || self->scene.log->mate)
		crew_kill(self->scene.log, 0);
	munmap(self->scene.log, sizeof(*self->scene.log));
}

/* Halted where they happen to be: no page is pinned that is not charged to them. */
static void check_charges(struct __test_metadata *_metadata,
			  struct stress *self)
{
	__u64 charged = crew_halt(self->log);
	__u64 pinned = pinned_pages() - self->pinned;

	ASSERT_NE(~0ULL, charged);
	EXPECT_LE(pinned, charged);
	if (pinned > self->most)
		self->most = pinned;
	crew_go_on(self->log);
}

/* All that they had is back, and nothing reaches what their devices could reach. */
static void check_aftermath(struct __test_metadata *_metadata,
			    struct stress *self)
{
	fill(self->log->reached, sizeof(self->log->reached), CREW_SEED);
	EXPECT_TRUE(pinned_becomes(self->pinned))
		TH_LOG("%llu pages are left", pinned_pages() - self->pinned);
	ASSERT_EQ(0, module_unload_in_the_end());
	ASSERT_EQ(0, module_load());
	EXPECT_TRUE(filled(self->log->reached, sizeof(self->log->reached),
			   CREW_SEED));
}

static void play_round(struct __test_metadata *_metadata,
		       struct stress *self)
{
	struct wrecker wrecker = { 0 };
	pthread_t thread;
	int err;

	race_start(&wrecker.race);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wreck, &wrecker));
	err = crew_start(self->log, race_random(&self->chance));
	ASSERT_EQ(0, err) TH_LOG("%s", self->log->where);
	usleep(race_random(&self->chance) % MOMENT_US);
	if (race_random(&self->chance) % 4 == 0)
		check_charges(_metadata, self);
	usleep(race_random(&self->chance) % MOMENT_US);
	crew_kill(self->log, race_random(&self->chance));
	race_stop(&wrecker.race);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, wrecker.bad);
	self->tried += wrecker.tried;
	self->unloaded += wrecker.unloaded;
	check_aftermath(_metadata, self);
}

TEST_F_TIMEOUT(stress, killed_at_any_moment, 200)
{
	unsigned int rounds = ROUNDS * repeat_times(), i;

	for (i = 0; i < rounds && _metadata->exit_code == KSFT_PASS; i++)
		play_round(_metadata, &self->scene);
	TH_LOG("killed %u times; up to %u pages pinned; unloading tried %u times, done %u times",
	       i, self->scene.most, self->scene.tried, self->scene.unloaded);
	EXPECT_TRUE(crew_report(self->scene.log));
	EXPECT_GT(self->scene.tried, self->scene.unloaded);
}

TEST_HARNESS_MAIN
