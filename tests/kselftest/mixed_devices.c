// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of every kind in one context at once: two functions of one group, a mediated
 * device, virtual functions with groups of their own, and the physical functions that made
 * them. All do their DMA at the same time, and all of their data is checked.
 *
 * The virtual functions are those of an NVMe controller and, on the machine that is meant
 * to have one and says so by TEST_IGB, of a network controller.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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
	MEDIATED,
	DISK_A,
	DISK_B,
	NET_A,
	NET_B,
	NUM_DEVICES,
};

enum {
	SEED = 2000,
	SEED_OTHER = 8000,
	SEED_SECRET = 8100,
	SEED_CANARY = 9000,
};

struct mover {
	struct dev *dev;
	struct engine engine;
	struct nvme nvme;
	struct igb igb;
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
	struct vfs disk, net;
	struct mover device[NUM_DEVICES];
	int num;	/* of them that are there */
	__u64 locked, pinned;
};

static bool is_pair(const struct mover *device)
{
	return device->which == PAIR_A || device->which == PAIR_B;
}

static bool is_disk(const struct mover *device)
{
	return device->which == DISK_A || device->which == DISK_B;
}

static bool is_net(const struct mover *device)
{
	return device->which == NET_A || device->which == NET_B;
}

static bool is_virtual(const struct mover *device)
{
	return is_disk(device) || is_net(device);
}

static int start_disk(struct mover *device)
{
	return nvme_open(&device->nvme, device->dev->device, device->queues,
			 device->base + QUEUES) ?:
	       nvme_start_io(&device->nvme);
}

static int start_device(struct mover *device)
{
	if (is_pair(device))
		return engine_open(&device->engine, device->dev);
	if (is_disk(device))
		return start_disk(device);
	if (is_net(device))
		return igb_open(&device->igb, device->dev->device,
				device->which - NET_A, device->queues,
				device->base + QUEUES);
	return 0;
}

static void stop_device(struct mover *device)
{
	if (device->engine.dev)
		engine_close(&device->engine);
	nvme_close(&device->nvme);
	igb_close(&device->igb);
}

/* The device moves a page from its source to its sink. */
static int move_once(struct mover *device)
{
	__u64 source = device->base + SOURCE, sink = device->base + SINK;
	struct nvme *nvme = &device->nvme;

	if (is_pair(device))
		return engine_load(&device->engine, source) ?:
		       engine_store(&device->engine, sink);
	if (is_disk(device))
		return nvme_write(nvme, source, PAGE, DISK(device->which)) ?:
		       nvme_read(nvme, sink, PAGE, DISK(device->which));
	if (is_net(device))
		return igb_move(&device->igb, source, &device->igb, sink, PAGE);
	return soft_copy(device->dev, MEDIATED_RW, source, sink, PAGE);
}

