// SPDX-License-Identifier: GPL-2.0
/*
 * The free ranges of a space, for IOVAs of the kernel's choice.
 *
 * They are kept only once the kernel had to choose in a space, and forgotten when
 * what may be mapped changes; a space with a layout of its user's own pays nothing.
 * While they are kept they are exactly what is allowed, not reserved and in no area.
 *
 * Called by areas.c and reserved.c with the space's lock held.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rbtree.h>
#include <linux/slab.h>

#include "command.h"
#include "space/space.h"

struct ioas_free {
	struct rb_node by_first;
	struct rb_node by_size;
	unsigned long first;
	unsigned long last;
};

static struct ioas_free *ioas_free_by_first(struct rb_node *node)
{
	return rb_entry_safe(node, struct ioas_free, by_first);
}

static struct ioas_free *ioas_free_by_size(struct rb_node *node)
{
	return rb_entry_safe(node, struct ioas_free, by_size);
}

/* One less than the size, which would not fit for the whole 64 bits. */
static unsigned long ioas_free_span(struct ioas_free *range)
{
	return range->last - range->first;
}

static bool ioas_smaller(struct ioas_free *a, struct ioas_free *b)
{
	if (ioas_free_span(a) != ioas_free_span(b))
		return ioas_free_span(a) < ioas_free_span(b);
	return a->first < b->first;
}

static void ioas_free_link_size(struct ioas_space *space,
				struct ioas_free *range)
{
	struct rb_node **link = &space->free_by_size.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (ioas_smaller(range, ioas_free_by_size(parent)))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&range->by_size, parent, link);
	rb_insert_color(&range->by_size, &space->free_by_size);
}

static void ioas_free_link_first(struct ioas_space *space,
				 struct ioas_free *range)
{
	struct rb_node **link = &space->free_by_first.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (range->first < ioas_free_by_first(parent)->first)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&range->by_first, parent, link);
	rb_insert_color(&range->by_first, &space->free_by_first);
}

/* Change a range's ends, which moves it only in the order of sizes. */
static void ioas_free_resize(struct ioas_space *space, struct ioas_free *range,
			     unsigned long first, unsigned long last)
{
	rb_erase(&range->by_size, &space->free_by_size);
	range->first = first;
	range->last = last;
	ioas_free_link_size(space, range);
}

static bool ioas_free_add(struct ioas_space *space, unsigned long first,
			  unsigned long last)
{
	struct ioas_free *range = kmalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);

	if (!range)
		return false;
	range->first = first;
	range->last = last;
	ioas_free_link_first(space, range);
	ioas_free_link_size(space, range);
	return true;
}

static void ioas_free_drop(struct ioas_space *space, struct ioas_free *range)
{
	rb_erase(&range->by_first, &space->free_by_first);
	rb_erase(&range->by_size, &space->free_by_size);
	kfree(range);
}

/**
 * ioas_free_forget() - What may be mapped changes: find the free ranges anew
 * @space: the space
 *
 * Context: lock of the space, unless nobody else sees it.
 */
void ioas_free_forget(struct ioas_space *space)
{
	struct ioas_free *range, *next;

	rbtree_postorder_for_each_entry_safe(range, next, &space->free_by_first,
					     by_first)
		kfree(range);
	space->free_by_first = RB_ROOT;
	space->free_by_size = RB_ROOT;
	space->free_known = false;
}

/* What of a range that may be mapped is in no area. */
static bool ioas_free_add_between(struct ioas_space *space, unsigned long first,
				  unsigned long last)
{
	struct ioas_area *area;

	for (area = ioas_area_first(space, first, last); area;
	     area = ioas_area_next(area, last)) {
		if (area->first > first &&
		    !ioas_free_add(space, first, area->first - 1))
			return false;
		if (area->last >= last)
			return true;
		first = area->last + 1;
	}
	return ioas_free_add(space, first, last);
}

static bool ioas_free_learn(struct ioas_space *space)
{
	struct ioasid_iova_range range;
	unsigned long pos = 0;

	if (space->free_known)
		return true;
	while (ioas_next_usable(space, pos, &range)) {
		if (!ioas_free_add_between(space, range.first, range.last)) {
			ioas_free_forget(space);
			return false;
		}
		if (range.last == ULONG_MAX)
			break;
		pos = range.last + 1;
	}
	space->free_known = true;
	return true;
}

/* The free range that an address is in, or the last one before it. */
static struct ioas_free *ioas_free_at(struct ioas_space *space,
				      unsigned long iova)
{
	struct rb_node *node = space->free_by_first.rb_node;
	struct ioas_free *found = NULL;

	while (node) {
		struct ioas_free *range = ioas_free_by_first(node);

		if (range->first > iova) {
			node = node->rb_left;
			continue;
		}
		found = range;
		node = node->rb_right;
	}
	return found;
}

