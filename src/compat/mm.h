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

/**
 * ioas_follow_pfn() - Look up a page of a mapping without struct pages
 * @vma: the mapping, of VM_PFNMAP
 * @va: the address
 * @writable: it must be writable now, as far as the kernel can tell
 * @pfn: out: the page frame
 *
 * Context: mmap_lock.
 * Return: 0 or a negative errno.
 */
static inline int ioas_follow_pfn(struct vm_area_struct *vma, unsigned long va,
				  bool writable, unsigned long *pfn)
{
#if IOAS_HAVE_FOLLOW_PFNMAP
	struct follow_pfnmap_args args = { .vma = vma, .address = va };
	int ret = follow_pfnmap_start(&args);

	if (ret)
		return ret;
	if (writable && !args.writable)
		ret = -EFAULT;
	*pfn = args.pfn;
	follow_pfnmap_end(&args);
	return ret;
#else
	return follow_pfn(vma, va, pfn);
#endif
}

#endif
