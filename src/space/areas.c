// SPDX-License-Identifier: GPL-2.0
/*
 * The areas of a space: who has which IOVAs, and where there is room.
 *
 * Called by map.c, unmap.c and attach.c with the space's lock held.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "command.h"
#include "space/space.h"

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
	return ioas_area_from_node(interval_tree_iter_first(&space->areas, first,
							    last));
}

/**
 * ioas_area_next() - The next area that touches a range
 * @area: the one before
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 * Return: the area, ready or not; NULL if there is none.
 */
struct ioas_area *ioas_area_next(struct ioas_area *area, unsigned long first,
				 unsigned long last)
{
	return ioas_area_from_node(interval_tree_iter_next(&area->node, first,
							   last));
}

/**
 * ioas_check_range() - Is a range of user space whole pages, and is it one
 * @call: the command
 * @what: name of the member @first, for the message
 * @first: first byte
 * @length: bytes
 *
 * Return: 0 or -EINVAL.
 */
int ioas_check_range(struct ioas_call *call, const char *what, u64 first,
		     u64 length)
{
	if (!IS_ALIGNED(first | length, PAGE_SIZE))
		return ioas_fail(call, -EINVAL, IOASID_REASON_ALIGNMENT,
				 "%s 0x%llx or length 0x%llx is not a multiple of 0x%lx",
				 what, first, length, PAGE_SIZE);
	if (!length || first + (length - 1) < first)
		return ioas_fail(call, -EINVAL, IOASID_REASON_RANGE,
				 "%s 0x%llx with length 0x%llx is empty or wraps",
				 what, first, length);
	return 0;
}

static int ioas_fail_taken(struct ioas_call *call, struct ioas_area *area)
{
	ioas_fail(call, -EEXIST, IOASID_REASON_IOVA_MAPPED,
		  "IOVA 0x%lx-0x%lx is mapped already", area->node.start,
		  area->node.last);
	return ioas_fail_range(call, -EEXIST, area->node.start, area->node.last,
			       0);
}

static void ioas_area_insert(struct ioas_space *space, struct ioas_area *area,
			     unsigned long iova, unsigned long length)
{
	area->node.start = iova;
	area->node.last = iova + length - 1;
	interval_tree_insert(&area->node, &space->areas);
}

/**
 * ioas_area_insert_at() - Take a range that the user chose
 * @call: the command
 * @space: the space
 * @area: the new area, not ready
 * @iova: first IOVA
 * @length: bytes; the end does not wrap
 *
 * Context: lock of the space.
 * Return: 0, -EEXIST or -EADDRNOTAVAIL.
 */
int ioas_area_insert_at(struct ioas_call *call, struct ioas_space *space,
			struct ioas_area *area, unsigned long iova,
			unsigned long length)
{
	unsigned long last = iova + length - 1;
	struct ioas_area *other = ioas_area_first(space, iova, last);
	int ret;

	if (other)
		return ioas_fail_taken(call, other);
	ret = ioas_reserved_check(call, space, iova, last);
	if (ret)
		return ret;
	ioas_area_insert(space, area, iova, length);
	return 0;
}

/*
 * The IOVA should have the offset in a large page that the memory has, so that an
 * IOMMU can use large pages where the memory does.
 */
static unsigned long ioas_iova_alignment(unsigned long length)
{
	if (length >= PUD_SIZE)
		return PUD_SIZE;
	return length >= PMD_SIZE ? PMD_SIZE : PAGE_SIZE;
}

/* The lowest IOVA at or above @from with the offset of @va; false if it wraps. */
static bool ioas_iova_align(unsigned long *from, unsigned long va,
			    unsigned long alignment)
{
	unsigned long pos = *from + ((va - *from) & (alignment - 1));

	if (pos < *from)
		return false;
	*from = pos;
	return true;
}

/* Where to go on after what is in the way of [first, last]; false: nothing is. */
static bool ioas_range_taken(struct ioas_space *space, unsigned long first,
			     unsigned long last, unsigned long *taken_last)
{
	struct ioas_area *area;

	if (ioas_reserved_find(space, first, last, taken_last))
		return true;
	area = ioas_area_first(space, first, last);
	if (area)
		*taken_last = area->node.last;
	return area;
}

static bool ioas_find_free(struct ioas_space *space, unsigned long from,
			   unsigned long length, unsigned long va,
			   unsigned long *iova)
{
	unsigned long alignment = ioas_iova_alignment(length);
	unsigned long taken_last;

	while (ioas_iova_align(&from, va, alignment)) {
		if (from + (length - 1) < from)
			return false;
		if (!ioas_range_taken(space, from, from + (length - 1),
				      &taken_last)) {
			*iova = from;
			return true;
		}
		if (taken_last > ULONG_MAX - PAGE_SIZE)
			return false;
		from = PAGE_ALIGN(taken_last + 1);
	}
	return false;
}

/**
 * ioas_area_insert_free() - Take a free range of the kernel's choice
 * @call: the command
 * @space: the space
 * @area: the new area, not ready
 * @length: bytes
 * @va: user address of the memory, for the alignment
 *
 * Looks after the range that was chosen last and then from the start, so that a
 * run of calls does not search what the calls before have filled.
 *
 * Context: lock of the space.
 * Return: 0 or -ENOSPC.
 */
int ioas_area_insert_free(struct ioas_call *call, struct ioas_space *space,
			  struct ioas_area *area, unsigned long length,
			  unsigned long va)
{
	unsigned long iova;

	if (!ioas_find_free(space, space->next_iova, length, va, &iova) &&
	    !ioas_find_free(space, 0, length, va, &iova))
		return ioas_fail(call, -ENOSPC, IOASID_REASON_IOVA_FULL,
				 "no free IOVA range of 0x%lx bytes", length);
	ioas_area_insert(space, area, iova, length);
	space->next_iova = area->node.last + 1;
	return 0;
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
	space->mapped_bytes -= ioas_area_length(area);
}
