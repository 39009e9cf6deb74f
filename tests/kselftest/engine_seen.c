// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator sees: /proc/PID/fdinfo of a context after each operation, and
 * the tracepoints.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		0x40000000ULL
#define HUGE		(2 * MIB)
#define TRACING		"/sys/kernel/tracing/"

FIXTURE(fdinfo) {
	struct stage stage;
	char *memory;		/* 8 pages */
	char line[256];
};

FIXTURE_SETUP(fdinfo)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->memory = anon(8 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(fdinfo)
{
	stage_close(&self->stage);
}

/* The line of an object of a context; "" if it has none. */
static const char *line_of(int fd, const char *kind, __u32 id, char *line)
{
	char start[64];

	snprintf(start, sizeof(start), "%s:\tid=%u ", kind, id);
	fdinfo_line(fd, start, line, 256);
	return line;
}

/* What the line of a space should say; it begins with its id. */
struct said {
	unsigned int devices;
	unsigned long long areas, mapped, shared, granule, huge, pages;
};

static void expect_space(struct __test_metadata *_metadata, int fd, __u32 space,
			 const struct said *said)
{
	char line[256], expected[256];

	snprintf(expected, sizeof(expected),
		 "space:\tid=%u kind=paging devices=%u areas=%llu mapped=%llu shared=%llu granule=%llu 1G=0 2M=%llu 4K=%llu",
		 space, said->devices, said->areas, said->mapped, said->shared,
		 said->granule, said->huge, said->pages);
	EXPECT_STREQ(expected, line_of(fd, "space", space, line));
}

#define EXPECT_SPACE(...)						\
	expect_space(_metadata, self->stage.fd, self->stage.space,	\
		     &(struct said){ __VA_ARGS__ })

TEST_F(fdinfo, a_space)
{
	struct stage *stage = &self->stage;
	__u64 bytes;

	ASSERT_TRUE(fdinfo_line(stage->fd, "ioasid-uapi:", self->line,
				sizeof(self->line)));
	EXPECT_STREQ("ioasid-uapi:\t1", self->line);
	EXPECT_SPACE(.devices = 1);
	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, 3 * PAGE, IOVA,
			 RW));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = 3 * PAGE, .pages = 3);
	ASSERT_OK(do_copy_space(stage->fd, -1, stage->space, IOVA, stage->space,
				PAGE, 2 * IOVA, RW));
	EXPECT_SPACE(.devices = 1, .areas = 2, .mapped = 4 * PAGE,
		     .shared = 4 * PAGE, .pages = 4);
	ASSERT_OK(do_unmap(stage->fd, stage->space, IOVA, 3 * PAGE));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = PAGE, .pages = 1);
	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	EXPECT_SPACE(.areas = 1, .mapped = PAGE, .pages = 1);
	ASSERT_OK(do_unmap_all(stage->fd, stage->space, &bytes));
	EXPECT_SPACE(0);
	ASSERT_OK(do_free(stage->fd, stage->space));
	EXPECT_STREQ("", line_of(stage->fd, "space", stage->space, self->line));
}

/* Which pages an IOMMU can map with is a matter of memory, IOVA and granule. */
TEST_F(fdinfo, page_sizes)
{
	struct stage *stage = &self->stage;
	struct said said = { .areas = 1, .mapped = 2 * HUGE };
	__u32 space;
	char *va;

	ASSERT_TRUE(huge_pages(4));
	va = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_OK(do_map(stage->fd, stage->space, va, 2 * HUGE, IOVA, RW));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = 2 * HUGE, .huge = 2);
	ASSERT_OK(do_unmap(stage->fd, stage->space, IOVA, 2 * HUGE));
	ASSERT_OK(do_map(stage->fd, stage->space, va + PAGE, 2 * HUGE - PAGE,
			 IOVA + PAGE, RW));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = 2 * HUGE - PAGE,
		     .huge = 1, .pages = 511);
	ASSERT_OK(do_unmap(stage->fd, stage->space, IOVA + PAGE,
			   2 * HUGE - PAGE));
	ASSERT_OK(do_map(stage->fd, stage->space, va, 2 * HUGE, IOVA + PAGE,
			 RW));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = 2 * HUGE,
		     .pages = 1024);

	said.granule = 64 * KIB;
	said.pages = 1024;
	ASSERT_OK(do_alloc_granule(stage->fd, said.granule, &space));
	ASSERT_OK(do_map(stage->fd, space, va, 2 * HUGE, IOVA, RW));
	expect_space(_metadata, stage->fd, space, &said);
	ASSERT_OK(do_unmap(stage->fd, space, IOVA + 64 * KIB, 64 * KIB));
	line_of(stage->fd, "space", space, self->line);
	EXPECT_NE(NULL, strstr(self->line, " areas=2 mapped=4128768 "));
	EXPECT_NE(NULL, strstr(self->line, " 2M=0 4K=1008"));
}

