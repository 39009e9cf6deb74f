// SPDX-License-Identifier: GPL-2.0
/*
 * Large mappings of memory that is not there yet: the same whether one thread faults
 * it in or several, rolled back as a whole when something is wrong or a signal comes,
 * and in nobody else's way.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/time.h>

#include "asleep.h"
#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		0x100000000ULL
#define SMALL		0x10000000ULL
#define LENGTH		(256 * MIB + 3 * PAGE)
#define LONG_TIME	(512 * MIB)
#define SETTING		"/sys/module/ioasidfd/parameters/pin_threads"

FIXTURE(large) {
	struct stage stage;
	char *memory;		/* LONG_TIME bytes */
	__u64 locked, pinned;
	unsigned int threads;	/* the setting before the test */
};

FIXTURE_VARIANT(large) {
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(large, one_thread) {
	.threads = 1,
};

FIXTURE_VARIANT_ADD(large, all_cpus) {
	.threads = 0,
};

static bool set_threads(unsigned int threads, unsigned int *before)
{
	FILE *file = fopen(SETTING, "re+");
	bool done;

	if (!file)
		return false;
	done = fscanf(file, "%u", before) == 1 && !fseek(file, 0, SEEK_SET) &&
	       fprintf(file, "%u\n", threads) > 0;
	return !fclose(file) && done;
}

FIXTURE_SETUP(large)
{
	ASSERT_TRUE(set_threads(variant->threads, &self->threads));
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->memory = anon_aligned(LONG_TIME);
	ASSERT_NE(NULL, self->memory);
	ASSERT_EQ(0, advise_thp(self->memory, LONG_TIME, MADV_NOHUGEPAGE));
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	ASSERT_NE(~0ULL, self->pinned);
}

FIXTURE_TEARDOWN(large)
{
	unsigned int ours;

	stage_close(&self->stage);
	set_threads(self->threads, &ours);
}

#define EXPECT_HELD(_bytes, _areas)					\
	do {								\
		EXPECT_EQ(self->locked + (_bytes), locked_bytes(0));	\
		EXPECT_EQ(self->pinned + (_bytes) / PAGE, pinned_pages()); \
		EXPECT_EQ(_areas, num_areas(self->stage.fd,		\
					    self->stage.space));	\
	} while (0)
#define MAP(_length)							\
	do_map(self->stage.fd, self->stage.space, self->memory, _length, \
	       IOVA, RW)
#define UNMAP(_length)							\
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA, _length))

/* Places where threads might have met, and pages that were there before. */
TEST_F(large, every_page_in_its_place)
{
	static const __u64 places[] = {
		0, 32 * MIB - PAGE, 32 * MIB, 64 * MIB - PAGE, 64 * MIB,
		100 * MIB + 5 * PAGE, 128 * MIB, 224 * MIB - PAGE,
		256 * MIB - PAGE, 256 * MIB, LENGTH - PAGE
	};
	struct stage *stage = &self->stage;

	for (__u64 place = 90 * MIB; place < 130 * MIB; place += 16 * PAGE)
		self->memory[place] = 1;
	ASSERT_OK(MAP(LENGTH));
	EXPECT_HELD(LENGTH, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		EXPECT_TRUE(stage_sees(stage, IOVA + places[i],
				       self->memory + places[i], i + 1));
	EXPECT_TRUE(stage_is_blind(stage, IOVA + LENGTH, self->memory + LENGTH,
				   20));
	UNMAP(LENGTH);
	EXPECT_HELD(0, 0);
	EXPECT_TRUE(stage_is_blind(stage, IOVA + 64 * MIB,
				   self->memory + 64 * MIB, 21));
}

TEST_F(large, in_large_pages)
{
	const __u64 last = LENGTH - PAGE;

	if (!kernel_has_thp())
		SKIP(return, NO_THP);
	ASSERT_EQ(0, madvise(self->memory, LONG_TIME, MADV_HUGEPAGE));
	ASSERT_OK(MAP(LENGTH));
	EXPECT_HELD(LENGTH, 1);
	EXPECT_TRUE(stage_sees(&self->stage, IOVA + last, self->memory + last,
			       1));
	UNMAP(LENGTH);
	EXPECT_HELD(0, 0);
}

/* Threads that meet in the middle of a hugetlb page pin it together, and once. */
TEST_F(large, in_hugetlb_pages)
{
	const size_t length = 96 * MIB - 2 * PAGE;
	char *va;

	ASSERT_TRUE(huge_pages(48));
	va = mmap(NULL, 96 * MIB, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, va);
	va += PAGE;
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, va, length,
			 IOVA + PAGE, RW));
	EXPECT_EQ(self->locked + length, locked_bytes(0));
	EXPECT_EQ(self->pinned + 48, pinned_pages());
	for (__u64 place = 32 * MIB - PAGE; place < length; place += 32 * MIB)
		EXPECT_TRUE(stage_sees(&self->stage, IOVA + PAGE + place,
				       va + place, place / MIB));
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA + PAGE,
			   length));
	EXPECT_HELD(0, 0);
	ASSERT_EQ(0, munmap(va - PAGE, 96 * MIB));
	ASSERT_TRUE(huge_pages(48));
	ASSERT_TRUE(huge_pages(0));
}

