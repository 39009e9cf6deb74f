// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many pages, from all over, mapped side by side by one call; and what is left when
 * one of them cannot be mapped.
 *
 *	./batch 0000:01:00.0
 */
#include "example.h"

#define COUNT		256
#define IOVA		0x40000000ULL

/* Every second page of some memory, side by side for the device. */
static void fill_in(struct ioasid_map_entry *entries, char *memory)
{
	for (unsigned int i = 0; i < COUNT; i++)
		entries[i] = (struct ioasid_map_entry) {
			.user_va = (uintptr_t)(memory + 2 * i * NVME_PAGE),
			.length = NVME_PAGE,
			.iova = IOVA + i * NVME_PAGE,
			.prot = RW,
			.flags = IOASID_MAP_FIXED,
		};
}

/* The drive writes to every page of the range; the pages between them stay empty. */
static unsigned int arrived(struct nvme *nvme, char *memory)
{
	const char nothing[NVME_PAGE] = { 0 };
	unsigned int count = 0;

	for (unsigned int i = 0; i < COUNT; i++) {
		char *page = memory + 2 * i * NVME_PAGE;

		if (!nvme_identify(nvme, IOVA + i * NVME_PAGE) &&
		    ((struct nvme_identity *)page)->vendor &&
		    !memcmp(page + NVME_PAGE, nothing, NVME_PAGE))
			count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	static struct ioasid_map_entry entries[COUNT];
	char *memory = pages(2 * COUNT);
	struct ioasid_ctx *ctx;
	struct nvme nvme;
	uint32_t space, done;

	if (argc != 2)
		return 2;
	check(ioasid_ctx_open(&ctx));
	check(ioasid_space_alloc(ctx, &space));
	start(&nvme, ctx, argv[1], space);

	fill_in(entries, memory);
	check(ioasid_space_map_batch(ctx, space, entries, COUNT, NULL));
	expect(arrived(&nvme, memory) == COUNT, "data arrives in each of 256 pages");

	/* The entries before the one that fails stay mapped. */
	check(ioasid_space_unmap(ctx, space, IOVA, COUNT * NVME_PAGE, NULL));
	entries[200].iova = entries[100].iova;
	expect(ioasid_space_map_batch(ctx, space, entries, COUNT, &done) == -EEXIST,
	       ioasid_last_error());
	expect(done == 200, "entry 200 is the one");

	/* So it can go on from there, once that entry is right. */
	entries[200].iova = IOVA + 200 * NVME_PAGE;
	check(ioasid_space_map_batch(ctx, space, entries + done, COUNT - done, NULL));
	memset(memory, 0, 2 * COUNT * NVME_PAGE);
	expect(arrived(&nvme, memory) == COUNT, "data arrives in all of them again");
	ioasid_ctx_close(ctx);
	return 0;
}
