// SPDX-License-Identifier: GPL-2.0
/*
 * Mediated devices, with each allocation and each user copy on the way failing once: they
 * are bound and attached, their driver pins pages, copies and gives back, and what it
 * has pinned is unmapped.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>

#include "common.h"
#include "faults.h"
#include "soft.h"

#define PAGES	8
#define LENGTH	(PAGES * PAGE)
#define IOVA	0x40000000ULL

SOFT_PROGRAM;

struct scene {
	struct dev dev;		/* claimed all the time */
	struct dev driver;	/* the device that is not VFIO's */
	int fd;
	__u32 space;
	char *va;
};

static int context(void *rig)
{
	return ((struct scene *)rig)->fd;
}

static void end(void *rig)
{
	struct scene *scene = rig;

	if (scene->dev.device >= 0)
		close(scene->dev.device);
	scene->dev.device = -1;
	dev_release(&scene->driver);
	if (scene->fd >= 0)
		close(scene->fd);
	scene->fd = -1;
	if (scene->va)
		munmap(scene->va, LENGTH);
	scene->va = NULL;
}

static int prepare_mapped(void *rig)
{
	struct scene *scene = rig;
	int err;

	scene->va = anon_populated(LENGTH);
	scene->fd = ctx_open();
	err = scene->va ? do_alloc(scene->fd, &scene->space) : errno;
	return err ? err : do_map(scene->fd, scene->space, scene->va, LENGTH,
				  IOVA, RW);
}

static int call_bind(void *rig)
{
	struct scene *scene = rig;

	return dev_bind(&scene->dev, scene->fd);
}

static int prepare_bound(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_mapped(rig);

	err = err ? err : call_bind(rig);
	return err ? err : device_open(scene->dev.group, scene->dev.name,
				       &scene->dev.device);
}

static int call_attach(void *rig)
{
	struct scene *scene = rig;

	return do_attach(scene->fd, scene->dev.id, scene->space);
}

static int prepare_attached(void *rig)
{
	int err = prepare_bound(rig);

	return err ? err : call_attach(rig);
}

static int call_hold(void *rig)
{
	struct scene *scene = rig;

	return soft_hold(&scene->dev, IOVA, PAGES, true);
}

static int prepare_held(void *rig)
{
	int err = prepare_attached(rig);

	return err ? err : call_hold(rig);
}

static int call_unhold(void *rig)
{
	struct scene *scene = rig;

	return soft_unhold(&scene->dev, IOVA, PAGES);
}

static int call_unmap(void *rig)
{
	struct scene *scene = rig;

	return do_unmap(scene->fd, scene->space, IOVA, LENGTH);
}

static int call_detach(void *rig)
{
	struct scene *scene = rig;

	return do_detach(scene->fd, scene->dev.id);
}

static int call_rw(void *rig)
{
	struct scene *scene = rig;

	return soft_copy(&scene->dev, MEDIATED_RW, IOVA, IOVA + 4 * PAGE,
			 2 * PAGE);
}

static int call_pinned(void *rig)
{
	struct scene *scene = rig;

	return soft_copy(&scene->dev, MEDIATED_PINNED, IOVA, IOVA + 4 * PAGE,
			 2 * PAGE);
}

static int prepare_driver(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_mapped(rig);

	return err ? err : soft_driver_open(&scene->driver);
}

static int call_driver_bind(void *rig)
{
	struct scene *scene = rig;

	return soft_driver_bind(&scene->driver, scene->fd,
				IOASID_INTENT_SOFTWARE);
}

static int prepare_driver_bound(void *rig)
{
	int err = prepare_driver(rig);

	return err ? err : call_driver_bind(rig);
}

static int call_driver_attach(void *rig)
{
	struct scene *scene = rig;

	return soft_driver_attach(&scene->driver, scene->space);
}

static int prepare_driver_held(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_driver_bound(rig);

	err = err ? err : call_driver_attach(rig);
	return err ? err : soft_hold(&scene->driver, IOVA, PAGES, true);
}

/* What cannot fail: the device and the context are closed while pages are held. */
static int call_end(void *rig)
{
	end(rig);
	return 0;
}

#define CASE(_name, _prepare, _call, _explains)				\
	FAULT_CASE(_name, _prepare, _call, .explains = _explains)

CASE(bind, prepare_mapped, call_bind, true);
CASE(attach, prepare_bound, call_attach, true);
CASE(hold, prepare_attached, call_hold, false);
CASE(unhold, prepare_held, call_unhold, false);
CASE(unmap_held, prepare_held, call_unmap, true);
CASE(detach_held, prepare_held, call_detach, true);
CASE(read_and_write, prepare_attached, call_rw, false);
CASE(copy_pinned, prepare_attached, call_pinned, false);
CASE(driver_bind, prepare_driver, call_driver_bind, false);
CASE(driver_attach, prepare_driver_bound, call_driver_attach, false);

static const struct fault_case case_close = {
	.prepare = prepare_held,
	.call = call_end,
};

static const struct fault_case case_driver_close = {
	.prepare = prepare_driver_held,
	.call = call_end,
};

FIXTURE(faults) {
	struct scene scene;
};

FIXTURE_VARIANT(faults) {
	const struct fault_case *what;
};

FIXTURE_VARIANT_ADD(faults, bind) { &case_bind };
FIXTURE_VARIANT_ADD(faults, attach) { &case_attach };
FIXTURE_VARIANT_ADD(faults, hold) { &case_hold };
FIXTURE_VARIANT_ADD(faults, unhold) { &case_unhold };
FIXTURE_VARIANT_ADD(faults, unmap_held) { &case_unmap_held };
FIXTURE_VARIANT_ADD(faults, detach_held) { &case_detach_held };
FIXTURE_VARIANT_ADD(faults, read_and_write) { &case_read_and_write };
FIXTURE_VARIANT_ADD(faults, copy_pinned) { &case_copy_pinned };
FIXTURE_VARIANT_ADD(faults, driver_bind) { &case_driver_bind };
FIXTURE_VARIANT_ADD(faults, driver_attach) { &case_driver_attach };
FIXTURE_VARIANT_ADD(faults, close) { &case_close };
FIXTURE_VARIANT_ADD(faults, driver_close) { &case_driver_close };

FIXTURE_SETUP(faults)
{
	const char *missing = faults_missing(variant->what);

	if (missing)
		SKIP(return, "this kernel has no %s", missing);
	self->scene.fd = -1;
	dev_init(&self->scene.driver, NUM_EDU);
	ASSERT_EQ(0, soft_claim(&self->scene.dev, 0, NULL));
}

FIXTURE_TEARDOWN(faults)
{
	dev_release(&self->scene.dev);
}

TEST_F_TIMEOUT(faults, one_by_one, 100)
{
	FAULTS_SWEEP(variant->what, &self->scene);
}

TEST_HARNESS_MAIN
