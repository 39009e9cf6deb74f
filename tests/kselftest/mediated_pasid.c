// SPDX-License-Identifier: GPL-2.0
/*
 * Devices whose DMA carries the requester id of another one, on a mock IOMMU: what they
 * call DMA without PASID, and with one, goes where it is attached and nowhere else, before
 * and after it is moved, whoever numbers and translates the PASIDs; and nowhere when the
 * device, its group, its parent or the context is gone.
 */
#include "kselftest_harness.h"

#include <fcntl.h>

#include "common.h"
#include "expect.h"
#include "part.h"

SOFT_PROGRAM;

#define MOVE		(IOASID_ATTACH_REPLACE | IOASID_ATTACH_ALLOW_WINDOW)
#define MOVE_PASID	(IOASID_ATTACH_PASID | MOVE)

static __u32 hw_of(int fd, const struct dev *dev, __u32 pasid)
{
	__u32 hw_pasid;

	return do_pasid_map(fd, dev->id, pasid, &hw_pasid) ? 0 : hw_pasid;
}

/* What holds on every kernel. */
FIXTURE(any) {
	int fd;
	struct dev dev;
};

FIXTURE_SETUP(any)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(any)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_F(any, a_kernel_that_cannot)
{
	int err;

	ASSERT_EQ(0, soft_claim(&self->dev, PART_NONE, NULL));
	err = dev_bind(&self->dev, self->fd);
	if (kernel_before(6, 11))
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID, err);
	else
		EXPECT_OK(err);
}

TEST_F(any, what_is_not_as_it_was_declared)
{
	ASSERT_EQ(0, soft_claim(&self->dev, PART_WRONG, NULL));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_INTENT,
		       dev_bind(&self->dev, self->fd));
}

TEST_F(any, declared_as_software)
{
	struct ioasid_device_info info;
	__u32 hw_pasid;

	ASSERT_EQ(0, soft_open(&self->dev, PART_SOFTWARE, NULL, self->fd));
	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(IOASID_INTENT_SOFTWARE, info.intent);
	EXPECT_EQ(IOASID_PASIDS_NONE, info.pasid_kind);
	EXPECT_STREQ("", info.parent);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_pasid_map(self->fd, self->dev.id, 0, &hw_pasid));
}

/* Two parts of one parent, and two of another; nothing is attached. */
FIXTURE(part) {
	int fd;
	struct mock_place place[PART_PLACES];
	struct dev none, driver, identity, cpu;
};

FIXTURE_SETUP(part)
{
	struct dev *devs[] = { &self->none, &self->driver, &self->identity,
			       &self->cpu };

	self->fd = -1;
	for (unsigned int i = 0; i < 4; i++)
		dev_init(devs[i], EDU_A);
	if (kernel_before(6, 11))
		SKIP(return, "no iommu_attach_device_pasid() with a handle");
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(part_places(self->place, self->fd));
	for (unsigned int i = 0; i < 4; i++)
		ASSERT_OK(soft_open(devs[i], i, NULL, self->fd));
}

FIXTURE_TEARDOWN(part)
{
	dev_release(&self->none);
	dev_release(&self->driver);
	dev_release(&self->identity);
	dev_release(&self->cpu);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
	for (int i = 0; i < 2 && !kernel_before(6, 11); i++)
		EXPECT_EQ(0, mock_device_counter(MOCK(i), "pasids"));
}

#define REACHES(_dev, _pasid, _here)					\
	EXPECT_EQ(0, part_reaches(_dev, _pasid, self->place, _here))
#define HELD_BACK(_dev, _pasid)						\
	EXPECT_EQ(ENXIO, part_reaches(_dev, _pasid, self->place, 0))
#define BLOCKED(_dev, _hw)						\
	EXPECT_EQ(EPERM, part_forges(_dev, _hw, self->place))
