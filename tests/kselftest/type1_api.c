// SPDX-License-Identifier: GPL-2.0
/*
 * What VFIO's type1 says to each argument, errno by errno: the kernel's own and this
 * module's, on the same machine by the same test. What is expected is the answer of the
 * type1 of 7.2; where an older kernel's own says something else, the test says so.
 */
#include "kselftest_harness.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#include "type1.h"

#define IOVA	0x100000ULL
#define PAGES	16

FIXTURE(api) {
	struct dev dev;
	int fd;			/* the container */
	bool older;		/* the kernel's own, before 7.0 */
	char *memory;
};

FIXTURE_VARIANT(api) {
	unsigned long type;
	bool ours;
};

FIXTURE_VARIANT_ADD(api, ours_v1) { VFIO_TYPE1_IOMMU, true };
FIXTURE_VARIANT_ADD(api, ours_v2) { VFIO_TYPE1v2_IOMMU, true };
FIXTURE_VARIANT_ADD(api, kernels_v1) { VFIO_TYPE1_IOMMU, false };
FIXTURE_VARIANT_ADD(api, kernels_v2) { VFIO_TYPE1v2_IOMMU, false };

FIXTURE_SETUP(api)
{
	self->memory = anon_populated(PAGES * PAGE);
	ASSERT_NE(NULL, self->memory);
	ASSERT_EQ(0, type1_claim(&self->dev, EDU_A, variant->type,
				 variant->ours));
	self->fd = self->dev.container;
	ASSERT_EQ(variant->ours, type1_is_ours(self->fd));
	self->older = !variant->ours && kernel_before(7, 0);
}

FIXTURE_TEARDOWN(api)
{
	dev_release(&self->dev);
}

/* An older kernel's own type1 has another errno. */
#define EXPECT_NEW(_errno, _older, _call)				\
	EXPECT_EQ(self->older ? (_older) : (_errno), (_call))

/* All that is mapped in a range, which is unmapped: how a test sees what is there. */
static __u64 unmap_all(int container)
{
	__u64 low = 0, high = 0;

	if (t1_unmap(container, 0, 1ULL << 63, 0, &low) ||
	    t1_unmap(container, 1ULL << 63, (1ULL << 63) - PAGE, 0, &high))
		return ~0ULL;
	return low + high;
}

TEST_F(api, map_sizes_and_flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = T1_RW,
		.vaddr = (uintptr_t)self->memory,
		.iova = IOVA,
		.size = PAGE,
	};

	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_MAP_DMA, NULL));
	EXPECT_EQ(EFAULT, errno);
	map.argsz = sizeof(map) - 1;
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_MAP_DMA, &map));
	EXPECT_EQ(EINVAL, errno);
	map.argsz = 0;
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_MAP_DMA, &map));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->memory, PAGE, IOVA, 0));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->memory, PAGE, IOVA, 1 << 3));
	EXPECT_EQ(EINVAL, t1_map(self->fd, self->memory, PAGE, IOVA,
				 T1_RW | 1U << 31));
	EXPECT_EQ(0, unmap_all(self->fd));
	/* A longer struct is one of a newer program. */
	map.argsz = 1 << 20;
	EXPECT_EQ(0, ioctl(self->fd, VFIO_IOMMU_MAP_DMA, &map));
	EXPECT_EQ(PAGE, unmap_all(self->fd));
}

TEST_F(api, map_ranges)
{
	char *va = self->memory;

	EXPECT_EQ(EINVAL, t1_map(self->fd, va, 0, IOVA, T1_RW));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, PAGE - 1, IOVA, T1_RW));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, PAGE, IOVA + 1, T1_RW));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va + 512, PAGE, IOVA, T1_RW));
	EXPECT_NEW(EOVERFLOW, EINVAL,
		   t1_map(self->fd, va, 2 * PAGE, -PAGE, T1_RW));
	EXPECT_NEW(EOVERFLOW, EINVAL,
		   t1_map(self->fd, (void *)-PAGE, 2 * PAGE, IOVA, T1_RW));
	/* Of two errors the first that is looked for. */
	EXPECT_NEW(EOVERFLOW, EINVAL,
		   t1_map(self->fd, va, 2 * PAGE, -PAGE, 0));
	EXPECT_EQ(0, unmap_all(self->fd));
}

