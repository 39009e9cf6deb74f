// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches that the driver of an IOMMU refuses, on mock IOMMUs that do so on demand: what
 * was there before is there afterwards, or, if even that is refused, DMA is blocked and
 * the caller is told.
 *
 * What is refused is said attach by attach. Before 5.19 a device is blocked by attaching
 * it to an empty page table, so there are more of them.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "mock.h"

#define IOVA		0x2000000ULL
#define LENGTH		(2 * PAGE)
#define MOVE		(IOASID_ATTACH_REPLACE | IOASID_ATTACH_ALLOW_WINDOW)

enum {
	SEED_A = 1500,
	SEED_B,
	SEED_CANARY,
};

/* The devices that the line of the list makes. */
enum {
	HITLESS = MOCK(0),	/* moves without a window where the kernel can */
	WINDOW = MOCK(1),	/* never does; has PASIDs */
	ALSO_WINDOW = MOCK(2),	/* on the same IOMMU */
	GROUP_A = MOCK(3),	/* never do; in one group */
	GROUP_B = MOCK(4),
	HITLESS_A = MOCK(5),	/* do where the kernel can; in one group */
	HITLESS_B = MOCK(6),
};

/* DMA reaches the one place, and not the other. */
static bool only_in(const struct dev *dev, __u32 pasid, struct mock_place *here,
		    struct mock_place *there, unsigned int seed)
{
	fill(there->va, LENGTH, SEED_CANARY);
	return mock_sees(dev, pasid, IOVA, here->va, LENGTH, seed) &&
	       filled(there->va, LENGTH, SEED_CANARY);
}

/* DMA reaches nothing. */
static bool is_blocked(const struct dev *dev, __u32 pasid, struct mock_place *place)
{
	fill(place->va, LENGTH, SEED_CANARY);
	return mock_store(dev, pasid, IOVA, LENGTH) != MOCK_OK &&
	       mock_load(dev, pasid, IOVA, LENGTH) != MOCK_OK &&
	       filled(place->va, LENGTH, SEED_CANARY);
}

static bool is_empty(int fd, const struct mock_place *place)
{
	struct ioasid_get_info info;

	return !do_get_info(fd, place->space, &info) && !info.num_devices &&
	       !info.num_domains;
}

static const char *outcomes(const char *now, const char *before_5_19)
{
	return kernel_before(5, 19) ? before_5_19 : now;
}

/* Nothing of what was planned has not happened. */
static bool all_happened(unsigned int n)
{
	return mock_refusals_left(n) == 0;
}

static bool moves_without_window(unsigned int n)
{
	return (n == HITLESS || n == HITLESS_A) && !kernel_before(6, 11);
}

/* One device and two places. */
FIXTURE(one) {
	int fd;
	struct dev dev;
	struct mock_place here, there;
};

FIXTURE_VARIANT(one) {
	unsigned int device;
};

FIXTURE_VARIANT_ADD(one, hitless) {
	.device = HITLESS,
};

FIXTURE_VARIANT_ADD(one, window) {
	.device = WINDOW,
};

FIXTURE_SETUP(one)
{
	dev_init(&self->dev, variant->device);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, variant->device, self->fd));
	ASSERT_OK(mock_place_make(&self->here, self->fd, IOVA, LENGTH));
	ASSERT_OK(mock_place_make(&self->there, self->fd, IOVA, LENGTH));
}

FIXTURE_TEARDOWN(one)
{
	EXPECT_TRUE(all_happened(variant->device));
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

/* An errno of the driver's that could be mistaken for one of ours becomes another. */
TEST_F(one, attach)
{
	static const struct {
		int from, to;
		__u32 reason;
	} errnos[] = {
		{ EINVAL, EOPNOTSUPP, IOASID_REASON_IOMMU },
		{ EBUSY, EOPNOTSUPP, IOASID_REASON_IOMMU },
		{ ENODEV, EOPNOTSUPP, IOASID_REASON_IOMMU },
		{ EEXIST, EOPNOTSUPP, IOASID_REASON_IOMMU },
		{ EADDRNOTAVAIL, EOPNOTSUPP, IOASID_REASON_IOMMU },
		{ ENOMEM, ENOMEM, IOASID_REASON_NO_MEMORY },
	};
	char text[16];

	for (size_t i = 0; i < sizeof(errnos) / sizeof(*errnos); i++) {
		snprintf(text, sizeof(text), "%d", errnos[i].from);
		ASSERT_EQ(0, mock_refuse(variant->device, text));
		EXPECT_REFUSED(errnos[i].to, errnos[i].reason,
			       do_attach(self->fd, self->dev.id,
					 self->here.space));
		EXPECT_TRUE(all_happened(variant->device));
		EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
		EXPECT_TRUE(is_empty(self->fd, &self->here));
		EXPECT_TRUE(is_blocked(&self->dev, BY_RID, &self->here));
	}
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, &self->here, &self->there,
			    SEED_A));
}

