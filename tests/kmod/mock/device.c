// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of the mock devices: it makes VFIO devices of them. Called by compat/,
 * which has the bus.
 */
#include <linux/device.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "compat/vfio.h"
#include "mock/internal.h"

static long get_info(struct vfio_device_info __user *user)
{
	struct vfio_device_info info;
	size_t size = offsetofend(struct vfio_device_info, num_irqs);

	if (copy_from_user(&info, user, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = 0;
	info.num_irqs = 0;
	return copy_to_user(user, &info, size) ? -EFAULT : 0;
}

static long device_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	struct mock_device *md = data;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info((void __user *)arg);
	case VFIO_DEVICE_RESET:
		mock_engine_reset(md);
		return 0;
	case MOCK_DMA:
		return mock_engine_dma(md, (void __user *)arg);
	}
	return -ENOTTY;
}

static ssize_t device_read(void *data, char __user *buf, size_t count,
			   loff_t *pos)
{
	return mock_engine_read(data, buf, count, pos);
}

static ssize_t device_write(void *data, const char __user *buf, size_t count,
			    loff_t *pos)
{
	return mock_engine_write(data, buf, count, pos);
}

static const struct test_vfio_ops mock_vfio_ops = {
	.ioctl = device_ioctl,
	.read = device_read,
	.write = device_write,
};

/**
 * mock_driver_probe() - Offer a device to VFIO
 * @dev: the device
 *
 * Return: 0 or a negative errno.
 */
int mock_driver_probe(struct device *dev)
{
	struct mock_device *md = mock_device_of(dev);
	struct test_vfio *vfio;
	int ret = mock_translate_start(md);

	if (ret)
		return ret;
	vfio = test_vfio_register(dev, &mock_vfio_ops, md);
	if (IS_ERR(vfio)) {
		mock_translate_stop(md);
		return PTR_ERR(vfio);
	}
	md->vfio = vfio;
	return 0;
}

/**
 * mock_driver_remove() - Take a device from VFIO
 * @dev: the device
 *
 * Context: may sleep, until nobody has it open any more.
 */
void mock_driver_remove(struct device *dev)
{
	struct mock_device *md = mock_device_of(dev);

	mock_translate_stop(md);
	test_vfio_unregister(md->vfio);
	md->vfio = NULL;
}