/**
 * ioas_free_take() - An area takes its range
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 */
void ioas_free_take(struct ioas_space *space, unsigned long first,
		    unsigned long last)
{
	struct ioas_free *range;
	unsigned long range_first, range_last;

	if (!space->free_known)
		return;
	range = ioas_free_at(space, last);
	/* A user may map what is not allowed to the kernel's choice. */
	if (!range || range->last < first)
		return;
	range_first = range->first;
	range_last = range->last;
	if (range_first > first || range_last < last) {
		ioas_free_forget(space);
	} else if (range_first == first && range_last == last) {
		ioas_free_drop(space, range);
	} else if (range_first == first) {
		ioas_free_resize(space, range, last + 1, range_last);
	} else {
		ioas_free_resize(space, range, range_first, first - 1);
		if (range_last != last &&
		    !ioas_free_add(space, last + 1, range_last))
			ioas_free_forget(space);
	}
}

static void ioas_free_merge(struct ioas_space *space, unsigned long first,
			    unsigned long last)
{
	struct ioas_free *left = ioas_free_at(space, first);
	struct ioas_free *right;

	right = ioas_free_by_first(left ? rb_next(&left->by_first) :
					  rb_first(&space->free_by_first));
	if (left && left->last + 1 != first)
		left = NULL;
	if (right && right->first - 1 != last)
		right = NULL;
	if (left && right) {
		last = right->last;
		ioas_free_drop(space, right);
		ioas_free_resize(space, left, left->first, last);
	} else if (left) {
		ioas_free_resize(space, left, left->first, last);
	} else if (right) {
		ioas_free_resize(space, right, first, right->last);
	} else if (!ioas_free_add(space, first, last)) {
		ioas_free_forget(space);
	}
}

/**
 * ioas_free_give() - An area gives its range back
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 */
void ioas_free_give(struct ioas_space *space, unsigned long first,
		    unsigned long last)
{
	if (!space->free_known)
		return;
	if (ioas_allowed_contain(space, first, last))
		ioas_free_merge(space, first, last);
	else if (ioas_allowed_touch(space, first, last))
		ioas_free_forget(space);
}

/*
 * The lowest IOVA but 0 in a range that has the offset of @va in a unit of
 * @alignment.
 */
static bool ioas_free_fit(struct ioas_free *range, unsigned long length,
			  unsigned long va, unsigned long alignment,
			  unsigned long *iova)
{
	unsigned long from = range->first ?: PAGE_SIZE;
	unsigned long pos = from + ((va - from) & (alignment - 1));

	*iova = pos;
	return pos >= from && pos <= range->last &&
	       length - 1 <= range->last - pos;
}

/* Address 0 comes last: to a person it looks like a mistake. */
static bool ioas_free_fit_zero(struct ioas_space *space, unsigned long length)
{
	struct ioas_free *range = ioas_free_at(space, 0);

	return range && length - 1 <= range->last;
}

/* The smallest range that spans at least so much. */
static struct ioas_free *ioas_free_least(struct ioas_space *space,
					 unsigned long span)
{
	struct rb_node *node = space->free_by_size.rb_node;
	struct ioas_free *found = NULL;

	while (node) {
		struct ioas_free *range = ioas_free_by_size(node);

		if (ioas_free_span(range) < span) {
			node = node->rb_right;
			continue;
		}
		found = range;
		node = node->rb_left;
	}
	return found;
}

/*
 * A range may be large enough, but not with the alignment. Some of those are looked at;
 * then one is taken that is large enough wherever it begins.
 */
#define IOAS_FREE_TRIES	32

static bool ioas_free_search(struct ioas_space *space, unsigned long length,
			     unsigned long va, unsigned long alignment,
			     unsigned long *iova)
{
	struct ioas_free *range = ioas_free_least(space, length - 1);
	unsigned long span = length - 1 + (alignment - PAGE_SIZE);
	unsigned int tries;

	for (tries = 0; range && tries < IOAS_FREE_TRIES; tries++) {
		if (ioas_free_fit(range, length, va, alignment, iova))
			return true;
		range = ioas_free_by_size(rb_next(&range->by_size));
	}
	range = span >= length - 1 ? ioas_free_least(space, span) : NULL;
	return range && ioas_free_fit(range, length, va, alignment, iova);
}

/*
 * The IOVA should have the offset in a large page that the memory has, so that an
 * IOMMU can use large pages where the memory does.
 */
static unsigned long ioas_free_alignment(struct ioas_space *space,
					 unsigned long length)
{
	unsigned long most = space->granule ?: PUD_SIZE;

	if (length >= PUD_SIZE && most >= PUD_SIZE)
		return PUD_SIZE;
	if (length >= PMD_SIZE && most >= PMD_SIZE)
		return PMD_SIZE;
	return PAGE_SIZE;
}

/**
 * ioas_free_find() - Choose an IOVA
 * @space: the space
 * @length: bytes
 * @va: user address of the memory, for the alignment
 * @iova: out: first IOVA of the smallest free range that will do
 *
 * Context: lock of the space; may sleep.
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int ioas_free_find(struct ioas_space *space, unsigned long length,
		   unsigned long va, unsigned long *iova)
{
	unsigned long alignment = ioas_free_alignment(space, length);

	if (!ioas_free_learn(space))
		return -ENOMEM;
	while (!ioas_free_search(space, length, va, alignment, iova)) {
		if (alignment == PAGE_SIZE) {
			*iova = 0;
			return ioas_free_fit_zero(space, length) ? 0 : -ENOSPC;
		}
		alignment = alignment > PMD_SIZE ? PMD_SIZE : PAGE_SIZE;
	}
	return 0;
}
