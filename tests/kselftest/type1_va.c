// SPDX-License-Identifier: GPL-2.0
/*
 * Live update with type1: addresses are taken back and given anew, by the same process or
 * by its successor, and DMA goes on. The kernel's own and this module's.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include "dma.h"
#include "type1.h"

#define SOURCE	0x100000ULL
#define SINK	0x200000ULL
#define TAKE	VFIO_DMA_UNMAP_FLAG_VADDR
#define ALL	VFIO_DMA_UNMAP_FLAG_ALL
#define GIVE	VFIO_DMA_MAP_FLAG_VADDR

FIXTURE(va) {
	struct dev dev;
	int fd;
	char *source, *sink;
};

FIXTURE_VARIANT(va) {
	bool ours;
};

FIXTURE_VARIANT_ADD(va, ours) { true };
FIXTURE_VARIANT_ADD(va, kernels) { false };

FIXTURE_SETUP(va)
{
	if (!variant->ours && kernel_before(5, 12))
		SKIP(return, "this kernel's own type1 has no VFIO_UPDATE_VADDR");
	self->source = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->source);
	self->sink = self->source + PAGE;
	ASSERT_EQ(0, type1_claim(&self->dev, EDU_A, VFIO_TYPE1v2_IOMMU,
				 variant->ours));
	self->fd = self->dev.container;
	ASSERT_EQ(0, t1_map(self->fd, self->source, PAGE, SOURCE, T1_RW));
	ASSERT_EQ(0, t1_map(self->fd, self->sink, PAGE, SINK, T1_RW));
}

FIXTURE_TEARDOWN(va)
{
	if (self->source)
		dev_release(&self->dev);
}

TEST_F(va, arguments)
{
	__u64 taken = 0;

	/* Nothing was taken back. */
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->source, PAGE, SOURCE, GIVE));
	EXPECT_EQ(ENOENT, t1_map(self->fd, self->source, PAGE, SOURCE + PAGE,
				 GIVE));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->source, PAGE, SOURCE,
				 GIVE | T1_RW));

	EXPECT_EQ(0, t1_unmap(self->fd, SOURCE, PAGE, TAKE, &taken));
	EXPECT_EQ(PAGE, taken);
	EXPECT_EQ(2 * PAGE, locked_bytes(0));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, SOURCE, PAGE, TAKE, NULL));
	/* All of them or none. */
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 0, 1ULL << 40, TAKE, NULL));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->sink, PAGE, SINK, GIVE));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->source, 2 * PAGE, SOURCE, GIVE));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->source, 2 * PAGE, SOURCE - PAGE,
				 GIVE));
	EXPECT_EQ(EEXIST, t1_map(self->fd, self->source, PAGE, SOURCE, T1_RW));
	EXPECT_EQ(0, t1_map(self->fd, self->source, PAGE, SOURCE, GIVE));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->source, PAGE, SOURCE, GIVE));

	EXPECT_EQ(0, t1_unmap(self->fd, 0, 0, TAKE | ALL, &taken));
	EXPECT_EQ(2 * PAGE, taken);
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 0, 0, TAKE | ALL, NULL));
	/* Nothing in the range is nothing to do. */
	EXPECT_EQ(0, t1_unmap(self->fd, SOURCE + PAGE, PAGE, TAKE, &taken));
	EXPECT_EQ(0, taken);
	/* It can be unmapped, and is forgotten then. */
	EXPECT_EQ(0, t1_unmap(self->fd, SOURCE, PAGE, 0, &taken));
	EXPECT_EQ(PAGE, taken);
	EXPECT_EQ(0, t1_map(self->fd, self->sink, PAGE, SINK, GIVE));
	EXPECT_EQ(PAGE, locked_bytes(0));
}

TEST_F(va, no_part_of_a_mapping)
{
	ASSERT_EQ(0, t1_map(self->fd, self->source, 2 * PAGE, 2 * SINK, T1_RW));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 2 * SINK, PAGE, TAKE, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 2 * SINK + PAGE, PAGE, TAKE, NULL));
	EXPECT_EQ(0, t1_unmap(self->fd, 2 * SINK, 2 * PAGE, TAKE, NULL));
}

/* Until they are all given, no group joins. */
TEST_F(va, groups_stay_out)
{
	struct dev second;

	ASSERT_EQ(0, t1_unmap(self->fd, SOURCE, PAGE, TAKE, NULL));
	EXPECT_EQ(EBUSY, dev_join(&second, EDU_B, &self->dev));
	ASSERT_EQ(0, t1_map(self->fd, self->source, PAGE, SOURCE, GIVE));
	EXPECT_EQ(0, dev_join(&second, EDU_B, &self->dev));
	dev_release(&second);
}

TEST_F(va, dma_goes_on)
{
	struct engine engine;

	ASSERT_EQ(0, engine_open(&engine, &self->dev));
	ASSERT_EQ(0, t1_unmap(self->fd, 0, 0, TAKE | ALL, NULL));
	EXPECT_TRUE(engine_works(&engine, self->source, SOURCE, self->sink,
				 SINK, 1));
	ASSERT_EQ(0, t1_map(self->fd, self->source, PAGE, SOURCE, GIVE));
	ASSERT_EQ(0, t1_map(self->fd, self->sink, PAGE, SINK, GIVE));
	EXPECT_TRUE(engine_works(&engine, self->source, SOURCE, self->sink,
				 SINK, 2));
	engine_close(&engine);
}

/* The successor has them on its account, and the other has them no more. */
TEST_F(va, account_moves)
{
	int pipes[2], status;
	pid_t child;
	char go;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(2 * PAGE, locked_bytes(0));
	ASSERT_EQ(0, t1_unmap(self->fd, 0, 0, TAKE | ALL, NULL));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		bool good = !t1_map(self->fd, self->source, PAGE, SOURCE, GIVE) &&
			    locked_bytes(0) == PAGE;

		close(pipes[1]);
		/* The parent looks while the child lives. */
		if (read(pipes[0], &go, 1) < 0)
			good = false;
		_exit(!good);
	}
	close(pipes[0]);
	for (int i = 0; i < 500 && locked_bytes(0) != PAGE; i++)
		usleep(10000);
	EXPECT_EQ(PAGE, locked_bytes(0));
	close(pipes[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	/* The child is gone, and what it was charged for works on. */
	EXPECT_EQ(0, t1_unmap(self->fd, SOURCE, PAGE, 0, NULL));
	EXPECT_EQ(PAGE, locked_bytes(0));
}

TEST_HARNESS_MAIN
