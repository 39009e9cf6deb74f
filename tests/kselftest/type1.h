/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO's type1 ioctls, one function each, for programs that compare the kernel's own
 * type1 with this module's on the same machine.
 */
#ifndef IOASID_TEST_TYPE1_H
#define IOASID_TEST_TYPE1_H

#include <stdbool.h>

#include <linux/vfio.h>

#include "common.h"
#include "vfio.h"

#define T1_R	VFIO_DMA_MAP_FLAG_READ
#define T1_W	VFIO_DMA_MAP_FLAG_WRITE
#define T1_RW	(T1_R | T1_W)

/* Sets the module's parameter. 0 or an errno. */
int type1_set(bool on);
/* What it is now; negative if it cannot be read. */
int type1_is_set(void);

/*
 * Claims a device's group through a new container of type1, served by this module or by
 * the kernel's. The parameter is off afterwards. 0 or an errno.
 */
int type1_claim(struct dev *dev, unsigned int n, unsigned long type, bool ours);
/* The same for a device that is named already. */
int type1_claim_inited(struct dev *dev, unsigned long type, bool ours);
/* Does this module serve the container? */
bool type1_is_ours(int container);

/* All of these return 0 or the errno. */
int t1_map(int container, const void *va, __u64 size, __u64 iova, __u32 flags);
/* @unmapped is what the kernel reports; untouched on failure. */
int t1_unmap(int container, __u64 iova, __u64 size, __u32 flags,
	     __u64 *unmapped);
int t1_unmap_dirty(int container, __u64 iova, __u64 size, void *bitmap,
		   __u64 bytes, __u64 page, __u64 *unmapped);
int t1_log(int container, __u32 flags);
int t1_dirty(int container, __u64 iova, __u64 size, void *bitmap, __u64 bytes,
	     __u64 page);
int t1_adopt(int container, int fd, __u32 *ioasid);

/* What VFIO_IOMMU_GET_INFO says, in a form that can be compared. */
struct t1_info {
	struct vfio_iommu_type1_info info;
	unsigned int order[4];		/* ids of the capabilities, as they come */
	unsigned int num_caps;
	__u32 avail;
	__u64 dirty_pgsizes, dirty_max;
	unsigned int num_ranges;
	struct vfio_iova_range ranges[16];
};

int t1_info(int container, struct t1_info *info);
/* Is an IOVA in one of the ranges? */
bool t1_usable(const struct t1_info *info, __u64 iova);

#endif /* IOASID_TEST_TYPE1_H */
