// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that keeps a device while packages come and go: for each line that it reads,
 * the edu device copies a page out of memory and back into another place, and the program
 * says whether what came back is what it wrote. The line "end" ends it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libioasid.h>

#include "edu.h"

#define LENGTH	1024u

static void check(int ret)
{
	if (!ret)
		return;
	printf("failed: %s\n", ioasid_last_error());
	exit(1);
}

/* The second half of the page becomes what the first half is. */
static const char *copy(struct edu *edu, uint8_t *memory, uint64_t iova, int seed)
{
	memset(memory, seed, LENGTH);
	memset(memory + LENGTH, ~seed, LENGTH);
	if (edu_dma_to_device(edu, iova, 0, LENGTH) ||
	    edu_dma_from_device(edu, 0, iova + LENGTH, LENGTH))
		return "the device does not answer";
	return memcmp(memory, memory + LENGTH, LENGTH) ? "other bytes came back" : "copied";
}

int main(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *memory = aligned_alloc(page, page);
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	uint32_t space;
	uint64_t iova, late;
	struct edu *edu;
	char line[16];
	int seed = 1;

	if (argc != 2 || !memory)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	check(ioasid_ctx_open(&ctx));
	check(ioasid_dev_open(ctx, argv[1], 0, &dev));
	check(ioasid_space_alloc(ctx, &space));
	check(ioasid_dev_attach(dev, space));
	check(ioasid_space_map(ctx, space, memory, page,
			       IOASID_PROT_READ | IOASID_PROT_WRITE, &iova));
	if (edu_open(ioasid_dev_fd(dev), &edu)) {
		puts("failed: no edu device");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "end\n")) {
		/* New mappings work as well as the old one. */
		check(ioasid_space_map(ctx, space, memory, page, IOASID_PROT_READ, &late));
		puts(copy(edu, memory, iova, seed++));
		check(ioasid_space_unmap(ctx, space, late, page, NULL));
	}
	edu_close(edu);
	ioasid_ctx_close(ctx);
	puts("ended");
	return 0;
}
