// SPDX-License-Identifier: GPL-2.0
/*
 * Where an attached device lets its space map: not over what it reserves, not
 * outside its IOMMU's aperture, and the other way round: which spaces it refuses to
 * be attached to. Device memory, which may not be mapped at all, is here as well.
 */
#include "kselftest_harness.h"

#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "expect.h"
#include "vfio.h"

FIXTURE(reserved) {
	int fd;
	__u32 space;
	struct dev dev;		/* attached to space */
	__u64 last;		/* of its IOMMU's aperture */
	char *memory;		/* 4 pages */
};

FIXTURE_SETUP(reserved)
{
	struct ioasid_device_info info;

	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	ASSERT_LT(info.aperture_last, UINT64_MAX);
	self->last = info.aperture_last;
	self->memory = anon(4 * PAGE);
	ASSERT_NE(NULL, self->memory);
}

FIXTURE_TEARDOWN(reserved)
{
	dev_release(&self->dev);
	close(self->fd);
}

/* The range is reserved; the extack says by which device and where. */
#define EXPECT_MSI(_call)						\
	do {								\
		EXPECT_REFUSED(EADDRNOTAVAIL,				\
			       IOASID_REASON_IOVA_RESERVED, _call);	\
		EXPECT_EA_RANGE(MSI_FIRST, MSI_LAST);			\
		EXPECT_EQ(self->dev.id, ea.id);				\
		EXPECT_NE(NULL, strstr(ea.message, self->dev.name));	\
	} while (0)

TEST_F(reserved, map_over_the_msi_range)
{
	EXPECT_MSI(do_map(self->fd, self->space, self->memory, PAGE, MSI_FIRST,
			  RW));
	EXPECT_MSI(do_map(self->fd, self->space, self->memory, PAGE,
			  MSI_LAST + 1 - PAGE, RW));
	EXPECT_MSI(do_map(self->fd, self->space, self->memory, 2 * PAGE,
			  MSI_FIRST - PAGE, RW));
	EXPECT_MSI(do_map(self->fd, self->space, self->memory, 2 * PAGE,
			  MSI_LAST + 1 - PAGE, RW));
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE,
			 MSI_FIRST - PAGE, RW));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, MSI_LAST + 1,
			 RW));
}

TEST_F(reserved, map_at_the_end_of_the_aperture)
{
	const __u64 end = self->last + 1;

	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, self->space, self->memory, PAGE, end,
			      RW));
	EXPECT_EQ(end, ea.first);
	EXPECT_GE(ea.last, end + PAGE - 1);
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, self->space, self->memory, 2 * PAGE,
			      end - PAGE, RW));
	EXPECT_EQ(end, ea.first);
	EXPECT_GE(ea.last, end + PAGE - 1);
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, self->space, self->memory, PAGE,
			      -4096ULL, RW));
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, end - PAGE,
			 RW));
	EXPECT_OK(do_unmap(self->fd, self->space, end - PAGE, PAGE));
}

/* What was reserved can be mapped again once the device is gone from the space. */
TEST_F(reserved, nothing_is_reserved_after_detach)
{
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, MSI_FIRST,
			 RW));
	EXPECT_OK(do_map(self->fd, self->space, self->memory, PAGE, -4096ULL,
			 RW));
}

/*
 * A device is not attached to a space that maps what it cannot have. It stays
 * blocked, can go elsewhere, and can come once the obstacle is gone.
 */
static void refuses_attach(struct __test_metadata *_metadata, int fd,
			   struct dev *dev, __u32 space, int reason)
{
	struct ioasid_get_info info;
	__u32 elsewhere;

	EXPECT_REFUSED(EADDRNOTAVAIL, reason, do_attach(fd, dev->id, space));
	EXPECT_EQ(dev->id, ea.id);
	EXPECT_EQ(0, attached_to(fd, dev->id));
	ASSERT_OK(do_get_info(fd, space, &info));
	EXPECT_EQ(1, info.num_areas);
	EXPECT_EQ(0, info.num_devices);
	EXPECT_EQ(0, info.num_domains);
	EXPECT_EQ(UINT64_MAX, info.page_sizes);
	ASSERT_OK(do_alloc(fd, &elsewhere));
	EXPECT_OK(do_attach(fd, dev->id, elsewhere));
	EXPECT_OK(do_detach(fd, dev->id));
}

TEST_F(reserved, attach_to_a_space_that_maps_the_msi_range)
{
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, 2 * PAGE,
			 MSI_FIRST - PAGE, RW));
	refuses_attach(_metadata, self->fd, &self->dev, self->space,
		       IOASID_REASON_IOVA_RESERVED);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
		       do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EA_RANGE(MSI_FIRST, MSI_LAST);
	ASSERT_OK(do_unmap(self->fd, self->space, MSI_FIRST - PAGE, 2 * PAGE));
	EXPECT_OK(do_attach(self->fd, self->dev.id, self->space));
}

