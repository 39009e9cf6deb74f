// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two drives, each in a space and a context of its own, write to the same memory. It is
 * pinned and charged once.
 *
 *	./share 0000:01:00.0 0000:02:00.0
 */
#include "example.h"

#define SHARED		1048576
#define IOVA		0x40000000

/* Bytes of locked memory of this process. */
static size_t locked(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	size_t kib = 0;

	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "VmLck: %zu", &kib);
	if (status)
		fclose(status);
	return kib * 1024;
}

/* The memory is registered here, and mapped by its id. */
static uint32_t first(struct ioasid_ctx *ctx, void *memory, struct nvme *nvme,
		      const char *address)
{
	uint32_t space, id;

	check(ioasid_space_alloc(ctx, &space));
	start(nvme, ctx, address, space);
	check(ioasid_memory_register(ctx, memory, SHARED, RW, &id));
	check(ioasid_space_map_memory_fixed(ctx, space, IOVA, id, 0, SHARED, RW));
	return space;
}

/* Another context maps what a space of the first one has, at an IOVA of its own. */
static uint64_t second(struct ioasid_ctx *ctx, struct ioasid_ctx *from,
		       uint32_t from_space, struct nvme *nvme, const char *address)
{
	struct ioasid_copy copy = {
		.size = sizeof(copy),
		.src_fd = ioasid_ctx_fd(from),
		.src_id = from_space,
		.src_offset = IOVA,
		.length = SHARED,
		.prot = RW,
	};
	uint64_t iova;

	check(ioasid_space_alloc(ctx, &copy.dst_ioasid));
	start(nvme, ctx, address, copy.dst_ioasid);
	check(ioasid_space_copy_with(ctx, &copy, &iova));
	return iova;
}

int main(int argc, char **argv)
{
	char *memory = aligned_alloc(SHARED, SHARED);
	struct ioasid_ctx *one, *other;
	struct nvme_identity *a, *b;
	struct nvme drives[2];
	uint32_t space;
	uint64_t iova;
	size_t before;

	if (argc != 3 || !memory)
		return 2;
	memset(memory, 0, SHARED);
	a = (void *)memory;
	b = (void *)(memory + SHARED - NVME_PAGE);
	check(ioasid_ctx_open(&one));
	check(ioasid_ctx_open(&other));

	before = locked();
	space = first(one, memory, &drives[0], argv[1]);
	iova = second(other, one, space, &drives[1], argv[2]);
	/* Each drive has two pages of its own, for its queues. */
	expect(locked() - before == SHARED + 4 * NVME_PAGE, "the memory is charged once");

	expect(!nvme_identify(&drives[0], IOVA), "the first drive has written");
	expect(!nvme_identify(&drives[1], iova + SHARED - NVME_PAGE),
	       "the second drive has written");
	printf("%.20s and %.20s in the same memory\n", a->serial, b->serial);
	expect(a->vendor && b->vendor && memcmp(a->serial, b->serial, sizeof(a->serial)),
	       "and each is there");

	/* The second keeps what it maps when the first is gone. */
	ioasid_ctx_close(one);
	memset(b, 0, NVME_PAGE);
	expect(!nvme_identify(&drives[1], iova + SHARED - NVME_PAGE) && b->vendor,
	       "the second drive goes on without the first");
	ioasid_ctx_close(other);
	expect(locked() == before, "nothing is charged any more");
	return 0;
}
