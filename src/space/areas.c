// SPDX-License-Identifier: GPL-2.0
/*
 * The areas of a space: who has which IOVAs, and where there is room.
 *
 * Called by map.c, unmap.c and attach.c with the space's lock held.
 */
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/slab.h>

#include "command.h"
#include "memory/memory.h"
#include "space/space.h"

static struct kmem_cache *ioas_area_cache;

/**
 * ioas_areas_init() - Set up when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int ioas_areas_init(void)
{
	ioas_area_cache = KMEM_CACHE(ioas_area, SLAB_ACCOUNT);
	return ioas_area_cache ? 0 : -ENOMEM;
}

/**
 * ioas_areas_exit() - Take down when the module goes
 */
void ioas_areas_exit(void)
{
	kmem_cache_destroy(ioas_area_cache);
}

static void ioas_area_release(struct ioas_memory *own)
{
	kmem_cache_free(ioas_area_cache,
			container_of(own, struct ioas_area, own));
}

static void ioas_area_init(struct ioas_area *area, u32 prot)
{
	ioas_memory_init(&area->own, ioas_area_release);
	area->memory = &area->own;
	area->next = NULL;
	area->offset = 0;
	area->prot = prot;
	area->ready = false;
	area->stuck = false;
	area->no_va = false;
}

/**
 * ioas_area_create() - A new area, in no space yet
 * @prot: enum ioasid_prot
 *
 * Context: may sleep.
 * Return: the area, whose memory is not pinned yet; NULL without memory.
 */
struct ioas_area *ioas_area_create(u32 prot)
{
	struct ioas_area *area = kmem_cache_alloc(ioas_area_cache, GFP_KERNEL);

	if (area)
		ioas_area_init(area, prot);
	return area;
}

/**
 * ioas_areas_create() - New areas, in no space yet
 * @areas: out: the areas, as ioas_area_create() makes them but for their prot
 * @count: how many
 *
 * Context: may sleep.
 * Return: false without memory; then there are none.
 */
bool ioas_areas_create(struct ioas_area **areas, unsigned int count)
{
	unsigned int i;

	if (!kmem_cache_alloc_bulk(ioas_area_cache, GFP_KERNEL, count,
				   (void **)areas))
		return false;
	for (i = 0; i < count; i++)
		ioas_area_init(areas[i], 0);
	return true;
}

/* Give the memory of an area back. True if the area is not needed for it any more. */
static bool ioas_area_drop(struct ioas_area *area,
			   struct ioas_uncharge *uncharge)
{
	if (area->memory != &area->own)
		ioas_memory_put(area->memory, uncharge);
	return ioas_memory_drop(&area->own, uncharge);
}

/**
 * ioas_area_free() - Free an area and give its memory back
 * @area: an area in no space
 * @uncharge: what the caller will give to ioas_uncharge_all()
 *
 * Context: may sleep; no locks held.
 */
void ioas_area_free(struct ioas_area *area, struct ioas_uncharge *uncharge)
{
	if (ioas_area_drop(area, uncharge))
		kmem_cache_free(ioas_area_cache, area);
}

#define IOAS_FREE_BATCH	32

/* Free areas of a chain, at most IOAS_FREE_BATCH of them. Returns those that are left. */
static struct ioas_area *ioas_areas_free_some(struct ioas_area *area,
					      struct ioas_uncharge *uncharge)
{
	void *batch[IOAS_FREE_BATCH];
	struct ioas_area *next;
	unsigned int i, n = 0;

	for (i = 0; area && i < IOAS_FREE_BATCH; i++, area = next) {
		next = area->next;
		/* What an IOMMU did not let go of is better lost. */
		if (!area->stuck && ioas_area_drop(area, uncharge))
			batch[n++] = area;
	}
	if (n)
		kmem_cache_free_bulk(ioas_area_cache, n, batch);
	return area;
}

/**
 * ioas_areas_free() - Free areas and give their memory back
 * @areas: the first of a chain of areas in no space; what is stuck stays forever
 * @uncharge: what the caller will give to ioas_uncharge_all()
 *
 * Context: may sleep; no locks held.
 */
void ioas_areas_free(struct ioas_area *areas, struct ioas_uncharge *uncharge)
{
	/* What nearly every command frees. */
	if (areas && !areas->next && !areas->stuck) {
		ioas_area_free(areas, uncharge);
		return;
	}
	while (areas) {
		areas = ioas_areas_free_some(areas, uncharge);
		cond_resched();
	}
}

/**
 * ioas_area_share() - Let an area map what is pinned already
 * @area: a new area
 * @memory: memory of which the caller has a reference
 * @offset: first page of it
 */
