// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that leave while they are bound and attached: their group is taken from
 * the container, its descriptor closed, or the driver unbound. The id is dead then
 * and says so; spaces and the other devices live on.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "dma.h"
#include "expect.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

enum {
	SEED_A = 500,
	SEED_B,
	SEED_C,
	SEED_CANARY,
};

/* Two devices of one container in one space: the first goes, the second stays. */
FIXTURE(gone) {
	int fd;
	__u32 space;
	struct dev leaver, stayer;
	struct engine engine;		/* the stayer's */
	char *source, *sink;
};

FIXTURE_SETUP(gone)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->source = anon(2 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
	ASSERT_OK(do_map(self->fd, self->space, self->source, PAGE, SOURCE, RW));
	ASSERT_OK(do_map(self->fd, self->space, self->sink, PAGE, SINK, RW));
	ASSERT_EQ(0, dev_claim(&self->stayer, EDU_B));
	ASSERT_EQ(0, dev_join(&self->leaver, EDU_A, &self->stayer));
	ASSERT_OK(dev_bind(&self->stayer, self->fd));
	ASSERT_OK(dev_bind(&self->leaver, self->fd));
	ASSERT_OK(do_attach(self->fd, self->stayer.id, self->space));
	ASSERT_OK(do_attach(self->fd, self->leaver.id, self->space));
	ASSERT_EQ(0, engine_open(&self->engine, &self->stayer));
	ASSERT_TRUE(engine_works(&self->engine, self->source, SOURCE, self->sink,
				 SINK, SEED_A));
}

FIXTURE_TEARDOWN(gone)
{
	engine_close(&self->engine);
	dev_release(&self->leaver);
	dev_release(&self->stayer);
	close(self->fd);
}

/* Every command on the id is refused, until it is freed. */
static void is_dead(struct __test_metadata *_metadata, int fd, __u32 id,
		    __u32 space)
{
	struct ioasid_device_info info;

	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_device_info(fd, id, &info));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_attach(fd, id, space));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE, do_detach(fd, id));
	EXPECT_OK(do_free(fd, id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_device_info(fd, id, &info));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT, do_free(fd, id));
}

/* The space has one device now, its mappings, and they work. */
#define EXPECT_UNHARMED(_seed)						\
	do {								\
		struct ioasid_get_info info;				\
									\
		ASSERT_OK(do_get_info(self->fd, self->space, &info));	\
		EXPECT_EQ(1, info.num_devices);				\
		EXPECT_EQ(2, info.num_areas);				\
		EXPECT_EQ(self->space,					\
			  attached_to(self->fd, self->stayer.id));	\
		EXPECT_TRUE(engine_works(&self->engine, self->source,	\
					 SOURCE, self->sink, SINK,	\
					 _seed));			\
	} while (0)

/* The device that left can come back, under a new id, and do DMA. */
#define COMES_BACK()							\
	do {								\
		struct engine engine;					\
									\
		ASSERT_OK(dev_bind(&self->leaver, self->fd));		\
		EXPECT_EQ(0, attached_to(self->fd, self->leaver.id));	\
		ASSERT_OK(do_attach(self->fd, self->leaver.id,		\
				    self->space));			\
		ASSERT_EQ(0, engine_open(&engine, &self->leaver));	\
		EXPECT_TRUE(engine_works(&engine, self->source, SOURCE,	\
					 self->sink, SINK, SEED_C));	\
		engine_close(&engine);					\
	} while (0)

TEST_F(gone, group_taken_from_the_container)
{
	__u32 dead = self->leaver.id;

	ASSERT_EQ(0, group_unset(self->leaver.group));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_unbind(self->stayer.container, self->fd, dead));
	EXPECT_UNHARMED(SEED_B);
	/* Bound again while the dead id is still there. */
	ASSERT_EQ(0, group_set(self->leaver.group, self->stayer.container));
	COMES_BACK();
	EXPECT_NE(dead, self->leaver.id);
	is_dead(_metadata, self->fd, dead, self->space);
	EXPECT_EQ(self->space, attached_to(self->fd, self->leaver.id));
}

TEST_F(gone, group_closed)
{
	close(self->leaver.group);
	self->leaver.group = -1;
	EXPECT_UNHARMED(SEED_B);
	is_dead(_metadata, self->fd, self->leaver.id, self->space);
	ASSERT_EQ(0, group_open(self->leaver.name, &self->leaver.group));
	ASSERT_EQ(0, group_set(self->leaver.group, self->stayer.container));
	COMES_BACK();
}

