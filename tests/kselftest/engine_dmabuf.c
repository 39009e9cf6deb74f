// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_FILE of a dma-buf: the device reaches the exporter's pages as long as they
 * are mapped, whoever is gone, and nothing that is no ordinary memory.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "common.h"
#include "expect.h"
#include "stage.h"
#include "../kmod/exporter/exporter.h"

#define IOVA		0x10000000ULL
#define OTHER		0x20000000ULL
#define HUGE		(2 * MIB)
#define PAGES		16
#define LENGTH		(PAGES * PAGE)
#define NOBODY		65534
#define PAGE_DIRTY	0x10		/* in /proc/kpageflags */

/* A dma-buf of LENGTH bytes, and the same pages as the CPU sees them. */
struct buf {
	int fd;
	int memfd;		/* -1 if it is made of no file */
	char *view;
	char *mapping;		/* what the view is in */
	size_t mapped;
};

/* A part of a memfd that is larger on both sides, by a page of its own. */
static int export_memfd(struct buf *buf, unsigned int flags, size_t page)
{
	const int creator = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = {
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = page,
		.size = LENGTH,
	};

	buf->memfd = memfd_create("buf", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	if (creator < 0 || buf->memfd < 0 || ftruncate(buf->memfd, 3 * HUGE) ||
	    fcntl(buf->memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		return errno;
	/* Filled first: Linux 6.12 miscounts huge pages that udmabuf has to get. */
	buf->mapped = 3 * HUGE;
	buf->mapping = mmap(NULL, buf->mapped, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, buf->memfd, 0);
	if (buf->mapping == MAP_FAILED)
		return errno;
	/* In the middle of a large page, if it is one. */
	if (page == HUGE)
		create.offset += 3 * PAGE;
	create.memfd = buf->memfd;
	buf->fd = ioctl(creator, UDMABUF_CREATE, &create);
	if (buf->fd < 0)
		return errno;
	close(creator);
	buf->view = buf->mapping + create.offset;
	return 0;
}

static int export_pages(struct buf *buf)
{
	return export_memfd(buf, 0, PAGE);
}

static int export_huge_pages(struct buf *buf)
{
	/* Some may be in use already. */
	huge_pages(16);
	return export_memfd(buf, MFD_HUGETLB, HUGE);
}

static int export_heap(struct buf *buf)
{
	const int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	struct dma_heap_allocation_data data = {
		.len = LENGTH,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};

	buf->memfd = -1;
	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		return errno;
	close(heap);
	buf->fd = data.fd;
	buf->mapped = LENGTH;
	buf->mapping = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED,
			    buf->fd, 0);
	buf->view = buf->mapping;
	return buf->mapping == MAP_FAILED ? errno : 0;
}

/* Makes a dma-buf by the test module; -1 and an errno if that fails. */
static int create_strange(enum exporter_kind kind)
{
	const struct exporter_create create = { .kind = kind, .pages = PAGES };
	int exporter = open("/dev/ioas_exporter", O_RDWR | O_CLOEXEC);
	int fd;

	if (exporter < 0)
		return -1;
	fd = ioctl(exporter, EXPORTER_CREATE, &create);
	close(exporter);
	return fd;
}

static int export_strange(struct buf *buf, enum exporter_kind kind)
{
	buf->memfd = -1;
	buf->fd = create_strange(kind);
	if (buf->fd < 0)
		return errno;
	buf->mapped = LENGTH;
	buf->mapping = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED,
			    buf->fd, 0);
	buf->view = buf->mapping;
	return buf->mapping == MAP_FAILED ? errno : 0;
}

static int export_test_pages(struct buf *buf)
{
	return export_strange(buf, EXPORTER_PAGES);
}

static int export_movable(struct buf *buf)
{
	return export_strange(buf, EXPORTER_MOVABLE);
}

/* What the test module has; all ones if it cannot be asked. */
static struct exporter_counts exporter_counts(void)
{
	struct exporter_counts counts;
	int exporter = open("/dev/ioas_exporter", O_RDWR | O_CLOEXEC);

	if (exporter < 0 || ioctl(exporter, EXPORTER_COUNTS, &counts))
		memset(&counts, 0xff, sizeof(counts));
	close(exporter);
	return counts;
}

#define HIDDEN	"CONFIG_DMABUF_DEBUG is set"

/* Does the kernel keep it to itself where dma-bufs are? Then none can be mapped. */
static bool are_hidden(void)
{
	int fd = ctx_open(), buf;
	bool hidden = false;
	__u32 space;

	if (!system("modprobe ioas_exporter") && !do_alloc(fd, &space)) {
		buf = create_strange(EXPORTER_PAGES);
		hidden = do_map_file(fd, space, buf, 0, PAGE, IOVA,
				     IOASID_PROT_READ) == EOPNOTSUPP &&
			 strstr(ea.message, HIDDEN);
		close(buf);
	}
	close(fd);
	return hidden;
}

FIXTURE(dmabuf) {
	struct stage stage;
	struct buf buf;
	__u64 locked;
};

FIXTURE_VARIANT(dmabuf) {
	int (*export)(struct buf *buf);
	const char *device;	/* of the exporter */
	const char *option;	/* what it is built by */
};

FIXTURE_VARIANT_ADD(dmabuf, udmabuf) {
	.export = export_pages,
	.device = "/dev/udmabuf",
	.option = "CONFIG_UDMABUF is not set",
};

FIXTURE_VARIANT_ADD(dmabuf, udmabuf_of_huge_pages) {
	.export = export_huge_pages,
	.device = "/dev/udmabuf",
	.option = "CONFIG_UDMABUF is not set",
};

FIXTURE_VARIANT_ADD(dmabuf, system_heap) {
	.export = export_heap,
	.device = "/dev/dma_heap/system",
	.option = "CONFIG_DMABUF_HEAPS_SYSTEM is not set",
};

FIXTURE_VARIANT_ADD(dmabuf, test_module) {
	.export = export_test_pages,
};

FIXTURE_VARIANT_ADD(dmabuf, movable) {
	.export = export_movable,
};

static int set_stage(struct stage *stage, struct buf *buf,
		     int (*export)(struct buf *buf))
{
	int err = stage_open(stage, EDU_A, PAGE);

	return err ? err : export(buf);
}

FIXTURE_SETUP(dmabuf)
{
	if (variant->device && access(variant->device, F_OK))
		SKIP(return, "%s", variant->option);
	if (are_hidden())
		SKIP(return, HIDDEN);
	ASSERT_EQ(0, system("modprobe ioas_exporter"));
	ASSERT_EQ(0, set_stage(&self->stage, &self->buf, variant->export));
	self->locked = locked_bytes(0);
}

FIXTURE_TEARDOWN(dmabuf)
{
	if (self->stage.dev.name)
		stage_close(&self->stage);
}

#define MAP_AT(_offset, _length, _iova, _prot)				\
	do_map_file(self->stage.fd, self->stage.space, self->buf.fd,	\
		    _offset, _length, _iova, _prot)
#define UNMAP(_iova, _length)						\
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, _iova, _length))
#define EXPECT_SEEN(_iova, _offset, _seed)				\
	EXPECT_TRUE(stage_sees(&self->stage, _iova,			\
			       self->buf.view + (_offset), _seed))
