/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The type1 personality: containers of programs that were written for VFIO's type1.
 * vfio/ calls it for containers that were opened as such.
 *
 * A container has a space from the beginning. Each group that joins is attached to it, and
 * the ioctls of type1 change it, with the rules and the errnos of the type1 of kernel
 * 7.2 on every kernel. All that is kept for them is in the space; so what a program
 * does with the space through /dev/ioasid, once it is adopted, is seen here as well.
 */
#ifndef IOAS_TYPE1_H
#define IOAS_TYPE1_H

#include <linux/sizes.h>

#include "ioas.h"

struct ioas_call;
struct vfio_bitmap;
struct vfio_iommu_type1_dma_map;

/**
 * struct ioas_type1 - What a container of the personality has
 * @space: its space, a reference
 * @v2: it was opened as VFIO_TYPE1v2_IOMMU: unmapping takes whole mappings only
 * @num_software: groups of mediated devices in it, by container->lock
 * @had_hardware: a group behind an IOMMU was in it, by container->lock
 */
struct ioas_type1 {
	struct ioas_space *space;
	bool v2;
	unsigned int num_software;
	bool had_hardware;
};

/* The least that an IOMMU maps here: attaching refuses those with larger pages only. */
#define IOAS_TYPE1_PAGE		PAGE_SIZE

/* The most that a bitmap may have, in bytes: type1's, from how the kernel counts bits. */
#define IOAS_BITMAP_MAX		SZ_256M

/* type1.c: life, and the ioctls */
bool ioas_type1_is_type(unsigned long arg);
struct ioas_type1 *ioas_type1_create(unsigned long arg);
void ioas_type1_release(struct ioas_type1 *type1);
void ioas_type1_free(struct ioas_type1 *type1);
int ioas_type1_add_group(struct ioas_type1 *type1, struct ioas_group *group);
void ioas_type1_remove_group(struct ioas_type1 *type1, struct ioas_group *group);
bool ioas_type1_has_software(struct ioas_type1 *type1);
long ioas_type1_ioctl(struct ioas_call *call, unsigned int cmd);
int ioas_cmd_adopt(struct ioas_call *call);

/* info.c: what it is */
long ioas_type1_extension(struct ioas_type1 *type1, unsigned long arg);
long ioas_type1_get_info(struct ioas_call *call);

/* map.c: what is mapped */
long ioas_type1_map(struct ioas_call *call);
long ioas_type1_unmap(struct ioas_call *call);

/* va.c: addresses that are taken back for a while */
int ioas_type1_take_va(struct ioas_type1 *type1, unsigned long first,
		       unsigned long last, u64 *taken);
int ioas_type1_give_va(struct ioas_call *call,
		       const struct vfio_iommu_type1_dma_map *map);

/* dirty.c: what was written to */
int ioas_type1_check_bitmap(const struct vfio_bitmap *bitmap, u64 size);
int ioas_type1_read_dirty(struct ioas_call *call, unsigned long first,
			  unsigned long last, u64 __user *bitmap);
void ioas_type1_read_rest(struct ioas_call *call, unsigned long first,
			  unsigned long last, u64 __user *bitmap);
long ioas_type1_dirty_pages(struct ioas_call *call);

/* software.c: what drivers of mediated devices are answered */
int ioas_type1_check_pin(struct ioas_type1 *type1);
int ioas_type1_pin_errno(int err);
int ioas_type1_rw_errno(int err);

/* rules.c: which mappings a range means */
int ioas_type1_check_v1(struct ioas_space *space, unsigned long first,
			unsigned long last);
int ioas_type1_check_v2(struct ioas_space *space, unsigned long first,
			unsigned long last);
struct ioas_area *ioas_type1_first(struct ioas_space *space, unsigned long first,
				   unsigned long last);
struct ioas_area *ioas_type1_next(struct ioas_area *area, unsigned long last);

#endif