TEST_F(one, bind)
{
	ASSERT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	ASSERT_EQ(0, mock_refuse(variant->device, "22"));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
		       dev_bind(&self->dev, self->fd));
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID, &self->here));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, &self->here, &self->there,
			    SEED_A));
}

/* It stays where it is, with what is mapped there meanwhile and later. */
TEST_F(one, move)
{
	char *page = anon_populated(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, mock_refuse(variant->device,
					 outcomes("22", "0 22")));
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
			       do_attach_flags(self->fd, self->dev.id,
					       self->there.space, MOVE, 0));
		EXPECT_TRUE(all_happened(variant->device));
		EXPECT_EQ(self->here.space,
			  attached_to(self->fd, self->dev.id));
		EXPECT_TRUE(is_empty(self->fd, &self->there));
		EXPECT_TRUE(only_in(&self->dev, BY_RID, &self->here,
				    &self->there, SEED_A));
	}
	ASSERT_OK(do_map(self->fd, self->here.space, page, PAGE, 0x3000000ULL,
			 RW));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, 0x3000000ULL, page, PAGE,
			      SEED_B));
	ASSERT_OK(do_attach_flags(self->fd, self->dev.id, self->there.space,
				  MOVE, 0));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, &self->there, &self->here,
			    SEED_B));
	EXPECT_TRUE(is_empty(self->fd, &self->here));
}

/* Neither there nor back. Without a window there is always a way back. */
TEST_F(one, move_and_back)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	if (moves_without_window(variant->device))
		return;
	ASSERT_EQ(0, mock_refuse(variant->device,
				 outcomes("22 16", "0 22 0 16")));
	EXPECT_REFUSED(EIO, IOASID_REASON_BLOCKED,
		       do_attach_flags(self->fd, self->dev.id,
				       self->there.space, MOVE, 0));
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	EXPECT_TRUE(is_empty(self->fd, &self->here));
	EXPECT_TRUE(is_empty(self->fd, &self->there));
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID, &self->here));
	EXPECT_TRUE(is_blocked(&self->dev, BY_RID, &self->there));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach(self->fd, self->dev.id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_attach_flags(self->fd, self->dev.id,
				       self->there.space, MOVE, 0));
	/* It is as good as new. */
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, &self->here, &self->there,
			    SEED_B));
	EXPECT_OK(do_free(self->fd, self->there.space));
}

/* Blocked like that, it is in nobody's way when all ends, and neither is its space. */
TEST_F(one, ends_blocked)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	if (!moves_without_window(variant->device)) {
		ASSERT_EQ(0, mock_refuse(variant->device,
					 outcomes("12 12", "0 12 0 12")));
		EXPECT_REFUSED(EIO, IOASID_REASON_BLOCKED,
			       do_attach_flags(self->fd, self->dev.id,
					       self->there.space, MOVE, 0));
		EXPECT_OK(do_free(self->fd, self->here.space));
	}
	EXPECT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, self->there.space));
}

/* A page table that does not take a second device: it gets one of its own. */
TEST(share)
{
	struct ioasid_get_info info;
	struct dev dev[2];
	struct mock_place here, there;
	int fd = ctx_open();

	ASSERT_GE(fd, 0);
	ASSERT_OK(mock_place_make(&here, fd, IOVA, LENGTH));
	ASSERT_OK(mock_place_make(&there, fd, IOVA, LENGTH));
	ASSERT_OK(mock_claim(&dev[0], WINDOW, fd));
	ASSERT_OK(mock_claim(&dev[1], ALSO_WINDOW, fd));
	ASSERT_OK(do_attach(fd, dev[0].id, here.space));
	ASSERT_EQ(0, mock_refuse(ALSO_WINDOW, "22"));
	ASSERT_OK(do_attach(fd, dev[1].id, here.space));
	EXPECT_TRUE(all_happened(ALSO_WINDOW));
	ASSERT_OK(do_get_info(fd, here.space, &info));
	EXPECT_EQ(2, info.num_domains);
	EXPECT_NE(mock_device_counter(WINDOW, "domain"),
		  mock_device_counter(ALSO_WINDOW, "domain"));
	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(only_in(&dev[i], BY_RID, &here, &there,
				    SEED_A + i));
	ASSERT_OK(do_detach(fd, dev[1].id));
	/* Refused by both, it does not come in. */
	ASSERT_EQ(0, mock_refuse(ALSO_WINDOW, outcomes("22 22", "22 0 22")));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
		       do_attach(fd, dev[1].id, here.space));
	EXPECT_TRUE(is_blocked(&dev[1], BY_RID, &here));
	EXPECT_TRUE(only_in(&dev[0], BY_RID, &here, &there, SEED_B));
	for (int i = 0; i < 2; i++) {
		EXPECT_TRUE(all_happened(WINDOW + i));
		dev_release(&dev[i]);
	}
	close(fd);
	EXPECT_TRUE(mock_is_content());
}

