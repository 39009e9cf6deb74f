// SPDX-License-Identifier: GPL-2.0
/*
 * Mediated devices, which their drivers, not hardware, let do DMA: they are opened and
 * bound like any other, and reach what is mapped and nothing else. Needs no IOMMU; what
 * is tested beside a device of hardware is so only where there is one.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "soft.h"
#include "stage.h"

#define IOVA	0x40000000ULL
#define OTHER	0x7ffff0000000ULL
#define PAGES	8
#define LENGTH	(PAGES * PAGE)

SOFT_PROGRAM;

static __u64 sum_of(const unsigned char *data, size_t length)
{
	__u64 sum = 0;

	while (length--)
		sum += *data++;
	return sum;
}

FIXTURE(soft) {
	int fd;
	__u32 space;
	struct dev dev;
	unsigned char *memory;	/* LENGTH bytes of a pattern */
	__u64 locked, pinned;
};

FIXTURE_VARIANT(soft) {
	__u32 how;
};

FIXTURE_VARIANT_ADD(soft, rw) {
	.how = MEDIATED_RW,
};

FIXTURE_VARIANT_ADD(soft, pinned) {
	.how = MEDIATED_PINNED,
};

FIXTURE_SETUP(soft)
{
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_OK(soft_open(&self->dev, 0, NULL, self->fd));
	self->memory = anon(LENGTH);
	ASSERT_NE(NULL, self->memory);
	fill(self->memory, LENGTH, 1);
}

FIXTURE_TEARDOWN(soft)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

#define ATTACH()	do_attach(self->fd, self->dev.id, self->space)
#define DETACH()	do_detach(self->fd, self->dev.id)
#define MAP(_va, _length, _iova, _prot)					\
	do_map(self->fd, self->space, _va, _length, _iova, _prot)
#define COPY(_src, _dst, _length)					\
	soft_copy(&self->dev, variant->how, _src, _dst, _length)
#define FILL(_dst, _length, _byte)					\
	soft_fill(&self->dev, variant->how, _dst, _length, _byte)
#define SUM(_src, _length, _sum)					\
	soft_sum(&self->dev, variant->how, _src, _length, _sum)

TEST_F(soft, info)
{
	struct ioasid_device_info info;

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(IOASID_INTENT_SOFTWARE, info.intent);
	EXPECT_EQ(IOASID_IOMMU_NONE, info.iommu_kind);
	EXPECT_STREQ("", info.iommu_name);
	EXPECT_STREQ(self->dev.name, info.name);
	EXPECT_EQ(self->dev.cookie, info.cookie);
	EXPECT_EQ(IOASID_DEVICE_COHERENT, info.device_flags);
	EXPECT_EQ(iommu_group_of(self->dev.name), info.group_id);
	EXPECT_EQ(1, info.num_members);
	EXPECT_EQ(0, info.ioasid);
	EXPECT_EQ(0, info.num_resv_regions);
	EXPECT_EQ(0, info.num_attachments);
	EXPECT_EQ(64, info.address_width);
	EXPECT_EQ(0, info.max_pasids);
	EXPECT_EQ(0, info.iommu_regs_valid);
	EXPECT_EQ(~(PAGE - 1), info.page_sizes);
	EXPECT_EQ(0, info.aperture_first);
	EXPECT_EQ(~0ULL, info.aperture_last);
	ASSERT_OK(ATTACH());
	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(self->space, info.ioasid);
	EXPECT_EQ(1, info.num_attachments);
}

TEST_F(soft, attached_is_in_the_spaces_info)
{
	struct ioasid_get_info info;
	struct ioasid_iova_range range;
	__u32 num = 1;

	ASSERT_OK(ATTACH());
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_ATTACHED, ATTACH());
	ASSERT_OK(do_get_info(self->fd, self->space, &info));
	EXPECT_EQ(1, info.num_devices);
	EXPECT_EQ(0, info.num_domains);
	EXPECT_EQ(~0ULL, info.page_sizes);
	ASSERT_OK(do_iova_ranges(self->fd, self->space, &range, &num));
	EXPECT_EQ(1, num);
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->space));
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_NE(NULL, strstr(ea.message, self->dev.name));
	ASSERT_OK(DETACH());
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED, DETACH());
	EXPECT_OK(do_free(self->fd, self->space));
}

