// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the driver of a software device holds, and telling it before what it
 * holds is unmapped.
 *
 * A page that is held keeps a reference to its memory. So whatever becomes of the
 * area, or of the space, the page stays pinned until it is given back; a driver that
 * does not answer costs its user locked memory, and nobody anything else.
 *
 * Called by drivers as access.c, and by unmap.c under no lock.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "dirty/dirty.h"
#include "memory/memory.h"
#include "space/access.h"
#include "space/space.h"

/**
 * struct ioas_held - A page that is held
 * @memory: the memory it is of, a reference
 * @page: which one of it
 * @count: how many times it was pinned and not given back
 * @writable: one of these times for writing
 * @next: in a list of those that are given back
 */
struct ioas_held {
	struct ioas_memory *memory;
	unsigned long page;
	unsigned int count;
	bool writable;
	struct ioas_held *next;
};

static int ioas_hold_new(struct ioas_access *access, unsigned long index,
			 struct ioas_memory *memory, unsigned long page)
{
	struct ioas_held *held = kmalloc(sizeof(*held), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!held)
		return -ENOMEM;
	held->memory = ioas_memory_get(memory);
	held->page = page;
	held->count = 1;
	held->writable = false;
	ret = xa_insert(&access->pins, index, held, GFP_KERNEL_ACCOUNT);
	if (ret) {
		/* The caller has a reference as well, so this is not the last. */
		refcount_dec(&memory->refs);
		kfree(held);
	}
	return ret;
}

/*
 * By its IOVA alone a page of a former mapping that was not given back could not be
 * told from a new one. So there is no new one before that.
 */
static int ioas_hold(struct ioas_access *access, unsigned long index,
		     struct ioas_memory *memory, unsigned long page)
{
	struct ioas_held *held = xa_load(&access->pins, index);

	if (!held)
		return ioas_hold_new(access, index, memory, page);
	if (held->memory != memory || held->page != page)
		return -EBUSY;
	if (held->count == UINT_MAX)
		return -EOVERFLOW;
	held->count++;
	return 0;
}

/* Called with pins_lock. What is held no more goes to @released. */
static bool ioas_unhold(struct ioas_access *access, unsigned long index,
			struct ioas_held **released)
{
	struct ioas_held *held = xa_load(&access->pins, index);

	if (!held)
		return false;
	if (--held->count)
		return true;
	xa_erase(&access->pins, index);
	held->next = *released;
	*released = held;
	return true;
}

static void ioas_release_held(struct ioas_held *released)
{
	struct ioas_uncharge uncharge = {};
	struct ioas_held *next;

	for (; released; released = next) {
		next = released->next;
		ioas_memory_put(released->memory, &uncharge);
		kfree(released);
	}
	ioas_uncharge_all(&uncharge);
}

/* Hold the pages of a piece; @done counts those that are. */
static int ioas_hold_piece(struct ioas_access *access, unsigned long index,
			   struct ioas_piece *piece, struct page **pages,
			   unsigned long *done)
{
	unsigned long page = piece->offset >> PAGE_SHIFT, pfn, count;
	struct ioas_run_iter iter;
	int ret;

	ioas_run_iter_start(&iter, &piece->memory->runs, page,
			    piece->length >> PAGE_SHIFT);
	while (ioas_run_iter_next(&iter, &pfn, &count)) {
		for (; count; count--, pfn++) {
			ret = ioas_hold(access, index + *done, piece->memory,
					page++);
			if (ret)
				return ret;
			pages[(*done)++] = pfn_to_page(pfn);
		}
	}
	return 0;
}

/* Called with access->sem and pins_lock. */
static int ioas_hold_for_writing(struct ioas_access *access,
				 unsigned long iova, unsigned long last)
{
	struct ioas_held *held;
	unsigned long index;

	xa_for_each_range(&access->pins, index, held, iova >> PAGE_SHIFT,
			  last >> PAGE_SHIFT)
		held->writable = true;
	return ioas_dirty_pinned(access->space, iova, last);
}

/* Called with access->sem and pins_lock. */
static int ioas_hold_range(struct ioas_access *access, unsigned long iova,
			   unsigned long last, u32 prot, struct page **pages,
			   unsigned long *done)
{
	struct ioas_uncharge uncharge = {};
	unsigned long first = iova, from;
	struct ioas_piece piece;
	int ret;

	do {
		ret = ioas_access_piece(access->space, first, last, prot,
					&piece);
		if (ret)
			return ret;
		from = *done;
		ret = ioas_hold_piece(access, iova >> PAGE_SHIFT, &piece, pages,
				      done);
		/* The area has a reference as long as access->sem is held. */
		ioas_memory_put(piece.memory, &uncharge);
		first += (*done - from) << PAGE_SHIFT;
	} while (!ret && first && first <= last);
	return ret;
}

/**
 * ioas_access_pin() - Hold pages
 * @access: the way in
 * @iova: page aligned
 * @count: pages, not 0
 * @prot: enum ioasid_prot
 * @pages: out: array of @count pages
 *
 * Context: may sleep; no lock of the module, no mmap_lock.
 * Return: 0, -EINVAL (the range wraps), -ENODEV (not attached), -ENOENT (a part is not
 * mapped), -EACCES, -EFAULT (memory of a device), -EBUSY (pages of a former mapping
 * are held there), -EOVERFLOW, -ENOMEM; then no page is held.
 */