/* A group whose second device is refused when the first has been let in. */
FIXTURE(group) {
	int fd;
	struct dev dev[2];
	struct mock_place here, there;
};

FIXTURE_VARIANT(group) {
	unsigned int first;
};

FIXTURE_VARIANT_ADD(group, hitless) {
	.first = HITLESS_A,
};

FIXTURE_VARIANT_ADD(group, window) {
	.first = GROUP_A,
};

FIXTURE_SETUP(group)
{
	dev_init(&self->dev[0], variant->first);
	dev_init(&self->dev[1], variant->first + 1);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev[0], variant->first, self->fd));
	ASSERT_OK(dev_join(&self->dev[1], variant->first + 1, &self->dev[0]));
	ASSERT_OK(dev_bind(&self->dev[1], self->fd));
	ASSERT_OK(mock_open(&self->dev[1]));
	ASSERT_OK(mock_place_make(&self->here, self->fd, IOVA, LENGTH));
	ASSERT_OK(mock_place_make(&self->there, self->fd, IOVA, LENGTH));
}

FIXTURE_TEARDOWN(group)
{
	for (int i = 1; i >= 0; i--) {
		EXPECT_TRUE(all_happened(variant->first + i));
		dev_release(&self->dev[i]);
	}
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

static bool both_only_in(struct dev *dev, struct mock_place *here,
			 struct mock_place *there)
{
	return only_in(&dev[0], BY_RID, here, there, SEED_A) &&
	       only_in(&dev[1], BY_RID, here, there, SEED_B);
}

static bool both_are_blocked(struct dev *dev, struct mock_place *place)
{
	return is_blocked(&dev[0], BY_RID, place) &&
	       is_blocked(&dev[1], BY_RID, place);
}

TEST_F(group, attach)
{
	ASSERT_EQ(0, mock_refuse(variant->first + 1, "22"));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
		       do_attach(self->fd, self->dev[0].id, self->here.space));
	EXPECT_TRUE(is_empty(self->fd, &self->here));
	EXPECT_TRUE(both_are_blocked(self->dev, &self->here));
	for (int i = 0; i < 2; i++)
		ASSERT_OK(do_attach(self->fd, self->dev[i].id,
				    self->here.space));
	EXPECT_TRUE(both_only_in(self->dev, &self->here, &self->there));
}

TEST_F(group, move)
{
	for (int i = 0; i < 2; i++)
		ASSERT_OK(do_attach(self->fd, self->dev[i].id,
				    self->here.space));
	ASSERT_EQ(0, mock_refuse(variant->first + 1, outcomes("22", "0 22")));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
		       do_attach_flags(self->fd, self->dev[1].id,
				       self->there.space, MOVE, 0));
	EXPECT_TRUE(is_empty(self->fd, &self->there));
	EXPECT_TRUE(both_only_in(self->dev, &self->here, &self->there));
	ASSERT_OK(do_attach_flags(self->fd, self->dev[1].id, self->there.space,
				  MOVE, 0));
	EXPECT_TRUE(both_only_in(self->dev, &self->there, &self->here));
}

/* Both lose their space, whichever was moved. */
TEST_F(group, move_and_back)
{
	for (int i = 0; i < 2; i++)
		ASSERT_OK(do_attach(self->fd, self->dev[i].id,
				    self->here.space));
	if (moves_without_window(variant->first))
		return;
	ASSERT_EQ(0, mock_refuse(variant->first + 1,
				 outcomes("22 22", "0 22 0 22")));
	EXPECT_REFUSED(EIO, IOASID_REASON_BLOCKED,
		       do_attach_flags(self->fd, self->dev[0].id,
				       self->there.space, MOVE, 0));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, attached_to(self->fd, self->dev[i].id));
	EXPECT_TRUE(both_are_blocked(self->dev, &self->here));
	EXPECT_TRUE(both_are_blocked(self->dev, &self->there));
	EXPECT_OK(do_free(self->fd, self->here.space));
	for (int i = 0; i < 2; i++)
		ASSERT_OK(do_attach(self->fd, self->dev[i].id,
				    self->there.space));
	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(mock_sees(&self->dev[i], BY_RID, IOVA,
				      self->there.va, LENGTH, SEED_A + i));
}

