// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of many small ranges in one space: one by one, in a batch, all at once, and
 * what one more costs when there are many already.
 */
#include <errno.h>
#include <stdlib.h>

#include "rows.h"

struct ranges {
	struct memory memory;
	struct range *ranges;
	unsigned int count;
};

/* @count ranges one after the other; the memory is used again when it is at its end. */
static int ranges_get(const struct row *row, struct ranges *ranges,
		      unsigned int count)
{
	__u64 chunks = row->size / row->chunk;
	unsigned int i;
	int err = row_memory(row, &ranges->memory);

	if (err)
		return err;
	ranges->ranges = calloc(count, sizeof(*ranges->ranges));
	if (!ranges->ranges) {
		report_error(row->name, "-", "memory", -ENOMEM);
		memory_put(&ranges->memory);
		return -ENOMEM;
	}
	ranges->count = count;
	for (i = 0; i < count; i++) {
		ranges->ranges[i].va = ranges->memory.va + i % chunks * row->chunk;
		ranges->ranges[i].length = row->chunk;
		ranges->ranges[i].iova = IOVA_BASE + i * row->chunk;
	}
	return 0;
}

static void ranges_put(struct ranges *ranges)
{
	free(ranges->ranges);
	memory_put(&ranges->memory);
}

static int map_from(const struct peer *peer, const struct ranges *ranges,
		    unsigned int first, unsigned int count, struct stopwatch *watch)
{
	unsigned int i;
	int err = 0;

	for (i = first; i < first + count && !err; i++) {
		stopwatch_start(watch);
		err = peer->map(0, &ranges->ranges[i]);
		stopwatch_stop(watch);
	}
	return err;
}

static int unmap_from(const struct peer *peer, const struct ranges *ranges,
		      unsigned int first, unsigned int count,
		      struct stopwatch *watch)
{
	unsigned int i;
	int err = 0;

	for (i = first; i < first + count && !err; i++) {
		stopwatch_start(watch);
		err = peer->unmap(0, ranges->ranges[i].iova,
				  ranges->ranges[i].length);
		stopwatch_stop(watch);
	}
	return err;
}

static void measure_one_by_one(const struct row *row, const struct peer *peer,
			       void *data)
{
	struct stopwatch map = { .op = "map" }, unmap = { .op = "unmap" };
	const struct ranges *ranges = data;
	int err = map_from(peer, ranges, 0, ranges->count, &map);

	if (!row_result(row, peer, err, ranges->count, &map)) {
		peer->unmap_all(0);
		return;
	}
	err = unmap_from(peer, ranges, 0, ranges->count, &unmap);
	row_result(row, peer, err, ranges->count, &unmap);
}

static bool map_batch(const struct row *row, const struct peer *peer,
		      const struct ranges *ranges)
{
	struct stopwatch map = { .op = "map-batch" };
	int err;

	if (!peer->map_batch) {
		report_absent(row->name, peer->name, map.op, peer->lacks);
		return false;
	}
	err = peer->prepare_batch(ranges->ranges, ranges->count);
	if (!err) {
		stopwatch_start(&map);
		err = peer->map_batch(0);
		stopwatch_stop(&map);
	}
	return row_result(row, peer, err, ranges->count, &map);
}

static void measure_at_once(const struct row *row, const struct peer *peer,
			    void *data)
{
	struct stopwatch unmap = { .op = "unmap-all" }, unused = { .op = "" };
	const struct ranges *ranges = data;
	int err = 0;

	if (!map_batch(row, peer, ranges))
		err = map_from(peer, ranges, 0, ranges->count, &unused);
	if (!err) {
		stopwatch_start(&unmap);
		err = peer->unmap_all(0);
		stopwatch_stop(&unmap);
	}
	row_result(row, peer, err, ranges->count, &unmap);
}

static void measure_ranges(const struct row *row, const struct peer *peer,
			   void *data)
{
	measure_one_by_one(row, peer, data);
	measure_at_once(row, peer, data);
}

void row_ranges(const struct row *row)
{
	struct ranges ranges;

	if (ranges_get(row, &ranges, row->size / row->chunk))
		return;
	row_repeat(row, &ranges, measure_ranges);
	ranges_put(&ranges);
}

struct level {
	unsigned int areas;
	const char *map;
	const char *unmap;
};

static const struct level levels[] = {
	{ 1 << 10, "map-at-1k", "unmap-at-1k" },
	{ 1 << 14, "map-at-16k", "unmap-at-16k" },
	{ 1 << 18, "map-at-256k", "unmap-at-256k" },
	{ 1 << 20, "map-at-1m", "unmap-at-1m" },
	{ 0, NULL, NULL }
};

#define PROBES	1024		/* ranges that are added and removed to measure */

static bool measure_level(const struct row *row, const struct peer *peer,
			  const struct ranges *ranges, const struct level *level)
{
	struct stopwatch map = { .op = level->map }, unmap = { .op = level->unmap };
	int err = map_from(peer, ranges, level->areas, PROBES, &map);

	if (!row_result(row, peer, err, PROBES, &map))
		return false;
	err = unmap_from(peer, ranges, level->areas, PROBES, &unmap);
	return row_result(row, peer, err, PROBES, &unmap);
}

/* What other rows have rounds for: each page has been pinned before. */
static int warm_up(const struct row *row, const struct peer *peer,
		   const struct ranges *ranges)
{
	struct stopwatch unused = { .op = "" };
	unsigned int round;
	int err = 0;

	for (round = 0; round < WARM_UP && !err; round++) {
		err = map_from(peer, ranges, 0, row->size / row->chunk, &unused);
		if (!err)
			err = peer->unmap_all(0);
	}
	return err;
}

static void measure_growth(const struct row *row, const struct peer *peer,
			   const struct ranges *ranges)
{
	struct stopwatch unused = { .op = "" };
	const struct level *level;
	unsigned int areas = 0;
	int err = warm_up(row, peer, ranges);

	if (err) {
		report_error(row->name, peer->name, "warm-up", err);
		return;
	}
	for (level = levels; level->areas && level->areas <= row->count; level++) {
		err = map_from(peer, ranges, areas, level->areas - areas, &unused);
		if (err) {
			report_error(row->name, peer->name, level->map, err);
			break;
		}
		areas = level->areas;
		if (!measure_level(row, peer, ranges, level))
			break;
	}
	peer->unmap_all(0);
}

/* Once: it takes long, and each level is an average over many ranges. */
void row_growth(const struct row *row)
{
	const struct peer *peer;
	struct ranges ranges;
	unsigned int i;

	if (ranges_get(row, &ranges, row->count + PROBES))
		return;
	for (i = 0; (peer = peer_nth(i)); i++)
		measure_growth(row, peer, &ranges);
	ranges_put(&ranges);
}
