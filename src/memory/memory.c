// SPDX-License-Identifier: GPL-2.0
/*
 * The life of pinned memory, and the accounts it is charged to.
 *
 * Called by space/ and context/ under no lock: accounting takes mmap_lock.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "command.h"
#include "memory/memory.h"

/**
 * ioas_memory_init() - Memory of which nothing is pinned yet
 * @memory: the memory; the caller has the only reference
 * @release: frees it after the last reference
 */
void ioas_memory_init(struct ioas_memory *memory,
		      void (*release)(struct ioas_memory *memory))
{
	refcount_set(&memory->refs, 1);
	memory->exported = false;
	memory->counted = false;
	memory->release = release;
	memory->mm = NULL;
	memory->is_pfnmap = false;
}

static void ioas_memory_start(struct ioas_memory *memory, struct mm_struct *mm,
			      unsigned long pages, bool writable)
{
	memory->mm = mm;
	mmgrab(mm);
	memory->pages = pages;
	memory->writable = writable;
	ioas_runs_init(&memory->runs);
}

/**
 * ioas_memory_init_pfnmap() - Memory of a device
 * @memory: memory of which nothing is pinned, nor will be
 * @pages: length
 * @writable: devices will write to it
 */
void ioas_memory_init_pfnmap(struct ioas_memory *memory, unsigned long pages,
			     bool writable)
{
	memory->pages = pages;
	memory->writable = writable;
	memory->is_pfnmap = true;
	ioas_runs_init(&memory->runs);
}

/* Nothing is pinned any more. */
static void ioas_memory_end(struct ioas_memory *memory)
{
	ioas_runs_free(&memory->runs);
	mmdrop(memory->mm);
	memory->mm = NULL;
}

/**
 * ioas_uncharge() - Take pages off an account
 * @mm: the account
 * @pages: how many
 *
 * Context: may sleep; any process; takes mmap_lock of the owner.
 */
void ioas_uncharge(struct mm_struct *mm, unsigned long pages)
{
	mmap_write_lock(mm);
	__account_locked_vm(mm, pages, false, current, true);
	mmap_write_unlock(mm);
}

static int ioas_charge_mm(struct mm_struct *mm, unsigned long pages)
{
	bool over;
	int ret;

	mmap_write_lock(mm);
	/* The capability is asked for only where it is needed. */
	over = mm->locked_vm + pages > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	ret = __account_locked_vm(mm, pages, true, current,
				  over && capable(CAP_IPC_LOCK));
	mmap_write_unlock(mm);
	return ret;
}

/**
 * ioas_charge() - Charge pages to the calling process
 * @call: the command, for the reason of a failure
 * @pages: how many
 *
 * The way VFIO type1 does it: to locked_vm of the mm against RLIMIT_MEMLOCK, which
 * CAP_IPC_LOCK lifts.
 *
 * Context: may sleep; takes mmap_lock.
 * Return: 0 or -ENOMEM.
 */
int ioas_charge(struct ioas_call *call, unsigned long pages)
{
	int ret = ioas_charge_mm(current->mm, pages);

	if (ret == -ENOMEM)
		ioas_fail(call, ret, IOASID_REASON_MEMLOCK,
			  "%lu KiB more would exceed RLIMIT_MEMLOCK of %lu KiB; raise it (ulimit -l) or map less",
			  pages << (PAGE_SHIFT - 10),
			  rlimit(RLIMIT_MEMLOCK) >> 10);
	return ret;
}

static int ioas_fail_pin(struct ioas_call *call, struct ioas_pin *pin, int err)
{
	if (err == -ENOMEM || err == -EINTR)
		return err;
	ioas_fail(call, -EFAULT, IOASID_REASON_PIN,
		  "memory at 0x%lx cannot be pinned for device %s: is it mapped, is it%s ordinary memory?",
		  pin->va, pin->writable ? "writes" : "reads",
		  pin->writable ? " writable," : "");
	return ioas_fail_range(call, -EFAULT, pin->va, pin->va + PAGE_SIZE - 1,
			       0);
}

static int ioas_memory_fill(struct ioas_call *call, struct ioas_memory *memory,
			    unsigned long va)
{
	struct ioas_pin pin = {
		.runs = &memory->runs,
		.va = va,
		.pages = memory->pages,
		.writable = memory->writable,
		.killable = call->killable,
	};
	int ret;

	/* More than the machine has is not to be had, and need not be cut in slices. */
	if (pin.pages >= IOAS_TEAM_PAGES && pin.pages <= totalram_pages() &&
	    ioas_team_possible())
		ret = ioas_pin_team(&pin);
	else
		ret = ioas_pin(&pin);
	if (!ret)
		return 0;
	ioas_unpin_runs(&memory->runs, false);
	return ioas_fail_pin(call, &pin, ret);
}

/**
 * ioas_memory_begin() - Charge memory whose pages are to be put into its runs
 * @call: the command, for the reason of a failure
 * @memory: memory of which nothing is pinned, the caller's alone
 * @pages: length in pages, not 0
 * @writable: devices will write to it
 *
 * Charged the way VFIO type1 does it: to locked_vm of the mm against RLIMIT_MEMLOCK,
 * which CAP_IPC_LOCK lifts.
 *
 * Context: may sleep; process context of the owner; takes mmap_lock.
 * Return: 0 or -ENOMEM; then nothing is charged.
 */
