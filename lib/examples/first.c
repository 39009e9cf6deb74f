// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A first program: gives a PCI device one page of memory to read and write.
 *
 *	cc first.c -o first $(pkg-config --cflags --libs libioasid)
 *	./first 0000:00:04.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libioasid.h>

static void check(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "first: %s\n", ioasid_last_error());
	exit(1);
}

int main(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *memory = aligned_alloc(page, page);
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	uint32_t space;
	uint64_t iova;

	if (argc != 2 || !memory)
		return 2;
	check(ioasid_ctx_open(&ctx));
	check(ioasid_dev_open(ctx, argv[1], 0, &dev));
	check(ioasid_space_alloc(ctx, &space));
	check(ioasid_dev_attach(dev, space));
	check(ioasid_space_map(ctx, space, memory, page,
			       IOASID_PROT_READ | IOASID_PROT_WRITE, &iova));

	printf("%s reaches %zu bytes at IOVA 0x%jx, and nothing else.\n",
	       ioasid_dev_address(dev), page, (uintmax_t)iova);
	/* Program the device here, through ioasid_dev_fd(dev). */

	ioasid_ctx_close(ctx);
	free(memory);
	return 0;
}
