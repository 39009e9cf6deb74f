// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_FILE: the device sees what is in a memfd or a file of tmpfs or hugetlbfs,
 * also what is written to it later, and as long as it is mapped, whoever is gone.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		0x10000000ULL
#define OTHER		0x20000000ULL
#define HUGE		(2 * MIB)

static int make_memfd(void)
{
	return memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int make_huge_memfd(void)
{
	return memfd_create("file", MFD_CLOEXEC | MFD_HUGETLB);
}

/* A file without a name, where this one is mounted. */
static int make_file_in(const char *type, const char *options)
{
	char folder[] = "/tmp/fileXXXXXX";
	int fd;

	if (!mkdtemp(folder) || mount("none", folder, type, 0, options))
		return -1;
	fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0 && !chdir(folder)) {
		fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		unlink("file");
	}
	if (chdir("/") || umount2(folder, MNT_DETACH) || rmdir(folder))
		return -1;
	return fd;
}

static int make_tmpfs_file(void)
{
	return make_file_in("tmpfs", NULL);
}

static int make_hugetlbfs_file(void)
{
	return make_file_in("hugetlbfs", "pagesize=2M");
}

/* A file of four pages of its kind, which the CPU sees as well. */
FIXTURE(file) {
	struct stage stage;
	int file;
	size_t length;
	char *view;
	__u64 locked, pinned;
};

FIXTURE_VARIANT(file) {
	int (*make)(void);
	size_t page;
};

FIXTURE_VARIANT_ADD(file, memfd) {
	.make = make_memfd,
	.page = PAGE,
};

FIXTURE_VARIANT_ADD(file, tmpfs) {
	.make = make_tmpfs_file,
	.page = PAGE,
};

FIXTURE_VARIANT_ADD(file, huge_memfd) {
	.make = make_huge_memfd,
	.page = HUGE,
};

FIXTURE_VARIANT_ADD(file, hugetlbfs) {
	.make = make_hugetlbfs_file,
	.page = HUGE,
};

FIXTURE_SETUP(file)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	if (variant->page == HUGE)
		ASSERT_TRUE(huge_pages(8));
	self->file = variant->make();
	ASSERT_GE(self->file, 0);
	self->length = 4 * variant->page;
	ASSERT_EQ(0, ftruncate(self->file, self->length));
	self->view = mmap(NULL, self->length, PROT_READ | PROT_WRITE,
			  MAP_SHARED, self->file, 0);
	ASSERT_NE(MAP_FAILED, self->view);
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
}

FIXTURE_TEARDOWN(file)
{
	stage_close(&self->stage);
	close(self->file);
}

#define MAP_FILE_AT(_offset, _length, _iova, _prot)			\
	do_map_file(self->stage.fd, self->stage.space, self->file,	\
		    _offset, _length, _iova, _prot)
#define EXPECT_SEEN(_iova, _offset, _seed)				\
	EXPECT_TRUE(stage_sees(&self->stage, _iova,			\
			       self->view + (_offset), _seed))
#define EXPECT_BLIND(_iova, _offset, _seed)				\
	EXPECT_TRUE(stage_is_blind(&self->stage, _iova,			\
				   self->view + (_offset), _seed))

TEST_F(file, all_of_it)
{
	const size_t length = self->length;

	ASSERT_OK(MAP_FILE_AT(0, length, IOVA, RW));
	EXPECT_EQ(self->locked + length, locked_bytes(0));
	EXPECT_EQ(length, mapped_bytes(self->stage.fd, self->stage.space));
	EXPECT_SEEN(IOVA, 0, 1);
	EXPECT_SEEN(IOVA + length - PAGE, length - PAGE, 2);
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA, length));
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
	EXPECT_BLIND(IOVA, 0, 3);
}