/* One PASID of a device whose other DMA is elsewhere, and stays there. */
FIXTURE(pasid) {
	int fd;
	struct dev dev;
	struct mock_place rid, here, there;
};

FIXTURE_VARIANT(pasid) {
	unsigned int device;
};

FIXTURE_VARIANT_ADD(pasid, hitless) {
	.device = HITLESS,
};

FIXTURE_VARIANT_ADD(pasid, window) {
	.device = WINDOW,
};

FIXTURE_SETUP(pasid)
{
	dev_init(&self->dev, variant->device);
	self->fd = -1;
	if (kernel_before(6, 11))
		SKIP(return, "no iommu_attach_device_pasid() with a handle");
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, variant->device, self->fd));
	ASSERT_OK(mock_place_make(&self->rid, self->fd, IOVA, LENGTH));
	ASSERT_OK(mock_place_make(&self->here, self->fd, IOVA, LENGTH));
	ASSERT_OK(mock_place_make(&self->there, self->fd, IOVA, LENGTH));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->rid.space));
}

FIXTURE_TEARDOWN(pasid)
{
	EXPECT_TRUE(all_happened(variant->device));
	EXPECT_TRUE(only_in(&self->dev, BY_RID, &self->rid, &self->there,
			    SEED_B));
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_F(pasid, attach)
{
	ASSERT_EQ(0, mock_refuse(variant->device, "22"));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
		       do_attach_pasid(self->fd, self->dev.id, 1,
				       self->here.space));
	EXPECT_TRUE(is_empty(self->fd, &self->here));
	EXPECT_TRUE(is_blocked(&self->dev, 1, &self->here));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1, self->here.space));
	EXPECT_TRUE(only_in(&self->dev, 1, &self->here, &self->there, SEED_A));
}

TEST_F(pasid, move)
{
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1, self->here.space));
	ASSERT_EQ(0, mock_refuse(variant->device, "22"));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_IOMMU,
		       do_attach_flags(self->fd, self->dev.id,
				       self->there.space,
				       IOASID_ATTACH_PASID | MOVE, 1));
	EXPECT_TRUE(is_empty(self->fd, &self->there));
	EXPECT_TRUE(only_in(&self->dev, 1, &self->here, &self->there, SEED_A));
}

TEST_F(pasid, move_and_back)
{
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1, self->here.space));
	if (variant->device == HITLESS && !kernel_before(6, 15))
		return;
	ASSERT_EQ(0, mock_refuse(variant->device, "22 22"));
	EXPECT_REFUSED(EIO, IOASID_REASON_BLOCKED,
		       do_attach_flags(self->fd, self->dev.id,
				       self->there.space,
				       IOASID_ATTACH_PASID | MOVE, 1));
	EXPECT_TRUE(is_empty(self->fd, &self->here));
	EXPECT_TRUE(is_empty(self->fd, &self->there));
	EXPECT_TRUE(is_blocked(&self->dev, 1, &self->here));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach_pasid(self->fd, self->dev.id, 1));
	EXPECT_EQ(self->rid.space, attached_to(self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, self->here.space));
	ASSERT_OK(do_attach_pasid(self->fd, self->dev.id, 1, self->there.space));
	EXPECT_TRUE(only_in(&self->dev, 1, &self->there, &self->rid, SEED_A));
}

/* Where the kernel does not own a group's DMA, to block it is an attach as well. */
TEST(claim)
{
	struct dev dev;
	int fd = ctx_open();

	ASSERT_GE(fd, 0);
	if (!kernel_before(5, 19)) {
		ASSERT_OK(dev_claim(&dev, WINDOW));
		dev_release(&dev);
		return;
	}
	ASSERT_EQ(0, mock_refuse(WINDOW, "22"));
	EXPECT_NE(0, dev_claim(&dev, WINDOW));
	EXPECT_TRUE(all_happened(WINDOW));
	EXPECT_EQ(-1, mock_device_counter(WINDOW, "domain"));
	ASSERT_OK(dev_claim(&dev, WINDOW));
	EXPECT_LT(0, mock_device_counter(WINDOW, "domain"));
	dev_release(&dev);
	close(fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_HARNESS_MAIN
