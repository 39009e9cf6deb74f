// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_BATCH.
 *
 * Small entries go together, a portion at a time: one lock for all their ranges, one
 * charge, one pin for memory that lies side by side, one look at the domains. Such a
 * portion is mapped as a whole or not at all. If it is not, and for large entries, the
 * entries are mapped one after the other, which finds the one that fails and leaves
 * those before it.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "memory/memory.h"
#include "space/space.h"
#include "trace/trace.h"

#define IOAS_PORTION_ENTRIES	64
#define IOAS_PORTION_PAGES	128

/**
 * struct ioas_portion - Entries that are mapped together
 * @user: where the entries are
 * @count: how many
 * @charged: pages that are charged, but not to an area yet
 * @entries: the entries, with the IOVAs that were chosen
 * @areas: what is made of them
 * @pages: pinned pages on their way into areas
 */
struct ioas_portion {
	struct ioasid_map_entry __user *user;
	unsigned int count;
	unsigned long charged;
	struct ioasid_map_entry entries[IOAS_PORTION_ENTRIES];
	struct ioas_area *areas[IOAS_PORTION_ENTRIES];
	struct page *pages[IOAS_PORTION_PAGES];
};

static int ioas_respond_entry(struct ioas_call *call,
			      const struct ioas_mapping *mapping, u64 iova)
{
	struct ioasid_map_entry __user *user =
		(__force struct ioasid_map_entry __user *)mapping->data;

	return put_user(iova, &user->iova) ? -EFAULT : 0;
}

static int ioas_check_batched(struct ioas_call *call,
			      const struct ioasid_map_entry *entry)
{
	if (entry->flags & ~IOASID_MAP_FIXED)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FLAGS,
				 "unknown flags 0x%x", entry->flags);
	return ioas_check_entry(call, "user_va", entry);
}

/* Map one entry as IOASID_MAP_DMA would. */
static int ioas_batch_one(struct ioas_call *call, struct ioas_space *space,
			  struct ioasid_map_entry __user *user)
{
	struct ioas_mapping mapping = {
		.fill = ioas_fill_user,
		.data = (__force void *)user,
		.respond = ioas_respond_entry,
	};
	int ret;

	if (copy_from_user(&mapping.entry, user, sizeof(mapping.entry)))
		return -EFAULT;
	ret = ioas_check_batched(call, &mapping.entry);
	if (ret)
		return ret;
	return ioas_map(call, space, &mapping);
}

/* The part of a portion that is left if its large entries are. */
static unsigned int ioas_count_small(struct ioas_portion *portion,
				     unsigned int most)
{
	unsigned long room = IOAS_PORTION_PAGES << PAGE_SHIFT;
	unsigned int n;

	for (n = 0; n < most && portion->entries[n].length <= room; n++)
		room -= portion->entries[n].length;
	return n;
}

/* Find out how many entries are mapped together; if none can be, the next one is alone. */
static int ioas_portion_read(struct ioas_call *call,
			     struct ioas_portion *portion, unsigned int most)
{
	unsigned int i;
	int ret;

	portion->charged = 0;
	portion->count = min_t(unsigned int, most, IOAS_PORTION_ENTRIES);
	if (copy_from_user(portion->entries, portion->user,
			   portion->count * sizeof(*portion->entries)))
		return -EFAULT;
	portion->count = ioas_count_small(portion, portion->count);
	if (!portion->count) {
		portion->count = 1;
		return -E2BIG;
	}
	for (i = 0; i < portion->count; i++) {
		ret = ioas_check_batched(call, &portion->entries[i]);
		if (ret)
			return ret;
		portion->charged += portion->entries[i].length >> PAGE_SHIFT;
	}
	return 0;
}

/* Take all ranges. Areas of which the range is not taken are freed. */
static int ioas_portion_take(struct ioas_call *call, struct ioas_space *space,
			     struct ioas_portion *portion)
{
	struct ioas_uncharge uncharge = {};
	unsigned int i, taken;
	int ret = 0;

