// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_IOASID_ADOPT: the space of a type1 container with an id in a context. Both sides see
 * the same mappings, devices of other containers join it, and whichever side ends first
 * leaves it to the other.
 */
#include "kselftest_harness.h"

#include <sys/ioctl.h>

#include "dma.h"
#include "expect.h"
#include "peer.h"
#include "type1.h"

#define SOURCE	0x100000ULL
#define SINK	0x200000ULL
#define TARGET	0x300000ULL

enum {
	SEED_A = 300,
	SEED_B,
	SEED_CANARY,
};

FIXTURE(adopt) {
	struct dev dev;		/* in the type1 container */
	struct engine engine;
	int container, fd;
	__u32 space;
	char *source, *sink, *target;
};

FIXTURE_SETUP(adopt)
{
	self->source = anon(3 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
	self->target = self->sink + PAGE;
	ASSERT_EQ(0, type1_claim(&self->dev, EDU_A, VFIO_TYPE1v2_IOMMU, true));
	self->container = self->dev.container;
	ASSERT_EQ(0, t1_map(self->container, self->source, PAGE, SOURCE, T1_RW));
	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(t1_adopt(self->container, self->fd, &self->space));
	ASSERT_NE(0, self->space);
	/* One mapping of each side. */
	ASSERT_OK(do_map(self->fd, self->space, self->sink, PAGE, SINK, RW));
}

FIXTURE_TEARDOWN(adopt)
{
	engine_close(&self->engine);
	dev_release(&self->dev);
	close(self->fd);
}

#define WORKS(_engine, _seed)						\
	engine_works(_engine, self->source, SOURCE, self->sink, SINK, _seed)

TEST_F(adopt, refusals)
{
	struct vfio_ioasid_adopt adopt = {
		.size = sizeof(adopt),
		.flags = 1,
		.ioasid_fd = self->fd,
	};
	int other = ctx_open();
	struct dev dev;
	__u32 id;

	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_FLAGS,
		       cmd(self->container, VFIO_IOASID_ADOPT, &adopt));
	adopt.flags = 0;
	adopt.size = sizeof(adopt) - 1;
	EXPECT_REFUSED(EINVAL, IOASID_REASON_SIZE,
		       cmd(self->container, VFIO_IOASID_ADOPT, &adopt));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       t1_adopt(self->container, -1, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       t1_adopt(self->container, self->container, &id));
	/* Once only, here and elsewhere. */
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IN_USE,
		       t1_adopt(self->container, self->fd, &id));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IN_USE,
		       t1_adopt(self->container, other, &id));
	/* A failed one took no id. */
	EXPECT_OK(do_alloc(other, &id));
	EXPECT_EQ(1, id);

	ASSERT_EQ(0, dev_claim(&dev, EDU_B));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       t1_adopt(dev.container, other, &id));
	dev_release(&dev);
	ASSERT_EQ(0, type1_claim(&dev, EDU_B, VFIO_TYPE1v2_IOMMU, false));
	EXPECT_EQ(ENOTTY, t1_adopt(dev.container, other, &id));
	dev_release(&dev);
	close(other);
}

TEST_F(adopt, both_see_the_same)
{
	__u64 unmapped = 0;

	EXPECT_EQ(2, num_areas(self->fd, self->space));
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	EXPECT_EQ(EEXIST, t1_map(self->container, self->target, PAGE, SINK,
				 T1_RW));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED,
		       do_map(self->fd, self->space, self->target, PAGE, SOURCE,
			      RW));
	EXPECT_EQ(0, t1_unmap(self->container, SINK, PAGE, 0, &unmapped));
	EXPECT_EQ(PAGE, unmapped);
	EXPECT_OK(do_unmap(self->fd, self->space, SOURCE, PAGE));
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	EXPECT_EQ(0, locked_bytes(0));
	EXPECT_TRUE(store_is_refused(&self->engine, SINK, self->sink,
				     SEED_CANARY));
}

/* An address that was taken back is forgotten with its mapping, whoever unmaps it. */
TEST_F(adopt, addresses_taken_back)
{
	__u64 unmapped = 0;

	ASSERT_EQ(0, t1_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_VADDR |
			      VFIO_DMA_UNMAP_FLAG_ALL, NULL));
	EXPECT_OK(do_unmap_all(self->fd, self->space, &unmapped));
	EXPECT_EQ(2 * PAGE, unmapped);
	EXPECT_EQ(ENOENT, t1_map(self->container, self->source, PAGE, SOURCE,
				 VFIO_DMA_MAP_FLAG_VADDR));
	EXPECT_EQ(0, t1_map(self->container, self->source, PAGE, SOURCE, T1_RW));
}

