// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.2: a read-only FOLL_LONGTERM pin breaks copy-on-write first, so the
 * pinned page stays the one the process sees. Before, the caller had to ask for
 * write access as well. Nothing declares this behaviour; FOLL_INTERRUPTIBLE
 * arrived in the same release, and until it the FOLL_ flags were macros.
 */
#include <linux/mm.h>
#include "probe.h"

#if defined(PROBE_NEW)
static_assert(FOLL_INTERRUPTIBLE != 0, "a flag");
#elif defined(PROBE_OLD)
PROBE_ABSENT(FOLL_INTERRUPTIBLE);
#ifndef FOLL_LONGTERM
#error "FOLL_LONGTERM is no macro"
#endif
#endif