#define ATTACH(_dev, _pasid, _here)					\
	ASSERT_OK(_pasid ? do_attach_pasid(self->fd, (_dev)->id, _pasid, \
					   self->place[_here].space) :	\
		  do_attach(self->fd, (_dev)->id, self->place[_here].space))

TEST_F(part, info)
{
	struct ioasid_device_info info;

	ASSERT_OK(do_device_info(self->fd, self->none.id, &info));
	EXPECT_EQ(IOASID_INTENT_PASID, info.intent);
	EXPECT_EQ(IOASID_PASIDS_NONE, info.pasid_kind);
	EXPECT_EQ(0, info.max_pasids);
	EXPECT_STREQ("ioas-mock.0", info.parent);
	EXPECT_STREQ("ioas-mock-iommu0", info.iommu_name);
	EXPECT_EQ(0xffffffffffff, info.aperture_last);
	EXPECT_EQ(0x40201000, info.page_sizes);
	ASSERT_OK(do_device_info(self->fd, self->driver.id, &info));
	EXPECT_EQ(IOASID_INTENT_PASID, info.intent);
	EXPECT_EQ(IOASID_PASIDS_DRIVER, info.pasid_kind);
	EXPECT_EQ(1 << 20, info.max_pasids);
	ASSERT_OK(do_device_info(self->fd, self->identity.id, &info));
	EXPECT_EQ(IOASID_PASIDS_IDENTITY, info.pasid_kind);
	EXPECT_EQ(1024, info.max_pasids);
	EXPECT_STREQ("ioas-mock.1", info.parent);
	ASSERT_OK(do_device_info(self->fd, self->cpu.id, &info));
	EXPECT_EQ(IOASID_INTENT_PASID | IOASID_INTENT_ENQCMD, info.intent);
	EXPECT_EQ(IOASID_PASIDS_CPU, info.pasid_kind);
	EXPECT_EQ(1 << 20, info.max_pasids);
}

TEST_F(part, has_no_pasids)
{
	ATTACH(&self->none, 0, 0);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->none.id, 1,
				       self->place[1].space));
	REACHES(&self->none, 0, 0);
	HELD_BACK(&self->none, 1);
}

/* Two devices with one requester id, in two spaces. */
TEST_F(part, goes_where_it_is_attached)
{
	__u32 none, driver;

	HELD_BACK(&self->none, 0);
	ATTACH(&self->none, 0, 0);
	ATTACH(&self->driver, 0, 1);
	REACHES(&self->none, 0, 0);
	REACHES(&self->driver, 0, 1);
	none = hw_of(self->fd, &self->none, 0);
	driver = hw_of(self->fd, &self->driver, 0);
	EXPECT_NE(0, none);
	EXPECT_NE(0, driver);
	EXPECT_NE(none, driver);
	ASSERT_OK(do_detach(self->fd, self->none.id));
	HELD_BACK(&self->none, 0);
	BLOCKED(&self->none, none);
	REACHES(&self->driver, 0, 1);
	EXPECT_OK(do_free(self->fd, self->place[0].space));
}

TEST_F(part, moves)
{
	__u32 hw_pasid;

	ATTACH(&self->none, 0, 0);
	ATTACH(&self->driver, 0, 1);
	hw_pasid = hw_of(self->fd, &self->none, 0);
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(do_attach_flags(self->fd, self->none.id,
					  self->place[2].space, MOVE, 0));
		REACHES(&self->none, 0, 2);
		REACHES(&self->driver, 0, 1);
		ASSERT_OK(do_attach_flags(self->fd, self->none.id,
					  self->place[0].space, MOVE, 0));
		REACHES(&self->none, 0, 0);
	}
	EXPECT_EQ(hw_pasid, hw_of(self->fd, &self->none, 0));
	EXPECT_OK(do_free(self->fd, self->place[2].space));
}

