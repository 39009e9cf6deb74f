// SPDX-License-Identifier: GPL-2.0
/*
 * What CPU code does with a space: it reads and writes what is mapped, as a device
 * would, and is refused what a device would be refused.
 *
 * Called by drivers of software devices, through vfio/ or the exported functions,
 * in any process and under their own locks. An area that is found under the lock of
 * the space stays while access->sem is held: who unmaps makes it not ready, and then
 * waits for that lock before anything is given back.
 */
#include <linux/highmem.h>
#include <linux/mm.h>

#include "dirty/dirty.h"
#include "memory/memory.h"
#include "space/access.h"
#include "space/space.h"

/**
 * ioas_access_init() - A way into a space, which leads nowhere yet
 * @access: part of what owns its storage; the caller has the only reference
 * @ops: what the owner supplies
 */
void ioas_access_init(struct ioas_access *access,
		      const struct ioas_access_ops *ops)
{
	access->ops = ops;
	refcount_set(&access->refs, 1);
	mutex_init(&access->attach_lock);
	access->users = 0;
	mutex_init(&access->tell_lock);
	init_rwsem(&access->sem);
	access->space = NULL;
	mutex_init(&access->pins_lock);
	xa_init_flags(&access->pins, XA_FLAGS_ACCOUNT);
}

/**
 * ioas_access_get() - Take a reference
 * @access: of which the caller has one
 */
void ioas_access_get(struct ioas_access *access)
{
	refcount_inc(&access->refs);
}

/**
 * ioas_access_put() - Give a reference back
 * @access: may be gone afterwards
 *
 * Context: may sleep with the last reference; no locks held.
 */
void ioas_access_put(struct ioas_access *access)
{
	if (!refcount_dec_and_test(&access->refs))
		return;
	ioas_access_unpin_all(access);
	/* It keeps what it had got when it could not get all for a new entry. */
	xa_destroy(&access->pins);
	mutex_destroy(&access->attach_lock);
	mutex_destroy(&access->tell_lock);
	mutex_destroy(&access->pins_lock);
	access->ops->release(access);
}

/**
 * ioas_access_join() - Become one of those that are told of what a space unmaps
 * @access: the access
 * @space: the space, which stays until ioas_access_leave()
 * @index: out: for ioas_access_start(), or for nobody if it is not started
 *
 * Context: may sleep; attach_lock, and domains_sem of the space for write.
 * Return: 0 or -ENOMEM.
 */
int ioas_access_join(struct ioas_access *access, struct ioas_space *space,
		     u32 *index)
{
	return xa_alloc(&space->accesses, index, access, XA_LIMIT(1, INT_MAX),
			GFP_KERNEL_ACCOUNT) ? -ENOMEM : 0;
}

/**
 * ioas_access_start() - Lead into a space
 * @access: leads nowhere
 * @space: the space it has joined
 * @index: from ioas_access_join()
 *
 * Context: may sleep; attach_lock.
 */
void ioas_access_start(struct ioas_access *access, struct ioas_space *space,
		       u32 index)
{
	access->index = index;
	down_write(&access->sem);
	access->space = space;
	up_write(&access->sem);
}

/**
 * ioas_access_stop() - Lead nowhere any more, and take back what is pinned
 * @access: leads into a space
 *
 * On return nobody uses the space through it, and its owner has been told of all it
 * had pinned.
 *
 * Context: may sleep; attach_lock; not domains_sem, nor a lock that ops->unmap takes.
 */
void ioas_access_stop(struct ioas_access *access)
{
	down_write(&access->sem);
	access->space = NULL;
	up_write(&access->sem);
	ioas_access_tell(access, 0, ULONG_MAX);
}

/**
 * ioas_access_settle() - Wait for those who use an access
 * @access: the access
 *
 * On return, who found something as it was before the call does not use it any more.
 *
 * Context: may sleep; no lock after domains_sem.
 */
void ioas_access_settle(struct ioas_access *access)
{
	down_write(&access->sem);
	up_write(&access->sem);
}

/**
 * ioas_access_leave() - Take a stopped access out of its space
 * @access: the access
 * @space: the space
 *
 * Context: attach_lock, and domains_sem of the space for write.
 */
void ioas_access_leave(struct ioas_access *access, struct ioas_space *space)
{
	xa_erase(&space->accesses, access->index);
}

/**
 * ioas_access_end() - Tell the owner that the context ended
 * @access: leads nowhere
 *
 * Context: may sleep; no lock that ops->gone takes.
 */
void ioas_access_end(struct ioas_access *access)
{
	if (!access->ops->gone)
		return;
	mutex_lock(&access->tell_lock);
	access->ops->gone(access);
	mutex_unlock(&access->tell_lock);
}

static int ioas_check_area(struct ioas_area *area, unsigned long first,
			   u32 prot)
{
	if (!area || area->first > first || !area->ready)
		return -ENOENT;
	if (prot & ~area->prot)
		return -EACCES;
	/* What is a device's own is no memory for the CPU. */
	return area->memory->is_pfnmap ? -EFAULT : 0;
}

