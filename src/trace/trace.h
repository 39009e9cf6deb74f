/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the commands use the tracepoints: the clock is read only while somebody
 * listens.
 */
#ifndef IOAS_TRACE_CLOCK_H
#define IOAS_TRACE_CLOCK_H

#include <linux/timekeeping.h>

#include "trace/ioasid.h"

/* When a command began; 0 if nobody wants to know. */
#define ioas_trace_begin(event)						\
	(trace_##event##_enabled() ? ktime_get_ns() : 0)

/* How long it took. */
static inline u64 ioas_trace_nsec(u64 begin)
{
	return begin ? ktime_get_ns() - begin : 0;
}

#endif
