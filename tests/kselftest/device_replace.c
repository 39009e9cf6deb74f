// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_ATTACH_REPLACE with real DMA: from one space to another, of devices that are
 * alone and of devices that share a group, while DMA runs, and refused.
 *
 * No emulated IOMMU can do it without blocking DMA for a while, so all of it accepts
 * that; that it has to is a test as well.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "place.h"
#include "stage.h"

#define ELSEWHERE	0x300000ULL

enum {
	SEED_A = 700,
	SEED_B,
	SEED_C,
	SEED_CANARY,
};

/* DMA works in the one space, and nothing of it is seen in the other. */
static bool only_in(struct engine *engine, struct place *here,
		    struct place *there, unsigned int seed)
{
	fill(there->sink, PAGE, SEED_CANARY);
	return place_works(engine, here, seed) &&
	       filled(there->sink, PAGE, SEED_CANARY);
}

FIXTURE(solo) {
	int fd;
	struct dev dev;
	struct engine engine;
	struct place here, there;
};

FIXTURE_SETUP(solo)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	ASSERT_OK(place_make(&self->here, self->fd));
	ASSERT_OK(place_make(&self->there, self->fd));
}

FIXTURE_TEARDOWN(solo)
{
	engine_close(&self->engine);
	dev_release(&self->dev);
	close(self->fd);
}

static __u32 devices_in(int fd, __u32 space)
{
	struct ioasid_get_info info;

	return do_get_info(fd, space, &info) ? ~0U : info.num_devices;
}

static __u32 domains_of(int fd, __u32 space)
{
	struct ioasid_get_info info;

	return do_get_info(fd, space, &info) ? ~0U : info.num_domains;
}

TEST_F(solo, to_and_fro)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there, SEED_A));
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(do_replace(self->fd, self->dev.id, self->there.space));
		EXPECT_EQ(self->there.space,
			  attached_to(self->fd, self->dev.id));
		EXPECT_EQ(0, devices_in(self->fd, self->here.space));
		EXPECT_EQ(0, domains_of(self->fd, self->here.space));
		EXPECT_EQ(1, devices_in(self->fd, self->there.space));
		EXPECT_TRUE(only_in(&self->engine, &self->there, &self->here,
				    SEED_B));
		ASSERT_OK(do_replace(self->fd, self->dev.id, self->here.space));
		EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there,
				    SEED_C));
	}
	/* The space that was left is really left. */
	EXPECT_OK(do_free(self->fd, self->there.space));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->here.space));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_TRUE(store_is_refused(&self->engine, SINK, self->here.sink,
				     SEED_CANARY));
}

/* A third space, which was made from scratch, and mapped into while it moved. */
TEST_F(solo, what_is_mapped_later)
{
	char *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	ASSERT_OK(do_replace(self->fd, self->dev.id, self->there.space));
	ASSERT_OK(do_map(self->fd, self->there.space, page, PAGE, ELSEWHERE, RW));
	EXPECT_TRUE(engine_works(&self->engine, self->there.source, SOURCE, page,
				 ELSEWHERE, SEED_A));
	ASSERT_OK(do_unmap(self->fd, self->there.space, ELSEWHERE, PAGE));
	EXPECT_TRUE(store_is_refused(&self->engine, ELSEWHERE, page,
				     SEED_CANARY));
	/* Mapped in the space that was left, it is out of reach. */
	ASSERT_OK(do_map(self->fd, self->here.space, page, PAGE, ELSEWHERE, RW));
	EXPECT_TRUE(store_is_refused(&self->engine, ELSEWHERE, page,
				     SEED_CANARY));
}

TEST_F(solo, to_where_it_is)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	ASSERT_OK(do_replace(self->fd, self->dev.id, self->here.space));
	/* Nothing has to be blocked for that. */
	ASSERT_OK(do_attach_flags(self->fd, self->dev.id, self->here.space,
				  IOASID_ATTACH_REPLACE, 0));
	EXPECT_EQ(1, devices_in(self->fd, self->here.space));
	EXPECT_TRUE(place_works(&self->engine, &self->here, SEED_A));
}

/*
 * The device has begun before it is moved, and its DMA ends after. It may be lost, but
 * if it arrives then in one of the two spaces, and nowhere else.
 */