#define EXPECT_BLIND(_iova, _offset, _seed)				\
	EXPECT_TRUE(stage_is_blind(&self->stage, _iova,			\
				   self->buf.view + (_offset), _seed))
#define EXPECT_HELD(_bytes, _areas)					\
	do {								\
		EXPECT_EQ(self->locked + (_bytes), locked_bytes(0));	\
		EXPECT_EQ(_areas, num_areas(self->stage.fd,		\
					    self->stage.space));	\
	} while (0)

TEST_F(dmabuf, all_of_it)
{
	ASSERT_OK(MAP_AT(0, LENGTH, IOVA, RW));
	EXPECT_HELD(LENGTH, 1);
	EXPECT_SEEN(IOVA, 0, 1);
	EXPECT_SEEN(IOVA + 7 * PAGE, 7 * PAGE, 2);
	EXPECT_SEEN(IOVA + LENGTH - PAGE, LENGTH - PAGE, 3);
	UNMAP(IOVA, LENGTH);
	EXPECT_HELD(0, 0);
	EXPECT_BLIND(IOVA, 0, 4);
}

TEST_F(dmabuf, at_an_offset)
{
	ASSERT_OK(MAP_AT(3 * PAGE, 2 * PAGE, IOVA, RW));
	EXPECT_HELD(2 * PAGE, 1);
	EXPECT_SEEN(IOVA, 3 * PAGE, 1);
	EXPECT_SEEN(IOVA + PAGE, 4 * PAGE, 2);
	EXPECT_BLIND(IOVA - PAGE, 2 * PAGE, 3);
	EXPECT_BLIND(IOVA + 2 * PAGE, 5 * PAGE, 4);
	ASSERT_OK(MAP_AT(LENGTH - PAGE, PAGE, OTHER, RW));
	EXPECT_HELD(3 * PAGE, 2);
	EXPECT_SEEN(OTHER, LENGTH - PAGE, 5);
}

