// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO type1: a container per space. Called through struct peer. It is two peers: the
 * kernel's own, and ioasidfd in its place.
 *
 * Devices behind one IOMMU share their container's I/O page table, so a second one
 * for the same memory exists only in another container, which pins it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "bench.h"
#include "vfio.h"

#define ENTRY_LIMIT	"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
#define PERSONALITY	"/sys/module/ioasidfd/parameters/type1"
#define UNKNOWN_COMMAND	_IO(VFIO_TYPE, 0xff)

/* A peer's containers, one for each of its devices. */
struct type1 {
	int containers[PEER_DEVICES];
	int groups[PEER_DEVICES];
};

static struct type1 kernels = { { -1, -1 }, { -1, -1 } };
static struct type1 ours = { { -1, -1 }, { -1, -1 } };

static int type1_claim(struct type1 *type1, unsigned int n, const char *device)
{
	int *container = &type1->containers[n], *group = &type1->groups[n];

	*container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (*container < 0)
		return -errno;
	*group = vfio_group_open(device);
	if (*group < 0)
		return *group;
	if (ioctl(*group, VFIO_GROUP_SET_CONTAINER, container))
		return -errno;
	return ioctl(*container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ? -errno : 0;
}

static void type1_close(struct type1 *type1)
{
	unsigned int n;

	for (n = 0; n < PEER_DEVICES; n++) {
		if (type1->groups[n] >= 0)
			close(type1->groups[n]);
		if (type1->containers[n] >= 0)
			close(type1->containers[n]);
		type1->groups[n] = -1;
		type1->containers[n] = -1;
	}
}

static int type1_open(struct type1 *type1, const char *const devices[PEER_DEVICES])
{
	unsigned int n;
	int err = 0;

	for (n = 0; n < PEER_DEVICES && !err; n++)
		err = type1_claim(type1, n, devices[n]);
	if (err)
		type1_close(type1);
	return err;
}

static int type1_null_call(const struct type1 *type1)
{
	return ioctl(type1->containers[0], UNKNOWN_COMMAND, 0) &&
	       errno == ENOTTY ? 0 : -EIO;
}

static int type1_map(int container, const struct range *range)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (__u64)range->va,
		.iova = range->iova,
		.size = range->length,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int type1_unmap(int container, __u64 iova, __u64 length)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = length,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	return unmap.size == length ? 0 : -EIO;
}

/* By range: the flag that says "all" is younger than the oldest kernel measured. */
static int type1_unmap_all(int container)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = 0,
		.size = 1ULL << 48,
	};

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

/* ---- the kernel's own ---- */

static int kernels_open(const char *const devices[PEER_DEVICES])
{
	/* A container takes the limit of the time it is made at. */
	int err = file_write(ENTRY_LIMIT, ~0U);

	return err ? err : type1_open(&kernels, devices);
}

static void kernels_close(void)
{
	type1_close(&kernels);
}

static int kernels_null_call(void)
{
	return type1_null_call(&kernels);
}

static int kernels_map(unsigned int space, const struct range *range)
{
	return type1_map(kernels.containers[space], range);
}

static int kernels_unmap(unsigned int space, __u64 iova, __u64 length)
{
	return type1_unmap(kernels.containers[space], iova, length);
}

static int kernels_unmap_all(unsigned int space)
{
	return type1_unmap_all(kernels.containers[space]);
}

const struct peer peer_type1 = {
	.name = "type1",
	.lacks = "type1 has no such operation",
	.open = kernels_open,
	.close = kernels_close,
	.null_call = kernels_null_call,
	.map = kernels_map,
	.unmap = kernels_unmap,
	.unmap_all = kernels_unmap_all,
};

/* ---- ioasidfd in its place ---- */

/* A container keeps what served it when it was made. */
static int ours_open(const char *const devices[PEER_DEVICES])
{
	int err = file_write(PERSONALITY, 1);

	if (err)
		return err;
	err = type1_open(&ours, devices);
	file_write(PERSONALITY, 0);
	return err;
}

static void ours_close(void)
{
	type1_close(&ours);
}

static int ours_null_call(void)
{
	return type1_null_call(&ours);
}

static int ours_map(unsigned int space, const struct range *range)
{
	return type1_map(ours.containers[space], range);
}

static int ours_unmap(unsigned int space, __u64 iova, __u64 length)
{
	return type1_unmap(ours.containers[space], iova, length);
}

static int ours_unmap_all(unsigned int space)
{
	return type1_unmap_all(ours.containers[space]);
}

const struct peer peer_ioasid_type1 = {
	.name = "ioasid-type1",
	.lacks = "type1 has no such operation",
	.open = ours_open,
	.close = ours_close,
	.null_call = ours_null_call,
	.map = ours_map,
	.unmap = ours_unmap,
	.unmap_all = ours_unmap_all,
};
