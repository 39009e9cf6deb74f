// SPDX-License-Identifier: GPL-2.0
/*
 * Canaries: pages that no device may reach, while devices do DMA all the time. A page
 * becomes one as soon as the command returns that takes it out of the devices' reach, and
 * is never written afterwards; nor are pages that never were in reach, although the devices
 * are told their physical addresses.
 *
 * The NVMe controller is fast: it goes on without pause for thousands of rounds. What it
 * would not survive, because it loses sight of its queues, an edu device goes through.
 *
 * TEST_TIMES and TEST_SEED as in stress_kill.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "nvme.h"
#include "race.h"
#include "repeat.h"
#include "stage.h"

#define ROUNDS		5000
#define EDU_ROUNDS	30
#define EDU_SEED	100
#define SLOTS		16
#define CANARIES	64
#define SLOT_IOVA(n)	(0x40000000ULL + (n) * PAGE)
#define QUEUES		0x100000ULL
#define TARGET		0x300000ULL
/* The physical address of no page. */
#define NOWHERE		0x7ffffffff000ULL

/* A page and where it is; nobody may write it but who fills it again. */
struct canary {
	char *page;
	__u64 physical;
	unsigned int seed;
};

/* Where the kernel has put a page that is there; NOWHERE if it cannot be known. */
static __u64 physical_of(const void *page)
{
	int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (file < 0)
		return NOWHERE;
	if (pread(file, &entry, sizeof(entry),
		  (uintptr_t)page / PAGE * sizeof(entry)) != sizeof(entry))
		entry = 0;
	close(file);
	entry &= (1ULL << 55) - 1;
	return entry ? entry * PAGE : NOWHERE;
}

static void canary_begin(struct canary *canary, unsigned int seed)
{
	canary->seed = seed;
	fill(canary->page, PAGE, seed);
	canary->physical = physical_of(canary->page);
}

static bool canary_lives(const struct canary *canary)
{
	return filled(canary->page, PAGE, canary->seed);
}

/* The controller at work, and what it is told. */
struct shooter {
	struct race race;
	struct nvme nvme;
	__u64 aims[CANARIES];	/* physical addresses of canaries */
	int err;		/* the controller does not answer any more */
};

/* What it has done it does not tell: older controllers take refused DMA for done. */
static void *shoot(void *arg)
{
	struct shooter *shooter = arg;
	struct nvme_identity identity;
	static char scratch[PAGE];
	unsigned int chance = 7;

	while (!__atomic_load_n(&shooter->race.stop, __ATOMIC_ACQUIRE)) {
		unsigned int number = race_random(&chance) >> 4;
		__u64 iova = SLOT_IOVA(number / 8 % SLOTS);
		int status;

		if (number % 8 == 0)
			iova = __atomic_load_n(&shooter->aims[number / 8 % CANARIES],
					       __ATOMIC_ACQUIRE);
		status = nvme_identify(&shooter->nvme, scratch, iova, &identity);
		if (status < 0) {
			shooter->err = -status;
			break;
		}
	}
	return NULL;
}

/* A controller in a space of its own, and its queues there; nothing else yet. */
struct controller {
	int fd;
	__u32 space;
	struct dev dev;
	char name[16];
	struct shooter shooter;
	char *pages;			/* of the slots */
	struct canary canaries[CANARIES];
	unsigned int hits;		/* mapped pages that were seen written */
	unsigned int reused;		/* canaries on the very page that was unmapped */
};

FIXTURE(controller) {
	struct controller scene;
};

FIXTURE_SETUP(controller)
{
	char *queues = anon_populated(NVME_MEMORY);

	dev_init(&self->scene.dev, NUM_EDU);
	self->scene.dev.name = nvme_find(self->scene.name, sizeof(self->scene.name));
	ASSERT_NE(NULL, self->scene.dev.name);
	self->scene.fd = ctx_open();
	ASSERT_GE(self->scene.fd, 0);
	ASSERT_OK(do_alloc_granule(self->scene.fd, PAGE, &self->scene.space));
	ASSERT_OK(do_map(self->scene.fd, self->scene.space, queues, NVME_MEMORY, QUEUES, RW));
	ASSERT_EQ(0, dev_claim_inited(&self->scene.dev, VFIO_IOASID_IOMMU));
	ASSERT_OK(dev_bind(&self->scene.dev, self->scene.fd));
	ASSERT_OK(do_attach(self->scene.fd, self->scene.dev.id, self->scene.space));
	ASSERT_EQ(0, device_open(self->scene.dev.group, self->scene.dev.name,
				 &self->scene.dev.device));
	ASSERT_EQ(0, nvme_open(&self->scene.shooter.nvme, self->scene.dev.device, queues,
			       QUEUES));
	self->scene.pages = anon_populated(SLOTS * PAGE);
	ASSERT_NE(NULL, self->scene.pages);
	for (unsigned int i = 0; i < CANARIES; i++) {
		self->scene.canaries[i].page = anon_populated(PAGE);
		ASSERT_NE(NULL, self->scene.canaries[i].page);
		canary_begin(&self->scene.canaries[i], i);
		ASSERT_NE(NOWHERE, self->scene.canaries[i].physical);
		self->scene.shooter.aims[i] = self->scene.canaries[i].physical;
	}
}

