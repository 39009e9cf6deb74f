// SPDX-License-Identifier: GPL-2.0
/*
 * Rows that need two processors, and so are measured in time, not in instructions:
 * one large request done by several workers, several threads in one space.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "rows.h"

#define WORKERS		"/sys/module/ioasidfd/parameters/pin_threads"
#define TOUCHERS	2
#define THREADS		4
#define ROUNDS		512		/* maps and unmaps of one thread */

static void map_untouched(const struct row *row, const struct peer *peer,
			  struct memory *memory, const char *op)
{
	struct stopwatch map = { .op = op };
	struct range range = { .length = row->size, .iova = IOVA_BASE };
	int err = memory_get(memory, row->kind, row->size);

	if (err) {
		report_error(row->name, peer->name, op, err);
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

static void map_with_one_worker(const struct row *row, const struct peer *peer,
				struct memory *memory)
{
	__u64 before;

	if (file_read(WORKERS, &before) || file_write(WORKERS, 1)) {
		report_absent(row->name, peer->name, "map-one-worker",
			      "the module has no pin_threads to write to");
		return;
	}
	map_untouched(row, peer, memory, "map-one-worker");
	file_write(WORKERS, before);
}

static void measure_workers(const struct row *row, const struct peer *peer,
			    void *data)
{
	map_untouched(row, peer, data, "map");
	if (peer == &peer_ioasid)
		map_with_one_worker(row, peer, data);
}

static void *touch_part(void *data)
{
	memory_touch(data);
	return NULL;
}

/* Parts are touched by a thread each: how much faster than one that can be here. */
static void measure_touch(const struct row *row, unsigned int count, const char *op)
{
	struct stopwatch touch = { .op = op };
	struct memory memory, parts[TOUCHERS];
	pthread_t ids[TOUCHERS];
	unsigned int i, started = 0;

	if (memory_get(&memory, row->kind, row->size))
		return;
	stopwatch_start(&touch);
	for (i = 0; i < count; i++) {
		parts[i] = memory;
		parts[i].length = memory.length / count;
		parts[i].va += i * parts[i].length;
		if (pthread_create(&ids[i], NULL, touch_part, &parts[i]))
			break;
		started++;
	}
	for (i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	stopwatch_stop(&touch);
	if (started == count)
		report_sample(row->name, "touch", op, row->size / PAGE, touch.total);
	memory_put(&memory);
}

void row_workers(const struct row *row)
{
	struct memory memory;
	unsigned int round;

	row_repeat(row, &memory, measure_workers);
	for (round = 0; round < options.repeat; round++) {
		measure_touch(row, 1, "map-one-worker");
		measure_touch(row, TOUCHERS, "map");
	}
}

struct thread {
	pthread_t id;
	pthread_barrier_t *start;
	const struct peer *peer;
	struct range range;
	int err;
};

static void *map_and_unmap(void *data)
{
	struct thread *thread = data;
	const struct range *range = &thread->range;
	unsigned int i;

	pthread_barrier_wait(thread->start);
	for (i = 0; i < ROUNDS && !thread->err; i++) {
		thread->err = thread->peer->map(0, range);
		if (!thread->err)
			thread->err = thread->peer->unmap(0, range->iova,
							  range->length);
	}
	return NULL;
}

static int run_threads(const struct row *row, const struct peer *peer,
		       const struct memory *memory, unsigned int count,
		       struct stopwatch *watch)
{
	struct thread threads[THREADS];
	pthread_barrier_t start;
	unsigned int i;
	int err = 0;

	memset(threads, 0, sizeof(threads));
	pthread_barrier_init(&start, NULL, count + 1);
	for (i = 0; i < count; i++) {
		threads[i].start = &start;
		threads[i].peer = peer;
		threads[i].range.va = memory->va + i * row->chunk;
		threads[i].range.length = row->chunk;
		/* Far enough apart to share no page of the I/O page table. */
		threads[i].range.iova = IOVA_BASE + i * GIB;
		if (pthread_create(&threads[i].id, NULL, map_and_unmap, &threads[i]))
			return -EAGAIN;
	}
	pthread_barrier_wait(&start);
	stopwatch_start(watch);
	for (i = 0; i < count; i++) {
		pthread_join(threads[i].id, NULL);
		err = err ? err : threads[i].err;
	}
	stopwatch_stop(watch);
	pthread_barrier_destroy(&start);
	return err;
}

static void measure_threads(const struct row *row, const struct peer *peer,
			    void *data)
{
	static const char * const ops[] = { "", "threads-1", "threads-2", "",
					    "threads-4" };
	unsigned int count;

	for (count = 1; count <= THREADS; count *= 2) {
		struct stopwatch watch = { .op = ops[count] };
		int err = run_threads(row, peer, data, count, &watch);

		row_result(row, peer, err, count * ROUNDS, &watch);
	}
}

void row_threads(const struct row *row)
{
	struct memory memory;

	if (row_memory(row, &memory))
		return;
	row_repeat(row, &memory, measure_threads);
	memory_put(&memory);
}
