// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_ALLOW_IOVAS: ranges of a space that its user relies on. No device may take
 * from them, and the kernel chooses IOVAs only in them.
 *
 * Changed with domains_sem (write) and lock of the space held, read under either.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "space/space.h"

/* More ranges than any platform has holes; a bound for what a call may cost. */
#define IOAS_ALLOWED_MAX	65536

/* First allowed range that ends at or after an address, by bisection. */
static u32 ioas_allowed_index(struct ioas_space *space, unsigned long iova)
{
	u32 low = 0, high = space->num_allowed;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (space->allowed[middle].last < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * ioas_allowed_touch_list() - Does a range touch what the user relies on
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock or domains_sem of the space.
 * Return: true if it does; false if the user relies on nothing.
 */
bool ioas_allowed_touch_list(struct ioas_space *space, unsigned long first,
			     unsigned long last)
{
	u32 i = ioas_allowed_index(space, first);

	return i < space->num_allowed && space->allowed[i].first <= last;
}

/**
 * ioas_allowed_touch() - May the kernel choose an IOVA in a range
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: as ioas_allowed_touch_list().
 * Return: true if it may in a part of it.
 */
bool ioas_allowed_touch(struct ioas_space *space, unsigned long first,
			unsigned long last)
{
	return !space->allowed || ioas_allowed_touch_list(space, first, last);
}

/**
 * ioas_allowed_contain() - May the kernel choose all of a range
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: as ioas_allowed_touch_list().
 * Return: true if it may.
 */
bool ioas_allowed_contain(struct ioas_space *space, unsigned long first,
			  unsigned long last)
{
	u32 i = ioas_allowed_index(space, first);

	return !space->allowed || (i < space->num_allowed &&
				   space->allowed[i].first <= first &&
				   space->allowed[i].last >= last);
}

/**
 * ioas_next_usable() - Find the next range that the kernel may choose from
 * @space: the space
 * @pos: where to begin, page aligned
 * @range: out: the range, mapped or not
 *
 * Context: as ioas_allowed_touch_list().
 * Return: false if there is none.
 */
bool ioas_next_usable(struct ioas_space *space, unsigned long pos,
		      struct ioasid_iova_range *range)
{
	u32 i;

	/* What is allowed is never reserved. */
	if (!space->allowed)
		return ioas_next_range(space, pos, range);
	i = ioas_allowed_index(space, pos);
	if (i == space->num_allowed)
		return false;
	*range = space->allowed[i];
	return true;
}

/**
 * ioas_allowed_free() - Rely on nothing any more
 * @space: the space
 *
 * Context: both locks of the space, unless nobody else sees it.
 */
void ioas_allowed_free(struct ioas_space *space)
{
	kvfree(space->allowed);
	space->allowed = NULL;
	space->num_allowed = 0;
	ioas_free_forget(space);
}

static int ioas_check_list(struct ioas_call *call,
			   struct ioasid_iova_range *ranges, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		u64 first = ranges[i].first, last = ranges[i].last;

		if (!IS_ALIGNED(first | (last + 1), PAGE_SIZE))
			return ioas_fail(call, -EINVAL, IOASID_REASON_ALIGNMENT,
					 "range %u, 0x%llx-0x%llx, is not whole pages",
					 i, first, last);
		if (first > last || (i && first <= ranges[i - 1].last))
			return ioas_fail(call, -EINVAL, IOASID_REASON_RANGE,
					 "range %u, 0x%llx-0x%llx, is empty or not after the one before",
					 i, first, last);
	}
	return 0;
}

/* Neighbours are one range to whoever looks for room. Returns how many are left. */
static u32 ioas_join_list(struct ioasid_iova_range *ranges, u32 count)
{
	u32 i, last = 0;

	for (i = 1; i < count; i++) {
		if (ranges[last].last + 1 == ranges[i].first)
			ranges[last].last = ranges[i].last;
		else
			ranges[++last] = ranges[i];
	}
	return count ? last + 1 : 0;
}

static struct ioasid_iova_range *ioas_get_list(struct ioas_call *call)
{
	struct ioasid_allow_iovas *args = &call->data.allow_iovas;
	struct ioasid_iova_range *ranges;
	size_t size = args->num_ranges * sizeof(*ranges);
	int ret;

	if (!args->num_ranges)
		return NULL;
	if (args->num_ranges > IOAS_ALLOWED_MAX)
		return ERR_PTR(ioas_fail(call, -E2BIG, IOASID_REASON_ARRAY,
					 "%u ranges are more than %u",
					 args->num_ranges, IOAS_ALLOWED_MAX));
	ranges = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!ranges)
		return ERR_PTR(-ENOMEM);
	ret = -EFAULT;
	if (!copy_from_user(ranges, u64_to_user_ptr(args->ranges), size))
		ret = ioas_check_list(call, ranges, args->num_ranges);
	if (!ret)
		return ranges;
	kvfree(ranges);
	return ERR_PTR(ret);
}

/* Called with both locks of the space. */
static int ioas_set_list(struct ioas_call *call, struct ioas_space *space,
			 struct ioasid_iova_range *ranges, u32 count)
{
	u32 i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = ioas_reserved_check(call, space, ranges[i].first,
					  ranges[i].last);
		if (ret)
			return ret;
	}
	ioas_allowed_free(space);
	space->allowed = ranges;
	space->num_allowed = ioas_join_list(ranges, count);
	return 0;
}

/**
 * ioas_cmd_allow_iovas() - IOASID_ALLOW_IOVAS
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_allow_iovas(struct ioas_call *call)
{
	struct ioasid_allow_iovas *args = &call->data.allow_iovas;
	struct ioasid_iova_range *ranges;
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->ctx, args->ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ranges = ioas_get_list(call);
	ret = PTR_ERR_OR_ZERO(ranges);
	if (ret)
		goto put;
	down_write(&space->domains_sem);
	mutex_lock(&space->lock);
	ret = ioas_set_list(call, space, ranges, args->num_ranges);
	mutex_unlock(&space->lock);
	up_write(&space->domains_sem);
	if (ret)
		kvfree(ranges);
put:
	ioas_space_put(space);
	return ret;
}
