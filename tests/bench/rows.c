// SPDX-License-Identifier: GPL-2.0
/* What rows have in common. Called by all rows_*.c. */
#include "rows.h"

void row_repeat(const struct row *row, void *data,
		void (*measure)(const struct row *row, const struct peer *peer,
				void *data))
{
	const struct peer *peer;
	unsigned int round, i;

	for (round = 0; round < WARM_UP + options.repeat; round++) {
		report_quiet(round < WARM_UP);
		for (i = 0; (peer = peer_nth(i)); i++)
			measure(row, peer, data);
	}
	report_quiet(false);
}

int row_memory(const struct row *row, struct memory *memory)
{
	int err = memory_get(memory, row->kind, row->size);

	if (err) {
		/* Also tell what it became instead. */
		report_fact(row->name, "runs", memory->runs);
		report_fact(row->name, "aligned", memory->aligned);
		report_error(row->name, "-", "memory", err);
		return err;
	}
	report_fact(row->name, "bytes", memory->length);
	report_fact(row->name, "call-pages", row->chunk / PAGE);
	if (memory->runs) {
		report_fact(row->name, "runs", memory->runs);
		report_fact(row->name, "aligned", memory->aligned);
	}
	return 0;
}

bool row_result(const struct row *row, const struct peer *peer, int err,
		__u64 units, const struct stopwatch *watch)
{
	if (err)
		report_error(row->name, peer->name, watch->op, err);
	else
		report_sample(row->name, peer->name, watch->op, units, watch->total);
	return !err;
}
