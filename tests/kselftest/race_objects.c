// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that use the same spaces and devices for everything at once: whatever they
 * do to each other, every refusal is a documented one, and in the end the counts are
 * right and everything can be freed.
 *
 *	race_objects [-d SECONDS] [arguments of the kselftest harness]
 */
#include "kselftest_harness.h"

#include <pthread.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "race.h"

#define THREADS		4
#define ROUNDS		4000
#define MOVES		1000
#define SPACES		3
#define DEVICES		3	/* one alone, and a pair in one group */
#define SLOTS		8	/* of a space, SLOT bytes apart */
#define SLOT		(16 * PAGE)
#define MEMORY		(8 * PAGE)

enum op {
	OP_ALLOC,
	OP_FREE,
	OP_MAP,
	OP_MAP_ANY,
	OP_UNMAP,
	OP_UNMAP_ALL,
	OP_ATTACH,
	OP_REPLACE,
	OP_DETACH,
	OP_REBIND,
	OP_INFO,
	OP_RANGES,
	OP_INTERSECT,
	NUM_OPS,
};

/*
 * How often each is drawn of 32, and what may come of it. ids may be freed at any
 * moment (ENOENT), so may a device's (while another thread rebinds it), and everything may
 * be taken.
 */
static const struct {
	const char *name;
	unsigned int weight;
	int allowed[6];
} ops[NUM_OPS] = {
	[OP_ALLOC] = { "alloc", 1, { 0 } },
	[OP_FREE] = { "free", 1, { ENOENT, EBUSY, 0 } },
	[OP_MAP] = { "map", 7, { ENOENT, EEXIST, 0 } },
	[OP_MAP_ANY] = { "map any", 2, { ENOENT, 0 } },
	[OP_UNMAP] = { "unmap", 6, { ENOENT, EINVAL, 0 } },
	[OP_UNMAP_ALL] = { "unmap all", 1, { ENOENT, 0 } },
	[OP_ATTACH] = { "attach", 4, { ENOENT, EEXIST, EBUSY, 0 } },
	[OP_REPLACE] = { "replace", 2, { ENOENT, EINVAL, 0 } },
	[OP_DETACH] = { "detach", 3, { ENOENT, EINVAL, 0 } },
	[OP_REBIND] = { "rebind", 1, { 0 } },
	[OP_INFO] = { "info", 2, { ENOENT, 0 } },
	[OP_RANGES] = { "ranges", 1, { ENOENT, EMSGSIZE, 0 } },
	[OP_INTERSECT] = { "intersect", 1, { ENOENT, EMSGSIZE, 0 } },
};

struct scene {
	struct race race;
	pthread_mutex_t alloc_lock;
	int fd;
	__u32 spaces[SPACES];
	struct dev devs[DEVICES];
	char *memory;
	struct tally tallies[NUM_OPS];
	__u64 locked;
};

struct player {
	pthread_t thread;
	struct scene *scene;
	unsigned int index;
	unsigned int chance;
};

static __u32 load_id(const __u32 *id)
{
	return __atomic_load_n(id, __ATOMIC_ACQUIRE);
}

static void store_id(__u32 *id, __u32 value)
{
	__atomic_store_n(id, value, __ATOMIC_RELEASE);
}

static enum op draw(unsigned int number)
{
	unsigned int op = 0;

	number %= 32;
	while (number >= ops[op].weight)
		number -= ops[op++].weight;
	return op;
}

/*
 * A space that is gone is replaced, so that there is always something to race for;
 * by one thread at a time, or the replacement of a replacement would be lost.
 */
static int play_alloc(struct scene *scene, __u32 *space)
{
	struct ioasid_get_info info;
	int err = 0;
	__u32 id;

	pthread_mutex_lock(&scene->alloc_lock);
	if (do_get_info(scene->fd, load_id(space), &info) == ENOENT) {
		err = do_alloc(scene->fd, &id);
		if (!err)
			store_id(space, id);
	}
	pthread_mutex_unlock(&scene->alloc_lock);
	return err;
}

/* Only its own player rebinds a device, or its id might be another's meanwhile. */
static int play_rebind(struct scene *scene, unsigned int player)
{
	struct dev *dev = &scene->devs[player];
	__u32 id;
	int err;

	if (player >= DEVICES)
		return 0;
	err = do_unbind(dev->container, scene->fd, dev->id);
	if (!err)
		err = do_bind(dev->container, scene->fd, dev->name, dev->cookie,
			      &id);
	if (!err)
		store_id(&dev->id, id);
	return err;
}

static int play_ranges(struct scene *scene, __u32 space)
{
	struct ioasid_iova_range ranges[2];
	__u32 num = ARRAY_SIZE(ranges);

	return do_iova_ranges(scene->fd, space, ranges, &num);
}

