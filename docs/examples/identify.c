// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An NVMe drive writes to our memory what it is.
 *
 *	./identify 0000:01:00.0
 */
#include "example.h"

/* Bytes of a text without the blanks behind it. */
static int length(const char *text, int size)
{
	while (size && text[size - 1] == ' ')
		size--;
	return size;
}

int main(int argc, char **argv)
{
	struct nvme_identity *identity = pages(1);
	struct ioasid_ctx *ctx;
	struct nvme nvme;
	uint32_t space;
	uint64_t iova;

	if (argc != 2)
		return 2;
	check(ioasid_ctx_open(&ctx));
	check(ioasid_space_alloc(ctx, &space));
	start(&nvme, ctx, argv[1], space);

	check(ioasid_space_map(ctx, space, identity, NVME_PAGE, RW, &iova));
	expect(!nvme_identify(&nvme, iova), "the drive has answered");
	expect(identity->vendor, "and written to our memory");
	printf("%s at IOVA 0x%jx: vendor %04x, %.*s, serial number %.*s\n", argv[1],
	       (uintmax_t)iova, identity->vendor,
	       length(identity->model, sizeof(identity->model)), identity->model,
	       length(identity->serial, sizeof(identity->serial)), identity->serial);

	ioasid_ctx_close(ctx);
	return 0;
}
