// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_DIRTY_SET, and what comes to be dirty while a space is tracked.
 *
 * What CPU code writes is in the log as soon as it is written, what it has pinned for
 * writing for as long as it has. What devices write the hardware marks in the I/O page
 * table; it comes into the log when it is asked for, and before an area or the page table
 * goes. Where the hardware marks nothing, all that is mapped for writing is dirty; that
 * is not written down as long as it is so, only when an area or the page table goes.
 *
 * Called by space/ and device/, see each function.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "command.h"
#include "dirty/dirty.h"
#include "domain/domain.h"
#include "memory/memory.h"
#include "space/access.h"
#include "space/space.h"

/**
 * ioas_dirty_init() - A space that is not tracked
 * @space: the space, which is being made
 */
void ioas_dirty_init(struct ioas_space *space)
{
	ioas_dirty_log_init(&space->dirty.log);
}

/* Is there a page table in which nothing is marked? Called with domains_sem. */
static bool ioas_dirty_coarse(struct ioas_space *space)
{
	struct ioas_domain *domain;

	if (READ_ONCE(space->dirty.lost))
		return true;
	list_for_each_entry(domain, &space->domains, node)
		if (!domain->tracks)
			return true;
	return false;
}

/**
 * ioas_dirty_precision() - How well it is known now what is written
 * @space: the space
 *
 * Context: domains_sem.
 * Return: the precision.
 */
enum ioasid_dirty_precision ioas_dirty_precision(struct ioas_space *space)
{
	if (ioas_dirty_coarse(space))
		return IOASID_DIRTY_COARSE;
	return list_empty(&space->domains) ? IOASID_DIRTY_SOFTWARE :
					     IOASID_DIRTY_HARDWARE;
}

/* Memory of devices is not tracked: it is not what anybody moves by its dirty pages. */
static bool ioas_area_gets_dirty(struct ioas_area *area)
{
	return (area->prot & IOASID_PROT_WRITE) && !area->memory->is_pfnmap;
}

/**
 * ioas_dirty_next_area() - Find a mapping that can become dirty
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: domains_sem for write, which keeps the area as it is.
 * Return: the first that touches the range, or NULL.
 */
struct ioas_area *ioas_dirty_next_area(struct ioas_space *space,
				       unsigned long first, unsigned long last)
{
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_area_first(space, first, last);
	while (area && !(area->ready && ioas_area_gets_dirty(area)))
		area = ioas_area_next(area, last);
	mutex_unlock(&space->lock);
	return area;
}

static int ioas_dirty_found(void *data, unsigned long first, unsigned long last)
{
	return ioas_dirty_log_add(data, first, last, IOASID_DIRTY_HARDWARE);
}

/* What is marked in a range of a page table goes to the log. */
static int ioas_dirty_fetch(struct ioas_space *space, struct ioas_domain *domain,
			    unsigned long first, unsigned long last, bool clear)
{
	struct ioas_dirty_log *log = &space->dirty.log;
	int ret;

	ret = ioas_domain_find_dirty(domain, first, last, clear,
				     ioas_dirty_found, log);
	if (!ret || ret == -ENOMEM)
		return ret;
	/* What a driver cannot tell has to count. */
	return ioas_dirty_log_add(log, first, last, IOASID_DIRTY_COARSE);
}

