// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_REGISTER_MEMORY and IOASID_COPY: memory is pinned and charged once, however
 * many spaces and contexts map it, and let go with its last user, whichever that is.
 */
#include "kselftest_harness.h"

#include <sys/resource.h>

#include "common.h"
#include "expect.h"
#include "stage.h"

#define PAGES		8
#define LENGTH		(PAGES * PAGE)
#define HERE		0x10000000ULL
#define THERE		0x20000000ULL
#define NOBODY		65534

/* Two contexts, each with a device in a space. */
FIXTURE(share) {
	struct stage a, b;
	char *memory;		/* PAGES pages */
	__u64 locked, pinned;
	__u32 id;		/* of registered memory, if any, in a */
};

FIXTURE_SETUP(share)
{
	ASSERT_EQ(0, stage_open(&self->a, EDU_A, 0));
	ASSERT_EQ(0, stage_open(&self->b, EDU_B, 0));
	self->memory = anon(LENGTH);
	ASSERT_NE(NULL, self->memory);
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	ASSERT_NE(~0ULL, self->pinned);
}

FIXTURE_TEARDOWN(share)
{
	stage_close(&self->a);
	stage_close(&self->b);
}

#define EXPECT_HELD(_pages)						\
	do {								\
		EXPECT_EQ(self->locked + (_pages) * PAGE, locked_bytes(0)); \
		EXPECT_EQ(self->pinned + (_pages), pinned_pages());	\
	} while (0)
#define REGISTER(_prot)							\
	ASSERT_OK(do_register(self->a.fd, self->memory, LENGTH, _prot,	\
			      &self->id))
/* All of the registered memory, or a mapping of a's space at HERE. */
#define COPY_MEMORY(_stage, _iova, _prot)				\
	do_copy_memory((_stage)->fd, self->a.fd, self->id, 0,		\
		       (_stage)->space, LENGTH, _iova, _prot)
#define COPY_SPACE(_stage, _iova, _prot)				\
	do_copy_space((_stage)->fd, self->a.fd, self->a.space, HERE,	\
		      (_stage)->space, LENGTH, _iova, _prot)
#define UNMAP(_stage, _iova)						\
	EXPECT_OK(do_unmap((_stage)->fd, (_stage)->space, _iova, LENGTH))

TEST_F(share, pinned_once)
{
	struct stage *a = &self->a, *b = &self->b;
	char *last = self->memory + LENGTH - PAGE;

	REGISTER(RW);
	EXPECT_HELD(PAGES);
	ASSERT_OK(COPY_MEMORY(a, HERE, RW));
	ASSERT_OK(COPY_MEMORY(a, THERE, RW));
	ASSERT_OK(COPY_MEMORY(b, HERE + PAGE, RW));
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(a, HERE, self->memory, 1));
	EXPECT_TRUE(stage_sees(a, THERE + LENGTH - PAGE, last, 2));
	EXPECT_TRUE(stage_sees(b, HERE + LENGTH, last, 3));
	EXPECT_EQ(2, num_areas(a->fd, a->space));
	EXPECT_EQ(LENGTH, mapped_bytes(b->fd, b->space));
}

/* Lets go of one of three users of the memory. */
static int let_go(struct stage *a, struct stage *b, __u32 id, unsigned int user)
{
	if (user == 0)
		return do_unregister(a->fd, id);
	if (user == 1)
		return do_unmap(a->fd, a->space, HERE, LENGTH);
	return do_unmap(b->fd, b->space, THERE, LENGTH);
}

TEST_F(share, let_go_in_every_order)
{
	static const unsigned int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		REGISTER(RW);
		ASSERT_OK(COPY_MEMORY(&self->a, HERE, RW));
		ASSERT_OK(COPY_MEMORY(&self->b, THERE, RW));
		for (unsigned int j = 0; j < 3; j++) {
			EXPECT_HELD(PAGES);
			EXPECT_OK(let_go(&self->a, &self->b, self->id,
					 orders[i][j]));
		}
		EXPECT_HELD(0);
	}
}

TEST_F(share, unregistered_while_mapped)
{
	struct stage *a = &self->a;

	REGISTER(RW);
	ASSERT_OK(COPY_MEMORY(a, HERE, RW));
	EXPECT_OK(do_unregister(a->fd, self->id));
	EXPECT_TRUE(stage_sees(a, HERE, self->memory, 1));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       COPY_MEMORY(a, THERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unregister(a->fd, self->id));
	UNMAP(a, HERE);
	EXPECT_HELD(0);
	EXPECT_TRUE(stage_is_blind(a, HERE, self->memory, 2));
	/* IOASID_FREE does the same. */
	REGISTER(RW);
	EXPECT_HELD(PAGES);
	EXPECT_OK(do_free(a->fd, self->id));
	EXPECT_HELD(0);
}

