// SPDX-License-Identifier: GPL-2.0
/*
 * I/O address spaces on mock IOMMUs: what no emulated machine has, which is IOMMUs of
 * different kinds, odd apertures and page sizes, and a status for each access.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "mock.h"
#include "stage.h"

#define IOVA		0x2000000ULL
#define NOWHERE		0x4000000ULL
#define LENGTH		(4 * PAGE)
#define TRACING		"/sys/kernel/tracing/"

enum {
	SEED_A = 900,
	SEED_B,
	SEED_CANARY,
};

/* The devices that the module makes by default. */
enum {
	LARGE_A = MOCK(0),
	LARGE_B = MOCK(1),
	GROUP_A = MOCK(2),
	GROUP_B = MOCK(3),
	PLAIN = MOCK(4),
	ODD = MOCK(5),
};

static int join(struct dev *dev, unsigned int n, const struct dev *first, int fd)
{
	int err = dev_join(dev, n, first);

	err = err ? err : dev_bind(dev, fd);
	return err ? err : mock_open(dev);
}

/* One device, one space, some memory at IOVA. */
FIXTURE(one) {
	int fd;
	__u32 space;
	struct dev dev;
	char *va;
};

FIXTURE_VARIANT(one) {
	unsigned int device;
};

FIXTURE_VARIANT_ADD(one, large) {
	.device = LARGE_A,
};

FIXTURE_VARIANT_ADD(one, plain) {
	.device = PLAIN,
};

FIXTURE_VARIANT_ADD(one, odd) {
	.device = ODD,
};

FIXTURE_SETUP(one)
{
	dev_init(&self->dev, variant->device);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, variant->device, self->fd));
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->va = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->va);
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
}

FIXTURE_TEARDOWN(one)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_F(one, reads_and_writes)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va, LENGTH,
			      SEED_A));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA + 100, self->va + 100,
			      PAGE, SEED_B));
}

TEST_F(one, is_blocked_until_attached)
{
	fill(self->va, LENGTH, SEED_CANARY);
	EXPECT_NE(MOCK_OK, mock_store(&self->dev, BY_RID, IOVA, LENGTH));
	EXPECT_NE(MOCK_OK, mock_load(&self->dev, BY_RID, IOVA, LENGTH));
	EXPECT_TRUE(filled(self->va, LENGTH, SEED_CANARY));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va, LENGTH,
			      SEED_A));
}

TEST_F(one, is_blocked_when_detached)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va, LENGTH,
			      SEED_A));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	fill(self->va, LENGTH, SEED_CANARY);
	EXPECT_NE(MOCK_OK, mock_store(&self->dev, BY_RID, IOVA, LENGTH));
	EXPECT_TRUE(filled(self->va, LENGTH, SEED_CANARY));
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* The last fault in the trace, which is then emptied; "" if there is none. */
static const char *traced_fault(char *line, size_t size)
{
	FILE *file = fopen(TRACING "trace", "re");
	char raw[512], *event;

	line[0] = '\0';
	while (file && fgets(raw, sizeof(raw), file)) {
		event = strstr(raw, "ioasid_fault: ");
		if (raw[0] != '#' && event)
			snprintf(line, size, "%.*s",
				 (int)strcspn(event, "\n"), event);
	}
	if (file)
		fclose(file);
	write_file(TRACING "trace", "");
	return line;
}

#define EXPECT_FAULT(_iova, _flags)					\
	do {								\
		char _line[256], _expected[256];			\
									\
		snprintf(_expected, sizeof(_expected),			\
			 "ioasid_fault: device=%s ioasid=%u iova=0x%llx flags=0x%x", \
			 self->dev.name, self->space, _iova, _flags);	\
		EXPECT_STREQ(_expected,					\
			     traced_fault(_line, sizeof(_line)));	\
	} while (0)