/* May all of a range be accessed so? */
static int ioas_check_mapped(struct ioas_space *space, unsigned long first,
			     unsigned long last, u32 prot)
{
	struct ioas_area *area;
	int ret;

	mutex_lock(&space->lock);
	area = ioas_area_first(space, first, last);
	for (;;) {
		ret = ioas_check_area(area, first, prot);
		if (ret || area->last >= last)
			break;
		first = area->last + 1;
		area = ioas_area_next(area, last);
	}
	mutex_unlock(&space->lock);
	return ret;
}

/**
 * ioas_access_piece() - The memory at the beginning of a range
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 * @prot: enum ioasid_prot
 * @piece: out: what of the range is in one area
 *
 * Context: may sleep; access->sem, or a lock that keeps the area.
 * Return: 0, -ENOENT, -EACCES or -EFAULT.
 */
int ioas_access_piece(struct ioas_space *space, unsigned long first,
		      unsigned long last, u32 prot, struct ioas_piece *piece)
{
	struct ioas_area *area;
	int ret;

	mutex_lock(&space->lock);
	area = ioas_area_first(space, first, last);
	ret = ioas_check_area(area, first, prot);
	if (!ret) {
		/* Memory of which somebody has a reference is not cut. */
		piece->memory = ioas_memory_get(area->memory);
		piece->offset = (area->offset << PAGE_SHIFT) +
				(first - area->first);
		piece->length = min(last, area->last) - first + 1;
	}
	mutex_unlock(&space->lock);
	return ret;
}

static void ioas_copy_page(unsigned long pfn, size_t offset, void *data,
			   size_t length, bool write)
{
	if (write)
		memcpy_to_page(pfn_to_page(pfn), offset, data, length);
	else
		memcpy_from_page(data, pfn_to_page(pfn), offset, length);
}

static void ioas_copy_piece(struct ioas_piece *piece, char *data, bool write)
{
	size_t offset = offset_in_page(piece->offset), left = piece->length;
	struct ioas_run_iter iter;
	unsigned long pfn, pages;

	ioas_run_iter_start(&iter, &piece->memory->runs,
			    piece->offset >> PAGE_SHIFT,
			    DIV_ROUND_UP(offset + left, PAGE_SIZE));
	while (ioas_run_iter_next(&iter, &pfn, &pages)) {
		for (; pages; pages--, pfn++) {
			size_t length = min_t(size_t, left, PAGE_SIZE - offset);

			ioas_copy_page(pfn, offset, data, length, write);
			data += length;
			left -= length;
			offset = 0;
		}
		cond_resched();
	}
}

static int ioas_rw_pieces(struct ioas_space *space, unsigned long first,
			  unsigned long last, char *data, bool write, u32 prot)
{
	struct ioas_uncharge uncharge = {};
	struct ioas_piece piece;
	unsigned long left;
	int ret;

	do {
		left = last - first;
		ret = ioas_access_piece(space, first, last, prot, &piece);
		if (ret)
			return ret;
		ioas_copy_piece(&piece, data, write);
		if (write)
			ioas_dirty_written(space, first,
					   first + piece.length - 1);
		ioas_memory_put(piece.memory, &uncharge);
		ioas_uncharge_all(&uncharge);
		first += piece.length;
		data += piece.length;
	} while (piece.length <= left);
	return 0;
}

/* Nothing is done unless all can be. */
static int ioas_rw_space(struct ioas_space *space, unsigned long first,
			 unsigned long last, void *data, u32 prot)
{
	bool write = prot & IOASID_PROT_WRITE;
	int ret = 0;

	/* What is in one page is in one area, which is looked at anyway. */
	if (first >> PAGE_SHIFT != last >> PAGE_SHIFT)
		ret = ioas_check_mapped(space, first, last, prot);
	return ret ?: ioas_rw_pieces(space, first, last, data, write, prot);
}

/**
 * ioas_access_rw() - Read or write memory as a device would
 * @access: the way in
 * @iova: first byte
 * @data: the other side
 * @length: bytes, not 0
 * @prot: enum ioasid_prot, what must be allowed; with IOASID_PROT_WRITE it goes from
 *	@data to the space, otherwise from the space to @data
 *
 * Nothing is done if a part of the range is not mapped, or may not be accessed so. If
 * a part is unmapped while this runs, what came before it may be done.
 *
 * Context: may sleep; no lock of the module.
 * Return: 0, -EINVAL (the range wraps), -ENODEV (not attached), -ENOENT (not mapped),
 * -EACCES, -EFAULT (memory of a device).
 */
int ioas_access_rw(struct ioas_access *access, unsigned long iova, void *data,
		   size_t length, u32 prot)
{
	unsigned long last = iova + (length - 1);
	int ret = -ENODEV;

	if (!length || last < iova)
		return -EINVAL;
	down_read(&access->sem);
	if (access->space)
		ret = ioas_rw_space(access->space, iova, last, data, prot);
	up_read(&access->sem);
	return ret;
}