TEST_F(part, moves_without_a_window)
{
	int err;

	ATTACH(&self->driver, 0, 0);
	ATTACH(&self->driver, 7, 1);
	err = do_attach_flags(self->fd, self->driver.id, self->place[2].space,
			      IOASID_ATTACH_REPLACE, 0);
	if (kernel_before(6, 15)) {
		EXPECT_EQ(EOPNOTSUPP, err);
		EXPECT_EQ(IOASID_REASON_WINDOW, ea.reason);
		REACHES(&self->driver, 0, 0);
		return;
	}
	ASSERT_OK(err);
	REACHES(&self->driver, 0, 2);
	ASSERT_OK(do_attach_flags(self->fd, self->driver.id,
				  self->place[2].space, IOASID_ATTACH_PASID |
				  IOASID_ATTACH_REPLACE, 7));
	REACHES(&self->driver, 7, 2);
	ASSERT_OK(do_attach_flags(self->fd, self->driver.id,
				  self->place[0].space, IOASID_ATTACH_PASID |
				  IOASID_ATTACH_REPLACE, 7));
	REACHES(&self->driver, 7, 0);
	REACHES(&self->driver, 0, 2);
}

TEST_F(part, a_refused_move_leaves_it_where_it_is)
{
	char *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	ATTACH(&self->driver, 9, 1);
	ASSERT_OK(do_map(self->fd, self->place[2].space, page, PAGE, 1ULL << 60,
			 RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_attach_flags(self->fd, self->driver.id,
				       self->place[2].space, MOVE_PASID, 9));
	REACHES(&self->driver, 9, 1);
	EXPECT_OK(do_free(self->fd, self->place[2].space));
}

TEST_F(part, driver_translates)
{
	__u32 one, large;

	ATTACH(&self->driver, 0, 0);
	ATTACH(&self->driver, 1, 1);
	ATTACH(&self->driver, 0xfffff, 2);
	REACHES(&self->driver, 0, 0);
	REACHES(&self->driver, 1, 1);
	REACHES(&self->driver, 0xfffff, 2);
	one = hw_of(self->fd, &self->driver, 1);
	large = hw_of(self->fd, &self->driver, 0xfffff);
	EXPECT_NE(one, large);
	EXPECT_LT(large, 1024);
	EXPECT_EQ(3, soft_state(&self->driver).pairs);
	ASSERT_OK(do_detach_pasid(self->fd, self->driver.id, 1));
	HELD_BACK(&self->driver, 1);
	BLOCKED(&self->driver, one);
	EXPECT_EQ(2, soft_state(&self->driver).pairs);
	REACHES(&self->driver, 0xfffff, 2);
	EXPECT_REFUSED(EINVAL, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->driver.id, 1 << 20,
				       self->place[1].space));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_ATTACHED,
		       do_attach_pasid(self->fd, self->driver.id, 0xfffff,
				       self->place[1].space));
}

TEST_F(part, driver_refuses)
{
	ASSERT_EQ(0, soft_behave(&self->driver, MEDIATED_REFUSING));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID_DRIVER,
		       do_attach(self->fd, self->driver.id,
				 self->place[0].space));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID_DRIVER,
		       do_attach_pasid(self->fd, self->driver.id, 1,
				       self->place[0].space));
	EXPECT_EQ(0, attached_to(self->fd, self->driver.id));
	EXPECT_EQ(0, mock_device_counter(MOCK(PARENT), "pasids"));
	EXPECT_OK(do_free(self->fd, self->place[0].space));
	ASSERT_EQ(0, soft_behave(&self->driver, 0));
	ATTACH(&self->driver, 1, 1);
	REACHES(&self->driver, 1, 1);
}

TEST_F(part, identity)
{
	ATTACH(&self->identity, 5, 1);
	REACHES(&self->identity, 5, 1);
	EXPECT_EQ(5, hw_of(self->fd, &self->identity, 5));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->identity.id, 1024,
				       self->place[1].space));
	ATTACH(&self->identity, 0, 0);
	REACHES(&self->identity, 0, 0);
	REACHES(&self->identity, 5, 1);
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       do_attach_pasid(self->fd, self->identity.id,
				       hw_of(self->fd, &self->identity, 0),
				       self->place[1].space));
	EXPECT_EQ(self->identity.id, ea.id);
}

