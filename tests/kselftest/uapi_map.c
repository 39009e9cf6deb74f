// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_DMA and IOASID_UNMAP_DMA in a space without devices: where mappings
 * may be, what may be mapped, what unmapping covers, and every way in which the
 * two refuse. A refusal is always followed by a look at what it must not change.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>

#include "common.h"
#include "expect.h"

#define PAGES		64
#define LAST_PAGE	(-4096ULL)

FIXTURE(map) {
	int fd;
	__u32 space;
	char *memory;		/* PAGES pages */
	__u64 locked;		/* before anything was mapped */
};

FIXTURE_SETUP(map)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->memory = anon(PAGES * PAGE);
	ASSERT_NE(NULL, self->memory);
	self->locked = locked_bytes(0);
}

FIXTURE_TEARDOWN(map)
{
	close(self->fd);
}

/* The space has that many mappings of so many pages, all charged to us. */
#define EXPECT_HOLDS(_areas, _pages)					\
	do {								\
		__u64 _bytes = (_pages) * PAGE;				\
									\
		EXPECT_EQ(_areas, num_areas(self->fd, self->space));	\
		EXPECT_EQ(_bytes, mapped_bytes(self->fd, self->space));	\
		EXPECT_EQ(self->locked + _bytes, locked_bytes(0));	\
	} while (0)

TEST_F(map, fixed)
{
	static const __u64 iovas[] = { 0, 16 * PAGE, 1ULL << 32, 1ULL << 63,
				       LAST_PAGE };

	for (unsigned int i = 0; i < ARRAY_SIZE(iovas); i++) {
		EXPECT_OK(do_map(self->fd, self->space, self->memory + i * PAGE,
				 PAGE, iovas[i], RW));
		EXPECT_HOLDS(i + 1, i + 1);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(iovas); i++)
		EXPECT_OK(do_unmap(self->fd, self->space, iovas[i], PAGE));
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, each_protection)
{
	char *read_only = anon(PAGE);

	ASSERT_NE(NULL, read_only);
	ASSERT_EQ(0, mprotect(read_only, PAGE, PROT_READ));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 0,
			 IOASID_PROT_READ));
	EXPECT_OK(do_map(self->fd, self->space, self->memory + PAGE, PAGE, PAGE,
			 IOASID_PROT_WRITE));
	EXPECT_OK(do_map(self->fd, self->space, read_only, PAGE, 2 * PAGE,
			 IOASID_PROT_READ));
	EXPECT_HOLDS(3, 3);
}

/* A shared file that this process may only read can be read by a device. */
TEST_F(map, read_only_shared_file)
{
	int fd = memfd_create("read-only", MFD_CLOEXEC);
	char path[32];
	char *va;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	va = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_OK(do_map(self->fd, self->space, va, 2 * PAGE, 0,
			 IOASID_PROT_READ));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, va, PAGE, 4 * PAGE, RW));
	EXPECT_HOLDS(1, 2);
}

/* Lengths that no memory has, and of which a part would be a length that some has. */
TEST_F(map, longer_than_memory)
{
	static const __u64 lengths[] = {
		1ULL << 63, 1ULL << 57, (1ULL << 57) + 32 * MIB, 1ULL << 46,
		1ULL << 44, (1ULL << 44) + PAGE,
	};
	char *va = anon_populated(64 * MIB);
	__u32 id;

	ASSERT_NE(NULL, va);
	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
			       do_map(self->fd, self->space, va, lengths[i], 0,
				      IOASID_PROT_READ));
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
			       do_register(self->fd, va, lengths[i], RW, &id));
	}
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, same_memory_twice)
{
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 0, RW));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, PAGE, RW));
	EXPECT_EQ(2, num_areas(self->fd, self->space));
	EXPECT_EQ(2 * PAGE, mapped_bytes(self->fd, self->space));
	EXPECT_OK(do_unmap(self->fd, self->space, 0, 2 * PAGE));
	EXPECT_HOLDS(0, 0);
}

