/* SPDX-License-Identifier: GPL-2.0 */
/* VFIO's groups and device files. Called by peer_type1.c and peer_iommufd.c. */
#ifndef IOASID_BENCH_VFIO_H
#define IOASID_BENCH_VFIO_H

/* Opens the /dev/vfio/N of a PCI device's group: a file descriptor or -errno. */
int vfio_group_open(const char *device);
/* Opens the /dev/vfio/devices/vfioN of a PCI device: the same. */
int vfio_cdev_open(const char *device);

#endif /* IOASID_BENCH_VFIO_H */