/* What the lines "extent" of a space add up to. */
struct extents {
	unsigned int lines;
	unsigned long long areas, mapped, last;
	bool ascending;
};

static void sum_extents(int fd, __u32 space, struct extents *sum)
{
	unsigned long long first, last, areas, mapped;
	char path[64], line[256];
	unsigned int id;
	FILE *file;

	*sum = (struct extents){ .ascending = true };
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "extent:\tspace=%u first=%llx last=%llx areas=%llu mapped=%llu",
			   &id, &first, &last, &areas, &mapped) != 5 || id != space)
			continue;
		sum->ascending &= first < last && (!sum->lines || first > sum->last);
		sum->lines++;
		sum->areas += areas;
		sum->mapped += mapped;
		sum->last = last;
	}
	if (file)
		fclose(file);
}

TEST_F(fdinfo, layout)
{
	struct stage *stage = &self->stage;
	char start[128];

	snprintf(start, sizeof(start), "range:\tspace=%u first=0x0 last=0xfedfffff",
		 stage->space);
	EXPECT_TRUE(fdinfo_line(stage->fd, start, self->line, sizeof(self->line)));
	snprintf(start, sizeof(start), "extent:\tspace=%u ", stage->space);
	EXPECT_FALSE(fdinfo_line(stage->fd, start, self->line, sizeof(self->line)));
	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, PAGE, IOVA, RW));
	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, PAGE,
			 IOVA + PAGE, RW));
	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, 2 * PAGE,
			 IOVA + 3 * PAGE, RW));
	snprintf(start, sizeof(start),
		 "extent:\tspace=%u first=0x40000000 last=0x40001fff areas=2 mapped=8192",
		 stage->space);
	EXPECT_TRUE(fdinfo_line(stage->fd, start, self->line, sizeof(self->line)));
	snprintf(start, sizeof(start),
		 "extent:\tspace=%u first=0x40003000 last=0x40004fff areas=1 mapped=8192",
		 stage->space);
	EXPECT_TRUE(fdinfo_line(stage->fd, start, self->line, sizeof(self->line)));
}

/* Many mappings take few lines, in which the widest gaps are left. */
TEST_F(fdinfo, layout_of_many)
{
	struct stage *stage = &self->stage;
	struct extents sum;
	char start[128];
	__u64 i;

	for (i = 0; i < 600; i++)
		ASSERT_OK(do_map(stage->fd, stage->space, self->memory, PAGE,
				 IOVA + 2 * i * PAGE, RW));
	ASSERT_OK(do_map(stage->fd, stage->space, self->memory, PAGE, 3 * IOVA,
			 RW));
	sum_extents(stage->fd, stage->space, &sum);
	EXPECT_EQ(2, sum.lines);
	EXPECT_EQ(601, sum.areas);
	EXPECT_EQ(601 * PAGE, sum.mapped);
	EXPECT_TRUE(sum.ascending);
	snprintf(start, sizeof(start), "extent:\tspace=%u first=0x%llx last=0x%llx areas=1 ",
		 stage->space, 3 * IOVA, 3 * IOVA + PAGE - 1);
	EXPECT_TRUE(fdinfo_line(stage->fd, start, self->line, sizeof(self->line)));

	ASSERT_OK(do_unmap(stage->fd, stage->space, IOVA + 126 * PAGE,
			   1074 * PAGE));
	sum_extents(stage->fd, stage->space, &sum);
	EXPECT_EQ(64, sum.lines);
	EXPECT_EQ(64, sum.areas);
	EXPECT_EQ(64 * PAGE, sum.mapped);
	EXPECT_TRUE(sum.ascending);
}

