/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO device made by a test module, on any kernel. Called by the drivers of test
 * devices.
 */
#ifndef IOAS_TEST_VFIO_H
#define IOAS_TEST_VFIO_H

#include <linux/types.h>

struct device;
struct test_vfio;

/**
 * struct test_vfio_ops - What a test device does
 * @ioctl: an ioctl of its fd
 * @read: read() of its fd
 * @write: write() of its fd
 */
struct test_vfio_ops {
	long (*ioctl)(void *data, unsigned int cmd, unsigned long arg);
	ssize_t (*read)(void *data, char __user *buf, size_t count,
			loff_t *pos);
	ssize_t (*write)(void *data, const char __user *buf, size_t count,
			 loff_t *pos);
};

struct test_vfio *test_vfio_register(struct device *dev,
				     const struct test_vfio_ops *ops,
				     void *data);
void test_vfio_unregister(struct test_vfio *vfio);

#endif
