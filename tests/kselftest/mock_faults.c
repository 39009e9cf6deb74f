// SPDX-License-Identifier: GPL-2.0
/*
 * What only mock IOMMUs make possible, with each allocation and each user copy on the way
 * failing once: PASIDs, moving without a window, and one space in two page tables.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>

#include "common.h"
#include "faults.h"
#include "mock.h"

#define PAGES	24
#define LENGTH	(PAGES * PAGE)
#define IOVA	0x2000000ULL
#define PASID	3

/* The first has PASIDs, the other one is behind an IOMMU that shares no page table. */
enum {
	FIRST = MOCK(0),
	OTHER = MOCK(4),
};

struct scene {
	struct dev dev, other;	/* claimed all the time */
	int fd;
	__u32 space, second;
	char *va;
};

static int context(void *rig)
{
	return ((struct scene *)rig)->fd;
}

static void end(void *rig)
{
	struct scene *scene = rig;

	if (scene->fd >= 0)
		close(scene->fd);
	scene->fd = -1;
	if (scene->va)
		munmap(scene->va, LENGTH);
	scene->va = NULL;
}

static int fill_space(struct scene *scene, __u32 space)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < PAGES; i += 2)
		err = do_map(scene->fd, space, scene->va + i * PAGE, PAGE,
			     IOVA + i * PAGE, RW);
	return err;
}

static int prepare_bound(void *rig)
{
	struct scene *scene = rig;
	int err;

	scene->va = anon_populated(LENGTH);
	scene->fd = ctx_open();
	err = scene->va ? 0 : errno;
	err = err ? err : dev_bind(&scene->dev, scene->fd);
	err = err ? err : dev_bind(&scene->other, scene->fd);
	err = err ? err : do_alloc(scene->fd, &scene->space);
	err = err ? err : fill_space(scene, scene->space);
	err = err ? err : do_alloc(scene->fd, &scene->second);
	return err ? err : fill_space(scene, scene->second);
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

static int call_attach_other(void *rig)
{
	struct scene *scene = rig;

	return do_attach(scene->fd, scene->other.id, scene->space);
}

static int prepare_both(void *rig)
{
	int err = prepare_attached(rig);

	return err ? err : call_attach_other(rig);
}

static int call_map(void *rig)
{
	struct scene *scene = rig;

	return do_map(scene->fd, scene->space, scene->va, LENGTH, 2 * IOVA, RW);
}

static int call_replace(void *rig)
{
	struct scene *scene = rig;

	return do_replace(scene->fd, scene->dev.id, scene->second);
}

/* Where the IOMMU cannot do it without one, the call is refused before all else. */
static int call_replace_no_window(void *rig)
{
	struct scene *scene = rig;

	return do_attach_flags(scene->fd, scene->dev.id, scene->second,
			       IOASID_ATTACH_REPLACE, 0);
}

static int call_attach_pasid(void *rig)
{
	struct scene *scene = rig;

	return do_attach_pasid(scene->fd, scene->dev.id, PASID, scene->space);
}

static int prepare_pasid(void *rig)
{
	int err = prepare_attached(rig);

	return err ? err : call_attach_pasid(rig);
}

static int call_detach_pasid(void *rig)
{
	struct scene *scene = rig;

	return do_detach_pasid(scene->fd, scene->dev.id, PASID);
}

static int call_end(void *rig)
{
	end(rig);
	return 0;
}

#define CASE(_name, _prepare, _call)					\
	FAULT_CASE(_name, _prepare, _call, .since = KERNEL(6, 12),	\
		   .explains = true)

#define CASE_OF_MOVE(_name, _prepare, _call)				\
	FAULT_CASE(_name, _prepare, _call, .since = KERNEL(6, 12),	\
		   .may_block = true, .explains = true)

CASE(attach, prepare_bound, call_attach);
CASE(attach_other, prepare_attached, call_attach_other);
CASE(map_in_two, prepare_both, call_map);
CASE_OF_MOVE(replace, prepare_attached, call_replace);
CASE_OF_MOVE(replace_no_window, prepare_attached, call_replace_no_window);
CASE(attach_pasid, prepare_bound, call_attach_pasid);
CASE(detach_pasid, prepare_pasid, call_detach_pasid);

static const struct fault_case case_close = {
	.prepare = prepare_both,
	.call = call_end,
	.since = KERNEL(6, 12),
};

static const struct fault_case case_close_pasid = {
	.prepare = prepare_pasid,
	.call = call_end,
	.since = KERNEL(6, 12),
};

FIXTURE(faults) {
	struct scene scene;
};

FIXTURE_VARIANT(faults) {
	const struct fault_case *what;
};

FIXTURE_VARIANT_ADD(faults, attach) { &case_attach };
FIXTURE_VARIANT_ADD(faults, attach_other) { &case_attach_other };
FIXTURE_VARIANT_ADD(faults, map_in_two) { &case_map_in_two };
FIXTURE_VARIANT_ADD(faults, replace) { &case_replace };
FIXTURE_VARIANT_ADD(faults, replace_no_window) { &case_replace_no_window };
FIXTURE_VARIANT_ADD(faults, attach_pasid) { &case_attach_pasid };
FIXTURE_VARIANT_ADD(faults, detach_pasid) { &case_detach_pasid };
FIXTURE_VARIANT_ADD(faults, close) { &case_close };
FIXTURE_VARIANT_ADD(faults, close_pasid) { &case_close_pasid };

FIXTURE_SETUP(faults)
{
	const char *missing = faults_missing(variant->what);

	if (missing)
		SKIP(return, "this kernel has no %s", missing);
	self->scene.fd = -1;
	ASSERT_EQ(0, dev_claim(&self->scene.dev, FIRST));
	ASSERT_EQ(0, dev_claim(&self->scene.other, OTHER));
}

FIXTURE_TEARDOWN(faults)
{
	dev_release(&self->scene.other);
	dev_release(&self->scene.dev);
	EXPECT_TRUE(mock_is_content());
}

TEST_F_TIMEOUT(faults, one_by_one, 100)
{
	FAULTS_SWEEP(variant->what, &self->scene);
}

TEST_HARNESS_MAIN
