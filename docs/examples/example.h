/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all example programs share: memory, and ending with a reason. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libioasid.h>

#include "nvme.h"

#define RW	(IOASID_PROT_READ | IOASID_PROT_WRITE)

/* Ends the program if a call of the library failed, with the library's reason. */
static inline void check(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "%s\n", ioasid_last_error());
	exit(1);
}

/* Tells what should hold, and ends the program if it does not. */
static inline void expect(bool holds, const char *what)
{
	printf("%s %s\n", holds ? "yes:" : "NO: ", what);
	if (!holds)
		exit(1);
}

/* Memory of so many pages, all 0. */
static inline void *pages(unsigned int count)
{
	void *memory = aligned_alloc(NVME_PAGE, count * NVME_PAGE);

	if (!memory)
		exit(2);
	return memset(memory, 0, count * NVME_PAGE);
}

/* Opens a drive, attaches it to a space, and starts it with queues in that space. */
static inline struct ioasid_dev *start(struct nvme *nvme, struct ioasid_ctx *ctx,
				       const char *address, uint32_t space)
{
	void *queues = pages(2);
	struct ioasid_dev *dev;
	uint64_t iova;

	check(ioasid_dev_open(ctx, address, 0, &dev));
	check(ioasid_dev_attach(dev, space));
	check(ioasid_space_map(ctx, space, queues, 2 * NVME_PAGE, RW, &iova));
	expect(!nvme_start(nvme, dev, queues, iova), "the drive has started");
	return dev;
}

/* Whether a page holds what a drive wrote to another one. */
static inline bool same(const void *page, const void *other)
{
	return !memcmp(page, other, sizeof(struct nvme_identity));
}

#endif
