// SPDX-License-Identifier: GPL-2.0
/*
 * Calls with members drawn from what means something to the kernel, and from what does
 * not, from several threads at once: to contexts, to a container of ours and to one of
 * type1. Whatever comes, an errno is a documented one and has its reason, and in the end
 * nothing is left pinned or charged.
 *
 *	fuzz_uapi [-d SECONDS] [arguments of the kselftest harness]
 *
 * FUZZ_SEED in the environment repeats what each thread draws.
 */
#include "kselftest_harness.h"

#include <linux/vfio.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "common.h"
#include "race.h"
#include "stage.h"
#include "type1.h"
#include "vfio.h"

#define THREADS		3
#define CONTEXTS	3
#define PAGES		64
#define MEMORY		(PAGES * PAGE)
#define BAD_POINTER	0x10ULL
#define CALLS		6000	/* of each thread */

/* What a member is. */
enum kind {
	END,
	ID,		/* of an object */
	FD,
	VA,		/* of memory */
	IOVA,
	LENGTH,
	PROT,
	FLAG,		/* small bits */
	COUNT,		/* of an array */
	ARRAY,		/* pointer to one */
	NAME,		/* pointer to a device's */
	ANY,
};

struct member {
	enum kind kind;
	unsigned int offset;
	unsigned int size;
};

#define M(_struct, _member, _kind)					\
	{ _kind, offsetof(struct _struct, _member),			\
	  sizeof(((struct _struct *)0)->_member) }

enum target { CONTEXT, CONTAINER, TYPE1 };

struct shape {
	unsigned long nr;
	size_t size;
	enum target target;
	struct member members[8];
};

