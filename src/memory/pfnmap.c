// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of devices that a process has mapped: finding where it is, and following what
 * its owner does with it.
 *
 * The owner takes it from processes when it is reset, loses power or goes away. The
 * notifier is called then, under locks of the owner and of mm/, and takes it out of the
 * I/O page tables. If the process still has the address, a worker asks for it again from
 * time to time, as a process does that touches it. An address that the process gives up
 * is not asked for again: nothing would tell when that memory becomes another's.
 *
 * Created by type1/ under no lock, in the process that has it.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "domain/places.h"
#include "memory/pfnmap.h"

/* How often a device is asked that is away: soon at first, then once a second. */
#define IOAS_RESTORE_FIRST	msecs_to_jiffies(10)
#define IOAS_RESTORE_LAST	HZ

/* Called with mmap_lock. NULL if it is not all in one mapping of a device. */
static struct vm_area_struct *ioas_pfnmap_vma(struct ioas_pfnmap *pfnmap,
					      struct mm_struct *mm)
{
	unsigned long length = pfnmap->memory.pages << PAGE_SHIFT;
	struct vm_area_struct *vma = find_vma(mm, pfnmap->va);
	unsigned long needed = VM_PFNMAP | VM_READ |
			       (pfnmap->memory.writable ? VM_WRITE : 0);

	if (!vma || vma->vm_start > pfnmap->va ||
	    length > vma->vm_end - pfnmap->va ||
	    (vma->vm_flags & needed) != needed)
		return NULL;
	return vma;
}

/*
 * Find a page; it may have to be faulted in. Called with mmap_lock, which is given up
 * and taken again if this returns -EAGAIN.
 */
static int ioas_pfnmap_page(struct vm_area_struct *vma, struct mm_struct *mm,
			    unsigned long va, bool writable, unsigned long *pfn)
{
	unsigned int flags = FAULT_FLAG_REMOTE |
			     (writable ? FAULT_FLAG_WRITE : 0);
	bool unlocked = false;
	int ret;

	if (!ioas_follow_pfn(vma, va, writable, pfn))
		return 0;
	ret = fixup_user_fault(mm, va, flags, &unlocked);
	if (ret)
		return ret;
	return unlocked ? -EAGAIN : ioas_follow_pfn(vma, va, writable, pfn);
}

/* Pages of the machine are pinned, or not to be had. */
static bool ioas_is_device_pfn(unsigned long pfn)
{
	return !pfn_valid(pfn) || PageReserved(pfn_to_page(pfn));
}

