// SPDX-License-Identifier: GPL-2.0
/*
 * Random commands that map, unmap and copy, and what the model says of them. Linked
 * into engine_model.
 */
#include "model_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BATCH		5
#define ARRAY_SIZE(_a)	(sizeof(_a) / sizeof((_a)[0]))

__u64 draw(struct run *run, __u64 below)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return (run->random * 0x2545f4914f6cdd1dULL >> 16) % below;
}

bool one_in(struct run *run, unsigned int n)
{
	return !draw(run, n);
}

/* Mostly where there is room, sometimes about a border. */
__u64 draw_iova(struct run *run)
{
	const __u64 borders[] = { run->hardware.msi.first,
				  run->hardware.msi.last + 1,
				  run->hardware.last + 1, 0 };
	__u64 page = draw(run, ZONE) * PAGE;

	if (one_in(run, 40))
		return page + 1 + draw(run, PAGE - 1);
	if (!one_in(run, 3))
		return page;
	return borders[draw(run, ARRAY_SIZE(borders))] - ZONE / 2 * PAGE + page;
}

__u64 draw_length(struct run *run)
{
	if (one_in(run, 60))
		return draw(run, 3) * (PAGE / 2);
	return (1 + draw(run, MOST_PAGES)) * PAGE;
}

__u32 draw_prot(struct run *run)
{
	static const __u32 prots[] = { RW, RW, RW, IOASID_PROT_READ,
				       IOASID_PROT_WRITE };

	if (one_in(run, 80))
		return draw(run, 2) * 4;
	return prots[draw(run, ARRAY_SIZE(prots))];
}

struct model_space *draw_space(struct run *run)
{
	struct model_space *space = &run->spaces[draw(run, SPACES)];

	/* Rarely one that does not exist. */
	for (int i = 0; i < 10 && !space->id; i++)
		space = &run->spaces[draw(run, SPACES)];
	return space;
}

__u32 id_of(const struct model_space *space)
{
	return space->id ? space->id : NO_ID;
}