/* A page that is missing in the middle, near the beginning, at the end. */
TEST_F(large, a_hole)
{
	static const __u64 holes[] = { 129 * MIB, 33 * MIB + PAGE,
				       LENGTH - PAGE };

	for (unsigned int i = 0; i < ARRAY_SIZE(holes); i++) {
		char *hole = self->memory + holes[i];

		ASSERT_EQ(0, mprotect(hole, PAGE, PROT_NONE));
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN, MAP(LENGTH));
		EXPECT_EA_RANGE((uintptr_t)hole, (uintptr_t)hole + PAGE - 1);
		EXPECT_HELD(0, 0);
		ASSERT_EQ(0, mprotect(hole, PAGE, PROT_READ | PROT_WRITE));
		ASSERT_EQ(0, madvise(self->memory, LENGTH, MADV_DONTNEED));
	}
	ASSERT_OK(MAP(LENGTH));
	EXPECT_HELD(LENGTH, 1);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* An errno of a map that a timer's signal meets, or meets too late. */
static int map_with_timer(struct stage *stage, void *memory, unsigned int usec)
{
	const struct itimerval timer = { .it_value.tv_usec = usec };

	setitimer(ITIMER_REAL, &timer, NULL);
	return do_map(stage->fd, stage->space, memory, LONG_TIME, IOVA, RW);
}

TEST_F(large, a_signal)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	unsigned int usec;
	int err = 0;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (usec = 200000; usec && !err; usec /= 2) {
		err = map_with_timer(&self->stage, self->memory, usec);
		if (!err)
			UNMAP(LONG_TIME);
		madvise(self->memory, LONG_TIME, MADV_DONTNEED);
	}
	EXPECT_EQ(EINTR, err);
	EXPECT_EQ(IOASID_REASON_INTERRUPTED, ea.reason);
	EXPECT_HELD(0, 0);
	EXPECT_TRUE(stage_is_blind(&self->stage, IOVA, self->memory, 1));
	ASSERT_OK(MAP(LENGTH));
	EXPECT_TRUE(stage_sees(&self->stage, IOVA, self->memory, 2));
}

/* Resident memory of a process in bytes. */
static __u64 resident(pid_t pid)
{
	unsigned long pages = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * PAGE;
}

/*
 * Kills a process in the middle of a map that goes to a context of ours. The space
 * has the mapping whole if the kill came too late.
 */