/* What edu moves at a time is less than the others do. */
static size_t moved(const struct mover *device)
{
	return is_pair(device) ? DMA_LEN : PAGE;
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
static unsigned int all_move(struct mover *device, int num)
{
	pthread_t threads[NUM_DEVICES];
	unsigned int bad = 0;

	for (int i = 0; i < num; i++)
		pthread_create(&threads[i], NULL, keep_moving, &device[i]);
	for (int i = 0; i < num; i++) {
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
static int share_space(int fd, struct mover *device, int num, __u32 *space)
{
	int err = do_alloc(fd, space);

	for (int i = 0; i < num && !err; i++)
		err = join_space(fd, &device[i], *space, BASE(i));
	return err;
}

FIXTURE_SETUP(mixed)
{
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	vfs_init(&self->disk, &vfs_nvme, self->fd);
	vfs_init(&self->net, &vfs_igb, self->fd);
	ASSERT_EQ(0, dev_claim(&self->pair[0], EDU_C0));
	ASSERT_EQ(0, dev_join(&self->pair[1], EDU_C1, &self->pair[0]));
	for (int i = 0; i < 2; i++)
		ASSERT_OK(dev_bind(&self->pair[i], self->fd));
	ASSERT_OK(soft_open(&self->soft, 0, NULL, self->fd));
	ASSERT_OK(vfs_open(&self->disk));
	self->num = NET_A;
	if (getenv("TEST_IGB")) {
		ASSERT_OK(vfs_open(&self->net));
		self->num = NUM_DEVICES;
	}
	for (int i = 0; i < 2; i++) {
		self->device[PAIR_A + i].dev = &self->pair[i];
		self->device[DISK_A + i].dev = &self->disk.vf[i];
		self->device[NET_A + i].dev = &self->net.vf[i];
	}
	self->device[MEDIATED].dev = &self->soft;
	for (int i = 0; i < self->num; i++) {
		self->device[i].which = i;
		self->device[i].source = anon_populated(2 * PAGE + NVME_MEMORY);
		ASSERT_NE(NULL, self->device[i].source);
		self->device[i].sink = self->device[i].source + PAGE;
		self->device[i].queues = self->device[i].sink + PAGE;
	}
}

FIXTURE_TEARDOWN(mixed)
{
	for (int i = 0; i < self->num; i++)
		stop_device(&self->device[i]);
	vfs_close(&self->net);
	vfs_close(&self->disk);
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

	for (int i = 0; i < self->num; i++) {
		ASSERT_OK(do_device_info(self->fd, self->device[i].dev->id,
					 &info[i]));
		EXPECT_EQ(is_pair(&self->device[i]) ? 2 : 1,
			  info[i].num_members);
		EXPECT_EQ(self->device[i].dev->cookie, info[i].cookie);
		EXPECT_EQ(i == MEDIATED ? IOASID_INTENT_SOFTWARE :
					  IOASID_INTENT_RID, info[i].intent);
		for (int other = 0; other < i; other++)
			EXPECT_EQ(other == PAIR_A && i == PAIR_B,
				  info[i].group_id == info[other].group_id);
	}
	for (int kind = DISK_A; kind < self->num; kind += 2) {
		ASSERT_OK(do_device_info(self->fd, kind == DISK_A ?
					 self->disk.pf.id : self->net.pf.id,
					 &pf));
		EXPECT_EQ(1, pf.num_members);
		for (int i = 0; i < self->num; i++)
			EXPECT_NE(pf.group_id, info[i].group_id);
		EXPECT_STREQ(pf.iommu_name, info[kind].iommu_name);
	}
}

/* All in one space, each with memory of its own in it. */
TEST_F(mixed, in_one_space)
{
	struct ioasid_get_info info;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, self->num, &space));
	EXPECT_EQ(0, all_move(self->device, self->num));
	ASSERT_OK(do_get_info(self->fd, space, &info));
	EXPECT_EQ(self->num, info.num_devices);
	/* Those of hardware are behind one IOMMU. */
	EXPECT_EQ(1, info.num_domains);
}

/* The same IOVAs in many spaces: each reaches its own memory there. The pair has one. */
TEST_F(mixed, in_spaces_of_their_own)
{
	__u32 space[NUM_DEVICES], other;

	for (int i = 0; i < self->num; i++) {
		ASSERT_OK(do_alloc(self->fd, &space[i]));
		if (i == PAIR_B)
			space[i] = space[PAIR_A];
		ASSERT_OK(join_space(self->fd, &self->device[i], space[i],
				     BASE(i == PAIR_B)));
	}
	EXPECT_EQ(0, all_move(self->device, self->num));
	/* One by one they would see where another's data went. */
	for (int i = 0; i < self->num; i++) {
		for (int j = 0; j < self->num; j++)
			fill(self->device[j].sink, PAGE, SEED_CANARY + j);
		EXPECT_TRUE(moves(&self->device[i], SEED + i));
		for (int j = 0; j < self->num; j++)
			if (j != i)
				EXPECT_TRUE(filled(self->device[j].sink, PAGE,
						   SEED_CANARY + j));
	}
	ASSERT_OK(do_alloc(self->fd, &other));
	ASSERT_OK(do_detach(self->fd, self->pair[1].id));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(self->fd, self->pair[1].id, other));
}

/* Told to use what is not mapped, or no longer, a device does not get at it. */
TEST_F(mixed, unmapped_is_not_reached)
{
	struct mover *device;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, self->num, &space));
	for (int i = 0; i < self->num; i++) {
		device = &self->device[i];
		EXPECT_TRUE(moves(device, SEED + i));
		ASSERT_OK(do_unmap(self->fd, space, BASE(i) + SINK, PAGE));
		fill(device->source, PAGE, SEED_OTHER);
		fill(device->sink, PAGE, SEED_CANARY);
		/* Not all of them are told that it was for nothing. */
		move_once(device);
		EXPECT_TRUE(filled(device->sink, PAGE, SEED_CANARY));

		ASSERT_OK(do_map(self->fd, space, device->sink, PAGE,
				 BASE(i) + SINK, RW));
		ASSERT_OK(do_unmap(self->fd, space, BASE(i) + SOURCE, PAGE));
		fill(device->source, PAGE, SEED_SECRET);
		/* A device can take what it must not read for zeroes. */
		move_once(device);
		EXPECT_FALSE(filled(device->sink, moved(device), SEED_SECRET));

		ASSERT_OK(do_map(self->fd, space, device->source, PAGE,
				 BASE(i) + SOURCE, IOASID_PROT_READ));
		EXPECT_TRUE(moves(device, SEED + i));
	}
}

/*
 * What one of them has is taken from memory by the next: from the disk by a virtual
 * function that did not write it, by the mediated device, by both of the pair, and from
 * one virtual function of the network by the other, both ways.
 */
