// SPDX-License-Identifier: GPL-2.0
/*
 * Read-only pins that stay true, for kernels before 6.2.
 *
 * Since then a read-only long-term pin breaks copy-on-write sharing. Before, it pins
 * the page that happens to be there, perhaps the zero page, and the device goes on
 * reading it when the process has long written to a copy. Only a pin for writing
 * breaks the sharing.
 */
#include "compat/compat.h"

#if !IOAS_HAVE_GUP_RELIABLE_RO_LONGTERM

/*
 * Memory the process itself may not write now, but perhaps later. A forced pin breaks
 * the sharing, but asks for no permission at all; so that the memory may be read is
 * found out before. Memory that cannot be forced, a shared mapping, has no copies.
 */
static long ioas_pin_write_protected(unsigned long va, unsigned long count,
				     struct page **pages)
{
	long readable = pin_user_pages_fast(va, count, FOLL_LONGTERM, pages);
	long got;

	if (readable <= 0)
		return readable;
	unpin_user_pages(pages, readable);
	got = pin_user_pages_fast(va, readable,
				  FOLL_LONGTERM | FOLL_WRITE | FOLL_FORCE,
				  pages);
	if (got > 0)
		return got;
	return pin_user_pages_fast(va, readable, FOLL_LONGTERM, pages);
}

/**
 * ioas_pin_readable() - Pin memory that a device will only read
 * @va: page aligned address in the calling process
 * @count: pages
 * @pages: out: the pages
 *
 * Context: may sleep; takes mmap_lock.
 * Return: how many pages are pinned, from the first on, or a negative errno or 0.
 */
long ioas_pin_readable(unsigned long va, unsigned long count,
		       struct page **pages)
{
	long got = pin_user_pages_fast(va, count, FOLL_LONGTERM | FOLL_WRITE,
				       pages);

	return got > 0 ? got : ioas_pin_write_protected(va, count, pages);
}

#endif