TEST_F(soft, copies_fills_and_adds_up)
{
	unsigned char *to = anon(LENGTH);
	__u64 sum;

	ASSERT_NE(NULL, to);
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, IOASID_PROT_READ));
	ASSERT_OK(ATTACH());
	ASSERT_OK(MAP(to, LENGTH, OTHER, RW));
	EXPECT_EQ(0, COPY(IOVA, OTHER, LENGTH));
	EXPECT_TRUE(filled(to, LENGTH, 1));
	EXPECT_EQ(0, SUM(OTHER, LENGTH, &sum));
	EXPECT_EQ(sum_of(to, LENGTH), sum);
	EXPECT_EQ(0, FILL(OTHER + PAGE, PAGE, 0x5a));
	EXPECT_TRUE(filled(to, PAGE, 1));
	for (unsigned int i = 0; i < PAGE; i++)
		ASSERT_EQ(0x5a, to[PAGE + i]);
	EXPECT_EQ(0, memcmp(self->memory + 2 * PAGE, to + 2 * PAGE,
			    LENGTH - 2 * PAGE));
}

/* Any first byte, any length, over pages that are apart in memory. */
TEST_F(soft, bytes_are_exact)
{
	static const struct {
		unsigned int first, length;
	} cases[] = {
		{ 0, 1 }, { PAGE - 1, 1 }, { PAGE - 1, 2 }, { 5, PAGE },
		{ 1, 3 * PAGE - 2 }, { 4095, 4098 }, { 3 * PAGE, PAGE },
		{ LENGTH - 1, 1 },
	};
	unsigned char *to = anon(LENGTH), *expected = anon(LENGTH);

	ASSERT_NE(NULL, to);
	ASSERT_NE(NULL, expected);
	ASSERT_OK(ATTACH());
	/* Backwards, so that what is contiguous in one place is not in the other. */
	for (unsigned int i = 0; i < PAGES; i++) {
		ASSERT_OK(MAP(to + (PAGES - 1 - i) * PAGE, PAGE,
			      OTHER + i * PAGE, RW));
		ASSERT_OK(MAP(self->memory + i * PAGE, PAGE, IOVA + i * PAGE,
			      IOASID_PROT_READ));
	}
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned int first = cases[i].first, length = cases[i].length;

		memset(to, 0xee, LENGTH);
		memset(expected, 0xee, LENGTH);
		for (unsigned int b = first; b < first + length; b++)
			expected[(PAGES - 1 - b / PAGE) * PAGE + b % PAGE] =
				self->memory[b];
		ASSERT_EQ(0, COPY(IOVA + first, OTHER + first, length));
		EXPECT_EQ(0, memcmp(expected, to, LENGTH))
			TH_LOG("%u bytes at %u", length, first);
	}
}

TEST_F(soft, read_only_is_refused)
{
	ASSERT_OK(ATTACH());
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, IOASID_PROT_READ));
	EXPECT_EQ(EACCES, FILL(IOVA, LENGTH, 0));
	EXPECT_EQ(EACCES, FILL(IOVA + LENGTH - 1, 1, 0));
	EXPECT_TRUE(filled(self->memory, LENGTH, 1));
}

TEST_F(soft, write_only_is_refused)
{
	__u64 sum;

	ASSERT_OK(ATTACH());
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, IOASID_PROT_WRITE));
	EXPECT_EQ(EACCES, SUM(IOVA, LENGTH, &sum));
}

TEST_F(soft, unmapped_is_refused)
{
	ASSERT_OK(ATTACH());
	EXPECT_EQ(ENOENT, FILL(IOVA, 1, 0));
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	EXPECT_EQ(ENOENT, FILL(IOVA - 1, 1, 0));
	EXPECT_EQ(ENOENT, FILL(IOVA + LENGTH, 1, 0));
	EXPECT_EQ(ENOENT, FILL(~0ULL, 1, 0));
	EXPECT_TRUE(filled(self->memory, LENGTH, 1));
	EXPECT_EQ(0, FILL(IOVA, 1, 0));
}

