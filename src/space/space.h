/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O address spaces. chardev.c calls the commands, device/ attaches and detaches.
 */
#ifndef IOAS_SPACE_H
#define IOAS_SPACE_H

#include "ioas.h"
#include "memory/memory.h"

struct ioas_call;
struct seq_file;

/**
 * struct ioas_area - A mapping of a space
 * @node: in the space's tree, by space->lock
 * @first: first IOVA
 * @last: last IOVA
 * @next: in a chain of the call that unmakes it
 * @memory: what is mapped, a reference: @own, or what another area or a registration
 *	has pinned
 * @offset: first page of @memory that is mapped
 * @prot: enum ioasid_prot
 * @ready: all domains of the space translate it. An area that is not ready only
 *	keeps others off its range; it belongs to the call that makes or unmakes it
 * @no_va: the user address was taken back by a VFIO type1 program and not given anew
 * @stuck: an IOMMU still translates it although it was told not to
 * @own: memory that was pinned for this area. It may be mapped elsewhere when the area
 *	is long gone, and is what keeps the storage of both
 */
struct ioas_area {
	struct rb_node node;
	unsigned long first;
	unsigned long last;
	struct ioas_area *next;
	struct ioas_memory *memory;
	unsigned long offset;
	u32 prot;
	bool ready;
	bool stuck;
	bool no_va;
	struct ioas_memory own;
};

static inline size_t ioas_area_length(struct ioas_area *area)
{
	return area->last - area->first + 1;
}

static inline struct ioas_space *ioas_space_from_object(struct ioas_object *obj)
{
	return container_of(obj, struct ioas_space, obj);
}

/* space.c: life */
struct ioas_space *ioas_space_create(void);
int ioas_cmd_alloc(struct ioas_call *call);
int ioas_cmd_get_info(struct ioas_call *call);
struct ioas_space *ioas_space_get(struct ioas_call *call, struct ioas_ctx *ctx,
				  u32 id);
void ioas_space_put(struct ioas_space *space);
int ioas_space_free_unused(struct ioas_call *call, struct ioas_space *space);
void ioas_space_set_freed(struct ioas_space *space);
void ioas_space_empty(struct ioas_space *space);
u64 ioas_space_page_sizes(struct ioas_space *space);
void ioas_space_release(struct ioas_space *space);

/* held.c: spaces of VFIO containers */
struct ioas_space *ioas_space_create_held(void);
int ioas_space_adopt(struct ioas_call *call, struct ioas_space *space,
		     struct ioas_ctx *ctx, u32 id);
void ioas_space_let_go(struct ioas_space *space);
void ioas_space_lose_id(struct ioas_space *space);

/* show.c: for people */
void ioas_space_forget_count(struct ioas_space *space);
u64 ioas_space_show(struct seq_file *m, struct ioas_space *space);

/* layout.c: the same, where it is */
void ioas_space_show_layout(struct seq_file *m, struct ioas_space *space);

/* reserved.c: what may be mapped */
enum ioas_reserved_kind {
	IOAS_RESERVED_WINDOW,
	IOAS_RESERVED_APERTURE,
	IOAS_RESERVED_REGION,
};

int ioas_reserved_add(struct ioas_call *call, struct ioas_space *space,
		      struct list_head *list, struct ioas_attachment *owner,
		      unsigned long first, unsigned long last,
		      enum ioas_reserved_kind kind, const char *what);
int ioas_reserved_add_outside(struct ioas_call *call, struct ioas_space *space,
			      struct list_head *list, struct ioas_attachment *owner,
			      unsigned long first, unsigned long last,
			      enum ioas_reserved_kind kind, const char *what);
void ioas_reserved_remove(struct ioas_space *space, struct list_head *list);
int ioas_reserved_check(struct ioas_call *call, struct ioas_space *space,
			unsigned long first, unsigned long last);
bool ioas_next_range(struct ioas_space *space, unsigned long pos,
		     struct ioasid_iova_range *range);
struct ioasid_iova_range *ioas_snapshot_ranges(struct ioas_space *space,
					       u32 *count);
int ioas_cmd_iova_ranges(struct ioas_call *call);

/* allowed.c: what must stay so */
bool ioas_allowed_touch_list(struct ioas_space *space, unsigned long first,
			     unsigned long last);
bool ioas_allowed_touch(struct ioas_space *space, unsigned long first,
			unsigned long last);
bool ioas_allowed_contain(struct ioas_space *space, unsigned long first,
			  unsigned long last);
