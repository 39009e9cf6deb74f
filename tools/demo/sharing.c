// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo's steps with a second space: memory that is pinned once and mapped in both,
 * and a mapping out of which a part is unmapped. The device moves from one space to the
 * other, and its DMA shows what it reaches there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "demo.h"
#include "draw.h"
#include "ui.h"

#define DEMO_SHARED_SIZE	(256u << 10)

/* What can be unmapped alone in the second space. */
#define DEMO_GRANULE		(64u << 10)

#define DEMO_SECOND_IOVA	0x20000000u

/* The parts of the memory that are used: the last one receives what the first holds. */
#define DEMO_SOURCE		0u
#define DEMO_HOLE		DEMO_GRANULE
#define DEMO_NEIGHBOUR		(2 * DEMO_GRANULE)
#define DEMO_TARGET		(3 * DEMO_GRANULE)

static const uint32_t demo_both = IOASID_PROT_READ | IOASID_PROT_WRITE;

static bool demo_register(struct demo *demo)
{
	struct demo_shared *shared = &demo->shared;
	void *mem = mmap(NULL, DEMO_SHARED_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		ui_fail("no memory to share: %s", strerror(errno));
		return false;
	}
	shared->mem = mem;
	return demo_random(mem, DEMO_LENGTH) &&
	       demo_ok(ioasid_memory_register(demo->ctx, mem, DEMO_SHARED_SIZE,
					      demo_both, &shared->memory));
}

static bool demo_map_twice(struct demo *demo)
{
	struct ioasid_alloc attr = { .size = sizeof(attr), .granule = DEMO_GRANULE };
	struct demo_shared *shared = &demo->shared;

	shared->second_iova = DEMO_SECOND_IOVA;
	return demo_ok(ioasid_space_alloc_with(demo->ctx, &attr, &shared->ioasid)) &&
	       demo_ok(ioasid_space_map_memory(demo->ctx, demo->ioasid, shared->memory,
					       0, DEMO_SHARED_SIZE, demo_both,
					       &shared->iova)) &&
	       demo_ok(ioasid_space_map_memory_fixed(demo->ctx, shared->ioasid,
						     shared->second_iova,
						     shared->memory, 0,
						     DEMO_SHARED_SIZE, demo_both));
}

/* Registers the memory and maps it, and looks what that adds to the locked memory. */
static bool demo_share(struct demo *demo)
{
	unsigned long before = demo_locked(), registered;

	if (!demo_register(demo))
		return false;
	registered = demo_locked();
	if (!demo_map_twice(demo))
		return false;
	ui_fact("first", "%s at 0x%jx (the kernel chose the address)",
		ui_size(DEMO_SHARED_SIZE), (uintmax_t)demo->shared.iova);
	ui_fact("second", "%s at 0x%jx (this program chose the address)",
		ui_size(DEMO_SHARED_SIZE), (uintmax_t)demo->shared.second_iova);
	return ui_check(registered - before == DEMO_SHARED_SIZE >> 10 &&
			demo_locked() == registered,
			"locked memory: %lu KiB before, %lu registered, %lu mapped in both",
			before, registered, demo_locked());
}

static bool demo_move(struct demo *demo, uint32_t ioasid)
{
	return demo_ok(ioasid_dev_detach(demo->dev)) &&
	       demo_ok(ioasid_dev_attach(demo->dev, ioasid));
}

bool demo_sharing(struct demo *demo)
{
	struct demo_shared *shared = &demo->shared;

	ui_step("Memory pinned once, in two spaces");
	ui_say("Memory is registered, then mapped in the first space and in a second one.");
	if (!demo_share(demo))
		return false;
	if (!demo_dma("reading", edu_dma_to_device(demo->edu, shared->iova + DEMO_SOURCE,
						   0, DEMO_LENGTH)) ||
	    !demo_move(demo, shared->ioasid) ||
	    !demo_dma("writing", edu_dma_from_device(demo->edu, 0,
						     shared->second_iova + DEMO_TARGET,
						     DEMO_LENGTH)))
		return false;
	return ui_check(!memcmp(shared->mem + DEMO_SOURCE, shared->mem + DEMO_TARGET,
				DEMO_LENGTH),
			"read in the first space, written in the second: all %u bytes equal",
			DEMO_LENGTH);
}

/* The device still holds what it has read in the step before. */
static bool demo_rest_works(struct demo *demo)
{
	struct demo_shared *shared = &demo->shared;
	uint64_t iova = shared->second_iova + DEMO_NEIGHBOUR;

	if (!demo_dma("writing", edu_dma_from_device(demo->edu, 0, iova, DEMO_LENGTH)))
		return false;
	return ui_check(!memcmp(shared->mem + DEMO_SOURCE,
				shared->mem + DEMO_NEIGHBOUR, DEMO_LENGTH),
			"write to 0x%jx, right behind it: arrives", (uintmax_t)iova);
}

static void demo_draw_part(struct demo *demo)
{
	uint64_t first = demo->shared.second_iova;
	const struct draw_range drawn[] = {
		{ first, first + DEMO_HOLE - 1, DRAW_MAPPED, "shared memory" },
		{ first + DEMO_HOLE, first + DEMO_NEIGHBOUR - 1, DRAW_FREE, "unmapped" },
		{ first + DEMO_NEIGHBOUR, first + DEMO_SHARED_SIZE - 1, DRAW_MAPPED,
		  "shared memory" },
	};

	draw_space(first, first + DEMO_SHARED_SIZE - 1, drawn,
		   sizeof(drawn) / sizeof(drawn[0]));
}

/* Without a granule large pages may be in the way, so only whole mappings go. */
static bool demo_whole_only(struct demo *demo)
{
	int ret = ioasid_space_unmap(demo->ctx, demo->ioasid,
				     demo->shared.iova + DEMO_HOLE, DEMO_GRANULE, NULL);

	return ui_check(ret == -EINVAL &&
			ioasid_last_reason() == IOASID_REASON_IOVA_PARTIAL,
			"the first space, which has no granule, refuses that (%s)",
			ret ? ioasid_reason_name(ioasid_last_reason()) : "it did not");
}

bool demo_part(struct demo *demo)
{
	struct demo_shared *shared = &demo->shared;
	uint64_t iova = shared->second_iova + DEMO_HOLE, unmapped = 0;

	ui_step("A part unmapped, the rest undisturbed");
	ui_say("The second space has a granule of %s: so much can be unmapped by itself.",
	       ui_size(DEMO_GRANULE));
	if (!demo_ok(ioasid_space_unmap(demo->ctx, shared->ioasid, iova, DEMO_GRANULE,
					&unmapped)))
		return false;
	ui_check(unmapped == DEMO_GRANULE, "unmapped %s out of %s", ui_size(unmapped),
		 ui_size(DEMO_SHARED_SIZE));
	demo_draw_part(demo);
	return demo_write_refused(demo, "the unmapped part", iova,
				  shared->mem + DEMO_HOLE) &&
	       demo_rest_works(demo) && demo_whole_only(demo);
}

/* Undoes as much of the steps as was done, but for the mapping in the first space. */
bool demo_unshare(struct demo *demo)
{
	struct demo_shared *shared = &demo->shared;

	if (shared->ioasid &&
	    !demo_ok(ioasid_space_free(demo->ctx, shared->ioasid)))
		return false;
	if (shared->memory &&
	    !demo_ok(ioasid_memory_unregister(demo->ctx, shared->memory)))
		return false;
	return true;
}

void demo_shared_free(struct demo_shared *shared)
{
	if (shared->mem)
		munmap(shared->mem, DEMO_SHARED_SIZE);
}