static const struct shape shapes[] = {
	{ IOASID_GET_CAPS, sizeof(struct ioasid_get_caps), CONTEXT, { } },
	{ IOASID_ALLOC, sizeof(struct ioasid_alloc), CONTEXT, {
		M(ioasid_alloc, kind, COUNT), M(ioasid_alloc, iova_base, IOVA),
		M(ioasid_alloc, iova_size, LENGTH),
		M(ioasid_alloc, granule, LENGTH), } },
	{ IOASID_FREE, sizeof(struct ioasid_free), CONTEXT, {
		M(ioasid_free, id, ID), } },
	{ IOASID_GET_INFO, sizeof(struct ioasid_get_info), CONTEXT, {
		M(ioasid_get_info, ioasid, ID), } },
	{ IOASID_IOVA_RANGES, sizeof(struct ioasid_iova_ranges), CONTEXT, {
		M(ioasid_iova_ranges, ioasid, ID),
		M(ioasid_iova_ranges, num_ranges, COUNT),
		M(ioasid_iova_ranges, ranges, ARRAY), } },
	{ IOASID_MAP_DMA, sizeof(struct ioasid_map_dma), CONTEXT, {
		M(ioasid_map_dma, flags, FLAG), M(ioasid_map_dma, ioasid, ID),
		M(ioasid_map_dma, prot, PROT), M(ioasid_map_dma, user_va, VA),
		M(ioasid_map_dma, length, LENGTH),
		M(ioasid_map_dma, iova, IOVA), } },
	{ IOASID_UNMAP_DMA, sizeof(struct ioasid_unmap_dma), CONTEXT, {
		M(ioasid_unmap_dma, flags, FLAG),
		M(ioasid_unmap_dma, ioasid, ID),
		M(ioasid_unmap_dma, iova, IOVA),
		M(ioasid_unmap_dma, length, LENGTH), } },
	{ IOASID_DEVICE_INFO, sizeof(struct ioasid_device_info), CONTEXT, {
		M(ioasid_device_info, dev_id, ID),
		M(ioasid_device_info, resv_regions, ARRAY),
		M(ioasid_device_info, num_resv_regions, COUNT),
		M(ioasid_device_info, members, ARRAY),
		M(ioasid_device_info, num_members, COUNT),
		M(ioasid_device_info, attachments, ARRAY),
		M(ioasid_device_info, num_attachments, COUNT), } },
	{ IOASID_ATTACH, sizeof(struct ioasid_attach), CONTEXT, {
		M(ioasid_attach, flags, FLAG), M(ioasid_attach, dev_id, ID),
		M(ioasid_attach, ioasid, ID), M(ioasid_attach, pasid, COUNT), } },
	{ IOASID_DETACH, sizeof(struct ioasid_detach), CONTEXT, {
		M(ioasid_detach, flags, FLAG), M(ioasid_detach, dev_id, ID),
		M(ioasid_detach, pasid, COUNT), } },
	{ IOASID_ALLOW_IOVAS, sizeof(struct ioasid_allow_iovas), CONTEXT, {
		M(ioasid_allow_iovas, ioasid, ID),
		M(ioasid_allow_iovas, num_ranges, COUNT),
		M(ioasid_allow_iovas, ranges, ARRAY), } },
	{ IOASID_MAP_BATCH, sizeof(struct ioasid_map_batch), CONTEXT, {
		M(ioasid_map_batch, ioasid, ID),
		M(ioasid_map_batch, num_entries, COUNT),
		M(ioasid_map_batch, entries, ARRAY), } },
	{ IOASID_MAP_FILE, sizeof(struct ioasid_map_file), CONTEXT, {
		M(ioasid_map_file, flags, FLAG), M(ioasid_map_file, ioasid, ID),
		M(ioasid_map_file, prot, PROT), M(ioasid_map_file, fd, FD),
		M(ioasid_map_file, offset, LENGTH),
		M(ioasid_map_file, length, LENGTH),
		M(ioasid_map_file, iova, IOVA), } },
	{ IOASID_REGISTER_MEMORY, sizeof(struct ioasid_register_memory), CONTEXT, {
		M(ioasid_register_memory, prot, PROT),
		M(ioasid_register_memory, user_va, VA),
		M(ioasid_register_memory, length, LENGTH), } },
	{ IOASID_UNREGISTER_MEMORY, sizeof(struct ioasid_unregister_memory),
		CONTEXT, { M(ioasid_unregister_memory, memory_id, ID), } },
	{ IOASID_COPY, sizeof(struct ioasid_copy), CONTEXT, {
		M(ioasid_copy, flags, FLAG), M(ioasid_copy, src_fd, FD),
		M(ioasid_copy, src_id, ID), M(ioasid_copy, dst_ioasid, ID),
		M(ioasid_copy, prot, PROT), M(ioasid_copy, src_offset, IOVA),
		M(ioasid_copy, length, LENGTH), M(ioasid_copy, dst_iova, IOVA), } },
	{ IOASID_DEVICE_INTERSECT, sizeof(struct ioasid_device_intersect), CONTEXT, {
		M(ioasid_device_intersect, devices, ARRAY),
		M(ioasid_device_intersect, num_devices, COUNT),
		M(ioasid_device_intersect, num_ranges, COUNT),
		M(ioasid_device_intersect, ranges, ARRAY), } },
	{ VFIO_IOASID_BIND, sizeof(struct vfio_ioasid_bind), CONTAINER, {
		M(vfio_ioasid_bind, ioasid_fd, FD),
		M(vfio_ioasid_bind, device, NAME),
		M(vfio_ioasid_bind, cookie, ANY), } },
	{ VFIO_IOASID_UNBIND, sizeof(struct vfio_ioasid_unbind), CONTAINER, {
		M(vfio_ioasid_unbind, ioasid_fd, FD),
		M(vfio_ioasid_unbind, dev_id, ID), } },
	{ VFIO_IOASID_ADOPT, sizeof(struct vfio_ioasid_adopt), TYPE1, {
		M(vfio_ioasid_adopt, ioasid_fd, FD), } },
	{ VFIO_IOASID_BIND, sizeof(struct vfio_ioasid_bind), TYPE1, {
		M(vfio_ioasid_bind, ioasid_fd, FD),
		M(vfio_ioasid_bind, device, NAME),
		M(vfio_ioasid_bind, cookie, ANY), } },
	/* VFIO's own begin with argsz, which is where size is, and flags. */
	{ VFIO_IOMMU_MAP_DMA, sizeof(struct vfio_iommu_type1_dma_map), TYPE1, {
		M(vfio_iommu_type1_dma_map, flags, FLAG),
		M(vfio_iommu_type1_dma_map, vaddr, VA),
		M(vfio_iommu_type1_dma_map, iova, IOVA),
		M(vfio_iommu_type1_dma_map, size, LENGTH), } },
	{ VFIO_IOMMU_UNMAP_DMA, sizeof(struct vfio_iommu_type1_dma_unmap), TYPE1, {
		M(vfio_iommu_type1_dma_unmap, flags, FLAG),
		M(vfio_iommu_type1_dma_unmap, iova, IOVA),
		M(vfio_iommu_type1_dma_unmap, size, LENGTH),
		{ COUNT, 24, 8 }, { LENGTH, 32, 8 }, { ARRAY, 40, 8 }, } },
	{ VFIO_IOMMU_GET_INFO, sizeof(struct vfio_iommu_type1_info), TYPE1, { } },
	{ VFIO_IOMMU_DIRTY_PAGES, sizeof(struct vfio_iommu_type1_dirty_bitmap),
		TYPE1, {
		M(vfio_iommu_type1_dirty_bitmap, flags, FLAG),
		{ IOVA, 8, 8 }, { LENGTH, 16, 8 }, { LENGTH, 24, 8 },
		{ COUNT, 32, 8 }, { ARRAY, 40, 8 }, } },
	{ VFIO_CHECK_EXTENSION, 0, TYPE1, { } },
};

