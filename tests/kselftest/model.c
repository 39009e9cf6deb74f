// SPDX-License-Identifier: GPL-2.0
/*
 * A reference model of I/O address spaces. Linked into engine_model.
 */
#include "model.h"

#include <errno.h>
#include <string.h>

void may_fail(struct verdict *verdict, int err)
{
	verdict->errs[verdict->num++] = err;
}

bool verdict_allows(const struct verdict *verdict, int err)
{
	for (unsigned int i = 0; i < verdict->num; i++)
		if (verdict->errs[i] == err)
			return true;
	return !verdict->num && !err;
}

static bool touch(const struct ioasid_iova_range *range, __u64 first,
		  __u64 last)
{
	return range->first <= last && range->last >= first;
}

/* Takes @out from a list of ranges; returns its new length. */
static unsigned int subtract(struct ioasid_iova_range *ranges, unsigned int num,
			     const struct ioasid_iova_range *out)
{
	struct ioasid_iova_range old[MODEL_AREAS + 16];
	unsigned int n = 0;

	memcpy(old, ranges, num * sizeof(*old));
	for (unsigned int i = 0; i < num; i++) {
		if (!touch(&old[i], out->first, out->last)) {
			ranges[n++] = old[i];
			continue;
		}
		if (old[i].first < out->first)
			ranges[n++] = (struct ioasid_iova_range){
				old[i].first, out->first - 1 };
		if (old[i].last > out->last)
			ranges[n++] = (struct ioasid_iova_range){
				out->last + 1, old[i].last };
	}
	return n;
}

/* What may be mapped if there are devices, or if there are none. */
static unsigned int usable(const struct model_space *space, bool devices,
			   struct ioasid_iova_range *ranges)
{
	const struct model_hardware *hardware = space->hardware;
	struct ioasid_iova_range beyond = { hardware->last + 1, UINT64_MAX };
	unsigned int num = 1;

	ranges[0] = space->window;
	if (devices) {
		num = subtract(ranges, num, &beyond);
		num = subtract(ranges, num, &hardware->msi);
	}
	return num;
}

unsigned int model_ranges(const struct model_space *space,
			  struct ioasid_iova_range *ranges)
{
	return usable(space, space->devices, ranges);
}

static bool contained(const struct ioasid_iova_range *ranges, unsigned int num,
		      __u64 first, __u64 last)
{
	for (unsigned int i = 0; i < num; i++)
		if (ranges[i].first <= first && ranges[i].last >= last)
			return true;
	return false;
}

__u64 model_bytes(const struct model_space *space)
{
	__u64 bytes = 0;

	for (unsigned int i = 0; i < space->num_areas; i++)
		bytes += space->areas[i].last - space->areas[i].first + 1;
	return bytes;
}

static bool area_touches(const struct model_area *area, __u64 first, __u64 last)
{
	return area->first <= last && area->last >= first;
}

struct model_area *model_area_at(struct model_space *space, __u64 iova)
{
	for (unsigned int i = 0; i < space->num_areas; i++)
		if (area_touches(&space->areas[i], iova, iova))
			return &space->areas[i];
	return NULL;
}

/* Whole pages that do not wrap? */
static bool is_range(__u64 first, __u64 length)
{
	return !((first | length) & (PAGE - 1)) && length &&
	       first + (length - 1) >= first;
}

void model_check_fixed(const struct model_space *space, __u64 iova,
		       __u64 length, struct verdict *verdict)
{
	const __u64 last = iova + (length - 1);
	struct ioasid_iova_range ranges[3];
	unsigned int num = model_ranges(space, ranges);

	if (!is_range(iova, length)) {
		may_fail(verdict, EINVAL);
		return;
	}
	if (!contained(ranges, num, iova, last))
		may_fail(verdict, EADDRNOTAVAIL);
	for (unsigned int i = 0; i < space->num_areas; i++) {
		if (!area_touches(&space->areas[i], iova, last))
			continue;
		may_fail(verdict, EEXIST);
		break;
	}
}

