// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of every kind in one context at once: two functions of one group, virtual
 * functions with groups of their own, the physical function that made them, and a mediated
 * device. All do their DMA at the same time, and all of their data is checked.
 */
#include "kselftest_harness.h"

#include <pthread.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "soft.h"
#include "stage.h"
#include "vfs.h"

SOFT_PROGRAM;

/* Each device has a stretch of IOVAs of its own, with the same things in it. */
#define BASE(i)		(0x10000000ULL + (i) * 0x1000000ULL)
#define SOURCE		0x0ULL
#define SINK		0x100000ULL
#define QUEUES		0x200000ULL
#define ROUNDS		8
/* Where a virtual function writes on the disk that all of them share. */
#define DISK(i)		((i) * 0x100000ULL)

enum {
	PAIR_A,
	PAIR_B,
	VIRTUAL_A,
	VIRTUAL_B,
	MEDIATED,
	NUM_DEVICES,
};

enum {
	SEED = 2000,
	SEED_CANARY = 9000,
};

struct mover {
	struct dev *dev;
	struct engine engine;
	struct nvme nvme;
	unsigned int which;
	/* Where its memory is mapped, and that memory. */
	__u32 space;
	__u64 base;
	char *source, *sink, *queues;
	bool good;
};

FIXTURE(mixed) {
	int fd;
	struct dev pair[2], soft;
	struct vfs vfs;
	struct mover device[NUM_DEVICES];
	__u64 locked, pinned;
};

static bool is_virtual(const struct mover *device)
{
	return device->which == VIRTUAL_A || device->which == VIRTUAL_B;
}

static int start_device(struct mover *device)
{
	if (device->which == PAIR_A || device->which == PAIR_B)
		return engine_open(&device->engine, device->dev);
	if (!is_virtual(device))
		return 0;
	return nvme_open(&device->nvme, device->dev->device, device->queues,
			 device->base + QUEUES) ?:
	       nvme_start_io(&device->nvme);
}

static void stop_device(struct mover *device)
{
	if (device->engine.dev)
		engine_close(&device->engine);
	nvme_close(&device->nvme);
}

/* The device moves a page from its source to its sink. */
static int move_once(struct mover *device)
{
	__u64 source = device->base + SOURCE, sink = device->base + SINK;
	struct nvme *nvme = &device->nvme;

	if (device->which == PAIR_A || device->which == PAIR_B)
		return engine_load(&device->engine, source) ?:
		       engine_store(&device->engine, sink);
	if (device->which == MEDIATED)
		return soft_copy(device->dev, MEDIATED_RW, source, sink, PAGE);
	return nvme_write(nvme, source, PAGE, DISK(device->which)) ?:
	       nvme_read(nvme, sink, PAGE, DISK(device->which));
}

/* What edu moves at a time is less than the others do. */
static size_t moved(const struct mover *device)
{
	return device->which <= PAIR_B ? DMA_LEN : PAGE;
}

static bool moves(struct mover *device, unsigned int seed)
{
	fill(device->source, PAGE, seed);
	memset(device->sink, 0, PAGE);
	return !move_once(device) &&
	       filled(device->sink, moved(device), seed) &&
	       filled(device->source, PAGE, seed);
}

static void *keep_moving(void *arg)
{
	struct mover *device = arg;

	device->good = true;
	for (unsigned int i = 0; i < ROUNDS && device->good; i++)
		device->good = moves(device, SEED + device->which * ROUNDS + i);
	return NULL;
}

/* All devices at once. Returns a bit for each that did not do it right. */
static unsigned int all_move(struct mover *device)
{
	pthread_t threads[NUM_DEVICES];
	unsigned int bad = 0;

	for (int i = 0; i < NUM_DEVICES; i++)
		pthread_create(&threads[i], NULL, keep_moving, &device[i]);
	for (int i = 0; i < NUM_DEVICES; i++) {
		pthread_join(threads[i], NULL);
		bad |= !device[i].good << i;
	}
	return bad;
}

static int map_memory(int fd, struct mover *device, __u32 space, __u64 base)
{
	device->space = space;
	device->base = base;
	return do_map(fd, space, device->source, PAGE, base + SOURCE,
		      IOASID_PROT_READ) ?:
	       do_map(fd, space, device->sink, PAGE, base + SINK, RW) ?:
	       do_map(fd, space, device->queues, NVME_MEMORY, base + QUEUES,
		      RW);
}