int ioas_memory_begin(struct ioas_call *call, struct ioas_memory *memory,
		      unsigned long pages, bool writable)
{
	int ret = ioas_charge(call, pages);

	if (!ret)
		ioas_memory_start(memory, current->mm, pages, writable);
	return ret;
}

/**
 * ioas_memory_abort() - Take back ioas_memory_begin()
 * @memory: the memory, of which nothing is pinned any more
 *
 * Context: as ioas_memory_begin().
 */
void ioas_memory_abort(struct ioas_memory *memory)
{
	ioas_uncharge(memory->mm, memory->pages);
	ioas_memory_end(memory);
}

/**
 * ioas_memory_pin() - Pin and charge a range of the calling process' memory
 * @call: the command, for the reason of a failure
 * @memory: memory of which nothing is pinned, the caller's alone
 * @va: page aligned user address
 * @pages: length in pages, not 0
 * @writable: devices will write to it
 *
 * The pages stay where they are, in memory, until the last reference is gone.
 *
 * Context: as ioas_memory_begin().
 * Return: 0, -ENOMEM, -EFAULT or -EINTR; then nothing is pinned.
 */
int ioas_memory_pin(struct ioas_call *call, struct ioas_memory *memory,
		    unsigned long va, unsigned long pages, bool writable)
{
	int ret;

	ret = ioas_memory_begin(call, memory, pages, writable);
	if (ret)
		return ret;
	ret = ioas_memory_fill(call, memory, va);
	if (ret)
		ioas_memory_abort(memory);
	return ret;
}

/**
 * ioas_memory_adopt() - Let memory be what the caller has pinned and charged
 * @memory: memory of which nothing is pinned, the caller's alone
 * @pages: pages of the current mm in address order, each pinned once
 * @count: how many, not 0
 * @writable: pinned for writing
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; then all of @pages are still the caller's.
 */
int ioas_memory_adopt(struct ioas_memory *memory, struct page **pages,
		      unsigned long count, bool writable)
{
	ioas_memory_start(memory, current->mm, count, writable);
	if (ioas_runs_append(&memory->runs, pages, count) == count)
		return 0;
	ioas_memory_end(memory);
	return -ENOMEM;
}

/**
 * ioas_memory_split() - Cut memory in two that can be unpinned one by one
 * @memory: memory of which the caller has the only reference; ends before @page
 *	afterwards
 * @page: first page of the second part; neither the first nor past the last
 * @second: memory of which nothing is pinned; becomes the second part
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -EBUSY if @page is in the middle of a hugetlb page, or the
 * memory a dma-buf's, which is given back as a whole; then nothing has changed.
 */
int ioas_memory_split(struct ioas_memory *memory, unsigned long page,
		      struct ioas_memory *second)
{
	int ret;

	if (memory->exported)
		return -EBUSY;
	ioas_memory_start(second, memory->mm, memory->pages - page,
			  memory->writable);
	ret = ioas_runs_split(&memory->runs, page, &second->runs);
	if (ret)
		ioas_memory_end(second);
	else
		memory->pages = page;
	return ret;
}

/**
 * ioas_memory_change_owner() - Charge memory to the calling process from now on
 * @call: the command, for the reason of a failure
 * @memory: memory of which the caller has a reference
 *
 * What is pinned stays the same. The new account is charged before the old one is
 * relieved, so that it fails without a trace. Others who use the memory do not look at
 * its account before they have the last reference.
 *
 * Context: may sleep; no locks held; takes mmap_lock of both.
 * Return: 0 or -ENOMEM.
 */
int ioas_memory_change_owner(struct ioas_call *call, struct ioas_memory *memory)
{
	struct mm_struct *old = READ_ONCE(memory->mm);
	int ret;

	if (!old || old == current->mm)
		return 0;
	ret = ioas_charge(call, memory->pages);
	if (ret)
		return ret;
	mmgrab(current->mm);
	old = xchg(&memory->mm, current->mm);
	ioas_uncharge(old, memory->pages);
	mmdrop(old);
	return 0;
}

/**
 * ioas_memory_put() - Give a reference back
 * @memory: memory that no device reaches through the caller any more
 * @uncharge: what the caller will give to ioas_uncharge_all()
 *
 * Context: as ioas_memory_drop().
 */
void ioas_memory_put(struct ioas_memory *memory, struct ioas_uncharge *uncharge)
{
	if (ioas_memory_drop(memory, uncharge))
		memory->release(memory);
}

/**
 * ioas_uncharge_some() - Take pages off the account they were charged to
 * @uncharge: collected by ioas_memory_drop(), not empty; empty afterwards
 *
 * Context: may sleep; any process; takes mmap_lock of the owner.
 */
void ioas_uncharge_some(struct ioas_uncharge *uncharge)
{
	ioas_uncharge(uncharge->mm, uncharge->pages);
	mmdrop(uncharge->mm);
	uncharge->mm = NULL;
	uncharge->pages = 0;
}
