// SPDX-License-Identifier: GPL-2.0
/*
 * Rows that map memory of one shape in calls of one size, and unmap each at once:
 * from one page to one gibibyte; and memory that nobody touched before.
 */
#include <errno.h>

#include "rows.h"

static struct range nth_chunk(const struct row *row, const struct memory *memory,
			      __u64 n)
{
	return (struct range) {
		.va = memory->va + n * row->chunk,
		.length = row->chunk,
		.iova = IOVA_BASE + n * row->chunk,
	};
}

static void measure_chunks(const struct row *row, const struct peer *peer,
			   void *data)
{
	struct stopwatch map = { .op = "map" }, unmap = { .op = "unmap" };
	const struct memory *memory = data;
	__u64 chunks = row->size / row->chunk, n;
	int err = 0;

	for (n = 0; n < chunks; n++) {
		struct range range = nth_chunk(row, memory, n);

		stopwatch_start(&map);
		err = peer->map(0, &range);
		stopwatch_stop(&map);
		if (err)
			break;
		stopwatch_start(&unmap);
		err = peer->unmap(0, range.iova, range.length);
		stopwatch_stop(&unmap);
		if (err) {
			report_error(row->name, peer->name, unmap.op, err);
			return;
		}
	}
	if (row_result(row, peer, err, row->size / PAGE, &map))
		row_result(row, peer, 0, row->size / PAGE, &unmap);
}

/* Kernels without gup_test have no floor, and that is no failure. */
static void measure_floor(const struct row *row, const struct memory *memory)
{
	static const char * const names[] = { "pin-fast", "pin-longterm" };
	unsigned int round, way;

	for (round = 0; round < options.repeat; round++) {
		for (way = 0; way < 2; way++) {
			__u64 pages = row->size / PAGE, pin, unpin;

			if (pin_measure(memory, row->chunk, way, &pin, &unpin))
				return;
			report_sample(row->name, names[way], "map", pages, pin);
			report_sample(row->name, names[way], "unmap", pages, unpin);
		}
	}
}

void row_chunks(const struct row *row)
{
	struct memory memory;

	if (row_memory(row, &memory))
		return;
	row_repeat(row, &memory, measure_chunks);
	if (!options.profile)
		measure_floor(row, &memory);
	memory_put(&memory);
}

/* Each measurement needs memory of its own: after it, it is touched. */
static void measure_untouched(const struct row *row, const struct peer *peer,
			      void *data)
{
	struct stopwatch map = { .op = "map" };
	struct range range = { .length = row->size, .iova = IOVA_BASE };
	struct memory *memory = data;
	int err = memory_get(memory, row->kind, row->size);

	if (err) {
		report_error(row->name, "-", "memory", err);
		return;
	}
	range.va = memory->va;
	stopwatch_start(&map);
	err = peer->map(0, &range);
	stopwatch_stop(&map);
	if (row_result(row, peer, err, row->size / PAGE, &map))
		peer->unmap(0, range.iova, range.length);
	memory_put(memory);
}

static void measure_touch(const struct row *row)
{
	unsigned int round;

	for (round = 0; round < options.repeat; round++) {
		struct stopwatch touch = { .op = "touch" };
		struct memory memory;

		if (memory_get(&memory, row->kind, row->size))
			return;
		stopwatch_start(&touch);
		memory_touch(&memory);
		stopwatch_stop(&touch);
		report_sample(row->name, "touch", "map", row->size / PAGE,
			      touch.total);
		memory_put(&memory);
	}
}

void row_untouched(const struct row *row)
{
	struct memory memory;

	row_repeat(row, &memory, measure_untouched);
	if (!options.profile)
		measure_touch(row);
}
