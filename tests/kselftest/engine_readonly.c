// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that its process may only read can be mapped for devices that only read,
 * stays what the process sees, and is not made dirty by that.
 */
#include "kselftest_harness.h"

#include <fcntl.h>

#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		0x10000000ULL
#define SINK		0x20000000ULL
#define READ		IOASID_PROT_READ
#define PAGE_DIRTY	0x10		/* in /proc/kpageflags */

FIXTURE(readonly) {
	struct stage stage;
	char *sink;		/* a page, mapped at SINK */
	int file;		/* a page of tmpfs, never touched */
	int reader;		/* the same, open for reading */
};

FIXTURE_SETUP(readonly)
{
	char path[64];

	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->sink = anon(PAGE);
	ASSERT_NE(NULL, self->sink);
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, self->sink, PAGE,
			 SINK, RW));
	self->file = memfd_create("file", MFD_CLOEXEC);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(0, ftruncate(self->file, PAGE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->file);
	self->reader = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(self->reader, 0);
}

FIXTURE_TEARDOWN(readonly)
{
	stage_close(&self->stage);
	close(self->reader);
	close(self->file);
}

/*
 * Makes memory writable and writes it: the device sees that. Before 5.19 a kernel may
 * give the process a copy of a page that is pinned, whoever pinned it and how.
 */
#define EXPECT_WRITES_SEEN(_va, _seed)					\
	do {								\
		if (kernel_before(5, 19))				\
			break;						\
		ASSERT_EQ(0, mprotect(_va, PAGE,			\
				      PROT_READ | PROT_WRITE));		\
		fill(_va, PAGE, _seed);					\
		EXPECT_READS(_seed);					\
	} while (0)
#define MAP(_va, _prot)							\
	do_map(self->stage.fd, self->stage.space, _va, PAGE, IOVA, _prot)
#define UNMAP()								\
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA, PAGE))
/* What the device reads is the pattern of this seed. */
#define EXPECT_READS(_seed)						\
	do {								\
		EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));	\
		EXPECT_TRUE(store_arrives(&self->stage.engine, SINK,	\
					  self->sink, _seed));		\
	} while (0)
#define EXPECT_NOT_WRITABLE(_va)					\
	do {								\
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN, MAP(_va, RW)); \
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,		\
			       MAP(_va, IOASID_PROT_WRITE));		\
	} while (0)

TEST_F(readonly, protected_memory)
{
	char *va = anon(PAGE);

	ASSERT_NE(NULL, va);
	fill(va, PAGE, 1);
	ASSERT_EQ(0, mprotect(va, PAGE, PROT_READ));
	EXPECT_NOT_WRITABLE(va);
	ASSERT_OK(MAP(va, READ));
	EXPECT_READS(1);
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA));
	EXPECT_TRUE(filled(va, PAGE, 1));
	/* The page is still the process' own, and no copy. */
	EXPECT_WRITES_SEEN(va, 2);
}

TEST_F(readonly, protected_and_never_touched)
{
	char *va = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	ASSERT_NE(MAP_FAILED, va);
	EXPECT_NOT_WRITABLE(va);
	ASSERT_OK(MAP(va, READ));
	memset(self->sink, 1, PAGE);
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_EQ(0, engine_store(&self->stage.engine, SINK));
	EXPECT_EQ(0, memcmp(va, self->sink, DMA_LEN));
	EXPECT_WRITES_SEEN(va, 3);
}

/* What others write to the file the device sees, as the process does. */
TEST_F(readonly, shared_file)
{
	char *va = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->reader, 0);
	char bytes[DMA_LEN];

	ASSERT_NE(MAP_FAILED, va);
	EXPECT_NOT_WRITABLE(va);
	ASSERT_OK(MAP(va, READ));
	fill(bytes, DMA_LEN, 4);
	ASSERT_EQ(DMA_LEN, pwrite(self->file, bytes, DMA_LEN, 0));
	EXPECT_TRUE(filled(va, DMA_LEN, 4));
	EXPECT_READS(4);
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA + PAGE / 2));
	EXPECT_FALSE(filled(va + PAGE / 2, DMA_LEN, 4));
}