/* The driver of this IOMMU tells of faults whoever has the domain. */
TEST_F(one, faults_are_traced)
{
	char line[256];

	if (access(TRACING "trace", F_OK))
		ASSERT_EQ(0, mount("tracefs", TRACING, "tracefs", 0, NULL));
	ASSERT_TRUE(write_file(TRACING "events/ioasid/ioasid_fault/enable",
			       "1"));
	traced_fault(line, sizeof(line));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(MOCK_OK, mock_load(&self->dev, BY_RID, IOVA, LENGTH));
	EXPECT_STREQ("", traced_fault(line, sizeof(line)));
	EXPECT_NE(MOCK_OK, mock_load(&self->dev, BY_RID, NOWHERE, PAGE));
	EXPECT_FAULT(NOWHERE, 0);
	EXPECT_NE(MOCK_OK, mock_store(&self->dev, BY_RID, IOVA + LENGTH - PAGE,
				      2 * PAGE));
	EXPECT_FAULT(IOVA + LENGTH, 1);
	/* A device that is blocked is in no space. */
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_NE(MOCK_OK, mock_store(&self->dev, BY_RID, IOVA, PAGE));
	EXPECT_STREQ("", traced_fault(line, sizeof(line)));
	ASSERT_TRUE(write_file(TRACING "events/ioasid/ioasid_fault/enable",
			       "0"));
}

TEST_F(one, may_not_write_what_is_for_reading)
{
	char *va = anon_populated(PAGE);

	ASSERT_NE(NULL, va);
	ASSERT_OK(do_map(self->fd, self->space, va, PAGE, NOWHERE,
			 IOASID_PROT_READ));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	fill(va, PAGE, SEED_A);
	EXPECT_EQ(MOCK_DENIED, mock_fill(&self->dev, BY_RID, NOWHERE, PAGE, 1));
	EXPECT_TRUE(filled(va, PAGE, SEED_A));
	EXPECT_EQ(MOCK_OK, mock_load(&self->dev, BY_RID, NOWHERE, PAGE));
	/* What it has read is what was there. */
	EXPECT_EQ(MOCK_OK, mock_store(&self->dev, BY_RID, IOVA, PAGE));
	EXPECT_TRUE(filled(self->va, PAGE, SEED_A));
}

TEST_F(one, may_not_read_what_is_for_writing)
{
	char *va = anon_populated(PAGE);

	ASSERT_NE(NULL, va);
	ASSERT_OK(do_map(self->fd, self->space, va, PAGE, NOWHERE,
			 IOASID_PROT_WRITE));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(MOCK_DENIED, mock_load(&self->dev, BY_RID, NOWHERE, PAGE));
	EXPECT_EQ(MOCK_OK, mock_fill(&self->dev, BY_RID, NOWHERE, PAGE, 7));
	EXPECT_EQ(7, va[0]);
	EXPECT_EQ(7, va[PAGE - 1]);
}

/* The first byte that is refused is named; what is before it was written. */
TEST_F(one, stops_where_nothing_is_mapped)
{
	struct mock_dma dma = {
		.op = MOCK_FILL,
		.iova = IOVA + LENGTH - PAGE,
		.length = 2 * PAGE,
		.value = 3,
	};

	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(MOCK_UNMAPPED, mock_dma(&self->dev, &dma));
	EXPECT_EQ(IOVA + LENGTH, dma.fault);
	EXPECT_EQ(3, self->va[LENGTH - 1]);
	EXPECT_EQ(MOCK_UNMAPPED, mock_fill(&self->dev, BY_RID, NOWHERE, 1, 1));
}

/* Unmapped is unreachable when the call returns, also what was reached before. */
TEST_F(one, forgets_what_is_unmapped)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va, LENGTH,
			      SEED_A));
	ASSERT_OK(do_unmap(self->fd, self->space, IOVA, LENGTH));
	fill(self->va, LENGTH, SEED_CANARY);
	for (unsigned int i = 0; i < LENGTH / PAGE; i++)
		EXPECT_EQ(MOCK_UNMAPPED,
			  mock_store(&self->dev, BY_RID, IOVA + i * PAGE,
				     PAGE));
	EXPECT_TRUE(filled(self->va, LENGTH, SEED_CANARY));
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va, LENGTH,
			      SEED_B));
}

/* One flush for a call, whatever it unmaps. */
TEST_F(one, flushes_once_a_call)
{
	char file[16];
	long flushes;

	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	snprintf(file, sizeof(file), "iommu%ld",
		 mock_device_counter(variant->device, "iommu"));
	flushes = mock_counter(file, "flushes");
	ASSERT_OK(do_unmap(self->fd, self->space, IOVA, LENGTH));
	EXPECT_EQ(flushes + 1, mock_counter(file, "flushes"));
	EXPECT_EQ(0, mock_device_counter(variant->device, "entries"));
}

/* An aperture that does not begin at 0, small and middling pages, reserved regions. */
FIXTURE(odd) {
	int fd;
	__u32 space;
	struct dev dev;
};

