// SPDX-License-Identifier: GPL-2.0
/*
 * What memory a device sees: large and high mappings to their last byte, and the
 * process's own pages whatever copy-on-write does behind its back.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <libioasid.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "stage.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL
#define TARGET		0x40000000ULL

#ifndef MFD_HUGE_1GB
#define MFD_HUGE_1GB	(30U << 26)	/* log2 of the size, as in <linux/memfd.h> */
#endif

enum {
	SEED_A = 200,
	SEED_B,
	SEED_C,
	SEED_CANARY,
};

FIXTURE(memory) {
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	struct engine engine;
	__u32 space;
	char *source, *sink;
};

FIXTURE_SETUP(memory)
{
	LIB_OK(ioasid_ctx_open(&self->ctx));
	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_A), 1, &self->dev));
	ASSERT_EQ(0, edu_open(ioasid_dev_fd(self->dev), &self->engine.edu));
	LIB_OK(ioasid_space_alloc(self->ctx, &self->space));
	LIB_OK(ioasid_dev_attach(self->dev, self->space));
	self->source = anon(2 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SOURCE,
				      self->source, PAGE, IOASID_PROT_READ));
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, SINK, self->sink,
				      PAGE, RW));
}

FIXTURE_TEARDOWN(memory)
{
	edu_close(self->engine.edu);
	ioasid_ctx_close(self->ctx);
}

#define WORKS(_seed)							\
	engine_works(&self->engine, self->source, SOURCE, self->sink,	\
		     SINK, _seed)
#define MAP(_iova, _va, _length, _prot)					\
	LIB_OK(ioasid_space_map_fixed(self->ctx, self->space, _iova, _va,	\
				      _length, _prot))

/* What the device reads at @iova is what a pattern of @seed put there. */
#define EXPECT_DEVICE_SEES(_iova, _seed)				\
	do {								\
		EXPECT_EQ(0, engine_load(&self->engine, _iova));	\
		EXPECT_TRUE(store_arrives(&self->engine, SINK,		\
					  self->sink, _seed));		\
	} while (0)

/* Puts a page into every place, large ones if the kernel is so advised. */
static void *touched(size_t length, int advice)
{
	char *va = anon(length);

	if (!va)
		return NULL;
	madvise(va, length, advice);
	for (size_t i = 0; i < length; i += PAGE)
		va[i] = 1;
	return va;
}

FIXTURE(gib) {
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	struct engine engine;
	__u32 space;
	char *source;
};

FIXTURE_VARIANT(gib) {
	int advice;
};

FIXTURE_VARIANT_ADD(gib, small_pages) {
	.advice = MADV_NOHUGEPAGE,
};

FIXTURE_VARIANT_ADD(gib, huge_pages) {
	.advice = MADV_HUGEPAGE,
};

FIXTURE_SETUP(gib)
{
	LIB_OK(ioasid_ctx_open(&self->ctx));
	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_A), 1, &self->dev));
	ASSERT_EQ(0, edu_open(ioasid_dev_fd(self->dev), &self->engine.edu));
	LIB_OK(ioasid_space_alloc(self->ctx, &self->space));
	LIB_OK(ioasid_dev_attach(self->dev, self->space));
	self->source = anon(PAGE);
	ASSERT_NE(NULL, self->source);
	MAP(SOURCE, self->source, PAGE, IOASID_PROT_READ);
	fill(self->source, PAGE, SEED_A);
}

FIXTURE_TEARDOWN(gib)
{
	edu_close(self->engine.edu);
	ioasid_ctx_close(self->ctx);
}

/* First, some middle and last bytes of 1 GiB, and none of them after unmapping. */
TEST_F(gib, mapped_and_unmapped)
{
	static const __u64 places[] = { 0, GIB / 2 + 3 * PAGE + 64,
					GIB - DMA_LEN };
	char *va = touched(GIB, variant->advice);
	__u64 locked = locked_bytes(0);

	ASSERT_NE(NULL, va);
	ASSERT_EQ(0, engine_load(&self->engine, SOURCE));
	MAP(TARGET, va, GIB, RW);
	EXPECT_EQ(locked + GIB, locked_bytes(0));
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		EXPECT_TRUE(store_arrives(&self->engine, TARGET + places[i],
					  va + places[i], SEED_A));
	LIB_OK(ioasid_space_unmap(self->ctx, self->space, TARGET, GIB, NULL));
	EXPECT_EQ(locked, locked_bytes(0));
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		fill(va + places[i], DMA_LEN, SEED_CANARY);
		EXPECT_EQ(0, engine_store(&self->engine, TARGET + places[i]));
		EXPECT_TRUE(filled(va + places[i], DMA_LEN, SEED_CANARY));
	}
	MAP(TARGET, va, PAGE, RW);
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, va, SEED_A));
}