TEST_F(dmabuf, where_the_kernel_likes)
{
	struct ioasid_map_file any = {
		.size = sizeof(any),
		.ioasid = self->stage.space,
		.prot = RW,
		.fd = self->buf.fd,
		.offset = PAGE,
		.length = 2 * PAGE,
	};

	ASSERT_OK(cmd(self->stage.fd, IOASID_MAP_FILE, &any));
	EXPECT_NE(0, any.iova);
	EXPECT_SEEN(any.iova + PAGE, 2 * PAGE, 1);
}

#define EXPECT_NO_FILE(_errno, _reason, _offset, _length)		\
	do {								\
		EXPECT_REFUSED(_errno, _reason,				\
			       MAP_AT(_offset, _length, IOVA, RW));	\
		EXPECT_HELD(0, 0);					\
	} while (0)

TEST_F(dmabuf, beyond_its_end)
{
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, 0, LENGTH + PAGE);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, PAGE, LENGTH);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, LENGTH, PAGE);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, 1ULL << 62, PAGE);
	EXPECT_NO_FILE(EINVAL, IOASID_REASON_RANGE, -PAGE, 2 * PAGE);
	EXPECT_NO_FILE(EINVAL, IOASID_REASON_RANGE, 0, 0);
}

TEST_F(dmabuf, no_place_for_it)
{
	char *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, page, PAGE,
			 IOVA + PAGE, RW));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
		       MAP_AT(0, LENGTH, IOVA, RW));
	EXPECT_HELD(PAGE, 1);
}

/* The device may only read, and the process' own rights stay as they are. */
TEST_F(dmabuf, read_only)
{
	char *sink = anon(PAGE);

	ASSERT_NE(NULL, sink);
	ASSERT_OK(MAP_AT(0, LENGTH, IOVA, IOASID_PROT_READ));
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, sink, PAGE, OTHER,
			 RW));
	EXPECT_TRUE(engine_works(&self->stage.engine, self->buf.view, IOVA,
				 sink, OTHER, 1));
	EXPECT_BLIND(IOVA, 0, 2);
	EXPECT_REFUSED(EACCES, IOASID_REASON_PROT,
		       do_copy_space(self->stage.fd, -1, self->stage.space,
				     IOVA, self->stage.space, PAGE, 2 * OTHER,
				     RW));
}

