// SPDX-License-Identifier: GPL-2.0
/*
 * What programs do with spaces and devices, with each allocation and each user copy on
 * the way failing once: mappings of every kind, devices that come, move and go, and
 * containers of type1. A call that fails has changed nothing and succeeds the next time.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "common.h"
#include "faults.h"
#include "type1.h"
#include "vfio.h"

#define PAGES		40
#define LENGTH		(PAGES * PAGE)
#define IOVA		0x10000000ULL
#define SECOND_IOVA	0x20000000ULL
#define AREAS		24

struct scene {
	struct dev a;		/* claimed all the time, bound in each attempt */
	struct dev b;		/* claimed by who needs it */
	int fd, other;		/* contexts */
	__u32 space, second;
	char *va;		/* LENGTH */
	char *bar;
	size_t bar_size;
	int file;
	__u64 bitmap[8];
};

static int context(void *rig)
{
	return ((struct scene *)rig)->fd;
}

/* A context with a space of that granule, and fresh memory. */
static int begin(struct scene *scene, __u64 granule)
{
	scene->va = anon_populated(LENGTH);
	scene->fd = scene->va ? ctx_open() : -1;
	return scene->fd < 0 ? errno :
			       do_alloc_granule(scene->fd, granule, &scene->space);
}

/* The same with the device, attached. */
static int begin_attached(struct scene *scene, __u64 granule)
{
	int err = begin(scene, granule);

	err = err ? err : dev_bind(&scene->a, scene->fd);
	return err ? err : do_attach(scene->fd, scene->a.id, scene->space);
}

/* Mappings with gaps between them, so that each is one of its own. */
static int fill_space(struct scene *scene, __u32 space)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < AREAS; i++)
		err = do_map(scene->fd, space, scene->va + i * PAGE, PAGE,
			     IOVA + i * 2 * PAGE, RW);
	return err;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void end(void *rig)
{
	struct scene *scene = rig;

	close_one(&scene->fd);
	close_one(&scene->other);
	close_one(&scene->file);
	if (scene->bar)
		munmap(scene->bar, scene->bar_size);
	dev_release(&scene->b);
	dev_init(&scene->b, EDU_B);
	if (scene->va)
		munmap(scene->va, LENGTH);
	scene->va = NULL;
	scene->bar = NULL;
}

static int prepare_attached(void *rig)
{
	return begin_attached(rig, 0);
}

static int call_map(void *rig)
{
	struct scene *scene = rig;

	return do_map(scene->fd, scene->space, scene->va, LENGTH, IOVA, RW);
}

static int call_map_any(void *rig)
{
	struct scene *scene = rig;
	__u64 iova;

	return do_map_any(scene->fd, scene->space, scene->va, LENGTH, &iova, RW);
}

/* Memory that no page has been given yet. */
static int prepare_untouched(void *rig)
{
	struct scene *scene = rig;
	int err = begin_attached(scene, 0);

	if (!err && madvise(scene->va, LENGTH, MADV_DONTNEED))
		err = errno;
	return err;
}

static int call_map_some(void *rig)
{
	struct scene *scene = rig;

	return do_map(scene->fd, scene->space, scene->va, 6 * PAGE, IOVA, RW);
}

static int call_batch(void *rig)
{
	struct scene *scene = rig;
	struct ioasid_map_entry entries[AREAS] = {};
	__u32 done = 0;
	int err;

	for (unsigned int i = 0; i < AREAS; i++) {
		entries[i].user_va = (uintptr_t)(scene->va + i * PAGE);
		entries[i].length = PAGE;
		entries[i].iova = IOVA + 2 * i * PAGE;
		entries[i].prot = RW;
		entries[i].flags = IOASID_MAP_FIXED;
	}
	err = do_batch(scene->fd, scene->space, entries, AREAS, &done);
	/* What was done stays done, and is told, unless the command could not be read. */
	if (done == ~0U)
		done = 0;
	for (unsigned int i = 0; err && i < done; i++)
		do_unmap(scene->fd, scene->space, entries[i].iova, PAGE);
	return err;
}

static int prepare_granule(void *rig)
{
	struct scene *scene = rig;
	int err = begin_attached(scene, PAGE);

	return err ? err : call_map(scene);
}

static int call_unmap_part(void *rig)
{
	struct scene *scene = rig;

	return do_unmap(scene->fd, scene->space, IOVA + 7 * PAGE, 9 * PAGE);
}

static int prepare_filled(void *rig)
{
	struct scene *scene = rig;
	int err = begin_attached(scene, 0);

	return err ? err : fill_space(scene, scene->space);
}

