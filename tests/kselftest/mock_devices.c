// SPDX-License-Identifier: GPL-2.0
/*
 * Devices behind IOMMUs that differ, on mock IOMMUs: what they have in common, and moving
 * one from space to space while its DMA goes on.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common.h"
#include "expect.h"
#include "mock.h"

#define IOVA	0x2000000ULL
#define LENGTH	(2 * PAGE)
#define ROOM	32
#define MOVES	50

enum {
	SEED_A = 1400,
	SEED_B,
	SEED_CANARY,
};

/* One device of each IOMMU that the module makes by default, and a group of two. */
enum {
	LARGE = MOCK(0),
	GROUP_A = MOCK(2),
	GROUP_B = MOCK(3),
	PLAIN = MOCK(4),
	ODD = MOCK(5),
};

FIXTURE(mixed) {
	int fd;
	__u32 space;
	struct dev dev[3];
	__u32 ids[3];
};

FIXTURE_SETUP(mixed)
{
	static const unsigned int which[] = { LARGE, PLAIN, ODD };

	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(mock_claim(&self->dev[i], which[i], self->fd));
		self->ids[i] = self->dev[i].id;
	}
}

FIXTURE_TEARDOWN(mixed)
{
	for (int i = 0; i < 3; i++)
		dev_release(&self->dev[i]);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

/* In whatever order they are attached. */
TEST_F(mixed, intersect_is_what_an_attach_gives)
{
	struct ioasid_iova_range common_ranges[ROOM], ranges[ROOM];
	struct ioasid_device_intersect common;
	struct ioasid_get_info info;
	__u32 num;

	for (int first = 0; first < 3; first++) {
		const __u32 ids[] = {
			self->ids[first], self->ids[(first + 1) % 3],
			self->ids[(first + 2) % 3],
		};

		for (__u32 n = 1; n <= 3; n++) {
			ASSERT_OK(do_intersect(self->fd, ids, n, &common,
					       common_ranges, ROOM));
			ASSERT_OK(do_attach(self->fd, ids[n - 1], self->space));
			num = ROOM;
			ASSERT_OK(do_iova_ranges(self->fd, self->space, ranges,
						 &num));
			ASSERT_EQ(num, common.num_ranges);
			EXPECT_EQ(0, memcmp(ranges, common_ranges,
					    num * sizeof(*ranges)));
			ASSERT_OK(do_get_info(self->fd, self->space, &info));
			EXPECT_EQ(info.page_sizes, common.page_sizes);
		}
		/* Before it could be asked of a device, a bus answered for all. */
		if (!kernel_before(5, 19))
			EXPECT_EQ(0, common.device_flags &
				  IOASID_DEVICE_ENFORCE_SNOOP);
		EXPECT_EQ(0, common.max_pasids);
		EXPECT_EQ(31, common.address_width);
		for (__u32 n = 0; n < 3; n++)
			ASSERT_OK(do_detach(self->fd, ids[n]));
	}
}

TEST_F(mixed, info)
{
	struct ioasid_device_info info;
	char name[32];

	for (int i = 0; i < 3; i++) {
		ASSERT_OK(do_device_info(self->fd, self->ids[i], &info));
		snprintf(name, sizeof(name), "ioas-mock-iommu%d", i);
		EXPECT_STREQ(name, info.iommu_name);
		EXPECT_EQ(IOASID_IOMMU_OTHER, info.iommu_kind);
		EXPECT_EQ(0, info.iommu_regs_valid);
		/* Before it could be asked, coherent meant that it is enforced. */
		if (!kernel_before(5, 19))
			EXPECT_EQ(i != 2, !!(info.device_flags &
					     IOASID_DEVICE_ENFORCE_SNOOP));
		EXPECT_EQ(i == 0 && !kernel_before(6, 7),
			  !!(info.device_flags & IOASID_DEVICE_DIRTY));
		EXPECT_EQ(!kernel_before(6, 11),
			  !!(info.device_flags & IOASID_DEVICE_REPLACE));
	}
}

/* A device stores without end while it is moved to and fro. */
struct shuttle {
	const struct dev *dev;
	atomic_bool stop;
	atomic_uint good, bad;
};

static void *store_on(void *arg)
{
	struct shuttle *shuttle = arg;

	while (!shuttle->stop) {
		if (mock_store(shuttle->dev, BY_RID, IOVA, LENGTH) == MOCK_OK)
			shuttle->good++;
		else
			shuttle->bad++;
	}
	return NULL;
}

FIXTURE(moving) {
	int fd;
	__u32 space[2];
	char *va[2];
	struct dev dev;
	struct shuttle shuttle;
	pthread_t thread;
};

FIXTURE_SETUP(moving)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(mock_claim(&self->dev, LARGE, self->fd));
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(do_alloc(self->fd, &self->space[i]));
		self->va[i] = anon_populated(LENGTH);
		ASSERT_NE(NULL, self->va[i]);
		ASSERT_OK(do_map(self->fd, self->space[i], self->va[i], LENGTH,
				 IOVA, RW));
	}
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space[0]));
	self->shuttle = (struct shuttle){ .dev = &self->dev };
}