static int ioas_dirty_fetch_all(struct ioas_space *space, unsigned long first,
				unsigned long last, bool clear)
{
	struct ioas_domain *domain;
	int ret;

	list_for_each_entry(domain, &space->domains, node) {
		ret = ioas_dirty_fetch(space, domain, first, last, clear);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ioas_dirty_collect() - Learn what devices have written
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA, in the same block
 * @bits: the block's bits; those of pages that count as dirty, and will as long as they
 *	are mapped, are set. The others that are dirty come into the log
 *
 * Context: may sleep; domains_sem for write.
 * Return: 0 or -ENOMEM.
 */
int ioas_dirty_collect(struct ioas_space *space, unsigned long first,
		       unsigned long last, unsigned long *bits)
{
	bool coarse = ioas_dirty_coarse(space);
	struct ioas_area *area;
	unsigned long end;
	int ret = 0;

	for (; !ret; first = end + 1) {
		area = ioas_dirty_next_area(space, first, last);
		if (!area)
			break;
		first = max(first, area->first);
		end = min(last, area->last);
		if (coarse)
			ioas_block_set(bits, first, end);
		else
			ret = ioas_dirty_fetch_all(space, first, end, true);
		if (end == last)
			break;
	}
	return ret;
}

static int ioas_dirty_keep_area(struct ioas_space *space,
				struct ioas_area *area)
{
	if (!ioas_area_gets_dirty(area))
		return 0;
	if (ioas_dirty_coarse(space))
		return ioas_dirty_log_add(&space->dirty.log, area->first,
					  area->last, IOASID_DIRTY_COARSE);
	return ioas_dirty_fetch_all(space, area->first, area->last, false);
}

/**
 * ioas_dirty_keep() - Remember what is dirty of areas that are about to be unmapped
 * @space: the space, which is tracked; what ends needs nothing
 * @areas: the first of a chain of areas that are claimed, and still translated
 *
 * Context: may sleep; domains_sem.
 * Return: 0 or -ENOMEM; then they must not be unmapped.
 */
int ioas_dirty_keep(struct ioas_space *space, struct ioas_area *areas)
{
	int ret = 0;

	if (space->freed)
		return 0;
	for (; areas && !ret; areas = areas->next) {
		ret = ioas_dirty_keep_area(space, areas);
		cond_resched();
	}
	return ret;
}

/**
 * ioas_dirty_join() - A page table joins a space
 * @space: the space
 * @domain: the page table, to which nothing is attached
 *
 * Context: may sleep; domains_sem for write.
 * Return: 0, or a negative errno of the driver.
 */
int ioas_dirty_join(struct ioas_space *space, struct ioas_domain *domain)
{
	if (!ioas_dirty_on(space) || !domain->tracks)
		return 0;
	return ioas_set_dirty_tracking(domain->iommu, true);
}

/* Whatever is written down here stays mapped, so it may be forgotten again. */
static int ioas_dirty_take_over(struct ioas_space *space,
				struct ioas_domain *domain,
				struct ioas_area *area)
{
	if (domain->tracks)
		return ioas_dirty_fetch(space, domain, area->first, area->last,
					false);
	return ioas_dirty_log_add(&space->dirty.log, area->first, area->last,
				  IOASID_DIRTY_COARSE);
}

/**
 * ioas_dirty_leave() - Remember what is dirty in a page table that goes
 * @space: the space
 * @domain: the page table, to which nothing is attached any more
 *
 * Context: may sleep; domains_sem for write.
 */
void ioas_dirty_leave(struct ioas_space *space, struct ioas_domain *domain)
{
	struct ioas_area *area;
	unsigned long pos = 0;

	if (!ioas_dirty_on(space))
		return;
	while ((area = ioas_dirty_next_area(space, pos, ULONG_MAX))) {
		if (ioas_dirty_take_over(space, domain, area)) {
			WRITE_ONCE(space->dirty.lost, true);
			return;
		}
		pos = area->last + 1;
		if (!pos)
			return;
		cond_resched();
	}
}

/**
 * ioas_dirty_pinned() - CPU code may write pages from now on, until it gives them back
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * They are in the log all the time: who takes them out of it has to put them back, see
 * ioas_access_note_pins().
 *
 * Context: may sleep; access->pins_lock.
 * Return: 0 or -ENOMEM.
 */
int ioas_dirty_pinned(struct ioas_space *space, unsigned long first,
		      unsigned long last)
{
	if (!ioas_dirty_on(space))
		return 0;
	return ioas_dirty_log_add(&space->dirty.log, first, last,
				  IOASID_DIRTY_SOFTWARE);
}

/**
 * ioas_dirty_written() - CPU code has written
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Not before it has: otherwise whoever asked in between would not be told again.
 *
 * Context: may sleep; access->sem for read.
 */
void ioas_dirty_written(struct ioas_space *space, unsigned long first,
			unsigned long last)
{
	if (ioas_dirty_on(space) &&
	    ioas_dirty_log_add(&space->dirty.log, first, last,
			       IOASID_DIRTY_SOFTWARE))
		WRITE_ONCE(space->dirty.lost, true);
}

static int ioas_dirty_start_domain(struct ioas_space *space,
				   struct ioas_domain *domain)
{
	struct ioas_area *area;
	unsigned long pos = 0;
	int ret;

	/* What was marked before is of no interest. */
	while ((area = ioas_dirty_next_area(space, pos, ULONG_MAX))) {
		ret = ioas_domain_clean(domain, area->first, area->last);
		if (ret)
			return ret;
		pos = area->last + 1;
		if (!pos)
			break;
		cond_resched();
	}
	return ioas_set_dirty_tracking(domain->iommu, true);
}

static int ioas_dirty_start_domains(struct ioas_call *call,
				    struct ioas_space *space)
{
	struct ioas_domain *domain;
	int ret;

	list_for_each_entry(domain, &space->domains, node) {
		ret = domain->tracks ? ioas_dirty_start_domain(space, domain) : 0;
		if (ret)
			return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_IOMMU,
					 "the driver of the IOMMU cannot begin to mark what is written (%d)",
					 ret);
	}
	return 0;
}

/* CPU code that did not see that the space is tracked is waited for. */
static int ioas_dirty_start_accesses(struct ioas_space *space)
{
	struct ioas_access *access;
	unsigned long index;
	int ret;

	xa_for_each(&space->accesses, index, access) {
		ioas_access_settle(access);
		ret = ioas_access_note_pins(access, space, 0, ULONG_MAX);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ioas_dirty_stop() - Track a space no longer
 * @space: the space, which may not be tracked
 *
 * Context: may sleep; domains_sem for write.
 */
void ioas_dirty_stop(struct ioas_space *space)
{
	struct ioas_domain *domain;

	list_for_each_entry(domain, &space->domains, node)
		if (domain->tracks)
			ioas_set_dirty_tracking(domain->iommu, false);
	WRITE_ONCE(space->dirty.on, false);
	WRITE_ONCE(space->dirty.lost, false);
	ioas_dirty_log_forget(&space->dirty.log);
}

/**
 * ioas_dirty_start() - Track a space
 * @call: for the reason of a failure
 * @space: the space, which may be tracked already
 *
 * Context: may sleep; domains_sem for write.
 * Return: 0, -ENOMEM or -EOPNOTSUPP; then it is not tracked.
 */
int ioas_dirty_start(struct ioas_call *call, struct ioas_space *space)
{
	int ret;

	if (ioas_dirty_on(space))
		return 0;
	/* Who was writing while it ended may have left something. */
	ioas_dirty_stop(space);
	ret = ioas_dirty_start_domains(call, space);
	if (!ret) {
		WRITE_ONCE(space->dirty.on, true);
		ret = ioas_dirty_start_accesses(space);
	}
	if (ret)
		ioas_dirty_stop(space);
	return ret;
}

/**
 * ioas_cmd_dirty_set() - IOASID_DIRTY_SET
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_dirty_set(struct ioas_call *call)
{
	struct ioasid_dirty_set *args = &call->data.dirty_set;
	struct ioas_space *space = ioas_space_get(call, call->ctx, args->ioasid);
	int ret = 0;

	if (IS_ERR(space))
		return PTR_ERR(space);
	down_write(&space->domains_sem);
	if (space->freed)
		ret = ioas_fail_object(call, space->obj.id, "I/O address space");
	else if (args->flags & IOASID_DIRTY_ENABLE)
		ret = ioas_dirty_start(call, space);
	else
		ioas_dirty_stop(space);
	up_write(&space->domains_sem);
	ioas_space_put(space);
	return ret;
}