TEST(open_for_reading)
{
	FIXTURE_DATA(dmabuf) stage = {}, *self = &stage;
	struct dma_heap_allocation_data data = {
		.len = PAGE,
		.fd_flags = O_RDONLY | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);

	if (heap < 0)
		SKIP(return, "CONFIG_DMABUF_HEAPS_SYSTEM is not set");
	if (are_hidden())
		SKIP(return, HIDDEN);
	ASSERT_EQ(0, set_stage(&self->stage, &self->buf, export_heap));
	ASSERT_EQ(0, ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data));
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       do_map_file(self->stage.fd, self->stage.space, data.fd,
				   0, PAGE, IOVA, RW));
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       do_map_file(self->stage.fd, self->stage.space, data.fd,
				   0, PAGE, IOVA, IOASID_PROT_WRITE));
	ASSERT_OK(do_map_file(self->stage.fd, self->stage.space, data.fd, 0,
			      PAGE, IOVA, IOASID_PROT_READ));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	close(heap);
	stage_close(&self->stage);
}

/* Neither the dma-buf nor what it is made of is open, or mapped by anybody. */
TEST_F(dmabuf, closed_and_not_mapped)
{
	char *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	fill(self->buf.view + 5 * PAGE, DMA_LEN, 1);
	ASSERT_OK(MAP_AT(0, LENGTH, IOVA, RW));
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, page, PAGE, OTHER,
			 RW));
	ASSERT_EQ(0, munmap(self->buf.mapping, self->buf.mapped));
	close(self->buf.fd);
	close(self->buf.memfd);
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA + 5 * PAGE));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, page, 1));
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA + 6 * PAGE));
	UNMAP(IOVA, LENGTH);
	EXPECT_HELD(PAGE, 1);
}

TEST_F(dmabuf, maker_is_gone)
{
	char *page = anon(PAGE);
	pid_t child;
	int status;

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, page, PAGE, OTHER,
			 RW));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		struct buf buf;

		if (variant->export(&buf))
			_exit(1);
		fill(buf.view, DMA_LEN, 3);
		_exit(do_map_file(self->stage.fd, self->stage.space, buf.fd, 0,
				  LENGTH, IOVA, RW));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, page, 3));
	UNMAP(IOVA, LENGTH);
	EXPECT_TRUE(stage_is_blind(&self->stage, IOVA, page, 4));
}

/* Copies have the pages when the mapping they were made from is gone. */
TEST_F(dmabuf, copied)
{
	struct stage *stage = &self->stage;

	ASSERT_OK(MAP_AT(0, LENGTH, IOVA, RW));
	ASSERT_OK(do_copy_space(stage->fd, -1, stage->space, IOVA + 2 * PAGE,
				stage->space, 2 * PAGE, OTHER, RW));
	EXPECT_HELD(LENGTH, 2);
	EXPECT_SEEN(OTHER, 2 * PAGE, 1);
	UNMAP(IOVA, LENGTH);
	EXPECT_HELD(LENGTH, 1);
	EXPECT_SEEN(OTHER + PAGE, 3 * PAGE, 2);
	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	ASSERT_OK(do_attach(stage->fd, stage->dev.id, stage->space));
	EXPECT_SEEN(OTHER, 2 * PAGE, 3);
	UNMAP(OTHER, 2 * PAGE);
	EXPECT_HELD(0, 0);
	EXPECT_BLIND(OTHER, 2 * PAGE, 4);
}

/* The exporter knows no parts: all stays with what is left of it. */
TEST_F(dmabuf, cut)
{
	ASSERT_OK(MAP_AT(0, LENGTH, IOVA, RW));
	UNMAP(IOVA + 4 * PAGE, 2 * PAGE);
	EXPECT_HELD(LENGTH, 2);
	EXPECT_BLIND(IOVA + 4 * PAGE, 4 * PAGE, 1);
	EXPECT_BLIND(IOVA + 5 * PAGE, 5 * PAGE, 2);
	EXPECT_SEEN(IOVA + 3 * PAGE, 3 * PAGE, 3);
	EXPECT_SEEN(IOVA + 6 * PAGE, 6 * PAGE, 4);
	UNMAP(IOVA, 4 * PAGE);
	EXPECT_HELD(LENGTH, 1);
	EXPECT_SEEN(IOVA + LENGTH - PAGE, LENGTH - PAGE, 5);
	UNMAP(IOVA, LENGTH);
	EXPECT_HELD(0, 0);
}