static int call_unmap_all(void *rig)
{
	struct scene *scene = rig;
	__u64 unmapped;

	return do_unmap_all(scene->fd, scene->space, &unmapped);
}

static int call_free(void *rig)
{
	struct scene *scene = rig;

	return do_free(scene->fd, scene->second);
}

static int prepare_second(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_filled(rig);

	err = err ? err : do_alloc(scene->fd, &scene->second);
	return err ? err : fill_space(scene, scene->second);
}

static int call_replace(void *rig)
{
	struct scene *scene = rig;

	return do_replace(scene->fd, scene->a.id, scene->second);
}

static int prepare_bound(void *rig)
{
	struct scene *scene = rig;
	int err = begin(scene, 0);

	err = err ? err : dev_bind(&scene->a, scene->fd);
	return err ? err : fill_space(scene, scene->space);
}

static int call_attach(void *rig)
{
	struct scene *scene = rig;

	return do_attach(scene->fd, scene->a.id, scene->space);
}

static int call_detach(void *rig)
{
	struct scene *scene = rig;

	return do_detach(scene->fd, scene->a.id);
}

static int prepare_neighbour(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_filled(rig);

	err = err ? err : dev_claim(&scene->b, EDU_B);
	return err ? err : dev_bind(&scene->b, scene->fd);
}

static int call_attach_neighbour(void *rig)
{
	struct scene *scene = rig;

	return do_attach(scene->fd, scene->b.id, scene->space);
}