/* A device of another container, of another process as it were, shares the table. */
TEST_F(adopt, another_device)
{
	struct engine second = { 0 };
	struct ioasid_get_info info = { .size = sizeof(info) };
	struct dev dev;

	ASSERT_EQ(0, dev_claim(&dev, EDU_B));
	ASSERT_OK(dev_bind(&dev, self->fd));
	ASSERT_OK(do_attach(self->fd, dev.id, self->space));
	ASSERT_EQ(0, engine_open(&second, &dev));
	EXPECT_TRUE(WORKS(&second, SEED_A));
	ASSERT_EQ(0, t1_map(self->container, self->target, PAGE, TARGET, T1_RW));
	EXPECT_TRUE(store_arrives(&second, TARGET, self->target, SEED_A));
	ASSERT_OK(do_get_info(self->fd, self->space, &info));
	EXPECT_EQ(2, info.num_devices);
	EXPECT_EQ(1, info.num_domains);
	ASSERT_EQ(0, t1_unmap(self->container, TARGET, PAGE, 0, NULL));
	EXPECT_TRUE(store_is_refused(&second, TARGET, self->target,
				     SEED_CANARY));
	EXPECT_TRUE(WORKS(&self->engine, SEED_B));
	engine_close(&second);
	dev_release(&dev);
}

/* Another process has the fd, and maps its memory for this one's device. */
TEST_F(adopt, another_process)
{
	struct peer peer;
	__u64 mine;

	ASSERT_EQ(0, peer_start(&peer, ~0ULL));
	ASSERT_EQ(0, peer_give(&peer, self->fd));
	mine = locked_bytes(0);
	EXPECT_EQ(0, peer_map(&peer, self->space, TARGET, 1).err);
	EXPECT_EQ(mine, locked_bytes(0));
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	ASSERT_EQ(0, engine_store(&self->engine, TARGET));
	ASSERT_EQ(0, engine_load(&self->engine, TARGET));
	EXPECT_TRUE(store_arrives(&self->engine, SINK, self->sink, SEED_A));
	peer_stop(&peer);
}

TEST_F(adopt, container_ends_first)
{
	struct engine second = { 0 };
	struct dev dev;

	ASSERT_EQ(0, dev_claim(&dev, EDU_B));
	ASSERT_OK(dev_bind(&dev, self->fd));
	ASSERT_OK(do_attach(self->fd, dev.id, self->space));
	ASSERT_EQ(0, engine_open(&second, &dev));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->space));
	engine_close(&self->engine);
	dev_release(&self->dev);
	EXPECT_EQ(2, num_areas(self->fd, self->space));
	EXPECT_EQ(2 * PAGE, locked_bytes(0));
	EXPECT_TRUE(WORKS(&second, SEED_A));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->space));
	ASSERT_OK(do_detach(self->fd, dev.id));
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_EQ(0, locked_bytes(0));
	engine_close(&second);
	dev_release(&dev);
}

TEST_F(adopt, context_ends_first)
{
	int other = ctx_open();
	__u32 id;

	close(self->fd);
	self->fd = other;
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	EXPECT_EQ(2 * PAGE, locked_bytes(0));
	EXPECT_OK(t1_adopt(self->container, other, &id));
	EXPECT_EQ(2, num_areas(other, id));
	EXPECT_TRUE(WORKS(&self->engine, SEED_B));
	close(other);
	self->fd = ctx_open();
	engine_close(&self->engine);
	dev_release(&self->dev);
	EXPECT_EQ(0, locked_bytes(0));
}

/* The container's own device: bound, it follows its group and goes nowhere else. */
TEST_F(adopt, the_same_device_bound)
{
	__u32 other;

	ASSERT_OK(dev_bind(&self->dev, self->fd));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	ASSERT_OK(do_alloc(self->fd, &other));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(self->fd, self->dev.id, other));
	EXPECT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	EXPECT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_TRUE(WORKS(&self->engine, SEED_B));
	EXPECT_OK(do_unbind(self->container, self->fd, self->dev.id));
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	EXPECT_OK(do_free(self->fd, other));
}

/* What people see of it. */
TEST_F(adopt, fdinfo)
{
	char path[64], text[4096] = "", line[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	snprintf(line, sizeof(line), "id=%u ", self->space);
	file = fopen(path, "r");
	ASSERT_NE(NULL, file);
	ASSERT_GT(fread(text, 1, sizeof(text) - 1, file), 0);
	fclose(file);
	EXPECT_NE(NULL, strstr(text, "space:\t"));
	EXPECT_NE(NULL, strstr(text, line));
}

TEST_HARNESS_MAIN
