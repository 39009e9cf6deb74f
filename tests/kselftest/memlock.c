// SPDX-License-Identifier: GPL-2.0
/*
 * Accounting of pinned memory: RLIMIT_MEMLOCK holds for who has no CAP_IPC_LOCK, is
 * reached to the page, and every byte comes back to the process it was taken from,
 * whoever gives it back and however.
 */
#include "kselftest_harness.h"

#include <sys/resource.h>

#include "common.h"
#include "expect.h"
#include "peer.h"
#include "vfio.h"

#define LIMIT		16	/* pages */
#define NOBODY		65534

/* A process that opened everything as root and then became nobody. */
FIXTURE(limited) {
	int fd;
	__u32 space;
	struct dev dev;
	char *memory;		/* 4 * LIMIT pages */
};

FIXTURE_VARIANT(limited) {
	bool attached;
};

FIXTURE_VARIANT_ADD(limited, unattached) {
	.attached = false,
};

FIXTURE_VARIANT_ADD(limited, attached) {
	.attached = true,
};

FIXTURE_SETUP(limited)
{
	const struct rlimit limit = { LIMIT * PAGE, LIMIT * PAGE };

	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	if (variant->attached)
		ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	self->memory = anon(4 * LIMIT * PAGE);
	ASSERT_NE(NULL, self->memory);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, setuid(NOBODY));
	ASSERT_EQ(0, locked_bytes(0));
}

FIXTURE_TEARDOWN(limited)
{
	close(self->fd);
	dev_release(&self->dev);
}

#define EXPECT_LOCKED(_pages)	EXPECT_EQ((_pages) * PAGE, locked_bytes(0))

TEST_F(limited, reached_to_the_page)
{
	EXPECT_OK(do_map(self->fd, self->space, self->memory, LIMIT * PAGE, 0,
			 RW));
	EXPECT_LOCKED(LIMIT);
	EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK,
		       do_map(self->fd, self->space, self->memory, PAGE,
			      LIMIT * PAGE, RW));
	EXPECT_LOCKED(LIMIT);
	EXPECT_EQ(1, num_areas(self->fd, self->space));
	EXPECT_OK(do_unmap(self->fd, self->space, 0, LIMIT * PAGE));
	EXPECT_LOCKED(0);
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 0, RW));
	EXPECT_LOCKED(1);
}

TEST_F(limited, more_than_the_limit_at_once)
{
	EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK,
		       do_map(self->fd, self->space, self->memory,
			      (LIMIT + 1) * PAGE, 0, RW));
	EXPECT_LOCKED(0);
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	/* Far more than there is memory for, or addresses. */
	EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK,
		       do_map(self->fd, self->space, self->memory, 1ULL << 38,
			      1ULL << 32, RW));
	EXPECT_LOCKED(0);
}

/* What the process locked itself counts as well. */
TEST_F(limited, together_with_mlock)
{
	ASSERT_EQ(0, mlock(self->memory, 4 * PAGE));
	EXPECT_LOCKED(4);
	EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK,
		       do_map(self->fd, self->space, self->memory + 8 * PAGE,
			      (LIMIT - 3) * PAGE, 0, RW));
	EXPECT_OK(do_map(self->fd, self->space, self->memory + 8 * PAGE,
			 (LIMIT - 4) * PAGE, 0, RW));
	EXPECT_LOCKED(LIMIT);
	EXPECT_NE(0, mlock(self->memory + 4 * PAGE, PAGE));
	ASSERT_EQ(0, munlock(self->memory, 4 * PAGE));
	EXPECT_LOCKED(LIMIT - 4);
	EXPECT_OK(do_unmap(self->fd, self->space, 0, (LIMIT - 4) * PAGE));
	EXPECT_LOCKED(0);
}

TEST_F(limited, refused_maps_cost_nothing)
{
	__u64 iova;
	__u32 id;

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 2 * PAGE, 0, RW));
	ASSERT_EQ(0, munmap(self->memory + 9 * PAGE, PAGE));
	for (int i = 0; i < 20; i++) {
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
			       do_map(self->fd, self->space,
				      self->memory + 4 * PAGE, 8 * PAGE,
				      16 * PAGE, RW));
		EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
			       do_map(self->fd, self->space, self->memory, PAGE,
				      PAGE, RW));
	}
	ASSERT_OK(do_alloc_window(self->fd, 0, PAGE, &id));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(self->fd, id, self->memory, 2 * PAGE, &iova,
				  RW));
	EXPECT_LOCKED(2);
	EXPECT_OK(do_map(self->fd, self->space, self->memory + 16 * PAGE,
			 (LIMIT - 2) * PAGE, 16 * PAGE, RW));
	EXPECT_LOCKED(LIMIT);
}

TEST_F(limited, every_way_back)
{
	__u64 bytes;
	__u32 id;

	for (int i = 0; i < LIMIT; i++)
		ASSERT_OK(do_map(self->fd, self->space, self->memory + i * PAGE,
				 PAGE, i * PAGE, RW));
	EXPECT_LOCKED(LIMIT);
	EXPECT_OK(do_unmap(self->fd, self->space, PAGE, 3 * PAGE));
	EXPECT_LOCKED(LIMIT - 3);
	EXPECT_OK(do_unmap_all(self->fd, self->space, &bytes));
	EXPECT_LOCKED(0);
	ASSERT_OK(do_alloc(self->fd, &id));
	ASSERT_OK(do_map(self->fd, id, self->memory, 5 * PAGE, 0, RW));
	EXPECT_LOCKED(5);
	EXPECT_OK(do_free(self->fd, id));
	EXPECT_LOCKED(0);
	ASSERT_OK(do_map(self->fd, self->space, self->memory, 7 * PAGE, 0, RW));
	EXPECT_LOCKED(7);
	close(self->fd);
	EXPECT_LOCKED(0);
	self->fd = -1;
}