TEST_F(share, from_space_to_space)
{
	struct stage *a = &self->a, *b = &self->b;

	ASSERT_OK(do_map(a->fd, a->space, self->memory, LENGTH, HERE, RW));
	ASSERT_OK(COPY_SPACE(b, THERE, RW));
	ASSERT_OK(COPY_SPACE(a, THERE, RW));
	EXPECT_HELD(PAGES);
	UNMAP(a, HERE);
	EXPECT_TRUE(stage_is_blind(a, HERE, self->memory, 1));
	EXPECT_TRUE(stage_sees(a, THERE, self->memory, 2));
	EXPECT_TRUE(stage_sees(b, THERE, self->memory, 3));
	UNMAP(a, THERE);
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(b, THERE, self->memory, 4));
	UNMAP(b, THERE);
	EXPECT_HELD(0);
	EXPECT_TRUE(stage_is_blind(b, THERE, self->memory, 5));
}

/* A part of a part: the right pages, and the memory stays as a whole. */
TEST_F(share, parts)
{
	struct stage *a = &self->a, *b = &self->b;

	REGISTER(RW);
	ASSERT_OK(do_copy_memory(a->fd, -1, self->id, 2 * PAGE, a->space,
				 5 * PAGE, HERE, RW));
	ASSERT_OK(do_copy_space(b->fd, a->fd, a->space, HERE + 2 * PAGE,
				b->space, 2 * PAGE, THERE, RW));
	EXPECT_TRUE(stage_sees(a, HERE, self->memory + 2 * PAGE, 1));
	EXPECT_TRUE(stage_sees(a, HERE + 4 * PAGE, self->memory + 6 * PAGE, 2));
	EXPECT_TRUE(stage_sees(b, THERE + PAGE, self->memory + 5 * PAGE, 3));
	EXPECT_TRUE(stage_is_blind(b, THERE + 2 * PAGE, self->memory + 6 * PAGE,
				   4));
	EXPECT_OK(do_unregister(a->fd, self->id));
	EXPECT_OK(do_unmap(a->fd, a->space, HERE, 5 * PAGE));
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(b, THERE, self->memory + 4 * PAGE, 5));
	EXPECT_OK(do_unmap(b->fd, b->space, THERE, 2 * PAGE));
	EXPECT_HELD(0);
}

/* The context that the memory comes from is closed, or its space is freed. */
TEST_F(share, the_source_is_gone)
{
	struct stage *a = &self->a, *b = &self->b;

	REGISTER(RW);
	ASSERT_OK(COPY_MEMORY(a, HERE, RW));
	ASSERT_OK(COPY_SPACE(b, HERE, RW));
	ASSERT_OK(COPY_MEMORY(b, THERE, RW));
	ASSERT_OK(do_detach(a->fd, a->dev.id));
	ASSERT_OK(do_free(a->fd, a->space));
	stage_close(a);
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(b, HERE, self->memory, 1));
	EXPECT_TRUE(stage_sees(b, THERE, self->memory, 2));
	ASSERT_OK(do_detach(b->fd, b->dev.id));
	ASSERT_OK(do_free(b->fd, b->space));
	EXPECT_HELD(0);
}

TEST_F(share, closed_with_all_in_use)
{
	REGISTER(RW);
	ASSERT_OK(COPY_MEMORY(&self->a, HERE, RW));
	ASSERT_OK(COPY_MEMORY(&self->b, HERE, RW));
	stage_close(&self->b);
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(&self->a, HERE, self->memory, 1));
	stage_close(&self->a);
	EXPECT_HELD(0);
}

TEST_F(share, attached_afterwards)
{
	struct stage *a = &self->a;

	ASSERT_OK(do_detach(a->fd, a->dev.id));
	REGISTER(RW);
	ASSERT_OK(do_copy_memory(a->fd, -1, self->id, 3 * PAGE, a->space, PAGE,
				 HERE, RW));
	ASSERT_OK(do_attach(a->fd, a->dev.id, a->space));
	EXPECT_TRUE(stage_sees(a, HERE, self->memory + 3 * PAGE, 1));
	EXPECT_HELD(PAGES);
}

/* The tables go with the last device, the memory stays pinned for the next one. */
TEST_F(share, detached_for_a_while)
{
	struct stage *a = &self->a;
	struct ioasid_get_info info;

	ASSERT_OK(do_map(a->fd, a->space, self->memory, PAGES * PAGE, HERE,
			 RW));
	EXPECT_HELD(PAGES);
	ASSERT_OK(do_detach(a->fd, a->dev.id));
	ASSERT_OK(do_get_info(a->fd, a->space, &info));
	EXPECT_EQ(0, info.num_domains);
	EXPECT_EQ(1, info.num_areas);
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_is_blind(a, HERE, self->memory, 1));
	ASSERT_OK(do_attach(a->fd, a->dev.id, a->space));
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(a, HERE + PAGE, self->memory + PAGE, 2));
}

