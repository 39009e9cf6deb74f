// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of memory that is there already: in a second space, and in a second I/O page
 * table of one space.
 */
#include <errno.h>

#include "rows.h"

static struct range whole(const struct row *row, const struct memory *memory)
{
	return (struct range) {
		.va = memory->va,
		.length = row->size,
		.iova = IOVA_BASE,
	};
}

/* The first map, which the others are compared with. */
static bool measure_first(const struct row *row, const struct peer *peer,
			  const struct range *range)
{
	struct stopwatch map = { .op = "first-map" };
	int err;

	stopwatch_start(&map);
	err = peer->map(0, range);
	stopwatch_stop(&map);
	if (!row_result(row, peer, err, row->size / PAGE, &map))
		return false;
	err = peer->unmap(0, range->iova, range->length);
	if (err)
		report_error(row->name, peer->name, "first-unmap", err);
	return !err;
}

static void measure_shared(const struct row *row, const struct peer *peer,
			   const struct range *range)
{
	struct stopwatch map = { .op = "map" }, unmap = { .op = "unmap" };
	int err;

	stopwatch_start(&map);
	err = peer->map_shared(1, range);
	stopwatch_stop(&map);
	if (!row_result(row, peer, err, row->size / PAGE, &map))
		return;
	stopwatch_start(&unmap);
	err = peer->unmap(1, range->iova, range->length);
	stopwatch_stop(&unmap);
	row_result(row, peer, err, row->size / PAGE, &unmap);
}

static void measure_second_space(const struct row *row, const struct peer *peer,
				 void *data)
{
	struct range range = whole(row, data);
	int err;

	if (!measure_first(row, peer, &range))
		return;
	if (!peer->map_shared) {
		report_absent(row->name, peer->name, "map", peer->lacks);
		return;
	}
	err = peer->share(&range);
	if (err) {
		report_error(row->name, peer->name, "map", err);
		return;
	}
	measure_shared(row, peer, &range);
	peer->unshare();
}

void row_second_space(const struct row *row)
{
	struct memory memory;

	if (row_memory(row, &memory))
		return;
	row_repeat(row, &memory, measure_second_space);
	memory_put(&memory);
}

static void measure_fill(const struct row *row, const struct peer *peer, void *data)
{
	struct stopwatch fill = { .op = "attach" }, drain = { .op = "detach" };
	struct range range = whole(row, data);
	int err;

	if (!measure_first(row, peer, &range))
		return;
	if (!peer->fill) {
		report_absent(row->name, peer->name, fill.op, peer->lacks);
		return;
	}
	err = peer->populate(&range);
	if (err) {
		report_error(row->name, peer->name, fill.op, err);
		return;
	}
	stopwatch_start(&fill);
	err = peer->fill();
	stopwatch_stop(&fill);
	if (row_result(row, peer, err, row->size / PAGE, &fill)) {
		stopwatch_start(&drain);
		err = peer->drain();
		stopwatch_stop(&drain);
		row_result(row, peer, err, row->size / PAGE, &drain);
	}
	peer->unpopulate();
}

void row_fill(const struct row *row)
{
	struct memory memory;

	if (row_memory(row, &memory))
		return;
	row_repeat(row, &memory, measure_fill);
	memory_put(&memory);
}
