/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of PASIDs: an IOMMU has one for each requester id, whichever devices its DMA
 * belongs to. Called by pair.c, cpu.c and attachment.c.
 */
#ifndef IOAS_TABLE_H
#define IOAS_TABLE_H

#include "ioas.h"

struct ioas_call;

/**
 * struct ioas_table - The table of a requester id
 * @node: in the list of tables, by ioas_tables_lock
 * @devices: struct ioas_device that use it, by ioas_tables_lock; it exists while there
 *	is one
 * @rid: whose requester id it is; holds a reference
 * @lock: protects the next one, and what the IOMMU has in the table of ours
 * @slots: struct ioas_slot, by PASID
 */
struct ioas_table {
	struct list_head node;
	struct list_head devices;
	struct device *rid;
	struct mutex lock;	/* the next one */
	struct xarray slots;
};

int ioas_table_join(struct ioas_call *call, struct ioas_device *device);
void ioas_table_leave(struct ioas_device *device);

int ioas_slot_take(struct ioas_call *call, struct ioas_device *device,
		   struct ioas_space *space, u32 hw_pasid, bool share);
int ioas_slot_take_any(struct ioas_call *call, struct ioas_device *device,
		       struct ioas_space *space, u32 *hw_pasid);
void ioas_slot_give(struct ioas_table *table, u32 hw_pasid);
bool ioas_slot_is_taken(struct ioas_table *table, u32 hw_pasid);
int ioas_slot_start_move(struct ioas_call *call, struct ioas_device *device,
			 u32 hw_pasid);
void ioas_slot_finish_move(struct ioas_table *table, u32 hw_pasid,
			   struct ioas_space *space);

int ioas_slot_attach(struct ioas_table *table, u32 hw_pasid,
		     struct iommu_domain *domain);
int ioas_slot_replace(struct ioas_table *table, u32 hw_pasid,
		      struct iommu_domain *domain);
void ioas_slot_detach(struct ioas_table *table, u32 hw_pasid);

/* cpu.c: numbers that CPUs translate, one table for all devices of a context */
int ioas_cpu_pasid_get(struct ioas_call *call, struct ioas_device *device,
		       struct ioas_space *space, u32 pasid, u32 *hw_pasid);
void ioas_cpu_pasid_put(struct ioas_device *device, u32 pasid, u32 hw_pasid);

#endif
