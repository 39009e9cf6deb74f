/* SPDX-License-Identifier: GPL-2.0 */
/* Reading which pages are dirty, for the programs that do little else. */
#ifndef IOASID_TEST_DIRTY_H
#define IOASID_TEST_DIRTY_H

#include <string.h>

#include "common.h"

#define DIRTY_WORDS	64

/* A space that is tracked, and what was read of it last. */
struct tracked {
	int fd;
	__u32 space;
	struct ioasid_dirty_read last;
	__u64 bits[DIRTY_WORDS];
};

/* Reads into @bits, which is zeroed before. 0 or an errno. */
static inline int read_bits(struct tracked *tracked, __u32 flags, __u64 iova,
			    __u64 length, __u64 page_size)
{
	memset(tracked->bits, 0, sizeof(tracked->bits));
	tracked->last = (struct ioasid_dirty_read){
		.flags = flags,
		.iova = iova,
		.length = length,
		.page_size = page_size,
		.bitmap = (uintptr_t)tracked->bits,
		.bitmap_size = sizeof(tracked->bits),
	};
	return do_dirty_read(tracked->fd, tracked->space, &tracked->last);
}

/* What is dirty of up to 64 pages, which is clean then; ~0 if the command fails. */
static inline __u64 dirty_pages(struct tracked *tracked, __u64 iova,
				unsigned int pages)
{
	return read_bits(tracked, 0, iova, pages * PAGE, PAGE) ?
		~0ULL : tracked->bits[0];
}

/* The same, and nothing is clean by that. */
static inline __u64 peek_pages(struct tracked *tracked, __u64 iova,
			       unsigned int pages)
{
	return read_bits(tracked, IOASID_DIRTY_NO_CLEAR, iova, pages * PAGE,
			 PAGE) ? ~0ULL : tracked->bits[0];
}

static inline int unmap_all(struct tracked *tracked)
{
	__u64 unmapped;

	return do_unmap_all(tracked->fd, tracked->space, &unmapped);
}

#endif /* IOASID_TEST_DIRTY_H */
