// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO's type1 ioctls for the programs type1_*. Linked into every test program.
 */
#define _GNU_SOURCE
#include "type1.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PARAMETER	"/sys/module/ioasidfd/parameters/type1"

/* Newer than the oldest headers these programs are built with. */
#ifndef VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL
#define VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL 3
struct vfio_iommu_type1_info_dma_avail {
	struct vfio_info_cap_header header;
	__u32 avail;
};
#endif

static int errno_of(int ret)
{
	return ret < 0 ? errno : 0;
}

int type1_set(bool on)
{
	int fd = open(PARAMETER, O_WRONLY), err;

	if (fd < 0)
		return errno;
	err = write(fd, on ? "1" : "0", 1) == 1 ? 0 : errno;
	close(fd);
	return err;
}

int type1_is_set(void)
{
	int fd = open(PARAMETER, O_RDONLY);
	char value = 0;

	if (fd < 0)
		return -1;
	if (read(fd, &value, 1) != 1)
		value = 0;
	close(fd);
	return value == 'Y' ? 1 : value == 'N' ? 0 : -1;
}

int type1_claim_inited(struct dev *dev, unsigned long type, bool ours)
{
	int err = type1_set(ours);

	if (err)
		return err;
	err = dev_claim_inited(dev, type);
	type1_set(false);
	return err;
}

int type1_claim(struct dev *dev, unsigned int n, unsigned long type, bool ours)
{
	dev_init(dev, n);
	return type1_claim_inited(dev, type, ours);
}

bool type1_is_ours(int container)
{
	struct cmd_header none = { .size = 0 };

	/* Too short for us; the kernel's does not know the number. */
	return ioctl(container, VFIO_IOASID_ADOPT, &none) < 0 && errno == EINVAL;
}

int t1_map(int container, const void *va, __u64 size, __u64 iova, __u32 flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = size,
	};

	return errno_of(ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
}

int t1_unmap(int container, __u64 iova, __u64 size, __u32 flags,
	     __u64 *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = flags,
		.iova = iova,
		.size = size,
	};
	int err = errno_of(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));

	if (!err && unmapped)
		*unmapped = unmap.size;
	return err;
}

int t1_unmap_dirty(int container, __u64 iova, __u64 size, void *bitmap,
		   __u64 bytes, __u64 page, __u64 *unmapped)
{
	struct {
		struct vfio_iommu_type1_dma_unmap unmap;
		struct vfio_bitmap bitmap;
	} args = {
		.unmap.argsz = sizeof(args),
		.unmap.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
		.unmap.iova = iova,
		.unmap.size = size,
		.bitmap.pgsize = page,
		.bitmap.size = bytes,
		.bitmap.data = bitmap,
	};
	int err = errno_of(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &args));

	if (!err && unmapped)
		*unmapped = args.unmap.size;
	return err;
}

int t1_log(int container, __u32 flags)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = {
		.argsz = sizeof(dirty),
		.flags = flags,
	};

	return errno_of(ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &dirty));
}

int t1_dirty(int container, __u64 iova, __u64 size, void *bitmap, __u64 bytes,
	     __u64 page)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap dirty;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} args = {
		.dirty.argsz = sizeof(args),
		.dirty.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
		.get.iova = iova,
		.get.size = size,
		.get.bitmap.pgsize = page,
		.get.bitmap.size = bytes,
		.get.bitmap.data = bitmap,
	};

	return errno_of(ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &args));
}

int t1_adopt(int container, int fd, __u32 *ioasid)
{
	struct vfio_ioasid_adopt adopt = {
		.size = sizeof(adopt),
		.ioasid_fd = fd,
	};
	int err = cmd(container, VFIO_IOASID_ADOPT, &adopt);

	*ioasid = adopt.ioasid;
	return err;
}

static void read_ranges(struct t1_info *info,
			const struct vfio_iommu_type1_info_cap_iova_range *cap)
{
	info->num_ranges = cap->nr_iovas;
	for (unsigned int i = 0; i < cap->nr_iovas && i < 16; i++)
		info->ranges[i] = cap->iova_ranges[i];
}

static void read_cap(struct t1_info *info,
		     const struct vfio_info_cap_header *header)
{
	const struct vfio_iommu_type1_info_cap_migration *migration;

	if (info->num_caps < 4)
		info->order[info->num_caps++] = header->id;
	switch (header->id) {
	case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE:
		read_ranges(info, (const void *)header);
		break;
	case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION:
		migration = (const void *)header;
		info->dirty_pgsizes = migration->pgsize_bitmap;
		info->dirty_max = migration->max_dirty_bitmap_size;
		break;
	case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL:
		memcpy(&info->avail, header + 1, sizeof(info->avail));
		break;
	}
}

int t1_info(int container, struct t1_info *info)
{
	union {
		struct vfio_iommu_type1_info info;
		char bytes[4096];
	} all = { .info.argsz = sizeof(all) };
	__u32 offset;

	memset(info, 0, sizeof(*info));
	if (ioctl(container, VFIO_IOMMU_GET_INFO, &all))
		return errno;
	info->info = all.info;
	if (!(all.info.flags & VFIO_IOMMU_INFO_CAPS))
		return 0;
	for (offset = all.info.cap_offset; offset && offset < sizeof(all);) {
		const struct vfio_info_cap_header *header =
			(const void *)(all.bytes + offset);

		read_cap(info, header);
		offset = header->next;
	}
	return 0;
}

bool t1_usable(const struct t1_info *info, __u64 iova)
{
	for (unsigned int i = 0; i < info->num_ranges; i++)
		if (iova >= info->ranges[i].start &&
		    iova <= info->ranges[i].end)
			return true;
	return false;
}
