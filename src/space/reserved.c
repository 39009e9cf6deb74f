// SPDX-License-Identifier: GPL-2.0
/*
 * The reserved ranges of a space: outside its window, outside the aperture of an
 * attached IOMMU, and the regions an attached device's platform keeps for itself.
 * What is left is what may be mapped. Ranges of different owners may overlap.
 *
 * Changed with domains_sem (write) and lock of the space held, read under either;
 * a space that nobody else can see yet needs neither.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "space/space.h"

struct ioas_reserved {
	struct interval_tree_node node;
	struct list_head owner_node;	/* in owner->reserved or space->window */
	struct ioas_attachment *owner;	/* NULL for the window */
	enum ioas_reserved_kind kind;
	const char *what;		/* for messages; a constant */
};

static struct ioas_reserved *ioas_reserved_first(struct ioas_space *space,
						 unsigned long first,
						 unsigned long last)
{
	struct interval_tree_node *node;

	node = interval_tree_iter_first(&space->reserved, first, last);
	return node ? container_of(node, struct ioas_reserved, node) : NULL;
}

static int ioas_fail_reserved(struct ioas_call *call,
			      struct ioas_reserved *reserved,
			      const char *prefix)
{
	static const enum ioasid_reason reasons[] = {
		[IOAS_RESERVED_WINDOW] = IOASID_REASON_IOVA_WINDOW,
		[IOAS_RESERVED_APERTURE] = IOASID_REASON_IOVA_APERTURE,
		[IOAS_RESERVED_REGION] = IOASID_REASON_IOVA_RESERVED,
	};
	unsigned long first = reserved->node.start;
	unsigned long last = reserved->node.last;
	struct ioas_attachment *owner = reserved->owner;

	ioas_fail(call, -EADDRNOTAVAIL, reasons[reserved->kind],
		  "%sIOVA 0x%lx-0x%lx %s%s", prefix, first, last,
		  reserved->what, owner ? owner->owner_name : "");
	return ioas_fail_range(call, -EADDRNOTAVAIL, first, last,
			       owner ? owner->owner_id : 0);
}

static int ioas_fail_mapped(struct ioas_call *call,
			    struct ioas_reserved *reserved,
			    struct ioas_area *area)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "0x%lx-0x%lx is mapped, but ",
		 area->first, area->last);
	return ioas_fail_reserved(call, reserved, prefix);
}

static int ioas_fail_allowed(struct ioas_call *call,
			     struct ioas_reserved *reserved)
{
	struct ioas_attachment *owner = reserved->owner;
	unsigned long first = reserved->node.start;
	unsigned long last = reserved->node.last;

	ioas_fail(call, -EADDRNOTAVAIL, IOASID_REASON_IOVA_ALLOWED,
		  "IOASID_ALLOW_IOVAS keeps part of IOVA 0x%lx-0x%lx, which %s%s",
		  first, last, reserved->what, owner ? owner->owner_name : "");
	return ioas_fail_range(call, -EADDRNOTAVAIL, first, last,
			       owner ? owner->owner_id : 0);
}

/**
 * ioas_reserved_add() - Reserve a range of a space
 * @call: the command, for the reason of a failure
 * @space: the space
 * @list: where the owner keeps what it reserved
 * @owner: attachment that reserves it, NULL for the window
 * @first: first IOVA
 * @last: last IOVA
 * @kind: why
 * @what: words for messages, "is reserved (MSI) by "; a string constant
 *
 * Context: may sleep; domains_sem for write and lock, unless nobody sees the space.
 * Return: 0, -ENOMEM, or -EADDRNOTAVAIL if something is mapped in the range.
 */
int ioas_reserved_add(struct ioas_call *call, struct ioas_space *space,
		      struct list_head *list, struct ioas_attachment *owner,
		      unsigned long first, unsigned long last,
		      enum ioas_reserved_kind kind, const char *what)
{
	struct ioas_area *area = ioas_area_first(space, first, last);
	struct ioas_reserved *reserved;
	int ret = 0;

	reserved = kmalloc(sizeof(*reserved), GFP_KERNEL_ACCOUNT);
	if (!reserved)
		return -ENOMEM;
	reserved->node.start = first;
	reserved->node.last = last;
	reserved->owner = owner;
	reserved->kind = kind;
	reserved->what = what;
	if (area)
		ret = ioas_fail_mapped(call, reserved, area);
	else if (ioas_allowed_touch_list(space, first, last))
		ret = ioas_fail_allowed(call, reserved);
	if (ret) {
		kfree(reserved);
		return ret;
	}
	list_add_tail(&reserved->owner_node, list);
	interval_tree_insert(&reserved->node, &space->reserved);
	ioas_free_forget(space);
	return 0;
}

/**
 * ioas_reserved_add_outside() - Reserve all of a space but a range
 * @call: the command
 * @space: the space
 * @list: where the owner keeps what it reserved
 * @owner: attachment that reserves it, NULL for the window
 * @first: first IOVA that stays free
 * @last: last IOVA that stays free
 * @kind: why
 * @what: words for messages; a string constant
 *
 * Context: as ioas_reserved_add().
 * Return: as ioas_reserved_add(); on failure @list may hold a part.
 */
int ioas_reserved_add_outside(struct ioas_call *call, struct ioas_space *space,
			      struct list_head *list, struct ioas_attachment *owner,
			      unsigned long first, unsigned long last,
			      enum ioas_reserved_kind kind, const char *what)
{
	int ret = 0;