/* What the driver asks for in one go is done whole or not at all. */
TEST_F(soft, a_hole_is_seen_before_anything_is_done)
{
	if (variant->how != MEDIATED_RW)
		return;
	ASSERT_OK(ATTACH());
	ASSERT_OK(MAP(self->memory, PAGE, IOVA, RW));
	ASSERT_OK(MAP(self->memory + PAGE, PAGE, IOVA + PAGE, RW));
	ASSERT_OK(MAP(self->memory + 3 * PAGE, PAGE, IOVA + 3 * PAGE, RW));
	EXPECT_EQ(ENOENT, FILL(IOVA + 1, 3 * PAGE, 0));
	EXPECT_EQ(ENOENT, FILL(IOVA + PAGE, PAGE + 1, 0));
	EXPECT_TRUE(filled(self->memory, LENGTH, 1));
	ASSERT_OK(MAP(self->memory + 2 * PAGE, PAGE, IOVA + 2 * PAGE,
		      IOASID_PROT_READ));
	EXPECT_EQ(EACCES, FILL(IOVA + 1, 3 * PAGE, 0));
	EXPECT_TRUE(filled(self->memory, LENGTH, 1));
}

TEST_F(soft, after_unmap_is_refused)
{
	ASSERT_OK(ATTACH());
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	ASSERT_EQ(0, FILL(IOVA, 1, 0));
	fill(self->memory, LENGTH, 2);
	ASSERT_OK(do_unmap(self->fd, self->space, IOVA, LENGTH));
	EXPECT_EQ(ENOENT, FILL(IOVA, 1, 0));
	EXPECT_TRUE(filled(self->memory, LENGTH, 2));
}

TEST_F(soft, detached_is_refused)
{
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	EXPECT_EQ(ENODEV, FILL(IOVA, 1, 0));
	ASSERT_OK(ATTACH());
	EXPECT_EQ(0, FILL(IOVA, 1, 0));
	fill(self->memory, LENGTH, 2);
	ASSERT_OK(DETACH());
	EXPECT_EQ(ENODEV, FILL(IOVA, 1, 0));
	EXPECT_TRUE(filled(self->memory, LENGTH, 2));
	ASSERT_OK(ATTACH());
	EXPECT_EQ(0, FILL(IOVA, 1, 0));
}

TEST_F(soft, unbound_and_closed_is_refused)
{
	__u32 space;
	int fd;

	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	ASSERT_OK(ATTACH());
	ASSERT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	EXPECT_EQ(ENODEV, FILL(IOVA, 1, 0));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(ATTACH());
	EXPECT_EQ(0, FILL(IOVA, 1, 0));
	/* The context goes while the device is open. */
	close(self->fd);
	EXPECT_EQ(ENODEV, FILL(IOVA, 1, 0));
	fd = ctx_open();
	ASSERT_GE(fd, 0);
	self->fd = fd;
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(dev_bind(&self->dev, fd));
	ASSERT_OK(do_attach(fd, self->dev.id, space));
	EXPECT_EQ(ENOENT, FILL(IOVA, 1, 0));
}

TEST_F(soft, two_spaces)
{
	unsigned char *memory = anon(LENGTH);
	struct dev other;
	__u32 space;

	ASSERT_NE(NULL, memory);
	ASSERT_OK(soft_open(&other, 1, NULL, self->fd));
	ASSERT_OK(do_alloc(self->fd, &space));
	ASSERT_OK(ATTACH());
	ASSERT_OK(do_attach(self->fd, other.id, space));
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	ASSERT_OK(do_map(self->fd, space, memory, LENGTH, IOVA, RW));
	EXPECT_EQ(0, FILL(IOVA, LENGTH, 0x11));
	EXPECT_EQ(0, soft_fill(&other, variant->how, IOVA, LENGTH, 0x22));
	for (unsigned int i = 0; i < LENGTH; i++) {
		ASSERT_EQ(0x11, self->memory[i]);
		ASSERT_EQ(0x22, memory[i]);
	}
	dev_release(&other);
}

/* VFIO does not say which device of a container accesses memory. */
TEST_F(soft, a_container_has_one_space)
{
	struct dev second;
	__u32 space;

	ASSERT_OK(soft_open(&second, 1, &self->dev, self->fd));
	ASSERT_OK(do_alloc(self->fd, &space));
	ASSERT_OK(ATTACH());
	EXPECT_REFUSED(EBUSY, IOASID_REASON_CONTAINER_ATTACHED,
		       do_attach(self->fd, second.id, space));
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	ASSERT_OK(do_attach(self->fd, second.id, self->space));
	EXPECT_EQ(0, soft_fill(&second, variant->how, IOVA, PAGE, 3));
	ASSERT_OK(DETACH());
	EXPECT_EQ(0, soft_fill(&second, variant->how, IOVA, PAGE, 4));
	EXPECT_EQ(4, self->memory[0]);
	ASSERT_OK(do_detach(self->fd, second.id));
	EXPECT_EQ(ENODEV, soft_fill(&second, variant->how, IOVA, PAGE, 5));
	ASSERT_OK(do_attach(self->fd, second.id, space));
	EXPECT_EQ(ENOENT, soft_fill(&second, variant->how, IOVA, PAGE, 5));
	dev_release(&second);
}