/* Unmapping the memory from the process does not unmap it from the space. */
TEST_F(map, outlives_munmap)
{
	char *va = anon(4 * PAGE);

	ASSERT_NE(NULL, va);
	ASSERT_OK(do_map(self->fd, self->space, va, 4 * PAGE, 0, RW));
	ASSERT_EQ(0, munmap(va, 4 * PAGE));
	EXPECT_HOLDS(1, 4);
	EXPECT_OK(do_unmap(self->fd, self->space, 0, 4 * PAGE));
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, bad_values)
{
	struct ioasid_map_dma arg = {
		.size = sizeof(arg),
		.flags = IOASID_MAP_FIXED,
		.ioasid = self->space,
		.user_va = (uintptr_t)self->memory,
		.length = PAGE,
	};

	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_MAP_DMA, &arg));
	arg.prot = 4;
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_MAP_DMA, &arg));
	arg.prot = RW | 1U << 31;
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_MAP_DMA, &arg));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_map(self->fd, NO_ID, self->memory, PAGE, 0, RW));
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, not_aligned)
{
	__u64 iova;

	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_map(self->fd, self->space, self->memory + 1, PAGE, 0,
			      RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_map(self->fd, self->space, self->memory, PAGE + 512, 0,
			      RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_map(self->fd, self->space, self->memory, PAGE, 2048,
			      RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_map_any(self->fd, self->space, self->memory + 2048,
				  PAGE, &iova, RW));
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, empty_and_wrapping)
{
	__u64 iova;

	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_map(self->fd, self->space, self->memory, 0, 0, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_map_any(self->fd, self->space, self->memory, 0, &iova,
				  RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_map(self->fd, self->space, self->memory, 2 * PAGE,
			      LAST_PAGE, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_map(self->fd, self->space, (void *)LAST_PAGE,
			      2 * PAGE, 0, RW));
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, taken)
{
	static const struct {
		__u64 iova, pages;
	} overlaps[] = { { 8, 4 }, { 7, 2 }, { 11, 2 }, { 9, 1 }, { 0, 32 } };

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 4 * PAGE, 8 * PAGE,
			 RW));
	for (unsigned int i = 0; i < ARRAY_SIZE(overlaps); i++) {
		EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
			       do_map(self->fd, self->space, self->memory,
				      overlaps[i].pages * PAGE,
				      overlaps[i].iova * PAGE, RW));
		EXPECT_EA_RANGE(8 * PAGE, 12 * PAGE - 1);
	}
	EXPECT_HOLDS(1, 4);
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 7 * PAGE,
			 RW));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 12 * PAGE,
			 RW));
}

TEST_F(map, memory_that_is_not_there)
{
	ASSERT_EQ(0, munmap(self->memory + 5 * PAGE, PAGE));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, self->memory, 8 * PAGE, 0,
			      RW));
	EXPECT_EQ((uintptr_t)self->memory + 5 * PAGE, ea.first);
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, (void *)PAGE, PAGE, 0, RW));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, (void *)0xffff888000000000,
			      PAGE, 0, RW));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, (void *)LAST_PAGE, PAGE, 0,
			      RW));
	EXPECT_HOLDS(0, 0);
	EXPECT_OK(do_map(self->fd, self->space, self->memory, 5 * PAGE, 0, RW));
}

TEST_F(map, memory_that_may_not_be_written)
{
	ASSERT_EQ(0, mprotect(self->memory + PAGE, PAGE, PROT_READ));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, self->memory, 4 * PAGE, 0,
			      RW));
	EXPECT_EQ((uintptr_t)self->memory + PAGE, ea.first);
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, self->memory, 4 * PAGE, 0,
			      IOASID_PROT_WRITE));
	EXPECT_HOLDS(0, 0);
	EXPECT_OK(do_map(self->fd, self->space, self->memory, 4 * PAGE, 0,
			 IOASID_PROT_READ));
	ASSERT_EQ(0, mprotect(self->memory + 8 * PAGE, PAGE, PROT_NONE));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, self->memory + 8 * PAGE,
			      PAGE, 8 * PAGE, IOASID_PROT_READ));
	EXPECT_HOLDS(1, 4);
}

