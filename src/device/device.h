/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bound devices and their groups. chardev.c calls the commands, vfio/ lets groups
 * in and out and binds, driver.c lets other drivers do so.
 */
#ifndef IOAS_DEVICE_H
#define IOAS_DEVICE_H

#include "ioas.h"

struct ioas_call;
struct ioas_declared;
struct seq_file;

static inline struct ioas_device *
ioas_device_from_object(struct ioas_object *obj)
{
	return container_of(obj, struct ioas_device, obj);
}

/* group.c: groups of a container */
struct ioas_group *ioas_group_create(struct iommu_group *iommu_group,
				     struct ioas_container *container,
				     struct ioas_access *access);
void ioas_group_leave(struct ioas_group *group);
void ioas_group_get(struct ioas_group *group);
void ioas_group_put(struct ioas_group *group);

/* device.c: the life of a binding */
int ioas_device_bind(struct ioas_call *call, struct ioas_ctx *ctx,
		     struct ioas_group *group, struct device *dev, u64 cookie);
struct ioas_device *ioas_device_get(struct ioas_call *call,
				    struct ioas_ctx *ctx, u32 id);
void ioas_device_put(struct ioas_device *device);
int ioas_device_check(struct ioas_call *call, struct ioas_device *device);
struct ioas_device *ioas_device_bind_driver(struct ioas_call *call,
					    struct ioas_ctx *ctx,
					    struct ioas_group *group,
					    struct ioas_declared *declared,
					    u64 cookie);
bool ioas_device_unbind(struct ioas_device *device);
struct ioas_device *ioas_device_create(struct ioas_group *group,
				       struct device *dev,
				       struct ioas_declared *declared,
				       u64 cookie);
void ioas_device_leave_group(struct ioas_device *device,
			     enum ioas_device_state state);
void ioas_device_end(struct ioas_device *device);
void ioas_device_set_gone(struct ioas_device *device);
void ioas_device_lose_driver(struct ioas_device *device);
int ioas_device_free_gone(struct ioas_call *call, struct ioas_device *device);
void ioas_device_release(struct ioas_device *device);

/* agent.c: what stands for a whole group */
struct ioas_device *ioas_agent_create(struct ioas_group *group);
int ioas_agent_attach(struct ioas_call *call, struct ioas_device *agent,
		      struct ioas_space *space);
void ioas_agent_destroy(struct ioas_device *agent);

/* info.c: what a device is */
int ioas_device_read_iommu(struct ioas_call *call, struct ioas_device *device);
u64 ioas_device_flags(struct ioas_device *device);
int ioas_cmd_device_info(struct ioas_call *call);
void ioas_device_show(struct seq_file *m, struct ioas_device *device);

/* identify.c: what its IOMMU is */
int ioas_iommu_identify(struct device *dev, struct ioasid_device_info *info);
bool ioas_device_replaces(struct ioas_device *device, u32 pasid);

/* intersect.c: what several have in common */
int ioas_cmd_device_intersect(struct ioas_call *call);

/* attach.c: where its DMA goes; see also attachment.h */
int ioas_cmd_attach(struct ioas_call *call);
int ioas_cmd_detach(struct ioas_call *call);
void ioas_device_detach(struct ioas_device *device);
int ioas_fail_iommu(struct ioas_call *call, struct ioas_device *device, int err);

/* The group that the IOMMU knows; NULL if there is none. */
static inline struct iommu_group *
ioas_device_iommu_group(struct ioas_device *device)
{
	return device->parent ? device->parent_group :
				device->group->iommu_group;
}

/* pair.c: the PASIDs its DMA carries; see also attachment.h */
int ioas_cmd_pasid_map(struct ioas_call *call);

/* software.c: devices whose DMA is their driver's code */
static inline bool ioas_device_is_software(struct ioas_device *device)
{
	return !device->rid;
}

void ioas_software_read(struct ioas_device *device);
void ioas_software_identify(struct ioasid_device_info *info);

/* regions.c: what its platform reserves */

/**
 * struct ioas_region - A reserved region that matters to a user
 * @node: in a list of ioas_regions_get()
 * @first: first IOVA
 * @last: last IOVA
 * @kind: enum ioasid_resv_kind
 */
struct ioas_region {
	struct list_head node;
	unsigned long first;
	unsigned long last;
	u32 kind;
};

int ioas_regions_get(struct iommu_group *group, struct list_head *regions);
void ioas_regions_put(struct list_head *regions);
const char *ioas_region_words(u32 kind);

#endif