void ioas_area_share(struct ioas_area *area, struct ioas_memory *memory,
		     unsigned long offset)
{
	area->memory = ioas_memory_get(memory);
	area->offset = offset;
}

static struct ioas_area *ioas_area_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct ioas_area, node);
}

/**
 * ioas_area_first() - First area that touches a range
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 * Return: the area, ready or not; NULL if there is none.
 */
struct ioas_area *ioas_area_first(struct ioas_space *space, unsigned long first,
				  unsigned long last)
{
	struct rb_node *node = space->areas.rb_node;
	struct ioas_area *found = NULL;

	while (node) {
		struct ioas_area *area = ioas_area_of(node);

		if (area->last < first) {
			node = node->rb_right;
			continue;
		}
		found = area;
		node = node->rb_left;
	}
	return found && found->first <= last ? found : NULL;
}

/**
 * ioas_area_at() - As ioas_area_first(), where areas go in the order of their addresses
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 * Return: the area, ready or not; NULL if there is none.
 */
struct ioas_area *ioas_area_at(struct ioas_space *space, unsigned long first,
			       unsigned long last)
{
	struct ioas_area *area = space->after_removed;

	if (area && area->first == first)
		return area;
	return ioas_area_first(space, first, last);
}

/**
 * ioas_area_next() - The next area that touches a range
 * @area: the one before
 * @last: last IOVA of the range
 *
 * Context: lock of the space.
 * Return: the area, ready or not; NULL if there is none.
 */
struct ioas_area *ioas_area_next(struct ioas_area *area, unsigned long last)
{
	struct ioas_area *next = ioas_area_of(rb_next(&area->node));

	return next && next->first <= last ? next : NULL;
}

static void ioas_area_link_at(struct ioas_space *space, struct ioas_area *area,
			      struct rb_node *parent, struct rb_node **link,
			      struct ioas_area *next)
{
	rb_link_node(&area->node, parent, link);
	rb_insert_color(&area->node, &space->areas);
	space->num_linked++;
	space->last_linked = area;
	space->after_linked = next;
}

/* Areas are often made in the order of their addresses. */
static bool ioas_area_link_after(struct ioas_space *space,
				 struct ioas_area *area)
{
	struct ioas_area *prev = space->last_linked;
	struct ioas_area *next = space->after_linked;

	if (!prev || prev->last >= area->first ||
	    (next && next->first <= area->last))
		return false;
	/* Of two neighbours in a tree one has no child on the side of the other. */
	if (!prev->node.rb_right)
		ioas_area_link_at(space, area, &prev->node,
				  &prev->node.rb_right, next);
	else
		ioas_area_link_at(space, area, &next->node,
				  &next->node.rb_left, next);
	return true;
}

/* Link an area by its range. Returns the one in the way, NULL if there was none. */
static struct ioas_area *ioas_area_link(struct ioas_space *space,
					struct ioas_area *area)
{
	struct rb_node **link = &space->areas.rb_node, *parent = NULL;
	struct ioas_area *next = NULL;

	if (ioas_area_link_after(space, area))
		return NULL;
	while (*link) {
		struct ioas_area *other = ioas_area_of(*link);

		parent = *link;
		if (area->last < other->first) {
			link = &parent->rb_left;
			next = other;
		} else if (area->first > other->last) {
			link = &parent->rb_right;
		} else {
			return other;
		}
	}
	ioas_area_link_at(space, area, parent, link, next);
	return NULL;
}

/* What is known of the tree's order is without this area from now on. */
static void ioas_area_forget_neighbours(struct ioas_space *space,
					struct ioas_area *area)
{
	if (space->last_linked == area || space->after_linked == area)
		space->last_linked = NULL;
	space->after_removed = ioas_area_of(rb_next(&area->node));
}

static struct ioas_area *ioas_area_insert(struct ioas_space *space,
					  struct ioas_area *area,
					  unsigned long iova,
					  unsigned long length)
{
	struct ioas_area *other;

	area->first = iova;
	area->last = iova + length - 1;
	other = ioas_area_link(space, area);
	if (!other)
		ioas_free_take(space, area->first, area->last);
	return other;
}

/**
 * ioas_area_remove() - Give an area's range free
 * @space: the space
 * @area: an area that is not ready
 *
 * Context: lock of the space.
 */
void ioas_area_remove(struct ioas_space *space, struct ioas_area *area)
{
	ioas_area_forget_neighbours(space, area);
	rb_erase(&area->node, &space->areas);
	space->num_linked--;
	ioas_free_give(space, area->first, area->last);
}

/**
 * ioas_areas_remove_all() - Give the ranges of all areas free
 * @space: the space, in which no area is ready
 *
 * Context: lock of the space.
 */