TEST_F(fdinfo, registered_memory)
{
	struct stage *stage = &self->stage;
	char expected[128];
	__u32 memory;

	ASSERT_OK(do_register(stage->fd, self->memory, 8 * PAGE,
			      IOASID_PROT_READ, &memory));
	snprintf(expected, sizeof(expected), "memory:\tid=%u bytes=32768 prot=r",
		 memory);
	EXPECT_STREQ(expected, line_of(stage->fd, "memory", memory, self->line));
	ASSERT_OK(do_copy_memory(stage->fd, -1, memory, PAGE, stage->space,
				 2 * PAGE, IOVA, IOASID_PROT_READ));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = 2 * PAGE,
		     .shared = 2 * PAGE, .pages = 2);
	ASSERT_OK(do_unregister(stage->fd, memory));
	EXPECT_STREQ("", line_of(stage->fd, "memory", memory, self->line));
	EXPECT_SPACE(.devices = 1, .areas = 1, .mapped = 2 * PAGE, .pages = 2);
	ASSERT_OK(do_register(stage->fd, self->memory, PAGE, RW, &memory));
	snprintf(expected, sizeof(expected), "memory:\tid=%u bytes=4096 prot=rw",
		 memory);
	EXPECT_STREQ(expected, line_of(stage->fd, "memory", memory, self->line));
}

static void expect_pinned(struct __test_metadata *_metadata, int fd,
			  __u64 bytes)
{
	char line[256], expected[64];

	snprintf(expected, sizeof(expected), "context:\tpinned=%llu",
		 (unsigned long long)bytes);
	fdinfo_line(fd, "context:\t", line, sizeof(line));
	EXPECT_STREQ(expected, line);
}

#define EXPECT_PINNED(_pages)						\
	expect_pinned(_metadata, self->stage.fd, (_pages) * PAGE)

/* Each memory counts once, and all of it, whoever maps it and how much of it. */
TEST_F(fdinfo, pinned_memory)
{
	struct stage *stage = &self->stage;
	const int fd = stage->fd;
	__u32 memory, space;

	EXPECT_PINNED(0);
	ASSERT_OK(do_map(fd, stage->space, self->memory, 3 * PAGE, IOVA, RW));
	EXPECT_PINNED(3);
	/* The same pages, but pinned and charged again. */
	ASSERT_OK(do_map(fd, stage->space, self->memory, PAGE, 2 * IOVA, RW));
	EXPECT_PINNED(4);
	ASSERT_OK(do_register(fd, self->memory, 8 * PAGE, RW, &memory));
	EXPECT_PINNED(12);
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_copy_memory(fd, -1, memory, PAGE, space, PAGE, IOVA, RW));
	ASSERT_OK(do_copy_memory(fd, -1, memory, PAGE, stage->space, 2 * PAGE,
				 3 * IOVA, RW));
	ASSERT_OK(do_copy_space(fd, -1, stage->space, IOVA, space, PAGE,
				2 * IOVA, RW));
	EXPECT_PINNED(12);
	EXPECT_PINNED(12);
	ASSERT_OK(do_unregister(fd, memory));
	ASSERT_OK(do_unmap(fd, stage->space, IOVA, 3 * PAGE));
	EXPECT_PINNED(12);
	ASSERT_OK(do_unmap(fd, stage->space, 3 * IOVA, 2 * PAGE));
	EXPECT_PINNED(12);
	ASSERT_OK(do_unmap(fd, space, IOVA, PAGE));
	EXPECT_PINNED(4);
	ASSERT_OK(do_free(fd, space));
	EXPECT_PINNED(1);
}

