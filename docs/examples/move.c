// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A device moves from one space to another, in which other memory is at the same IOVA.
 *
 *	./move 0000:01:00.0
 */
#include "example.h"

#define QUEUES	0x10000000
#define IOVA	0x40000000

/* A space with the queues and a page, both at the IOVAs that the device knows. */
static uint32_t make_space(struct ioasid_ctx *ctx, uint32_t queues, void *page)
{
	uint32_t space;

	check(ioasid_space_alloc(ctx, &space));
	check(ioasid_space_map_memory_fixed(ctx, space, QUEUES, queues, 0,
					    2 * NVME_PAGE, RW));
	check(ioasid_space_map_fixed(ctx, space, IOVA, page, NVME_PAGE, RW));
	return space;
}

int main(int argc, char **argv)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	struct nvme_identity *before = pages(1), *after = pages(1);
	void *memory = pages(2);
	uint32_t queues, from, to;
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	struct nvme nvme;
	bool window;

	if (argc != 2)
		return 2;
	check(ioasid_ctx_open(&ctx));
	check(ioasid_memory_register(ctx, memory, 2 * NVME_PAGE, RW, &queues));
	from = make_space(ctx, queues, before);
	to = make_space(ctx, queues, after);
	check(ioasid_dev_open(ctx, argv[1], 0, &dev));
	check(ioasid_dev_attach(dev, from));
	expect(!nvme_start(&nvme, dev, memory, QUEUES), "the drive has started");
	expect(!nvme_identify(&nvme, IOVA) && before->vendor,
	       "data arrives in the first space's page");

	/* Most IOMMUs block DMA for a moment, so the drive has nothing to do meanwhile. */
	check(ioasid_dev_info(dev, &info, NULL));
	window = !(info.device_flags & IOASID_DEVICE_REPLACE);
	if (window)
		expect(ioasid_dev_replace(dev, to, false) == -EOPNOTSUPP,
		       ioasid_last_error());
	check(ioasid_dev_replace(dev, to, window));
	check(ioasid_space_free(ctx, from));

	memset(before, 0, NVME_PAGE);
	expect(!nvme_identify(&nvme, IOVA) && after->vendor,
	       "data arrives in the second space's page");
	expect(!before->vendor, "and not in the first one's");
	ioasid_ctx_close(ctx);
	return 0;
}
