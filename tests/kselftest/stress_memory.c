// SPDX-License-Identifier: GPL-2.0
/*
 * Memory runs out in the middle of mapping it: that of a control group, whose process the
 * kernel then kills inside the command, or what a process may lock, for which several
 * threads and a child compete. Nothing stays pinned or charged.
 *
 *	stress_memory [arguments of the kselftest harness]
 *
 * The kernel says at length why it kills; the lab expects that of this program.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "aftermath.h"
#include "common.h"
#include "expect.h"
#include "race.h"
#include "repeat.h"
#include "stage.h"

#define CGROUP		"/sys/fs/cgroup/"
#define GROUP		CGROUP "ioasid-stress/"
#define LIMIT		"67108864"	/* bytes: 64 MiB */
#define LARGE		(192 * MIB)
#define IOVA		0x100000000ULL
#define ROUNDS		3
#define SETTING		"/sys/module/ioasidfd/parameters/pin_threads"
#define NOBODY		65534
#define MAPS		100000

static int write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (file < 0)
		return errno;
	err = write(file, text, strlen(text)) < 0 ? errno : 0;
	close(file);
	return err;
}

/* A control group with little memory, into which children go. */
FIXTURE(group) {
	__u64 pinned;
};

FIXTURE_VARIANT(group) {
	const char *threads;	/* that pin a large mapping */
};

FIXTURE_VARIANT_ADD(group, one_thread) {
	.threads = "1",
};

FIXTURE_VARIANT_ADD(group, all_cpus) {
	.threads = "0",
};

FIXTURE_SETUP(group)
{
	ASSERT_EQ(0, write_text(CGROUP "cgroup.subtree_control", "+memory"));
	ASSERT_TRUE(!mkdir(GROUP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, write_text(GROUP "memory.max", LIMIT));
	ASSERT_EQ(0, write_text(SETTING, variant->threads));
	self->pinned = pinned_pages();
	ASSERT_NE(~0ULL, self->pinned);
}

FIXTURE_TEARDOWN(group)
{
	write_text(SETTING, "0");
	for (int i = 0; i < 1000 && rmdir(GROUP); i++)
		usleep(1000);
}

/* Maps more than its group may have, with a device attached. */
static void map_too_much(void)
{
	struct stage stage;
	char *memory = anon(LARGE);

	if (write_text(GROUP "cgroup.procs", "0") || !memory)
		_exit(1);
	if (stage_open(&stage, EDU_A, 0))
		_exit(2);
	do_map(stage.fd, stage.space, memory, LARGE, IOVA, RW);
	_exit(3);
}

/* Maps the same page again and again, until there is no memory to remember it. */
static void map_too_often(void)
{
	char *memory = anon_populated(PAGE);
	__u32 space;
	int fd, err = 0;

	if (write_text(GROUP "memory.max", "4194304") ||
	    write_text(GROUP "cgroup.procs", "0") || !memory)
		_exit(1);
	fd = ctx_open();
	if (fd < 0 || do_alloc(fd, &space))
		_exit(2);
	for (unsigned int i = 0; i < MAPS && !err; i++)
		err = do_map(fd, space, memory, PAGE, IOVA + 2 * i * PAGE, RW);
	_exit(err == ENOMEM && ea.reason == IOASID_REASON_NO_MEMORY ? 0 : 3);
}

static int outcome_of(void (*run)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		run();
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

TEST_F_TIMEOUT(group, killed_for_memory, 60)
{
	for (unsigned int i = 0; i < ROUNDS * repeat_times(); i++) {
		int status = outcome_of(map_too_much);

		ASSERT_TRUE(WIFSIGNALED(status)) TH_LOG("%#x", status);
		ASSERT_EQ(SIGKILL, WTERMSIG(status));
		ASSERT_TRUE(pinned_becomes(self->pinned));
	}
	ASSERT_EQ(0, module_unload_in_the_end());
	ASSERT_EQ(0, module_load());
}

/* What the module remembers is its user's memory: the machine's does not run out. */
TEST_F_TIMEOUT(group, no_memory_to_remember, 60)
{
	for (unsigned int i = 0; i < ROUNDS * repeat_times(); i++) {
		int status = outcome_of(map_too_often);

		/* The kernel may rather kill than refuse. */
		EXPECT_TRUE(!status || (WIFSIGNALED(status) &&
					WTERMSIG(status) == SIGKILL))
			TH_LOG("%#x", status);
		ASSERT_TRUE(pinned_becomes(self->pinned));
	}
}

#define LOCK_LIMIT	64	/* pages */
#define LOCKERS		3
#define LOCK_ROUNDS	3000

struct locker {
	struct race race;
	int fd;
	__u32 space;
	char *memory;		/* LOCK_LIMIT pages */
	struct tally maps, unmaps;
	unsigned int next;
};

static void *lock(void *arg)
{
	struct locker *locker = arg;
	unsigned int self = __atomic_fetch_add(&locker->next, 1,
					       __ATOMIC_RELAXED);
	unsigned int chance = self + 1;

	for (unsigned int i = 0; i < LOCK_ROUNDS; i++) {
		unsigned int number = race_random(&chance) >> 4;
		__u64 iova = IOVA + (self * 4 + number % 4) * LOCK_LIMIT * PAGE;
		__u64 length = (1 + number / 4 % LOCK_LIMIT) * PAGE;

		if (number / 1024 & 1)
			tally_add(&locker->maps,
				  do_map(locker->fd, locker->space,
					 locker->memory, length, iova, RW));
		else
			tally_add(&locker->unmaps,
				  do_unmap(locker->fd, locker->space, iova,
					   LOCK_LIMIT * PAGE));
	}
	return NULL;
}

/* As nobody, with a limit that the threads reach all the time. */
static int compete(void)
{
	const struct rlimit limit = { LOCK_LIMIT * PAGE, LOCK_LIMIT * PAGE };
	static const int maps[] = { ENOMEM, EEXIST, 0 }, unmaps[] = { ENOENT, 0 };
	struct locker locker = { .fd = ctx_open() };
	pthread_t threads[LOCKERS];
	__u64 bytes;

	locker.memory = anon(LOCK_LIMIT * PAGE);
	if (locker.fd < 0 || !locker.memory || do_alloc(locker.fd, &locker.space))
		return 1;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setuid(NOBODY))
		return 2;
	race_start(&locker.race);
	for (unsigned int i = 0; i < LOCKERS; i++)
		pthread_create(&threads[i], NULL, lock, &locker);
	for (unsigned int i = 0; i < LOCKERS; i++)
		pthread_join(threads[i], NULL);
	if (tally_check("map", &locker.maps, maps) ||
	    tally_check("unmap", &locker.unmaps, unmaps))
		return 3;
	if (!locker.maps.count[0] || !locker.maps.count[ENOMEM])
		return 4;
	if (locked_bytes(0) != mapped_bytes(locker.fd, locker.space) ||
	    locked_bytes(0) > LOCK_LIMIT * PAGE)
		return 5;
	do_unmap_all(locker.fd, locker.space, &bytes);
	return locked_bytes(0) ? 6 : 0;
}

TEST(limit_of_locked_memory)
{
	__u64 pinned = pinned_pages();
	pid_t pid = fork();
	int status;

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(compete());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(pinned_becomes(pinned));
}

TEST_HARNESS_MAIN
