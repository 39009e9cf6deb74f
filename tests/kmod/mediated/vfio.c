// SPDX-License-Identifier: GPL-2.0
/*
 * The devices as VFIO's. Since 6.1 a driver hands VFIO a device that it emulates. Before,
 * such devices were made by the mdev module, when somebody wrote a name to a file that it
 * makes for us; VFIO was asked for memory by group and by page frame number, and told a
 * driver by a notifier what is unmapped.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "ioas_compat_config.h"
#include "mediated/internal.h"

#define NAME	"ioas-mediated"

static int prot_of(bool write)
{
	return write ? IOMMU_READ | IOMMU_WRITE : IOMMU_READ;
}

#if IOAS_HAVE_VFIO_ALLOC_DEVICE

struct mediated_vfio {
	struct vfio_device vdev;	/* must be first */
	struct mediated *md;
};

static struct mediated *md_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct mediated_vfio, vdev)->md;
}

static int vdev_open(struct vfio_device *vdev)
{
	mediated_open(md_of(vdev));
	return 0;
}

static void vdev_close(struct vfio_device *vdev)
{
	mediated_close(md_of(vdev));
}

static long vdev_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
	return mediated_ioctl(md_of(vdev), cmd, arg);
}

static void vdev_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	mediated_unmap(md_of(vdev), iova, length);
}

#if !IOAS_HAVE_VFIO_CORE_FREES
static void vdev_release(struct vfio_device *vdev)
{
	vfio_free_device(vdev);
}
#endif

static const struct vfio_device_ops vdev_ops = {
	.name = NAME,
	.open_device = vdev_open,
	.close_device = vdev_close,
	.ioctl = vdev_ioctl,
	.dma_unmap = vdev_dma_unmap,
#if !IOAS_HAVE_VFIO_CORE_FREES
	.release = vdev_release,
#endif
};

static int offer(struct mediated *md)
{
	struct mediated_vfio *vfio;
	int ret;

	vfio = vfio_alloc_device(mediated_vfio, vdev, md->dev, &vdev_ops);
	if (IS_ERR(vfio))
		return PTR_ERR(vfio);
	vfio->md = md;
	md->vfio = vfio;
	ret = vfio_register_emulated_iommu_dev(&vfio->vdev);
	if (ret)
		vfio_put_device(&vfio->vdev);
	return ret;
}

static int declare_and_offer(struct mediated *md, unsigned int n)
{
	int ret = mediated_declare(md, mediated_kind(n));

	if (ret)
		return ret;
	ret = offer(md);
	if (ret)
		mediated_withdraw(md);
	return ret;
}

static void withdraw(struct mediated *md)
{
	vfio_unregister_group_dev(&md->vfio->vdev);
	vfio_put_device(&md->vfio->vdev);
}

static int vfio_rw(struct mediated *md, u64 iova, void *data, size_t length,
		   bool write)
{
	return vfio_dma_rw(&md->vfio->vdev, iova, data, length, write);
}

static int vfio_pin(struct mediated *md, u64 iova, unsigned int count,
		    bool write, struct page **pages)
{
	int got = vfio_pin_pages(&md->vfio->vdev, iova, count, prot_of(write),
				 pages);

	if (got < 0)
		return got;
	return WARN_ON(got != count) ? -EIO : 0;
}

static void vfio_unpin(struct mediated *md, u64 iova, unsigned int count)
{
	vfio_unpin_pages(&md->vfio->vdev, iova, count);
}

static const struct mediated_backend backend = {
	.rw = vfio_rw,
	.pin = vfio_pin,
	.unpin = vfio_unpin,
};

/* VFIO keeps the module of a device's driver. */
static int driver_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver driver = {
	.probe = driver_probe,
	.driver = {
		.name = NAME,
		.suppress_bind_attrs = true,
	},
};

static struct mediated **all;

static void remove_one(struct mediated *md)
{
	struct platform_device *pdev = to_platform_device(md->dev);

	mediated_withdraw(md);
	withdraw(md);
	mediated_destroy(md);
	platform_device_unregister(pdev);
}

static struct mediated *add_one(unsigned int i)
{
	struct platform_device *pdev;
	struct mediated *md;
	int ret = -ENOMEM;

	pdev = platform_device_register_simple(NAME, i, NULL, 0);
	if (IS_ERR(pdev))
		return ERR_CAST(pdev);
	md = mediated_create(&pdev->dev, &backend);
	if (md)
		ret = declare_and_offer(md, i);
	if (!ret)
		return md;
	if (md)
		mediated_destroy(md);
	platform_device_unregister(pdev);
	return ERR_PTR(ret);
}

static void remove_some(unsigned int count)
{
	while (count--)
		remove_one(all[count]);
	platform_driver_unregister(&driver);
	kfree(all);
}

/**
 * mediated_offer_init() - Make the devices
 *
 * Return: 0 or a negative errno.
 */