/* The same, with a reference that is given back while its pages are in use. */
TEST_F(dmabuf, closed_context)
{
	struct stage *stage = &self->stage;
	int other = ctx_open();
	__u32 space;

	ASSERT_GE(other, 0);
	ASSERT_OK(do_alloc(other, &space));
	ASSERT_OK(do_map_file(other, space, self->buf.fd, 0, LENGTH, IOVA, RW));
	ASSERT_OK(do_copy_space(stage->fd, other, space, IOVA, stage->space,
				LENGTH, IOVA, RW));
	close(other);
	EXPECT_HELD(LENGTH, 1);
	EXPECT_SEEN(IOVA + PAGE, PAGE, 1);
}

#define EXPECT_COUNTS(_buffers, _used, _pinned)				\
	do {								\
		struct exporter_counts _counts = exporter_counts();	\
									\
		EXPECT_EQ(_buffers, _counts.buffers);			\
		EXPECT_EQ(_used, _counts.attached);			\
		EXPECT_EQ(_used, _counts.mapped);			\
		EXPECT_EQ(_pinned, _counts.pinned);			\
	} while (0)

/* The exporter holds it, and in its place, for as long as it is mapped anywhere. */
static void expect_held(struct __test_metadata *_metadata,
			int (*export)(struct buf *buf), unsigned int pin)
{
	FIXTURE_DATA(dmabuf) data = {}, *self = &data;
	struct stage *stage = &self->stage;

	ASSERT_EQ(0, set_stage(stage, &self->buf, export));
	EXPECT_COUNTS(1, 0, 0);
	ASSERT_OK(MAP_AT(0, LENGTH, IOVA, RW));
	EXPECT_COUNTS(1, 1, pin);
	ASSERT_OK(MAP_AT(PAGE, PAGE, OTHER, IOASID_PROT_READ));
	EXPECT_COUNTS(1, 2, 2 * pin);
	EXPECT_EQ(EEXIST, MAP_AT(0, PAGE, OTHER, RW));
	EXPECT_COUNTS(1, 2, 2 * pin);
	ASSERT_OK(do_copy_space(stage->fd, -1, stage->space, IOVA, stage->space,
				PAGE, 2 * OTHER, RW));
	ASSERT_EQ(0, munmap(self->buf.mapping, self->buf.mapped));
	close(self->buf.fd);
	UNMAP(IOVA, LENGTH);
	EXPECT_COUNTS(1, 2, 2 * pin);
	UNMAP(2 * OTHER, PAGE);
	EXPECT_COUNTS(1, 1, pin);
	stage_close(stage);
	EXPECT_COUNTS(0, 0, 0);
}

TEST(held_by_its_exporter)
{
	ASSERT_EQ(0, system("modprobe ioas_exporter"));
	if (are_hidden())
		SKIP(return, HIDDEN);
	expect_held(_metadata, export_test_pages, 0);
	expect_held(_metadata, export_movable, 1);
}

TEST_F(dmabuf, within_the_limit)
{
	const struct rlimit limit = { 4 * PAGE, 4 * PAGE };

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, setuid(NOBODY));
	EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK,
		       MAP_AT(0, 5 * PAGE, IOVA, RW));
	EXPECT_HELD(0, 0);
	ASSERT_OK(MAP_AT(0, 4 * PAGE, IOVA, RW));
	EXPECT_HELD(4 * PAGE, 1);
	EXPECT_SEEN(IOVA, 0, 1);
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
static bool is_dirty(const char *va)
{
	__u64 entry;

	__atomic_load_n(va, __ATOMIC_ACQUIRE);
	entry = read_entry("/proc/self/pagemap", (uintptr_t)va / PAGE);
	return read_entry("/proc/kpageflags", entry & ((1ULL << 55) - 1)) &
	       PAGE_DIRTY;
}