/* Without FIXED the member iova is only written. */
TEST_F(map, chosen_ignores_what_was_in_iova)
{
	struct ioasid_map_dma arg = {
		.size = sizeof(arg),
		.ioasid = self->space,
		.prot = RW,
		.user_va = (uintptr_t)self->memory,
		.length = PAGE,
		.iova = LAST_PAGE + 1,
	};

	EXPECT_OK(cmd(self->fd, IOASID_MAP_DMA, &arg));
	EXPECT_EQ(0, arg.iova % PAGE);
	EXPECT_OK(do_unmap(self->fd, self->space, arg.iova, PAGE));
}

/* Chosen IOVAs fill a window exactly, around what is there, and then no more. */
TEST_F(map, chosen_until_full)
{
	const __u64 base = 256 * PAGE, pages = 16;
	bool used[16] = { false };
	__u64 iova;
	__u32 id;

	ASSERT_OK(do_alloc_window(self->fd, base, pages * PAGE, &id));
	ASSERT_OK(do_map(self->fd, id, self->memory, 2 * PAGE, base + 5 * PAGE,
			 RW));
	used[5] = true;
	used[6] = true;
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(self->fd, id, self->memory, 10 * PAGE, &iova,
				  RW));
	for (unsigned int i = 0; i < pages - 2; i++) {
		ASSERT_OK(do_map_any(self->fd, id, self->memory, PAGE, &iova,
				     RW));
		ASSERT_EQ(0, iova % PAGE);
		ASSERT_GE(iova, base);
		ASSERT_LT(iova, base + pages * PAGE);
		ASSERT_FALSE(used[(iova - base) / PAGE]);
		used[(iova - base) / PAGE] = true;
	}
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(self->fd, id, self->memory, PAGE, &iova, RW));
	ASSERT_OK(do_unmap(self->fd, id, base + 9 * PAGE, PAGE));
	EXPECT_OK(do_map_any(self->fd, id, self->memory, PAGE, &iova, RW));
	EXPECT_EQ(base + 9 * PAGE, iova);
	EXPECT_EQ(pages * PAGE, mapped_bytes(self->fd, id));
}

TEST_F(map, chosen_larger_than_the_window)
{
	__u64 iova;
	__u32 id;

	ASSERT_OK(do_alloc_window(self->fd, 0, 4 * PAGE, &id));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(self->fd, id, self->memory, 5 * PAGE, &iova,
				  RW));
	EXPECT_OK(do_map_any(self->fd, id, self->memory, 4 * PAGE, &iova, RW));
	EXPECT_EQ(0, iova);
}

TEST_F(map, outside_the_window)
{
	__u32 id;

	ASSERT_OK(do_alloc_window(self->fd, 16 * PAGE, 16 * PAGE, &id));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_WINDOW,
		       do_map(self->fd, id, self->memory, PAGE, 15 * PAGE, RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_WINDOW,
		       do_map(self->fd, id, self->memory, 2 * PAGE, 15 * PAGE,
			      RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_WINDOW,
		       do_map(self->fd, id, self->memory, 2 * PAGE, 31 * PAGE,
			      RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_WINDOW,
		       do_map(self->fd, id, self->memory, PAGE, LAST_PAGE, RW));
	EXPECT_EQ(0, num_areas(self->fd, id));
	EXPECT_OK(do_map(self->fd, id, self->memory, PAGE, 16 * PAGE, RW));
	EXPECT_OK(do_map(self->fd, id, self->memory, PAGE, 31 * PAGE, RW));
}

TEST_F(map, unmap_several_at_once)
{
	__u64 bytes;

	for (unsigned int i = 0; i < 8; i++)
		ASSERT_OK(do_map(self->fd, self->space, self->memory, 2 * PAGE,
				 4 * i * PAGE, RW));
	/* The areas at 4, 8 and 12, with the holes around them. */
	EXPECT_OK(do_unmap_count(self->fd, self->space, 3 * PAGE, 12 * PAGE,
				 &bytes));
	EXPECT_EQ(6 * PAGE, bytes);
	EXPECT_HOLDS(5, 10);
	EXPECT_OK(do_unmap_count(self->fd, self->space, 0, LAST_PAGE, &bytes));
	EXPECT_EQ(10 * PAGE, bytes);
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, unmap_would_split)
{
	static const struct {
		__u64 iova, pages, first;
	} splits[] = {
		{ 8, 1, 8 }, { 9, 1, 8 }, { 11, 1, 8 }, { 11, 8, 8 },
		{ 4, 5, 8 }, { 8, 13, 20 }, { 0, 22, 20 },
	};

	ASSERT_OK(do_map(self->fd, self->space, self->memory, 4 * PAGE, 8 * PAGE,
			 RW));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, 4 * PAGE,
			 20 * PAGE, RW));
	for (unsigned int i = 0; i < ARRAY_SIZE(splits); i++) {
		EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
			       do_unmap(self->fd, self->space,
					splits[i].iova * PAGE,
					splits[i].pages * PAGE));
		EXPECT_EA_RANGE(splits[i].first * PAGE,
				(splits[i].first + 4) * PAGE - 1);
		EXPECT_HOLDS(2, 8);
	}
	EXPECT_OK(do_unmap(self->fd, self->space, 8 * PAGE, 16 * PAGE));
	EXPECT_HOLDS(0, 0);
}

