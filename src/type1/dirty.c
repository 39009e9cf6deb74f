// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_IOMMU_DIRTY_PAGES, and the bitmap of VFIO_IOMMU_UNMAP_DMA.
 *
 * type1 does not know what hardware has written: as long as there is some it reports all
 * that is mapped, each time it is asked. Where there are only mediated devices it
 * reports what their drivers have written, or have pinned for writing; dirty/ knows that.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "command.h"
#include "compat/vfio.h"
#include "dirty/bits.h"
#include "dirty/dirty.h"
#include "space/space.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

#define IOAS_DIRTY_FLAGS	(VFIO_IOMMU_DIRTY_PAGES_FLAG_START | \
				 VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP | \
				 VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP)

static int ioas_check_bitmap_size(u64 pages, u64 bytes)
{
	if (!pages || !bytes || bytes > IOAS_BITMAP_MAX)
		return -EINVAL;
	if (DIV_ROUND_UP_ULL(pages, IOAS_WORD_BITS) > bytes / sizeof(u64))
		return -EINVAL;
	return 0;
}

/**
 * ioas_type1_check_bitmap() - Can a program's bitmap be for a range
 * @bitmap: what the program says of it
 * @size: bytes of the range
 *
 * Return: 0 or -EINVAL.
 */
int ioas_type1_check_bitmap(const struct vfio_bitmap *bitmap, u64 size)
{
	if (!access_ok((void __user *)bitmap->data, bitmap->size))
		return -EINVAL;
	if (!bitmap->pgsize)
		return -EINVAL;
	return ioas_check_bitmap_size(size >> __ffs64(bitmap->pgsize),
				      bitmap->size);
}

/* User memory cannot be written under a lock, so one mapping after the other. */
static bool ioas_next_dirty(struct ioas_space *space, unsigned long *first,
			    unsigned long *last)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_type1_first(space, *first, *last);
	/* It may be another one by now, which is not all in the range. */
	if (area) {
		*first = max(*first, area->first);
		*last = min(*last, area->last);
	}
	mutex_unlock(&space->lock);
	return area;
}

static bool ioas_has_hardware(struct ioas_space *space)
{
	bool found;

	down_read(&space->domains_sem);
	found = !list_empty(&space->domains);
	up_read(&space->domains_sem);
	return found;
}

/* What of one mapping is dirty. Its bits need not begin with a word of the bitmap. */
static int ioas_read_mapping(struct ioas_call *call, struct ioas_bits *bits,
			     unsigned long base, unsigned long first,
			     unsigned long last)
{
	struct ioas_space *space = call->container->type1->space;

	if (ioas_has_hardware(space))
		return ioas_bits_set(bits, (first - base) / IOAS_TYPE1_PAGE,
				     (last - first) / IOAS_TYPE1_PAGE + 1);
	return ioas_dirty_read_range(call, space, base, first, last, bits->words);
}

/**
 * ioas_type1_read_dirty() - Report what is dirty in a range
 * @call: the call
 * @first: first IOVA
 * @last: last IOVA
 * @bitmap: a bit for each page from @first on; those of what is not mapped are not touched
 *
 * Context: may sleep; no locks held.
 * Return: 0, -EFAULT, -ENOMEM, -EINTR, or -EINVAL if the range would cut a mapping, or
 * nothing is logged.
 */
int ioas_type1_read_dirty(struct ioas_call *call, unsigned long first,
			  unsigned long last, u64 __user *bitmap)
{
	struct ioas_space *space = call->container->type1->space;
	struct ioas_bits bits = { .words = bitmap };
	unsigned long from = first, to = last;
	int ret;

	if (!ioas_dirty_on(space))
		return -EINVAL;
	mutex_lock(&space->lock);
	ret = ioas_type1_check_v2(space, first, last);
	mutex_unlock(&space->lock);
	while (!ret && ioas_next_dirty(space, &from, &to)) {
		ret = ioas_read_mapping(call, &bits, first, from, to);
		if (to >= last)
			break;
		from = to + 1;
		to = last;
		cond_resched();
	}
	return ret ?: ioas_bits_flush(&bits);
}

/**
 * ioas_type1_read_rest() - Report what became dirty while a range was unmapped
 * @call: the call
 * @first: first IOVA
 * @last: last IOVA
 * @bitmap: to which ioas_type1_read_dirty() has written
 *
 * What cannot be told any more is not: it is unmapped.
 *
 * Context: may sleep; no locks held.
 */
void ioas_type1_read_rest(struct ioas_call *call, unsigned long first,
			  unsigned long last, u64 __user *bitmap)
{
	ioas_dirty_read_range(call, call->container->type1->space, first, first,
			      last, bitmap);
}

static int ioas_check_range_get(const struct vfio_iommu_type1_dirty_bitmap_get *range,
				unsigned long *last)
{
	int ret;

	if (!range->size)
		return -EINVAL;
	if (check_add_overflow((unsigned long)range->iova,
			       (unsigned long)range->size - 1, last))
		return -EOVERFLOW;
	ret = ioas_type1_check_bitmap(&range->bitmap, range->size);
	if (ret)
		return ret;
	if (range->bitmap.pgsize != IOAS_TYPE1_PAGE ||
	    ((range->iova | range->size) & (IOAS_TYPE1_PAGE - 1)))
		return -EINVAL;
	return 0;
}

static int ioas_dirty_get(struct ioas_call *call, u32 argsz)
{
	size_t size = offsetofend(struct vfio_iommu_type1_dirty_bitmap, flags);
	struct vfio_iommu_type1_dirty_bitmap_get range;
	unsigned long last;
	int ret;

	if (argsz - size < sizeof(range))
		return -EINVAL;
	if (copy_from_user(&range, call->user + size, sizeof(range)))
		return -EFAULT;
	ret = ioas_check_range_get(&range, &last);
	if (ret)
		return ret;
	return ioas_type1_read_dirty(call, range.iova, last,
				     range.bitmap.data);
}

static int ioas_dirty_switch(struct ioas_call *call, bool on)
{
	struct ioas_space *space = call->container->type1->space;
	int ret = 0;

	down_write(&space->domains_sem);
	if (space->freed)
		ret = -ENODEV;
	else if (on)
		ret = ioas_dirty_start(call, space);
	else
		ioas_dirty_stop(space);
	up_write(&space->domains_sem);
	return ret;
}

/**
 * ioas_type1_dirty_pages() - VFIO_IOMMU_DIRTY_PAGES
 * @call: the call
 *
 * Return: 0 or a negative errno.
 */
long ioas_type1_dirty_pages(struct ioas_call *call)
{
	size_t size = offsetofend(struct vfio_iommu_type1_dirty_bitmap, flags);
	struct vfio_iommu_type1_dirty_bitmap dirty;

	if (!call->container->type1->v2)
		return -EACCES;
	if (copy_from_user(&dirty, call->user, size))
		return -EFAULT;
	if (dirty.argsz < size || (dirty.flags & ~IOAS_DIRTY_FLAGS))
		return -EINVAL;
	/* One at a time. */
	switch (dirty.flags) {
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
		return ioas_dirty_switch(call, true);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
		return ioas_dirty_switch(call, false);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
		return ioas_dirty_get(call, dirty.argsz);
	default:
		return -EINVAL;
	}
}