/* Pages anywhere in the file, also in the middle of its own larger pages. */
TEST_F(file, at_an_offset)
{
	const size_t offset = variant->page == HUGE ? HUGE - PAGE : PAGE;

	ASSERT_OK(MAP_FILE_AT(offset, 2 * PAGE, IOVA, RW));
	EXPECT_EQ(self->locked + 2 * PAGE, locked_bytes(0));
	EXPECT_SEEN(IOVA, offset, 1);
	EXPECT_SEEN(IOVA + PAGE, offset + PAGE, 2);
	EXPECT_BLIND(IOVA - PAGE, offset - PAGE, 3);
	EXPECT_BLIND(IOVA + 2 * PAGE, offset + 2 * PAGE, 4);
	ASSERT_OK(MAP_FILE_AT(self->length - PAGE, PAGE, OTHER, RW));
	EXPECT_SEEN(OTHER, self->length - PAGE, 5);
}

TEST_F(file, where_the_kernel_likes)
{
	struct ioasid_map_file any = {
		.size = sizeof(any),
		.ioasid = self->stage.space,
		.prot = RW,
		.fd = self->file,
		.offset = variant->page,
		.length = 2 * variant->page,
	};

	ASSERT_OK(cmd(self->stage.fd, IOASID_MAP_FILE, &any));
	EXPECT_NE(0, any.iova);
	if (variant->page == HUGE)
		EXPECT_EQ(0, any.iova & (HUGE - 1));
	EXPECT_SEEN(any.iova + any.length - PAGE, 3 * variant->page - PAGE, 1);
}

/* Nothing of the file had a page when it was mapped. */
TEST_F(file, written_afterwards)
{
	ASSERT_OK(MAP_FILE_AT(0, self->length, IOVA, RW));
	fill(self->view + variant->page, DMA_LEN, 1);
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA + variant->page));
	EXPECT_TRUE(store_arrives(&self->stage.engine, IOVA, self->view, 1));
	if (variant->page == PAGE) {
		char bytes[DMA_LEN];

		fill(bytes, DMA_LEN, 2);
		ASSERT_EQ(DMA_LEN, pwrite(self->file, bytes, DMA_LEN, PAGE));
		EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA + PAGE));
		EXPECT_EQ(0, engine_store(&self->stage.engine, IOVA));
		ASSERT_EQ(DMA_LEN, pread(self->file, bytes, DMA_LEN, 0));
		EXPECT_TRUE(filled(bytes, DMA_LEN, 2));
	}
}

/* The process neither has it mapped meanwhile nor afterwards. */
TEST_F(file, closed_and_not_mapped)
{
	char *last = self->view + self->length - PAGE;

	fill(self->view, DMA_LEN, 1);
	fill(last, DMA_LEN, 2);
	ASSERT_EQ(0, munmap(self->view, self->length));
	ASSERT_OK(MAP_FILE_AT(0, self->length, IOVA, RW));
	EXPECT_NE(0, msync(self->view, PAGE, MS_ASYNC));
	EXPECT_EQ(ENOMEM, errno);
	close(self->file);
	self->file = -1;
	last = anon(PAGE);
	ASSERT_NE(NULL, last);
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, last, PAGE, OTHER,
			 RW));
	EXPECT_EQ(0, engine_load(&self->stage.engine,
				 IOVA + self->length - PAGE));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, last, 2));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, last, 1));
}

TEST_F(file, maker_is_gone)
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
		int file = variant->make();
		char *va;

		if (ftruncate(file, variant->page))
			_exit(1);
		va = mmap(NULL, variant->page, PROT_READ | PROT_WRITE,
			  MAP_SHARED, file, 0);
		if (va == MAP_FAILED)
			_exit(2);
		fill(va, DMA_LEN, 3);
		_exit(do_map_file(self->stage.fd, self->stage.space, file, 0,
				  variant->page, IOVA, RW));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, page, 3));
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA,
			   variant->page));
	EXPECT_EQ(self->pinned + 1, pinned_pages());
}