TEST_F(solo, while_dma_runs)
{
	char *watch = anon(PAGE);

	ASSERT_NE(NULL, watch);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	ASSERT_TRUE(place_works(&self->engine, &self->here, SEED_A));
	for (int i = 0; i < 4; i++) {
		struct place *from = i & 1 ? &self->there : &self->here;
		struct place *to = i & 1 ? &self->here : &self->there;

		fill(from->sink, PAGE, SEED_CANARY);
		fill(to->sink, PAGE, SEED_CANARY);
		fill(from->source, PAGE, SEED_B);
		fill(to->source, PAGE, SEED_C);
		fill(watch, PAGE, SEED_CANARY);
		ASSERT_EQ(0, edu_dma_start(self->engine.edu, EDU_FROM_DEVICE,
					   SINK, 0, DMA_LEN));
		ASSERT_OK(do_replace(self->fd, self->dev.id, to->space));
		ASSERT_EQ(0, edu_dma_wait(self->engine.edu, EDU_DMA_TIMEOUT));
		EXPECT_TRUE(filled(from->source, PAGE, SEED_B));
		EXPECT_TRUE(filled(to->source, PAGE, SEED_C));
		EXPECT_TRUE(filled(watch, PAGE, SEED_CANARY));
		EXPECT_FALSE(filled(from->sink, DMA_LEN, SEED_A) &&
			     filled(to->sink, DMA_LEN, SEED_A));
		EXPECT_TRUE(filled(from->sink, PAGE, SEED_CANARY) ||
			    filled(from->sink, DMA_LEN, SEED_A));
		EXPECT_TRUE(filled(to->sink, PAGE, SEED_CANARY) ||
			    filled(to->sink, DMA_LEN, SEED_A));
		EXPECT_TRUE(only_in(&self->engine, to, from, SEED_A));
	}
}

TEST_F(solo, refusals)
{
	ASSERT_EQ(0, attached_to(self->fd, self->dev.id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_replace(self->fd, self->dev.id, self->here.space));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       do_attach_flags(self->fd, self->dev.id, self->here.space,
				       IOASID_ATTACH_ALLOW_WINDOW, 0));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_replace(self->fd, self->dev.id, NO_ID));
	EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there, SEED_A));
}

/* What DEVICE_INFO says decides what a replacement without a window does. */
TEST_F(solo, a_window_has_to_be_accepted)
{
	struct ioasid_device_info info;

	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_EQ(0, info.device_flags & IOASID_DEVICE_REPLACE);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_WINDOW,
		       do_attach_flags(self->fd, self->dev.id, self->there.space,
				       IOASID_ATTACH_REPLACE, 0));
	EXPECT_EQ(self->here.space, attached_to(self->fd, self->dev.id));
	EXPECT_EQ(0, devices_in(self->fd, self->there.space));
	EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there, SEED_A));
}

/* What is mapped in the new space is in the way: the device stays where it is. */
TEST_F(solo, conflicts_leave_it_where_it_is)
{
	const struct ioasid_iova_range msi = { MSI_FIRST, MSI_LAST };
	char *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	ASSERT_OK(do_map(self->fd, self->there.space, page, PAGE, MSI_FIRST,
			 RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
		       do_replace(self->fd, self->dev.id, self->there.space));
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there, SEED_A));
	ASSERT_OK(do_unmap(self->fd, self->there.space, MSI_FIRST, PAGE));

	/* This one is known only to the page table, so inside the window. */
	ASSERT_OK(do_map(self->fd, self->there.space, page, PAGE, 1ULL << 60,
			 RW));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
		       do_replace(self->fd, self->dev.id, self->there.space));
	EXPECT_EQ(self->here.space, attached_to(self->fd, self->dev.id));
	EXPECT_EQ(0, devices_in(self->fd, self->there.space));
	EXPECT_EQ(0, domains_of(self->fd, self->there.space));
	EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there, SEED_B));
	ASSERT_OK(do_unmap(self->fd, self->there.space, 1ULL << 60, PAGE));

	ASSERT_OK(do_allow(self->fd, self->there.space, &msi, 1));
	EXPECT_REFUSED(EADDRNOTAVAIL, IOASID_REASON_IOVA_ALLOWED,
		       do_replace(self->fd, self->dev.id, self->there.space));
	ASSERT_OK(do_allow(self->fd, self->there.space, NULL, 0));
	ASSERT_OK(do_replace(self->fd, self->dev.id, self->there.space));
	EXPECT_TRUE(only_in(&self->engine, &self->there, &self->here, SEED_C));
}

