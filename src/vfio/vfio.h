/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO's side: a container and its groups. module.c registers the backend, VFIO
 * calls it.
 */
#ifndef IOAS_VFIO_H
#define IOAS_VFIO_H

#include "ioas.h"

struct ioas_call;
struct ioas_type1;

/**
 * struct ioas_container - A VFIO container that uses this backend
 * @refs: one for VFIO until it releases the container, one for each running ioctl
 * @lock: protects @groups and @released
 * @type1: what it has as a container of VFIO's type1; NULL if it is none. Constant
 * @groups: struct ioas_group
 * @released: VFIO is done with it; only ioctls that found it before still use it
 */
struct ioas_container {
	refcount_t refs;
	struct ioas_type1 *type1;
	struct mutex lock;	/* protects what follows */
	struct list_head groups;
	bool released;
};

int ioas_vfio_init(void);
void ioas_vfio_exit(void);

/* container.c */
void *ioas_container_open(unsigned long type);
struct ioas_container *ioas_container_get(void *iommu_data);
void ioas_container_put(struct ioas_container *container);
void ioas_container_release(void *iommu_data);
int ioas_container_add_group(struct ioas_container *container,
			     struct iommu_group *iommu_group);
void ioas_container_remove_group(struct ioas_container *container,
				 struct iommu_group *iommu_group);
struct device *ioas_container_find_device(struct ioas_container *container,
					  const char *name,
					  struct ioas_group **group);

/* bind.c */
int ioas_cmd_bind(struct ioas_call *call);
int ioas_cmd_unbind(struct ioas_call *call);
int ioas_fail_closed(struct ioas_call *call);

#endif
