// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs of a device that has them, on a mock IOMMU: DMA goes where its PASID is
 * attached and nowhere else, before and after it is moved, and nowhere when the PASID,
 * the device, the group or the context is gone.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "mock.h"

#define IOVA		0x2000000ULL
#define LATER		0x3000000ULL
#define LENGTH		(2 * PAGE)
#define ROOM		8

enum {
	SEED_RID = 1300,
	SEED_1,
	SEED_2,
	SEED_CANARY,
};

/* The devices that the line of the list makes; two groups have two of them. */
enum {
	WITH_PASIDS = MOCK(0),
	ALSO_WITH_PASIDS = MOCK(1),
	TWO_WITH_PASIDS = MOCK(2),
	IOMMU_WITHOUT_PASIDS = MOCK(4),
	ONE_WITH_PASIDS = MOCK(5),
	WITHOUT_PASIDS = MOCK(6),
};

static int canary_place(struct mock_place *place, int fd)
{
	int err = mock_place_make(place, fd, IOVA, LENGTH);

	if (!err)
		fill(place->va, LENGTH, SEED_CANARY);
	return err;
}

static bool untouched(struct mock_place *place)
{
	return filled(place->va, LENGTH, SEED_CANARY);
}

static bool is_blocked(const struct dev *dev, __u32 pasid)
{
	return mock_store(dev, pasid, IOVA, LENGTH) == MOCK_BLOCKED &&
	       mock_load(dev, pasid, IOVA, LENGTH) == MOCK_BLOCKED;
}

/* DMA with this PASID reaches this place, and neither of the two others. */
static bool only_in(const struct dev *dev, __u32 pasid, struct mock_place *places,
		    unsigned int here, unsigned int seed)
{
	bool good;

	for (unsigned int i = 0; i < 3; i++)
		fill(places[i].va, LENGTH, SEED_CANARY);
	good = mock_sees(dev, pasid, IOVA, places[here].va, LENGTH, seed);
	for (unsigned int i = 0; i < 3; i++)
		good &= i == here || untouched(&places[i]);
	return good;
}

/* What holds on every kernel. */
FIXTURE(any) {
	int fd;
	struct dev dev;
	struct mock_place place;
};

FIXTURE_SETUP(any)
{
	dev_init(&self->dev, WITH_PASIDS);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(canary_place(&self->place, self->fd));
}

FIXTURE_TEARDOWN(any)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_F(any, a_kernel_that_cannot)
{
	struct ioasid_device_info info;

	ASSERT_OK(mock_claim(&self->dev, WITH_PASIDS, self->fd));
	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	if (kernel_before(6, 11)) {
		EXPECT_EQ(0, info.max_pasids);
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
			       do_attach_pasid(self->fd, self->dev.id, 1,
					       self->place.space));
	} else {
		EXPECT_EQ(1024, info.max_pasids);
		EXPECT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
					  self->place.space));
	}
}

TEST_F(any, a_device_that_cannot)
{
	ASSERT_OK(mock_claim(&self->dev, WITHOUT_PASIDS, self->fd));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->place.space));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->place.space));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->place.va, LENGTH,
			      SEED_RID));
}

/* The kernel would attach the PASID of the other one as well. */
TEST_F(any, a_group_in_which_two_can)
{
	struct ioasid_device_info info;

	ASSERT_OK(mock_claim(&self->dev, TWO_WITH_PASIDS, self->fd));
	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(2, info.num_members);
	EXPECT_EQ(0, info.max_pasids);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->place.space));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
}

TEST_F(any, a_group_in_which_one_can)
{
	struct dev other;

	if (kernel_before(6, 11))
		SKIP(return, "no iommu_attach_device_pasid() with a handle");
	ASSERT_OK(mock_claim(&self->dev, ONE_WITH_PASIDS, self->fd));
	ASSERT_OK(dev_join(&other, WITHOUT_PASIDS, &self->dev));
	ASSERT_OK(dev_bind(&other, self->fd));
	ASSERT_OK(mock_open(&other));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place.space));
	EXPECT_TRUE(mock_sees(&self->dev, 1, IOVA, self->place.va, LENGTH,
			      SEED_1));
	EXPECT_TRUE(is_blocked(&other, 1));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, other.id, 2,
				       self->place.space));
	dev_release(&other);
}

TEST_F(any, an_iommu_that_cannot)
{
	ASSERT_OK(mock_claim(&self->dev, IOMMU_WITHOUT_PASIDS, self->fd));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->place.space));
}

/* DMA without PASID goes to the first place if it is attached, 1 and 2 to the others. */
FIXTURE(pasid) {
	int fd;
	struct dev dev;
	struct mock_place place[3];
};

