// SPDX-License-Identifier: GPL-2.0
/*
 * Races with a decided end: a command sleeps half way, and meanwhile its group leaves
 * the container, its context is closed, its space freed, the module removed. It has to
 * find out when it wakes.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "asleep.h"
#include "common.h"
#include "dma.h"
#include "expect.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

FIXTURE(asleep) {
	int fd;
	__u32 space;
	struct dev dev;		/* claimed, not bound */
	struct lure lure;
	struct sleeper sleeper;
	char *memory;		/* 4 pages */
	__u64 locked;
};

FIXTURE_SETUP(asleep)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_EQ(0, lure_make(&self->lure));
	self->memory = anon(4 * PAGE);
	ASSERT_NE(NULL, self->memory);
	self->locked = locked_bytes(0);
}

FIXTURE_TEARDOWN(asleep)
{
	dev_release(&self->dev);
	close(self->fd);
}

/* A BIND whose name is not there yet. */
static struct vfio_ioasid_bind bind_without_name(struct lure *lure,
						 struct sleeper *sleeper,
						 int fd)
{
	return (struct vfio_ioasid_bind){
		.size = sizeof(struct vfio_ioasid_bind),
		.extack = (uintptr_t)&sleeper->ea,
		.ioasid_fd = fd,
		.device = (uintptr_t)lure->page,
	};
}

#define BIND_WITHOUT_NAME()						\
	bind_without_name(&self->lure, &self->sleeper, self->fd)
#define FALL_ASLEEP(_fd, _nr, _arg)					\
	ASSERT_TRUE(sleeper_start(&self->sleeper, &self->lure, _fd, _nr, _arg))
#define WAKE_WITH_NAME()						\
	do {								\
		ASSERT_EQ(0, lure_release(&self->lure, self->dev.name,	\
					  strlen(self->dev.name) + 1));	\
		sleeper_join(&self->sleeper);				\
	} while (0)

/* The device can be claimed, bound, attached, and nothing holds the space. */
static void still_works(struct __test_metadata *_metadata, struct dev *dev)
{
	char *source = anon(2 * PAGE);
	char *sink = source + PAGE;
	struct engine engine;
	int fd = ctx_open();
	__u32 space;

	ASSERT_NE(NULL, source);
	ASSERT_GE(fd, 0);
	dev_release(dev);
	ASSERT_EQ(0, dev_claim(dev, EDU_A));
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_map(fd, space, source, PAGE, SOURCE, RW));
	ASSERT_OK(do_map(fd, space, sink, PAGE, SINK, RW));
	ASSERT_OK(dev_bind(dev, fd));
	ASSERT_OK(do_attach(fd, dev->id, space));
	ASSERT_EQ(0, engine_open(&engine, dev));
	EXPECT_TRUE(engine_works(&engine, source, SOURCE, sink, SINK, 1000));
	engine_close(&engine);
	close(fd);
}

TEST_F(asleep, bind_undisturbed)
{
	struct vfio_ioasid_bind bind = BIND_WITHOUT_NAME();

	FALL_ASLEEP(self->dev.container, VFIO_IOASID_BIND, &bind);
	WAKE_WITH_NAME();
	EXPECT_EQ(0, self->sleeper.err);
	EXPECT_EQ(0, attached_to(self->fd, bind.dev_id));
}

TEST_F(asleep, bind_while_the_group_leaves)
{
	struct vfio_ioasid_bind bind = BIND_WITHOUT_NAME();

	FALL_ASLEEP(self->dev.container, VFIO_IOASID_BIND, &bind);
	ASSERT_EQ(0, group_unset(self->dev.group));
	WAKE_WITH_NAME();
	EXPECT_EQ(ENODEV, self->sleeper.err);
	EXPECT_EQ(IOASID_REASON_CONTAINER, self->sleeper.ea.reason)
		TH_LOG("kernel: %.159s", self->sleeper.ea.message);
	still_works(_metadata, &self->dev);
}

/* The group is back when the command wakes, but that is another backend's life. */
TEST_F(asleep, bind_while_the_group_leaves_and_returns)
{
	struct vfio_ioasid_bind bind = BIND_WITHOUT_NAME();
	__u32 id;

	FALL_ASLEEP(self->dev.container, VFIO_IOASID_BIND, &bind);
	ASSERT_EQ(0, group_unset(self->dev.group));
	ASSERT_EQ(0, group_set(self->dev.group, self->dev.container));
	ASSERT_EQ(0, container_use(self->dev.container, VFIO_IOASID_IOMMU));
	ASSERT_OK(do_bind(self->dev.container, self->fd, self->dev.name, 0,
			  &id));
	WAKE_WITH_NAME();
	EXPECT_EQ(ENODEV, self->sleeper.err);
	EXPECT_EQ(IOASID_REASON_CONTAINER, self->sleeper.ea.reason);
	EXPECT_EQ(0, attached_to(self->fd, id));
	still_works(_metadata, &self->dev);
}