TEST_F(readonly, private_file)
{
	char *va = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->reader, 0);
	char bytes[DMA_LEN];

	ASSERT_NE(MAP_FAILED, va);
	fill(bytes, DMA_LEN, 5);
	ASSERT_EQ(DMA_LEN, pwrite(self->file, bytes, DMA_LEN, 0));
	EXPECT_NOT_WRITABLE(va);
	ASSERT_OK(MAP(va, READ));
	EXPECT_READS(5);
	/* From here on it is the process' copy that counts. */
	EXPECT_WRITES_SEEN(va, 6);
	ASSERT_EQ(DMA_LEN, pread(self->file, bytes, DMA_LEN, 0));
	EXPECT_TRUE(filled(bytes, DMA_LEN, 5));
}

/* The program's own instructions, which no device may write. */
TEST_F(readonly, program_text)
{
	char *va = (char *)((uintptr_t)&do_map & ~(PAGE - 1));

	EXPECT_NOT_WRITABLE(va);
	ASSERT_OK(MAP(va, READ));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_EQ(0, engine_store(&self->stage.engine, SINK));
	EXPECT_EQ(0, memcmp(va, self->sink, DMA_LEN));
}

static __u64 read_entry(const char *path, __u64 index)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;
	ssize_t got;

	got = pread(fd, &entry, sizeof(entry), index * sizeof(entry));
	close(fd);
	return got == sizeof(entry) ? entry : 0;
}

/* Is the page at an address dirty? It has to be there. */
static bool is_dirty(const void *va)
{
	__u64 entry = read_entry("/proc/self/pagemap", (uintptr_t)va / PAGE);

	return read_entry("/proc/kpageflags", entry & ((1ULL << 55) - 1)) &
	       PAGE_DIRTY;
}

TEST_F(readonly, not_made_dirty)
{
	char *va = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->reader, 0);
	char *writable;

	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(0, __atomic_load_n(va, __ATOMIC_ACQUIRE));
	ASSERT_FALSE(is_dirty(va));
	ASSERT_OK(MAP(va, READ));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	UNMAP();
	EXPECT_FALSE(is_dirty(va));

	ASSERT_OK(do_map_file(self->stage.fd, self->stage.space, self->file, 0,
			      PAGE, IOVA, READ));
	UNMAP();
	EXPECT_FALSE(is_dirty(va));

	/* A device that could write makes it dirty: is_dirty() can tell. */
	writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			self->file, 0);
	ASSERT_NE(MAP_FAILED, writable);
	ASSERT_OK(MAP(writable, RW));
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA));
	UNMAP();
	EXPECT_TRUE(is_dirty(va));
}

/* So does one that writes to a file that no process has mapped. */
TEST_F(readonly, made_dirty)
{
	char *va = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->reader, 0);

	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(0, __atomic_load_n(va, __ATOMIC_ACQUIRE));
	ASSERT_FALSE(is_dirty(va));
	fill(self->sink, PAGE, 5);
	EXPECT_EQ(0, engine_load(&self->stage.engine, SINK));
	ASSERT_OK(do_map_file(self->stage.fd, self->stage.space, self->file, 0,
			      PAGE, IOVA, RW));
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA));
	EXPECT_TRUE(filled(va, DMA_LEN, 5));
	UNMAP();
	EXPECT_TRUE(is_dirty(va));
}

/* The kernel's copy-on-write and a pinned page, as the uAPI's documentation has it. */
TEST_F(readonly, protected_for_a_moment)
{
	char *va = anon(PAGE);

	ASSERT_NE(NULL, va);
	fill(va, PAGE, 3);
	ASSERT_OK(MAP(va, RW));
	ASSERT_EQ(0, mprotect(va, PAGE, PROT_READ));
	ASSERT_EQ(0, mprotect(va, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_READS(3);
	fill(va, PAGE, 4);
	EXPECT_READS(kernel_before(5, 19) ? 3 : 4);
}

/* Registered to be read: no mapping of it, in whatever space, lets a device write. */
TEST_F(readonly, registered)
{
	struct stage *stage = &self->stage;
	char *va = anon(PAGE);
	__u32 memory;

	ASSERT_NE(NULL, va);
	fill(va, PAGE, 8);
	ASSERT_EQ(0, mprotect(va, PAGE, PROT_READ));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_register(stage->fd, va, PAGE, RW, &memory));
	ASSERT_OK(do_register(stage->fd, va, PAGE, READ, &memory));
	ASSERT_OK(do_copy_memory(stage->fd, -1, memory, 0, stage->space, PAGE,
				 IOVA, READ));
	EXPECT_READS(8);
	EXPECT_EQ(0, engine_store(&stage->engine, IOVA + PAGE / 2));
	EXPECT_TRUE(filled(va, PAGE, 8));
}

TEST_HARNESS_MAIN
