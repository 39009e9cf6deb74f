// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that die with everything attached and DMA on its way, and contexts whose
 * owner dies while another process still has them. What counts is the memory: the
 * device must not write it once nobody lets it.
 */
#include "kselftest_harness.h"

#include <signal.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "peer.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

enum {
	SEED_A = 600,
	SEED_B,
	SEED_VICTIM,
	SEED_CANARY,
};

/* What the victim and the test share; the first two pages are for DMA. */
struct shared {
	char source[PAGE];
	char sink[PAGE];
	unsigned int rounds;	/* DMAs the victim has seen arrive */
	int err;
};

FIXTURE(death) {
	struct shared *shared;
};

FIXTURE_SETUP(death)
{
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
}

FIXTURE_TEARDOWN(death)
{
	munmap(self->shared, sizeof(*self->shared));
}

/* Everything a user of a device has: context, space, mappings, device, attached. */
struct user {
	int fd;
	__u32 space;
	struct dev dev;
	struct engine engine;
};

static int user_start(struct user *user, struct shared *shared)
{
	int err;

	user->fd = ctx_open();
	err = user->fd < 0 ? errno : do_alloc(user->fd, &user->space);
	err = err ? err : do_map(user->fd, user->space, shared->source, PAGE,
				 SOURCE, RW);
	err = err ? err : do_map(user->fd, user->space, shared->sink, PAGE, SINK,
				 RW);
	err = err ? err : dev_claim(&user->dev, EDU_A);
	err = err ? err : dev_bind(&user->dev, user->fd);
	err = err ? err : do_attach(user->fd, user->dev.id, user->space);
	return err ? err : engine_open(&user->engine, &user->dev);
}

static bool user_works(struct user *user, struct shared *shared,
		       unsigned int seed)
{
	return engine_works(&user->engine, shared->source, SOURCE, shared->sink,
			    SINK, seed);
}

static void user_end(struct user *user)
{
	engine_close(&user->engine);
	dev_release(&user->dev);
	close(user->fd);
}

/* Does DMA until it is killed; the memory shows whether it arrives. */
static void victim(struct shared *shared)
{
	struct user user = { 0 };

	shared->err = user_start(&user, shared);
	if (shared->err)
		_exit(1);
	fill(shared->source, PAGE, SEED_VICTIM);
	for (;;) {
		if (engine_load(&user.engine, SOURCE) ||
		    engine_store(&user.engine, SINK))
			_exit(2);
		__atomic_add_fetch(&shared->rounds, 1, __ATOMIC_RELEASE);
	}
}

/* Kills the victim while its device is at work, some time into the next DMA. */
static void kill_at_work(struct __test_metadata *_metadata,
			 struct shared *shared, unsigned int ms)
{
	pid_t child;
	int status;