TEST_F(large, killed)
{
	__u64 end = now_ms() + 10000;
	bool caught = false;

	for (unsigned int tries = 0; tries < 5 && !caught; tries++) {
		pid_t child = fork();

		ASSERT_GE(child, 0);
		if (!child)
			_exit(MAP(LONG_TIME));
		while (resident(child) < 32 * MIB && now_ms() < end)
			continue;
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, NULL, 0));
		caught = !num_areas(self->stage.fd, self->stage.space);
		if (!caught)
			UNMAP(LONG_TIME);
	}
	EXPECT_TRUE(caught);
	EXPECT_HELD(0, 0);
	ASSERT_OK(MAP(LENGTH));
	EXPECT_TRUE(stage_sees(&self->stage, IOVA, self->memory, 1));
}

/* All that others do with the space meanwhile. */
static void work_meanwhile(struct __test_metadata *_metadata,
			   struct stage *stage, struct sleeper *sleeper)
{
	char *page = anon(PAGE);
	__u64 iova;

	ASSERT_NE(NULL, page);
	EXPECT_OK(do_map(stage->fd, stage->space, page, PAGE, SMALL, RW));
	EXPECT_OK(do_map_any(stage->fd, stage->space, page, PAGE, &iova, RW));
	EXPECT_OK(do_unmap(stage->fd, stage->space, iova, PAGE));
	/* The range under way is taken, but not mapped. */
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
		       do_map(stage->fd, stage->space, page, PAGE, IOVA, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(stage->fd, stage->space, IOVA, PAGE));
	EXPECT_EQ(1, num_areas(stage->fd, stage->space));
	EXPECT_TRUE(sleeper_runs(sleeper));
}

TEST_F(large, others_do_not_wait)
{
	struct ioasid_map_dma map = {
		.size = sizeof(map),
		.flags = IOASID_MAP_FIXED,
		.ioasid = self->stage.space,
		.prot = RW,
		.user_va = (uintptr_t)self->memory,
		.length = LONG_TIME,
		.iova = IOVA,
	};
	struct sleeper sleeper;

	ASSERT_TRUE(sleeper_start_map(&sleeper, self->stage.fd, &map));
	work_meanwhile(_metadata, &self->stage, &sleeper);
	sleeper_join(&sleeper);
	EXPECT_EQ(0, sleeper.err);
	EXPECT_EQ(2, num_areas(self->stage.fd, self->stage.space));
	EXPECT_TRUE(stage_sees(&self->stage, IOVA + 64 * MIB,
			       self->memory + 64 * MIB, 1));
}

/* The same for a map that cannot end before the test lets it. */
TEST_F(large, others_do_not_wait_for_a_page)
{
	struct ioasid_map_dma map = {
		.size = sizeof(map),
		.flags = IOASID_MAP_FIXED,
		.ioasid = self->stage.space,
		.prot = RW,
		.user_va = (uintptr_t)self->memory,
		.length = LENGTH,
		.iova = IOVA,
	};
	struct stage *stage = &self->stage;
	struct sleeper sleeper;
	struct lure lure;

	/* Before, a pin fails where user space has to supply a page. */
	if (kernel_before(6, 2))
		SKIP(return, "pins wait for no page here: others_do_not_wait has it");
	ASSERT_EQ(0, lure_set(&lure, self->memory + 100 * MIB));
	ASSERT_TRUE(sleeper_start(&sleeper, &lure, stage->fd, IOASID_MAP_DMA,
				  &map));
	work_meanwhile(_metadata, stage, &sleeper);
	/* Not even a device that comes or goes has to wait, nor its DMA. */
	EXPECT_OK(do_detach(stage->fd, stage->dev.id));
	EXPECT_OK(do_attach(stage->fd, stage->dev.id, stage->space));
	EXPECT_TRUE(sleeper_runs(&sleeper));
	EXPECT_EQ(0, lure_release(&lure, "page", 5));
	sleeper_join(&sleeper);
	EXPECT_EQ(0, sleeper.err);
	EXPECT_STREQ("page", self->memory + 100 * MIB);
	EXPECT_TRUE(stage_sees(stage, IOVA + 100 * MIB, self->memory + 100 * MIB,
			       1));
	EXPECT_TRUE(stage_sees(stage, IOVA + LENGTH - PAGE,
			       self->memory + LENGTH - PAGE, 2));
}

TEST_HARNESS_MAIN