void ioas_areas_remove_all(struct ioas_space *space)
{
	space->areas = RB_ROOT;
	space->last_linked = NULL;
	space->after_removed = NULL;
	space->num_linked = 0;
	ioas_free_forget(space);
}

static int ioas_fail_taken(struct ioas_call *call, struct ioas_area *area)
{
	ioas_fail(call, -EEXIST, IOASID_REASON_IOVA_MAPPED,
		  "IOVA 0x%lx-0x%lx is mapped already", area->first,
		  area->last);
	return ioas_fail_range(call, -EEXIST, area->first, area->last, 0);
}

static int ioas_area_insert_at(struct ioas_call *call, struct ioas_space *space,
			       struct ioas_area *area, unsigned long iova,
			       unsigned long length)
{
	struct ioas_area *other;
	int ret;

	ret = ioas_reserved_check(call, space, iova, iova + length - 1);
	if (ret)
		return ret;
	other = ioas_area_insert(space, area, iova, length);
	return other ? ioas_fail_taken(call, other) : 0;
}

static int ioas_area_insert_free(struct ioas_call *call,
				 struct ioas_space *space,
				 struct ioas_area *area, unsigned long length,
				 unsigned long va)
{
	unsigned long iova;
	int ret = ioas_free_find(space, length, va, &iova);

	if (ret == -ENOSPC)
		return ioas_fail(call, ret, IOASID_REASON_IOVA_FULL,
				 "no free IOVA range of 0x%lx bytes", length);
	if (ret)
		return ret;
	ioas_area_insert(space, area, iova, length);
	return 0;
}

/**
 * ioas_area_take_range() - Take the range of a new mapping
 * @call: the command
 * @space: the space
 * @area: the new area
 * @entry: the mapping, checked. Where the kernel chooses the IOVA, it has the offset in
 *	a large page that @user_va has
 *
 * From here on the range is nobody else's.
 *
 * Context: lock of the space; may sleep.
 * Return: 0, -ENOENT, -EEXIST, -EADDRNOTAVAIL, -ENOSPC or -ENOMEM.
 */
int ioas_area_take_range(struct ioas_call *call, struct ioas_space *space,
			 struct ioas_area *area,
			 const struct ioasid_map_entry *entry)
{
	if (space->freed)
		return ioas_fail_object(call, space->obj.id,
					"I/O address space");
	if (entry->flags & IOASID_MAP_FIXED)
		return ioas_area_insert_at(call, space, area, entry->iova,
					   entry->length);
	return ioas_area_insert_free(call, space, area, entry->length,
				     entry->user_va);
}

/**
 * ioas_area_set_ready() - An area is translated by all domains of its space
 * @space: the space
 * @area: the area
 *
 * Context: lock of the space, and domains_sem since before the domains were
 * changed.
 */
void ioas_area_set_ready(struct ioas_space *space, struct ioas_area *area)
{
	area->ready = true;
	space->num_areas++;
	space->mapped_bytes += ioas_area_length(area);
}

/**
 * ioas_area_clear_ready() - An area is about to lose its translation
 * @space: the space
 * @area: a ready area, which belongs to the caller afterwards
 *
 * Context: as ioas_area_set_ready().
 */
void ioas_area_clear_ready(struct ioas_space *space, struct ioas_area *area)
{
	area->ready = false;
	space->num_areas--;
	space->num_no_va -= area->no_va;
	space->mapped_bytes -= ioas_area_length(area);
}

/*
 * Give the second part of an area its memory. Memory that nobody else has is cut, so
 * that each part is unpinned with its area. Otherwise, and where there is no memory to
 * cut it, both areas have all of it.
 */
static void ioas_area_split_memory(struct ioas_area *area, unsigned long page,
				   struct ioas_area *second)
{
	if (refcount_read(&area->memory->refs) == 1 &&
	    !ioas_memory_split(area->memory, page, &second->own))
		return;
	ioas_area_share(second, area->memory, page);
}

/**
 * ioas_area_split() - Cut an area in two
 * @space: the space
 * @area: a ready area; ends before @iova afterwards
 * @iova: first IOVA of the second part, in the middle of @area
 * @second: a new area of the same prot, which becomes the second part
 *
 * The translation does not change, so domains are not involved.
 *
 * Context: lock of the space and domains_sem; may sleep.
 */
void ioas_area_split(struct ioas_space *space, struct ioas_area *area,
		     unsigned long iova, struct ioas_area *second)
{
	unsigned long page = area->offset + ((iova - area->first) >> PAGE_SHIFT);

	ioas_area_split_memory(area, page, second);
	second->ready = true;
	second->no_va = area->no_va;
	space->num_no_va += area->no_va;
	second->first = iova;
	second->last = area->last;
	area->last = iova - 1;
	ioas_area_link(space, second);
	space->num_areas++;
}