static int prepare_file(void *rig)
{
	struct scene *scene = rig;

	scene->file = memfd_create("faults", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (scene->file < 0 || ftruncate(scene->file, LENGTH) ||
	    fcntl(scene->file, F_ADD_SEALS, F_SEAL_SHRINK))
		return errno;
	return begin_attached(scene, 0);
}

static int call_map_file(void *rig)
{
	struct scene *scene = rig;

	return do_map_file(scene->fd, scene->space, scene->file, 0, 6 * PAGE,
			   IOVA, RW);
}

/* The memfd is replaced by a dma-buf of it. */
static int prepare_dmabuf(void *rig)
{
	struct scene *scene = rig;
	struct udmabuf_create create = {
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = LENGTH,
	};
	int creator = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int err = creator < 0 ? errno : prepare_file(rig);
	int buf;

	if (err)
		return err;
	create.memfd = scene->file;
	buf = ioctl(creator, UDMABUF_CREATE, &create);
	err = buf < 0 ? errno : 0;
	close(creator);
	close(scene->file);
	scene->file = buf;
	return err;
}

static int prepare_copy(void *rig)
{
	struct scene *scene = rig;
	int err = begin_attached(scene, 0);

	scene->other = ctx_open();
	if (scene->other < 0)
		return errno;
	err = err ? err : do_alloc(scene->other, &scene->second);
	return err ? err : do_map(scene->other, scene->second, scene->va, LENGTH,
				  SECOND_IOVA, RW);
}

static int call_copy(void *rig)
{
	struct scene *scene = rig;

	return do_copy_space(scene->fd, scene->other, scene->second,
			     SECOND_IOVA + PAGE, scene->space, 9 * PAGE, IOVA, RW);
}

/* A container with a group, which no backend has yet. */
static int prepare_container(void *rig)
{
	struct scene *scene = rig;
	struct dev *dev = &scene->b;
	int err = begin(scene, 0);

	err = err ? err : container_open(&dev->container);
	err = err ? err : group_open(dev->name, &dev->group);
	return err ? err : group_set(dev->group, dev->container);
}

static int call_use(void *rig)
{
	struct scene *scene = rig;

	return container_use(scene->b.container, VFIO_IOASID_IOMMU);
}

/* A group for a container that has a backend. */
static int prepare_group(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_filled(rig);

	return err ? err : group_open(scene->b.name, &scene->b.group);
}

static int call_join(void *rig)
{
	struct scene *scene = rig;

	return group_set(scene->b.group, scene->a.container);
}

static int prepare_type1(void *rig)
{
	struct scene *scene = rig;
	int err = begin(scene, 0);

	return err ? err : type1_claim(&scene->b, EDU_B, VFIO_TYPE1v2_IOMMU, true);
}

static int call_type1_map(void *rig)
{
	struct scene *scene = rig;

	return t1_map(scene->b.container, scene->va, LENGTH, IOVA, T1_RW);
}

static int prepare_type1_mapped(void *rig)
{
	struct scene *scene = rig;
	int err = prepare_type1(rig);

	return err ? err : call_type1_map(scene);
}

static int call_type1_unmap(void *rig)
{
	struct scene *scene = rig;
	__u64 unmapped;

	return t1_unmap(scene->b.container, IOVA, LENGTH, 0, &unmapped);
}

static int call_type1_log(void *rig)
{
	struct scene *scene = rig;

	return t1_log(scene->b.container, VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
}

static int prepare_type1_logged(void *rig)
{
	int err = prepare_type1_mapped(rig);

	return err ? err : call_type1_log(rig);
}

static int call_type1_dirty(void *rig)
{
	struct scene *scene = rig;

	return t1_dirty(scene->b.container, IOVA, LENGTH, scene->bitmap,
			sizeof(scene->bitmap), PAGE);
}

static int call_type1_unmap_dirty(void *rig)
{
	struct scene *scene = rig;
	__u64 unmapped;

	return t1_unmap_dirty(scene->b.container, IOVA, LENGTH, scene->bitmap,
			      sizeof(scene->bitmap), PAGE, &unmapped);
}

static int call_type1_info(void *rig)
{
	struct scene *scene = rig;
	struct t1_info info;

	return t1_info(scene->b.container, &info);
}

static int call_adopt(void *rig)
{
	struct scene *scene = rig;
	__u32 space;

	return t1_adopt(scene->b.container, scene->fd, &space);
}

/* Memory of a device, which the kernel may take back at any time. */
static int prepare_bar(void *rig)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	struct scene *scene = rig;
	int err = prepare_type1(rig);

	err = err ? err : device_open(scene->b.group, scene->b.name,
				      &scene->b.device);
	if (err || ioctl(scene->b.device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return err ? err : errno;
	scene->bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  scene->b.device, info.offset);
	scene->bar_size = info.size;
	if (scene->bar == MAP_FAILED)
		scene->bar = NULL;
	return scene->bar ? 0 : errno;
}

static int call_type1_bar(void *rig)
{
	struct scene *scene = rig;

	return t1_map(scene->b.container, scene->bar, scene->bar_size, IOVA,
		      T1_RW);
}

/* All at once; what fails on the way is left to the end. */
static int call_life(void *rig)
{
	struct scene *scene = rig;
	__u64 unmapped;
	int err = prepare_second(scene);

	err = err ? err : call_replace(scene);
	err = err ? err : call_map_any(scene);
	err = err ? err : do_detach(scene->fd, scene->a.id);
	err = err ? err : do_unmap_all(scene->fd, scene->second, &unmapped);
	err = err ? err : do_free(scene->fd, scene->second);
	end(scene);
	return err;
}

/*
 * What cannot fail: a context is closed, with all that is in it. Not so the containers:
 * there the kernel gives groups back to itself.
 */
static int call_close(void *rig)
{
	close_one(&((struct scene *)rig)->fd);
	return 0;
}

#define CASE(_name, _prepare, _call)					\
	FAULT_CASE(_name, _prepare, _call, .explains = true)

/* Where a device goes from one domain to another, which takes memory in old kernels. */
#define CASE_OF_DEVICE(_name, _prepare, _call)				\
	FAULT_CASE(_name, _prepare, _call, .since = KERNEL(6, 12),	\
		   .explains = true)

/* Of VFIO: no reason is given. */
#define CASE_OF_VFIO(_name, _prepare, _call)				\
	FAULT_CASE(_name, _prepare, _call, .explains = false)

/*
 * The same, where the kernel gives the group back to itself if it fails. It warns if that
 * takes memory it has not got.
 */
#define CASE_OF_GROUP(_name, _prepare, _call)				\
	FAULT_CASE(_name, _prepare, _call, .since = KERNEL(6, 12),	\
		   .single = true)

CASE(map, prepare_attached, call_map);
CASE(map_any, prepare_attached, call_map_any);
CASE(map_untouched, prepare_untouched, call_map_some);
CASE(batch, prepare_attached, call_batch);
CASE(map_file, prepare_file, call_map_file);
CASE_OF_DEVICE(map_dmabuf, prepare_dmabuf, call_map_file);
CASE(copy, prepare_copy, call_copy);
CASE(unmap_part, prepare_granule, call_unmap_part);
CASE(unmap_all, prepare_filled, call_unmap_all);
CASE(free_filled, prepare_second, call_free);
CASE_OF_DEVICE(attach, prepare_bound, call_attach);
CASE_OF_DEVICE(attach_neighbour, prepare_neighbour, call_attach_neighbour);
CASE_OF_DEVICE(detach, prepare_filled, call_detach);
CASE(adopt, prepare_type1_mapped, call_adopt);
CASE_OF_GROUP(use, prepare_container, call_use);
CASE_OF_GROUP(join, prepare_group, call_join);
CASE_OF_VFIO(type1_map, prepare_type1, call_type1_map);
CASE_OF_VFIO(type1_unmap, prepare_type1_mapped, call_type1_unmap);
CASE_OF_VFIO(type1_log, prepare_type1_mapped, call_type1_log);
CASE_OF_VFIO(type1_dirty, prepare_type1_logged, call_type1_dirty);
CASE_OF_VFIO(type1_unmap_dirty, prepare_type1_logged, call_type1_unmap_dirty);
CASE_OF_VFIO(type1_info, prepare_type1_mapped, call_type1_info);
CASE_OF_GROUP(type1_bar, prepare_bar, call_type1_bar);

FAULT_CASE(replace, prepare_second, call_replace, .since = KERNEL(6, 12),
	   .may_block = true, .explains = true);

static const struct fault_case case_life = {
	.call = call_life,
	.since = KERNEL(6, 12),
	.may_block = true,
};

static const struct fault_case case_close = {
	.prepare = prepare_neighbour,
	.call = call_close,
	.end = end,
	.since = KERNEL(6, 12),
};

FIXTURE(faults) {
	struct scene scene;
};

FIXTURE_VARIANT(faults) {
	const struct fault_case *what;
};

FIXTURE_VARIANT_ADD(faults, map) { &case_map };
FIXTURE_VARIANT_ADD(faults, map_any) { &case_map_any };
FIXTURE_VARIANT_ADD(faults, map_untouched) { &case_map_untouched };
FIXTURE_VARIANT_ADD(faults, batch) { &case_batch };
FIXTURE_VARIANT_ADD(faults, map_file) { &case_map_file };
FIXTURE_VARIANT_ADD(faults, map_dmabuf) { &case_map_dmabuf };
FIXTURE_VARIANT_ADD(faults, copy) { &case_copy };
FIXTURE_VARIANT_ADD(faults, unmap_part) { &case_unmap_part };
FIXTURE_VARIANT_ADD(faults, unmap_all) { &case_unmap_all };
FIXTURE_VARIANT_ADD(faults, free_filled) { &case_free_filled };
FIXTURE_VARIANT_ADD(faults, attach) { &case_attach };
FIXTURE_VARIANT_ADD(faults, attach_neighbour) { &case_attach_neighbour };
FIXTURE_VARIANT_ADD(faults, detach) { &case_detach };
FIXTURE_VARIANT_ADD(faults, replace) { &case_replace };
FIXTURE_VARIANT_ADD(faults, adopt) { &case_adopt };
FIXTURE_VARIANT_ADD(faults, use) { &case_use };
FIXTURE_VARIANT_ADD(faults, join) { &case_join };
FIXTURE_VARIANT_ADD(faults, type1_map) { &case_type1_map };
FIXTURE_VARIANT_ADD(faults, type1_unmap) { &case_type1_unmap };
FIXTURE_VARIANT_ADD(faults, type1_log) { &case_type1_log };
FIXTURE_VARIANT_ADD(faults, type1_dirty) { &case_type1_dirty };
FIXTURE_VARIANT_ADD(faults, type1_unmap_dirty) { &case_type1_unmap_dirty };
FIXTURE_VARIANT_ADD(faults, type1_info) { &case_type1_info };
FIXTURE_VARIANT_ADD(faults, type1_bar) { &case_type1_bar };
FIXTURE_VARIANT_ADD(faults, life) { &case_life };
FIXTURE_VARIANT_ADD(faults, close) { &case_close };

FIXTURE_SETUP(faults)
{
	const char *missing = faults_missing(variant->what);
	struct scene *scene = &self->scene;

	if (missing)
		SKIP(return, "this kernel has no %s", missing);
	scene->fd = -1;
	scene->other = -1;
	scene->file = -1;
	dev_init(&scene->b, EDU_B);
	ASSERT_EQ(0, dev_claim(&scene->a, EDU_A));
}

FIXTURE_TEARDOWN(faults)
{
	dev_release(&self->scene.a);
}

TEST_F_TIMEOUT(faults, one_by_one, 100)
{
	FAULTS_SWEEP(variant->what, &self->scene);
}

TEST_HARNESS_MAIN