struct scene {
	struct race race;
	int contexts[CONTEXTS];
	struct dev ours, type1;
	int file;
	char *memory;
	struct tally tally;
	unsigned int unexplained;
};

struct player {
	pthread_t thread;
	struct scene *scene;
	unsigned int chance;
	struct ioasid_extack extack;
	/* What members point to. */
	__u64 array[512];
};

static unsigned int draw(struct player *player, unsigned int below)
{
	return race_random(&player->chance) % below;
}

static bool one_in(struct player *player, unsigned int n)
{
	return !draw(player, n);
}

static __u64 anything(struct player *player)
{
	static const __u64 edges[] = {
		0, 1, PAGE, PAGE - 1, ~0ULL, -PAGE, 1ULL << 63, 1ULL << 32,
		(1ULL << 48) - PAGE, 0xfee00000, 0x7fffffff, 0xffffffff,
	};

	return one_in(player, 3) ? (__u64)race_random(&player->chance) << 20 :
				   edges[draw(player, ARRAY_SIZE(edges))];
}

static int some_fd(struct player *player)
{
	struct scene *scene = player->scene;

	switch (draw(player, 8)) {
	case 0:
		return scene->file;
	case 1:
		return -1;
	case 2:
		return scene->ours.container;
	default:
		return __atomic_load_n(&scene->contexts[draw(player, CONTEXTS)],
				       __ATOMIC_RELAXED);
	}
}

static __u64 some_length(struct player *player)
{
	return one_in(player, 5) ? PAGE << draw(player, 24) :
				   PAGE * (1 + draw(player, 12));
}

static __u64 some_pointer(struct player *player)
{
	return one_in(player, 10) ? BAD_POINTER : (uintptr_t)player->array;
}

static __u64 meaningful(struct player *player, enum kind kind)
{
	struct scene *scene = player->scene;

	switch (kind) {
	case ID:
		return 1 + draw(player, 10);
	case FD:
		return some_fd(player);
	case VA:
		return (uintptr_t)scene->memory + PAGE * draw(player, PAGES);
	case IOVA:
		return PAGE * draw(player, 256);
	case LENGTH:
		return some_length(player);
	case PROT:
		return 1 + draw(player, 3);
	case FLAG:
		return one_in(player, 4) ? draw(player, 16) : draw(player, 2);
	case COUNT:
		return one_in(player, 4) ? draw(player, 5000) : draw(player, 8);
	case ARRAY:
		return some_pointer(player);
	case NAME:
		return (uintptr_t)(one_in(player, 2) ? scene->ours.name :
						       scene->type1.name);
	default:
		return anything(player);
	}
}