FIXTURE_SETUP(pasid)
{
	dev_init(&self->dev, WITH_PASIDS);
	self->fd = -1;
	if (kernel_before(6, 11))
		SKIP(return, "no iommu_attach_device_pasid() with a handle");
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, WITH_PASIDS, self->fd));
	for (int i = 0; i < 3; i++)
		ASSERT_OK(canary_place(&self->place[i], self->fd));
}

FIXTURE_TEARDOWN(pasid)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

static int attach_all(int fd, struct dev *dev, struct mock_place *place)
{
	int err = do_attach(fd, dev->id, place[0].space);

	err = err ? err : do_attach_pasid(fd, dev->id, 1, place[1].space);
	return err ? err : do_attach_pasid(fd, dev->id, 2, place[2].space);
}

TEST_F(pasid, goes_where_it_is_attached)
{
	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, self->place, 0, SEED_RID));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	EXPECT_TRUE(only_in(&self->dev, 2, self->place, 2, SEED_2));
	EXPECT_TRUE(is_blocked(&self->dev, 3));
}

TEST_F(pasid, needs_nothing_attached_without_pasid)
{
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID));
	EXPECT_TRUE(is_blocked(&self->dev, 2));
	/* And is not disturbed when that comes and goes. */
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->place[0].space));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, self->place, 0, SEED_RID));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_2));
}

TEST_F(pasid, each_is_detached_on_its_own)
{
	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	ASSERT_OK(do_detach_pasid(self->fd, self->dev.id, 1));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, self->place, 0, SEED_RID));
	EXPECT_TRUE(only_in(&self->dev, 2, self->place, 2, SEED_2));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach_pasid(self->fd, self->dev.id, 1));
	EXPECT_OK(do_free(self->fd, self->place[1].space));
	/* The number can be used again, for another space. */
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[2].space));
	EXPECT_TRUE(mock_sees(&self->dev, 1, IOVA, self->place[2].va, LENGTH,
			      SEED_1));
}

TEST_F(pasid, all_in_one_space)
{
	struct ioasid_get_info info;

	ASSERT_OK(do_attach(self->fd, self->dev.id, self->place[0].space));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[0].space));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1023,
				  self->place[0].space));
	ASSERT_OK(do_get_info(self->fd, self->place[0].space, &info));
	EXPECT_EQ(3, info.num_devices);
	EXPECT_EQ(1, info.num_domains);
	EXPECT_TRUE(only_in(&self->dev, BY_RID, self->place, 0, SEED_RID));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 0, SEED_1));
	EXPECT_TRUE(only_in(&self->dev, 1023, self->place, 0, SEED_2));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_detach_pasid(self->fd, self->dev.id, 1));
	EXPECT_TRUE(only_in(&self->dev, 1023, self->place, 0, SEED_1));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->place[0].space));
	EXPECT_EQ(self->dev.id, ea.id);
}

TEST_F(pasid, what_is_mapped_later)
{
	char *page = anon_populated(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	ASSERT_OK(do_map(self->fd, self->place[1].space, page, PAGE, LATER, RW));
	EXPECT_TRUE(mock_sees(&self->dev, 1, LATER, page, PAGE, SEED_1));
	EXPECT_EQ(MOCK_UNMAPPED, mock_store(&self->dev, BY_RID, LATER, PAGE));
	EXPECT_EQ(MOCK_UNMAPPED, mock_store(&self->dev, 2, LATER, PAGE));
	ASSERT_OK(do_unmap(self->fd, self->place[1].space, LATER, PAGE));
	EXPECT_EQ(MOCK_UNMAPPED, mock_store(&self->dev, 1, LATER, PAGE));
}

TEST_F(pasid, refusals)
{
	EXPECT_REFUSED(EINVAL, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->dev.id, 0,
				       self->place[1].space));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->dev.id, 1024,
				       self->place[1].space));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_PASID,
		       do_attach_pasid(self->fd, self->dev.id, ~0U,
				       self->place[1].space));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_ATTACHED,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->place[1].space));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_ATTACHED,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->place[2].space));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_attach_pasid(self->fd, self->dev.id, 2, NO_ID));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	EXPECT_TRUE(is_blocked(&self->dev, 2));
}

TEST_F(pasid, conflicts)
{
	char *page = anon_populated(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_map(self->fd, self->place[1].space, page, PAGE, 1ULL << 60,
			 RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->place[1].space));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
	ASSERT_OK(do_unmap(self->fd, self->place[1].space, 1ULL << 60, PAGE));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_map(self->fd, self->place[1].space, page, PAGE,
			      1ULL << 60, RW));
}

