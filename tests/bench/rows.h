/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows: what is measured. One struct row per line of the table in ioasid-bench.c,
 * one rows_*.c per family.
 */
#ifndef IOASID_BENCH_ROWS_H
#define IOASID_BENCH_ROWS_H

#include "bench.h"

/* Pages in a profile: enough to average over, few enough to record. */
#define PROFILE_LIMIT	(32 * MIB)

/*
 * Rounds that do not count. Memory that is pinned for the first time is made dirty,
 * for the second time it moves to another list; slabs and free lists are filled.
 */
#define WARM_UP	2

struct options {
	const char *peers;	/* names separated by commas; empty means all */
	const char *profile;	/* the operation to take a profile of, or NULL */
	unsigned int repeat;
};

extern struct options options;

struct row {
	const char *name;
	void (*run)(const struct row *row);
	enum memory_kind kind;
	__u64 size;		/* of the memory, in bytes */
	__u64 chunk;		/* of one call, in bytes */
	unsigned int count;	/* of mappings, where it is not size / chunk */
};

/*
 * Calls @measure for every open peer, options.repeat times after rounds that are not
 * reported.
 */
void row_repeat(const struct row *row, void *data,
		void (*measure)(const struct row *row, const struct peer *peer,
				void *data));

/* memory_get() with the row's kind and size, reporting runs or the failure. */
int row_memory(const struct row *row, struct memory *memory);

/* Reports what was measured, or @err if there is one; true if there is none. */
bool row_result(const struct row *row, const struct peer *peer, int err,
		__u64 units, const struct stopwatch *watch);

void row_null_call(const struct row *row);	/* rows_calls.c */
void row_chunks(const struct row *row);		/* rows_chunks.c */
void row_untouched(const struct row *row);
void row_ranges(const struct row *row);		/* rows_ranges.c */
void row_growth(const struct row *row);
void row_second_space(const struct row *row);	/* rows_sharing.c */
void row_fill(const struct row *row);
void row_footprint(const struct row *row);	/* rows_footprint.c */
void row_workers(const struct row *row);	/* rows_threads.c */
void row_threads(const struct row *row);

#endif /* IOASID_BENCH_ROWS_H */
