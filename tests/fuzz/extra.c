// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that are no commands of the uAPI: the type1 personality's, and what a process
 * does to its own memory and files meanwhile.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	4096UL

struct fuzz_type1_unmap {
	struct vfio_iommu_type1_dma_unmap unmap;
	struct vfio_bitmap bitmap;
};

struct fuzz_type1_dirty {
	struct vfio_iommu_type1_dirty_bitmap dirty;
	struct vfio_iommu_type1_dirty_bitmap_get get;
};

#define FIELD(of, member, what, known)						\
	{ .name = #member, .role = what, .offset = offsetof(of, member),		\
	  .size = sizeof(((of *)0)->member), .values = known }

static const __u64 fuzz_map_flags[] = {
	VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE, VFIO_DMA_MAP_FLAG_VADDR, FUZZ_END };
static const __u64 fuzz_unmap_flags[] = {
	VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, VFIO_DMA_UNMAP_FLAG_ALL,
	VFIO_DMA_UNMAP_FLAG_VADDR, FUZZ_END };
static const __u64 fuzz_dirty_flags[] = {
	VFIO_IOMMU_DIRTY_PAGES_FLAG_START, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
	VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, FUZZ_END };

static const struct fuzz_field fuzz_map_fields[] = {
	FIELD(struct vfio_iommu_type1_dma_map, argsz, FUZZ_SIZE, NULL),
	FIELD(struct vfio_iommu_type1_dma_map, flags, FUZZ_FLAGS, fuzz_map_flags),
	FIELD(struct vfio_iommu_type1_dma_map, vaddr, FUZZ_ADDRESS, NULL),
	FIELD(struct vfio_iommu_type1_dma_map, iova, FUZZ_IOVA, NULL),
	FIELD(struct vfio_iommu_type1_dma_map, size, FUZZ_LENGTH, NULL),
	{ .name = NULL }
};

static const struct fuzz_field fuzz_unmap_fields[] = {
	FIELD(struct fuzz_type1_unmap, unmap.argsz, FUZZ_SIZE, NULL),
	FIELD(struct fuzz_type1_unmap, unmap.flags, FUZZ_FLAGS, fuzz_unmap_flags),
	FIELD(struct fuzz_type1_unmap, unmap.iova, FUZZ_IOVA, NULL),
	FIELD(struct fuzz_type1_unmap, unmap.size, FUZZ_LENGTH, NULL),
	FIELD(struct fuzz_type1_unmap, bitmap.pgsize, FUZZ_PAGE, NULL),
	FIELD(struct fuzz_type1_unmap, bitmap.size, FUZZ_LENGTH, NULL),
	FIELD(struct fuzz_type1_unmap, bitmap.data, FUZZ_BUFFER, NULL),
	{ .name = NULL }
};

static const struct fuzz_field fuzz_dirty_fields[] = {
	FIELD(struct fuzz_type1_dirty, dirty.argsz, FUZZ_SIZE, NULL),
	FIELD(struct fuzz_type1_dirty, dirty.flags, FUZZ_FLAGS, fuzz_dirty_flags),
	FIELD(struct fuzz_type1_dirty, get.iova, FUZZ_IOVA, NULL),
	FIELD(struct fuzz_type1_dirty, get.size, FUZZ_LENGTH, NULL),
	FIELD(struct fuzz_type1_dirty, get.bitmap.pgsize, FUZZ_PAGE, NULL),
	FIELD(struct fuzz_type1_dirty, get.bitmap.size, FUZZ_LENGTH, NULL),
	FIELD(struct fuzz_type1_dirty, get.bitmap.data, FUZZ_BUFFER, NULL),
	{ .name = NULL }
};

static const struct fuzz_field fuzz_info_fields[] = {
	FIELD(struct vfio_iommu_type1_info, argsz, FUZZ_SIZE, NULL),
	FIELD(struct vfio_iommu_type1_info, flags, FUZZ_RESERVED, NULL),
	{ .name = NULL }
};

static void *fuzz_place(__u32 choice)
{
	return fuzz_world.arena + choice % (FUZZ_ARENA / PAGE - 512) * PAGE;
}

static int fuzz_errno(int ret)
{
	return ret < 0 ? errno : 0;
}

/* Other memory where programs map from: none, of the file, read-only, new. */
static int fuzz_remap(const __u32 *choices)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE };
	size_t length = (1 + choices[1] % 512) * PAGE;
	bool file = choices[1] & 0x1000;
	int flags = MAP_FIXED | (file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);
	void *got = mmap(fuzz_place(choices[0]), length, prots[choices[1] >> 16 & 3], flags,
			 file ? fuzz_world.file : -1, 0);

	return got == MAP_FAILED ? errno : 0;
}

static int fuzz_discard(const __u32 *choices)
{
	return fuzz_errno(madvise(fuzz_place(choices[0]), (1 + choices[1] % 512) * PAGE,
				  choices[1] & 0x1000 ? MADV_DONTNEED : MADV_PAGEOUT));
}

static int fuzz_reopen(const __u32 *choices)
{
	return fuzz_world_renew(choices[0] % FUZZ_CONTEXTS);
}

static int fuzz_reclaim(const __u32 *choices)
{
	return fuzz_world_reclaim(choices[0] % FUZZ_CONTAINERS);
}

static int fuzz_toggle(const __u32 *choices)
{
	return fuzz_world_toggle(choices[0] % FUZZ_CONTAINERS);
}

static int fuzz_shrink(const __u32 *choices)
{
	int ret = ftruncate(fuzz_world.file, choices[0] % FUZZ_ARENA);

	return fuzz_errno(ret ? ret : ftruncate(fuzz_world.file, FUZZ_ARENA));
}

static int fuzz_ask(const __u32 *choices)
{
	int fd = fuzz_world.containers[choices[0] % FUZZ_CONTAINERS];
	unsigned long nr = choices[1] & 1 ? VFIO_CHECK_EXTENSION : VFIO_SET_IOMMU;

	return fuzz_errno(ioctl(fd, nr, choices[1] & 2 ? (unsigned long)VFIO_IOASID_IOMMU :
							  choices[1] >> 8 & 15));
}

#define IOCTL(what, of, call)							\
	{ .arg = { .name = what, .size = sizeof(of), .fields = fuzz_##call##_fields },	\
	  .nr = FUZZ_NR_##call, .target = FUZZ_AT_CONTAINER }
#define FUZZ_NR_map	VFIO_IOMMU_MAP_DMA
#define FUZZ_NR_unmap	VFIO_IOMMU_UNMAP_DMA
#define FUZZ_NR_dirty	VFIO_IOMMU_DIRTY_PAGES
#define FUZZ_NR_info	VFIO_IOMMU_GET_INFO
#define DO(what, how)	{ .arg = { .name = what }, .target = FUZZ_AT_NOTHING, .run = how }

const struct fuzz_command fuzz_extras[] = {
	IOCTL("type1_map", struct vfio_iommu_type1_dma_map, map),
	IOCTL("type1_unmap", struct fuzz_type1_unmap, unmap),
	IOCTL("type1_dirty", struct fuzz_type1_dirty, dirty),
	IOCTL("type1_info", struct vfio_iommu_type1_info, info),
	DO("vfio_ask", fuzz_ask),
	DO("remap", fuzz_remap),
	DO("discard", fuzz_discard),
	DO("shrink", fuzz_shrink),
	DO("reopen", fuzz_reopen),
	DO("reclaim", fuzz_reclaim),
	DO("toggle", fuzz_toggle),
	{ .nr = 0 }
};
