/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's pinning API as of 7.2, for older kernels. */
#ifndef IOAS_COMPAT_MM_H
#define IOAS_COMPAT_MM_H

#include <linux/mm.h>

#include "ioas_compat_config.h"

#if IOAS_HAVE_GUP_RELIABLE_RO_LONGTERM
static inline long ioas_pin_readable(unsigned long va, unsigned long count,
				     struct page **pages)
{
	return pin_user_pages_fast(va, count, FOLL_LONGTERM, pages);
}
#else
long ioas_pin_readable(unsigned long va, unsigned long count,
		       struct page **pages);
#endif

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