/*
 * One number of the user's, on an identity device and on one that does ENQCMD: two
 * PASIDs, whoever comes first, although both are of one requester id.
 */
TEST_F(part, identity_then_cpu)
{
	ATTACH(&self->identity, 1, 0);
	ATTACH(&self->cpu, 1, 1);
	REACHES(&self->identity, 1, 0);
	REACHES(&self->cpu, 1, 1);
	EXPECT_EQ(1, hw_of(self->fd, &self->identity, 1));
	EXPECT_NE(1, hw_of(self->fd, &self->cpu, 1));
	ASSERT_OK(do_detach_pasid(self->fd, self->identity.id, 1));
	REACHES(&self->cpu, 1, 1);
}

TEST_F(part, cpu_then_identity)
{
	__u32 hw_pasid;

	ATTACH(&self->cpu, 500, 1);
	hw_pasid = hw_of(self->fd, &self->cpu, 500);
	ASSERT_NE(500, hw_pasid);
	ATTACH(&self->identity, 500, 0);
	REACHES(&self->cpu, 500, 1);
	REACHES(&self->identity, 500, 0);
	EXPECT_REFUSED(EBUSY, IOASID_REASON_PASID_TABLE,
		       do_attach_pasid(self->fd, self->identity.id, hw_pasid,
				       self->place[0].space));
	EXPECT_EQ(self->cpu.id, ea.id);
	ASSERT_OK(do_detach_pasid(self->fd, self->cpu.id, 500));
	BLOCKED(&self->cpu, hw_pasid);
	REACHES(&self->identity, 500, 0);
	ASSERT_OK(do_attach_pasid(self->fd, self->identity.id, hw_pasid,
				  self->place[2].space));
	REACHES(&self->identity, hw_pasid, 2);
}

TEST_F(part, ends_with_the_binding)
{
	__u32 hw_pasid;

	ATTACH(&self->driver, 0, 0);
	ATTACH(&self->driver, 3, 1);
	hw_pasid = hw_of(self->fd, &self->driver, 3);
	ASSERT_OK(do_unbind(self->driver.container, self->fd, self->driver.id));
	EXPECT_EQ(0, soft_state(&self->driver).pairs);
	HELD_BACK(&self->driver, 3);
	BLOCKED(&self->driver, hw_pasid);
	for (int i = 0; i < PART_PLACES; i++)
		EXPECT_OK(do_free(self->fd, self->place[i].space));
	ASSERT_OK(dev_bind(&self->driver, self->fd));
}

TEST_F(part, ends_with_the_context)
{
	__u32 hw_pasid;

	ATTACH(&self->cpu, 3, 1);
	ATTACH(&self->identity, 3, 2);
	hw_pasid = hw_of(self->fd, &self->cpu, 3);
	close(self->fd);
	EXPECT_EQ(0, soft_state(&self->cpu).pairs);
	EXPECT_EQ(0, soft_state(&self->identity).pairs);
	BLOCKED(&self->cpu, hw_pasid);
	BLOCKED(&self->identity, 3);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(dev_bind(&self->cpu, self->fd));
}

TEST_F(part, ends_with_the_group)
{
	__u32 hw_pasid;

	ATTACH(&self->none, 0, 0);
	ATTACH(&self->driver, 3, 1);
	hw_pasid = hw_of(self->fd, &self->driver, 3);
	close(self->driver.device);
	self->driver.device = -1;
	ASSERT_EQ(0, group_unset(self->driver.group));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_pasid_map(self->fd, self->driver.id, 3, &hw_pasid));
	EXPECT_EQ(1, mock_device_counter(MOCK(PARENT), "pasids"));
	REACHES(&self->none, 0, 0);
	EXPECT_OK(do_free(self->fd, self->place[1].space));
	EXPECT_OK(do_free(self->fd, self->driver.id));
}