/* A mapping allows no more than what it is made of. */
TEST_F(share, rights)
{
	struct stage *a = &self->a, *b = &self->b;

	REGISTER(IOASID_PROT_READ);
	EXPECT_REFUSED(EACCES, IOASID_REASON_PROT, COPY_MEMORY(a, HERE, RW));
	EXPECT_REFUSED(EACCES, IOASID_REASON_PROT,
		       COPY_MEMORY(a, HERE, IOASID_PROT_WRITE));
	ASSERT_OK(COPY_MEMORY(a, HERE, IOASID_PROT_READ));
	EXPECT_REFUSED(EACCES, IOASID_REASON_PROT, COPY_SPACE(b, HERE, RW));
	ASSERT_OK(COPY_SPACE(b, HERE, IOASID_PROT_READ));
	EXPECT_TRUE(stage_is_blind(a, HERE, self->memory, 1));
	EXPECT_TRUE(stage_is_blind(b, HERE, self->memory, 2));
	EXPECT_OK(do_unregister(a->fd, self->id));

	REGISTER(RW);
	ASSERT_OK(COPY_MEMORY(a, THERE, IOASID_PROT_WRITE));
	ASSERT_OK(COPY_MEMORY(b, THERE, RW));
	EXPECT_REFUSED(EACCES, IOASID_REASON_PROT,
		       do_copy_space(b->fd, a->fd, a->space, THERE, b->space,
				     PAGE, 2 * THERE, IOASID_PROT_READ));
	/* Read-only and writable mappings of the same memory, side by side. */
	EXPECT_TRUE(engine_works(&b->engine, self->memory, HERE,
				 self->memory + PAGE, THERE + PAGE, 3));
	EXPECT_TRUE(store_arrives(&b->engine, THERE, self->memory, 3));
}

#define EXPECT_NO_COPY(_errno, _reason, _offset, _length)		\
	do {								\
		EXPECT_REFUSED(_errno, _reason,				\
			       do_copy_memory(self->a.fd, -1, self->id,	\
					      _offset, self->a.space,	\
					      _length, HERE, RW));	\
		EXPECT_EQ(0, num_areas(self->a.fd, self->a.space));	\
	} while (0)

TEST_F(share, outside_the_memory)
{
	REGISTER(RW);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, 0, LENGTH + PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, PAGE, LENGTH);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, LENGTH, PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, 1ULL << 40, PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, -PAGE, PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, -PAGE, 2 * PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, PAGE, -PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_RANGE, 0, 0);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_ALIGNMENT, 1, PAGE);
	EXPECT_NO_COPY(EINVAL, IOASID_REASON_ALIGNMENT, 0, PAGE + 1);
	EXPECT_HELD(PAGES);
}