TEST_F(api, map_taken)
{
	char *va = self->memory;

	ASSERT_EQ(0, t1_map(self->fd, va, 4 * PAGE, IOVA, T1_RW));
	EXPECT_EQ(EEXIST, t1_map(self->fd, va, 4 * PAGE, IOVA, T1_RW));
	EXPECT_EQ(EEXIST, t1_map(self->fd, va, PAGE, IOVA + PAGE, T1_RW));
	EXPECT_EQ(EEXIST, t1_map(self->fd, va, 2 * PAGE, IOVA - PAGE, T1_RW));
	EXPECT_EQ(EEXIST, t1_map(self->fd, va, 2 * PAGE, IOVA + 3 * PAGE, T1_RW));
	EXPECT_EQ(EEXIST, t1_map(self->fd, va, 8 * PAGE, IOVA - PAGE, T1_RW));
	EXPECT_EQ(0, t1_map(self->fd, va, PAGE, IOVA - PAGE, T1_RW));
	EXPECT_EQ(0, t1_map(self->fd, va, PAGE, IOVA + 4 * PAGE, T1_RW));
	EXPECT_EQ(6 * PAGE, unmap_all(self->fd));
}

TEST_F(api, map_reserved)
{
	char *va = self->memory;
	struct t1_info info;
	__u64 last;

	ASSERT_EQ(0, t1_info(self->fd, &info));
	ASSERT_GT(info.num_ranges, 0);
	ASSERT_FALSE(t1_usable(&info, MSI_FIRST));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, PAGE, MSI_FIRST, T1_RW));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, 2 * PAGE, MSI_FIRST - PAGE, T1_RW));
	ASSERT_EQ(0, t1_map(self->fd, va, PAGE, MSI_FIRST - PAGE, T1_RW));
	/* Taken and reserved. */
	EXPECT_EQ(EEXIST, t1_map(self->fd, va, 2 * PAGE, MSI_FIRST - PAGE, T1_RW));

	last = info.ranges[info.num_ranges - 1].end;
	ASSERT_NE(~0ULL, last);
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, PAGE, last + 1, T1_RW));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, 2 * PAGE, last + 1 - PAGE,
				 T1_RW));
	EXPECT_EQ(EINVAL, t1_map(self->fd, va, PAGE, -PAGE, T1_RW));
	EXPECT_EQ(0, t1_map(self->fd, va, PAGE, last + 1 - PAGE, T1_RW));
	EXPECT_EQ(2 * PAGE, unmap_all(self->fd));
}

TEST_F(api, map_memory)
{
	char *va = self->memory;

	ASSERT_EQ(0, munmap(va + PAGE, PAGE));
	ASSERT_EQ(0, mprotect(va + 2 * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(EFAULT, t1_map(self->fd, va + PAGE, PAGE, IOVA, T1_RW));
	EXPECT_EQ(EFAULT, t1_map(self->fd, va, 2 * PAGE, IOVA, T1_R));
	EXPECT_EQ(EFAULT, t1_map(self->fd, NULL, PAGE, IOVA, T1_R));
	EXPECT_EQ(EFAULT, t1_map(self->fd, (void *)-(2 * PAGE), PAGE, IOVA, T1_R));
	EXPECT_EQ(EFAULT, t1_map(self->fd, va + 2 * PAGE, PAGE, IOVA, T1_W));
	EXPECT_EQ(0, locked_bytes(0));
	EXPECT_EQ(0, unmap_all(self->fd));
	EXPECT_EQ(0, t1_map(self->fd, va + 2 * PAGE, PAGE, IOVA, T1_R));
	EXPECT_EQ(0, t1_map(self->fd, va, PAGE, IOVA + PAGE, T1_W));
	EXPECT_EQ(2 * PAGE, locked_bytes(0));
	EXPECT_EQ(2 * PAGE, unmap_all(self->fd));
	EXPECT_EQ(0, locked_bytes(0));
}

TEST_F(api, unmap_sizes_and_flags)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap) - 1,
		.iova = IOVA,
		.size = PAGE,
	};

	ASSERT_EQ(0, t1_map(self->fd, self->memory, PAGE, IOVA, T1_RW));
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_UNMAP_DMA, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_UNMAP_DMA, &unmap));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, IOVA, PAGE, 1 << 3, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, IOVA, 0, 0, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, IOVA, PAGE + 1, 0, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, IOVA + 8, PAGE, 0, NULL));
	EXPECT_NEW(EOVERFLOW, EINVAL,
		   t1_unmap(self->fd, -PAGE, 2 * PAGE, 0, NULL));
	EXPECT_EQ(PAGE, unmap_all(self->fd));
}