TEST_F(memory, last_page_of_the_aperture)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	char *va = anon(PAGE);
	__u64 iova;

	ASSERT_NE(NULL, va);
	LIB_OK(ioasid_dev_info(self->dev, &info, NULL));
	iova = info.aperture_last + 1 - PAGE;
	MAP(iova, va, PAGE, RW);
	EXPECT_TRUE(WORKS(SEED_A));
	EXPECT_TRUE(store_arrives(&self->engine, iova, va, SEED_A));
	EXPECT_TRUE(store_arrives(&self->engine, iova + PAGE - DMA_LEN,
				  va + PAGE - DMA_LEN, SEED_A));
	LIB_OK(ioasid_space_unmap(self->ctx, self->space, iova, PAGE, NULL));
	EXPECT_TRUE(store_is_refused(&self->engine, iova, va, SEED_CANARY));
	EXPECT_TRUE(WORKS(SEED_B));
}

/*
 * Memory that was only read, or never touched, is one shared page of zeros until it
 * is written. Pinning that page would leave the device with zeros for ever.
 */
TEST_F(memory, untouched_memory_written_after_a_read_only_map)
{
	char *va = anon(2 * PAGE);

	ASSERT_NE(NULL, va);
	EXPECT_EQ(0, __atomic_load_n(va + PAGE, __ATOMIC_ACQUIRE));
	MAP(TARGET, va, 2 * PAGE, IOASID_PROT_READ);
	fill(va, PAGE, SEED_A);
	fill(va + PAGE, PAGE, SEED_B);
	EXPECT_DEVICE_SEES(TARGET, SEED_A);
	EXPECT_DEVICE_SEES(TARGET + PAGE, SEED_B);
}

/* A private mapping of a file: the file's page until it is written. */
TEST_F(memory, private_file_written_after_a_read_only_map)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	char *va;

	ASSERT_GE(file, 0);
	ASSERT_EQ(0, ftruncate(file, PAGE));
	va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(0, __atomic_load_n(va, __ATOMIC_ACQUIRE));
	MAP(TARGET, va, PAGE, IOASID_PROT_READ);
	fill(va, PAGE, SEED_A);
	EXPECT_DEVICE_SEES(TARGET, SEED_A);
}

/* A shared mapping of a file is the file: what the device writes is in it. */
TEST_F(memory, shared_file)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	char copy[DMA_LEN];
	char *va;

	ASSERT_GE(file, 0);
	ASSERT_EQ(0, ftruncate(file, 2 * PAGE));
	va = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, va);
	MAP(TARGET, va, 2 * PAGE, RW);
	EXPECT_TRUE(WORKS(SEED_A));
	ASSERT_EQ(0, engine_store(&self->engine, TARGET + PAGE));
	ASSERT_EQ(DMA_LEN, pread(file, copy, DMA_LEN, PAGE));
	EXPECT_TRUE(filled(copy, DMA_LEN, SEED_A));
	close(file);
}

TEST_F(memory, hugetlb)
{
	const size_t length = 4 * MIB;
	FILE *setting = fopen("/proc/sys/vm/nr_hugepages", "re+");
	char *va;

	ASSERT_NE(NULL, setting);
	fprintf(setting, "8\n");
	ASSERT_EQ(0, fclose(setting));
	va = mmap(NULL, length, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, va);
	MAP(TARGET, va, length, RW);
	MAP(2 * TARGET + PAGE, va + 3 * PAGE, PAGE, RW);
	EXPECT_TRUE(WORKS(SEED_A));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET + length - DMA_LEN,
				  va + length - DMA_LEN, SEED_A));
	EXPECT_TRUE(store_arrives(&self->engine, 2 * TARGET + PAGE,
				  va + 3 * PAGE, SEED_A));
	EXPECT_TRUE(store_is_refused(&self->engine, 2 * TARGET + 2 * PAGE,
				     va + 4 * PAGE, SEED_CANARY));
	LIB_OK(ioasid_space_unmap(self->ctx, self->space, TARGET, length, NULL));
	EXPECT_TRUE(store_is_refused(&self->engine, TARGET, va, SEED_CANARY));
	EXPECT_TRUE(store_arrives(&self->engine, 2 * TARGET + PAGE,
				  va + 3 * PAGE, SEED_A));
}