int mediated_offer_init(void)
{
	unsigned int i;
	int ret;

	all = kcalloc(mediated_devices, sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	ret = platform_driver_register(&driver);
	if (ret) {
		kfree(all);
		return ret;
	}
	for (i = 0; i < mediated_devices; i++) {
		all[i] = add_one(i);
		if (!IS_ERR(all[i]))
			continue;
		ret = PTR_ERR(all[i]);
		remove_some(i);
		return ret;
	}
	return 0;
}

/**
 * mediated_offer_exit() - Remove the devices
 */
void mediated_offer_exit(void)
{
	remove_some(mediated_devices);
}

#else /* !IOAS_HAVE_VFIO_ALLOC_DEVICE */

#include <linux/mdev.h>

struct mediated_vfio {
	struct notifier_block nb;
	struct mediated *md;
};

static int notified(struct notifier_block *nb, unsigned long event, void *data)
{
	struct mediated_vfio *vfio = container_of(nb, struct mediated_vfio, nb);
	struct vfio_iommu_type1_dma_unmap *unmap = data;

	if (event == VFIO_IOMMU_NOTIFY_DMA_UNMAP)
		mediated_unmap(vfio->md, unmap->iova, unmap->size);
	return NOTIFY_OK;
}

static int vdev_open(void *data)
{
	unsigned long events = VFIO_IOMMU_NOTIFY_DMA_UNMAP;
	struct mediated *md = data;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	mediated_open(md);
	return vfio_register_notifier(md->dev, VFIO_IOMMU_NOTIFY, &events,
				      &md->vfio->nb);
}

static void vdev_close(void *data)
{
	struct mediated *md = data;

	mediated_close(md);
	vfio_unregister_notifier(md->dev, VFIO_IOMMU_NOTIFY, &md->vfio->nb);
	module_put(THIS_MODULE);
}

static long vdev_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	return mediated_ioctl(data, cmd, arg);
}

static const struct vfio_device_ops vdev_ops = {
	.name = NAME,
	.open = vdev_open,
	.release = vdev_close,
	.ioctl = vdev_ioctl,
};

static int vfio_rw(struct mediated *md, u64 iova, void *data, size_t length,
		   bool write)
{
	struct vfio_group *group;
	int ret;

	group = vfio_group_get_external_user_from_dev(md->dev);
	if (IS_ERR_OR_NULL(group))
		return group ? PTR_ERR(group) : -ENODEV;
	ret = vfio_dma_rw(group, iova, data, length, write);
	vfio_group_put_external_user(group);
	return ret;
}

static int vfio_pin(struct mediated *md, u64 iova, unsigned int count,
		    bool write, struct page **pages)
{
	unsigned long *pfns = kmalloc_array(2 * count, sizeof(*pfns),
					    GFP_KERNEL);
	unsigned int i;
	int got;

	if (!pfns)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		pfns[i] = (iova >> PAGE_SHIFT) + i;
	got = vfio_pin_pages(md->dev, pfns, count, prot_of(write),
			     pfns + count);
	for (i = 0; got == count && i < count; i++)
		pages[i] = pfn_to_page(pfns[count + i]);
	kfree(pfns);
	if (got < 0)
		return got;
	return WARN_ON(got != count) ? -EIO : 0;
}

static void vfio_unpin(struct mediated *md, u64 iova, unsigned int count)
{
	unsigned long pfn = iova >> PAGE_SHIFT;

	for (; count; count--, pfn++)
		vfio_unpin_pages(md->dev, &pfn, 1);
}

static const struct mediated_backend backend = {
	.rw = vfio_rw,
	.pin = vfio_pin,
	.unpin = vfio_unpin,
};

/* Its number is not known; they are made in their order. */
static atomic_t made = ATOMIC_INIT(0);

static int declare_and_offer(struct mediated *md)
{
	unsigned int n = atomic_inc_return(&made) - 1;
	int ret = mediated_declare(md, mediated_kind(n));

	if (ret)
		return ret;
	ret = vfio_add_group_dev(md->dev, &vdev_ops, md);
	if (ret)
		mediated_withdraw(md);
	return ret;
}

static int mdev_probe(struct device *dev)
{
	struct mediated *md = mediated_create(dev, &backend);
	int ret = -ENOMEM;

	if (!md)
		return ret;
	md->vfio = kzalloc(sizeof(*md->vfio), GFP_KERNEL);
	if (md->vfio) {
		md->vfio->nb.notifier_call = notified;
		md->vfio->md = md;
		ret = declare_and_offer(md);
	}
	if (ret) {
		kfree(md->vfio);
		mediated_destroy(md);
	}
	return ret;
}

static void mdev_remove(struct device *dev)
{
	struct mediated *md = vfio_del_group_dev(dev);

	mediated_withdraw(md);
	kfree(md->vfio);
	mediated_destroy(md);
}

static struct mdev_driver driver = {
	.name = NAME,
	.probe = mdev_probe,
	.remove = mdev_remove,
};

static int parent_create(struct kobject *kobj, struct mdev_device *mdev)
{
	return 0;
}

static int parent_remove(struct mdev_device *mdev)
{
	return 0;
}

static struct attribute *no_attrs[] = { NULL };

static struct attribute_group type = {
	.name = "dma",
	.attrs = no_attrs,
};

static struct attribute_group *types[] = { &type, NULL };

static const struct mdev_parent_ops parent_ops = {
	.owner = THIS_MODULE,
	.supported_type_groups = types,
	.create = parent_create,
	.remove = parent_remove,
};

static struct platform_device *parent;

int mediated_offer_init(void)
{
	int ret;

	parent = platform_device_register_simple(NAME, PLATFORM_DEVID_NONE,
						 NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	ret = mdev_register_driver(&driver, THIS_MODULE);
	if (ret)
		goto parent;
	ret = mdev_register_device(&parent->dev, &parent_ops);
	if (!ret)
		return 0;
	mdev_unregister_driver(&driver);
parent:
	platform_device_unregister(parent);
	return ret;
}

void mediated_offer_exit(void)
{
	mdev_unregister_device(&parent->dev);
	mdev_unregister_driver(&driver);
	platform_device_unregister(parent);
}

#endif