FIXTURE_TEARDOWN(controller)
{
	nvme_close(&self->scene.shooter.nvme);
	dev_release(&self->scene.dev);
	close(self->scene.fd);
}

/* A canary that is written dies: the test would see it. */
TEST_F(controller, canaries_die)
{
	struct nvme_identity identity;
	struct canary *canary = &self->scene.canaries[0];
	static char scratch[PAGE];

	ASSERT_OK(do_map(self->scene.fd, self->scene.space, canary->page, PAGE, TARGET, RW));
	EXPECT_TRUE(canary_lives(canary));
	ASSERT_EQ(0, nvme_identify(&self->scene.shooter.nvme, scratch, TARGET,
				   &identity));
	EXPECT_FALSE(canary_lives(canary));
	/* Where it is in memory is no address of the device's. */
	canary_begin(canary, 1);
	nvme_identify(&self->scene.shooter.nvme, scratch, canary->physical, &identity);
	EXPECT_TRUE(canary_lives(canary));
}

/*
 * What was just unmapped becomes a canary, in one of two ways: the page itself does; or it
 * is given back, and the next page that the kernel has is one, usually the same.
 */
static void hatch(struct controller *self, char **page,
		  struct canary *canary, unsigned int seed)
{
	__u64 before = physical_of(*page);
	char *old = canary->page;

	if (seed & 1) {
		canary->page = *page;
		*page = old;
	} else {
		madvise(old, PAGE, MADV_DONTNEED);
		madvise(*page, PAGE, MADV_DONTNEED);
	}
	canary_begin(canary, seed);
	self->reused += canary->physical == before;
	/* The slot's next page is there before it is mapped. */
	memset(*page, 0, PAGE);
	__atomic_store_n(&self->shooter.aims[canary - self->canaries],
			 canary->physical, __ATOMIC_RELEASE);
}

/* A page is zero until the controller writes about itself. */
static bool is_hit(const char *page)
{
	return __atomic_load_n(page, __ATOMIC_ACQUIRE);
}

/* Sometimes the mapping is there until it has been hit, usually it is gone at once. */
static void await_hit(const char *page)
{
	__u64 end = now_ms() + 100;

	while (!is_hit(page) && now_ms() < end)
		sched_yield();
}

static void play_round(struct __test_metadata *_metadata,
		       struct controller *self, char **slots,
		       unsigned int round, unsigned int number)
{
	struct canary *canary = &self->canaries[round % CANARIES];
	unsigned int slot = number % SLOTS;
	__u64 bytes;

	ASSERT_OK(do_map(self->fd, self->space, slots[slot], PAGE,
			 SLOT_IOVA(slot), RW));
	if (number / 64 % 16 == 0)
		await_hit(slots[slot]);
	ASSERT_OK(do_unmap_count(self->fd, self->space, SLOT_IOVA(slot), PAGE,
				 &bytes));
	self->hits += is_hit(slots[slot]);
	ASSERT_TRUE(canary_lives(canary)) TH_LOG("round %u", round);
	hatch(self, &slots[slot], canary, round + CANARIES);
}

TEST_F_TIMEOUT(controller, after_unmap, 250)
{
	unsigned int rounds = ROUNDS * repeat_times(), i;
	unsigned int chance = repeat_seed();
	struct shooter *shooter = &self->scene.shooter;
	char *slots[SLOTS];
	pthread_t thread;

	for (i = 0; i < SLOTS; i++)
		slots[i] = self->scene.pages + i * PAGE;
	ASSERT_EQ(0, pthread_create(&thread, NULL, shoot, shooter));
	for (i = 0; i < rounds && _metadata->exit_code == KSFT_PASS; i++)
		play_round(_metadata, &self->scene, slots, i,
			   race_random(&chance) >> 4);
	race_stop(&shooter->race);
	pthread_join(thread, NULL);
	for (unsigned int c = 0; c < CANARIES; c++)
		EXPECT_TRUE(canary_lives(&self->scene.canaries[c]));
	TH_LOG("%u rounds, %u pages written while mapped; %u canaries on that very page",
	       i, self->scene.hits, self->scene.reused);
	EXPECT_EQ(0, shooter->err);
	EXPECT_GT(self->scene.hits, i / 100);
	EXPECT_GT(self->scene.reused, i / 2 - 1);
}

