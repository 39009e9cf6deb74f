// SPDX-License-Identifier: GPL-2.0
/* Time. Called by every row. */
#include <time.h>

#include "bench.h"

#define CALIBRATION	1000

static __u64 overhead;

__u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Reading the clock twice takes longer than the cheapest call that is measured. */
static void calibrate(void)
{
	__u64 started = now_ns();
	unsigned int i;

	for (i = 0; i < CALIBRATION; i++)
		now_ns();
	overhead = (now_ns() - started) / CALIBRATION;
}

void stopwatch_start(struct stopwatch *watch)
{
	if (!overhead)
		calibrate();
	gate_open(watch->op);
	watch->started = now_ns();
}

void stopwatch_stop(struct stopwatch *watch)
{
	__u64 elapsed = now_ns() - watch->started;

	gate_close();
	watch->total += elapsed > overhead ? elapsed - overhead : 0;
}