FIXTURE_SETUP(odd)
{
	dev_init(&self->dev, ODD);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, ODD, self->fd));
	ASSERT_OK(do_alloc(self->fd, &self->space));
}

FIXTURE_TEARDOWN(odd)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_F(odd, is_described)
{
	struct ioasid_resv_region regions[4];
	struct ioasid_device_info info = {
		.size = sizeof(info),
		.dev_id = self->dev.id,
		.num_resv_regions = 4,
		.resv_regions = (uintptr_t)regions,
	};

	ASSERT_OK(cmd(self->fd, IOASID_DEVICE_INFO, &info));
	EXPECT_EQ(0x10000ULL, info.aperture_first);
	EXPECT_EQ(0x7ffeffffULL, info.aperture_last);
	EXPECT_EQ(0x11000ULL, info.page_sizes);
	EXPECT_EQ(IOASID_IOMMU_OTHER, info.iommu_kind);
	EXPECT_STREQ("ioas-mock-iommu2", info.iommu_name);
	ASSERT_EQ(2, info.num_resv_regions);
	EXPECT_EQ(0x100000ULL, regions[0].first);
	EXPECT_EQ(0x1fffffULL, regions[0].last);
	EXPECT_EQ(IOASID_RESV_RESERVED, regions[0].kind);
	EXPECT_EQ(0xfee00000ULL, regions[1].first);
	EXPECT_EQ(0xfeefffffULL, regions[1].last);
	EXPECT_EQ(IOASID_RESV_MSI, regions[1].kind);
}

TEST_F(odd, aperture_ends)
{
	char *va = anon_populated(PAGE);

	ASSERT_NE(NULL, va);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, self->space, va, PAGE, 0xf000, RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, self->space, va, PAGE, 0x7fff0000,
			      RW));
	ASSERT_OK(do_map(self->fd, self->space, va, PAGE, 0x10000, RW));
	ASSERT_OK(do_map(self->fd, self->space, va, PAGE, 0x7ffef000, RW));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, 0x10000, va, PAGE, SEED_A));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, 0x7ffef000, va, PAGE,
			      SEED_B));
	EXPECT_EQ(MOCK_OUTSIDE,
		  mock_fill(&self->dev, BY_RID, 0xf000, PAGE, 1));
}

/* A mapping that is there already keeps a device out that cannot reach it. */
TEST_F(odd, refuses_what_it_cannot_reach)
{
	char *va = anon_populated(PAGE);

	ASSERT_NE(NULL, va);
	ASSERT_OK(do_map(self->fd, self->space, va, PAGE, 0x80000000ULL, RW));
	EXPECT_EQ(EADDRNOTAVAIL,
		  do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_unmap(self->fd, self->space, 0x80000000ULL, PAGE));
	ASSERT_OK(do_map(self->fd, self->space, va, PAGE, 0x100000, RW));
	EXPECT_EQ(EADDRNOTAVAIL,
		  do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_unmap(self->fd, self->space, 0x100000, PAGE));
	EXPECT_OK(do_attach(self->fd, self->dev.id, self->space));
}

/* The largest page that fits is used, and gives way whole. */
TEST_F(odd, uses_its_larger_page)
{
	char *va;

	if (!huge_pages(2))
		SKIP(return, "no free huge pages");
	va = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_map(self->fd, self->space, va, 2 * MIB, IOVA, RW));
	EXPECT_EQ(32, mock_device_counter(ODD, "entries"));
	EXPECT_EQ(32, mock_device_counter(ODD, "large"));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA + 64 * KIB - PAGE,
			      va + 64 * KIB - PAGE, 2 * PAGE, SEED_A));
	ASSERT_OK(do_unmap(self->fd, self->space, IOVA, 2 * MIB));
	EXPECT_EQ(0, mock_device_counter(ODD, "entries"));
	munmap(va, 2 * MIB);
}

/* Devices of IOMMUs that cannot share a page table, in one space. */
FIXTURE(mixed) {
	int fd;
	__u32 space;
	struct dev large, plain;
	char *va;
};

FIXTURE_SETUP(mixed)
{
	dev_init(&self->large, LARGE_A);
	dev_init(&self->plain, PLAIN);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->large, LARGE_A, self->fd));
	ASSERT_OK(mock_claim(&self->plain, PLAIN, self->fd));
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->va = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->va);
}