FIXTURE_TEARDOWN(moving)
{
	dev_release(&self->dev);
	close(self->fd);
	EXPECT_TRUE(mock_is_content());
}

/* Where the kernel can, not one access is refused. */
TEST_F(moving, without_a_window)
{
	struct ioasid_device_info info;
	int err;

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	if (!(info.device_flags & IOASID_DEVICE_REPLACE)) {
		EXPECT_TRUE(kernel_before(6, 11));
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_WINDOW,
			       do_attach_flags(self->fd, self->dev.id,
					       self->space[1],
					       IOASID_ATTACH_REPLACE, 0));
		return;
	}
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, store_on,
				    &self->shuttle));
	for (int i = 1; i <= MOVES; i++) {
		err = do_attach_flags(self->fd, self->dev.id,
				      self->space[i & 1], IOASID_ATTACH_REPLACE,
				      0);
		EXPECT_EQ(0, err) TH_LOG("%.159s", ea.message);
	}
	while (self->shuttle.good < 10 && !self->shuttle.bad)
		sched_yield();
	self->shuttle.stop = true;
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->shuttle.bad);
	EXPECT_GE(self->shuttle.good, 10);
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va[0], LENGTH,
			      SEED_A));
}

/* Otherwise some may be, but afterwards it is only in the new one. */
TEST_F(moving, by_a_window)
{
	if (kernel_before(5, 19))
		SKIP(return, "no iommu_group_claim_dma_owner(): only PCI can be stopped");
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, store_on,
				    &self->shuttle));
	for (int i = 1; i <= MOVES; i++)
		EXPECT_OK(do_replace(self->fd, self->dev.id,
				     self->space[i & 1]));
	self->shuttle.stop = true;
	pthread_join(self->thread, NULL);
	fill(self->va[1], LENGTH, SEED_CANARY);
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va[0], LENGTH,
			      SEED_A));
	EXPECT_TRUE(filled(self->va[1], LENGTH, SEED_CANARY));
}

/* Mapping, and other devices, in the meantime. */
TEST_F(moving, after_a_group_was_there)
{
	struct dev pair[2];

	ASSERT_OK(mock_claim(&pair[0], GROUP_A, self->fd));
	ASSERT_OK(dev_join(&pair[1], GROUP_B, &pair[0]));
	ASSERT_OK(dev_bind(&pair[1], self->fd));
	ASSERT_OK(mock_open(&pair[1]));
	for (int i = 0; i < 2; i++)
		ASSERT_OK(do_attach(self->fd, pair[i].id, self->space[1]));
	ASSERT_OK(do_replace(self->fd, self->dev.id, self->space[1]));
	ASSERT_OK(do_replace(self->fd, pair[0].id, self->space[0]));
	EXPECT_EQ(self->space[0], attached_to(self->fd, pair[1].id));
	EXPECT_TRUE(mock_sees(&self->dev, BY_RID, IOVA, self->va[1], LENGTH,
			      SEED_A));
	for (int i = 0; i < 2; i++) {
		fill(self->va[1], LENGTH, SEED_CANARY);
		EXPECT_TRUE(mock_sees(&pair[i], BY_RID, IOVA, self->va[0],
				      LENGTH, SEED_B));
		EXPECT_TRUE(filled(self->va[1], LENGTH, SEED_CANARY));
	}
	dev_release(&pair[1]);
	dev_release(&pair[0]);
}

TEST_HARNESS_MAIN