/* Of all devices, and what is told of one of them. */
static int play_intersect(struct scene *scene)
{
	struct ioasid_attachment attachments[1];
	struct ioasid_iova_range ranges[2];
	struct ioasid_group_member members[2];
	struct ioasid_device_intersect common;
	struct ioasid_device_info info = {
		.num_members = ARRAY_SIZE(members),
		.members = (uintptr_t)members,
		.num_attachments = ARRAY_SIZE(attachments),
		.attachments = (uintptr_t)attachments,
	};
	__u32 ids[DEVICES];
	int err;

	for (int i = 0; i < DEVICES; i++)
		ids[i] = load_id(&scene->devs[i].id);
	err = do_intersect(scene->fd, ids, DEVICES, &common, ranges,
			   ARRAY_SIZE(ranges));
	return err ? err : do_device_arrays(scene->fd, ids[0], &info);
}

static int play(struct player *player, enum op op, unsigned int number)
{
	struct scene *scene = player->scene;
	__u32 *space = &scene->spaces[number % SPACES];
	struct dev *dev = &scene->devs[number / 8 % DEVICES];
	__u64 iova = (1 + number / 64 % SLOTS) * SLOT, bytes;
	__u64 length = (1 + number / 512 % 8) * PAGE;
	struct ioasid_get_info info;

	switch (op) {
	case OP_ALLOC:
		return play_alloc(scene, space);
	case OP_FREE:
		return do_free(scene->fd, load_id(space));
	case OP_MAP:
		return do_map(scene->fd, load_id(space), scene->memory, length,
			      iova, RW);
	case OP_MAP_ANY:
		return do_map_any(scene->fd, load_id(space), scene->memory,
				  length, &iova, RW);
	case OP_UNMAP:
		return do_unmap(scene->fd, load_id(space), iova,
				number & 4096 ? 4 * SLOT : length);
	case OP_UNMAP_ALL:
		return do_unmap_all(scene->fd, load_id(space), &bytes);
	case OP_ATTACH:
		return do_attach(scene->fd, load_id(&dev->id), load_id(space));
	case OP_REPLACE:
		return do_replace(scene->fd, load_id(&dev->id), load_id(space));
	case OP_DETACH:
		return do_detach(scene->fd, load_id(&dev->id));
	case OP_REBIND:
		return play_rebind(scene, player->index);
	case OP_INFO:
		return do_get_info(scene->fd, load_id(space), &info);
	case OP_RANGES:
		return play_ranges(scene, load_id(space));
	case OP_INTERSECT:
		return play_intersect(scene);
	case NUM_OPS:
		break;
	}
	return 0;
}

static void *player_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;

	for (int i = 0; i < ROUNDS && !race_over(&scene->race); i++) {
		unsigned int number = race_random(&player->chance) >> 3;
		enum op op = draw(race_random(&player->chance) >> 3);

		tally_add(&scene->tallies[op], play(player, op, number));
	}
	return NULL;
}

FIXTURE(objects) {
	struct scene scene;
};

FIXTURE_SETUP(objects)
{
	struct scene *scene = &self->scene;

	pthread_mutex_init(&scene->alloc_lock, NULL);
	scene->locked = locked_bytes(0);
	scene->memory = anon_populated(MEMORY);
	ASSERT_NE(NULL, scene->memory);
	scene->fd = ctx_open();
	ASSERT_GE(scene->fd, 0);
	for (int i = 0; i < SPACES; i++)
		ASSERT_OK(do_alloc(scene->fd, &scene->spaces[i]));
	ASSERT_EQ(0, dev_claim(&scene->devs[0], EDU_A));
	ASSERT_EQ(0, dev_claim(&scene->devs[1], EDU_C0));
	ASSERT_EQ(0, dev_join(&scene->devs[2], EDU_C1, &scene->devs[1]));
	for (int i = 0; i < DEVICES; i++)
		ASSERT_OK(dev_bind(&scene->devs[i], scene->fd));
}

FIXTURE_TEARDOWN(objects)
{
	for (int i = DEVICES - 1; i >= 0; i--)
		dev_release(&self->scene.devs[i]);
	close(self->scene.fd);
}

/* The id of a freed space may be that of a new one, which another slot has. */
static bool is_repeated(const struct scene *scene, int slot)
{
	for (int i = 0; i < slot; i++)
		if (scene->spaces[i] == scene->spaces[slot])
			return true;
	return false;
}

/* What every space says about itself agrees with what the others say about it. */
static void check_counts(struct __test_metadata *_metadata,
			 struct scene *scene)
{
	__u64 mapped = 0;

	for (int i = 0; i < SPACES; i++) {
		struct ioasid_get_info info;
		unsigned int devices = 0;
		int err = do_get_info(scene->fd, scene->spaces[i], &info);

		if (err == ENOENT || is_repeated(scene, i))
			continue;
		ASSERT_EQ(0, err);
		for (int j = 0; j < DEVICES; j++)
			devices += attached_to(scene->fd, scene->devs[j].id) ==
				   scene->spaces[i];
		EXPECT_EQ(devices, info.num_devices);
		EXPECT_EQ(!!devices, !!info.num_domains);
		EXPECT_LE(info.num_areas, info.mapped_bytes / PAGE);
		mapped += info.mapped_bytes;
	}
	EXPECT_EQ(scene->locked + mapped, locked_bytes(0));
}

