// SPDX-License-Identifier: GPL-2.0
/*
 * The orders of crew.h, and how each of them may end. Used by crew.c.
 */
#define _GNU_SOURCE
#include "crew_play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pass.h"

#define LARGE		(48 * MIB)	/* several threads pin it */
#define LARGE_IOVA	0x100000000ULL
#define BATCH		3

struct player {
	struct crew_hand *hand;
	char *large;		/* LARGE bytes of its own */
	__u64 large_iova;
	unsigned int chance;
};

/* What one order is about, drawn anew for each. */
struct subject {
	__u32 *space;
	__u32 target;		/* the space, or the one nobody frees */
	struct dev *dev;
	__u32 *device;
	__u32 *memory;
	char *va;
	__u64 iova, length;
	unsigned int number;	/* for the rest */
};

__u32 crew_load(const __u32 *id)
{
	return __atomic_load_n(id, __ATOMIC_ACQUIRE);
}

void crew_store(__u32 *id, __u32 value)
{
	__atomic_store_n(id, value, __ATOMIC_RELEASE);
}

static unsigned int draw(struct player *player)
{
	return race_random(&player->chance) >> 3;
}

static struct subject draw_subject(struct player *player)
{
	struct crew_hand *hand = player->hand;
	struct crew_log *log = hand->log;
	unsigned int number = draw(player);
	unsigned int device = draw(player) % CREW_DEVICES;
	struct subject subject = {
		.space = &log->spaces[number % CREW_SPACES],
		.dev = &hand->devs[device],
		.device = &log->devices[device],
		.memory = &log->memories[draw(player) % CREW_MEMORIES],
		.iova = (1 + number / 16 % CREW_SLOTS) * CREW_SLOT,
		.length = (1 + number / 256 % 8) * PAGE,
		.va = hand->memory,
		.number = draw(player),
	};

	subject.target = number / 4096 % 3 ? crew_load(subject.space) :
					     log->harbour;
	if (number / 32768 % 4)
		return subject;
	subject.va = log->reached;
	subject.length = (1 + number / 256 % CREW_CANARIES) * PAGE;
	return subject;
}

/*
 * A device's id that is no more may be a space's when somebody comes to free it: then the
 * space is gone, and nobody knows.
 */