TEST_F(map, unmap_refusals)
{
	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE, PAGE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unmap(self->fd, NO_ID, PAGE, PAGE));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(self->fd, self->space, 0, PAGE));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(self->fd, self->space, 2 * PAGE,
				LAST_PAGE - 2 * PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_unmap(self->fd, self->space, PAGE, 0));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_unmap(self->fd, self->space, 2 * PAGE, LAST_PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_unmap(self->fd, self->space, PAGE + 1, PAGE));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_unmap(self->fd, self->space, PAGE, PAGE - 1));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_unmap(self->fd, self->space, PAGE / 2, 2 * PAGE));
	EXPECT_HOLDS(1, 1);
	EXPECT_OK(do_unmap(self->fd, self->space, PAGE, PAGE));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(self->fd, self->space, PAGE, PAGE));
}

TEST_F(map, unmap_all)
{
	struct ioasid_unmap_dma arg = {
		.size = sizeof(arg),
		.flags = IOASID_UNMAP_ALL,
		.ioasid = self->space,
	};
	__u64 bytes = 1;

	EXPECT_OK(do_unmap_all(self->fd, self->space, &bytes));
	EXPECT_EQ(0, bytes);
	ASSERT_OK(do_map(self->fd, self->space, self->memory, 3 * PAGE, 0, RW));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE, LAST_PAGE,
			 RW));
	arg.length = PAGE;
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_UNMAP_DMA, &arg));
	arg.length = 0;
	arg.iova = PAGE;
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       cmd(self->fd, IOASID_UNMAP_DMA, &arg));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unmap_all(self->fd, NO_ID, &bytes));
	EXPECT_EQ(2, num_areas(self->fd, self->space));
	EXPECT_OK(do_unmap_all(self->fd, self->space, &bytes));
	EXPECT_EQ(4 * PAGE, bytes);
	EXPECT_HOLDS(0, 0);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/*
 * A signal stops a long map. It is sent earlier and earlier until it arrives in
 * time, because how long the map takes is the machine's affair.
 */
TEST_F(map, interrupted_and_rolled_back)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const size_t length = 512 * MIB;
	int err = 0;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (unsigned int ms = 100; ms && !err; ms /= 2) {
		const struct itimerval timer = {
			.it_value.tv_usec = ms * 1000,
		};
		char *va = anon(length);

		ASSERT_NE(NULL, va);
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
		err = do_map(self->fd, self->space, va, length, 0, RW);
		if (!err)
			ASSERT_OK(do_unmap(self->fd, self->space, 0, length));
		munmap(va, length);
	}
	EXPECT_EQ(EINTR, err);
	EXPECT_EQ(IOASID_REASON_INTERRUPTED, ea.reason);
	EXPECT_HOLDS(0, 0);
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, 0, RW));
}

TEST_HARNESS_MAIN