/* A page that nobody but a device wrote to must not be dropped as if it were empty. */
TEST(made_dirty_by_writers)
{
	FIXTURE_DATA(dmabuf) data = {}, *self = &data;
	const char *view;

	if (access("/dev/udmabuf", F_OK))
		SKIP(return, "CONFIG_UDMABUF is not set");
	if (are_hidden())
		SKIP(return, HIDDEN);
	ASSERT_EQ(0, set_stage(&self->stage, &self->buf, export_pages));
	view = self->buf.view;
	ASSERT_FALSE(is_dirty(view) || is_dirty(view + PAGE));
	ASSERT_OK(MAP_AT(0, PAGE, IOVA, IOASID_PROT_READ));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	UNMAP(IOVA, PAGE);
	EXPECT_FALSE(is_dirty(view));
	ASSERT_OK(MAP_AT(0, PAGE, IOVA, RW));
	EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA));
	UNMAP(IOVA, PAGE);
	EXPECT_TRUE(is_dirty(view));
	EXPECT_FALSE(is_dirty(view + PAGE));
	stage_close(&self->stage);
}

/* What an exporter may have that is no memory to be used for as long as one likes. */
TEST(strange_ones)
{
	static const enum exporter_kind kinds[] = {
		EXPORTER_NO_PAGES, EXPORTER_ELSEWHERE, EXPORTER_HALF_PAGES,
		EXPORTER_SHORT, EXPORTER_NO_ATTACH, EXPORTER_NO_MAP,
	};
	const __u64 locked = locked_bytes(0);
	struct exporter_counts counts;
	int fd = ctx_open();
	__u32 space;

	ASSERT_EQ(0, system("modprobe ioas_exporter"));
	ASSERT_OK(do_alloc(fd, &space));
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int buf = create_strange(kinds[i]);

		ASSERT_GE(buf, 0);
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_FILE,
			       do_map_file(fd, space, buf, 0, LENGTH, IOVA,
					   RW));
		EXPECT_NE(NULL, strstr(ea.message, "ioas_exporter"))
			TH_LOG("kind %u: %.159s", kinds[i], ea.message);
		close(buf);
		EXPECT_EQ(0, num_areas(fd, space));
		EXPECT_EQ(locked, locked_bytes(0));
	}
	counts = exporter_counts();
	EXPECT_EQ(0, counts.buffers);
	EXPECT_EQ(0, counts.attached);
	EXPECT_EQ(0, counts.mapped);
	close(fd);
}

/* As Linux 7.2 has it, for older headers. */
struct feature_dma_buf {
	struct vfio_device_feature header;
	__u32 region_index;
	__u32 open_flags;
	__u32 flags;
	__u32 nr_ranges;
	__u64 offset;
	__u64 length;
};

#define FEATURE_DMA_BUF		11

/* A device's own memory: it can be taken away at any time, and is refused by name. */
TEST(of_a_device)
{
	struct feature_dma_buf feature = {
		.header = {
			.argsz = sizeof(feature),
			.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF,
		},
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = 1,
		.length = PAGE,
	};
	struct stage stage;
	int buf;

	ASSERT_EQ(0, stage_open(&stage, EDU_A, 0));
	buf = ioctl(stage.dev.device, VFIO_DEVICE_FEATURE, &feature);
	if (buf < 0 && errno == ENOTTY)
		SKIP(goto close, "CONFIG_VFIO_PCI_DMABUF is not set");
	ASSERT_GE(buf, 0);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_FILE,
		       do_map_file(stage.fd, stage.space, buf, 0, PAGE, IOVA,
				   RW));
	EXPECT_NE(NULL, strstr(ea.message, "vfio_pci"));
	EXPECT_EQ(0, num_areas(stage.fd, stage.space));
	close(buf);
close:
	stage_close(&stage);
}

TEST_HARNESS_MAIN
