/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What VFIO's backends do for software devices, as of 7.2, for older kernels.
 *
 * Since 6.0 devices have a callback that tells their drivers before what they have
 * pinned is unmapped; VFIO registers open devices with the backend. Before, drivers
 * registered a notifier with the container. Either is a listener here. Since then as
 * well pages are pinned by IOVA range, before by an array of page frame numbers.
 */
#ifndef IOAS_COMPAT_LISTENERS_H
#define IOAS_COMPAT_LISTENERS_H

#include <linux/vfio.h>

#include "compat/vfio.h"

#if IOAS_HAVE_VFIO_OPS_PRIVATE

struct ioas_listener {
	struct vfio_device vdev;
};

struct ioas_listeners {
	struct list_head vdevs;
};

static inline void ioas_listeners_init(struct ioas_listeners *listeners)
{
	INIT_LIST_HEAD(&listeners->vdevs);
}

static inline bool ioas_listeners_empty(struct ioas_listeners *listeners)
{
	return list_empty(&listeners->vdevs);
}

static inline int ioas_listeners_add(struct ioas_listeners *listeners,
				     struct ioas_listener *listener)
{
	/* VFIO has this member for its backends. */
	list_add_tail(&listener->vdev.iommu_entry, &listeners->vdevs);
	return 0;
}

static inline void ioas_listeners_remove(struct ioas_listeners *listeners,
					 struct ioas_listener *listener)
{
	list_del(&listener->vdev.iommu_entry);
}

static inline void ioas_listeners_unmap(struct ioas_listeners *listeners,
					unsigned long iova,
					unsigned long length)
{
	struct vfio_device *vdev;

	list_for_each_entry(vdev, &listeners->vdevs, iommu_entry)
		vdev->ops->dma_unmap(vdev, iova, length);
}

#define IOAS_VFIO_SOFTWARE_OPS						\
	.attach_group = ioas_vfio_attach_group,				\
	.pin_pages = ioas_vfio_pin_pages,				\
	.unpin_pages = ioas_vfio_unpin_pages,				\
	.register_device = ioas_compat_register_device,			\
	.unregister_device = ioas_compat_unregister_device

void ioas_compat_register_device(void *iommu_data, struct vfio_device *vdev);
void ioas_compat_unregister_device(void *iommu_data, struct vfio_device *vdev);

#else /* !IOAS_HAVE_VFIO_OPS_PRIVATE */

#include <linux/notifier.h>

struct ioas_listener {
	struct notifier_block nb;
};

struct ioas_listeners {
	struct blocking_notifier_head chain;
};

static inline void ioas_listeners_init(struct ioas_listeners *listeners)
{
	BLOCKING_INIT_NOTIFIER_HEAD(&listeners->chain);
}

static inline bool ioas_listeners_empty(struct ioas_listeners *listeners)
{
	return !rcu_access_pointer(listeners->chain.head);
}

static inline int ioas_listeners_add(struct ioas_listeners *listeners,
				     struct ioas_listener *listener)
{
	return blocking_notifier_chain_register(&listeners->chain,
						&listener->nb);
}

static inline void ioas_listeners_remove(struct ioas_listeners *listeners,
					 struct ioas_listener *listener)
{
	blocking_notifier_chain_unregister(&listeners->chain, &listener->nb);
}

static inline void ioas_listeners_unmap(struct ioas_listeners *listeners,
					unsigned long iova,
					unsigned long length)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = length,
	};

	blocking_notifier_call_chain(&listeners->chain,
				     VFIO_IOMMU_NOTIFY_DMA_UNMAP, &unmap);
}

#define IOAS_VFIO_SOFTWARE_OPS						\
	.attach_group = ioas_compat_attach_group,			\
	.pin_pages = ioas_compat_pin_pages,				\
	.unpin_pages = ioas_compat_unpin_pages,				\
	.register_notifier = ioas_compat_register_notifier,		\
	.unregister_notifier = ioas_compat_unregister_notifier

int ioas_compat_attach_group(void *iommu_data, struct iommu_group *group);
int ioas_compat_pin_pages(void *iommu_data, struct iommu_group *group,
			  unsigned long *user_pfn, int npage, int prot,
			  unsigned long *phys_pfn);
int ioas_compat_unpin_pages(void *iommu_data, unsigned long *user_pfn,
			    int npage);
int ioas_compat_register_notifier(void *iommu_data, unsigned long *events,
				  struct notifier_block *nb);
int ioas_compat_unregister_notifier(void *iommu_data,
				    struct notifier_block *nb);

#endif

#endif
