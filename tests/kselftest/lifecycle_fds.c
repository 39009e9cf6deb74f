// SPDX-License-Identifier: GPL-2.0
/*
 * The four file descriptors of a device in use (context, container, group, device)
 * in every order of closing, across fork and exec, and by several threads.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <pthread.h>

#include "common.h"
#include "dma.h"
#include "expect.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL
#define EXEC_PROBE	"--probe"

enum {
	SEED_A = 400,
	SEED_B,
	SEED_CANARY,
};

FIXTURE(fds) {
	int fd;
	__u32 space;
	struct dev dev;
	char *source, *sink;
	__u64 locked;
};

FIXTURE_SETUP(fds)
{
	self->fd = -1;
	dev_init(&self->dev, EDU_A);
	self->locked = locked_bytes(0);
	self->source = anon(2 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
}

FIXTURE_TEARDOWN(fds)
{
	dev_release(&self->dev);
	close(self->fd);
}

/* Context, space, mappings and device, from nothing, every time anew. */
#define SET_UP()							\
	do {								\
		self->fd = ctx_open();					\
		ASSERT_GE(self->fd, 0);					\
		ASSERT_OK(do_alloc(self->fd, &self->space));		\
		ASSERT_OK(do_map(self->fd, self->space, self->source,	\
				 PAGE, SOURCE, RW));			\
		ASSERT_OK(do_map(self->fd, self->space, self->sink,	\
				 PAGE, SINK, RW));			\
		ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));		\
		ASSERT_OK(dev_bind(&self->dev, self->fd));		\
		ASSERT_OK(do_attach(self->fd, self->dev.id,		\
				    self->space));			\
	} while (0)

#define WORKS(_engine, _seed)						\
	engine_works(_engine, self->source, SOURCE, self->sink, SINK, _seed)

/* The n-th of the 24 orders of four things. */
static void permutation(unsigned int n, int order[4])
{
	int rest[4] = { 0, 1, 2, 3 };

	for (int left = 4; left; left--) {
		unsigned int pick = n % left;

		n /= left;
		order[4 - left] = rest[pick];
		memmove(rest + pick, rest + pick + 1,
			(3 - pick) * sizeof(*rest));
	}
}

TEST_F(fds, closed_in_every_order)
{
	for (unsigned int n = 0; n < 24; n++) {
		int order[4];

		SET_UP();
		ASSERT_EQ(0, device_open(self->dev.group, self->dev.name,
					 &self->dev.device));
		permutation(n, order);
		for (int i = 0; i < 4; i++) {
			int *all[4] = { &self->fd, &self->dev.container,
					&self->dev.group, &self->dev.device };

			ASSERT_EQ(0, close(*all[order[i]]));
			*all[order[i]] = -1;
		}
		ASSERT_EQ(self->locked, locked_bytes(0));
	}
}

/* The container's fd is the key for BIND, not what keeps the device attached. */
TEST_F(fds, container_closed_first)
{
	struct engine engine = { 0 };

	SET_UP();
	ASSERT_EQ(0, engine_open(&engine, &self->dev));
	close(self->dev.container);
	self->dev.container = -1;
	EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
	EXPECT_TRUE(WORKS(&engine, SEED_A));
	EXPECT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_TRUE(store_is_refused(&engine, SINK, self->sink, SEED_CANARY));
	EXPECT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(WORKS(&engine, SEED_B));
	engine_close(&engine);
}

/* After the context only the device is left: blocked, and free for the next. */
TEST_F(fds, context_closed_first)
{
	struct engine engine = { 0 };

	SET_UP();
	ASSERT_EQ(0, engine_open(&engine, &self->dev));
	ASSERT_TRUE(WORKS(&engine, SEED_A));
	close(self->fd);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_TRUE(store_is_refused(&engine, SINK, self->sink, SEED_CANARY));
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_OK(do_map(self->fd, self->space, self->source, PAGE, SOURCE, RW));
	ASSERT_OK(do_map(self->fd, self->space, self->sink, PAGE, SINK, RW));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(WORKS(&engine, SEED_B));
	engine_close(&engine);
}

/* A child's exit closes its copies, and that is nothing to the parent. */
TEST_F(fds, child_exits)
{
	struct engine engine = { 0 };
	pid_t child;
	int status;

	SET_UP();
	ASSERT_EQ(0, engine_open(&engine, &self->dev));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child)
		_exit(attached_to(self->fd, self->dev.id) != self->space);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(WORKS(&engine, SEED_A));
	EXPECT_EQ(self->locked + 2 * PAGE, locked_bytes(0));
	engine_close(&engine);
}

/*
 * What a program finds that was started by exec with a context in descriptor @fd,
 * and the memory that is mapped there in the file @memory.
 */