int ioas_access_pin(struct ioas_access *access, unsigned long iova,
		    unsigned long count, u32 prot, struct page **pages)
{
	unsigned long last = iova + ((count - 1) << PAGE_SHIFT) +
			     (PAGE_SIZE - 1);
	struct ioas_held *released = NULL;
	unsigned long done = 0;
	int ret = -ENODEV;

	if (!count || count > ULONG_MAX >> PAGE_SHIFT || last < iova)
		return -EINVAL;
	down_read(&access->sem);
	mutex_lock(&access->pins_lock);
	if (access->space)
		ret = ioas_hold_range(access, iova, last, prot, pages, &done);
	if (!ret && (prot & IOASID_PROT_WRITE))
		ret = ioas_hold_for_writing(access, iova, last);
	if (ret)
		while (done--)
			ioas_unhold(access, (iova >> PAGE_SHIFT) + done,
				    &released);
	mutex_unlock(&access->pins_lock);
	up_read(&access->sem);
	ioas_release_held(released);
	return ret;
}

/**
 * ioas_access_unpin() - Give pages back
 * @access: the way in
 * @iova: page aligned
 * @count: pages
 *
 * Context: may sleep; no lock of the module, no mmap_lock of the process whose memory
 * it is.
 * Return: how many of them were held.
 */
unsigned long ioas_access_unpin(struct ioas_access *access, unsigned long iova,
				unsigned long count)
{
	unsigned long index = iova >> PAGE_SHIFT, found = 0;
	struct ioas_held *released = NULL;

	mutex_lock(&access->pins_lock);
	for (; count; count--, index++)
		found += ioas_unhold(access, index, &released);
	mutex_unlock(&access->pins_lock);
	ioas_release_held(released);
	return found;
}

/**
 * ioas_access_note_pins() - Pages that may still be written are dirty
 * @access: leads into the space
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: may sleep; domains_sem of the space.
 * Return: 0 or -ENOMEM.
 */
int ioas_access_note_pins(struct ioas_access *access, struct ioas_space *space,
			  unsigned long first, unsigned long last)
{
	struct ioas_held *held;
	unsigned long index;
	int ret = 0;

	mutex_lock(&access->pins_lock);
	xa_for_each_range(&access->pins, index, held, first >> PAGE_SHIFT,
			  last >> PAGE_SHIFT) {
		if (held->writable)
			ret = ioas_dirty_pinned(space, index << PAGE_SHIFT,
						index << PAGE_SHIFT);
		if (ret)
			break;
	}
	mutex_unlock(&access->pins_lock);
	return ret;
}

/**
 * ioas_access_unpin_all() - Give all pages back
 * @access: whose owner uses none of them any more
 *
 * Context: may sleep; no lock of the module that comes after tell_lock.
 */
void ioas_access_unpin_all(struct ioas_access *access)
{
	struct ioas_held *released = NULL, *held;
	unsigned long index;

	mutex_lock(&access->pins_lock);
	xa_for_each(&access->pins, index, held) {
		xa_erase(&access->pins, index);
		held->next = released;
		released = held;
	}
	mutex_unlock(&access->pins_lock);
	ioas_release_held(released);
}

/* The first pages from *@first to @last that are held without a gap. */
static bool ioas_next_held(struct ioas_access *access, unsigned long first,
			   unsigned long last, unsigned long *from,
			   unsigned long *to)
{
	bool found;

	mutex_lock(&access->pins_lock);
	*from = first;
	found = xa_find(&access->pins, from, last, XA_PRESENT);
	*to = *from;
	while (found && *to < last && xa_load(&access->pins, *to + 1))
		++*to;
	mutex_unlock(&access->pins_lock);
	return found;
}

/**
 * ioas_access_tell() - Ask for the pages of a range back
 * @access: no new page of the range can be pinned
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: may sleep; no lock that ops->unmap takes, nor one after tell_lock.
 */
void ioas_access_tell(struct ioas_access *access, unsigned long first,
		      unsigned long last)
{
	unsigned long from, to;

	if (xa_empty(&access->pins))
		return;
	first >>= PAGE_SHIFT;
	last >>= PAGE_SHIFT;
	mutex_lock(&access->tell_lock);
	while (ioas_next_held(access, first, last, &from, &to)) {
		access->ops->unmap(access, from << PAGE_SHIFT,
				   (to - from + 1) << PAGE_SHIFT);
		if (to == last)
			break;
		first = to + 1;
	}
	mutex_unlock(&access->tell_lock);
}

static struct ioas_access *ioas_next_access(struct ioas_space *space,
					    unsigned long *index)
{
	struct ioas_access *access;

	xa_lock(&space->accesses);
	access = xa_find_after(&space->accesses, index, ULONG_MAX, XA_PRESENT);
	if (access)
		ioas_access_get(access);
	xa_unlock(&space->accesses);
	return access;
}

/**
 * ioas_accesses_revoke() - Take areas from CPU code
 * @space: the space
 * @areas: the first of a chain of areas of it that are not ready any more
 *
 * On return nobody reads or writes them, and who holds pages of them has been told.
 *
 * Context: may sleep; no locks held.
 */
void ioas_accesses_revoke(struct ioas_space *space, struct ioas_area *areas)
{
	struct ioas_access *access;
	unsigned long index = 0;
	struct ioas_area *area;

	while ((access = ioas_next_access(space, &index))) {
		/* Who found an area while it was ready has it no longer. */
		ioas_access_settle(access);
		for (area = areas; area; area = area->next) {
			ioas_access_tell(access, area->first, area->last);
			cond_resched();
		}
		ioas_access_put(access);
	}
}
