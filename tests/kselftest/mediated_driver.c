// SPDX-License-Identifier: GPL-2.0
/*
 * A driver in the kernel that is not VFIO's: it binds its device to a context by
 * include/ioasid, and is told what it must know, in whichever order things go.
 */
#include "kselftest_harness.h"

#include <fcntl.h>

#include "common.h"
#include "expect.h"
#include "soft.h"
#include "stage.h"

#define IOVA	0x40000000ULL
#define PAGES	8
#define LENGTH	(PAGES * PAGE)

SOFT_PROGRAM;

FIXTURE(driver) {
	int fd;
	__u32 space;
	struct dev dev;
	unsigned char *memory;
	__u64 locked, pinned;
};

FIXTURE_SETUP(driver)
{
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->memory = anon_populated(LENGTH);
	ASSERT_NE(NULL, self->memory);
	fill(self->memory, LENGTH, 1);
	ASSERT_OK(do_map(self->fd, self->space, self->memory, LENGTH, IOVA, RW));
	ASSERT_EQ(0, soft_driver_open(&self->dev));
	ASSERT_EQ(0, soft_driver_bind(&self->dev, self->fd,
				      IOASID_INTENT_SOFTWARE));
}

FIXTURE_TEARDOWN(driver)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

#define FILL(_how, _byte)						\
	soft_fill(&self->dev, _how, IOVA + 1, PAGE, _byte)

TEST_F(driver, info)
{
	struct ioasid_device_info info;

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(IOASID_INTENT_SOFTWARE, info.intent);
	EXPECT_EQ(IOASID_IOMMU_NONE, info.iommu_kind);
	EXPECT_EQ(self->dev.cookie, info.cookie);
	EXPECT_STREQ(self->dev.name, info.name);
	EXPECT_EQ(~0U, info.group_id);
	EXPECT_EQ(0, info.num_members);
	EXPECT_EQ(0, info.ioasid);
}

TEST_F(driver, what_it_declares)
{
	struct dev other;

	ASSERT_EQ(0, soft_driver_open(&other));
	EXPECT_EQ(EOPNOTSUPP, soft_driver_bind(&other, self->fd,
					       IOASID_INTENT_RID));
	EXPECT_EQ(EINVAL, soft_driver_bind(&other, self->fd,
					   IOASID_INTENT_PASID));
	EXPECT_EQ(EINVAL, soft_driver_bind(&other, self->fd,
					   IOASID_INTENT_ENQCMD));
	EXPECT_EQ(EINVAL, soft_driver_bind(&other, self->fd, 0));
	EXPECT_EQ(EINVAL, soft_driver_bind(&other, other.device,
					   IOASID_INTENT_SOFTWARE));
	EXPECT_EQ(EINVAL, soft_driver_unbind(&other));
	EXPECT_EQ(0, soft_driver_bind(&other, self->fd, IOASID_INTENT_SOFTWARE));
	EXPECT_NE(self->dev.id, other.id);
	dev_release(&other);
}

TEST_F(driver, attached_by_itself)
{
	EXPECT_EQ(ENODEV, FILL(MEDIATED_RW, 0));
	EXPECT_EQ(ENODEV, FILL(MEDIATED_PINNED, 0));
	EXPECT_EQ(ENOENT, soft_driver_attach(&self->dev, NO_ID));
	EXPECT_EQ(ENOENT, soft_driver_attach(&self->dev, self->dev.id));
	EXPECT_EQ(EINVAL, soft_driver_detach(&self->dev));
	EXPECT_EQ(0, soft_driver_attach(&self->dev, self->space));
	EXPECT_EQ(EEXIST, soft_driver_attach(&self->dev, self->space));
	EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
	EXPECT_EQ(0, FILL(MEDIATED_RW, 0x21));
	EXPECT_EQ(0x21, self->memory[PAGE]);
	EXPECT_EQ(0, FILL(MEDIATED_PINNED, 0x22));
	EXPECT_EQ(0x22, self->memory[PAGE]);
	EXPECT_EQ(0, soft_driver_detach(&self->dev));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	EXPECT_EQ(ENODEV, FILL(MEDIATED_RW, 0));
	EXPECT_EQ(0x22, self->memory[PAGE]);
}

TEST_F(driver, attached_by_the_process)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(0, FILL(MEDIATED_RW, 0x31));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->space));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->dev.id));
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA, 2, true));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_EQ(0, soft_state(&self->dev).held);
	EXPECT_EQ(1, soft_state(&self->dev).told);
	EXPECT_OK(do_free(self->fd, self->space));
}

