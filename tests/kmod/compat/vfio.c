// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO devices of test modules. Since 6.1 a driver embeds VFIO's object in its own;
 * before, it handed VFIO a pointer.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "compat/vfio.h"
#include "ioas_compat_config.h"

#if IOAS_HAVE_VFIO_ALLOC_DEVICE

struct test_vfio {
	struct vfio_device vdev;	/* must be first */
	const struct test_vfio_ops *ops;
	void *data;
};

static struct test_vfio *from_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct test_vfio, vdev);
}

static int vdev_open(struct vfio_device *vdev)
{
	return 0;
}

static void vdev_close(struct vfio_device *vdev)
{
}

static long vdev_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
	struct test_vfio *vfio = from_vdev(vdev);

	return vfio->ops->ioctl(vfio->data, cmd, arg);
}

static ssize_t vdev_read(struct vfio_device *vdev, char __user *buf,
			 size_t count, loff_t *pos)
{
	struct test_vfio *vfio = from_vdev(vdev);

	return vfio->ops->read(vfio->data, buf, count, pos);
}

static ssize_t vdev_write(struct vfio_device *vdev, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct test_vfio *vfio = from_vdev(vdev);

	return vfio->ops->write(vfio->data, buf, count, pos);
}

#if !IOAS_HAVE_VFIO_CORE_FREES
static void vdev_release(struct vfio_device *vdev)
{
	vfio_free_device(vdev);
}
#endif

static const struct vfio_device_ops vdev_ops = {
	.name = "ioas-test",
	.open_device = vdev_open,
	.close_device = vdev_close,
	.ioctl = vdev_ioctl,
	.read = vdev_read,
	.write = vdev_write,
#if !IOAS_HAVE_VFIO_CORE_FREES
	.release = vdev_release,
#endif
};

/**
 * test_vfio_register() - Offer a device to VFIO
 * @dev: the device, which is in an IOMMU group and has a driver
 * @ops: what it does
 * @data: what @ops are called with
 *
 * Context: may sleep.
 * Return: the VFIO device or an ERR_PTR.
 */
struct test_vfio *test_vfio_register(struct device *dev,
				     const struct test_vfio_ops *ops,
				     void *data)
{
	struct test_vfio *vfio;
	int ret;

	vfio = vfio_alloc_device(test_vfio, vdev, dev, &vdev_ops);
	if (IS_ERR(vfio))
		return vfio;
	vfio->ops = ops;
	vfio->data = data;
	ret = vfio_register_group_dev(&vfio->vdev);
	if (ret) {
		vfio_put_device(&vfio->vdev);
		return ERR_PTR(ret);
	}
	return vfio;
}

/**
 * test_vfio_unregister() - Take a device from VFIO
 * @vfio: the VFIO device
 *
 * Context: may sleep, until nobody has it open any more.
 */
void test_vfio_unregister(struct test_vfio *vfio)
{
	vfio_unregister_group_dev(&vfio->vdev);
	vfio_put_device(&vfio->vdev);
}

#else /* !IOAS_HAVE_VFIO_ALLOC_DEVICE */

struct test_vfio {
	struct device *dev;
	const struct test_vfio_ops *ops;
	void *data;
};

static int vdev_open(void *data)
{
	return 0;
}

static void vdev_close(void *data)
{
}

static long vdev_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	struct test_vfio *vfio = data;

	return vfio->ops->ioctl(vfio->data, cmd, arg);
}

static ssize_t vdev_read(void *data, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct test_vfio *vfio = data;

	return vfio->ops->read(vfio->data, buf, count, pos);
}

static ssize_t vdev_write(void *data, const char __user *buf, size_t count,
			  loff_t *pos)
{
	struct test_vfio *vfio = data;

	return vfio->ops->write(vfio->data, buf, count, pos);
}

static const struct vfio_device_ops vdev_ops = {
	.name = "ioas-test",
	.open = vdev_open,
	.release = vdev_close,
	.ioctl = vdev_ioctl,
	.read = vdev_read,
	.write = vdev_write,
};

struct test_vfio *test_vfio_register(struct device *dev,
				     const struct test_vfio_ops *ops,
				     void *data)
{
	struct test_vfio *vfio = kzalloc(sizeof(*vfio), GFP_KERNEL);
	int ret;

	if (!vfio)
		return ERR_PTR(-ENOMEM);
	vfio->dev = dev;
	vfio->ops = ops;
	vfio->data = data;
	ret = vfio_add_group_dev(dev, &vdev_ops, vfio);
	if (!ret)
		return vfio;
	kfree(vfio);
	return ERR_PTR(ret);
}

void test_vfio_unregister(struct test_vfio *vfio)
{
	vfio_del_group_dev(vfio->dev);
	kfree(vfio);
}

#endif