TEST_F(api, unmap_nothing)
{
	__u64 unmapped = 1;

	EXPECT_EQ(0, t1_unmap(self->fd, IOVA, PAGE, 0, &unmapped));
	EXPECT_EQ(0, unmapped);
	EXPECT_EQ(0, t1_unmap(self->fd, 0, 1ULL << 62, 0, &unmapped));
	EXPECT_EQ(0, unmapped);
	/* What is reserved or out of reach can be unmapped, too: nothing is there. */
	EXPECT_EQ(0, t1_unmap(self->fd, MSI_FIRST, PAGE, 0, &unmapped));
	EXPECT_EQ(0, unmapped);
	EXPECT_EQ(0, t1_unmap(self->fd, 1ULL << 60, 1ULL << 20, 0, &unmapped));
	EXPECT_EQ(0, unmapped);
}

/* Four mappings: of one page, two pages, a hole of a page, and of three and one. */
static int map_four(int container, char *va)
{
	return t1_map(container, va, PAGE, IOVA, T1_RW) ?:
	       t1_map(container, va, 2 * PAGE, IOVA + PAGE, T1_RW) ?:
	       t1_map(container, va, 3 * PAGE, IOVA + 4 * PAGE, T1_RW) ?:
	       t1_map(container, va, PAGE, IOVA + 7 * PAGE, T1_RW);
}

TEST_F(api, unmap_several)
{
	__u64 unmapped = 0;

	ASSERT_EQ(0, map_four(self->fd, self->memory));
	EXPECT_EQ(7 * PAGE, locked_bytes(0));
	EXPECT_EQ(0, t1_unmap(self->fd, IOVA, 3 * PAGE, 0, &unmapped));
	EXPECT_EQ(3 * PAGE, unmapped);
	EXPECT_EQ(0, t1_unmap(self->fd, IOVA, 7 * PAGE, 0, &unmapped));
	EXPECT_EQ(3 * PAGE, unmapped);
	EXPECT_EQ(0, t1_unmap(self->fd, 0, 1ULL << 40, 0, &unmapped));
	EXPECT_EQ(PAGE, unmapped);
	EXPECT_EQ(0, locked_bytes(0));
}

/* The kernel's own has unmapped it by then. */
TEST_F(api, unmap_that_cannot_answer)
{
	struct vfio_iommu_type1_dma_unmap *unmap = anon(PAGE);
	__u64 unmapped = 0;

	ASSERT_NE(NULL, unmap);
	*unmap = (struct vfio_iommu_type1_dma_unmap){
		.argsz = sizeof(*unmap), .iova = IOVA, .size = PAGE,
	};
	ASSERT_EQ(0, mprotect(unmap, PAGE, PROT_READ));
	ASSERT_EQ(0, t1_map(self->fd, self->memory, PAGE, IOVA, T1_RW));
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_UNMAP_DMA, unmap));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, t1_unmap(self->fd, IOVA, PAGE, 0, &unmapped));
	EXPECT_EQ(variant->ours ? PAGE : 0, unmapped);
}

/* The first version takes whole mappings, if the range begins with one. */
TEST_F(api, unmap_part)
{
	bool v1 = variant->type == VFIO_TYPE1_IOMMU;
	int err = v1 ? 0 : EINVAL;
	__u64 unmapped = 0;

	ASSERT_EQ(0, map_four(self->fd, self->memory));
	/* From the middle of a mapping on. */
	EXPECT_EQ(err, t1_unmap(self->fd, IOVA + 2 * PAGE, PAGE, 0, &unmapped));
	EXPECT_EQ(0, unmapped);
	EXPECT_EQ(err, t1_unmap(self->fd, IOVA + 2 * PAGE, 6 * PAGE, 0,
				&unmapped));
	EXPECT_EQ(0, unmapped);
	/* From a hole on into the middle of one. */
	EXPECT_EQ(err, t1_unmap(self->fd, IOVA + 3 * PAGE, 2 * PAGE, 0,
				&unmapped));
	EXPECT_EQ(v1 ? 3 * PAGE : 0, unmapped);
	/* From a mapping on into the next. */
	unmapped = 0;
	EXPECT_EQ(err, t1_unmap(self->fd, IOVA, 2 * PAGE, 0, &unmapped));
	EXPECT_EQ(v1 ? 3 * PAGE : 0, unmapped);
	EXPECT_EQ(v1 ? PAGE : 7 * PAGE, unmap_all(self->fd));
}