static bool space_is_there(struct player *player, __u32 *space)
{
	struct ioasid_get_info info;
	__u32 id = crew_load(space);

	if (id == CREW_NOTHING)
		return false;
	if (do_get_info(player->hand->fd, id, &info) != ENOENT)
		return true;
	__atomic_compare_exchange_n(space, &id, CREW_NOTHING, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
	return false;
}

/* A space or registration that is there is left alone, so that no id is ever lost. */
static int play_alloc(struct player *player, struct subject *subject)
{
	__u32 expected = CREW_NOTHING, id;
	int err;

	if (space_is_there(player, subject->space))
		return 0;
	err = do_alloc_granule(player->hand->fd,
			       subject->number & 1 ? PAGE : 0, &id);
	if (err)
		return err;
	if (__atomic_compare_exchange_n(subject->space, &expected, id, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return 0;
	return do_free(player->hand->fd, id);
}

static int play_free(struct player *player, struct subject *subject)
{
	__u32 id = crew_load(subject->space);
	int err = do_free(player->hand->fd, id);

	if (!err)
		__atomic_compare_exchange_n(subject->space, &id, CREW_NOTHING, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	return err;
}

static int play_map_any(struct player *player, struct subject *subject)
{
	__u64 iova;

	return do_map_any(player->hand->fd, subject->target, subject->va,
			  subject->length, &iova, RW);
}

/* Memory that is not there yet, until it is mapped. */
static int play_map_large(struct player *player, struct subject *subject)
{
	int fd = player->hand->fd;
	__u64 length = LARGE - subject->number % 1024 * PAGE;
	int err = do_map(fd, subject->target, player->large, length,
			 player->large_iova, RW);

	if (!err && subject->number & 1)
		do_unmap(fd, subject->target, player->large_iova, length);
	madvise(player->large, LARGE, MADV_DONTNEED);
	return err;
}

static int play_batch(struct player *player, struct subject *subject)
{
	struct ioasid_map_entry entries[BATCH];
	__u32 done;

	for (unsigned int i = 0; i < BATCH; i++)
		entries[i] = (struct ioasid_map_entry){
			.user_va = (uintptr_t)subject->va,
			.length = PAGE,
			.iova = subject->iova + i * 2 * PAGE,
			.prot = RW,
			.flags = i ? IOASID_MAP_FIXED : 0,
		};
	return do_batch(player->hand->fd, subject->target, entries, BATCH, &done);
}

static int play_copy(struct player *player, struct subject *subject)
{
	int fd = player->hand->fd;
	__u64 iova = (1 + subject->number % CREW_SLOTS) * CREW_SLOT;

	if (subject->number / 64 & 1)
		return do_copy_memory(fd, -1, crew_load(subject->memory), 0,
				      subject->target, PAGE, iova, RW);
	return do_copy_space(fd, -1, crew_load(subject->space), subject->iova,
			     subject->target, PAGE, iova, RW);
}

static int play_unmap_all(struct player *player, struct subject *subject)
{
	__u64 bytes;

	return do_unmap_all(player->hand->fd, crew_load(subject->space), &bytes);
}

static int play_register(struct player *player, struct subject *subject)
{
	int fd = player->hand->fd;
	__u32 expected = CREW_NOTHING, id;
	int err;

	if (crew_load(subject->memory) != CREW_NOTHING)
		return 0;
	err = do_register(fd, subject->va, subject->length, RW, &id);
	if (err)
		return err;
	if (__atomic_compare_exchange_n(subject->memory, &expected, id, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return 0;
	return do_unregister(fd, id);
}

static int play_unregister(struct player *player, struct subject *subject)
{
	int err = do_unregister(player->hand->fd, crew_load(subject->memory));

	if (!err)
		crew_store(subject->memory, CREW_NOTHING);
	return err;
}

static int play_bind(struct player *player, struct subject *subject)
{
	struct dev *dev = subject->dev;
	__u32 id;
	int err = do_bind(dev->container, player->hand->fd, dev->name,
			  dev->cookie, &id);

	if (!err)
		crew_store(subject->device, id);
	return err;
}

static int play_unbind(struct player *player, struct subject *subject)
{
	__u32 id = crew_load(subject->device);

	if (subject->number & 1)
		return do_free(player->hand->fd, id);
	return do_unbind(subject->dev->container, player->hand->fd, id);
}

/* The pair's group leaves its container, which then has no backend, and comes back. */
static int play_leave(struct player *player, struct subject *subject)
{
	struct crew_hand *hand = player->hand;
	struct dev *dev = &hand->devs[EDU_C0];
	int err;

	(void)subject;
	if (pthread_mutex_trylock(&hand->leaving))
		return 0;
	err = group_unset(dev->group);
	do_free(hand->fd, crew_load(&hand->log->devices[EDU_C0]));
	do_free(hand->fd, crew_load(&hand->log->devices[EDU_C1]));
	err = err ? err : group_set(dev->group, dev->container);
	err = err ? err : container_use(dev->container, VFIO_IOASID_IOMMU);
	pthread_mutex_unlock(&hand->leaving);
	return err;
}

static int play_info(struct player *player, struct subject *subject)
{
	struct ioasid_get_info info;
	struct ioasid_device_info device;
	struct ioasid_iova_range ranges[4];
	__u32 num = 4;

	switch (subject->number % 3) {
	case 0:
		return do_get_info(player->hand->fd, subject->target, &info);
	case 1:
		return do_device_info(player->hand->fd,
				      crew_load(subject->device), &device);
	default:
		return do_iova_ranges(player->hand->fd, subject->target, ranges,
				      &num);
	}
}

static int play_dirty(struct player *player, struct subject *subject)
{
	__u64 bits[1] = { 0 };
	struct ioasid_dirty_read read = {
		.flags = subject->number & 4 ? IOASID_DIRTY_NO_CLEAR : 0,
		.iova = subject->iova,
		.length = 64 * PAGE,
		.page_size = PAGE,
		.bitmap = (uintptr_t)bits,
		.bitmap_size = sizeof(bits),
	};

	if (subject->number & 1)
		return do_dirty_set(player->hand->fd, subject->target,
				    subject->number & 2);
	return do_dirty_read(player->hand->fd, subject->target, &read);
}

static int play_dup(struct player *player, struct subject *subject)
{
	int again = dup(player->hand->fd);
	int err;

	if (again < 0)
		return errno;
	err = do_map(again, subject->target, subject->va, PAGE, subject->iova,
		     IOASID_PROT_READ);
	close(again);
	return err;
}

static int play_pass(struct player *player, struct subject *subject)
{
	(void)subject;
	return crew_send(player->hand->socket, player->hand->fd, MSG_DONTWAIT);
}

static int play_map(struct player *player, struct subject *subject)
{
	return do_map(player->hand->fd, subject->target, subject->va,
		      subject->length, subject->iova, RW);
}

static int play_map_file(struct player *player, struct subject *subject)
{
	return do_map_file(player->hand->fd, subject->target, player->hand->file,
			   0, subject->length, subject->iova, RW);
}

static int play_unmap(struct player *player, struct subject *subject)
{
	return do_unmap(player->hand->fd, subject->target, subject->iova,
			subject->number & 1 ? 4 * CREW_SLOT : subject->length);
}

static int play_attach(struct player *player, struct subject *subject)
{
	return do_attach(player->hand->fd, crew_load(subject->device),
			 subject->target);
}

static int play_replace(struct player *player, struct subject *subject)
{
	return do_replace(player->hand->fd, crew_load(subject->device),
			  subject->target);
}

static int play_detach(struct player *player, struct subject *subject)
{
	return do_detach(player->hand->fd, crew_load(subject->device));
}

/*
 * How often each is drawn, who may, and how it may end. Any id may be gone at any moment
 * (ENOENT), also that of a device (ENODEV: its group has left), and the processes are
 * halted now and then, which interrupts what takes long (EINTR).
 */
static const struct {
	const char *name;
	unsigned int weight;
	bool captains;
	int (*play)(struct player *player, struct subject *subject);
	int allowed[9];
} orders[CREW_ORDERS] = {
	[ORDER_ALLOC] = { "alloc", 3, false, play_alloc, { 0 } },
	[ORDER_FREE] = { "free", 1, false, play_free, { ENOENT, EBUSY, 0 } },
	[ORDER_MAP] = { "map", 8, false, play_map, { ENOENT, EEXIST, EINTR, 0 } },
	[ORDER_MAP_ANY] = { "map any", 2, false, play_map_any,
			    { ENOENT, EINTR, 0 } },
	[ORDER_MAP_LARGE] = { "map large", 1, false, play_map_large,
			      { ENOENT, EEXIST, EINTR, 0 } },
	[ORDER_MAP_FILE] = { "map file", 2, false, play_map_file,
			     { ENOENT, EEXIST, EINTR, 0 } },
	[ORDER_BATCH] = { "batch", 2, false, play_batch,
			  { ENOENT, EEXIST, EINTR, 0 } },
	[ORDER_COPY] = { "copy", 3, false, play_copy,
			 { ENOENT, EEXIST, EINVAL, EACCES, EINTR, 0 } },
	[ORDER_UNMAP] = { "unmap", 8, false, play_unmap, { ENOENT, EINVAL, 0 } },
	[ORDER_UNMAP_ALL] = { "unmap all", 1, false, play_unmap_all,
			      { ENOENT, 0 } },
	[ORDER_REGISTER] = { "register", 1, false, play_register,
			     { EINTR, 0 } },
	[ORDER_UNREGISTER] = { "unregister", 1, false, play_unregister,
			       { ENOENT, EBUSY, 0 } },
	[ORDER_ATTACH] = { "attach", 6, false, play_attach,
			   { ENOENT, ENODEV, EEXIST, EBUSY, EINTR, 0 } },
	[ORDER_REPLACE] = { "replace", 3, false, play_replace,
			    { ENOENT, ENODEV, EINVAL, EINTR, 0 } },
	[ORDER_DETACH] = { "detach", 3, false, play_detach,
			   { ENOENT, ENODEV, EINVAL, 0 } },
	/* VFIO itself says EINVAL where a container has no backend. */
	[ORDER_BIND] = { "bind", 3, true, play_bind,
			 { EEXIST, EINVAL, ENODEV, ENOENT, 0 } },
	[ORDER_UNBIND] = { "unbind", 1, true, play_unbind,
			   { EBUSY, EINVAL, ENODEV, ENOENT, 0 } },
	[ORDER_LEAVE] = { "leave", 1, true, play_leave, { 0 } },
	[ORDER_INFO] = { "info", 2, false, play_info,
			 { ENOENT, ENODEV, EMSGSIZE, 0 } },
	[ORDER_DIRTY] = { "dirty", 2, false, play_dirty,
			  { ENOENT, EINVAL, EOPNOTSUPP, EBUSY, EINTR, 0 } },
	[ORDER_DUP] = { "dup", 1, false, play_dup,
			{ ENOENT, EEXIST, EINTR, 0 } },
	[ORDER_PASS] = { "pass", 1, true, play_pass,
			 /* The other one may have been killed first. */
			 { EAGAIN, ETOOMANYREFS, EPIPE, ECONNRESET, 0 } },
};

static unsigned int total_weight(void)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < CREW_ORDERS; i++)
		sum += orders[i].weight;
	return sum;
}

static enum crew_order draw_order(struct player *player)
{
	for (;;) {
		unsigned int number = draw(player) % total_weight(), order = 0;

		while (number >= orders[order].weight)
			number -= orders[order++].weight;
		if (player->hand->captain || !orders[order].captains)
			return order;
	}
}

static void *player_main(void *arg)
{
	struct player *player = arg;

	for (;;) {
		struct subject subject = draw_subject(player);
		enum crew_order order = draw_order(player);

		tally_add(&player->hand->log->tallies[order],
			  orders[order].play(player, &subject));
	}
	return NULL;
}

void crew_play(struct crew_hand *hand, unsigned int players)
{
	for (unsigned int i = 0; i < players; i++) {
		struct player *player = calloc(1, sizeof(*player));
		unsigned int number = 2 * i + hand->captain;
		pthread_t thread;

		if (!player)
			abort();
		player->hand = hand;
		player->large = anon(LARGE);
		player->large_iova = LARGE_IOVA * (1 + number);
		player->chance = hand->log->seed + 1 + number * 7919;
		if (!player->large ||
		    pthread_create(&thread, NULL, player_main, player))
			abort();
	}
}

bool crew_report(const struct crew_log *log)
{
	bool good = true;

	for (unsigned int i = 0; i < CREW_ORDERS; i++) {
		int err = tally_check(orders[i].name, &log->tallies[i],
				      orders[i].allowed);

		if (err)
			printf("# %s must not end with %s\n", orders[i].name,
			       strerrorname_np(err));
		good = good && !err;
		/* What is seldom drawn, or takes long, may never get to its end. */
		if (orders[i].weight > 1 && !log->tallies[i].count[0]) {
			printf("# %s never worked\n", orders[i].name);
			good = false;
		}
	}
	printf("# DMA that was seen to arrive: %u\n", log->dmas);
	return good;
}

int crew_send(int socket, int fd, int flags)
{
	return pass_send(socket, "", 1, fd, flags);
}

int crew_receive(int socket)
{
	char byte;
	int fd = -1;

	return pass_receive(socket, &byte, 1, &fd) ? fd : -1;
}