/* A reset in the old space, in the new one: the device stays attached. */
TEST_F(solo, reset)
{
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->here.space));
	ASSERT_TRUE(place_works(&self->engine, &self->here, SEED_A));
	engine_close(&self->engine);
	/* VFIO resets what it can when a device is closed, and when it is opened. */
	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	EXPECT_EQ(self->here.space, attached_to(self->fd, self->dev.id));
	EXPECT_TRUE(only_in(&self->engine, &self->here, &self->there, SEED_B));
	ASSERT_OK(do_replace(self->fd, self->dev.id, self->there.space));
	EXPECT_TRUE(only_in(&self->engine, &self->there, &self->here, SEED_C));
}

/* Both functions of one group. */
FIXTURE(group) {
	int fd;
	struct dev dev[2];
	struct engine engine[2];
	struct place here, there;
};

FIXTURE_SETUP(group)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, dev_claim(&self->dev[0], EDU_C0));
	ASSERT_EQ(0, dev_join(&self->dev[1], EDU_C1, &self->dev[0]));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, engine_open(&self->engine[i], &self->dev[i]));
	ASSERT_OK(dev_bind(&self->dev[0], self->fd));
	ASSERT_OK(place_make(&self->here, self->fd));
	ASSERT_OK(place_make(&self->there, self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->here.space));
}

FIXTURE_TEARDOWN(group)
{
	for (int i = 1; i >= 0; i--) {
		engine_close(&self->engine[i]);
		dev_release(&self->dev[i]);
	}
	close(self->fd);
}

TEST_F(group, moves_together)
{
	ASSERT_OK(dev_bind(&self->dev[1], self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev[1].id, self->here.space));
	ASSERT_OK(do_replace(self->fd, self->dev[1].id, self->there.space));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(self->there.space,
			  attached_to(self->fd, self->dev[i].id));
		EXPECT_TRUE(only_in(&self->engine[i], &self->there, &self->here,
				    SEED_A + i));
	}
	EXPECT_EQ(0, devices_in(self->fd, self->here.space));
	EXPECT_EQ(2, devices_in(self->fd, self->there.space));
	/* They leave one by one, as if they had come so. */
	ASSERT_OK(do_detach(self->fd, self->dev[1].id));
	EXPECT_TRUE(place_works(&self->engine[0], &self->there, SEED_C));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->there.space));
	EXPECT_EQ(self->dev[0].id, ea.id);
	ASSERT_OK(do_detach(self->fd, self->dev[0].id));
	EXPECT_OK(do_free(self->fd, self->there.space));
}

/* A member that is not attached is not attached by it. */
TEST_F(group, one_that_is_not_attached)
{
	ASSERT_OK(dev_bind(&self->dev[1], self->fd));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_replace(self->fd, self->dev[1].id, self->there.space));
	ASSERT_OK(do_replace(self->fd, self->dev[0].id, self->there.space));
	EXPECT_EQ(0, attached_to(self->fd, self->dev[1].id));
	EXPECT_EQ(1, devices_in(self->fd, self->there.space));
	EXPECT_OK(do_attach(self->fd, self->dev[1].id, self->there.space));
	EXPECT_TRUE(only_in(&self->engine[1], &self->there, &self->here,
			    SEED_A));
}

/* A member that someone else has bound is not attached by it, nor in the way. */
TEST_F(group, one_of_another_context)
{
	int other = ctx_open();

	ASSERT_GE(other, 0);
	ASSERT_OK(dev_bind(&self->dev[1], other));
	ASSERT_OK(do_replace(self->fd, self->dev[0].id, self->there.space));
	ASSERT_OK(do_replace(self->fd, self->dev[0].id, self->here.space));
	EXPECT_EQ(0, attached_to(other, self->dev[1].id));
	EXPECT_TRUE(place_works(&self->engine[0], &self->here, SEED_A));
	close(other);
}

TEST_HARNESS_MAIN
