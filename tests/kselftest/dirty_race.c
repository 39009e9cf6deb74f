// SPDX-License-Identifier: GPL-2.0
/*
 * Devices write, pages are mapped and unmapped, devices come and go, while others read
 * what is dirty: whatever was written is told to somebody.
 *
 *	dirty_race [-d SECONDS] [arguments of the kselftest harness]
 */
#include "kselftest_harness.h"

#include <pthread.h>

#include "common.h"
#include "dirty.h"
#include "expect.h"
#include "mock.h"
#include "race.h"

#define IOVA	0x40000000ULL
#define WRITERS	2
#define SLOTS	16		/* pages of a writer */
#define PAGES	(WRITERS * SLOTS)
#define READERS	2
#define ROUNDS	100

/* Before that there is no IOMMU_CAP_DIRTY_TRACKING: all that is mapped is dirty. */
#define KERNEL_HAS_DIRTY_BITS()	(!kernel_before(6, 7))

struct scene {
	struct race race;
	int fd;
	__u32 space, other;
	struct dev devs[WRITERS];
	char *memory;
	unsigned char told[PAGES];
	unsigned int writing;	/* writers that are not done */
	unsigned int rounds, lost;	/* lost: or else went wrong */
	unsigned int read[READERS];	/* how often each has read */
	struct tally reads, moves;
};

struct player {
	pthread_t thread;
	struct scene *scene;
	unsigned int number;
	unsigned int chance;
};

/* Everything that a reader is told of is passed on. */
static void *reader_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;
	struct tracked tracked = { .fd = scene->fd, .space = scene->space };
	int err;

	while (!race_over(&scene->race) &&
	       __atomic_load_n(&scene->writing, __ATOMIC_ACQUIRE)) {
		__u32 flags = race_random(&player->chance) % 4 ?
			0 : IOASID_DIRTY_NO_CLEAR;

		err = read_bits(&tracked, flags, IOVA, PAGES * PAGE, PAGE);
		tally_add(&scene->reads, err);
		for (unsigned int i = 0; i < PAGES && !err; i++)
			if (tracked.bits[0] & 1ULL << i)
				__atomic_store_n(&scene->told[i], 1,
						 __ATOMIC_RELEASE);
		__atomic_add_fetch(&scene->read[player->number], 1,
				   __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Waits until each reader has read once from beginning to end, or one was told. */
static bool is_told(struct scene *scene, unsigned int page)
{
	unsigned int from[READERS], r;

	for (r = 0; r < READERS; r++)
		from[r] = __atomic_load_n(&scene->read[r], __ATOMIC_ACQUIRE);
	for (r = 0; r < READERS;) {
		if (race_over(&scene->race))
			return false;
		if (__atomic_load_n(&scene->told[page], __ATOMIC_ACQUIRE))
			return true;
		if (__atomic_load_n(&scene->read[r], __ATOMIC_ACQUIRE) -
		    from[r] >= 2)
			r++;
		sched_yield();
	}
	return __atomic_load_n(&scene->told[page], __ATOMIC_ACQUIRE);
}

/* Writes a page, perhaps unmaps it, and wants a reader to be told. */
static bool write_page(struct scene *scene, const struct dev *dev,
		       unsigned int page, bool unmap)
{
	__u64 iova = IOVA + page * PAGE;
	int status;

	__atomic_store_n(&scene->told[page], 0, __ATOMIC_RELEASE);
	do {
		status = mock_store(dev, BY_RID, iova, 1);
	} while ((status == MOCK_BLOCKED || status == MOCK_UNMAPPED) &&
		 !race_over(&scene->race));
	if (status != MOCK_OK)
		return false;
	if (unmap && do_unmap(scene->fd, scene->space, iova, PAGE))
		return false;
	if (!is_told(scene, page))
		return false;
	return !unmap || !do_map(scene->fd, scene->space,
				 scene->memory + page * PAGE, PAGE, iova, RW);
}

static void *writer_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int page = player->number * SLOTS +
			race_random(&player->chance) % SLOTS;

		if (!write_page(scene, &scene->devs[player->number], page,
				race_random(&player->chance) % 2)) {
			if (!race_over(&scene->race))
				__atomic_add_fetch(&scene->lost, 1,
						   __ATOMIC_RELAXED);
			break;
		}
		__atomic_add_fetch(&scene->rounds, 1, __ATOMIC_RELAXED);
	}
	__atomic_sub_fetch(&scene->writing, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* The space is attached to and left while all this goes on. */
static void *mover_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;
	__u32 id = scene->devs[WRITERS - 1].id;

	while (!race_over(&scene->race) &&
	       __atomic_load_n(&scene->writing, __ATOMIC_ACQUIRE)) {
		if (race_random(&player->chance) % 2)
			tally_add(&scene->moves, do_detach(scene->fd, id));
		else
			tally_add(&scene->moves,
				  do_attach(scene->fd, id, scene->space));
	}
	/* So that who waits for it is not left alone. */
	do_attach(scene->fd, id, scene->space);
	return NULL;
}

static int scene_open(struct scene *scene)
{
	int err;

	memset(scene, 0, sizeof(*scene));
	scene->fd = ctx_open();
	scene->memory = anon_populated(PAGES * PAGE);
	if (scene->fd < 0 || !scene->memory)
		return errno;
	err = KERNEL_HAS_DIRTY_BITS() ?
		do_alloc_tracking(scene->fd, PAGE, &scene->space) :
		do_alloc_granule(scene->fd, PAGE, &scene->space);
	err = err ? err : do_map(scene->fd, scene->space, scene->memory,
				 PAGES * PAGE, IOVA, RW);
	err = err ? err : do_dirty_set(scene->fd, scene->space, true);
	for (unsigned int i = 0; i < WRITERS && !err; i++) {
		err = mock_claim(&scene->devs[i], MOCK(i), scene->fd);
		err = err ? err : do_attach(scene->fd, scene->devs[i].id,
					    scene->space);
	}
	scene->writing = WRITERS;
	return err;
}

static void start(struct scene *scene, struct player *players,
		  unsigned int count, void *(*run)(void *))
{
	for (unsigned int i = 0; i < count; i++) {
		players[i].scene = scene;
		players[i].number = i;
		players[i].chance = i + 1;
		pthread_create(&players[i].thread, NULL, run, &players[i]);
	}
}

static void join(struct player *players, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		pthread_join(players[i].thread, NULL);
}

TEST(nothing_is_lost)
{
	static const int reads[] = { 0 }, moves[] = { EEXIST, EINVAL, 0 };
	struct player writers[WRITERS], readers[READERS], mover;
	/* Before iommu_group_claim_dma_owner() only PCI devices can be stopped. */
	bool devices_stop = !kernel_before(5, 19);
	struct scene scene;

	ASSERT_OK(scene_open(&scene));
	race_start(&scene.race);
	start(&scene, readers, READERS, reader_main);
	if (devices_stop)
		start(&scene, &mover, 1, mover_main);
	start(&scene, writers, WRITERS, writer_main);
	join(writers, WRITERS);
	if (devices_stop)
		join(&mover, 1);
	join(readers, READERS);
	EXPECT_EQ(0, tally_check("read", &scene.reads, reads));
	EXPECT_EQ(0, tally_check("attach and detach", &scene.moves, moves));
	EXPECT_EQ(0, scene.lost);
	EXPECT_GT(scene.rounds, 0);
	for (unsigned int i = 0; i < WRITERS; i++)
		dev_release(&scene.devs[i]);
	close(scene.fd);
	EXPECT_TRUE(mock_is_content());
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
