// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.12: follow_pfnmap_start() and follow_pfnmap_end() look up what a mapping
 * without struct pages shows, and whether it may be written. Before, follow_pfn() did
 * the first of it.
 */
#include <linux/mm.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(follow_pfnmap_start, int, struct follow_pfnmap_args *);
PROBE_FUNCTION(follow_pfnmap_end, void, struct follow_pfnmap_args *);
PROBE_MEMBER(struct follow_pfnmap_args, writable, bool);
PROBE_ABSENT(follow_pfn);
#elif defined(PROBE_OLD)
PROBE_ABSENT(follow_pfnmap_start);
PROBE_FUNCTION(follow_pfn, int, struct vm_area_struct *, unsigned long,
	       unsigned long *);
#endif