static void set_member(struct player *player, char *arg,
		       const struct member *member)
{
	__u64 value = one_in(player, 20) ? anything(player) :
					   meaningful(player, member->kind);

	memcpy(arg + member->offset, &value, member->size);
}

/* Ids, ranges, entries of a batch: words that mean something as any of them. */
static void set_array(struct player *player)
{
	struct scene *scene = player->scene;

	for (unsigned int i = 0; i < 64; i += 4) {
		player->array[i] = (uintptr_t)scene->memory +
				   PAGE * draw(player, PAGES);
		player->array[i + 1] = some_length(player);
		player->array[i + 2] = PAGE * draw(player, 256);
		player->array[i + 3] = 3 | (__u64)draw(player, 2) << 32;
	}
	if (one_in(player, 2)) {
		__u32 *ids = (void *)player->array;

		for (unsigned int i = 0; i < 8; i++)
			ids[i] = 1 + draw(player, 10);
	} else if (one_in(player, 2)) {
		for (unsigned int i = 0; i < 8; i++)
			player->array[i] = PAGE * (i * 8 + draw(player, 8)) -
					   (i & 1);
	}
}

static int target_of(struct player *player, const struct shape *shape)
{
	struct scene *scene = player->scene;

	if (one_in(player, 50))
		return some_fd(player);
	switch (shape->target) {
	case CONTAINER:
		return scene->ours.container;
	case TYPE1:
		return scene->type1.container;
	default:
		return __atomic_load_n(&scene->contexts[draw(player, CONTEXTS)],
				       __ATOMIC_RELAXED);
	}
}

static bool is_ours(const struct shape *shape)
{
	return _IOC_TYPE(shape->nr) == IOASID_TYPE;
}

static void set_header(struct player *player, const struct shape *shape,
		       struct cmd_header *header)
{
	header->size = one_in(player, 20) ? draw(player, 300) : shape->size;
	if (one_in(player, 50))
		header->flags = anything(player);
	if (!is_ours(shape))
		return;
	memset(&player->extack, 0xa5, sizeof(player->extack));
	player->extack.size = sizeof(player->extack);
	header->extack = one_in(player, 20) ? anything(player) :
					      (uintptr_t)&player->extack;
}

/* Was the reason of a failure, where it could be told, told as a line? */
static bool is_explained(struct player *player, const struct cmd_header *header,
			 int err)
{
	const struct ioasid_extack *extack = &player->extack;

	/* The file is none of ours, or the struct could not be read. */
	if (!err || err == EBADF || err == ENOTTY || err == EFAULT ||
	    header->size < sizeof(*header) ||
	    header->extack != (uintptr_t)extack)
		return true;
	if (extack->reason == EA_UNTOUCHED)
		return false;
	return extack->reason && extack->message[0] &&
	       memchr(extack->message, 0, sizeof(extack->message));
}

static void call(struct player *player)
{
	const struct shape *shape = &shapes[draw(player, ARRAY_SIZE(shapes))];
	char arg[512] __attribute__((aligned(8))) = { 0 };
	struct cmd_header *header = (void *)arg;
	int target = target_of(player, shape), err;

	set_array(player);
	set_header(player, shape, header);
	for (const struct member *member = shape->members;
	     member < shape->members + ARRAY_SIZE(shape->members) && member->kind;
	     member++)
		set_member(player, arg, member);
	err = ioctl(target, shape->nr, shape->size ? (void *)arg :
		    (void *)(uintptr_t)draw(player, 12)) < 0 ? errno : 0;
	/* A file that is none of ours has errnos of its own. */
	if (!is_ours(shape) || shape->target != CONTEXT || err == ENOTTY)
		return;
	tally_add(&player->scene->tally, err);
	if (!is_explained(player, header, err)) {
		printf("# command %#lx: errno %d, reason %u: %.100s\n", shape->nr,
		       err, player->extack.reason, player->extack.message);
		__atomic_add_fetch(&player->scene->unexplained, 1,
				   __ATOMIC_RELAXED);
	}
}

