/* SPDX-License-Identifier: GPL-2.0 */
/* Spaces that look alike, for tests that tell which of them a device is in. */
#ifndef IOASID_TEST_PLACE_H
#define IOASID_TEST_PLACE_H

#include <stdbool.h>

#include "dma.h"

#define SOURCE		0x100000ULL
#define SINK		0x200000ULL

/* A space with its own source and sink pages at the same IOVAs as every other. */
struct place {
	__u32 space;
	char *source, *sink;
};

/* Makes the space and maps both pages. 0 or an errno. */
int place_make(struct place *place, int fd);

/* True if the device can move data from the source to the sink. */
bool place_works(struct engine *engine, const struct place *place,
		 unsigned int seed);

#endif /* IOASID_TEST_PLACE_H */