/* What two contexts share is held by each of them. */
TEST_F(fdinfo, pinned_by_two_contexts)
{
	struct stage *stage = &self->stage;
	__u32 memory, space;
	int other = ctx_open();

	ASSERT_GE(other, 0);
	ASSERT_OK(do_alloc(other, &space));
	ASSERT_OK(do_register(stage->fd, self->memory, 8 * PAGE, RW, &memory));
	ASSERT_OK(do_copy_memory(other, stage->fd, memory, 0, space, PAGE, IOVA,
				 RW));
	EXPECT_PINNED(8);
	expect_pinned(_metadata, other, 8 * PAGE);
	ASSERT_OK(do_unregister(stage->fd, memory));
	EXPECT_PINNED(0);
	expect_pinned(_metadata, other, 8 * PAGE);
	ASSERT_OK(do_unmap(other, space, IOVA, PAGE));
	expect_pinned(_metadata, other, 0);
	close(other);
}

/* What is cut off with a granule is unpinned, unless others have it as well. */
TEST_F(fdinfo, pinned_after_a_cut)
{
	const int fd = self->stage.fd;
	__u32 space, memory;

	ASSERT_OK(do_alloc_granule(fd, PAGE, &space));
	ASSERT_OK(do_map(fd, space, self->memory, 8 * PAGE, IOVA, RW));
	ASSERT_OK(do_unmap(fd, space, IOVA + 2 * PAGE, PAGE));
	EXPECT_PINNED(7);
	ASSERT_OK(do_free(fd, space));
	ASSERT_OK(do_alloc_granule(fd, PAGE, &space));
	ASSERT_OK(do_register(fd, self->memory, 8 * PAGE, RW, &memory));
	ASSERT_OK(do_copy_memory(fd, -1, memory, 0, space, 8 * PAGE, IOVA, RW));
	ASSERT_OK(do_unmap(fd, space, IOVA + 2 * PAGE, PAGE));
	ASSERT_OK(do_unregister(fd, memory));
	EXPECT_PINNED(8);
}

static void expect_device(struct __test_metadata *_metadata,
			  struct stage *stage, __u32 space, const char *state)
{
	char line[256], expected[256];

	snprintf(expected, sizeof(expected),
		 "device:\tid=%u name=%s group=%d cookie=0x%llx space=%u state=%s",
		 stage->dev.id, stage->dev.name, iommu_group_of(stage->dev.name),
		 stage->dev.cookie, space, state);
	EXPECT_STREQ(expected,
		     line_of(stage->fd, "device", stage->dev.id, line));
}

TEST_F(fdinfo, a_device)
{
	struct stage *stage = &self->stage;

	expect_device(_metadata, stage, stage->space, "attached");
	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	expect_device(_metadata, stage, 0, "blocked");
	engine_close(&stage->engine);
	ASSERT_EQ(0, group_unset(stage->dev.group));
	expect_device(_metadata, stage, 0, "gone");
	ASSERT_OK(do_free(stage->fd, stage->dev.id));
	EXPECT_STREQ("", line_of(stage->fd, "device", stage->dev.id,
				 self->line));
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	if (fd >= 0)
		close(fd);
	return done;
}

FIXTURE(trace) {
	struct stage stage;
	char *memory;		/* 8 pages */
};

FIXTURE_SETUP(trace)
{
	if (access(TRACING "trace", F_OK))
		ASSERT_EQ(0, mount("tracefs", TRACING, "tracefs", 0, NULL));
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->memory = anon(8 * PAGE);
	ASSERT_NE(NULL, self->memory);
	ASSERT_TRUE(write_file(TRACING "events/ioasid/enable", "1"));
	ASSERT_TRUE(write_file(TRACING "trace", ""));
}

FIXTURE_TEARDOWN(trace)
{
	write_file(TRACING "events/ioasid/enable", "0");
	stage_close(&self->stage);
}

/*
 * The last line of the trace, from the event's name on, which is then forgotten. Its
 * end, the time taken, is cut off and must be one; "" if there is no line.
 */
static const char *traced(char *line, size_t size)
{
	FILE *file = fopen(TRACING "trace", "re");
	char raw[512], *event, *end;

	line[0] = '\0';
	while (file && fgets(raw, sizeof(raw), file)) {
		event = strstr(raw, "ioasid_");
		if (raw[0] == '#' || !event)
			continue;
		end = strstr(event, " nsec=");
		if (end && strtoull(end + 6, NULL, 10))
			*end = '\0';
		snprintf(line, size, "%s", event);
	}
	if (file)
		fclose(file);
	write_file(TRACING "trace", "");
	return line;
}