/* Since 5.12. */
TEST_F(api, unmap_all)
{
	const __u32 all = VFIO_DMA_UNMAP_FLAG_ALL;
	__u64 unmapped = 1;

	if (!variant->ours && kernel_before(5, 12))
		SKIP(return, "this kernel's own type1 has no VFIO_UNMAP_ALL");
	EXPECT_EQ(0, t1_unmap(self->fd, 0, 0, all, &unmapped));
	EXPECT_EQ(0, unmapped);
	ASSERT_EQ(0, map_four(self->fd, self->memory));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 0, PAGE, all, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, PAGE, 0, all, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 1, 0, all, NULL));
	EXPECT_EQ(EINVAL, t1_unmap(self->fd, 0, 0, all | 1, NULL));
	EXPECT_EQ(0, t1_unmap(self->fd, 0, 0, all, &unmapped));
	EXPECT_EQ(7 * PAGE, unmapped);
	EXPECT_EQ(0, locked_bytes(0));
}

TEST_F(api, extensions)
{
	bool before_5_12 = !variant->ours && kernel_before(5, 12);
	struct {
		unsigned long number;
		int answer;
	} known[] = {
		{ VFIO_TYPE1_IOMMU, 1 },
		{ VFIO_SPAPR_TCE_IOMMU, 0 },
		{ VFIO_TYPE1v2_IOMMU, 1 },
		{ VFIO_EEH, 0 },
		{ 7, 0 },
		{ VFIO_NOIOMMU_IOMMU, 0 },
		{ VFIO_UNMAP_ALL, !before_5_12 },
		{ VFIO_UPDATE_VADDR, !before_5_12 },
		{ 11, 0 },
		{ 1000, 0 },
		{ VFIO_IOASID_IOMMU, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		unsigned long number = known[i].number;
		int answer = ioctl(self->fd, VFIO_CHECK_EXTENSION, number);

		EXPECT_EQ(known[i].answer, answer)
			TH_LOG("extension %lu", number);
	}
}

TEST_F(api, other_ioctls)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };

	EXPECT_EQ(-1, ioctl(self->fd, _IO(VFIO_TYPE, VFIO_BASE + 18), &info));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IO('x', 1), &info));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(VFIO_API_VERSION, ioctl(self->fd, VFIO_GET_API_VERSION));
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_SET_IOMMU, variant->type));
	EXPECT_EQ(EINVAL, errno);
}

/* What of the struct is written depends on how much there is of it. */
TEST_F(api, info_sizes)
{
	union {
		struct vfio_iommu_type1_info info;
		unsigned char bytes[4096];
	} all;
	__u32 need;

	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_GET_INFO, NULL));
	EXPECT_EQ(EFAULT, errno);
	memset(&all, 0xa5, sizeof(all));
	all.info.argsz = 15;
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_IOMMU_GET_INFO, &all));
	EXPECT_EQ(EINVAL, errno);

	all.info.argsz = 16;
	ASSERT_EQ(0, ioctl(self->fd, VFIO_IOMMU_GET_INFO, &all));
	EXPECT_EQ(VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		  all.info.flags);
	EXPECT_EQ(0xa5a5a5a5, all.info.cap_offset);
	need = all.info.argsz;
	EXPECT_GT(need, 24 + 32 + 12);

	memset(&all, 0xa5, sizeof(all));
	all.info.argsz = need - 1;
	ASSERT_EQ(0, ioctl(self->fd, VFIO_IOMMU_GET_INFO, &all));
	EXPECT_EQ(need, all.info.argsz);
	EXPECT_EQ(0, all.info.cap_offset);
	EXPECT_EQ(0xa5, all.bytes[24]);

	memset(&all, 0xa5, sizeof(all));
	all.info.argsz = need;
	ASSERT_EQ(0, ioctl(self->fd, VFIO_IOMMU_GET_INFO, &all));
	EXPECT_EQ(need, all.info.argsz);
	EXPECT_EQ(24, all.info.cap_offset);
	EXPECT_EQ(0xa5, all.bytes[need]);
	EXPECT_NE(0xa5, all.bytes[need - 1]);
}

TEST_F(api, info_avail)
{
	struct t1_info before, after;

	ASSERT_EQ(0, t1_info(self->fd, &before));
	EXPECT_EQ(variant->ours ? 0xffffffffU : 65535U, before.avail);
	ASSERT_EQ(0, map_four(self->fd, self->memory));
	ASSERT_EQ(0, t1_info(self->fd, &after));
	EXPECT_EQ(before.avail - 4, after.avail);
	EXPECT_EQ(7 * PAGE, unmap_all(self->fd));
	ASSERT_EQ(0, t1_info(self->fd, &after));
	EXPECT_EQ(before.avail, after.avail);
}

