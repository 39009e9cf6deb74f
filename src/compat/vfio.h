/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO's interface for IOMMU backends, which is exported but, since 5.16, declared
 * in a header private to VFIO.
 */
#ifndef IOAS_COMPAT_VFIO_H
#define IOAS_COMPAT_VFIO_H

#include <linux/vfio.h>

#include "ioas_compat_config.h"

/* Since 5.12: what a program may ask of type1, as of 7.2. */
#ifndef VFIO_UNMAP_ALL
#define VFIO_UNMAP_ALL			9
#define VFIO_UPDATE_VADDR		10
#define VFIO_DMA_MAP_FLAG_VADDR		0x4
#define VFIO_DMA_UNMAP_FLAG_ALL		0x2
#define VFIO_DMA_UNMAP_FLAG_VADDR	0x4
#endif

/* Since 6.13 its name says that it is no more than a reserved number. */
#define IOAS_VFIO_TYPE1_NESTING		6

#if IOAS_HAVE_VFIO_OPS_PRIVATE

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "VFIO's private struct vfio_iommu_driver_ops of 5.16 to 6.0 is not known to this module"
#endif

struct page;

/* Values and order are VFIO's. */
enum vfio_group_type {
	VFIO_IOMMU,
	VFIO_EMULATED_IOMMU,
	VFIO_NO_IOMMU,
};

/*
 * The layout of 6.1 to 7.2, which the tests compare with the type information of
 * the running vfio module. Only 6.1 and its neighbours have the last member; later
 * kernels do not read that far.
 */
struct vfio_iommu_driver_ops {
	char *name;
	struct module *owner;
	void *(*open)(unsigned long arg);
	void (*release)(void *iommu_data);
	long (*ioctl)(void *iommu_data, unsigned int cmd, unsigned long arg);
	int (*attach_group)(void *iommu_data, struct iommu_group *group,
			    enum vfio_group_type type);
	void (*detach_group)(void *iommu_data, struct iommu_group *group);
	int (*pin_pages)(void *iommu_data, struct iommu_group *group,
			 dma_addr_t iova, int npage, int prot,
			 struct page **pages);
	void (*unpin_pages)(void *iommu_data, dma_addr_t iova, int npage);
	void (*register_device)(void *iommu_data, struct vfio_device *vdev);
	void (*unregister_device)(void *iommu_data, struct vfio_device *vdev);
	int (*dma_rw)(void *iommu_data, dma_addr_t iova, void *data,
		      size_t count, bool write);
	struct iommu_domain *(*group_iommu_domain)(void *iommu_data,
						   struct iommu_group *group);
	void (*notify)(void *iommu_data, int event);
};

int vfio_register_iommu_driver(const struct vfio_iommu_driver_ops *ops);
void vfio_unregister_iommu_driver(const struct vfio_iommu_driver_ops *ops);

#else /* !IOAS_HAVE_VFIO_OPS_PRIVATE */

/* Before groups had a type, what bus their devices are on told it. */
enum vfio_group_type {
	VFIO_IOMMU,
	VFIO_EMULATED_IOMMU,
};

#endif

#endif