/* Look up one page after the other. Called with mmap_lock; as ioas_pfnmap_page(). */
static int ioas_pfnmap_walk(struct ioas_pfnmap *pfnmap, struct mm_struct *mm,
			    unsigned long *first)
{
	struct vm_area_struct *vma = ioas_pfnmap_vma(pfnmap, mm);
	unsigned long i, pfn;
	int ret;

	if (!vma)
		return -ENOENT;
	for (i = 0; i < pfnmap->memory.pages; i++) {
		ret = ioas_pfnmap_page(vma, mm, pfnmap->va + i * PAGE_SIZE,
				       pfnmap->memory.writable, &pfn);
		if (ret)
			return ret;
		if (!i)
			*first = pfn;
		if (pfn != *first + i || !ioas_is_device_pfn(pfn))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static int ioas_pfnmap_look(struct ioas_pfnmap *pfnmap, struct mm_struct *mm,
			    unsigned long *first)
{
	int ret;

	mmap_read_lock(mm);
	do {
		ret = ioas_pfnmap_walk(pfnmap, mm, first);
	} while (ret == -EAGAIN && !fatal_signal_pending(current));
	mmap_read_unlock(mm);
	return ret == -EAGAIN ? -EINTR : ret;
}

/*
 * Find it, and put it where it belongs. 0, -ENOENT if the process has given it up, or
 * another negative errno.
 */
static int ioas_pfnmap_find(struct ioas_pfnmap *pfnmap, struct mm_struct *mm,
			    bool again)
{
	unsigned long seq, first;
	int ret;

	do {
		seq = mmu_interval_read_begin(&pfnmap->notifier);
		ret = ioas_pfnmap_look(pfnmap, mm, &first);
		if (ret)
			return ret;
		/* Others have read where it is, under no lock. */
		if (again && first != pfnmap->pfn)
			return -ENOENT;
		pfnmap->pfn = first;
		ret = ioas_places_show(pfnmap, seq);
	} while (ret == -EAGAIN);
	return ret;
}

static void ioas_pfnmap_restore(struct work_struct *work)
{
	struct ioas_pfnmap *pfnmap = container_of(to_delayed_work(work),
						  struct ioas_pfnmap, restore);
	struct mm_struct *mm = pfnmap->notifier.mm;
	int ret;

	if (!mmget_not_zero(mm))
		return;
	ret = ioas_pfnmap_find(pfnmap, mm, true);
	mmput(mm);
	if (!ret)
		pfnmap->delay = IOAS_RESTORE_FIRST;
	if (!ret || ret == -ENOENT)
		return;
	queue_delayed_work(system_unbound_wq, &pfnmap->restore, pfnmap->delay);
	pfnmap->delay = min_t(unsigned long, pfnmap->delay * 2,
			      IOAS_RESTORE_LAST);
}

/* Who changes only what the process may do with it does not take it away. */
static bool ioas_pfnmap_goes(enum mmu_notifier_event event)
{
	return event != MMU_NOTIFY_PROTECTION_VMA &&
	       event != MMU_NOTIFY_PROTECTION_PAGE &&
	       event != MMU_NOTIFY_SOFT_DIRTY;
}

static bool ioas_pfnmap_invalidate(struct mmu_interval_notifier *notifier,
				   const struct mmu_notifier_range *range,
				   unsigned long seq)
{
	struct ioas_pfnmap *pfnmap = container_of(notifier, struct ioas_pfnmap,
						  notifier);
	bool goes = ioas_pfnmap_goes(range->event);

	if (!ioas_places_hide(pfnmap, seq, goes,
			      mmu_notifier_range_blockable(range)))
		return false;
	if (goes && range->event == MMU_NOTIFY_CLEAR)
		queue_delayed_work(system_unbound_wq, &pfnmap->restore,
				   IOAS_RESTORE_FIRST);
	return true;
}

static const struct mmu_interval_notifier_ops ioas_pfnmap_ops = {
	.invalidate = ioas_pfnmap_invalidate,
};

/*
 * End what ioas_pfnmap_start() began. The notifier starts the worker, so it goes first;
 * but its reference is what keeps the mm that the worker looks at.
 */
static void ioas_pfnmap_stop(struct ioas_pfnmap *pfnmap)
{
	struct mm_struct *mm = pfnmap->notifier.mm;

	mmgrab(mm);
	mmu_interval_notifier_remove(&pfnmap->notifier);
	cancel_delayed_work_sync(&pfnmap->restore);
	mmdrop(mm);
}

/* Nothing maps it any more, so the notifier finds nothing to do. */
static void ioas_pfnmap_release(struct ioas_memory *memory)
{
	struct ioas_pfnmap *pfnmap = ioas_pfnmap_from_memory(memory);

	ioas_pfnmap_stop(pfnmap);
	ioas_runs_free(&memory->runs);
	kfree(pfnmap);
}

static struct ioas_pfnmap *ioas_pfnmap_alloc(unsigned long va,
					     unsigned long pages, bool writable)
{
	struct ioas_pfnmap *pfnmap = kzalloc(sizeof(*pfnmap),
					     GFP_KERNEL_ACCOUNT);

	if (!pfnmap)
		return NULL;
	ioas_memory_init(&pfnmap->memory, ioas_pfnmap_release);
	ioas_memory_init_pfnmap(&pfnmap->memory, pages, writable);
	INIT_DELAYED_WORK(&pfnmap->restore, ioas_pfnmap_restore);
	INIT_LIST_HEAD(&pfnmap->places);
	pfnmap->delay = IOAS_RESTORE_FIRST;
	pfnmap->va = va;
	return pfnmap;
}

/* Is it worth a notifier? */
static bool ioas_pfnmap_possible(struct ioas_pfnmap *pfnmap)
{
	bool possible;

	mmap_read_lock(current->mm);
	possible = ioas_pfnmap_vma(pfnmap, current->mm);
	mmap_read_unlock(current->mm);
	return possible;
}

static int ioas_pfnmap_start(struct ioas_pfnmap *pfnmap)
{
	struct ioas_memory *memory = &pfnmap->memory;
	int ret;

	ret = mmu_interval_notifier_insert(&pfnmap->notifier, current->mm,
					   pfnmap->va,
					   memory->pages << PAGE_SHIFT,
					   &ioas_pfnmap_ops);
	if (ret)
		return ret;
	ret = ioas_pfnmap_find(pfnmap, current->mm, false);
	if (!ret && !ioas_runs_append_pfns(&memory->runs, pfnmap->pfn,
					   memory->pages))
		ret = -ENOMEM;
	if (!ret)
		return 0;
	ioas_pfnmap_stop(pfnmap);
	return ret;
}

/**
 * ioas_pfnmap_create() - Memory of a device that the calling process has mapped
 * @va: page aligned user address
 * @pages: length in pages, not 0
 * @writable: devices will write to it
 *
 * Context: may sleep; no locks held; process context; takes mmap_lock.
 * Return: the memory with a reference, or an ERR_PTR: -EFAULT if it is not in one
 * piece, not of a device, or not to be had now; -ENOMEM, -EINTR.
 */
struct ioas_memory *ioas_pfnmap_create(unsigned long va, unsigned long pages,
				       bool writable)
{
	struct ioas_pfnmap *pfnmap = ioas_pfnmap_alloc(va, pages, writable);
	int ret;

	if (!pfnmap)
		return ERR_PTR(-ENOMEM);
	ret = ioas_pfnmap_possible(pfnmap) ? ioas_pfnmap_start(pfnmap) : -EFAULT;
	if (!ret)
		return &pfnmap->memory;
	ioas_runs_free(&pfnmap->memory.runs);
	kfree(pfnmap);
	return ERR_PTR(ret == -ENOMEM || ret == -EINTR ? ret : -EFAULT);
}