	shared->rounds = 0;
	shared->err = -1;
	child = fork();
	ASSERT_GE(child, 0);
	if (!child)
		victim(shared);
	for (int i = 0; i < 2000 && shared->err; i++)
		usleep(1000);
	ASSERT_EQ(0, shared->err);
	for (int i = 0; i < 5000; i++) {
		if (__atomic_load_n(&shared->rounds, __ATOMIC_ACQUIRE))
			break;
		usleep(1000);
	}
	ASSERT_GE(shared->rounds, 1);
	EXPECT_TRUE(filled(shared->sink, DMA_LEN, SEED_VICTIM));
	usleep(ms * 1000);
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

/*
 * The DMA that was on its way when its process was killed comes to nothing, and
 * whoever opens the device next has it in order.
 */
TEST_F(death, killed_with_dma_running)
{
	static const unsigned int delays[] = { 0, 30, 60, 90, 120 };

	for (unsigned int i = 0; i < ARRAY_SIZE(delays); i++) {
		struct user user = { 0 };

		kill_at_work(_metadata, self->shared, delays[i]);
		fill(self->shared->sink, PAGE, SEED_CANARY);
		usleep(250 * 1000);
		EXPECT_TRUE(filled(self->shared->sink, PAGE, SEED_CANARY));

		ASSERT_EQ(0, user_start(&user, self->shared));
		EXPECT_TRUE(filled(self->shared->sink, PAGE, SEED_CANARY));
		EXPECT_TRUE(user_works(&user, self->shared, SEED_A + i));
		user_end(&user);
	}
}

/* A process that exits, or returns from main, with everything open. */
TEST_F(death, exits_without_closing)
{
	struct user user = { 0 };
	pid_t child = fork();
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		int err = user_start(&user, self->shared);

		if (!err && !edu_dma_start(user.engine.edu, EDU_TO_DEVICE,
					   SOURCE, 0, DMA_LEN))
			_exit(0);
		_exit(1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, user_start(&user, self->shared));
	EXPECT_TRUE(user_works(&user, self->shared, SEED_A));
	user_end(&user);
}

/* Killed in the middle of commands, over and over; nothing is left each time. */
TEST_F(death, killed_in_a_command)
{
	struct user user = { 0 };

	for (unsigned int i = 0; i < 25; i++) {
		pid_t child = fork();
		int status;

		ASSERT_GE(child, 0);
		if (!child) {
			struct user mine = { 0 };
			char *va = anon(16 * MIB);

			if (!va || user_start(&mine, self->shared))
				_exit(1);
			for (;;) {
				do_map(mine.fd, mine.space, va, 16 * MIB, GIB,
				       RW);
				do_detach(mine.fd, mine.dev.id);
				do_attach(mine.fd, mine.dev.id, mine.space);
				do_unmap(mine.fd, mine.space, GIB, 16 * MIB);
				madvise(va, 16 * MIB, MADV_DONTNEED);
			}
		}
		usleep(20 * 1000 + i * 3777);
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status)) TH_LOG("round %u", i);
	}
	ASSERT_EQ(0, user_start(&user, self->shared));
	EXPECT_TRUE(user_works(&user, self->shared, SEED_A));
	user_end(&user);
}

/*
 * The one who opened everything dies, but its context lives on with another: the
 * mapping of the dead process's memory stays until it is unmapped, and device and
 * group are gone with their descriptors.
 */
TEST_F(death, context_survives_its_maker)
{
	struct peer_answer answer;
	struct peer peer;
	struct user user = { 0 };
	pid_t child;
	int status;

	ASSERT_EQ(0, peer_start(&peer, ~0ULL));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		int err = user_start(&user, self->shared);

		self->shared->rounds = user.space;
		_exit(err || peer_give(&peer, user.fd) ||
		      !user_works(&user, self->shared, SEED_A));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	user.space = self->shared->rounds;

	/* The device can be had, although the context still knows it as dead. */
	fill(self->shared->sink, PAGE, SEED_CANARY);
	ASSERT_EQ(0, dev_claim(&user.dev, EDU_A));
	ASSERT_EQ(0, engine_open(&user.engine, &user.dev));
	EXPECT_TRUE(store_is_refused(&user.engine, SINK, self->shared->sink,
				     SEED_CANARY));
	answer = peer_map(&peer, user.space, SINK, 1);
	EXPECT_EQ(EEXIST, answer.err);
	answer = peer_unmap(&peer, user.space, SOURCE, (SINK - SOURCE) / PAGE + 1);
	EXPECT_EQ(0, answer.err);
	answer = peer_map(&peer, user.space, SINK, 1);
	EXPECT_EQ(0, answer.err);
	answer = peer_free(&peer, user.space);
	EXPECT_EQ(0, answer.err);
	EXPECT_EQ(0, answer.locked);
	answer = peer_close(&peer);
	EXPECT_EQ(0, answer.err);
	peer_stop(&peer);
	engine_close(&user.engine);
	dev_release(&user.dev);
}

/* All descriptors are a child's as well: DMA goes on when the maker dies. */
TEST_F(death, device_survives_its_maker)
{
	int go[2], done[2], status;
	char byte = 0;
	pid_t child;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(done));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		struct user user = { 0 };

		if (user_start(&user, self->shared))
			_exit(1);
		if (fork())
			_exit(0);
		if (read(go[0], &byte, 1) == 1)
			byte = user_works(&user, self->shared, SEED_B);
		_exit(write(done[1], &byte, 1) != 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	close(done[1]);
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(1, read(done[0], &byte, 1));
	EXPECT_EQ(1, byte);
	/* Wait until it is gone too, or the next test finds the group in use. */
	EXPECT_EQ(0, read(done[0], &byte, 1));
}

TEST_HARNESS_MAIN