void wrong(struct run *run, const char *format, ...)
{
	va_list args;

	run->wrong = true;
	printf("# step %u, %s: ", run->step, run->what);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

bool judge(struct run *run, const struct verdict *verdict, int err)
{
	if (!verdict_allows(verdict, err))
		wrong(run, "errno %d (%.120s), expected %d and %u others", err,
		      err ? ea.message : "", verdict->num ? verdict->errs[0] : 0,
		      verdict->num ? verdict->num - 1 : 0);
	run->right += !err;
	run->refused += !!err;
	return !err && !run->wrong;
}

void check_prot(__u32 prot, struct verdict *verdict)
{
	if (prot & ~RW)
		may_fail(verdict, EOPNOTSUPP);
	else if (!prot)
		may_fail(verdict, EINVAL);
}

void check_length(__u64 length, struct verdict *verdict)
{
	if (!length || length & (PAGE - 1))
		may_fail(verdict, EINVAL);
}

/* Where a mapping goes, if it goes anywhere. */
static void check_place(const struct model_space *space, bool fixed, __u64 iova,
			__u64 length, struct verdict *verdict)
{
	check_length(length, verdict);
	if (!space->id)
		may_fail(verdict, ENOENT);
	if (fixed && (iova & (PAGE - 1) || iova + (length - 1) < iova))
		may_fail(verdict, EINVAL);
	if (!space->id)
		return;
	if (fixed)
		model_check_fixed(space, iova, length, verdict);
	else if (length)
		model_check_any(space, length, verdict);
}

static void accept_place(struct run *run, struct model_space *space, bool fixed,
			 __u64 iova, __u64 length, __u32 prot,
			 struct model_object *object, unsigned int offset)
{
	if (!fixed && !model_choice_is_right(space, iova, length)) {
		wrong(run, "IOVA 0x%llx is not the right choice for 0x%llx bytes",
		      iova, length);
		return;
	}
	model_insert(space, iova, length, prot, object, offset);
}

static struct ioasid_map_entry draw_entry(struct run *run)
{
	const __u64 length = draw_length(run);
	unsigned int page = draw(run, POOL - MOST_PAGES);

	if (one_in(run, 50))
		page = BAD_PAGE - draw(run, MOST_PAGES);
	return (struct ioasid_map_entry){
		.user_va = (uintptr_t)run->pool + page * PAGE,
		.length = length,
		.iova = draw_iova(run),
		.prot = draw_prot(run),
		.flags = draw(run, 5) < 3 ? IOASID_MAP_FIXED : 0,
	};
}

static void check_entry(struct run *run, const struct model_space *space,
			const struct ioasid_map_entry *entry,
			struct verdict *verdict)
{
	unsigned int page = (entry->user_va - (uintptr_t)run->pool) / PAGE;

	check_prot(entry->prot, verdict);
	check_place(space, entry->flags & IOASID_MAP_FIXED, entry->iova,
		    entry->length, verdict);
	if (page + entry->length / PAGE > BAD_PAGE)
		may_fail(verdict, EFAULT);
}

static void accept_entry(struct run *run, struct model_space *space,
			 const struct ioasid_map_entry *entry, __u64 iova)
{
	unsigned int page = (entry->user_va - (uintptr_t)run->pool) / PAGE;
	struct model_object *object;

	object = model_object(run->objects, page, entry->length / PAGE,
			      entry->prot);
	accept_place(run, space, entry->flags & IOASID_MAP_FIXED, iova,
		     entry->length, entry->prot, object, 0);
}

void step_map(struct run *run)
{
	struct model_space *space = draw_space(run);
	struct ioasid_map_entry entry = draw_entry(run);
	struct ioasid_map_dma map = {
		.size = sizeof(map),
		.flags = entry.flags,
		.ioasid = id_of(space),
		.prot = entry.prot,
		.user_va = entry.user_va,
		.length = entry.length,
		.iova = entry.iova,
	};
	struct verdict verdict = { 0 };

	run->what = "map";
	check_entry(run, space, &entry, &verdict);
	if (judge(run, &verdict, cmd(run->fd, IOASID_MAP_DMA, &map)))
		accept_entry(run, space, &entry, map.iova);
}

void step_batch(struct run *run)
{
	struct ioasid_map_entry asked[BATCH], entries[BATCH];
	struct model_space *space = draw_space(run);
	__u32 num = draw(run, BATCH + 1), done, i;
	struct verdict verdict = { 0 };
	int err;

	run->what = "batch";
	for (i = 0; i < num; i++)
		asked[i] = draw_entry(run);
	memcpy(entries, asked, sizeof(entries));
	err = do_batch(run->fd, id_of(space), entries, num, &done);
	if (!space->id) {
		may_fail(&verdict, ENOENT);
		judge(run, &verdict, err);
		return;
	}
	for (i = 0; i < done && i < num; i++) {
		verdict.num = 0;
		check_entry(run, space, &asked[i], &verdict);
		if (judge(run, &verdict, 0))
			accept_entry(run, space, &asked[i], entries[i].iova);
	}
	verdict.num = 0;
	if (done < num)
		check_entry(run, space, &asked[done], &verdict);
	judge(run, &verdict, err);
	if (done > num || (!err && done < num))
		wrong(run, "%u of %u are said to be done", done, num);
}

void step_unmap(struct run *run)
{
	struct model_space *space = draw_space(run);
	__u64 iova = draw_iova(run), length = draw_length(run), bytes = 0;
	struct verdict verdict = { 0 };

	run->what = "unmap";
	/* Half of the time a mapping, which chance alone would rarely hit. */
	if (space->num_areas && one_in(run, 2)) {
		const struct model_area *area =
			&space->areas[draw(run, space->num_areas)];

		iova = area->first;
		length = area->last - area->first + 1;
		length += one_in(run, 3) * draw(run, 16) * PAGE;
	}
	if (!space->id)
		may_fail(&verdict, ENOENT);
	if (!space->id && ((iova | length) & (PAGE - 1) || !length))
		may_fail(&verdict, EINVAL);
	if (space->id)
		model_check_unmap(space, iova, length, &verdict);
	if (!judge(run, &verdict,
		   do_unmap_count(run->fd, id_of(space), iova, length, &bytes)))
		return;
	length = model_unmap(space, iova, length);
	if (bytes != length)
		wrong(run, "0x%llx bytes unmapped, not 0x%llx", bytes, length);
}

void unmap_all(struct run *run, struct model_space *space)
{
	struct verdict verdict = { 0 };
	__u64 bytes = 0, expected;

	run->what = "unmap all";
	if (!space->id)
		may_fail(&verdict, ENOENT);
	if (!judge(run, &verdict, do_unmap_all(run->fd, id_of(space), &bytes)))
		return;
	expected = model_unmap_all(space);
	if (bytes != expected)
		wrong(run, "0x%llx bytes, not 0x%llx", bytes, expected);
}

/* A copy of @object's pages from @offset on, if the model has nothing against it. */
static void copy(struct run *run, struct ioasid_copy *copy,
		 struct model_space *space, struct model_object *object,
		 unsigned int offset, struct verdict *verdict)
{
	const bool fixed = copy->flags & IOASID_COPY_FIXED;

	check_prot(copy->prot, verdict);
	check_place(space, fixed, copy->dst_iova, copy->length, verdict);
	copy->size = sizeof(*copy);
	copy->src_fd = -1;
	copy->dst_ioasid = id_of(space);
	if (!judge(run, verdict, cmd(run->fd, IOASID_COPY, copy)))
		return;
	accept_place(run, space, fixed, copy->dst_iova, copy->length, copy->prot,
		     object, offset);
	object->shared = true;
}

void step_copy_memory(struct run *run)
{
	unsigned int i = draw(run, MEMORIES);
	struct model_object *object = run->memories[i].object;
	struct ioasid_copy args = {
		.flags = IOASID_COPY_MEMORY | draw(run, 2),
		.src_id = object ? run->memories[i].id : NO_ID,
		.prot = draw_prot(run),
		.src_offset = draw(run, MOST_PAGES) * PAGE,
		.length = draw_length(run),
		.dst_iova = draw_iova(run),
	};
	struct verdict verdict = { 0 };

	run->what = "copy memory";
	if (!object)
		may_fail(&verdict, ENOENT);
	if (object && args.src_offset + args.length > object->pages * PAGE)
		may_fail(&verdict, EINVAL);
	if (object && args.prot & ~object->prot)
		may_fail(&verdict, EACCES);
	copy(run, &args, draw_space(run), object, args.src_offset / PAGE,
	     &verdict);
}

/* Why a range of a space cannot be the source, and which mapping it is in. */
static struct model_area *check_source(struct model_space *space,
				       const struct ioasid_copy *args,
				       struct verdict *verdict)
{
	const __u64 last = args->src_offset + args->length - 1;
	struct model_area *area = NULL;

	if (args->src_offset & (PAGE - 1) || last < args->src_offset)
		may_fail(verdict, EINVAL);
	for (unsigned int i = 0; i < space->num_areas && !area; i++)
		if (space->areas[i].first <= last &&
		    space->areas[i].last >= args->src_offset)
			area = &space->areas[i];
	if (!space->id || !area)
		may_fail(verdict, ENOENT);
	else if (area->first > args->src_offset || area->last < last)
		may_fail(verdict, EINVAL);
	if (area && args->prot & ~area->prot)
		may_fail(verdict, EACCES);
	return area;
}

void step_copy_space(struct run *run)
{
	struct model_space *source = draw_space(run);
	struct ioasid_copy args = {
		.flags = draw(run, 2),
		.src_id = id_of(source),
		.prot = draw_prot(run),
		.src_offset = draw_iova(run),
		.length = draw_length(run),
		.dst_iova = draw_iova(run),
	};
	struct verdict verdict = { 0 };
	struct model_object *object;
	unsigned int offset;
	struct model_area *area;

	run->what = "copy space";
	if (source->num_areas && !one_in(run, 4)) {
		area = &source->areas[draw(run, source->num_areas)];
		offset = draw(run, (area->last - area->first + 1) / PAGE);
		args.src_offset = area->first + offset * PAGE;
	}
	area = check_source(source, &args, &verdict);
	object = area ? area->object : NULL;
	offset = area ? area->offset +
			(args.src_offset - area->first) / PAGE : 0;
	copy(run, &args, draw_space(run), object, offset, &verdict);
}