static int probe_inherited(int fd, int memory, __u32 space)
{
	char *va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
			0);

	if (va == MAP_FAILED || locked_bytes(0))
		return 1;
	if (num_areas(fd, space) != 1 || mapped_bytes(fd, space) != PAGE)
		return 2;
	if (do_map(fd, space, va, PAGE, SINK, RW) || locked_bytes(0) != PAGE)
		return 3;
	/* The first mapping was another program's, which is no more. */
	if (do_unmap(fd, space, SOURCE, PAGE) || locked_bytes(0) != PAGE)
		return 4;
	if (do_unmap(fd, space, SINK, PAGE) || locked_bytes(0))
		return 5;
	return 0;
}

/* ... and that was started without: the descriptor is closed, the device free. */
static int probe_closed(int fd)
{
	struct ioasid_get_caps caps;
	struct dev dev;

	if (do_get_caps(fd, &caps) != EBADF)
		return 1;
	if (locked_bytes(0))
		return 2;
	if (dev_claim(&dev, EDU_A))
		return 3;
	dev_release(&dev);
	return 0;
}

static int probe(char **argv)
{
	int fd = atoi(argv[0]), memory = atoi(argv[1]);

	return memory < 0 ? probe_closed(fd) :
			    probe_inherited(fd, memory, atoi(argv[2]));
}

/* Runs this program again, as a probe. */
static void exec_probe(int fd, int memory, __u32 space)
{
	char numbers[3][16];

	snprintf(numbers[0], sizeof(numbers[0]), "%d", fd);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", memory);
	snprintf(numbers[2], sizeof(numbers[2]), "%u", space);
	execl("/proc/self/exe", "lifecycle_fds", EXEC_PROBE, numbers[0],
	      numbers[1], numbers[2], (char *)NULL);
	_exit(100);
}

TEST_F(fds, exec_with_the_context)
{
	pid_t child = fork();
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		int memory = memfd_create("memory", 0);
		int fd = open("/dev/ioasid", O_RDWR);
		__u32 space;
		char *va;

		if (memory < 0 || fd < 0 || ftruncate(memory, PAGE))
			_exit(101);
		va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  memory, 0);
		if (va == MAP_FAILED || do_alloc(fd, &space) ||
		    do_map(fd, space, va, PAGE, SOURCE, RW))
			_exit(102);
		exec_probe(fd, memory, space);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("step %d", WEXITSTATUS(status));
}

TEST_F(fds, exec_closes_the_context)
{
	pid_t child = fork();
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		SET_UP();
		exec_probe(self->fd, -1, 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("step %d", WEXITSTATUS(status));
	self->fd = -1;
}

#define THREADS		4
#define ROUNDS		200
#define STRIDE		(64 * MIB)

struct worker {
	pthread_t thread;
	int fd;
	__u32 space;
	__u64 base;		/* of the range that is this thread's alone */
	char *memory;		/* 8 pages */
	int failed;		/* the errno of what failed, in which round */
	unsigned int round;
};

static int work_once(struct worker *worker, unsigned int round)
{
	__u64 pages = 1 + round % 8, iova;
	int err = do_map(worker->fd, worker->space, worker->memory, pages * PAGE,
			 worker->base + round % 5 * 8 * PAGE, RW);

	if (!err)
		err = do_map_any(worker->fd, worker->space, worker->memory,
				 pages * PAGE, &iova, RW);
	if (!err)
		err = do_unmap(worker->fd, worker->space,
			       worker->base + round % 5 * 8 * PAGE,
			       pages * PAGE);
	return err ? err : do_unmap(worker->fd, worker->space, iova,
				    pages * PAGE);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned int i = 0; i < ROUNDS && !worker->failed; i++) {
		worker->failed = work_once(worker, i);
		worker->round = i;
	}
	return NULL;
}

/* Ranges that have nothing to do with each other, in one space, at once. */
TEST_F(fds, threads_map_disjoint_ranges)
{
	struct worker workers[THREADS] = { 0 };
	struct engine engine = { 0 };

	SET_UP();
	ASSERT_EQ(0, engine_open(&engine, &self->dev));
	for (int i = 0; i < THREADS; i++) {
		workers[i].fd = self->fd;
		workers[i].space = self->space;
		workers[i].base = 8ULL * GIB + i * STRIDE;
		workers[i].memory = anon(8 * PAGE);
		ASSERT_NE(NULL, workers[i].memory);
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work,
					    &workers[i]));
	}
	/* Meanwhile the device goes on. */
	for (int i = 0; i < 4; i++)
		EXPECT_TRUE(WORKS(&engine, SEED_A + i));
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(0, workers[i].failed)
			TH_LOG("thread %d, round %u", i, workers[i].round);
	}
	EXPECT_EQ(2, num_areas(self->fd, self->space));
	EXPECT_EQ(2 * PAGE, mapped_bytes(self->fd, self->space));
	EXPECT_EQ(self->locked + 2 * PAGE, locked_bytes(0));
	EXPECT_TRUE(WORKS(&engine, SEED_B));
	engine_close(&engine);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], EXEC_PROBE))
		return probe(argv + 2);
	return test_harness_run(argc, argv);
}