/* Memory of a device in a space, where the device then works. 0 or what went wrong. */
static int join_space(int fd, struct mover *device, __u32 space, __u64 base)
{
	return map_memory(fd, device, space, base) ?:
	       do_attach(fd, device->dev->id, space) ?: start_device(device);
}

/* One space for all, with memory of each in it. */
static int share_space(int fd, struct mover *device, __u32 *space)
{
	int err = do_alloc(fd, space);

	for (int i = 0; i < NUM_DEVICES && !err; i++)
		err = join_space(fd, &device[i], *space, BASE(i));
	return err;
}

FIXTURE_SETUP(mixed)
{
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	vfs_init(&self->vfs, self->fd);
	ASSERT_EQ(0, dev_claim(&self->pair[0], EDU_C0));
	ASSERT_EQ(0, dev_join(&self->pair[1], EDU_C1, &self->pair[0]));
	for (int i = 0; i < 2; i++)
		ASSERT_OK(dev_bind(&self->pair[i], self->fd));
	ASSERT_OK(soft_open(&self->soft, 0, NULL, self->fd));
	ASSERT_OK(vfs_open(&self->vfs));
	self->device[PAIR_A].dev = &self->pair[0];
	self->device[PAIR_B].dev = &self->pair[1];
	self->device[VIRTUAL_A].dev = &self->vfs.vf[0];
	self->device[VIRTUAL_B].dev = &self->vfs.vf[1];
	self->device[MEDIATED].dev = &self->soft;
	for (int i = 0; i < NUM_DEVICES; i++) {
		self->device[i].which = i;
		self->device[i].source = anon_populated(2 * PAGE + NVME_MEMORY);
		ASSERT_NE(NULL, self->device[i].source);
		self->device[i].sink = self->device[i].source + PAGE;
		self->device[i].queues = self->device[i].sink + PAGE;
	}
}

FIXTURE_TEARDOWN(mixed)
{
	for (int i = 0; i < NUM_DEVICES; i++)
		stop_device(&self->device[i]);
	vfs_close(&self->vfs);
	dev_release(&self->soft);
	dev_release(&self->pair[1]);
	dev_release(&self->pair[0]);
	close(self->fd);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

/* Whom each is with, and what it is. */
TEST_F(mixed, groups_and_intents)
{
	struct ioasid_device_info info[NUM_DEVICES], pf;

	for (int i = 0; i < NUM_DEVICES; i++) {
		ASSERT_OK(do_device_info(self->fd, self->device[i].dev->id,
					 &info[i]));
		EXPECT_EQ(i <= PAIR_B ? 2 : 1, info[i].num_members);
		EXPECT_EQ(self->device[i].dev->cookie, info[i].cookie);
		EXPECT_EQ(i == MEDIATED ? IOASID_INTENT_SOFTWARE :
					  IOASID_INTENT_RID, info[i].intent);
		for (int other = 0; other < i; other++)
			EXPECT_EQ(other == PAIR_A && i == PAIR_B,
				  info[i].group_id == info[other].group_id);
	}
	ASSERT_OK(do_device_info(self->fd, self->vfs.pf.id, &pf));
	EXPECT_EQ(1, pf.num_members);
	for (int i = 0; i < NUM_DEVICES; i++)
		EXPECT_NE(pf.group_id, info[i].group_id);
	EXPECT_STREQ(pf.iommu_name, info[VIRTUAL_A].iommu_name);
}

/* All in one space, each with memory of its own in it. */
TEST_F(mixed, in_one_space)
{
	struct ioasid_get_info info;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, &space));
	EXPECT_EQ(0, all_move(self->device));
	ASSERT_OK(do_get_info(self->fd, space, &info));
	EXPECT_EQ(NUM_DEVICES, info.num_devices);
	/* Those of hardware are behind one IOMMU. */
	EXPECT_EQ(1, info.num_domains);
}

