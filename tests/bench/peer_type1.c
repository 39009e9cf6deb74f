// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO type1: a container per space. Called through struct peer.
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
#define UNKNOWN_COMMAND	_IO(VFIO_TYPE, 0xff)

static int containers[PEER_DEVICES] = { -1, -1 };
static int groups[PEER_DEVICES] = { -1, -1 };

static int type1_claim(unsigned int n, const char *device)
{
	containers[n] = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (containers[n] < 0)
		return -errno;
	groups[n] = vfio_group_open(device);
	if (groups[n] < 0)
		return groups[n];
	if (ioctl(groups[n], VFIO_GROUP_SET_CONTAINER, &containers[n]))
		return -errno;
	return ioctl(containers[n], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ? -errno : 0;
}

static void type1_close(void)
{
	unsigned int n;

	for (n = 0; n < PEER_DEVICES; n++) {
		if (groups[n] >= 0)
			close(groups[n]);
		if (containers[n] >= 0)
			close(containers[n]);
		groups[n] = -1;
		containers[n] = -1;
	}
}

static int type1_open(const char *const devices[PEER_DEVICES])
{
	/* A container takes the limit of the time it is made at. */
	int err = file_write(ENTRY_LIMIT, ~0U);
	unsigned int n;

	for (n = 0; n < PEER_DEVICES && !err; n++)
		err = type1_claim(n, devices[n]);
	if (err)
		type1_close();
	return err;
}

static int type1_null_call(void)
{
	return ioctl(containers[0], UNKNOWN_COMMAND, 0) && errno == ENOTTY ? 0 : -EIO;
}

static int type1_map(unsigned int space, const struct range *range)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (__u64)range->va,
		.iova = range->iova,
		.size = range->length,
	};

	return ioctl(containers[space], VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int type1_unmap(unsigned int space, __u64 iova, __u64 length)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = length,
	};

	if (ioctl(containers[space], VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	return unmap.size == length ? 0 : -EIO;
}

/* By range: the flag that says "all" is younger than the oldest kernel measured. */
static int type1_unmap_all(unsigned int space)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = 0,
		.size = 1ULL << 48,
	};

	return ioctl(containers[space], VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

const struct peer peer_type1 = {
	.name = "type1",
	.lacks = "type1 has no such operation",
	.open = type1_open,
	.close = type1_close,
	.null_call = type1_null_call,
	.map = type1_map,
	.unmap = type1_unmap,
	.unmap_all = type1_unmap_all,
};
