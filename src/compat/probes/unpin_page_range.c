// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 5.13: unpin_user_page_range_dirty_lock() unpins contiguous pages given
 * the first. Before, there was only the call that takes an array.
 */
#include <linux/mm.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(unpin_user_page_range_dirty_lock, void, struct page *,
	       unsigned long, bool);
#elif defined(PROBE_OLD)
PROBE_ABSENT(unpin_user_page_range_dirty_lock);
PROBE_FUNCTION(unpin_user_pages_dirty_lock, void, struct page **,
	       unsigned long, bool);
#endif
