// SPDX-License-Identifier: GPL-2.0
/*
 * The edu devices of the test machine and the VFIO steps that claim them. Linked
 * into every test program.
 */
#define _GNU_SOURCE
#include "vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../tools/edu/edu.h"
#include "common.h"

#define PCI_DEVICES	"/sys/bus/pci/devices"
#define NAME_LEN	16
#define NUM_MOCK	16

const char *edu_name(unsigned int n)
{
	static char names[NUM_EDU][NAME_LEN];

	if (n >= NUM_EDU || edu_find(n, names[n], NAME_LEN))
		return NULL;
	return names[n];
}

const char *test_device_name(unsigned int n)
{
	static char names[NUM_MOCK][NAME_LEN];

	if (n < MOCK(0))
		return edu_name(n);
	n -= MOCK(0);
	if (n >= NUM_MOCK)
		return NULL;
	snprintf(names[n], NAME_LEN, "ioas-mock.%u", n);
	return names[n];
}

static int group_on_bus(const char *bus, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/iommu_group", bus,
		 name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -1;
	target[len] = '\0';
	return atoi(strrchr(target, '/') + 1);
}

int iommu_group_of(const char *name)
{
	/* Where mock devices are depends on the kernel. */
	static const char *const buses[] = {
		"pci", "platform", "ioas-mock", "mdev",
	};
	int group = -1;

	for (size_t i = 0; name && group < 0 &&
	     i < sizeof(buses) / sizeof(*buses); i++)
		group = group_on_bus(buses[i], name);
	return group;
}

static int errno_of(int ret)
{
	return ret < 0 ? errno : 0;
}

int container_open(int *container)
{
	*container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	return errno_of(*container);
}

int container_use(int container, unsigned long type)
{
	return errno_of(ioctl(container, VFIO_SET_IOMMU, type));
}

int group_open(const char *name, int *group)
{
	char path[64];
	int number = iommu_group_of(name);

	if (number < 0) {
		errno = ENODEV;
		return errno;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	*group = open(path, O_RDWR | O_CLOEXEC);
	return errno_of(*group);
}

int group_set(int group, int container)
{
	return errno_of(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
}

int group_unset(int group)
{
	return errno_of(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
}

int device_open(int group, const char *name, int *device)
{
	*device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	return errno_of(*device);
}

void dev_init(struct dev *dev, unsigned int n)
{
	memset(dev, 0, sizeof(*dev));
	dev->name = test_device_name(n);
	dev->cookie = 0xc00c1e0000000000ULL + n;
	dev->container = -1;
	dev->group = -1;
	dev->device = -1;
}

int dev_claim_type(struct dev *dev, unsigned int n, unsigned long type)
{
	dev_init(dev, n);
	return dev_claim_inited(dev, type);
}

int dev_claim_inited(struct dev *dev, unsigned long type)
{
	int err;

	err = group_open(dev->name, &dev->group);
	if (!err)
		err = container_open(&dev->container);
	if (!err)
		err = group_set(dev->group, dev->container);
	if (!err)
		err = container_use(dev->container, type);
	if (err)
		dev_release(dev);
	return err;
}

int dev_claim(struct dev *dev, unsigned int n)
{
	return dev_claim_type(dev, n, VFIO_IOASID_IOMMU);
}

int dev_join(struct dev *dev, unsigned int n, const struct dev *first)
{
	dev_init(dev, n);
	return dev_join_inited(dev, first);
}

int dev_join_inited(struct dev *dev, const struct dev *first)
{
	int err;

	dev->container = first->container;
	dev->borrowed_container = 1;
	if (dev->name && iommu_group_of(dev->name) == iommu_group_of(first->name)) {
		dev->group = first->group;
		dev->borrowed_group = 1;
		return 0;
	}
	err = group_open(dev->name, &dev->group);
	if (!err)
		err = group_set(dev->group, dev->container);
	if (err)
		dev_release(dev);
	return err;
}

int dev_bind(struct dev *dev, int fd)
{
	return do_bind(dev->container, fd, dev->name, dev->cookie, &dev->id);
}

void dev_release(struct dev *dev)
{
	if (dev->device >= 0)
		close(dev->device);
	if (dev->group >= 0 && !dev->borrowed_group)
		close(dev->group);
	if (dev->container >= 0 && !dev->borrowed_container)
		close(dev->container);
	dev->device = -1;
	dev->group = -1;
	dev->container = -1;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = errno_of(write(fd, text, strlen(text)));
	close(fd);
	return err;
}

int driver_unbind(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver/unbind", name);
	return write_file(path, name);
}

int driver_bind(const char *name, const char *driver)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override", name);
	err = write_file(path, driver);
	return err ? err : write_file("/sys/bus/pci/drivers_probe", name);
}

int vfio_bind(const char *name)
{
	return driver_bind(name, "vfio-pci");
}

int pci_remove(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/remove", name);
	return write_file(path, "1");
}

int pci_rescan(void)
{
	return write_file("/sys/bus/pci/rescan", "1");
}