/* A context ends while others use it, and another takes its place. */
static void renew(struct player *player)
{
	int *slot = &player->scene->contexts[draw(player, CONTEXTS)];
	int fd = ctx_open();

	if (fd >= 0)
		fd = __atomic_exchange_n(slot, fd, __ATOMIC_RELAXED);
	if (fd >= 0)
		close(fd);
}

/* Memory changes under what is mapped. */
static void stir(struct player *player)
{
	char *va = player->scene->memory + PAGE * draw(player, PAGES - 8);

	switch (draw(player, 4)) {
	case 0:
		madvise(va, 4 * PAGE, MADV_DONTNEED);
		break;
	case 1:
		mprotect(va, 4 * PAGE, draw(player, 4));
		break;
	case 2:
		mmap(va, 4 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	default:
		mmap(va, 4 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, player->scene->file, 0);
	}
}

static void *play(void *data)
{
	struct player *player = data;

	for (unsigned int i = 0; i < CALLS && !race_over(&player->scene->race); i++) {
		call(player);
		if (one_in(player, 100))
			renew(player);
		if (one_in(player, 50))
			stir(player);
	}
	return NULL;
}

static unsigned int seed(void)
{
	const char *text = getenv("FUZZ_SEED");

	return text ? strtoul(text, NULL, 0) : now_ms() * 2654435761U;
}

FIXTURE(fuzz) {
	struct scene scene;
	struct player players[THREADS];
	__u64 locked, pinned;
};

FIXTURE_SETUP(fuzz)
{
	struct scene *scene = &self->scene;

	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	scene->memory = anon(MEMORY);
	ASSERT_NE(NULL, scene->memory);
	scene->file = memfd_create("fuzz", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(scene->file, 8 * PAGE));
	for (unsigned int i = 0; i < CONTEXTS; i++)
		ASSERT_GE(scene->contexts[i] = ctx_open(), 0);
	ASSERT_EQ(0, dev_claim(&scene->ours, EDU_A));
	ASSERT_EQ(0, type1_claim(&scene->type1, EDU_B, VFIO_TYPE1v2_IOMMU, true));
}

FIXTURE_TEARDOWN(fuzz)
{
	struct scene *scene = &self->scene;

	dev_release(&scene->ours);
	dev_release(&scene->type1);
	for (unsigned int i = 0; i < CONTEXTS; i++)
		close(scene->contexts[i]);
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

TEST_F_TIMEOUT(fuzz, calls, 100)
{
	/* The vocabulary of the uAPI; EBADF while a context is replaced. */
	static const int documented[] = {
		EFAULT, EINVAL, EOPNOTSUPP, ENOENT, ENODEV, EEXIST, EBUSY, EACCES,
		EADDRNOTAVAIL, ENOSPC, ENOMEM, EMSGSIZE, E2BIG, EBADF, 0,
	};
	struct scene *scene = &self->scene;
	unsigned int first = seed();

	TH_LOG("FUZZ_SEED=%#x", first);
	race_start(&scene->race);
	for (unsigned int i = 0; i < THREADS; i++) {
		struct player *player = &self->players[i];

		player->scene = scene;
		player->chance = first + i;
		ASSERT_EQ(0, pthread_create(&player->thread, NULL, play, player));
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(self->players[i].thread, NULL);
	race_stop(&scene->race);
	EXPECT_EQ(0, tally_check("calls", &scene->tally, documented));
	EXPECT_EQ(0, scene->unexplained);
}

int main(int argc, char **argv)
{
	race_arguments(&argc, argv);
	return test_harness_run(argc, argv);
}
