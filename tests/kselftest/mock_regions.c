// SPDX-License-Identifier: GPL-2.0
/*
 * Reserved regions of every kind, and IOMMUs that could share a page table but must not,
 * because the one can enforce snooping and the other cannot: on mock IOMMUs that have what
 * no emulated one has.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "mock.h"

#define IOVA	0x2000000ULL
#define LENGTH	(2 * PAGE)
#define ROOM	8

enum {
	SEED_A = 1600,
	SEED_B,
};

/* The devices that the line of the list makes. */
enum {
	PLAIN = MOCK(0),	/* its IOMMU cannot enforce snooping */
	PLAIN_TOO = MOCK(1),	/* nor can its; it would share with PLAIN's */
	SNOOP = MOCK(2),	/* its can; it would share with PLAIN's */
	SNOOP_TOO = MOCK(3),	/* its can; it would share with SNOOP's */
	PLAIN_LATE = MOCK(4),	/* its cannot; it would share with SNOOP's */
	KINDS = MOCK(5),
	SOFT_MSI = MOCK(6),
	DIRECT = MOCK(7),
};

FIXTURE(regions) {
	int fd;
	__u32 space;
	struct dev dev;
	char *va;
};

FIXTURE_SETUP(regions)
{
	dev_init(&self->dev, KINDS);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->va = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->va);
}

FIXTURE_TEARDOWN(regions)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

static int read_regions(int fd, const struct dev *dev,
			struct ioasid_resv_region *regions, __u32 *num)
{
	struct ioasid_device_info info = {
		.num_resv_regions = ROOM,
		.resv_regions = (uintptr_t)regions,
	};
	int err = do_device_arrays(fd, dev->id, &info);

	*num = info.num_resv_regions;
	return err;
}

/* Is all of it out of what can be mapped? */
static bool is_excluded(int fd, __u32 space, __u64 first, __u64 last)
{
	struct ioasid_iova_range ranges[2 * ROOM];
	__u32 num = 2 * ROOM;

	if (do_iova_ranges(fd, space, ranges, &num))
		return false;
	for (__u32 i = 0; i < num; i++)
		if (ranges[i].first <= last && ranges[i].last >= first)
			return false;
	return true;
}

/* A region is refused from its first page to its last, and nothing beside it is. */
static bool is_reserved(int fd, __u32 space, const struct dev *dev, void *va,
			__u64 first, __u64 last)
{
	bool good = true;

	for (int i = 0; i < 2; i++) {
		good &= do_map(fd, space, va, PAGE,
			       i ? last + 1 - PAGE : first,
			       RW) == EADDRNOTAVAIL &&
			ea.reason == IOASID_REASON_IOVA_RESERVED &&
			ea.first == first && ea.last == last &&
			ea.id == dev->id;
		good &= !do_map(fd, space, va, PAGE, i ? last + 1 : first - PAGE,
				RW) &&
			mock_sees(dev, BY_RID, i ? last + 1 : first - PAGE, va,
				  PAGE, SEED_A + i);
	}
	return good && is_excluded(fd, space, first, last);
}

TEST_F(regions, kinds)
{
	struct ioasid_resv_region regions[ROOM];
	__u32 num;

	ASSERT_OK(mock_claim(&self->dev, KINDS, self->fd));
	ASSERT_OK(read_regions(self->fd, &self->dev, regions, &num));
	/* That which is there for firmware's sake alone is not its user's business. */
	ASSERT_EQ(2, num);
	EXPECT_EQ(IOASID_RESV_RESERVED, regions[0].kind);
	EXPECT_EQ(IOASID_RESV_MSI, regions[1].kind);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(is_reserved(self->fd, self->space, &self->dev, self->va,
				0x100000, 0x1fffff));
	EXPECT_TRUE(is_reserved(self->fd, self->space, &self->dev, self->va,
				0xfee00000, 0xfeefffff));
	EXPECT_OK(do_map(self->fd, self->space, self->va, LENGTH, 0x400000, RW));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, 0x400000, self->va, LENGTH,
			      SEED_A));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_OK(do_map(self->fd, self->space, self->va, PAGE, 0xfee00000, RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
		       do_attach(self->fd, self->dev.id, self->space));
	EXPECT_NE(NULL, strstr(ea.message, "MSI"));
}

/* The kernel is to map the interrupt controller there: it is not for the user. */
TEST_F(regions, software_msi)
{
	struct ioasid_resv_region regions[ROOM];
	__u32 num;

	ASSERT_OK(mock_claim(&self->dev, SOFT_MSI, self->fd));
	ASSERT_OK(read_regions(self->fd, &self->dev, regions, &num));
	ASSERT_EQ(1, num);
	EXPECT_EQ(IOASID_RESV_SW_MSI, regions[0].kind);
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
		ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA,
				 RW));
		EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va, LENGTH,
				      SEED_A));
		EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
			       do_map(self->fd, self->space, self->va, PAGE,
				      0x8000000, RW));
		ASSERT_OK(do_unmap(self->fd, self->space, IOVA, LENGTH));
		ASSERT_OK(do_detach(self->fd, self->dev.id));
	}
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(is_reserved(self->fd, self->space, &self->dev, self->va,
				0x8000000, 0x80fffff));
}