	if (first)
		ret = ioas_reserved_add(call, space, list, owner, 0, first - 1,
					kind, what);
	if (!ret && last != ULONG_MAX)
		ret = ioas_reserved_add(call, space, list, owner, last + 1,
					ULONG_MAX, kind, what);
	return ret;
}

/**
 * ioas_reserved_remove() - Give back all ranges of one owner
 * @space: the space
 * @list: the owner's list, empty afterwards
 *
 * Context: as ioas_reserved_add().
 */
void ioas_reserved_remove(struct ioas_space *space, struct list_head *list)
{
	struct ioas_reserved *reserved, *next;

	list_for_each_entry_safe(reserved, next, list, owner_node) {
		interval_tree_remove(&reserved->node, &space->reserved);
		kfree(reserved);
	}
	INIT_LIST_HEAD(list);
	ioas_free_forget(space);
}

/**
 * ioas_reserved_check() - Fail if a range touches a reserved one
 * @call: the command
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock or domains_sem of the space.
 * Return: 0 or -EADDRNOTAVAIL.
 */
int ioas_reserved_check(struct ioas_call *call, struct ioas_space *space,
			unsigned long first, unsigned long last)
{
	struct ioas_reserved *reserved = ioas_reserved_first(space, first, last);

	return reserved ? ioas_fail_reserved(call, reserved, "") : 0;
}

/**
 * ioas_next_range() - Find the next range that is not reserved
 * @space: the space
 * @pos: where to begin, page aligned
 * @range: out: the range, of which @pos may be in the middle
 *
 * Whole pages only: a platform's region need not end at a page's end, and a part of a
 * page is of no use to anybody.
 *
 * Context: lock or domains_sem of the space.
 * Return: false if there is none.
 */
bool ioas_next_range(struct ioas_space *space, unsigned long pos,
		     struct ioasid_iova_range *range)
{
	struct ioas_reserved *reserved;

	for (;;) {
		reserved = ioas_reserved_first(space, pos, pos + PAGE_SIZE - 1);
		if (!reserved)
			break;
		if (reserved->node.last > ULONG_MAX - PAGE_SIZE)
			return false;
		pos = PAGE_ALIGN(reserved->node.last + 1);
	}
	range->first = pos;
	range->last = ULONG_MAX;
	reserved = ioas_reserved_first(space, pos, ULONG_MAX);
	/*
	 * The tree sorts by start, so this is the one that ends the range. What
	 * starts in the middle of a page takes the page.
	 */
	if (reserved)
		range->last = (reserved->node.start & PAGE_MASK) - 1;
	return true;
}

/* Fill @ranges, which has room for @room, and count all that there are. */
static u32 ioas_collect_ranges(struct ioas_space *space,
			       struct ioasid_iova_range *ranges, u32 room)
{
	struct ioasid_iova_range range;
	unsigned long pos = 0;
	u32 count = 0;

	while (ioas_next_range(space, pos, &range)) {
		if (count < room)
			ranges[count] = range;
		count++;
		if (range.last == ULONG_MAX)
			break;
		pos = range.last + 1;
	}
	return count;
}

/**
 * ioas_snapshot_ranges() - The ranges that may be mapped, at one moment
 * @space: the space
 * @count: out: how many
 *
 * They cannot be copied to user space under a lock, so they are counted, and collected
 * again if there are more by then.
 *
 * Context: may sleep; no locks held.
 * Return: the ranges, ascending, for kvfree(), NULL if there are none, or an ERR_PTR.
 */
struct ioasid_iova_range *ioas_snapshot_ranges(struct ioas_space *space,
					       u32 *count)
{
	struct ioasid_iova_range *ranges = NULL;
	u32 room = 0;

	for (;;) {
		mutex_lock(&space->lock);
		*count = ioas_collect_ranges(space, ranges, room);
		mutex_unlock(&space->lock);
		if (*count <= room || !*count)
			return ranges;
		kvfree(ranges);
		room = *count;
		ranges = kvmalloc_array(room, sizeof(*ranges),
					GFP_KERNEL_ACCOUNT);
		if (!ranges)
			return ERR_PTR(-ENOMEM);
	}
}

static int ioas_respond_ranges(struct ioas_call *call,
			       struct ioasid_iova_range *ranges, u32 count)
{
	struct ioasid_iova_ranges *args = &call->data.iova_ranges;
	u32 room = args->num_ranges;

	args->num_ranges = count;
	if (room >= count &&
	    copy_to_user(u64_to_user_ptr(args->ranges), ranges,
			 count * sizeof(*ranges)))
		return -EFAULT;
	if (ioas_respond(call))
		return -EFAULT;
	if (room >= count)
		return 0;
	return ioas_fail(call, -EMSGSIZE, IOASID_REASON_ARRAY,
			 "there are %u ranges, the array has room for %u",
			 count, room);
}

/**
 * ioas_cmd_iova_ranges() - IOASID_IOVA_RANGES
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_iova_ranges(struct ioas_call *call)
{
	struct ioasid_iova_range *ranges;
	struct ioas_space *space;
	u32 count;
	int ret;

	space = ioas_space_get(call, call->ctx, call->data.iova_ranges.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ranges = ioas_snapshot_ranges(space, &count);
	ioas_space_put(space);
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	ret = ioas_respond_ranges(call, ranges, count);
	kvfree(ranges);
	return ret;
}