	if (!ioas_areas_create(portion->areas, portion->count))
		return -ENOMEM;
	mutex_lock(&space->lock);
	for (taken = 0; taken < portion->count; taken++) {
		portion->areas[taken]->prot = portion->entries[taken].prot;
		ret = ioas_area_take_range(call, space, portion->areas[taken],
					   &portion->entries[taken]);
		if (ret)
			break;
	}
	mutex_unlock(&space->lock);
	for (i = 0; i < taken; i++)
		portion->entries[i].iova = portion->areas[i]->first;
	if (!ret)
		return 0;
	for (i = taken; i < portion->count; i++)
		ioas_area_free(portion->areas[i], &uncharge);
	ioas_areas_give_back(space, portion->areas, taken);
	return ret;
}

/* How many entries, from one on, have memory side by side that is used alike? */
static unsigned int ioas_count_neighbours(struct ioas_portion *portion,
					  unsigned int first)
{
	const struct ioasid_map_entry *entry = &portion->entries[first];
	unsigned int n;

	for (n = 1; first + n < portion->count; n++, entry++)
		if (entry[0].user_va + entry[0].length != entry[1].user_va ||
		    (entry[0].prot ^ entry[1].prot) & IOASID_PROT_WRITE)
			break;
	return n;
}

/* Give areas their parts of what is pinned. */
static int ioas_portion_adopt(struct ioas_portion *portion, unsigned int first,
			      unsigned int count)
{
	struct page **pages = portion->pages;
	unsigned int i;
	int ret;

	for (i = first; i < first + count; i++) {
		const struct ioasid_map_entry *entry = &portion->entries[i];
		unsigned long num = entry->length >> PAGE_SHIFT;

		ret = ioas_memory_adopt(&portion->areas[i]->own, pages, num,
					entry->prot & IOASID_PROT_WRITE);
		if (ret)
			return ret;
		portion->charged -= num;
		pages += num;
	}
	return 0;
}

static unsigned long ioas_neighbours_pages(struct ioas_portion *portion,
					   unsigned int first,
					   unsigned int count)
{
	const struct ioasid_map_entry *entry = &portion->entries[first];
	const struct ioasid_map_entry *last = entry + count - 1;

	return (last->user_va + last->length - entry->user_va) >> PAGE_SHIFT;
}

static int ioas_portion_pin(struct ioas_portion *portion)
{
	unsigned long left = portion->charged;
	unsigned int i, n;
	int ret;

	for (i = 0; i < portion->count; i += n) {
		unsigned long pages, done;

		n = ioas_count_neighbours(portion, i);
		pages = ioas_neighbours_pages(portion, i, n);
		ret = ioas_pin_pages(portion->entries[i].user_va, pages,
				     portion->entries[i].prot &
				     IOASID_PROT_WRITE, portion->pages);
		if (ret)
			return ret;
		ret = ioas_portion_adopt(portion, i, n);
		left -= pages;
		if (!ret)
			continue;
		done = pages - (portion->charged - left);
		unpin_user_pages(portion->pages + done, pages - done);
		return ret;
	}
	return 0;
}

/* Tell the user the IOVAs that the kernel chose. */
static int ioas_portion_respond(struct ioas_portion *portion)
{
	unsigned int i;

	for (i = 0; i < portion->count; i++)
		if (!(portion->entries[i].flags & IOASID_MAP_FIXED) &&
		    put_user(portion->entries[i].iova, &portion->user[i].iova))
			return -EFAULT;
	return 0;
}

static int ioas_portion_map_taken(struct ioas_call *call,
				  struct ioas_space *space,
				  struct ioas_portion *portion)
{
	int ret;

	ret = ioas_charge(call, portion->charged);
	if (ret)
		return ret;
	ret = ioas_portion_pin(portion);
	if (!ret)
		ret = ioas_portion_respond(portion);
	if (!ret)
		ret = ioas_areas_publish(call, space, portion->areas,
					 portion->count);
	if (portion->charged)
		ioas_uncharge(current->mm, portion->charged);
	return ret;
}

