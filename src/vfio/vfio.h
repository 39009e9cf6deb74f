/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO's side: a container and its groups. module.c registers the backend, VFIO
 * calls it.
 */
#ifndef IOAS_VFIO_H
#define IOAS_VFIO_H

#include "compat/listeners.h"
#include "ioas.h"

struct ioas_access;
struct ioas_call;
struct ioas_type1;

/**
 * struct ioas_container - A VFIO container that uses this backend
 * @refs: one for VFIO until it releases the container, one for each running call
 * @number: what VFIO has for it; constant
 * @type1: what it has as a container of VFIO's type1; NULL if it is none. Constant
 * @access: how drivers of its software devices reach a space; constant
 * @lock: protects @groups and @released
 * @groups: struct ioas_group
 * @released: VFIO is done with it; only ioctls that found it before still use it
 */
struct ioas_container {
	refcount_t refs;
	unsigned long number;
	struct ioas_type1 *type1;
	struct ioas_access *access;
	struct mutex lock;	/* protects what follows */
	struct list_head groups;
	bool released;
};

/* backend.c */
int ioas_vfio_init(void);
void ioas_vfio_exit(void);
int ioas_vfio_attach_group(void *iommu_data, struct iommu_group *iommu_group,
			   enum vfio_group_type type);

/* container.c */
void *ioas_container_open(unsigned long type);
struct ioas_container *ioas_container_get(void *iommu_data);
void ioas_container_put(struct ioas_container *container);
void ioas_container_release(void *iommu_data);
void ioas_container_exit(void);
int ioas_container_add_group(struct ioas_container *container,
			     struct iommu_group *iommu_group, bool software);
void ioas_container_remove_group(struct ioas_container *container,
				 struct iommu_group *iommu_group);
struct device *ioas_container_find_device(struct ioas_container *container,
					  const char *name,
					  struct ioas_group **group);

/* software.c: what drivers of software devices ask VFIO for */
struct ioas_access *ioas_vfio_access_create(void);
int ioas_vfio_pin_pages(void *iommu_data, struct iommu_group *iommu_group,
			dma_addr_t iova, int npage, int prot,
			struct page **pages);
void ioas_vfio_unpin_pages(void *iommu_data, dma_addr_t iova, int npage);
int ioas_vfio_dma_rw(void *iommu_data, dma_addr_t iova, void *data,
		     size_t count, bool write);
int ioas_vfio_listen(void *iommu_data, struct ioas_listener *listener);
void ioas_vfio_unlisten(void *iommu_data, struct ioas_listener *listener);
void ioas_vfio_closed(void *iommu_data);

/* bind.c */
int ioas_cmd_bind(struct ioas_call *call);
int ioas_cmd_unbind(struct ioas_call *call);
int ioas_fail_closed(struct ioas_call *call);

#endif