/* Where the kernel may choose: a list of at least MODEL_AREAS + 16. */
static unsigned int free_ranges(const struct model_space *space,
				struct ioasid_iova_range *ranges)
{
	unsigned int num = space->num_allowed;

	if (num)
		memcpy(ranges, space->allowed, num * sizeof(*ranges));
	else
		num = model_ranges(space, ranges);
	for (unsigned int i = 0; i < space->num_areas; i++) {
		const struct ioasid_iova_range taken = {
			space->areas[i].first, space->areas[i].last
		};

		num = subtract(ranges, num, &taken);
	}
	return num;
}

void model_check_any(const struct model_space *space, __u64 length,
		     struct verdict *verdict)
{
	struct ioasid_iova_range ranges[MODEL_AREAS + 16];
	unsigned int num = free_ranges(space, ranges);

	for (unsigned int i = 0; i < num; i++)
		if (ranges[i].last - ranges[i].first >= length - 1)
			return;
	may_fail(verdict, ENOSPC);
}

/*
 * The lowest address of the smallest range that will do. Page 0 comes last; a range
 * that begins with it may count as a page smaller or not.
 */
static __u64 best_fit(const struct ioasid_iova_range *ranges, unsigned int num,
		      __u64 length, bool count_zero)
{
	__u64 best = 0, best_span = UINT64_MAX;

	for (unsigned int i = 0; i < num; i++) {
		__u64 first = ranges[i].first ? ranges[i].first : PAGE;
		__u64 from = count_zero ? ranges[i].first : first;

		if (first > ranges[i].last ||
		    ranges[i].last - first < length - 1)
			continue;
		if (best && ranges[i].last - from >= best_span)
			continue;
		best = first;
		best_span = ranges[i].last - from;
	}
	return best;
}

bool model_choice_is_right(const struct model_space *space, __u64 iova,
			   __u64 length)
{
	struct ioasid_iova_range ranges[MODEL_AREAS + 16];
	unsigned int num = free_ranges(space, ranges);

	return contained(ranges, num, iova, iova + (length - 1)) &&
	       (iova == best_fit(ranges, num, length, false) ||
		iova == best_fit(ranges, num, length, true));
}

void model_insert(struct model_space *space, __u64 iova, __u64 length,
		  __u32 prot, struct model_object *object, unsigned int offset)
{
	unsigned int i = space->num_areas++;

	while (i && space->areas[i - 1].first > iova) {
		space->areas[i] = space->areas[i - 1];
		i--;
	}
	space->areas[i] = (struct model_area){
		.first = iova,
		.last = iova + (length - 1),
		.prot = prot,
		.object = object,
		.offset = offset,
	};
	model_use(object);
}

static bool may_cut(const struct model_space *space, __u64 iova)
{
	return space->granule && !(iova & (space->granule - 1));
}

void model_check_unmap(const struct model_space *space, __u64 iova,
		       __u64 length, struct verdict *verdict)
{
	const __u64 last = iova + (length - 1);
	bool found = false;

	if (!is_range(iova, length)) {
		may_fail(verdict, EINVAL);
		return;
	}
	for (unsigned int i = 0; i < space->num_areas; i++) {
		const struct model_area *area = &space->areas[i];

		if (!area_touches(area, iova, last))
			continue;
		found = true;
		if ((area->first < iova && !may_cut(space, iova)) ||
		    (area->last > last && !may_cut(space, last + 1))) {
			may_fail(verdict, EINVAL);
			return;
		}
	}
	if (!found)
		may_fail(verdict, ENOENT);
}

