// SPDX-License-Identifier: GPL-2.0
/*
 * Mediated devices pin, read and write while what they use is mapped, unmapped, attached
 * and detached by other threads, and while the process is killed: every refusal is a
 * documented one, and in the end nothing is left pinned.
 *
 *	mediated_race [-d SECONDS] [arguments of the kselftest harness]
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "common.h"
#include "expect.h"
#include "race.h"
#include "soft.h"
#include "stage.h"

#define IOVA	0x40000000ULL
#define SLOTS	8		/* of SLOT pages each */
#define SLOT	4
#define LENGTH	(SLOTS * SLOT * PAGE)
#define ROUNDS	1500
#define KILLS	12

SOFT_PROGRAM;

enum job {
	JOB_HOLD,
	JOB_UNHOLD,
	JOB_DMA,
	JOB_MAP,
	JOB_UNMAP,
	JOB_ATTACH,
	JOB_INFO,
	NUM_JOBS,
};

/*
 * A range may be mapped or not, the device attached or not, whenever anybody looks. A DMA
 * that pins for a moment may still have a page of a former mapping (EBUSY).
 */
static const struct {
	const char *name;
	int allowed[5];
} jobs[NUM_JOBS] = {
	[JOB_HOLD] = { "hold", { ENOENT, ENODEV, EBUSY, 0 } },
	[JOB_UNHOLD] = { "unhold", { ENOENT, 0 } },
	[JOB_DMA] = { "dma", { ENOENT, ENODEV, EBUSY, 0 } },
	[JOB_MAP] = { "map", { EEXIST, 0 } },
	[JOB_UNMAP] = { "unmap", { ENOENT, 0 } },
	[JOB_ATTACH] = { "attach and detach", { EEXIST, EINVAL, 0 } },
	[JOB_INFO] = { "info", { 0 } },
};

#define DEVICES	2

struct scene {
	struct race race;
	int fd;
	__u32 space;
	struct dev devs[DEVICES];
	char *memory;
	struct tally tallies[NUM_JOBS];
};

struct player {
	pthread_t thread;
	struct scene *scene;
	enum job first, last;	/* what it does */
	unsigned int chance;
};

static int play_attach(struct scene *scene, __u32 id, bool attach)
{
	return attach ? do_attach(scene->fd, id, scene->space) :
			do_detach(scene->fd, id);
}

static int play(struct scene *scene, enum job job, unsigned int number)
{
	struct dev *dev = &scene->devs[number % DEVICES];
	unsigned int page = number / 8 % (SLOTS * SLOT);
	unsigned int slot = page / SLOT;
	__u64 iova = IOVA + slot * SLOT * PAGE;
	struct ioasid_device_info info;

	switch (job) {
	case JOB_HOLD:
		return soft_hold(dev, IOVA + page * PAGE, 1 + number % 3, true);
	case JOB_UNHOLD:
		return soft_unhold(dev, IOVA + page * PAGE, 1 + number % 3);
	case JOB_DMA:
		return soft_fill(dev, number % 2 ? MEDIATED_RW : MEDIATED_PINNED,
				 IOVA + page * PAGE + number % 512,
				 number % (2 * PAGE) + 1, number);
	case JOB_MAP:
		return do_map(scene->fd, scene->space, scene->memory,
			      SLOT * PAGE, iova, RW);
	case JOB_UNMAP:
		return do_unmap(scene->fd, scene->space, iova,
				number % 2 ? SLOT * PAGE : PAGE);
	case JOB_ATTACH:
		return play_attach(scene, dev->id, number % 4);
	default:
		return do_device_info(scene->fd, dev->id, &info);
	}
}

static void *player_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;
	unsigned int span = player->last - player->first + 1;

	for (unsigned int i = 0; i < ROUNDS && !race_over(&scene->race); i++) {
		unsigned int number = race_random(&player->chance);
		enum job job = player->first + number % span;

		tally_add(&scene->tallies[job],
			  play(scene, job, race_random(&player->chance)));
	}
	return NULL;
}

static int scene_open(struct scene *scene)
{
	int err;

	memset(scene, 0, sizeof(*scene));
	scene->fd = ctx_open();
	scene->memory = anon_populated(SLOT * PAGE);
	if (scene->fd < 0 || !scene->memory)
		return errno;
	err = do_alloc_granule(scene->fd, PAGE, &scene->space);
	for (unsigned int i = 0; i < DEVICES && !err; i++) {
		err = soft_open(&scene->devs[i], i, NULL, scene->fd);
		err = err ? err : do_attach(scene->fd, scene->devs[i].id,
					    scene->space);
	}
	return err;
}

static void scene_close(struct scene *scene)
{
	for (unsigned int i = 0; i < DEVICES; i++)
		dev_release(&scene->devs[i]);
	close(scene->fd);
}

static const struct {
	enum job first, last;
} parts[] = {
	{ JOB_HOLD, JOB_UNHOLD }, { JOB_HOLD, JOB_DMA }, { JOB_MAP, JOB_UNMAP },
	{ JOB_MAP, JOB_INFO }, { JOB_UNMAP, JOB_ATTACH },
};

#define PLAYERS	(sizeof(parts) / sizeof(*parts))

static void scene_start(struct scene *scene, struct player *players)
{
	race_start(&scene->race);
	for (unsigned int i = 0; i < PLAYERS; i++) {
		players[i] = (struct player){
			.scene = scene,
			.first = parts[i].first,
			.last = parts[i].last,
			.chance = i + 1,
		};
		pthread_create(&players[i].thread, NULL, player_main,
			       &players[i]);
	}
}

TEST(everything_at_once)
{
	__u64 locked = locked_bytes(0), pinned = pinned_pages();
	struct player players[PLAYERS];
	struct scene scene;
	__u64 unmapped;

	ASSERT_OK(scene_open(&scene));
	scene_start(&scene, players);
	for (unsigned int i = 0; i < PLAYERS; i++)
		pthread_join(players[i].thread, NULL);
	for (unsigned int i = 0; i < NUM_JOBS; i++)
		EXPECT_EQ(0, tally_check(jobs[i].name, &scene.tallies[i],
					 jobs[i].allowed));
	/* What they hold is given back when it is unmapped under them. */
	ASSERT_OK(do_unmap_all(scene.fd, scene.space, &unmapped));
	for (unsigned int i = 0; i < DEVICES; i++)
		EXPECT_EQ(0, soft_state(&scene.devs[i]).held);
	EXPECT_EQ(locked, locked_bytes(0));
	EXPECT_EQ(pinned, pinned_pages());
	scene_close(&scene);
}

/* In the middle of it, with pages held and all file descriptors open. */
TEST(killed)
{
	__u64 pinned = pinned_pages();
	struct player players[PLAYERS];
	struct scene scene;

	for (unsigned int i = 0; i < KILLS; i++) {
		int ready[2], status;
		char byte = 0;
		pid_t pid;

		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			if (scene_open(&scene))
				_exit(1);
			if (i % 2)
				soft_behave(&scene.devs[0], MEDIATED_STUBBORN);
			scene_start(&scene, players);
			if (write(ready[1], &byte, 1) != 1)
				_exit(2);
			pause();
			_exit(3);
		}
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		usleep(1000 * (i * 7 % 50));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
		close(ready[0]);
		close(ready[1]);
	}
	EXPECT_EQ(pinned, pinned_pages());
	/* The devices can be had again. */
	ASSERT_OK(scene_open(&scene));
	scene_close(&scene);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