TEST_F(pasid, is_told_by_device_info)
{
	struct ioasid_attachment attachments[ROOM];
	struct ioasid_device_info info = {
		.num_attachments = ROOM,
		.attachments = (uintptr_t)attachments,
	};

	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	ASSERT_OK(do_device_arrays(self->fd, self->dev.id, &info));
	ASSERT_EQ(3, info.num_attachments);
	for (__u32 i = 0; i < 3; i++) {
		EXPECT_EQ(i, attachments[i].pasid);
		EXPECT_EQ(self->place[i].space, attachments[i].ioasid);
	}
	info.num_attachments = 2;
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       do_device_arrays(self->fd, self->dev.id, &info));
	EXPECT_EQ(3, info.num_attachments);
}

TEST_F(pasid, moves)
{
	const __u32 flags = IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE |
			    IOASID_ATTACH_ALLOW_WINDOW;

	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_attach_flags(self->fd, self->dev.id,
				       self->place[2].space, flags, 1));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->place[0].space));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(do_attach_flags(self->fd, self->dev.id,
					  self->place[2].space, flags, 1));
		EXPECT_TRUE(only_in(&self->dev, 1, self->place, 2, SEED_2));
		EXPECT_TRUE(only_in(&self->dev, BY_RID, self->place, 0,
				    SEED_RID));
		ASSERT_OK(do_attach_flags(self->fd, self->dev.id,
					  self->place[1].space, flags, 1));
		EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	}
	EXPECT_OK(do_free(self->fd, self->place[2].space));
}

TEST_F(pasid, moves_without_a_window)
{
	const __u32 flags = IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE;
	int err;

	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	err = do_attach_flags(self->fd, self->dev.id, self->place[2].space,
			      flags, 1);
	if (kernel_before(6, 15)) {
		EXPECT_EQ(EOPNOTSUPP, err);
		EXPECT_EQ(IOASID_REASON_WINDOW, ea.reason);
		EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
		return;
	}
	ASSERT_EQ(0, err) TH_LOG("%.159s", ea.message);
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 2, SEED_2));
	ASSERT_OK(do_attach_flags(self->fd, self->dev.id, self->place[1].space,
				  flags, 1));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	ASSERT_OK(do_detach_pasid(self->fd, self->dev.id, 1));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
}

TEST_F(pasid, a_refused_move_leaves_it_where_it_is)
{
	const __u32 flags = IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE |
			    IOASID_ATTACH_ALLOW_WINDOW;
	char *page = anon_populated(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	ASSERT_OK(do_map(self->fd, self->place[2].space, page, PAGE, 1ULL << 60,
			 RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_attach_flags(self->fd, self->dev.id,
				       self->place[2].space, flags, 1));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	EXPECT_OK(do_free(self->fd, self->place[2].space));
}

/* The same number on two devices is two PASIDs. */
TEST_F(pasid, of_two_devices)
{
	struct dev other;

	ASSERT_OK(mock_claim(&other, ALSO_WITH_PASIDS, self->fd));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1,
				  self->place[1].space));
	EXPECT_TRUE(is_blocked(&other, 1));
	ASSERT_OK(do_attach_pasid(self->fd, other.id, 1, self->place[2].space));
	EXPECT_TRUE(only_in(&self->dev, 1, self->place, 1, SEED_1));
	EXPECT_TRUE(only_in(&other, 1, self->place, 2, SEED_2));
	ASSERT_OK(do_detach_pasid(self->fd, self->dev.id, 1));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
	EXPECT_TRUE(only_in(&other, 1, self->place, 2, SEED_1));
	dev_release(&other);
}

/* Whoever ends the binding ends its attachments. */
TEST_F(pasid, ends_with_the_binding)
{
	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	ASSERT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
	EXPECT_TRUE(is_blocked(&self->dev, 2));
	for (int i = 0; i < 3; i++)
		EXPECT_OK(do_free(self->fd, self->place[i].space));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
}

TEST_F(pasid, ends_with_the_context)
{
	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	close(self->fd);
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID));
	EXPECT_TRUE(is_blocked(&self->dev, 1));
	EXPECT_TRUE(is_blocked(&self->dev, 2));
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(untouched(&self->place[i]));
	self->fd = ctx_open();
	ASSERT_OK(dev_bind(&self->dev, self->fd));
}

/* The group leaves its container: the id is dead, the spaces live on. */
TEST_F(pasid, ends_with_the_group)
{
	ASSERT_OK(attach_all(self->fd, &self->dev, self->place));
	close(self->dev.device);
	self->dev.device = -1;
	ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_attach_pasid(self->fd, self->dev.id, 3,
				       self->place[1].space));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_detach_pasid(self->fd, self->dev.id, 1));
	for (int i = 0; i < 3; i++)
		EXPECT_OK(do_free(self->fd, self->place[i].space));
	EXPECT_OK(do_free(self->fd, self->dev.id));
}

TEST_HARNESS_MAIN