__u64 model_unmap(struct model_space *space, __u64 iova, __u64 length)
{
	struct model_area old[MODEL_AREAS];
	const unsigned int num = space->num_areas;
	const __u64 last = iova + (length - 1);
	const __u64 before = model_bytes(space);

	memcpy(old, space->areas, num * sizeof(*old));
	space->num_areas = 0;
	for (unsigned int i = 0; i < num; i++) {
		struct model_area *area = &old[i];
		unsigned int skip = (last + 1 - area->first) / PAGE;

		if (!area_touches(area, iova, last)) {
			space->areas[space->num_areas++] = *area;
			continue;
		}
		if (area->first < iova)
			model_insert(space, area->first, iova - area->first,
				     area->prot, area->object, area->offset);
		if (area->last > last)
			model_insert(space, last + 1, area->last - last,
				     area->prot, area->object,
				     area->offset + skip);
		model_leave(area->object);
	}
	return before - model_bytes(space);
}

__u64 model_unmap_all(struct model_space *space)
{
	const __u64 bytes = model_bytes(space);

	while (space->num_areas)
		model_leave(space->areas[--space->num_areas].object);
	return bytes;
}

void model_check_allow(const struct model_space *space,
		       const struct ioasid_iova_range *ranges, unsigned int num,
		       struct verdict *verdict)
{
	struct ioasid_iova_range right[3];
	unsigned int num_right = model_ranges(space, right);

	for (unsigned int i = 0; i < num; i++) {
		if (((ranges[i].first | (ranges[i].last + 1)) & (PAGE - 1)) ||
		    ranges[i].first > ranges[i].last ||
		    (i && ranges[i].first <= ranges[i - 1].last)) {
			may_fail(verdict, EINVAL);
			return;
		}
	}
	for (unsigned int i = 0; i < num; i++) {
		if (contained(right, num_right, ranges[i].first,
			      ranges[i].last))
			continue;
		may_fail(verdict, EADDRNOTAVAIL);
		return;
	}
}

void model_check_attach(const struct model_space *space,
			struct verdict *verdict)
{
	struct ioasid_iova_range ranges[3];
	unsigned int num = usable(space, true, ranges);
	bool fits = true;

	for (unsigned int i = 0; i < space->num_areas; i++)
		fits &= contained(ranges, num, space->areas[i].first,
				  space->areas[i].last);
	for (unsigned int i = 0; i < space->num_allowed; i++)
		fits &= contained(ranges, num, space->allowed[i].first,
				  space->allowed[i].last);
	if (!fits)
		may_fail(verdict, EADDRNOTAVAIL);
}

struct model_object *model_object(struct model_object *objects,
				  unsigned int page, unsigned int pages,
				  __u32 prot)
{
	for (unsigned int i = 0; i < MODEL_OBJECTS; i++) {
		if (objects[i].users)
			continue;
		objects[i] = (struct model_object){
			.page = page,
			.pages = pages,
			.prot = prot,
		};
		return &objects[i];
	}
	return NULL;
}

void model_use(struct model_object *object)
{
	object->users++;
}

void model_leave(struct model_object *object)
{
	object->users--;
}

/* Pages of an object that a registration or a mapping needs. */
static unsigned int pages_needed(const struct model_object *object,
				 const struct model_space *spaces,
				 unsigned int num_spaces)
{
	bool needed[64] = { false };
	unsigned int count = 0;

	if (object->registered)
		return object->pages;
	for (unsigned int s = 0; s < num_spaces; s++) {
		for (unsigned int i = 0; i < spaces[s].num_areas; i++) {
			const struct model_area *area = &spaces[s].areas[i];
			__u64 length = area->last - area->first + 1;

			if (area->object == object)
				memset(needed + area->offset, true,
				       length / PAGE);
		}
	}
	for (unsigned int i = 0; i < object->pages; i++)
		count += needed[i];
	return count;
}

void model_pinned(const struct model_object *objects,
		  const struct model_space *spaces, unsigned int num_spaces,
		  __u64 *least, __u64 *most)
{
	*least = 0;
	*most = 0;
	for (unsigned int i = 0; i < MODEL_OBJECTS; i++) {
		unsigned int needed;

		if (!objects[i].users)
			continue;
		needed = pages_needed(&objects[i], spaces, num_spaces);
		*least += needed;
		*most += objects[i].shared ? objects[i].pages : needed;
	}
}