TEST_F(mixed, hand_on)
{
	struct mover *device = self->device;
	char *page[7];
	__u32 space;

	ASSERT_OK(share_space(self->fd, device, self->num, &space));
	for (int i = 0; i < 7; i++) {
		page[i] = anon_populated(PAGE);
		ASSERT_NE(NULL, page[i]);
		ASSERT_OK(do_map(self->fd, space, page[i], PAGE, i * PAGE, RW));
	}
	fill(page[0], PAGE, SEED);
	ASSERT_EQ(0, nvme_write(&device[DISK_A].nvme, 0, PAGE, 0));
	ASSERT_EQ(0, nvme_read(&device[DISK_B].nvme, PAGE, PAGE, 0));
	EXPECT_TRUE(filled(page[1], PAGE, SEED));
	ASSERT_EQ(0, soft_copy(&self->soft, MEDIATED_PINNED, PAGE, 2 * PAGE,
			       PAGE));
	EXPECT_TRUE(filled(page[2], PAGE, SEED));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, engine_load(&device[i].engine, (2 + i) * PAGE));
		ASSERT_EQ(0, engine_store(&device[i].engine, (3 + i) * PAGE));
		EXPECT_TRUE(filled(page[3 + i], DMA_LEN, SEED));
	}
	for (int i = NET_A; i < self->num; i++) {
		int to = 5 + i - NET_A, from = i == NET_A ? 2 : 5;

		ASSERT_EQ(0, igb_move(&device[i].igb, from * PAGE,
				      &device[NET_A + NET_B - i].igb,
				      to * PAGE, PAGE));
		EXPECT_TRUE(filled(page[to], PAGE, SEED));
	}
}

/* A virtual function of the disk says who it is by DMA. */
TEST_F(mixed, who_they_are)
{
	struct nvme_identity identity;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, self->num, &space));
	for (int i = DISK_A; i <= DISK_B; i++) {
		ASSERT_EQ(0, nvme_identify(&self->device[i].nvme,
					   self->device[i].sink,
					   BASE(i) + SINK, &identity));
		EXPECT_EQ(0x1b36, identity.vendor);
		EXPECT_EQ(1 + i - DISK_A, identity.controller);
		EXPECT_STREQ("lab", identity.serial);
	}
}

/* A virtual function that is detached reaches nothing, and the others go on. */
TEST_F(mixed, one_leaves)
{
	struct mover *left;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, self->num, &space));
	for (int which = DISK_A; which < self->num; which += 2) {
		left = &self->device[which];
		stop_device(left);
		ASSERT_OK(do_detach(self->fd, left->dev->id));
		fill(left->sink, PAGE, SEED_CANARY);
		fill(left->queues, NVME_MEMORY, SEED_CANARY);
		for (int i = 0; i < self->num; i++)
			if (i != which)
				EXPECT_TRUE(moves(&self->device[i], SEED + i));
		EXPECT_TRUE(filled(left->sink, PAGE, SEED_CANARY));
		EXPECT_TRUE(filled(left->queues, NVME_MEMORY, SEED_CANARY));
		/* It comes back, and works as before. */
		ASSERT_OK(do_attach(self->fd, left->dev->id, space));
		ASSERT_EQ(0, start_device(left));
		EXPECT_EQ(0, all_move(self->device, self->num));
	}
}

/* It is not stopped before, and does not know; what it is told to do then is refused. */
TEST_F(mixed, detached_while_it_runs)
{
	struct mover *left;
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, self->num, &space));
	for (int i = 0; i < self->num; i++) {
		left = &self->device[i];
		/* Of the pair the other one stays; the disks do not answer. */
		if (is_pair(left) || is_disk(left))
			continue;
		EXPECT_TRUE(moves(left, SEED));
		ASSERT_OK(do_detach(self->fd, left->dev->id));
		fill(left->sink, PAGE, SEED_CANARY);
		EXPECT_NE(0, move_once(left));
		EXPECT_TRUE(filled(left->sink, PAGE, SEED_CANARY));
		ASSERT_OK(do_attach(self->fd, left->dev->id, space));
		/* What it could not read counts as the beginning of the next frame. */
		move_once(left);
		EXPECT_TRUE(moves(left, SEED + 1));
	}
}

/* Virtual functions gone, their ids are dead; everything else goes on. */
TEST_F(mixed, virtual_functions_go)
{
	__u32 space;

	ASSERT_OK(share_space(self->fd, self->device, self->num, &space));
	for (int i = DISK_A; i < self->num; i++) {
		stop_device(&self->device[i]);
		dev_release(self->device[i].dev);
		EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
			       do_attach(self->fd, self->device[i].dev->id,
					 space));
	}
	ASSERT_EQ(0, vfs_remove(&self->disk));
	if (self->num > NET_A)
		ASSERT_EQ(0, vfs_remove(&self->net));
	for (int i = DISK_A; i < self->num; i++)
		EXPECT_EQ(-1, iommu_group_of(self->device[i].dev->name));
	for (int i = 0; i < self->num; i++)
		if (!is_virtual(&self->device[i]))
			EXPECT_TRUE(moves(&self->device[i], SEED + i));
}

TEST_HARNESS_MAIN