/* There is a window: the driver gives back what it has pinned. */
TEST_F(soft, moves_to_another_space)
{
	unsigned char *memory = anon(LENGTH);
	__u32 space;

	ASSERT_NE(NULL, memory);
	ASSERT_OK(do_alloc(self->fd, &space));
	ASSERT_OK(MAP(self->memory, LENGTH, IOVA, RW));
	ASSERT_OK(do_map(self->fd, space, memory, LENGTH, IOVA, RW));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_replace(self->fd, self->dev.id, space));
	ASSERT_OK(ATTACH());
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA, 2, true));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_WINDOW,
		       do_attach_flags(self->fd, self->dev.id, space,
				       IOASID_ATTACH_REPLACE, 0));
	EXPECT_EQ(2, soft_state(&self->dev).held);
	ASSERT_OK(do_replace(self->fd, self->dev.id, space));
	EXPECT_EQ(0, soft_state(&self->dev).held);
	EXPECT_EQ(space, attached_to(self->fd, self->dev.id));
	EXPECT_EQ(0, FILL(IOVA, LENGTH, 0x5b));
	EXPECT_EQ(0x5b, memory[0]);
	EXPECT_TRUE(filled(self->memory, LENGTH, 1));
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE, do_free(self->fd, space));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_replace(self->fd, self->dev.id, self->space));
	EXPECT_EQ(0, FILL(IOVA, LENGTH, 0x5c));
	EXPECT_EQ(0x5c, memory[0]);
	ASSERT_OK(do_unmap(self->fd, space, IOVA, LENGTH));
	EXPECT_EQ(ENOENT, FILL(IOVA, 1, 0));
	ASSERT_OK(DETACH());
	EXPECT_OK(do_free(self->fd, space));
}

/* DMA that the CPU does carries no PASID. */
TEST_F(soft, has_no_pasids)
{
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_flags(self->fd, self->dev.id, self->space,
				       IOASID_ATTACH_PASID, 1));
}

TEST_F(soft, leaving_the_container_takes_it_from_its_space)
{
	ASSERT_OK(ATTACH());
	close(self->dev.device);
	self->dev.device = -1;
	ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE, DETACH());
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_OK(do_free(self->fd, self->dev.id));
}

/* Hardware and software in one space at the same time, one buffer through all. */
TEST_F(soft, beside_hardware)
{
	struct dev soft;
	struct stage stage;

	if (!edu_name(EDU_A))
		SKIP(return, "this machine has no device behind an IOMMU");
	ASSERT_OK(stage_open(&stage, EDU_A, 0));
	ASSERT_OK(soft_open(&soft, 1, NULL, stage.fd));
	ASSERT_OK(do_attach(stage.fd, soft.id, stage.space));
	ASSERT_OK(do_map(stage.fd, stage.space, self->memory, LENGTH, IOVA, RW));
	EXPECT_TRUE(stage_sees(&stage, IOVA, self->memory, 7));
	EXPECT_EQ(0, soft_copy(&soft, variant->how, IOVA + PAGE / 2,
			       IOVA + PAGE, DMA_LEN));
	EXPECT_TRUE(filled(self->memory + PAGE, DMA_LEN, 7));
	EXPECT_EQ(0, soft_fill(&soft, variant->how, IOVA + 2 * PAGE, PAGE, 9));
	EXPECT_EQ(0, engine_load(&stage.engine, IOVA + 2 * PAGE));
	EXPECT_EQ(0, engine_store(&stage.engine, IOVA + 3 * PAGE));
	EXPECT_EQ(0, memcmp(self->memory + 2 * PAGE, self->memory + 3 * PAGE,
			    DMA_LEN));
	ASSERT_OK(do_unmap(stage.fd, stage.space, IOVA, LENGTH));
	EXPECT_EQ(ENOENT, soft_fill(&soft, variant->how, IOVA, PAGE, 9));
	dev_release(&soft);
	stage_close(&stage);
}

TEST_HARNESS_MAIN