FIXTURE_TEARDOWN(mixed)
{
	dev_release(&self->plain);
	dev_release(&self->large);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

static __u32 num_domains(int fd, __u32 space)
{
	struct ioasid_get_info info;

	return do_get_info(fd, space, &info) ? ~0U : info.num_domains;
}

static bool both_see(struct dev *a, struct dev *b, __u64 iova, void *va)
{
	return mock_sees(a, BY_RID, iova, va, LENGTH, SEED_A) &&
	       mock_sees(b, BY_RID, iova, va, LENGTH, SEED_B);
}

TEST_F(mixed, each_has_its_own_table)
{
	ASSERT_OK(do_attach(self->fd, self->large.id, self->space));
	EXPECT_EQ(1, num_domains(self->fd, self->space));
	ASSERT_OK(do_attach(self->fd, self->plain.id, self->space));
	EXPECT_EQ(2, num_domains(self->fd, self->space));
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
	EXPECT_TRUE(both_see(&self->large, &self->plain, IOVA, self->va));
	ASSERT_OK(do_unmap(self->fd, self->space, IOVA, LENGTH));
	fill(self->va, LENGTH, SEED_CANARY);
	EXPECT_EQ(MOCK_UNMAPPED,
		  mock_store(&self->large, BY_RID, IOVA, LENGTH));
	EXPECT_EQ(MOCK_UNMAPPED,
		  mock_store(&self->plain, BY_RID, IOVA, LENGTH));
	EXPECT_TRUE(filled(self->va, LENGTH, SEED_CANARY));
}

TEST_F(mixed, joins_what_is_populated)
{
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
	ASSERT_OK(do_attach(self->fd, self->large.id, self->space));
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, NOWHERE,
			 RW));
	ASSERT_OK(do_attach(self->fd, self->plain.id, self->space));
	EXPECT_EQ(2, num_domains(self->fd, self->space));
	EXPECT_EQ(2 * LENGTH / PAGE, mock_device_counter(LARGE_A, "entries"));
	EXPECT_EQ(2 * LENGTH / PAGE, mock_device_counter(PLAIN, "entries"));
	EXPECT_TRUE(both_see(&self->large, &self->plain, IOVA, self->va));
	EXPECT_TRUE(both_see(&self->large, &self->plain, NOWHERE, self->va));
}

/* The memory is the space's: it stays pinned when no table has it any more. */
TEST_F(mixed, leaves_and_comes_back)
{
	__u64 pinned;

	ASSERT_OK(do_attach(self->fd, self->large.id, self->space));
	ASSERT_OK(do_attach(self->fd, self->plain.id, self->space));
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
	pinned = pinned_pages();
	ASSERT_OK(do_detach(self->fd, self->plain.id));
	EXPECT_EQ(1, num_domains(self->fd, self->space));
	EXPECT_TRUE(mock_sees(&self->large, BY_RID, IOVA, self->va, LENGTH,
			      SEED_A));
	ASSERT_OK(do_detach(self->fd, self->large.id));
	EXPECT_EQ(0, num_domains(self->fd, self->space));
	EXPECT_EQ(0, mock_counter("iommu0", "entries"));
	EXPECT_EQ(0, mock_counter("iommu1", "entries"));
	EXPECT_EQ(pinned, pinned_pages());
	ASSERT_OK(do_attach(self->fd, self->plain.id, self->space));
	ASSERT_OK(do_attach(self->fd, self->large.id, self->space));
	EXPECT_TRUE(both_see(&self->large, &self->plain, IOVA, self->va));
	EXPECT_EQ(pinned, pinned_pages());
}

/* Two devices of one IOMMU share a table; a third IOMMU's adds one. */
TEST_F(mixed, shares_where_it_can)
{
	struct dev other;

	ASSERT_OK(join(&other, LARGE_B, &self->large, self->fd));
	ASSERT_OK(do_attach(self->fd, self->large.id, self->space));
	ASSERT_OK(do_attach(self->fd, other.id, self->space));
	ASSERT_OK(do_attach(self->fd, self->plain.id, self->space));
	EXPECT_EQ(2, num_domains(self->fd, self->space));
	EXPECT_EQ(mock_device_counter(LARGE_A, "domain"),
		  mock_device_counter(LARGE_B, "domain"));
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
	EXPECT_TRUE(both_see(&other, &self->plain, IOVA, self->va));
	ASSERT_OK(do_detach(self->fd, self->large.id));
	EXPECT_NE(MOCK_OK, mock_load(&self->large, BY_RID, IOVA, PAGE));
	EXPECT_TRUE(both_see(&other, &self->plain, IOVA, self->va));
	dev_release(&other);
}

