// SPDX-License-Identifier: GPL-2.0
/*
 * Between VFIO's backend operations of each kernel and ours, see listeners.h.
 *
 * Called by VFIO.
 */
#include <linux/mm.h>

#include "compat/listeners.h"
#include "vfio/vfio.h"

#if IOAS_HAVE_VFIO_OPS_PRIVATE

/**
 * ioas_compat_register_device() - VFIO opens a device
 * @iommu_data: the container
 * @vdev: the device; VFIO lets it pin nothing if it has no callback
 */
void ioas_compat_register_device(void *iommu_data, struct vfio_device *vdev)
{
	if (vdev->ops->dma_unmap)
		ioas_vfio_listen(iommu_data, (struct ioas_listener *)vdev);
}

/**
 * ioas_compat_unregister_device() - VFIO has closed a device
 * @iommu_data: the container
 * @vdev: the device
 */
void ioas_compat_unregister_device(void *iommu_data, struct vfio_device *vdev)
{
	if (!vdev->ops->dma_unmap)
		return;
	ioas_vfio_unlisten(iommu_data, (struct ioas_listener *)vdev);
	ioas_vfio_closed(iommu_data);
}

#else

#include <linux/mdev.h>
#include <linux/module.h>

/*
 * Whether another device does DMA for a mediated one only the mdev module knows, and does
 * not tell us. Such a device is attached nowhere in hardware, so its DMA goes nowhere.
 */
static int ioas_is_physical(struct device *dev, void *data)
{
	struct bus_type *mdev_bus = symbol_get(mdev_bus_type);
	bool physical = dev->bus != mdev_bus;

	if (mdev_bus)
		symbol_put(mdev_bus_type);
	return physical;
}

/**
 * ioas_compat_attach_group() - VFIO brings a group
 * @iommu_data: the container
 * @group: the group
 *
 * Return: 0 or a negative errno.
 */
int ioas_compat_attach_group(void *iommu_data, struct iommu_group *group)
{
	bool physical = iommu_group_for_each_dev(group, NULL, ioas_is_physical);

	return ioas_vfio_attach_group(iommu_data, group,
				      physical ? VFIO_IOMMU :
						 VFIO_EMULATED_IOMMU);
}

/**
 * ioas_compat_unpin_pages() - A driver gives pages back
 * @iommu_data: the container
 * @user_pfn: numbers of the IOVAs' page frames
 * @npage: how many
 *
 * Return: @npage.
 */
int ioas_compat_unpin_pages(void *iommu_data, unsigned long *user_pfn,
			    int npage)
{
	int i;

	for (i = 0; i < npage; i++)
		ioas_vfio_unpin_pages(iommu_data, user_pfn[i] << PAGE_SHIFT, 1);
	return npage;
}

/**
 * ioas_compat_pin_pages() - A driver pins pages
 * @iommu_data: the container
 * @group: the device's group
 * @user_pfn: numbers of the IOVAs' page frames
 * @npage: how many
 * @prot: IOMMU_READ and IOMMU_WRITE
 * @phys_pfn: out: numbers of the pages
 *
 * Return: @npage, or a negative errno; then none is pinned.
 */
int ioas_compat_pin_pages(void *iommu_data, struct iommu_group *group,
			  unsigned long *user_pfn, int npage, int prot,
			  unsigned long *phys_pfn)
{
	struct page *page;
	int i, ret;

	for (i = 0; i < npage; i++) {
		ret = ioas_vfio_pin_pages(iommu_data, group,
					  user_pfn[i] << PAGE_SHIFT, 1, prot,
					  &page);
		if (ret < 0) {
			ioas_compat_unpin_pages(iommu_data, user_pfn, i);
			return ret;
		}
		phys_pfn[i] = page_to_pfn(page);
	}
	return npage;
}

/**
 * ioas_compat_register_notifier() - A driver wants to be told
 * @iommu_data: the container
 * @events: of what; those that there are, are cleared
 * @nb: how
 *
 * Return: 0 or -EINVAL.
 */
int ioas_compat_register_notifier(void *iommu_data, unsigned long *events,
				  struct notifier_block *nb)
{
	*events &= ~VFIO_IOMMU_NOTIFY_DMA_UNMAP;
	if (*events)
		return -EINVAL;
	return ioas_vfio_listen(iommu_data, (struct ioas_listener *)nb);
}

/**
 * ioas_compat_unregister_notifier() - A driver wants to be told no more
 * @iommu_data: the container
 * @nb: how
 *
 * It may have to give pages back yet, so what it forgets is found only when its group
 * leaves.
 *
 * Return: 0.
 */
int ioas_compat_unregister_notifier(void *iommu_data,
				    struct notifier_block *nb)
{
	ioas_vfio_unlisten(iommu_data, (struct ioas_listener *)nb);
	return 0;
}

#endif