TEST_F(share, not_whole_in_one_mapping)
{
	struct stage *a = &self->a, *b = &self->b;

	ASSERT_OK(do_map(a->fd, a->space, self->memory, 2 * PAGE, HERE, RW));
	ASSERT_OK(do_map(a->fd, a->space, self->memory, 2 * PAGE,
			 HERE + 2 * PAGE, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
		       do_copy_space(b->fd, a->fd, a->space, HERE + PAGE,
				     b->space, 2 * PAGE, HERE, RW));
	EXPECT_EA_RANGE(HERE, HERE + 2 * PAGE - 1);
	EXPECT_REFUSED(EINVAL, IOASID_REASON_IOVA_PARTIAL,
		       do_copy_space(b->fd, a->fd, a->space, HERE - PAGE,
				     b->space, 2 * PAGE, HERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_copy_space(b->fd, a->fd, a->space, HERE + 4 * PAGE,
				     b->space, PAGE, HERE, RW));
	EXPECT_EQ(0, num_areas(b->fd, b->space));
}

TEST_F(share, wrong_objects)
{
	struct stage *a = &self->a, *b = &self->b;

	REGISTER(RW);
	ASSERT_OK(COPY_MEMORY(a, HERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_copy_memory(a->fd, -1, a->space, 0, a->space, PAGE,
				      THERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_copy_space(a->fd, -1, self->id, 0, a->space, PAGE,
				     THERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_copy_memory(a->fd, -1, self->id, 0, self->id, PAGE,
				      THERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_copy_memory(a->fd, -1, NO_ID, 0, a->space, PAGE,
				      THERE, RW));
	/* The memory is the other context's. */
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_copy_memory(b->fd, -1, self->id, 0, b->space, PAGE,
				      THERE, RW));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       do_copy_memory(b->fd, 1000, self->id, 0, b->space, PAGE,
				      THERE, RW));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       do_copy_memory(b->fd, -2, self->id, 0, b->space, PAGE,
				      THERE, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       do_copy_memory(b->fd, b->dev.group, self->id, 0,
				      b->space, PAGE, THERE, RW));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unregister(a->fd, a->space));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_map(a->fd, self->id, self->memory, PAGE, 0, RW));
	EXPECT_EQ(1, num_areas(a->fd, a->space));
	EXPECT_EQ(0, num_areas(b->fd, b->space));
}

TEST_F(share, no_place_for_the_copy)
{
	struct stage *a = &self->a;
	struct ioasid_copy any = {
		.size = sizeof(any),
		.flags = IOASID_COPY_MEMORY,
		.src_fd = -1,
		.prot = RW,
		.length = LENGTH,
	};

	REGISTER(RW);
	ASSERT_OK(COPY_MEMORY(a, HERE, RW));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
		       COPY_MEMORY(a, HERE + PAGE, RW));
	EXPECT_EA_RANGE(HERE, HERE + LENGTH - 1);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
		       COPY_MEMORY(a, MSI_FIRST - PAGE, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       COPY_MEMORY(a, THERE + 1, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE, COPY_MEMORY(a, -PAGE, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE, COPY_MEMORY(a, THERE, 0));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_VALUE,
		       COPY_MEMORY(a, THERE, 7));
	any.src_id = self->id;
	ASSERT_OK(do_alloc_window(a->fd, HERE, LENGTH - PAGE, &any.dst_ioasid));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       cmd(a->fd, IOASID_COPY, &any));
	any.length -= PAGE;
	ASSERT_OK(cmd(a->fd, IOASID_COPY, &any));
	EXPECT_EQ(HERE, any.dst_iova);
	EXPECT_HELD(PAGES);
}

TEST_F(share, register_what_cannot_be)
{
	char *va = self->memory;
	const int fd = self->a.fd;

	ASSERT_EQ(0, munmap(va + 3 * PAGE, PAGE));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_register(fd, va, LENGTH, RW, &self->id));
	EXPECT_EQ((uintptr_t)va + 3 * PAGE, ea.first);
	EXPECT_REFUSED(EINVAL, IOASID_REASON_ALIGNMENT,
		       do_register(fd, va + 8, PAGE, RW, &self->id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_RANGE,
		       do_register(fd, va, 0, RW, &self->id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       do_register(fd, va, PAGE, 0, &self->id));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_VALUE,
		       do_register(fd, va, PAGE, 8, &self->id));
	EXPECT_HELD(0);
}

/* A child that copies what its parent registered is charged nothing. */
TEST_F(share, on_the_account_of_who_registered)
{
	pid_t child;
	int status;

	REGISTER(RW);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		__u64 before = locked_bytes(0);
		int err = COPY_MEMORY(&self->a, HERE, RW);

		_exit(err || locked_bytes(0) != before);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_OK(do_unregister(self->a.fd, self->id));
	EXPECT_HELD(PAGES);
	EXPECT_TRUE(stage_sees(&self->a, HERE, self->memory, 1));
	UNMAP(&self->a, HERE);
	EXPECT_HELD(0);
}

/* Who may lock so much and no more can map it as often as he likes. */
TEST_F(share, within_the_limit)
{
	const struct rlimit limit = { LENGTH, LENGTH };

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, setuid(NOBODY));
	REGISTER(RW);
	for (unsigned int i = 1; i <= 4; i++)
		EXPECT_OK(COPY_MEMORY(&self->a, i * HERE, RW));
	EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK,
		       do_map(self->a.fd, self->a.space, self->memory, PAGE,
			      HERE - PAGE, RW));
	EXPECT_EQ(LENGTH, locked_bytes(0));
}

/* IOVAs of the kernel's choice fit the memory, not the offset in it. */
TEST_F(share, aligned_like_the_memory)
{
	const size_t huge = 2 * MIB;
	struct ioasid_copy any = {
		.size = sizeof(any),
		.flags = IOASID_COPY_MEMORY,
		.src_fd = -1,
		.prot = RW,
		.dst_ioasid = self->a.space,
		.length = huge,
	};
	char *va = anon_aligned(2 * huge);

	ASSERT_NE(NULL, va);
	/* Only large pages are where the address says. */
	if (!kernel_has_thp())
		SKIP(return, NO_THP);
	ASSERT_EQ(0, madvise(va, 2 * huge, MADV_HUGEPAGE));
	va += PAGE;
	ASSERT_OK(do_register(self->a.fd, va, huge, RW, &any.src_id));
	ASSERT_OK(cmd(self->a.fd, IOASID_COPY, &any));
	EXPECT_EQ(PAGE, any.dst_iova & (huge - 1));
	EXPECT_TRUE(stage_sees(&self->a, any.dst_iova, va, 1));
}

TEST_HARNESS_MAIN
