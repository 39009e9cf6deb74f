// SPDX-License-Identifier: GPL-2.0
/* VFIO's groups and device files. Called by peer_type1.c and peer_iommufd.c. */
#include "vfio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_rw(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vfio_group_open(const char *device)
{
	char link[PATH_MAX], target[PATH_MAX] = "", path[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", device);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/dev/vfio/%.32s", basename(target));
	return open_rw(path);
}

int vfio_cdev_open(const char *device)
{
	char path[PATH_MAX] = "";
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", device);
	folder = opendir(path);
	if (!folder)
		return -errno;
	path[0] = '\0';
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s",
				 entry->d_name);
	closedir(folder);
	return path[0] ? open_rw(path) : -ENOENT;
}
