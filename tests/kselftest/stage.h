/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A context with a space and a device that is attached to it: where the tests of the
 * address-space engine begin, and how they see what the device sees.
 */
#ifndef IOASID_TEST_STAGE_H
#define IOASID_TEST_STAGE_H

#include <stdbool.h>

#include "common.h"
#include "dma.h"
#include "vfio.h"

struct stage {
	int fd;
	__u32 space;
	struct dev dev;
	struct engine engine;
};

/*
 * Sets the stage with a device and a space of that granule; returns 0 or an errno.
 * Call stage_close() even if it failed.
 */
int stage_open(struct stage *stage, unsigned int edu, __u64 granule);
void stage_close(struct stage *stage);

/*
 * True if the device reads and writes, at @iova, the page at @va: it carries a
 * pattern of @seed from the first half of the page to the second.
 */
bool stage_sees(struct stage *stage, __u64 iova, void *va, unsigned int seed);
/* True if the device cannot write to @page at @iova; it is filled by @seed. */
bool stage_is_blind(struct stage *stage, __u64 iova, void *page,
		    unsigned int seed);

/* Pages that are pinned on this machine, by the kernel's own count; ~0 if unknown. */
__u64 pinned_pages(void);

/* Private anonymous memory, aligned to a large page; NULL if there is none. */
void *anon_aligned(size_t length);
/* Sees to it that there are so many free huge pages; false if that cannot be. */
bool huge_pages(unsigned int count);

/*
 * The line of /proc/self/fdinfo of a context that begins with @start; false if there
 * is none.
 */
bool fdinfo_line(int fd, const char *start, char *line, size_t size);

#endif /* IOASID_TEST_STAGE_H */
