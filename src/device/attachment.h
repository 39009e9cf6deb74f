/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attachments, for rid.c and pasid.c, which know what is attached. All of it is called
 * with group->lock held.
 */
#ifndef IOAS_ATTACHMENT_H
#define IOAS_ATTACHMENT_H

#include "ioas.h"

struct ioas_call;

struct ioas_attachment *ioas_attachment_create(struct ioas_space *space,
					       struct ioas_device *device,
					       u32 pasid, u32 hw_pasid);
void ioas_attachment_free(struct ioas_attachment *attachment);
void ioas_attachment_name(struct ioas_attachment *attachment,
			  struct ioas_device *device);
int ioas_attachment_enter(struct ioas_call *call,
			  struct ioas_attachment *attachment,
			  struct ioas_device *device);
void ioas_attachment_leave(struct ioas_attachment *attachment);
int ioas_attachment_move(struct ioas_call *call, struct ioas_attachment *old,
			 struct ioas_attachment *new, struct ioas_device *device,
			 unsigned int devices, bool window, bool *left);

/* software.c: accesses of CPU code, for attachment.c */
int ioas_software_enter(struct ioas_call *call,
			struct ioas_attachment *attachment,
			struct ioas_device *device);
void ioas_software_leave(struct ioas_attachment *attachment);
int ioas_software_move(struct ioas_call *call, struct ioas_attachment *old,
		       struct ioas_attachment *new, struct ioas_device *device,
		       unsigned int devices, bool *left);

/* pair.c: what PASID it carries, and who is told */
struct ioas_attachment *ioas_pair_enter(struct ioas_call *call,
					struct ioas_space *space,
					struct ioas_device *device, u32 pasid);
void ioas_pair_leave(struct ioas_device *device,
		     struct ioas_attachment *attachment);
struct ioas_attachment *ioas_pair_move(struct ioas_call *call,
				       struct ioas_attachment *old,
				       struct ioas_space *space,
				       struct ioas_device *device,
				       unsigned int devices, bool window,
				       bool *left);
int ioas_pair_try(struct ioas_call *call, struct ioas_device *device,
		  struct iommu_domain *domain);
int ioas_pair_find(struct ioas_call *call, struct ioas_device *device, u32 pasid,
		   u32 *hw_pasid);

/* rid.c: DMA without PASID */
int ioas_rid_attach(struct ioas_call *call, struct ioas_space *space,
		    struct ioas_device *device);
int ioas_rid_detach(struct ioas_call *call, struct ioas_device *device);
void ioas_rid_leave(struct ioas_device *device);

/* pasid.c: DMA with a PASID */
int ioas_pasid_attach_device(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_device *device);
int ioas_pasid_detach_device(struct ioas_call *call,
			     struct ioas_device *device);
void ioas_pasids_leave(struct ioas_device *device);
struct ioas_attachment *ioas_find_pasid(struct ioas_device *device, u32 pasid);
int ioas_fail_no_pasid(struct ioas_call *call, struct ioas_device *device,
		       u32 pasid);
int ioas_check_parent_pasids(struct ioas_call *call, struct ioas_device *device);
u32 ioas_device_max_pasids(struct ioas_device *device);

/* attach.c: what both are asked for */
int ioas_check_window(struct ioas_call *call, struct ioas_device *device,
		      bool *window);

#endif