/* An edu device stores its buffer at TARGET, and meanwhile that ends in some way. */
struct edu {
	struct stage stage;
	__u32 other;
	struct canary target, spare, outside;
	unsigned int early;	/* DMA that arrived before its end */
};

FIXTURE(edu) {
	struct edu scene;
};

FIXTURE_SETUP(edu)
{
	ASSERT_EQ(0, stage_open(&self->scene.stage, EDU_A, 0));
	ASSERT_OK(do_alloc(self->scene.stage.fd, &self->scene.other));
	self->scene.target.page = anon_populated(PAGE);
	self->scene.spare.page = anon_populated(PAGE);
	self->scene.outside.page = anon_populated(PAGE);
	ASSERT_NE(NULL, self->scene.target.page);
	ASSERT_NE(NULL, self->scene.spare.page);
	ASSERT_NE(NULL, self->scene.outside.page);
	canary_begin(&self->scene.outside, 1);
	ASSERT_NE(NOWHERE, self->scene.outside.physical);
	/* In the other space something else is at the same address. */
	ASSERT_OK(do_map(self->scene.stage.fd, self->scene.other, self->scene.spare.page, PAGE,
			 TARGET, RW));
}

FIXTURE_TEARDOWN(edu)
{
	stage_close(&self->scene.stage);
}

enum end {
	END_UNMAP,
	END_DETACH,
	END_REPLACE,
	END_UNBIND,
	NUM_ENDS,
};

static int end_reach(struct edu *self, enum end end)
{
	struct stage *stage = &self->stage;

	switch (end) {
	case END_UNMAP:
		return do_unmap(stage->fd, stage->space, TARGET, PAGE);
	case END_DETACH:
		return do_detach(stage->fd, stage->dev.id);
	case END_REPLACE:
		return do_replace(stage->fd, stage->dev.id, self->other);
	default:
		return do_unbind(stage->dev.container, stage->fd, stage->dev.id);
	}
}

/* As before the round, whatever ended. */
static int restore_reach(struct edu *self, enum end end)
{
	struct stage *stage = &self->stage;
	int err = 0;

	if (end == END_UNMAP)
		return 0;
	if (end == END_UNBIND)
		err = dev_bind(&stage->dev, stage->fd);
	if (end == END_REPLACE)
		err = do_detach(stage->fd, stage->dev.id);
	err = err ? err : do_attach(stage->fd, stage->dev.id, stage->space);
	return err ? err : do_unmap(stage->fd, stage->space, TARGET, PAGE);
}

static void edu_round(struct __test_metadata *_metadata,
		      struct edu *self, enum end end, __u64 aim,
		      unsigned int delay_us, unsigned int seed)
{
	struct stage *stage = &self->stage;
	struct edu *edu = stage->engine.edu;

	ASSERT_OK(do_map(stage->fd, stage->space, self->target.page, PAGE,
			 TARGET, RW));
	ASSERT_EQ(0, edu_dma_start(edu, EDU_FROM_DEVICE, aim, 0, DMA_LEN));
	usleep(delay_us);
	ASSERT_OK(end_reach(self, end));
	self->early += !filled(self->target.page, PAGE, seed - 1);
	canary_begin(&self->target, seed);
	ASSERT_EQ(0, edu_dma_wait(edu, EDU_DMA_TIMEOUT));
	EXPECT_TRUE(canary_lives(&self->target))
		TH_LOG("end %u after %u us", end, delay_us);
	EXPECT_TRUE(canary_lives(&self->outside));
	ASSERT_OK(restore_reach(self, end));
}

TEST_F_TIMEOUT(edu, whatever_ends_it, 200)
{
	unsigned int rounds = EDU_ROUNDS * repeat_times();
	unsigned int chance = repeat_seed();

	canary_begin(&self->scene.target, EDU_SEED - 1);
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int number = race_random(&chance) >> 4;
		__u64 aim = number % 4 ? TARGET : self->scene.outside.physical;

		/* The device takes 100 ms; most ends come about then. */
		edu_round(_metadata, &self->scene, i % NUM_ENDS, aim,
			  80000 + number / 4 % 40000, EDU_SEED + i);
	}
	TH_LOG("%u rounds; DMA arrived before the end in %u", rounds,
	       self->scene.early);
	EXPECT_GT(self->scene.early, 0);
	EXPECT_TRUE(stage_is_blind(&self->scene.stage, self->scene.outside.physical,
				   self->scene.outside.page, 2));
}

TEST_HARNESS_MAIN