/*
 * Firmware wants a part of memory mapped one to one, always. Since 6.6 the kernel gives
 * no such device away, because it could not be blocked. Before, it does, and the part is
 * reserved.
 */
TEST_F(regions, direct)
{
	struct ioasid_resv_region regions[ROOM];
	__u32 num;

	if (!kernel_before(6, 6)) {
		EXPECT_NE(0, dev_claim(&self->dev, DIRECT));
		return;
	}
	ASSERT_OK(mock_claim(&self->dev, DIRECT, self->fd));
	ASSERT_OK(read_regions(self->fd, &self->dev, regions, &num));
	ASSERT_EQ(1, num);
	EXPECT_EQ(IOASID_RESV_DIRECT, regions[0].kind);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(is_reserved(self->fd, self->space, &self->dev, self->va,
				0x200000, 0x2fffff));
	EXPECT_NE(MOCK_OK, mock_load(&self->dev, BY_RID, 0x200000, PAGE));
}

/* Two devices that may or may not share the page table of a space. */
FIXTURE(sharing) {
	int fd;
	__u32 space;
	struct dev dev[2];
	char *va;
};

FIXTURE_VARIANT(sharing) {
	unsigned int first, second;
	bool shared;
	bool enforced[2];
};

FIXTURE_VARIANT_ADD(sharing, neither_can) {
	.first = PLAIN, .second = PLAIN_TOO, .shared = true,
};

FIXTURE_VARIANT_ADD(sharing, the_second_can) {
	.first = PLAIN, .second = SNOOP, .enforced = { false, true },
};

FIXTURE_VARIANT_ADD(sharing, the_first_can) {
	.first = SNOOP, .second = PLAIN_LATE, .enforced = { true, false },
};

FIXTURE_VARIANT_ADD(sharing, both_can) {
	.first = SNOOP, .second = SNOOP_TOO, .shared = true,
	.enforced = { true, true },
};

FIXTURE_SETUP(sharing)
{
	dev_init(&self->dev[0], variant->first);
	dev_init(&self->dev[1], variant->second);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_OK(mock_claim(&self->dev[0], variant->first, self->fd));
	ASSERT_OK(mock_claim(&self->dev[1], variant->second, self->fd));
	self->va = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->va);
	ASSERT_OK(do_map(self->fd, self->space, self->va, LENGTH, IOVA, RW));
}

FIXTURE_TEARDOWN(sharing)
{
	for (int i = 0; i < 2; i++)
		dev_release(&self->dev[i]);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_F(sharing, of_a_page_table)
{
	const unsigned int n[] = { variant->first, variant->second };
	struct ioasid_device_info device;
	struct ioasid_get_info info;
	/* Before it could be asked of a device, a bus answered for all. */
	bool asked = !kernel_before(5, 19);

	for (int i = 0; i < 2; i++) {
		ASSERT_OK(do_device_info(self->fd, self->dev[i].id, &device));
		if (asked)
			EXPECT_EQ(variant->enforced[i],
				  !!(device.device_flags &
				     IOASID_DEVICE_ENFORCE_SNOOP));
		ASSERT_OK(do_attach(self->fd, self->dev[i].id, self->space));
	}
	ASSERT_OK(do_get_info(self->fd, self->space, &info));
	EXPECT_EQ(variant->shared || !asked ? 1 : 2, info.num_domains);
	EXPECT_EQ(variant->shared || !asked,
		  mock_device_counter(n[0], "domain") ==
		  mock_device_counter(n[1], "domain"));
	for (int i = 0; i < 2; i++) {
		if (asked)
			EXPECT_EQ(variant->enforced[i],
				  mock_device_counter(n[i], "enforced"));
		EXPECT_TRUE(mock_sees(&self->dev[i], BY_RID, IOVA, self->va,
				      LENGTH, SEED_A + i));
	}
	/* Whoever leaves first takes nothing of the other's. */
	ASSERT_OK(do_detach(self->fd, self->dev[0].id));
	EXPECT_TRUE(mock_sees(&self->dev[1], BY_RID, IOVA, self->va, LENGTH,
			      SEED_B));
	EXPECT_NE(MOCK_OK, mock_load(&self->dev[0], BY_RID, IOVA, PAGE));
	ASSERT_OK(do_unmap(self->fd, self->space, IOVA, LENGTH));
	EXPECT_EQ(MOCK_UNMAPPED, mock_load(&self->dev[1], BY_RID, IOVA, PAGE));
}

TEST_HARNESS_MAIN