TEST_F(part, map_of_what_is_not_attached)
{
	__u32 hw_pasid;

	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_pasid_map(self->fd, self->none.id, 0, &hw_pasid));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_pasid_map(self->fd, self->driver.id, 1, &hw_pasid));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_pasid_map(self->fd, NO_ID, 1, &hw_pasid));
}

/* A physical device, whose driver translates. */
FIXTURE(whole) {
	int fd;
	struct mock_place place[PART_PLACES];
	struct dev dev;
};

FIXTURE_SETUP(whole)
{
	dev_init(&self->dev, MOCK(TRANSLATING));
	self->fd = -1;
	if (kernel_before(6, 11))
		SKIP(return, "no iommu_attach_device_pasid() with a handle");
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(part_places(self->place, self->fd));
	ASSERT_OK(mock_claim(&self->dev, MOCK(TRANSLATING), self->fd));
}

FIXTURE_TEARDOWN(whole)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

#define SEES(_pasid, _here, _seed)					\
	EXPECT_TRUE(mock_sees(&self->dev, _pasid, PART_IOVA,		\
			      self->place[_here].va, PART_LENGTH, _seed))

TEST_F(whole, driver_translates)
{
	struct ioasid_device_info info;
	__u32 hw_pasid;

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(IOASID_INTENT_RID | IOASID_INTENT_PASID, info.intent);
	EXPECT_EQ(IOASID_PASIDS_DRIVER, info.pasid_kind);
	EXPECT_STREQ("", info.parent);
	ATTACH(&self->dev, 0, 0);
	ATTACH(&self->dev, 5000, 1);
	ATTACH(&self->dev, 6, 2);
	SEES(BY_RID, 0, 1);
	SEES(5000, 1, 2);
	SEES(6, 2, 3);
	EXPECT_OK(do_pasid_map(self->fd, self->dev.id, 0, &hw_pasid));
	EXPECT_EQ(0, hw_pasid);
	EXPECT_OK(do_pasid_map(self->fd, self->dev.id, 6, &hw_pasid));
	EXPECT_NE(6, hw_pasid);
	ASSERT_OK(do_attach_flags(self->fd, self->dev.id, self->place[0].space,
				  MOVE_PASID, 6));
	SEES(6, 0, 4);
	SEES(5000, 1, 5);
	ASSERT_OK(do_detach_pasid(self->fd, self->dev.id, 6));
	EXPECT_EQ(MOCK_BLOCKED, mock_load(&self->dev, 6, PART_IOVA, PAGE));
	SEES(5000, 1, 6);
}

/* Its driver takes back what it has declared while PASIDs are attached. */
TEST_F(whole, driver_goes_first)
{
	ATTACH(&self->dev, 1, 1);
	ATTACH(&self->dev, 2, 2);
	close(self->dev.device);
	self->dev.device = -1;
	ASSERT_EQ(0, part_set_driver(TRANSLATING, false));
	EXPECT_EQ(0, mock_device_counter(MOCK(TRANSLATING), "pasids"));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_attach(self->fd, self->dev.id, self->place[0].space));
	for (int i = 0; i < PART_PLACES; i++)
		EXPECT_OK(do_free(self->fd, self->place[i].space));
	EXPECT_EQ(0, part_set_driver(TRANSLATING, true));
}

/* Its driver has room for two. */
TEST_F(whole, driver_refuses)
{
	ATTACH(&self->dev, 1, 1);
	ATTACH(&self->dev, 2, 2);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID_DRIVER,
		       do_attach_pasid(self->fd, self->dev.id, 3,
				       self->place[0].space));
	EXPECT_EQ(2, mock_device_counter(MOCK(TRANSLATING), "pasids"));
	EXPECT_OK(do_free(self->fd, self->place[0].space));
	ASSERT_OK(do_detach_pasid(self->fd, self->dev.id, 1));
	ATTACH(&self->dev, 3, 1);
	SEES(3, 1, 1);
}

TEST_HARNESS_MAIN
