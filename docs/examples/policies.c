// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who chooses IOVAs: the kernel, the program, or the program within what the machine
 * allows.
 *
 *	./policies 0000:01:00.0
 */
#include "example.h"

static struct ioasid_ctx *ctx;
static struct nvme_identity *known;	/* what the drive says */

static void kernel_chooses(struct nvme *nvme, uint32_t space)
{
	void *memory = pages(1);
	uint64_t iova;

	check(ioasid_space_map(ctx, space, memory, NVME_PAGE, RW, &iova));
	expect(!nvme_identify(nvme, iova) && same(memory, known),
	       "data arrives where the kernel put it");
}

/* A layout of one's own: what is in its way is said, and nothing is ever replaced. */
static void fixed_layout(struct nvme *nvme, uint32_t space, struct ioasid_dev *dev)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	struct ioasid_resv_region *reserved;
	void *memory = pages(1);

	check(ioasid_space_map_fixed(ctx, space, 0x40000000, memory, NVME_PAGE, RW));
	expect(!nvme_identify(nvme, 0x40000000) && same(memory, known),
	       "data arrives where the program put it");
	expect(ioasid_space_map_fixed(ctx, space, 0x40000000, memory, NVME_PAGE, RW) ==
	       -EEXIST, "what is mapped is not replaced");

	check(ioasid_dev_info(dev, &info, &reserved));
	for (uint32_t i = 0; i < info.num_resv_regions; i++)
		expect(ioasid_space_map_fixed(ctx, space, reserved[i].first, memory,
					      NVME_PAGE, RW) == -EADDRNOTAVAIL,
		       ioasid_last_error());
	free(reserved);
}

/* The largest range that the attached devices leave, and memory at its end. */
static void within_limits(struct nvme *nvme, uint32_t space)
{
	struct ioasid_iova_range *ranges, largest = { 0 };
	void *memory = pages(1);
	uint32_t count;
	uint64_t iova;

	check(ioasid_space_iova_ranges(ctx, space, &ranges, &count));
	for (uint32_t i = 0; i < count; i++)
		if (ranges[i].last - ranges[i].first > largest.last - largest.first)
			largest = ranges[i];
	free(ranges);

	/* From now on a device that cannot reach all of it is refused. */
	check(ioasid_space_allow_iovas(ctx, space, &largest, 1));
	iova = largest.last + 1 - NVME_PAGE;
	check(ioasid_space_map_fixed(ctx, space, iova, memory, NVME_PAGE, RW));
	expect(!nvme_identify(nvme, iova) && same(memory, known),
	       "data arrives at the end of the largest range");
}

/* As when a device is plugged in that does not fit what a guest was promised. */
static void plugged_in_later(struct ioasid_dev *dev)
{
	struct ioasid_iova_range everything = { 0, UINT64_MAX };
	uint32_t space;

	check(ioasid_space_alloc(ctx, &space));
	check(ioasid_space_allow_iovas(ctx, space, &everything, 1));
	check(ioasid_dev_detach(dev));
	expect(ioasid_dev_attach(dev, space) == -EADDRNOTAVAIL, ioasid_last_error());
}

int main(int argc, char **argv)
{
	struct ioasid_dev *dev;
	struct nvme nvme;
	uint32_t space;
	uint64_t iova;

	if (argc != 2)
		return 2;
	known = pages(1);
	check(ioasid_ctx_open(&ctx));
	check(ioasid_space_alloc(ctx, &space));
	dev = start(&nvme, ctx, argv[1], space);
	check(ioasid_space_map(ctx, space, known, NVME_PAGE, RW, &iova));
	expect(!nvme_identify(&nvme, iova), "the drive has said what it is");

	kernel_chooses(&nvme, space);
	fixed_layout(&nvme, space, dev);
	within_limits(&nvme, space);
	plugged_in_later(dev);
	ioasid_ctx_close(ctx);
	return 0;
}
