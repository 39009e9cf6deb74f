/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O address spaces. chardev.c calls the commands, device/ attaches and detaches.
 */
#ifndef IOAS_SPACE_H
#define IOAS_SPACE_H

#include "ioas.h"

struct ioas_call;
struct ioas_memory;

/**
 * struct ioas_area - A mapping of a space
 * @node: first and last IOVA
 * @unmap_node: in the list of what one call unmaps
 * @memory: what is mapped, NULL until it is pinned
 * @prot: enum ioasid_prot
 * @ready: all domains of the space translate it. An area that is not ready only
 *	keeps others off its range; it belongs to the call that makes or unmakes it
 * @stuck: an IOMMU still translates it although it was told not to
 *
 * In the space's tree by space->lock.
 */
struct ioas_area {
	struct interval_tree_node node;
	struct list_head unmap_node;
	struct ioas_memory *memory;
	u32 prot;
	bool ready;
	bool stuck;
};

static inline struct ioas_area *
ioas_area_from_node(struct interval_tree_node *node)
{
	return node ? container_of(node, struct ioas_area, node) : NULL;
}

static inline size_t ioas_area_length(struct ioas_area *area)
{
	return area->node.last - area->node.start + 1;
}

static inline struct ioas_space *ioas_space_from_object(struct ioas_object *obj)
{
	return container_of(obj, struct ioas_space, obj);
}

/* space.c: life */
int ioas_cmd_alloc(struct ioas_call *call);
int ioas_cmd_get_info(struct ioas_call *call);
struct ioas_space *ioas_space_get(struct ioas_call *call, u32 id);
void ioas_space_put(struct ioas_space *space);
int ioas_space_free_unused(struct ioas_call *call, struct ioas_space *space);
void ioas_space_free(struct ioas_space *space);
void ioas_space_release(struct ioas_space *space);

/* reserved.c: what may be mapped */
enum ioas_reserved_kind {
	IOAS_RESERVED_WINDOW,
	IOAS_RESERVED_APERTURE,
	IOAS_RESERVED_REGION,
};

int ioas_reserved_add(struct ioas_call *call, struct ioas_space *space,
		      struct list_head *list, struct ioas_group *owner,
		      unsigned long first, unsigned long last,
		      enum ioas_reserved_kind kind, const char *what);
int ioas_reserved_add_outside(struct ioas_call *call, struct ioas_space *space,
			      struct list_head *list, struct ioas_group *owner,
			      unsigned long first, unsigned long last,
			      enum ioas_reserved_kind kind, const char *what);
void ioas_reserved_remove(struct ioas_space *space, struct list_head *list);
int ioas_reserved_check(struct ioas_call *call, struct ioas_space *space,
			unsigned long first, unsigned long last);
bool ioas_reserved_find(struct ioas_space *space, unsigned long first,
			unsigned long last, unsigned long *reserved_last);
int ioas_cmd_iova_ranges(struct ioas_call *call);

/* areas.c: what is mapped */
int ioas_check_range(struct ioas_call *call, const char *what, u64 first,
		     u64 length);
struct ioas_area *ioas_area_first(struct ioas_space *space, unsigned long first,
				  unsigned long last);
struct ioas_area *ioas_area_next(struct ioas_area *area, unsigned long first,
				 unsigned long last);
int ioas_area_insert_at(struct ioas_call *call, struct ioas_space *space,
			struct ioas_area *area, unsigned long iova,
			unsigned long length);
int ioas_area_insert_free(struct ioas_call *call, struct ioas_space *space,
			  struct ioas_area *area, unsigned long length,
			  unsigned long va);
void ioas_area_set_ready(struct ioas_space *space, struct ioas_area *area);
void ioas_area_clear_ready(struct ioas_space *space, struct ioas_area *area);

/* map.c, unmap.c: changing it */
int ioas_cmd_map_dma(struct ioas_call *call);
int ioas_cmd_unmap_dma(struct ioas_call *call);
void ioas_unmap_everything(struct ioas_space *space, u64 *unmapped);

#endif