static void expect_range(struct __test_metadata *_metadata, const char *event,
			 __u32 ioasid, __u64 iova, __u64 length, int result)
{
	char line[256], expected[256];

	snprintf(expected, sizeof(expected),
		 "%s: ioasid=%u iova=0x%llx length=0x%llx result=%d", event,
		 ioasid, (unsigned long long)iova, (unsigned long long)length,
		 -result);
	EXPECT_STREQ(expected, traced(line, sizeof(line)));
}

#define EXPECT_MAP(_iova, _pages, _errno)				\
	expect_range(_metadata, "ioasid_map", self->stage.space, _iova,	\
		     (_pages) * PAGE, _errno)
#define EXPECT_UNMAP(_iova, _pages, _errno)				\
	expect_range(_metadata, "ioasid_unmap", self->stage.space, _iova, \
		     (_pages) * PAGE, _errno)

TEST_F(trace, map_and_unmap)
{
	const int fd = self->stage.fd;
	const __u32 space = self->stage.space;
	__u64 iova;

	ASSERT_OK(do_map(fd, space, self->memory, 2 * PAGE, IOVA, RW));
	EXPECT_MAP(IOVA, 2, 0);
	EXPECT_EQ(EEXIST, do_map(fd, space, self->memory, PAGE, IOVA, RW));
	EXPECT_MAP(IOVA, 1, EEXIST);
	EXPECT_EQ(EADDRNOTAVAIL,
		  do_map(fd, space, self->memory, PAGE, MSI_FIRST, RW));
	EXPECT_MAP(MSI_FIRST, 1, EADDRNOTAVAIL);
	ASSERT_OK(do_map_any(fd, space, self->memory, PAGE, &iova, RW));
	EXPECT_MAP(iova, 1, 0);
	EXPECT_EQ(EINVAL, do_unmap(fd, space, IOVA, PAGE));
	EXPECT_UNMAP(IOVA, 1, EINVAL);
	ASSERT_OK(do_unmap(fd, space, IOVA - PAGE, 4 * PAGE));
	EXPECT_UNMAP(IOVA - PAGE, 2, 0);
	EXPECT_EQ(ENOENT, do_unmap(fd, space, IOVA, PAGE));
	EXPECT_UNMAP(IOVA, 1, ENOENT);
	ASSERT_OK(do_unmap_all(fd, space, &iova));
	EXPECT_UNMAP(0, 1, 0);
}

TEST_F(trace, other_ways_to_map)
{
	const int fd = self->stage.fd;
	const __u32 space = self->stage.space;
	int file = memfd_create("file", MFD_CLOEXEC);
	struct ioasid_map_entry entry = {
		(uintptr_t)self->memory, PAGE, IOVA, RW, IOASID_MAP_FIXED
	};
	__u32 memory, done;

	ASSERT_GE(file, 0);
	ASSERT_EQ(0, ftruncate(file, PAGE));
	ASSERT_OK(do_batch(fd, space, &entry, 1, &done));
	EXPECT_MAP(IOVA, 1, 0);
	ASSERT_OK(do_map_file(fd, space, file, 0, PAGE, 2 * IOVA, RW));
	EXPECT_MAP(2 * IOVA, 1, 0);
	ASSERT_OK(do_register(fd, self->memory, 8 * PAGE, RW, &memory));
	ASSERT_OK(do_copy_memory(fd, -1, memory, 0, space, 8 * PAGE, 3 * IOVA,
				 RW));
	EXPECT_MAP(3 * IOVA, 8, 0);
	close(file);
}

#define EXPECT_MEMORY(_event, _id, _pages, _errno)			\
	do {								\
		char _line[256], _expected[256];			\
									\
		snprintf(_expected, sizeof(_expected),			\
			 _event ": memory_id=%u length=0x%lx result=%d", \
			 _id, (_pages) * PAGE, -(_errno));		\
		EXPECT_STREQ(_expected, traced(_line, sizeof(_line)));	\
	} while (0)

