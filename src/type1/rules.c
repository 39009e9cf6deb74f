// SPDX-License-Identifier: GPL-2.0
/*
 * Which mappings a range means to type1, of the first version and of the second.
 *
 * A mapping that another thread is still making, or taking away, is not there.
 *
 * Called with the lock of the space held.
 */
#include <linux/mm.h>

#include "space/space.h"
#include "type1/type1.h"

/**
 * ioas_type1_first() - First mapping that touches a range
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 * Return: the area or NULL.
 */
struct ioas_area *ioas_type1_first(struct ioas_space *space, unsigned long first,
				   unsigned long last)
{
	struct ioas_area *area = ioas_area_first(space, first, last);

	while (area && !area->ready)
		area = ioas_area_next(area, last);
	return area;
}

/**
 * ioas_type1_next() - The next mapping that touches a range
 * @area: the one before
 * @last: last IOVA of the range
 *
 * Context: lock of the space.
 * Return: the area or NULL.
 */
struct ioas_area *ioas_type1_next(struct ioas_area *area, unsigned long last)
{
	do {
		area = ioas_area_next(area, last);
	} while (area && !area->ready);
	return area;
}

/**
 * ioas_type1_check_v1() - May a range be unmapped by the rules of the first version
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * A range that begins in the middle of a mapping means nothing, and is no error. One that
 * ends in the middle of a mapping means all of that.
 *
 * Context: lock of the space.
 * Return: 0, or 1 if it means nothing.
 */
int ioas_type1_check_v1(struct ioas_space *space, unsigned long first,
			unsigned long last)
{
	struct ioas_area *area = ioas_type1_first(space, first, last);

	return area && area->first < first;
}

/**
 * ioas_type1_check_v2() - May a range be unmapped by the rules of the second version
 * @space: the space
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: lock of the space.
 * Return: 0, or -EINVAL if it would cut a mapping.
 */
int ioas_type1_check_v2(struct ioas_space *space, unsigned long first,
			unsigned long last)
{
	struct ioas_area *area = ioas_type1_first(space, first, first);

	if (area && area->first != first)
		return -EINVAL;
	area = ioas_type1_first(space, last, last);
	if (area && area->last != last)
		return -EINVAL;
	return 0;
}