#define EXPECT_NO_FILE(_errno, _reason, _offset, _length)		\
	do {								\
		EXPECT_REFUSED(_errno, _reason,				\
			       MAP_FILE_AT(_offset, _length, IOVA, RW)); \
		EXPECT_EQ(0, num_areas(self->stage.fd,			\
				       self->stage.space));		\
		EXPECT_EQ(self->locked, locked_bytes(0));		\
	} while (0)

TEST_F(file, beyond_its_end)
{
	const size_t length = self->length;

	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, 0, length + PAGE);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, PAGE, length);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, length, PAGE);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, 1ULL << 62, PAGE);
	EXPECT_NO_FILE(EFAULT, IOASID_REASON_FILE, -PAGE, PAGE);
	EXPECT_NO_FILE(EINVAL, IOASID_REASON_RANGE, -PAGE, 2 * PAGE);
	EXPECT_NO_FILE(EINVAL, IOASID_REASON_RANGE, 0, 0);
	EXPECT_NO_FILE(EINVAL, IOASID_REASON_ALIGNMENT, 512, PAGE);
	EXPECT_NO_FILE(EINVAL, IOASID_REASON_ALIGNMENT, 0, PAGE / 2);
	EXPECT_EQ(self->pinned, pinned_pages());
}

/* Pages that are cut off the file are still the device's. */
TEST_F(file, made_shorter)
{
	ASSERT_OK(MAP_FILE_AT(0, self->length, IOVA, RW));
	fill(self->view + variant->page, DMA_LEN, 1);
	ASSERT_EQ(0, ftruncate(self->file, variant->page));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA + variant->page));
	EXPECT_TRUE(store_arrives(&self->stage.engine, IOVA, self->view, 1));
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA,
			   self->length));
	EXPECT_EQ(self->pinned, pinned_pages());
}

/* The same file under another fd; -1 if it cannot be opened so. */
static int reopen(int file, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return open(path, flags | O_CLOEXEC);
}

TEST_F(file, open_for_reading)
{
	struct stage *stage = &self->stage;
	int reader = reopen(self->file, O_RDONLY);
	int writer = reopen(self->file, O_WRONLY);
	int path = reopen(self->file, O_PATH);

	ASSERT_GE(reader, 0);
	ASSERT_GE(writer, 0);
	ASSERT_GE(path, 0);
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       do_map_file(stage->fd, stage->space, reader, 0, PAGE,
				   IOVA, RW));
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       do_map_file(stage->fd, stage->space, reader, 0, PAGE,
				   IOVA, IOASID_PROT_WRITE));
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       do_map_file(stage->fd, stage->space, writer, 0, PAGE,
				   IOVA, IOASID_PROT_READ));
	EXPECT_REFUSED(EBADF, IOASID_REASON_FILE,
		       do_map_file(stage->fd, stage->space, path, 0, PAGE, IOVA,
				   IOASID_PROT_READ));
	ASSERT_OK(MAP_FILE_AT(PAGE, PAGE, OTHER, RW));
	ASSERT_OK(do_map_file(stage->fd, stage->space, reader, 0, PAGE, IOVA,
			      IOASID_PROT_READ));
	EXPECT_TRUE(engine_works(&stage->engine, self->view, IOVA,
				 self->view + PAGE, OTHER, 1));
	EXPECT_BLIND(IOVA, 0, 2);
	close(reader);
	close(writer);
	close(path);
}

/* Seals of a memfd: who sealed it against writing is not deceived. */
FIXTURE(sealed) {
	struct stage stage;
	int file;
	char *page;
};

FIXTURE_SETUP(sealed)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->file = make_memfd();
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(0, ftruncate(self->file, PAGE));
	self->page = anon(PAGE);
	ASSERT_NE(NULL, self->page);
	fill(self->page, PAGE, 7);
	ASSERT_EQ(PAGE, pwrite(self->file, self->page, PAGE, 0));
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, self->page, PAGE,
			 OTHER, RW));
}

