// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One piece of a large mapping is taken out, while the device goes on with the rest.
 *
 *	./partial 0000:01:00.0
 */
#include "example.h"

#define GRANULE		65536
#define LENGTH		(16 * GRANULE)
#define PIECE		(5 * GRANULE)
#define IOVA		0x40000000

int main(int argc, char **argv)
{
	struct ioasid_alloc attr = { .size = sizeof(attr), .granule = GRANULE };
	char *memory = aligned_alloc(GRANULE, LENGTH);
	struct nvme_identity *inside, *behind;
	struct ioasid_ctx *ctx;
	struct nvme nvme;
	uint32_t space;

	if (argc != 2 || !memory)
		return 2;
	memset(memory, 0, LENGTH);
	inside = (void *)(memory + PIECE);
	behind = (void *)(memory + PIECE + GRANULE);

	check(ioasid_ctx_open(&ctx));
	check(ioasid_space_alloc_with(ctx, &attr, &space));
	start(&nvme, ctx, argv[1], space);
	check(ioasid_space_map_fixed(ctx, space, IOVA, memory, LENGTH, RW));
	expect(!nvme_identify(&nvme, IOVA + PIECE) && inside->vendor,
	       "data arrives in the piece");

	expect(ioasid_space_unmap(ctx, space, IOVA + PIECE, NVME_PAGE, NULL) == -EINVAL,
	       ioasid_last_error());
	check(ioasid_space_unmap(ctx, space, IOVA + PIECE, GRANULE, NULL));
	expect(!nvme_identify(&nvme, IOVA + PIECE + GRANULE) && behind->vendor,
	       "data arrives behind it");

	/* The IOMMU refuses this. Not every drive notices, so its answer says nothing. */
	memset(inside, 0, NVME_PAGE);
	nvme_identify(&nvme, IOVA + PIECE);
	expect(!inside->vendor, "none arrives where nothing is mapped");
	ioasid_ctx_close(ctx);
	return 0;
}
