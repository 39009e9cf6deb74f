// SPDX-License-Identifier: GPL-2.0
/* The row of a call that does nothing: what every ioctl costs at least. */
#include "rows.h"

#define CALLS	1000

static void measure(const struct row *row, const struct peer *peer, void *data)
{
	struct stopwatch watch = { .op = "call" };
	unsigned int *calls = data, i;
	int err = 0;

	for (i = 0; i < *calls && !err; i++) {
		stopwatch_start(&watch);
		err = peer->null_call();
		stopwatch_stop(&watch);
	}
	row_result(row, peer, err, *calls, &watch);
}

void row_null_call(const struct row *row)
{
	unsigned int calls = CALLS;

	row_repeat(row, &calls, measure);
}