/* Root may exceed the limit, and is charged all the same. */
TEST(root_is_not_limited)
{
	const struct rlimit limit = { PAGE, PAGE };
	char *memory = anon(LIMIT * PAGE);
	int fd = ctx_open();
	__u32 space;

	ASSERT_NE(NULL, memory);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_OK(do_alloc(fd, &space));
	EXPECT_OK(do_map(fd, space, memory, LIMIT * PAGE, 0, RW));
	EXPECT_LOCKED(LIMIT);
	close(fd);
	EXPECT_LOCKED(0);
}

/* Two processes with one context: this one made it, the peer was handed it. */
FIXTURE(shared) {
	struct peer peer;
	int fd;
	__u32 space;
	char *memory;
};

FIXTURE_SETUP(shared)
{
	ASSERT_EQ(0, peer_start(&self->peer, LIMIT * PAGE));
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->memory = anon(LIMIT * PAGE);
	ASSERT_NE(NULL, self->memory);
	ASSERT_EQ(0, peer_give(&self->peer, self->fd));
}

FIXTURE_TEARDOWN(shared)
{
	peer_stop(&self->peer);
	close(self->fd);
}

TEST_F(shared, each_is_charged_for_its_own)
{
	struct peer_answer answer;

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 3 * PAGE, 0, RW));
	answer = peer_map(&self->peer, self->space, 16 * PAGE, 5);
	ASSERT_EQ(0, answer.err);
	EXPECT_EQ(5 * PAGE, answer.locked);
	EXPECT_LOCKED(3);
	EXPECT_EQ(8 * PAGE, mapped_bytes(self->fd, self->space));

	/* The peer's own limit holds for the peer. */
	answer = peer_map(&self->peer, self->space, 64 * PAGE, LIMIT);
	EXPECT_EQ(ENOMEM, answer.err);
	EXPECT_EQ(IOASID_REASON_MEMLOCK, answer.reason);
	EXPECT_EQ(5 * PAGE, answer.locked);
}

TEST_F(shared, unmapped_by_the_other)
{
	struct peer_answer answer;

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 3 * PAGE, 0, RW));
	answer = peer_map(&self->peer, self->space, 16 * PAGE, 5);
	ASSERT_EQ(0, answer.err);
	answer = peer_unmap(&self->peer, self->space, 0, 3);
	EXPECT_EQ(0, answer.err);
	EXPECT_EQ(5 * PAGE, answer.locked);
	EXPECT_LOCKED(0);
	EXPECT_OK(do_unmap(self->fd, self->space, 16 * PAGE, 5 * PAGE));
	EXPECT_EQ(0, locked_bytes(self->peer.pid));
	EXPECT_LOCKED(0);
}

TEST_F(shared, freed_by_the_other)
{
	struct peer_answer answer;

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 3 * PAGE, 0, RW));
	answer = peer_map(&self->peer, self->space, 16 * PAGE, LIMIT);
	ASSERT_EQ(0, answer.err);
	answer = peer_free(&self->peer, self->space);
	EXPECT_EQ(0, answer.err);
	EXPECT_EQ(0, answer.locked);
	EXPECT_LOCKED(0);
}

/* Only the last close of the context gives back. */
TEST_F(shared, closed_one_after_the_other)
{
	struct peer_answer answer;

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 3 * PAGE, 0, RW));
	answer = peer_map(&self->peer, self->space, 16 * PAGE, 5);
	ASSERT_EQ(0, answer.err);
	close(self->fd);
	self->fd = -1;
	EXPECT_LOCKED(3);
	answer = peer_close(&self->peer);
	EXPECT_EQ(0, answer.err);
	EXPECT_EQ(0, answer.locked);
	EXPECT_LOCKED(0);
}

/* The one who mapped is gone: its mapping is not, until someone unmaps it. */
TEST_F(shared, mapper_is_killed)
{
	struct peer_answer answer;

	answer = peer_map(&self->peer, self->space, 16 * PAGE, 5);
	ASSERT_EQ(0, answer.err);
	peer_stop(&self->peer);
	EXPECT_EQ(1, num_areas(self->fd, self->space));
	EXPECT_EQ(5 * PAGE, mapped_bytes(self->fd, self->space));
	EXPECT_LOCKED(0);
	EXPECT_OK(do_unmap(self->fd, self->space, 16 * PAGE, 5 * PAGE));
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	EXPECT_LOCKED(0);
}

/* A child has its parent's descriptors but not its locked memory. */
TEST_F(shared, fork_does_not_double_the_charge)
{
	pid_t child;
	int status;

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 3 * PAGE, 0, RW));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		__u64 before = locked_bytes(0);
		int err = do_map(self->fd, self->space, self->memory, 2 * PAGE,
				 32 * PAGE, RW);
		bool charged = locked_bytes(0) == 2 * PAGE;

		_exit(before || err || !charged);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_LOCKED(3);
	EXPECT_EQ(2, num_areas(self->fd, self->space));
	EXPECT_OK(do_unmap(self->fd, self->space, 0, 40 * PAGE));
	EXPECT_LOCKED(0);
}

TEST_HARNESS_MAIN