bool ioas_next_usable(struct ioas_space *space, unsigned long pos,
		      struct ioasid_iova_range *range);
void ioas_allowed_free(struct ioas_space *space);
int ioas_cmd_allow_iovas(struct ioas_call *call);

/* free.c: where there is room */
void ioas_free_forget(struct ioas_space *space);
void ioas_free_take(struct ioas_space *space, unsigned long first,
		    unsigned long last);
void ioas_free_give(struct ioas_space *space, unsigned long first,
		    unsigned long last);
int ioas_free_find(struct ioas_space *space, unsigned long length,
		   unsigned long va, unsigned long *iova);

/* areas.c: what is mapped */
int ioas_areas_init(void);
void ioas_areas_exit(void);
struct ioas_area *ioas_area_create(u32 prot);
bool ioas_areas_create(struct ioas_area **areas, unsigned int count);
void ioas_area_free(struct ioas_area *area, struct ioas_uncharge *uncharge);
void ioas_areas_free(struct ioas_area *area, struct ioas_uncharge *uncharge);
void ioas_area_share(struct ioas_area *area, struct ioas_memory *memory,
		     unsigned long offset);
struct ioas_area *ioas_area_first(struct ioas_space *space, unsigned long first,
				  unsigned long last);
struct ioas_area *ioas_area_at(struct ioas_space *space, unsigned long first,
			       unsigned long last);
struct ioas_area *ioas_area_next(struct ioas_area *area, unsigned long last);
int ioas_area_take_range(struct ioas_call *call, struct ioas_space *space,
			 struct ioas_area *area,
			 const struct ioasid_map_entry *entry);
void ioas_areas_remove_all(struct ioas_space *space);
void ioas_area_remove(struct ioas_space *space, struct ioas_area *area);
void ioas_area_split(struct ioas_space *space, struct ioas_area *area,
		     unsigned long iova, struct ioas_area *second);
void ioas_area_set_ready(struct ioas_space *space, struct ioas_area *area);
void ioas_area_clear_ready(struct ioas_space *space, struct ioas_area *area);

/* check.c: what commands ask for */
int ioas_check_range(struct ioas_call *call, const char *what, u64 first,
		     u64 length);
int ioas_check_entry(struct ioas_call *call, const char *what,
		     const struct ioasid_map_entry *entry);

/* publish.c: making areas, and making them visible to devices */

/**
 * struct ioas_mapping - A mapping that is to be made
 * @entry: where and of what length, checked by ioas_check_entry(). Its @user_va is the
 *	address whose offset in a large page an IOVA of the kernel's choice has
 * @fill: gives the area its memory; returns 0 or a negative errno
 * @data: whatever @fill needs
 * @respond: tells user space the IOVA that the kernel chose; returns 0 or -EFAULT
 */
struct ioas_mapping {
	struct ioasid_map_entry entry;
	int (*fill)(struct ioas_call *call, struct ioas_area *area,
		    const struct ioas_mapping *mapping);
	void *data;
	int (*respond)(struct ioas_call *call,
		       const struct ioas_mapping *mapping, u64 iova);
};

int ioas_map(struct ioas_call *call, struct ioas_space *space,
	     const struct ioas_mapping *mapping);
void ioas_areas_give_back(struct ioas_space *space, struct ioas_area **areas,
			  unsigned int count);
int ioas_areas_publish(struct ioas_call *call, struct ioas_space *space,
		       struct ioas_area **areas, unsigned int count);
int ioas_fill_user(struct ioas_call *call, struct ioas_area *area,
		   const struct ioas_mapping *mapping);

/* map.c, batch.c, file.c, copy.c, unmap.c: changing it */
int ioas_cmd_map_dma(struct ioas_call *call);
int ioas_cmd_map_batch(struct ioas_call *call);
int ioas_cmd_copy(struct ioas_call *call);
int ioas_map_dmabuf(struct ioas_call *call, struct ioas_space *space,
		    const struct ioas_mapping *file);
int ioas_cmd_map_file(struct ioas_call *call);
int ioas_cmd_unmap_dma(struct ioas_call *call);
int ioas_unmap_touched(struct ioas_space *space, unsigned long first,
		       unsigned long last,
		       int (*check)(struct ioas_space *space,
				    unsigned long first, unsigned long last),
		       u64 *unmapped);
int ioas_unmap_everything(struct ioas_space *space, u64 *unmapped);

#endif
