// SPDX-License-Identifier: GPL-2.0
/*
 * What commands that show programs have to show: a program that has a device. It says
 * the name of its space, then maps, fails to map, and unmaps until it is ended. Run by
 * what in-vm makes.
 *
 *	user DEVICE
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libioasid.h>

#define SIZE	0x200000UL
#define KEPT	0x40000000ULL
#define PASSING	0x80000000ULL
#define RW	(IOASID_PROT_READ | IOASID_PROT_WRITE)

static void check(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "user: %s\n", ioasid_last_error());
	exit(1);
}

int main(int argc, char **argv)
{
	void *memory = aligned_alloc(SIZE, SIZE);
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	uint32_t space;
	uint64_t unmapped;

	if (argc != 2 || !memory)
		return 2;
	check(ioasid_ctx_open(&ctx));
	check(ioasid_dev_open(ctx, argv[1], 0, &dev));
	check(ioasid_space_alloc(ctx, &space));
	check(ioasid_dev_attach(dev, space));
	check(ioasid_space_map_fixed(ctx, space, KEPT, memory, SIZE, RW));
	printf("%d:%u\n", getpid(), space);
	fflush(stdout);

	for (;;) {
		check(ioasid_space_map_fixed(ctx, space, PASSING, memory, SIZE, RW));
		if (!ioasid_space_map_fixed(ctx, space, PASSING, memory, SIZE, RW))
			return 1;
		check(ioasid_space_unmap(ctx, space, PASSING, SIZE, &unmapped));
		usleep(100000);
	}
}