TEST_F(reserved, attach_to_a_space_that_maps_too_high)
{
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, 2 * PAGE,
			 self->last + 1 - PAGE, RW));
	refuses_attach(_metadata, self->fd, &self->dev, self->space,
		       IOASID_REASON_IOVA_APERTURE);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(self->last + 1, ea.first);
	ASSERT_OK(do_unmap(self->fd, self->space, self->last + 1 - PAGE,
			   2 * PAGE));
	EXPECT_OK(do_attach(self->fd, self->dev.id, self->space));
}

/* A device that is attached already does not excuse the next one. */
TEST_F(reserved, second_device_reserves_too)
{
	struct dev other;

	ASSERT_EQ(0, dev_claim(&other, EDU_B));
	ASSERT_OK(dev_bind(&other, self->fd));
	ASSERT_OK(do_attach(self->fd, other.id, self->space));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
		       do_map(self->fd, self->space, self->memory, PAGE,
			      MSI_FIRST, RW));
	EXPECT_EQ(other.id, ea.id);
	EXPECT_NE(NULL, strstr(ea.message, other.name));
	dev_release(&other);
}

/* Around the reserved region a window is filled to the last page. */
TEST_F(reserved, chosen_goes_around)
{
	const __u64 base = MSI_FIRST - 8 * PAGE;
	const __u64 size = MSI_LAST + 1 + 8 * PAGE - base;
	bool used[16] = { false };
	__u64 iova;
	__u32 id;

	ASSERT_OK(do_alloc_window(self->fd, base, size, &id));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_attach(self->fd, self->dev.id, id));
	for (unsigned int i = 0; i < ARRAY_SIZE(used); i++) {
		__u64 slot;

		ASSERT_OK(do_map_any(self->fd, id, self->memory, PAGE, &iova,
				     RW));
		ASSERT_GE(iova, base);
		ASSERT_LT(iova, base + size);
		ASSERT_TRUE(iova < MSI_FIRST || iova > MSI_LAST);
		slot = (iova < MSI_FIRST ? iova - base :
			iova - (MSI_LAST + 1) + 8 * PAGE) / PAGE;
		ASSERT_FALSE(used[slot]);
		used[slot] = true;
	}
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(self->fd, id, self->memory, PAGE, &iova, RW));
}

/* Chosen IOVAs of an attached space can always be reached by its device. */
TEST_F(reserved, chosen_stays_in_the_aperture)
{
	__u64 iova;

	for (unsigned int i = 0; i < 64; i++) {
		ASSERT_OK(do_map_any(self->fd, self->space, self->memory,
				     (1 + i % 4) * PAGE, &iova, RW));
		ASSERT_LE(iova + (1 + i % 4) * PAGE - 1, self->last);
		ASSERT_TRUE(iova > MSI_LAST ||
			    iova + (1 + i % 4) * PAGE <= MSI_FIRST);
	}
	EXPECT_EQ(64, num_areas(self->fd, self->space));
}

/* A window with its end outside the aperture: refused where it lies outside. */
TEST_F(reserved, window_across_the_end_of_the_aperture)
{
	__u64 iova;
	__u32 id;

	ASSERT_OK(do_alloc_window(self->fd, self->last + 1 - 2 * PAGE, 8 * PAGE,
				  &id));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_attach(self->fd, self->dev.id, id));
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       do_map_any(self->fd, id, self->memory, 3 * PAGE, &iova,
				  RW));
	EXPECT_OK(do_map_any(self->fd, id, self->memory, 2 * PAGE, &iova, RW));
	EXPECT_EQ(self->last + 1 - 2 * PAGE, iova);
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, id, self->memory, PAGE, self->last + 1,
			      RW));
}

/* The registers of a device are mapped into the process but cannot be pinned. */
TEST_F(reserved, device_memory_cannot_be_mapped)
{
	struct vfio_region_info bar = {
		.argsz = sizeof(bar),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	char *va;

	ASSERT_EQ(0, device_open(self->dev.group, self->dev.name,
				 &self->dev.device));
	ASSERT_EQ(0, ioctl(self->dev.device, VFIO_DEVICE_GET_REGION_INFO, &bar));
	va = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		  self->dev.device, bar.offset);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, va, PAGE, 0, RW));
	EXPECT_EQ((uintptr_t)va, ea.first);
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN,
		       do_map(self->fd, self->space, va, PAGE, 0,
			      IOASID_PROT_READ));
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	munmap(va, bar.size);
}

TEST_HARNESS_MAIN