TEST_F(driver, protection_and_holes)
{
	__u64 sum;

	ASSERT_EQ(0, soft_driver_attach(&self->dev, self->space));
	ASSERT_OK(do_map(self->fd, self->space, self->memory, PAGE,
			 IOVA + LENGTH, IOASID_PROT_READ));
	EXPECT_EQ(EACCES, soft_fill(&self->dev, MEDIATED_RW,
				    IOVA + LENGTH - 1, 2, 0));
	EXPECT_EQ(ENOENT, soft_sum(&self->dev, MEDIATED_RW,
				   IOVA + LENGTH + PAGE - 1, 2, &sum));
	EXPECT_EQ(EACCES, soft_hold(&self->dev, IOVA + LENGTH - PAGE, 2, true));
	EXPECT_EQ(ENOENT, soft_hold(&self->dev, IOVA + LENGTH, 2, false));
	EXPECT_TRUE(filled(self->memory, LENGTH, 1));
}

TEST_F(driver, two_of_them_in_two_spaces)
{
	unsigned char *memory = anon(PAGE);
	struct dev other;
	__u32 space;

	ASSERT_NE(NULL, memory);
	ASSERT_OK(do_alloc(self->fd, &space));
	ASSERT_OK(do_map(self->fd, space, memory, PAGE, IOVA, RW));
	ASSERT_EQ(0, soft_driver_open(&other));
	ASSERT_EQ(0, soft_driver_bind(&other, self->fd, IOASID_INTENT_SOFTWARE));
	ASSERT_EQ(0, soft_driver_attach(&other, space));
	ASSERT_EQ(0, soft_driver_attach(&self->dev, self->space));
	EXPECT_EQ(0, soft_fill(&self->dev, MEDIATED_RW, IOVA, PAGE, 0x41));
	EXPECT_EQ(0, soft_fill(&other, MEDIATED_RW, IOVA, PAGE, 0x42));
	EXPECT_EQ(0x41, self->memory[0]);
	EXPECT_EQ(0x42, memory[0]);
	dev_release(&other);
}

/* The context goes first: the driver is told, and fails from then on. */
TEST_F(driver, context_goes_first)
{
	ASSERT_EQ(0, soft_driver_attach(&self->dev, self->space));
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA, 2, true));
	EXPECT_EQ(0, soft_driver_gone(&self->dev));
	close(self->fd);
	EXPECT_EQ(1, soft_driver_gone(&self->dev));
	EXPECT_EQ(1, soft_state(&self->dev).told);
	EXPECT_EQ(0, soft_state(&self->dev).held);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(ENODEV, FILL(MEDIATED_RW, 0));
	EXPECT_EQ(ENODEV, soft_driver_attach(&self->dev, self->space));
	EXPECT_EQ(ENODEV, soft_driver_detach(&self->dev));
	EXPECT_EQ(0, soft_driver_unbind(&self->dev));
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	EXPECT_EQ(0, soft_driver_bind(&self->dev, self->fd,
				      IOASID_INTENT_SOFTWARE));
}

/* The same with a driver that keeps what it has pinned. */
TEST_F(driver, keeps_pages_of_a_context_that_is_gone)
{
	ASSERT_EQ(0, soft_behave(&self->dev, MEDIATED_STUBBORN));
	ASSERT_EQ(0, soft_driver_attach(&self->dev, self->space));
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA, 2, true));
	close(self->fd);
	EXPECT_EQ(0, soft_poke(&self->dev, IOVA + PAGE, 0x51));
	EXPECT_EQ(0x51, self->memory[PAGE]);
	EXPECT_EQ(self->pinned + PAGES, pinned_pages());
	ASSERT_EQ(0, soft_behave(&self->dev,
				 MEDIATED_STUBBORN | MEDIATED_FORGETFUL));
	EXPECT_EQ(0, soft_driver_unbind(&self->dev));
	EXPECT_EQ(self->pinned, pinned_pages());
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
}

/* The driver goes first: its id is free, the space lives on. */
TEST_F(driver, driver_goes_first)
{
	struct ioasid_device_info info;

	ASSERT_EQ(0, soft_driver_attach(&self->dev, self->space));
	ASSERT_EQ(0, soft_hold(&self->dev, IOVA, 2, true));
	EXPECT_EQ(0, soft_driver_unbind(&self->dev));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(LENGTH, mapped_bytes(self->fd, self->space));
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_EQ(self->locked, locked_bytes(0));
}

TEST_F(driver, is_not_unbound_through_a_container)
{
	struct dev vfio;

	ASSERT_EQ(0, soft_open(&vfio, 0, NULL, self->fd));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_unbind(vfio.container, self->fd, self->dev.id));
	dev_release(&vfio);
}

TEST_HARNESS_MAIN