TEST_F(asleep, bind_while_everything_closes)
{
	struct vfio_ioasid_bind bind = BIND_WITHOUT_NAME();

	FALL_ASLEEP(self->dev.container, VFIO_IOASID_BIND, &bind);
	dev_release(&self->dev);
	close(self->fd);
	self->fd = -1;
	WAKE_WITH_NAME();
	EXPECT_NE(0, self->sleeper.err);
	still_works(_metadata, &self->dev);
}

/* The context ends under the command: nothing may stay bound to what is no more. */
TEST_F(asleep, bind_while_the_context_closes)
{
	struct vfio_ioasid_bind bind = BIND_WITHOUT_NAME();

	FALL_ASLEEP(self->dev.container, VFIO_IOASID_BIND, &bind);
	close(self->fd);
	self->fd = ctx_open();
	WAKE_WITH_NAME();
	EXPECT_TRUE(!self->sleeper.err || self->sleeper.err == EBADF);
	still_works(_metadata, &self->dev);
}

/* Here the whole struct is missing, which is before anything else. */
TEST_F(asleep, unbind_while_the_group_leaves)
{
	struct vfio_ioasid_unbind unbind = { .size = sizeof(unbind) };

	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	unbind.extack = (uintptr_t)&self->sleeper.ea;
	unbind.ioasid_fd = self->fd;
	unbind.dev_id = self->dev.id;
	FALL_ASLEEP(self->dev.container, VFIO_IOASID_UNBIND, self->lure.page);
	ASSERT_EQ(0, group_unset(self->dev.group));
	ASSERT_EQ(0, lure_release(&self->lure, &unbind, sizeof(unbind)));
	sleeper_join(&self->sleeper);
	EXPECT_EQ(ENODEV, self->sleeper.err);
	EXPECT_OK(do_free(self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, self->space));
	still_works(_metadata, &self->dev);
}

/* The kernel would go on in code that is not there any more. */
TEST_F(asleep, module_is_not_removed)
{
	struct vfio_ioasid_bind bind = { .size = sizeof(bind), .ioasid_fd = -1 };

	close(self->fd);
	self->fd = -1;
	FALL_ASLEEP(self->dev.container, VFIO_IOASID_BIND, self->lure.page);
	ASSERT_EQ(0, group_unset(self->dev.group));
	EXPECT_NE(0, syscall(SYS_delete_module, "ioasidfd", O_NONBLOCK));
	EXPECT_TRUE(errno == EAGAIN || errno == EBUSY);
	ASSERT_EQ(0, lure_release(&self->lure, &bind, sizeof(bind)));
	sleeper_join(&self->sleeper);
	EXPECT_NE(0, self->sleeper.err);
	still_works(_metadata, &self->dev);
}

#define LONG		GIB
#define FAR		(4 * GIB)

/* A MAP at SOURCE that takes a while. */
static struct ioasid_map_dma long_map(struct sleeper *sleeper, void *va,
				      __u32 space)
{
	return (struct ioasid_map_dma){
		.size = sizeof(struct ioasid_map_dma),
		.flags = IOASID_MAP_FIXED,
		.extack = (uintptr_t)&sleeper->ea,
		.ioasid = space,
		.prot = RW,
		.user_va = (uintptr_t)va,
		.length = LONG,
		.iova = SOURCE,
	};
}

FIXTURE(mapping) {
	int fd;
	__u32 space;
	struct dev dev;		/* bound */
	struct engine engine;
	struct sleeper sleeper;
	struct ioasid_map_dma map;
	char *memory;		/* LONG, what is being mapped */
	char *other;		/* 2 pages */
	__u64 locked;
};

FIXTURE_SETUP(mapping)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_EQ(0, engine_open(&self->engine, &self->dev));
	self->memory = anon(LONG);
	ASSERT_NE(NULL, self->memory);
	ASSERT_EQ(0, advise_thp(self->memory, LONG, MADV_NOHUGEPAGE));
	self->other = anon(2 * PAGE);
	ASSERT_NE(NULL, self->other);
	self->locked = locked_bytes(0);
	self->map = long_map(&self->sleeper, self->memory, self->space);
}

FIXTURE_TEARDOWN(mapping)
{
	engine_close(&self->engine);
	dev_release(&self->dev);
	close(self->fd);
}

#define START_MAP()							\
	ASSERT_TRUE(sleeper_start_map(&self->sleeper, self->fd, &self->map))
/* What a test did before this was during the map, or it proves nothing. */
#define END_MAP()							\
	do {								\
		EXPECT_TRUE(sleeper_runs(&self->sleeper));		\
		sleeper_join(&self->sleeper);				\
	} while (0)

