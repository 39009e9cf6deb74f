// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are pulled out of the machine while they are bound and attached, and
 * plugged in again. Runs last: a function that comes back may be in another group.
 */
#include "kselftest_harness.h"

#include <sys/utsname.h>

#include "common.h"
#include "dma.h"
#include "expect.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

enum {
	SEED_A = 1100,
	SEED_B,
	SEED_C,
};

/* One device stays in its space, whatever happens to the others. */
FIXTURE(unplug) {
	int fd;
	__u32 space;
	struct dev stayer;
	struct engine engine;
	char *source, *sink;
};

/* 5.10 crashes when a device leaves a group in use, with type1 as well. */
static bool kernel_survives(void)
{
	struct utsname uts;

	return !uname(&uts) && atoi(uts.release) >= 6;
}

FIXTURE_SETUP(unplug)
{
	if (!kernel_survives())
		SKIP(return, "this kernel's VT-d driver has a bug there");
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	self->source = anon(2 * PAGE);
	ASSERT_NE(NULL, self->source);
	self->sink = self->source + PAGE;
	ASSERT_OK(do_map(self->fd, self->space, self->source, PAGE, SOURCE, RW));
	ASSERT_OK(do_map(self->fd, self->space, self->sink, PAGE, SINK, RW));
	ASSERT_EQ(0, dev_claim(&self->stayer, EDU_C0));
	ASSERT_OK(dev_bind(&self->stayer, self->fd));
	ASSERT_OK(do_attach(self->fd, self->stayer.id, self->space));
	ASSERT_EQ(0, engine_open(&self->engine, &self->stayer));
}

FIXTURE_TEARDOWN(unplug)
{
	engine_close(&self->engine);
	dev_release(&self->stayer);
	close(self->fd);
}

#define WORKS(_engine, _seed)						\
	engine_works(_engine, self->source, SOURCE, self->sink, SINK, _seed)

static void expect_dead(struct __test_metadata *_metadata, int fd, __u32 id,
			__u32 space)
{
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE,
		       do_attach(fd, id, space));
	EXPECT_REFUSED(ENODEV, IOASID_REASON_DEVICE_GONE, do_detach(fd, id));
	EXPECT_OK(do_free(fd, id));
}

/* Found again, with its driver, it is a device like any other. */
static void plug_in(struct __test_metadata *_metadata, const char *name)
{
	ASSERT_EQ(0, pci_rescan());
	ASSERT_EQ(0, vfio_bind(name));
}

/* A function goes, the other one of its group stays. */
TEST_F(unplug, one_of_a_group)
{
	const char *name = edu_name(EDU_C1);
	struct engine engine;
	struct dev leaver;

	ASSERT_EQ(0, dev_join(&leaver, EDU_C1, &self->stayer));
	ASSERT_OK(dev_bind(&leaver, self->fd));
	ASSERT_OK(do_attach(self->fd, leaver.id, self->space));
	ASSERT_EQ(0, pci_remove(name));
	expect_dead(_metadata, self->fd, leaver.id, self->space);
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	dev_release(&leaver);

	plug_in(_metadata, name);
	EXPECT_TRUE(WORKS(&self->engine, SEED_B));
	ASSERT_EQ(0, dev_join(&leaver, EDU_C1, &self->stayer));
	ASSERT_OK(dev_bind(&leaver, self->fd));
	ASSERT_OK(do_attach(self->fd, leaver.id, self->space));
	ASSERT_EQ(0, engine_open(&engine, &leaver));
	EXPECT_TRUE(WORKS(&engine, SEED_C));
	engine_close(&engine);
	dev_release(&leaver);
}

/* The only device of a group goes, and with it the group. */
TEST_F(unplug, a_whole_group)
{
	const char *name = edu_name(EDU_A);
	struct engine engine;
	struct dev leaver;

	ASSERT_EQ(0, dev_claim(&leaver, EDU_A));
	ASSERT_OK(dev_bind(&leaver, self->fd));
	ASSERT_OK(do_attach(self->fd, leaver.id, self->space));
	ASSERT_EQ(0, pci_remove(name));
	expect_dead(_metadata, self->fd, leaver.id, self->space);
	EXPECT_TRUE(WORKS(&self->engine, SEED_A));
	dev_release(&leaver);

	plug_in(_metadata, name);
	ASSERT_EQ(0, dev_claim(&leaver, EDU_A));
	ASSERT_OK(dev_bind(&leaver, self->fd));
	ASSERT_OK(do_attach(self->fd, leaver.id, self->space));
	ASSERT_EQ(0, engine_open(&engine, &leaver));
	EXPECT_TRUE(WORKS(&engine, SEED_B));
	EXPECT_TRUE(WORKS(&self->engine, SEED_C));
	engine_close(&engine);
	dev_release(&leaver);
}

TEST_HARNESS_MAIN
