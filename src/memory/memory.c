// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning and accounting of user memory.
 *
 * Called by space/map.c under no lock: pinning takes mmap_lock and faults pages in,
 * which can take seconds for a virtual machine's memory.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "command.h"
#include "compat/compat.h"
#include "memory/memory.h"

/* Small requests, the common ones of drivers, need no page for the array. */
#define IOAS_PIN_SMALL	16
#define IOAS_PIN_BATCH	(PAGE_SIZE / sizeof(struct page *))

/* Unpin what is in the runs; the device may have written it. */
static void ioas_memory_unpin_runs(struct ioas_memory *memory)
{
	struct ioas_run_iter iter;
	struct ioas_run *run;

	for (run = ioas_run_first(&iter, memory); run;
	     run = ioas_run_next(&iter))
		unpin_user_page_range_dirty_lock(pfn_to_page(run->pfn),
						 run->pages, memory->writable);
	ioas_runs_free(memory);
}

static int ioas_pin_batch(struct ioas_memory *memory, unsigned long va,
			  struct page **pages, unsigned long count)
{
	unsigned long kept;
	long got;

	if (memory->writable)
		got = pin_user_pages_fast(va, count, FOLL_LONGTERM | FOLL_WRITE,
					  pages);
	else
		got = ioas_pin_readable(va, count, pages);
	if (got <= 0)
		return got ?: -EFAULT;
	kept = ioas_runs_append(memory, pages, got);
	if (kept == got)
		return got;
	unpin_user_pages(pages + kept, got - kept);
	return -ENOMEM;
}

static int ioas_fail_pin(struct ioas_call *call, int err, unsigned long va,
			 bool writable)
{
	if (err == -ENOMEM || err == -EINTR || err == -ERESTARTSYS)
		return err == -ENOMEM ? err : -EINTR;
	ioas_fail(call, -EFAULT, IOASID_REASON_PIN,
		  "memory at 0x%lx cannot be pinned for device %s: is it mapped, is it%s ordinary memory?",
		  va, writable ? "writes" : "reads",
		  writable ? " writable," : "");
	return ioas_fail_range(call, -EFAULT, va, va + PAGE_SIZE - 1, 0);
}

static int ioas_pin_all(struct ioas_call *call, struct ioas_memory *memory,
			unsigned long va, struct page **array,
			unsigned long room)
{
	unsigned long done = 0;

	while (done < memory->pages) {
		unsigned long count = min(memory->pages - done, room);
		int got = ioas_pin_batch(memory, va + done * PAGE_SIZE, array,
					 count);

		if (got < 0)
			return ioas_fail_pin(call, got, va + done * PAGE_SIZE,
					     memory->writable);
		done += got;
		if (done < memory->pages && signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int ioas_pin_pages(struct ioas_call *call, struct ioas_memory *memory,
			  unsigned long va)
{
	struct page *small[IOAS_PIN_SMALL];
	struct page **array;
	int ret;

	if (memory->pages <= IOAS_PIN_SMALL)
		return ioas_pin_all(call, memory, va, small, IOAS_PIN_SMALL);
	array = (struct page **)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!array)
		return -ENOMEM;
	ret = ioas_pin_all(call, memory, va, array, IOAS_PIN_BATCH);
	free_page((unsigned long)array);
	return ret;
}

static int ioas_charge(struct ioas_call *call, struct ioas_memory *memory)
{
	int ret = account_locked_vm(memory->mm, memory->pages, true);

	if (ret == -ENOMEM)
		ioas_fail(call, ret, IOASID_REASON_MEMLOCK,
			  "%lu KiB more would exceed RLIMIT_MEMLOCK of %lu KiB; raise it (ulimit -l) or map less",
			  memory->pages << (PAGE_SHIFT - 10),
			  rlimit(RLIMIT_MEMLOCK) >> 10);
	return ret;
}

/**
 * ioas_memory_pin() - Pin and account a range of the calling process' memory
 * @call: the command, for the reason of a failure
 * @va: page aligned user address
 * @pages: length in pages, not 0
 * @writable: devices will write to it
 *
 * The pages stay where they are, in memory, until ioas_memory_unpin(). They are
 * charged to RLIMIT_MEMLOCK the way VFIO type1 does it: to locked_vm of the mm,
 * unless the caller has CAP_IPC_LOCK.
 *
 * Context: may sleep; process context of the owner; takes mmap_lock, so no lock
 * that is ever taken under mmap_lock may be held.
 * Return: the memory or an ERR_PTR: -ENOMEM, -EFAULT, -EINTR.
 */
struct ioas_memory *ioas_memory_pin(struct ioas_call *call, unsigned long va,
				    unsigned long pages, bool writable)
{
	struct ioas_memory *memory;
	int ret;

	memory = kmalloc(sizeof(*memory), GFP_KERNEL_ACCOUNT);
	if (!memory)
		return ERR_PTR(-ENOMEM);
	memory->mm = current->mm;
	memory->pages = pages;
	memory->writable = writable;
	INIT_LIST_HEAD(&memory->chunks);
	mmgrab(memory->mm);

	ret = ioas_charge(call, memory);
	if (ret)
		goto drop;
	ret = ioas_pin_pages(call, memory, va);
	if (ret)
		goto uncharge;
	return memory;

uncharge:
	ioas_memory_unpin_runs(memory);
	account_locked_vm(memory->mm, pages, false);
drop:
	mmdrop(memory->mm);
	kfree(memory);
	return ERR_PTR(ret);
}

/**
 * ioas_memory_unpin() - Give memory back to its process
 * @memory: the memory; no device can reach it any more
 *
 * Pages that devices could write are marked dirty.
 *
 * Context: may sleep; any process; takes mmap_lock of the owner.
 */
void ioas_memory_unpin(struct ioas_memory *memory)
{
	ioas_memory_unpin_runs(memory);
	account_locked_vm(memory->mm, memory->pages, false);
	mmdrop(memory->mm);
	kfree(memory);
}
