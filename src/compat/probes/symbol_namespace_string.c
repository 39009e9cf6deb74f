// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.13: the name of a symbol namespace is a string. Before it was a word that the
 * macros made a string of.
 */
#include <linux/module.h>
#include "probe.h"

/* What the macro makes of its argument, instead of a line of module information. */
#undef MODULE_INFO
#define MODULE_INFO(tag, info)						\
	static_assert(sizeof(info) == sizeof("PROBE"), "another form of " #tag)

#if defined(PROBE_NEW)
MODULE_IMPORT_NS("PROBE");
#elif defined(PROBE_OLD)
MODULE_IMPORT_NS(PROBE);
#endif