static void ioas_portion_trace(struct ioas_space *space,
			       struct ioas_portion *portion, u64 begin)
{
	u64 nsec = ioas_trace_nsec(begin);
	unsigned int i;

	if (!begin)
		return;
	for (i = 0; i < portion->count; i++)
		trace_ioasid_map(space->obj.id, portion->entries[i].iova,
				 portion->entries[i].length, 0, nsec);
}

/*
 * Map the next entries together. Whatever is returned, the portion knows how many they
 * are; if it is not 0, nothing has changed.
 */
static int ioas_portion_map(struct ioas_call *call, struct ioas_space *space,
			    struct ioas_portion *portion, unsigned int most)
{
	u64 begin = ioas_trace_begin(ioasid_map);
	int ret;

	ret = ioas_portion_read(call, portion, most);
	if (!ret)
		ret = ioas_portion_take(call, space, portion);
	if (ret)
		return ret;
	ret = ioas_portion_map_taken(call, space, portion);
	if (ret)
		ioas_areas_give_back(space, portion->areas, portion->count);
	else
		ioas_portion_trace(space, portion, begin);
	return ret;
}

/* Some entries are done. Is there a reason not to go on? */
static int ioas_batch_done(struct ioas_call *call, unsigned int count)
{
	struct ioasid_map_batch *args = &call->data.map_batch;

	args->num_done += count;
	cond_resched();
	if (args->num_done < args->num_entries && signal_pending(current))
		return -EINTR;
	return 0;
}

static int ioas_batch_singly(struct ioas_call *call, struct ioas_space *space,
			     struct ioasid_map_entry __user *user,
			     unsigned int count)
{
	int ret = 0;

	for (; count && !ret; count--, user++) {
		ret = ioas_batch_one(call, space, user);
		if (!ret)
			ret = ioas_batch_done(call, 1);
	}
	return ret;
}

/* Map a portion, in one way or the other. */
static int ioas_batch_portion(struct ioas_call *call, struct ioas_space *space,
			      struct ioas_portion *portion)
{
	struct ioasid_map_batch *args = &call->data.map_batch;
	struct ioasid_map_entry __user *user = u64_to_user_ptr(args->entries);

	portion->user = user + args->num_done;
	if (!ioas_portion_map(call, space, portion,
			      args->num_entries - args->num_done))
		return ioas_batch_done(call, portion->count);
	ioas_forget_failure(call);
	return ioas_batch_singly(call, space, portion->user, portion->count);
}

static int ioas_batch(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_map_batch *args = &call->data.map_batch;
	struct ioas_portion *portion;
	int ret = 0;

	portion = kmalloc(sizeof(*portion), GFP_KERNEL_ACCOUNT);
	if (!portion)
		return -ENOMEM;
	while (!ret && args->num_done < args->num_entries)
		ret = ioas_batch_portion(call, space, portion);
	kfree(portion);
	if (ret == -EINTR)
		ioas_fail(call, ret, IOASID_REASON_INTERRUPTED,
			  "interrupted by a signal; %u entries are mapped",
			  args->num_done);
	return ret;
}

static int ioas_batch_respond(struct ioas_call *call)
{
	struct ioasid_map_batch __user *user = call->user;

	return put_user(call->data.map_batch.num_done, &user->num_done) ?
	       -EFAULT : 0;
}

/**
 * ioas_cmd_map_batch() - IOASID_MAP_BATCH
 * @call: the command
 *
 * That the answer can be given is tried first: what is mapped stays mapped.
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_map_batch(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	call->data.map_batch.num_done = 0;
	ret = ioas_respond(call);
	if (ret)
		return ret;
	space = ioas_space_get(call, call->ctx, call->data.map_batch.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_batch(call, space);
	if (ioas_batch_respond(call) && !ret)
		ret = -EFAULT;
	ioas_space_put(space);
	return ret;
}
