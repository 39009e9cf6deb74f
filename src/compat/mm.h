/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's pinning API as of 7.2, for older kernels. */
#ifndef IOAS_COMPAT_MM_H
#define IOAS_COMPAT_MM_H

#include <linux/mm.h>

#include "ioas_compat_config.h"

/*
 * Since 6.2 a read-only long-term pin breaks copy-on-write sharing. Before, it pins
 * the page that happens to be there, perhaps the zero page, and the device goes on
 * reading it when the process has long written to a copy. A forced write pin breaks
 * the sharing; memory that refuses it (a shared read-only mapping) is not shared in
 * that way, and is pinned plainly.
 */
static inline unsigned int ioas_pin_flags(bool writable)
{
	if (writable)
		return FOLL_LONGTERM | FOLL_WRITE;
#if IOAS_HAVE_GUP_RELIABLE_RO_LONGTERM
	return FOLL_LONGTERM;
#else
	return FOLL_LONGTERM | FOLL_WRITE | FOLL_FORCE;
#endif
}

/* Is a failed pin to be tried again as a plain read-only one? */
static inline bool ioas_pin_retry(bool writable)
{
	return !writable && !IOAS_HAVE_GUP_RELIABLE_RO_LONGTERM;
}

#if !IOAS_HAVE_UNPIN_PAGE_RANGE
static inline void unpin_user_page_range_dirty_lock(struct page *page,
						    unsigned long npages,
						    bool make_dirty)
{
	struct page *batch[32];
	unsigned long n, i;

	for (; npages; npages -= n, page += n) {
		n = min_t(unsigned long, npages, ARRAY_SIZE(batch));
		for (i = 0; i < n; i++)
			batch[i] = page + i;
		unpin_user_pages_dirty_lock(batch, n, make_dirty);
	}
}
#endif

#endif
