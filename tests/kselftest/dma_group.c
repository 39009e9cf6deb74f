// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that share an IOMMU group, and devices that share nothing: who reaches
 * what when several devices, spaces, containers and contexts are in use at once.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "place.h"

enum {
	SEED_A = 300,
	SEED_B,
	SEED_C,
	SEED_CANARY,
};

/* The device reaches neither place; what it has in its buffer stays there. */
static bool is_blocked(struct engine *engine, struct place *place)
{
	return store_is_refused(engine, SINK, place->sink, SEED_CANARY);
}

/* Both functions of one group, bound to one context. */
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
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(dev_bind(&self->dev[i], self->fd));
		ASSERT_EQ(0, engine_open(&self->engine[i], &self->dev[i]));
	}
	ASSERT_OK(place_make(&self->here, self->fd));
	ASSERT_OK(place_make(&self->there, self->fd));
}

FIXTURE_TEARDOWN(group)
{
	for (int i = 1; i >= 0; i--) {
		engine_close(&self->engine[i]);
		dev_release(&self->dev[i]);
	}
	close(self->fd);
}

TEST_F(group, attached_one_by_one)
{
	EXPECT_TRUE(is_blocked(&self->engine[0], &self->here));
	EXPECT_TRUE(is_blocked(&self->engine[1], &self->here));
	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->here.space));
	EXPECT_TRUE(place_works(&self->engine[0], &self->here, SEED_A));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(self->fd, self->dev[1].id,
				 self->there.space));
	EXPECT_EQ(self->dev[0].id, ea.id);
	EXPECT_NE(NULL, strstr(ea.message, self->dev[0].name));
	ASSERT_OK(do_attach(self->fd, self->dev[1].id, self->here.space));
	EXPECT_TRUE(place_works(&self->engine[1], &self->here, SEED_B));
	EXPECT_TRUE(place_works(&self->engine[0], &self->here, SEED_C));
}

/* Blocked when the last one leaves, not before. */
TEST_F(group, detached_one_by_one)
{
	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->here.space));
	ASSERT_OK(do_attach(self->fd, self->dev[1].id, self->here.space));
	ASSERT_OK(do_detach(self->fd, self->dev[0].id));
	EXPECT_TRUE(place_works(&self->engine[1], &self->here, SEED_A));
	ASSERT_OK(do_detach(self->fd, self->dev[1].id));
	EXPECT_TRUE(is_blocked(&self->engine[0], &self->here));
	EXPECT_TRUE(is_blocked(&self->engine[1], &self->here));
	/* Nobody is attached any more, so the group can go elsewhere. */
	ASSERT_OK(do_attach(self->fd, self->dev[1].id, self->there.space));
	fill(self->here.sink, PAGE, SEED_CANARY);
	EXPECT_TRUE(place_works(&self->engine[1], &self->there, SEED_B));
	EXPECT_TRUE(filled(self->here.sink, PAGE, SEED_CANARY));
}

TEST_F(group, unbound_one_by_one)
{
	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->here.space));
	ASSERT_OK(do_attach(self->fd, self->dev[1].id, self->here.space));
	ASSERT_OK(do_unbind(self->dev[0].container, self->fd, self->dev[0].id));
	EXPECT_TRUE(place_works(&self->engine[1], &self->here, SEED_A));
	ASSERT_OK(do_unbind(self->dev[1].container, self->fd, self->dev[1].id));
	EXPECT_TRUE(is_blocked(&self->engine[1], &self->here));
	EXPECT_TRUE(is_blocked(&self->engine[0], &self->here));
	ASSERT_OK(dev_bind(&self->dev[0], self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->there.space));
	EXPECT_TRUE(place_works(&self->engine[0], &self->there, SEED_B));
}

/* Two devices with a group each: through one container, or two, or two contexts. */
FIXTURE(pair) {
	int fd[2];
	struct dev dev[2];
	struct engine engine[2];
	struct place place[2];
};

FIXTURE_VARIANT(pair) {
	bool one_container;
	bool one_context;
};

FIXTURE_VARIANT_ADD(pair, one_container) {
	.one_container = true,
	.one_context = true,
};

FIXTURE_VARIANT_ADD(pair, two_containers) {
	.one_context = true,
};

FIXTURE_VARIANT_ADD(pair, one_container_two_contexts) {
	.one_container = true,
};

FIXTURE_VARIANT_ADD(pair, all_separate) {
};

FIXTURE_SETUP(pair)
{
	self->fd[0] = ctx_open();
	self->fd[1] = variant->one_context ? dup(self->fd[0]) : ctx_open();
	ASSERT_GE(self->fd[0], 0);
	ASSERT_GE(self->fd[1], 0);
	ASSERT_EQ(0, dev_claim(&self->dev[0], EDU_A));
	ASSERT_EQ(0, variant->one_container ?
		  dev_join(&self->dev[1], EDU_B, &self->dev[0]) :
		  dev_claim(&self->dev[1], EDU_B));
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(dev_bind(&self->dev[i], self->fd[i]));
		ASSERT_EQ(0, engine_open(&self->engine[i], &self->dev[i]));
		ASSERT_OK(place_make(&self->place[i], self->fd[i]));
		ASSERT_OK(do_attach(self->fd[i], self->dev[i].id,
				    self->place[i].space));
	}
}

FIXTURE_TEARDOWN(pair)
{
	for (int i = 1; i >= 0; i--) {
		engine_close(&self->engine[i]);
		dev_release(&self->dev[i]);
		close(self->fd[i]);
	}
}

/* Each sees its own memory at the same IOVA, and never the other's. */
TEST_F(pair, are_separate)
{
	ASSERT_TRUE(place_works(&self->engine[0], &self->place[0], SEED_A));
	fill(self->place[0].sink, PAGE, SEED_CANARY);
	EXPECT_TRUE(place_works(&self->engine[1], &self->place[1], SEED_B));
	EXPECT_TRUE(filled(self->place[0].sink, PAGE, SEED_CANARY));

	ASSERT_OK(do_detach(self->fd[0], self->dev[0].id));
	EXPECT_TRUE(is_blocked(&self->engine[0], &self->place[0]));
	EXPECT_TRUE(place_works(&self->engine[1], &self->place[1], SEED_C));
	ASSERT_OK(do_attach(self->fd[0], self->dev[0].id,
			    self->place[0].space));
	EXPECT_TRUE(place_works(&self->engine[0], &self->place[0], SEED_C));
}

/* One context's end blocks its device, and not the other context's. */
TEST_F(pair, one_context_closes)
{
	if (variant->one_context)
		return;
	ASSERT_TRUE(place_works(&self->engine[0], &self->place[0], SEED_A));
	close(self->fd[0]);
	self->fd[0] = -1;
	EXPECT_TRUE(is_blocked(&self->engine[0], &self->place[0]));
	EXPECT_TRUE(place_works(&self->engine[1], &self->place[1], SEED_B));
	/* The device is free for the context that is left. */
	ASSERT_OK(dev_bind(&self->dev[0], self->fd[1]));
	ASSERT_OK(do_attach(self->fd[1], self->dev[0].id,
			    self->place[1].space));
	EXPECT_TRUE(place_works(&self->engine[0], &self->place[1], SEED_C));
}

TEST_HARNESS_MAIN