/* The same IOVAs in five spaces: each reaches its own memory there. The pair has one. */
TEST_F(mixed, in_spaces_of_their_own)
{
	__u32 space[NUM_DEVICES], other;

	for (int i = 0; i < NUM_DEVICES; i++) {
		ASSERT_OK(do_alloc(self->fd, &space[i]));
		if (i == PAIR_B)
			space[i] = space[PAIR_A];
		ASSERT_OK(join_space(self->fd, &self->device[i], space[i],
				     BASE(i == PAIR_B)));
	}
	EXPECT_EQ(0, all_move(self->device));
	/* One by one they would see where another's data went. */
	for (int i = 0; i < NUM_DEVICES; i++) {
		for (int j = 0; j < NUM_DEVICES; j++)
			fill(self->device[j].sink, PAGE, SEED_CANARY + j);
		EXPECT_TRUE(moves(&self->device[i], SEED + i));
		for (int j = 0; j < NUM_DEVICES; j++)
			if (j != i)
				EXPECT_TRUE(filled(self->device[j].sink, PAGE,
						   SEED_CANARY + j));
	}
	ASSERT_OK(do_alloc(self->fd, &other));
	ASSERT_OK(do_detach(self->fd, self->pair[1].id));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(self->fd, self->pair[1].id, other));
}

/*
 * What one of them has is taken from memory by the next: from the disk by a virtual
 * function that did not write it, by the mediated device, and by both of the pair.
 */
TEST_F(mixed, hand_on)
{
	struct mover *device = self->device;
	char *page[5];
	__u32 space;

	ASSERT_OK(share_space(self->fd, device, &space));
	for (int i = 0; i < 5; i++) {
		page[i] = anon_populated(PAGE);
		ASSERT_NE(NULL, page[i]);
		ASSERT_OK(do_map(self->fd, space, page[i], PAGE, i * PAGE, RW));
	}
	fill(page[0], PAGE, SEED);
	ASSERT_EQ(0, nvme_write(&device[VIRTUAL_A].nvme, 0, PAGE, 0));
	ASSERT_EQ(0, nvme_read(&device[VIRTUAL_B].nvme, PAGE, PAGE, 0));
	EXPECT_TRUE(filled(page[1], PAGE, SEED));
	ASSERT_EQ(0, soft_copy(&self->soft, MEDIATED_PINNED, PAGE, 2 * PAGE,
			       PAGE));
	EXPECT_TRUE(filled(page[2], PAGE, SEED));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, engine_load(&device[i].engine, (2 + i) * PAGE));
		ASSERT_EQ(0, engine_store(&device[i].engine, (3 + i) * PAGE));
		EXPECT_TRUE(filled(page[3 + i], DMA_LEN, SEED));
	}
}

/* A virtual function says who it is by DMA; detached, it cannot, and the others can. */
TEST_F(mixed, one_leaves)
{
	struct mover *left = &self->device[VIRTUAL_A];
	struct nvme_identity identity;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, &space));
	for (int i = VIRTUAL_A; i <= VIRTUAL_B; i++) {
		ASSERT_EQ(0, nvme_identify(&self->device[i].nvme,
					   self->device[i].sink,
					   BASE(i) + SINK, &identity));
		EXPECT_EQ(0x1b36, identity.vendor);
		EXPECT_EQ(1 + i - VIRTUAL_A, identity.controller);
		EXPECT_STREQ("lab", identity.serial);
	}
	stop_device(left);
	ASSERT_OK(do_detach(self->fd, left->dev->id));
	fill(left->sink, PAGE, SEED_CANARY);
	fill(left->queues, NVME_MEMORY, SEED_CANARY);
	for (int i = 0; i < NUM_DEVICES; i++)
		if (&self->device[i] != left)
			EXPECT_TRUE(moves(&self->device[i], SEED + i));
	EXPECT_TRUE(filled(left->sink, PAGE, SEED_CANARY));
	EXPECT_TRUE(filled(left->queues, NVME_MEMORY, SEED_CANARY));
	/* It comes back, and works as before. */
	ASSERT_OK(do_attach(self->fd, left->dev->id, space));
	ASSERT_EQ(0, start_device(left));
	EXPECT_EQ(0, all_move(self->device));
}

/* Its virtual functions gone, their ids are dead; everything else goes on. */
TEST_F(mixed, virtual_functions_go)
{
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, &space));
	for (int i = VIRTUAL_A; i <= VIRTUAL_B; i++) {
		stop_device(&self->device[i]);
		dev_release(self->device[i].dev);
		EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
			       do_attach(self->fd, self->device[i].dev->id,
					 space));
	}
	ASSERT_EQ(0, vfs_remove(&self->vfs));
	for (int i = VIRTUAL_A; i <= VIRTUAL_B; i++)
		EXPECT_EQ(-1, iommu_group_of(self->device[i].dev->name));
	for (int i = 0; i < NUM_DEVICES; i++)
		if (!is_virtual(&self->device[i]))
			EXPECT_TRUE(moves(&self->device[i], SEED + i));
}

TEST_HARNESS_MAIN