TEST_F(trace, register_and_unregister)
{
	int fd = ctx_open();
	__u32 memory;

	ASSERT_GE(fd, 0);
	ASSERT_OK(do_register(fd, self->memory, 8 * PAGE, RW, &memory));
	EXPECT_MEMORY("ioasid_register", memory, 8, 0);
	EXPECT_EQ(ENOENT, do_unregister(fd, NO_ID));
	ASSERT_OK(do_unregister(fd, memory));
	EXPECT_MEMORY("ioasid_unregister", memory, 8, 0);
	EXPECT_EQ(EFAULT, do_register(fd, NULL, PAGE, RW, &memory));
	EXPECT_MEMORY("ioasid_register", 0, 1, EFAULT);
	ASSERT_OK(do_register(fd, self->memory, PAGE, RW, &memory));
	ASSERT_OK(do_free(fd, memory));
	EXPECT_MEMORY("ioasid_unregister", memory, 1, 0);
	ASSERT_OK(do_register(fd, self->memory, 2 * PAGE, RW, &memory));
	close(fd);
	EXPECT_MEMORY("ioasid_unregister", memory, 2, 0);
}

/* A space takes with it what it maps, and says so. */
TEST_F(trace, the_end_of_a_space)
{
	char line[256];
	int fd = ctx_open();
	__u32 space;

	ASSERT_GE(fd, 0);
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_map(fd, space, self->memory, 2 * PAGE, IOVA, RW));
	ASSERT_OK(do_map(fd, space, self->memory, PAGE, 2 * IOVA, RW));
	ASSERT_OK(do_free(fd, space));
	expect_range(_metadata, "ioasid_unmap", space, 0, 3 * PAGE, 0);
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_map(fd, space, self->memory, PAGE, IOVA, RW));
	traced(line, sizeof(line));
	close(fd);
	expect_range(_metadata, "ioasid_unmap", space, 0, PAGE, 0);

	fd = ctx_open();
	ASSERT_GE(fd, 0);
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_free(fd, space));
	EXPECT_STREQ("", traced(line, sizeof(line)));
	close(fd);
}

#define EXPECT_DEVICE(_event, _space, _errno)				\
	do {								\
		char _line[256], _expected[256];			\
									\
		snprintf(_expected, sizeof(_expected),			\
			 _event ": device=%s dev_id=%u cookie=0x%llx ioasid=%u result=%d", \
			 self->stage.dev.name, self->stage.dev.id,	\
			 self->stage.dev.cookie, _space, -(_errno));	\
		EXPECT_STREQ(_expected, traced(_line, sizeof(_line)));	\
	} while (0)

TEST_F(trace, attach_and_detach)
{
	struct stage *stage = &self->stage;
	const int fd = stage->fd;
	const __u32 id = stage->dev.id;
	__u32 other;

	EXPECT_EQ(EEXIST, do_attach(fd, id, stage->space));
	EXPECT_DEVICE("ioasid_attach", stage->space, EEXIST);
	ASSERT_OK(do_detach(fd, id));
	EXPECT_DEVICE("ioasid_detach", stage->space, 0);
	ASSERT_OK(do_alloc(fd, &other));
	ASSERT_OK(do_map(fd, other, self->memory, PAGE, MSI_FIRST, RW));
	EXPECT_EQ(EADDRNOTAVAIL, do_attach(fd, id, other));
	EXPECT_DEVICE("ioasid_attach", other, EADDRNOTAVAIL);
	ASSERT_OK(do_attach(fd, id, stage->space));
	EXPECT_DEVICE("ioasid_attach", stage->space, 0);
	ASSERT_OK(do_unbind(stage->dev.container, fd, id));
	EXPECT_DEVICE("ioasid_detach", stage->space, 0);
}

/*
 * Where the driver of the IOMMU is silent there is no event, and no wrong one either.
 * VT-d's is, and AMD-Vi's is as QEMU takes every fault for an interrupt's; mock_basic
 * has IOMMUs that tell.
 */
TEST_F(trace, refused_dma)
{
	char line[256];

	traced(line, sizeof(line));
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA));
	EXPECT_STREQ("", traced(line, sizeof(line)));
}

TEST_HARNESS_MAIN