static void free_everything(struct __test_metadata *_metadata,
			    struct scene *scene)
{
	for (int i = 0; i < DEVICES; i++) {
		__u32 id = scene->devs[i].id;

		ASSERT_NE(~0U, attached_to(scene->fd, id));
		if (attached_to(scene->fd, id))
			EXPECT_OK(do_detach(scene->fd, id));
		EXPECT_OK(do_unbind(scene->devs[i].container, scene->fd, id));
	}
	for (int i = 0; i < SPACES; i++) {
		__u64 mapped = mapped_bytes(scene->fd, scene->spaces[i]);
		__u64 bytes;

		if (mapped == ~0ULL)
			continue;
		EXPECT_OK(do_unmap_all(scene->fd, scene->spaces[i], &bytes));
		EXPECT_EQ(mapped, bytes);
		EXPECT_EQ(0, num_areas(scene->fd, scene->spaces[i]));
		EXPECT_OK(do_free(scene->fd, scene->spaces[i]));
	}
	EXPECT_EQ(scene->locked, locked_bytes(0));
	for (__u32 id = 1; id < 64; id++)
		EXPECT_EQ(ENOENT, do_free(scene->fd, id));
}

/* The device still does DMA where it should. */
static void check_dma(struct __test_metadata *_metadata, struct scene *scene)
{
	struct engine engine;
	__u32 space;

	ASSERT_OK(do_alloc(scene->fd, &space));
	ASSERT_OK(do_map(scene->fd, space, scene->memory, 2 * PAGE, 0, RW));
	ASSERT_OK(dev_bind(&scene->devs[0], scene->fd));
	ASSERT_OK(do_attach(scene->fd, scene->devs[0].id, space));
	ASSERT_EQ(0, engine_open(&engine, &scene->devs[0]));
	EXPECT_TRUE(engine_works(&engine, scene->memory, 0,
				 scene->memory + PAGE, PAGE, 900));
	engine_close(&engine);
}

TEST_F_TIMEOUT(objects, everyone_uses_everything, 100)
{
	struct scene *scene = &self->scene;
	struct player players[THREADS];

	race_start(&scene->race);
	for (unsigned int i = 0; i < THREADS; i++) {
		players[i].scene = scene;
		players[i].index = i;
		players[i].chance = 12345 + i * 7919;
		ASSERT_EQ(0, pthread_create(&players[i].thread, NULL, player_main,
					    &players[i]));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(players[i].thread, NULL);
	for (int op = 0; op < NUM_OPS; op++) {
		EXPECT_EQ(0, tally_check(ops[op].name, &scene->tallies[op],
					 ops[op].allowed));
		EXPECT_GT(scene->tallies[op].count[0], 0)
			TH_LOG("%s never worked", ops[op].name);
	}
	check_counts(_metadata, scene);
	free_everything(_metadata, scene);
	check_dma(_metadata, scene);
}

/* Maps and unmaps in a space, whoever is attached to it. */
static void *mapper_main(void *arg)
{
	struct player *player = arg;
	struct scene *scene = player->scene;
	__u32 space = scene->spaces[player->index];

	while (!race_over(&scene->race)) {
		tally_add(&scene->tallies[OP_MAP],
			  do_map(scene->fd, space, scene->memory, PAGE, SLOT, RW));
		tally_add(&scene->tallies[OP_UNMAP],
			  do_unmap(scene->fd, space, SLOT, PAGE));
	}
	return NULL;
}

/*
 * VT-d's driver of 6.1 forgets who is attached to a domain while another CPU maps in it, if
 * it is let: what it then reads is free memory. A kernel that poisons that finds out.
 */
TEST_F_TIMEOUT(objects, moves_between_spaces_that_are_mapped, 100)
{
	static const int nothing[] = { 0 };
	struct scene *scene = &self->scene;
	__u32 device = scene->devs[0].id;
	struct player players[2];

	ASSERT_OK(do_attach(scene->fd, device, scene->spaces[0]));
	race_start(&scene->race);
	for (unsigned int i = 0; i < 2; i++) {
		players[i].scene = scene;
		players[i].index = i;
		ASSERT_EQ(0, pthread_create(&players[i].thread, NULL, mapper_main,
					    &players[i]));
	}
	for (int i = 1; i < MOVES && !race_over(&scene->race); i++)
		EXPECT_OK(do_replace(scene->fd, device, scene->spaces[i % 2]));
	race_stop(&scene->race);
	for (int i = 0; i < 2; i++)
		pthread_join(players[i].thread, NULL);
	EXPECT_EQ(0, tally_check("map", &scene->tallies[OP_MAP], nothing));
	EXPECT_EQ(0, tally_check("unmap", &scene->tallies[OP_UNMAP], nothing));
	check_counts(_metadata, scene);
	free_everything(_metadata, scene);
	check_dma(_metadata, scene);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