/* Two spaces at the same IOVAs: each device reaches its own memory. */
TEST_F(mixed, keeps_spaces_apart)
{
	char *there = anon_populated(LENGTH);
	__u32 space;

	ASSERT_NE(NULL, there);
	ASSERT_OK(do_alloc(self->fd, &space));
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
	ASSERT_OK(do_map(self->fd, space, there, LENGTH, IOVA, RW));
	ASSERT_OK(do_attach(self->fd, self->large.id, self->space));
	ASSERT_OK(do_attach(self->fd, self->plain.id, space));
	fill(there, LENGTH, SEED_CANARY);
	EXPECT_TRUE(mock_sees(&self->large, BY_RID, IOVA, self->va, LENGTH,
			      SEED_A));
	EXPECT_TRUE(filled(there, LENGTH, SEED_CANARY));
	EXPECT_TRUE(mock_sees(&self->plain, BY_RID, IOVA, there, LENGTH,
			      SEED_B));
	EXPECT_TRUE(filled(self->va, LENGTH, SEED_A));
}

/* The TLB keeps what was reached until it is flushed, and so on: the mock is right. */
TEST(the_mock_itself)
{
	/* There are no nested domains before. */
	EXPECT_EQ(kernel_before(6, 7) ? 15 : 25,
		  mock_counter("check", "passed"));
	EXPECT_EQ(0, mock_counter("check", "failed"));
	EXPECT_TRUE(mock_is_content());
}

/* A group of two: attached together, blocked when the last one leaves. */
TEST(group_of_two)
{
	char *va = anon_populated(LENGTH);
	struct dev dev[2];
	__u32 space, other;
	int fd = ctx_open();

	ASSERT_GE(fd, 0);
	ASSERT_NE(NULL, va);
	ASSERT_OK(mock_claim(&dev[0], GROUP_A, fd));
	ASSERT_OK(join(&dev[1], GROUP_B, &dev[0], fd));
	ASSERT_EQ(iommu_group_of(dev[0].name), iommu_group_of(dev[1].name));
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_alloc(fd, &other));
	ASSERT_OK(do_map(fd, space, va, LENGTH, IOVA, RW));
	ASSERT_OK(do_attach(fd, dev[0].id, space));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(fd, dev[1].id, other));
	ASSERT_OK(do_attach(fd, dev[1].id, space));
	EXPECT_TRUE(both_see(&dev[0], &dev[1], IOVA, va));
	ASSERT_OK(do_detach(fd, dev[0].id));
	EXPECT_TRUE(mock_sees(&dev[1], BY_RID, IOVA, va, LENGTH, SEED_A));
	ASSERT_OK(do_detach(fd, dev[1].id));
	EXPECT_NE(MOCK_OK, mock_load(&dev[0], BY_RID, IOVA, PAGE));
	EXPECT_NE(MOCK_OK, mock_load(&dev[1], BY_RID, IOVA, PAGE));
	dev_release(&dev[1]);
	dev_release(&dev[0]);
	close(fd);
	EXPECT_TRUE(mock_is_content());
}

/* When everything is closed nothing is left in the IOMMUs. */
TEST(leaves_nothing)
{
	char *va = anon_populated(LENGTH);
	int fd = ctx_open();
	struct dev dev;
	__u32 space;

	ASSERT_GE(fd, 0);
	ASSERT_NE(NULL, va);
	ASSERT_OK(mock_claim(&dev, LARGE_A, fd));
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_map(fd, space, va, LENGTH, IOVA, RW));
	ASSERT_OK(do_attach(fd, dev.id, space));
	ASSERT_TRUE(mock_sees(&dev, BY_RID, IOVA, va, LENGTH, SEED_A));
	EXPECT_LT(0, mock_counter("iommu0", "entries"));
	close(fd);
	EXPECT_NE(MOCK_OK, mock_load(&dev, BY_RID, IOVA, PAGE));
	EXPECT_EQ(0, mock_counter("iommu0", "entries"));
	dev_release(&dev);
	EXPECT_EQ(-1, mock_device_counter(LARGE_A, "domain"));
	EXPECT_TRUE(mock_is_content());
}

TEST_HARNESS_MAIN