/* The two, asked at the same time. */
TEST(same_info)
{
	struct t1_info ours, theirs;
	struct dev a, b;

	ASSERT_EQ(0, type1_claim(&a, EDU_A, VFIO_TYPE1v2_IOMMU, true));
	ASSERT_EQ(0, type1_claim(&b, EDU_B, VFIO_TYPE1v2_IOMMU, false));
	ASSERT_EQ(0, t1_info(a.container, &ours));
	ASSERT_EQ(0, t1_info(b.container, &theirs));
	EXPECT_EQ(theirs.info.flags, ours.info.flags);
	EXPECT_EQ(theirs.info.iova_pgsizes, ours.info.iova_pgsizes);
	ASSERT_EQ(3, ours.num_caps);
	EXPECT_EQ(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, ours.order[0]);
	EXPECT_EQ(3, ours.order[1]);
	EXPECT_EQ(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, ours.order[2]);
	EXPECT_EQ(theirs.num_caps, ours.num_caps);
	for (unsigned int i = 0; i < ours.num_caps; i++)
		EXPECT_EQ(theirs.order[i], ours.order[i]);
	EXPECT_EQ(theirs.dirty_pgsizes, ours.dirty_pgsizes);
	EXPECT_EQ(theirs.dirty_max, ours.dirty_max);
	ASSERT_EQ(theirs.num_ranges, ours.num_ranges);
	for (unsigned int i = 0; i < ours.num_ranges; i++) {
		EXPECT_EQ(theirs.ranges[i].start, ours.ranges[i].start);
		EXPECT_EQ(theirs.ranges[i].end, ours.ranges[i].end);
	}
	EXPECT_EQ(ioctl(b.container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU),
		  ioctl(a.container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU));
	dev_release(&a);
	dev_release(&b);
}

/* More than type1's 65535. */
TEST(no_limit)
{
	const unsigned int count = 66000;
	char *memory = anon(PAGE);
	__u64 unmapped = 0;
	struct dev dev;

	ASSERT_NE(NULL, memory);
	ASSERT_EQ(0, type1_claim(&dev, EDU_A, VFIO_TYPE1v2_IOMMU, true));
	for (unsigned int i = 0; i < count; i++)
		ASSERT_EQ(0, t1_map(dev.container, memory, PAGE,
				    (1ULL << 32) + i * PAGE, T1_R));
	EXPECT_EQ(0, t1_unmap(dev.container, 1ULL << 32, count * PAGE, 0,
			      &unmapped));
	EXPECT_EQ(count * PAGE, unmapped);
	dev_release(&dev);
}

/* A container whose group left starts empty when the group comes back. */
TEST_F(api, empty_again)
{
	ASSERT_EQ(0, map_four(self->fd, self->memory));
	ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_EQ(0, locked_bytes(0));
	ASSERT_EQ(0, group_set(self->dev.group, self->fd));
	ASSERT_EQ(0, type1_set(variant->ours));
	ASSERT_EQ(0, container_use(self->fd, variant->type));
	ASSERT_EQ(0, type1_set(false));
	ASSERT_EQ(variant->ours, type1_is_ours(self->fd));
	EXPECT_EQ(0, unmap_all(self->fd));
	EXPECT_EQ(0, map_four(self->fd, self->memory));
	EXPECT_EQ(7 * PAGE, unmap_all(self->fd));
}

/* A second group joins after the maps; the last of both takes them along. */
TEST_F(api, second_group)
{
	struct dev second;

	ASSERT_EQ(0, map_four(self->fd, self->memory));
	ASSERT_EQ(0, dev_join(&second, EDU_B, &self->dev));
	EXPECT_EQ(0, t1_map(self->fd, self->memory, PAGE, IOVA + 3 * PAGE, T1_R));
	EXPECT_EQ(8 * PAGE, locked_bytes(0));
	ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_EQ(8 * PAGE, locked_bytes(0));
	EXPECT_EQ(EEXIST, t1_map(self->fd, self->memory, PAGE, IOVA, T1_R));
	ASSERT_EQ(0, group_unset(second.group));
	EXPECT_EQ(0, locked_bytes(0));
	dev_release(&second);
}

TEST_HARNESS_MAIN