/* The only group of a container: the container has no backend any more. */
TEST_F(gone, last_group_of_the_container)
{
	struct dev alone;
	__u32 id, space;

	ASSERT_EQ(0, dev_claim(&alone, EDU_C0));
	ASSERT_OK(dev_bind(&alone, self->fd));
	ASSERT_OK(do_alloc(self->fd, &space));
	ASSERT_OK(do_attach(self->fd, alone.id, space));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE, do_free(self->fd, space));
	id = alone.id;
	ASSERT_EQ(0, group_unset(alone.group));
	EXPECT_EQ(EINVAL, do_unbind(alone.container, self->fd, id));
	/* Nothing holds the space now. */
	EXPECT_OK(do_free(self->fd, space));
	is_dead(_metadata, self->fd, id, self->space);

	/* The same container starts anew. */
	ASSERT_EQ(0, group_set(alone.group, alone.container));
	ASSERT_EQ(0, container_use(alone.container, VFIO_IOASID_IOMMU));
	EXPECT_OK(dev_bind(&alone, self->fd));
	EXPECT_OK(do_attach(self->fd, alone.id, self->space));
	dev_release(&alone);
}

/* A device that is blocked and not in any space dies the same way. */
TEST_F(gone, while_detached)
{
	ASSERT_OK(do_detach(self->fd, self->leaver.id));
	ASSERT_EQ(0, group_unset(self->leaver.group));
	EXPECT_UNHARMED(SEED_B);
	is_dead(_metadata, self->fd, self->leaver.id, self->space);
}

TEST_F(gone, context_closes_with_a_dead_device)
{
	ASSERT_EQ(0, group_unset(self->leaver.group));
	close(self->fd);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	EXPECT_TRUE(store_is_refused(&self->engine, SINK, self->sink,
				     SEED_CANARY));
	ASSERT_OK(dev_bind(&self->stayer, self->fd));
}

/* After it left, the device is back in the state any driver expects. */
TEST_F(gone, claimed_by_another_container)
{
	struct engine engine;
	__u32 dead = self->leaver.id;
	struct dev next;

	dev_release(&self->leaver);
	ASSERT_EQ(0, dev_claim(&next, EDU_A));
	ASSERT_OK(dev_bind(&next, self->fd));
	ASSERT_OK(do_attach(self->fd, next.id, self->space));
	ASSERT_EQ(0, engine_open(&engine, &next));
	EXPECT_TRUE(engine_works(&engine, self->source, SOURCE, self->sink, SINK,
				 SEED_B));
	engine_close(&engine);
	is_dead(_metadata, self->fd, dead, self->space);
	dev_release(&next);
}

/* Two devices of one group in the space; the first has an engine. */
struct pair {
	struct dev first, second;
	struct engine engine;
};

static int pair_start(struct pair *pair, int fd, __u32 space)
{
	int err = dev_claim(&pair->first, EDU_C0);

	err = err ? err : dev_join(&pair->second, EDU_C1, &pair->first);
	err = err ? err : dev_bind(&pair->first, fd);
	err = err ? err : dev_bind(&pair->second, fd);
	err = err ? err : do_attach(fd, pair->first.id, space);
	err = err ? err : do_attach(fd, pair->second.id, space);
	return err ? err : engine_open(&pair->engine, &pair->first);
}

static void pair_end(struct pair *pair)
{
	engine_close(&pair->engine);
	dev_release(&pair->second);
	dev_release(&pair->first);
}

/* Its driver is taken away, which is the end for it and for nobody else. */
TEST_F(gone, driver_taken_away)
{
	struct pair pair;
	__u32 dead;

	ASSERT_EQ(0, pair_start(&pair, self->fd, self->space));
	dead = pair.second.id;
	ASSERT_EQ(0, driver_unbind(pair.second.name));
	is_dead(_metadata, self->fd, dead, self->space);
	EXPECT_TRUE(engine_works(&pair.engine, self->source, SOURCE, self->sink,
				 SINK, SEED_B));
	ASSERT_EQ(0, vfio_bind(pair.second.name));
	EXPECT_OK(dev_bind(&pair.second, self->fd));
	EXPECT_OK(do_attach(self->fd, pair.second.id, self->space));
	engine_close(&pair.engine);
	ASSERT_EQ(0, engine_open(&pair.engine, &pair.second));
	EXPECT_TRUE(engine_works(&pair.engine, self->source, SOURCE, self->sink,
				 SINK, SEED_C));
	pair_end(&pair);
}

TEST_HARNESS_MAIN
