// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a failure says: by the library, and by a command without it.
 *
 *	./errors 0000:01:00.0
 */
#include <sys/ioctl.h>

#include "example.h"

#define IOVA	0x40000000

static void by_the_library(struct ioasid_ctx *ctx, uint32_t space, void *memory)
{
	const struct ioasid_extack *why;
	int ret;

	ret = ioasid_space_map_fixed(ctx, space, IOVA, memory, NVME_PAGE, RW);
	why = ioasid_last_extack();
	printf("%s\n", ioasid_last_error());
	printf("  errno %d, reason %s, in conflict 0x%llx-0x%llx\n", -ret,
	       ioasid_reason_name(ioasid_last_reason()), why->first, why->last);
	expect(ret == -EEXIST && ioasid_last_reason() == IOASID_REASON_IOVA_MAPPED &&
	       why->first == IOVA && why->last == IOVA + NVME_PAGE - 1,
	       "it says what is mapped there");
}

/* Any command's struct has a pointer to where the kernel writes the reason. */
static void by_a_command(int fd, uint32_t space)
{
	struct ioasid_extack why = { .size = sizeof(why) };
	struct ioasid_unmap_dma unmap = {
		.size = sizeof(unmap),
		.extack = (uintptr_t)&why,
		.ioasid = space,
		.iova = IOVA + NVME_PAGE,
		.length = NVME_PAGE,
	};

	if (!ioctl(fd, IOASID_UNMAP_DMA, &unmap))
		exit(1);
	printf("%m: %s\n", why.message);
	expect(why.reason == IOASID_REASON_IOVA_NOT_MAPPED, "it says what is missing");
}

int main(int argc, char **argv)
{
	struct nvme_identity *memory = pages(1);
	struct ioasid_ctx *ctx;
	struct nvme nvme;
	uint32_t space;

	if (argc != 2)
		return 2;
	check(ioasid_ctx_open(&ctx));
	check(ioasid_space_alloc(ctx, &space));
	start(&nvme, ctx, argv[1], space);
	check(ioasid_space_map_fixed(ctx, space, IOVA, memory, NVME_PAGE, RW));

	by_the_library(ctx, space, memory);
	by_a_command(ioasid_ctx_fd(ctx), space);
	expect(!nvme_identify(&nvme, IOVA) && memory->vendor,
	       "the mapping is as before: a call that fails changes nothing");
	ioasid_ctx_close(ctx);
	return 0;
}