/* Everybody else in the space goes on, and does not see what is not there yet. */
TEST_F(mapping, does_not_keep_others_waiting)
{
	__u64 iova, bytes = 1;
	__u32 other;
	int err;

	START_MAP();
	EXPECT_OK(do_map(self->fd, self->space, self->other, PAGE, FAR, RW));
	EXPECT_OK(do_unmap(self->fd, self->space, FAR, PAGE));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_IOVA_NOT_MAPPED,
		       do_unmap(self->fd, self->space, SOURCE, LONG));
	EXPECT_OK(do_unmap_all(self->fd, self->space, &bytes));
	EXPECT_EQ(0, bytes);
	EXPECT_OK(do_map_any(self->fd, self->space, self->other, PAGE, &iova,
			     RW));
	EXPECT_TRUE(iova + PAGE <= SOURCE || iova >= SOURCE + LONG);
	EXPECT_OK(do_alloc(self->fd, &other));
	EXPECT_OK(do_free(self->fd, other));
	err = do_map(self->fd, self->space, self->other, PAGE, SOURCE, RW);
	END_MAP();
	/* Two wanted the same place: one has it, the other was told. */
	EXPECT_EQ(EEXIST, err ? err : self->sleeper.err);
	EXPECT_EQ(0, err ? self->sleeper.err : err);
	EXPECT_EQ(2, num_areas(self->fd, self->space));
}

/* A device that comes while memory is being mapped reaches it afterwards. */
TEST_F(mapping, while_a_device_attaches)
{
	ASSERT_OK(do_map(self->fd, self->space, self->other, PAGE, FAR, RW));
	START_MAP();
	EXPECT_OK(do_attach(self->fd, self->dev.id, self->space));
	END_MAP();
	EXPECT_EQ(0, self->sleeper.err);
	EXPECT_TRUE(engine_works(&self->engine, self->memory, SOURCE,
				 self->other, FAR, 1010));
	EXPECT_TRUE(engine_works(&self->engine, self->memory + LONG - PAGE,
				 SOURCE + LONG - PAGE, self->other, FAR, 1011));
}

/* ... and one that leaves does not. */
TEST_F(mapping, while_a_device_detaches)
{
	ASSERT_OK(do_map(self->fd, self->space, self->other, PAGE, FAR, RW));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	START_MAP();
	EXPECT_OK(do_detach(self->fd, self->dev.id));
	END_MAP();
	EXPECT_EQ(0, self->sleeper.err);
	EXPECT_TRUE(store_is_refused(&self->engine, SOURCE, self->memory, 1020));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_TRUE(engine_works(&self->engine, self->memory + LONG - PAGE,
				 SOURCE + LONG - PAGE, self->other, FAR, 1021));
}

/* FREE may refuse, wait or win; but what it freed has nothing left in it. */
TEST_F(mapping, while_the_space_is_freed)
{
	int err;

	START_MAP();
	err = do_free(self->fd, self->space);
	sleeper_join(&self->sleeper);
	TH_LOG("free: errno %d, map: errno %d", err, self->sleeper.err);
	EXPECT_TRUE(!err || err == EBUSY);
	EXPECT_TRUE(!self->sleeper.err || self->sleeper.err == ENOENT);
	if (err) {
		EXPECT_EQ(1, num_areas(self->fd, self->space));
		EXPECT_OK(do_free(self->fd, self->space));
	}
	EXPECT_EQ(~0ULL, num_areas(self->fd, self->space));
	EXPECT_EQ(self->locked, locked_bytes(0));
}

/* The context's last descriptor: it ends when the command does. */
TEST_F(mapping, while_the_context_closes)
{
	START_MAP();
	close(self->fd);
	self->fd = -1;
	END_MAP();
	EXPECT_EQ(0, self->sleeper.err);
	EXPECT_EQ(self->locked, locked_bytes(0));
}

/* Memory that is taken away meanwhile is mapped or not, and never half. */
TEST_F(mapping, while_the_memory_is_unmapped)
{
	START_MAP();
	EXPECT_EQ(0, munmap(self->memory + LONG - PAGE, PAGE));
	END_MAP();
	EXPECT_EQ(EFAULT, self->sleeper.err);
	EXPECT_EQ(IOASID_REASON_PIN, self->sleeper.ea.reason);
	EXPECT_EQ((uintptr_t)self->memory + LONG - PAGE,
		  self->sleeper.ea.first);
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	EXPECT_EQ(self->locked, locked_bytes(0));
}

/* A process that is killed does not stay until all is mapped. */
TEST_F(mapping, while_the_process_dies)
{
	pid_t child = fork();
	int status, ms;

	ASSERT_GE(child, 0);
	if (!child) {
		if (!sleeper_start_map(&self->sleeper, self->fd, &self->map))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	for (ms = 0; ms < 10000 && !waitpid(child, &status, WNOHANG); ms++)
		usleep(1000);
	ASSERT_LT(ms, 10000);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(0, num_areas(self->fd, self->space));
	EXPECT_OK(do_map(self->fd, self->space, self->other, PAGE, SOURCE, RW));
}

TEST_HARNESS_MAIN