FIXTURE_TEARDOWN(sealed)
{
	stage_close(&self->stage);
	close(self->file);
}

TEST_F(sealed, against_writing_from_now_on)
{
	ASSERT_EQ(0, fcntl(self->file, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       MAP_FILE_AT(0, PAGE, IOVA, RW));
	ASSERT_OK(MAP_FILE_AT(0, PAGE, IOVA, IOASID_PROT_READ));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, self->page, 7));
}

TEST_F(sealed, against_writing)
{
	int reader = reopen(self->file, O_RDONLY);

	ASSERT_GE(reader, 0);
	ASSERT_EQ(0, fcntl(self->file, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_REFUSED(EACCES, IOASID_REASON_FILE,
		       MAP_FILE_AT(0, PAGE, IOVA, RW));
	/* Before 6.7 the kernel lets nobody map it through an fd that can write. */
	ASSERT_OK(do_map_file(self->stage.fd, self->stage.space, reader, 0,
			      PAGE, IOVA, IOASID_PROT_READ));
	EXPECT_EQ(0, engine_load(&self->stage.engine, IOVA));
	EXPECT_TRUE(store_arrives(&self->stage.engine, OTHER, self->page, 7));
	close(reader);
}

/* As long as a device can write it, it cannot be sealed. */
TEST_F(sealed, not_while_a_device_writes)
{
	ASSERT_OK(MAP_FILE_AT(0, PAGE, IOVA, RW));
	EXPECT_EQ(-1, fcntl(self->file, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_OK(do_unmap(self->stage.fd, self->stage.space, IOVA, PAGE));
	EXPECT_EQ(0, fcntl(self->file, F_ADD_SEALS, F_SEAL_WRITE));
}

static int make_ramfs_file(void)
{
	return make_file_in("ramfs", NULL);
}

static int make_pipe(void)
{
	int ends[2];

	return pipe(ends) ? -1 : ends[0];
}

static int make_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int make_null(void)
{
	return open("/dev/null", O_RDWR);
}

static int make_zero(void)
{
	return open("/dev/zero", O_RDWR);
}

static int make_folder(void)
{
	return open("/tmp", O_RDONLY | O_DIRECTORY);
}

static int make_fifo(void)
{
	int fd = mkfifo("/tmp/fifo", 0600) ? -1 : open("/tmp/fifo", O_RDWR);

	unlink("/tmp/fifo");
	return fd;
}

static int make_status(void)
{
	return open("/proc/self/status", O_RDONLY);
}

TEST(other_kinds_of_files)
{
	static int (*const make[])(void) = {
		make_ramfs_file, make_pipe, make_socket, make_null, make_zero,
		make_folder, make_fifo, make_status, ctx_open,
	};
	int fd = ctx_open();
	__u32 space;

	ASSERT_OK(do_alloc(fd, &space));
	for (unsigned int i = 0; i < ARRAY_SIZE(make); i++) {
		int file = make[i]();

		ASSERT_GE(file, 0);
		if (make[i] == make_ramfs_file)
			ASSERT_EQ(0, ftruncate(file, PAGE));
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_FILE,
			       do_map_file(fd, space, file, 0, PAGE, IOVA,
					   IOASID_PROT_READ));
		if (ea.reason != IOASID_REASON_FILE)
			TH_LOG("kind %u", i);
		close(file);
	}
	EXPECT_REFUSED(EBADF, IOASID_REASON_FILE,
		       do_map_file(fd, space, -1, 0, PAGE, IOVA, RW));
	EXPECT_REFUSED(EBADF, IOASID_REASON_FILE,
		       do_map_file(fd, space, 1000, 0, PAGE, IOVA, RW));
	EXPECT_EQ(0, num_areas(fd, space));
	close(fd);
}

TEST_HARNESS_MAIN
