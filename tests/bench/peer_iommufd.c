// SPDX-License-Identifier: GPL-2.0
/* iommufd: one IOAS per space, devices through VFIO's cdev. Called through struct peer. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#include "bench.h"
#include "vfio.h"

#define RW	(IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE)
#define UNKNOWN_COMMAND	_IO(IOMMUFD_TYPE, 0xff)

static int fd = -1;
static int cdevs[PEER_DEVICES] = { -1, -1 };
static __u32 ids[PEER_DEVICES];
static __u32 spaces[PEER_DEVICES];
static __u32 table;

static int call(unsigned long command, void *arg)
{
	return ioctl(fd, command, arg) ? -errno : 0;
}

static int attach(unsigned int n, __u32 id)
{
	struct vfio_device_attach_iommufd_pt cmd = {
		.argsz = sizeof(cmd),
		.pt_id = id,
	};

	return ioctl(cdevs[n], VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd) ? -errno : 0;
}

static int iommufd_claim(unsigned int n, const char *device)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = fd,
	};
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int err;

	cdevs[n] = vfio_cdev_open(device);
	if (cdevs[n] < 0)
		return cdevs[n];
	if (ioctl(cdevs[n], VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return -errno;
	ids[n] = bind.out_devid;
	err = call(IOMMU_IOAS_ALLOC, &alloc);
	if (err)
		return err;
	spaces[n] = alloc.out_ioas_id;
	return attach(n, spaces[n]);
}

static void iommufd_close(void)
{
	unsigned int n;

	for (n = 0; n < PEER_DEVICES; n++) {
		if (cdevs[n] >= 0)
			close(cdevs[n]);
		cdevs[n] = -1;
	}
	if (fd >= 0)
		close(fd);
	fd = -1;
}

static int iommufd_open(const char *const devices[PEER_DEVICES])
{
	unsigned int n;
	int err = 0;

	fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (n = 0; n < PEER_DEVICES && !err; n++)
		err = iommufd_claim(n, devices[n]);
	if (err)
		iommufd_close();
	return err;
}

static int iommufd_null_call(void)
{
	return ioctl(fd, UNKNOWN_COMMAND, 0) && errno == ENOTTY ? 0 : -EIO;
}

static int iommufd_map(unsigned int space, const struct range *range)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = RW | IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = spaces[space],
		.user_va = (__u64)range->va,
		.length = range->length,
		.iova = range->iova,
	};

	return call(IOMMU_IOAS_MAP, &map);
}

static int iommufd_unmap(unsigned int space, __u64 iova, __u64 length)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = spaces[space],
		.iova = iova,
		.length = length,
	};
	int err = call(IOMMU_IOAS_UNMAP, &unmap);

	if (err)
		return err;
	return unmap.length == length ? 0 : -EIO;
}

static int iommufd_unmap_all(unsigned int space)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = spaces[space],
		.iova = 0,
		.length = ~0ULL,
	};

	return call(IOMMU_IOAS_UNMAP, &unmap);
}

static int iommufd_share(const struct range *range)
{
	return iommufd_map(0, range);
}

static void iommufd_unshare(void)
{
	iommufd_unmap_all(0);
}

static int iommufd_map_shared(unsigned int space, const struct range *range)
{
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy),
		.flags = RW | IOMMU_IOAS_MAP_FIXED_IOVA,
		.dst_ioas_id = spaces[space],
		.src_ioas_id = spaces[0],
		.length = range->length,
		.dst_iova = range->iova,
		.src_iova = range->iova,
	};

	return call(IOMMU_IOAS_COPY, &copy);
}

/* A second table of the first space, made for the second device. */
static int iommufd_fill(void)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.dev_id = ids[1],
		.pt_id = spaces[0],
	};
	int err = call(IOMMU_HWPT_ALLOC, &alloc);

	if (err)
		return err;
	table = alloc.out_hwpt_id;
	return attach(1, table);
}

static int iommufd_drain(void)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = table };
	int err = attach(1, spaces[1]);

	return err ? err : call(IOMMU_DESTROY, &destroy);
}

const struct peer peer_iommufd = {
	.name = "iommufd",
	.lacks = "iommufd has no such operation",
	.open = iommufd_open,
	.close = iommufd_close,
	.null_call = iommufd_null_call,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.unmap_all = iommufd_unmap_all,
	.share = iommufd_share,
	.unshare = iommufd_unshare,
	.map_shared = iommufd_map_shared,
	.populate = iommufd_share,
	.fill = iommufd_fill,
	.drain = iommufd_drain,
	.unpopulate = iommufd_unshare,
};