#define POOL	"/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages"

/* The machine sets one aside when it boots; later there may be none so large. */
static bool gigantic_page_is_free(void)
{
	FILE *file = fopen(POOL, "re");
	unsigned int free = 0;

	if (!file)
		return false;
	if (fscanf(file, "%u", &free) != 1)
		free = 0;
	fclose(file);
	return free > 0;
}

/* One pin holds it, one entry of a table may map it, and any part of it can be mapped. */
TEST_F(memory, hugetlb_of_a_gibibyte)
{
	static const __u64 places[] = {
		0, 2 * MIB - PAGE, 512 * MIB, GIB - PAGE
	};
	const __u64 iova = 4 * GIB, part = 7 * GIB + PAGE;
	int file = memfd_create("file", MFD_CLOEXEC | MFD_HUGETLB |
				MFD_HUGE_1GB);
	__u64 pinned;
	char *va;

	ASSERT_TRUE(gigantic_page_is_free());
	ASSERT_GE(file, 0);
	ASSERT_EQ(0, ftruncate(file, GIB));
	va = mmap(NULL, GIB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, va);
	va[0] = 1;
	pinned = pinned_pages();
	MAP(iova, va, GIB, RW);
	EXPECT_EQ(pinned + 1, pinned_pages());
	EXPECT_TRUE(WORKS(SEED_A));
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		EXPECT_TRUE(store_arrives(&self->engine, iova + places[i],
					  va + places[i], SEED_A));
	EXPECT_TRUE(store_is_refused(&self->engine, iova + GIB, va,
				     SEED_CANARY));
	LIB_OK(ioasid_space_unmap(self->ctx, self->space, iova, GIB, NULL));
	EXPECT_EQ(pinned, pinned_pages());
	EXPECT_TRUE(store_is_refused(&self->engine, iova, va, SEED_CANARY));

	MAP(part, va + 300 * MIB, 3 * PAGE, RW);
	EXPECT_EQ(pinned + 1, pinned_pages());
	EXPECT_TRUE(store_arrives(&self->engine, part + 2 * PAGE,
				  va + 300 * MIB + 2 * PAGE, SEED_A));
	EXPECT_TRUE(store_is_refused(&self->engine, part + 3 * PAGE,
				     va + 300 * MIB + 3 * PAGE, SEED_CANARY));
	munmap(va, GIB);
	close(file);
}

/* A child that lives until it is told to end, and before that scribbles on @va. */
static pid_t scribbler(void *va, int go[2])
{
	pid_t child;
	char byte;

	if (pipe2(go, O_CLOEXEC))
		return -1;
	child = fork();
	if (child)
		return child;
	close(go[1]);
	if (va)
		fill(va, PAGE, SEED_CANARY);
	_exit(read(go[0], &byte, 1));
}

/* The child gets a copy, the device and the parent keep the page. */
TEST_F(memory, fork_after_map)
{
	char *va = anon(PAGE);
	pid_t child;
	int go[2];

	ASSERT_NE(NULL, va);
	fill(va, PAGE, SEED_A);
	MAP(TARGET, va, PAGE, RW);
	child = scribbler(va, go);
	ASSERT_GT(child, 0);
	EXPECT_DEVICE_SEES(TARGET, SEED_A);
	fill(va, PAGE, SEED_B);
	EXPECT_DEVICE_SEES(TARGET, SEED_B);
	ASSERT_TRUE(WORKS(SEED_C));
	EXPECT_TRUE(store_arrives(&self->engine, TARGET, va, SEED_C));
	close(go[1]);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	fill(va, PAGE, SEED_A);
	EXPECT_DEVICE_SEES(TARGET, SEED_A);
}

/* A page shared with a child must be parted from it when it is pinned to read. */
TEST_F(memory, fork_before_a_read_only_map)
{
	char *va = anon(PAGE);
	pid_t child;
	int go[2];

	ASSERT_NE(NULL, va);
	fill(va, PAGE, SEED_A);
	child = scribbler(NULL, go);
	ASSERT_GT(child, 0);
	MAP(TARGET, va, PAGE, IOASID_PROT_READ);
	fill(va, PAGE, SEED_B);
	EXPECT_DEVICE_SEES(TARGET, SEED_B);
	close(go[1]);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	fill(va, PAGE, SEED_C);
	EXPECT_DEVICE_SEES(TARGET, SEED_C);
}

TEST_HARNESS_MAIN
