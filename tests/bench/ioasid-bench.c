// SPDX-License-Identifier: GPL-2.0
/*
 * ioasid-bench: measures one row on every peer. Started by the lab's guest.
 *
 *	ioasid-bench [-p PEER,...] [-n ROUNDS] [-f OP] ROW
 *
 * -f OP takes a profile of that operation, with the host's help. The exit status is 0
 * if everything that is there worked. report.c tells what is printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rows.h"

struct options options = { .peers = "", .repeat = 3 };

static const struct row rows[] = {
	{ "null-call", row_null_call, 0, 0, 0, 0 },
	{ "one-4k", row_chunks, MEMORY_SCATTERED, 4 * MIB, 4 * KIB, 0 },
	{ "anon-64k", row_chunks, MEMORY_SCATTERED, 16 * MIB, 64 * KIB, 0 },
	{ "anon-2m", row_chunks, MEMORY_SCATTERED, 64 * MIB, 2 * MIB, 0 },
	{ "anon-1g-contiguous", row_chunks, MEMORY_CONTIGUOUS, GIB, GIB, 0 },
	{ "anon-1g-scattered", row_chunks, MEMORY_SCATTERED, GIB, GIB, 0 },
	{ "thp-1g", row_chunks, MEMORY_THP, GIB, GIB, 0 },
	{ "hugetlb-2m-1g", row_chunks, MEMORY_HUGETLB_2M, GIB, GIB, 0 },
	{ "hugetlb-1g", row_chunks, MEMORY_HUGETLB_1G, GIB, GIB, 0 },
	{ "untouched-64m", row_untouched, MEMORY_UNTOUCHED, 64 * MIB, 64 * MIB, 0 },
	{ "untouched-thp-64m", row_untouched, MEMORY_UNTOUCHED_THP,
	  64 * MIB, 64 * MIB, 0 },
	{ "ranges-64k", row_ranges, MEMORY_SCATTERED, 256 * MIB, 4 * KIB, 0 },
	{ "growth", row_growth, MEMORY_SCATTERED, 64 * MIB, 4 * KIB, 1 << 20 },
	{ "second-space-thp", row_second_space, MEMORY_THP, GIB, GIB, 0 },
	{ "second-space-scattered", row_second_space, MEMORY_SCATTERED, GIB, GIB, 0 },
	{ "attach-thp", row_fill, MEMORY_THP, GIB, GIB, 0 },
	{ "attach-scattered", row_fill, MEMORY_SCATTERED, GIB, GIB, 0 },
	{ "memory-ranges", row_footprint, MEMORY_SCATTERED,
	  256 * MIB, 4 * KIB, 1 << 16 },
	{ "memory-thp", row_footprint, MEMORY_THP, GIB, GIB, 64 },
	{ "memory-hugetlb-2m", row_footprint, MEMORY_HUGETLB_2M, GIB, GIB, 64 },
	{ "memory-scattered", row_footprint, MEMORY_SCATTERED, GIB, GIB, 4 },
	{ "memory-contiguous", row_footprint, MEMORY_CONTIGUOUS, GIB, GIB, 4 },
	{ "workers-1g", row_workers, MEMORY_UNTOUCHED, GIB, GIB, 0 },
	{ "threads", row_threads, MEMORY_SCATTERED, 4 * MIB, 64 * KIB, 0 },
	{ NULL, NULL, 0, 0, 0, 0 }
};

static void refuse(void)
{
	const struct row *row;

	fprintf(stderr, "usage: ioasid-bench [-p PEER,...] [-n ROUNDS] [-f OP] ROW\n"
		"rows:");
	for (row = rows; row->name; row++)
		fprintf(stderr, " %s", row->name);
	fprintf(stderr, "\n");
	exit(2);
}

static const struct row *find(const char *name)
{
	const struct row *row;

	for (row = rows; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	fprintf(stderr, "ioasid-bench: no row named %s\n", name);
	refuse();
	return NULL;
}

/* A profile needs no gibibyte, and recording one would take hours. */
static struct row smaller(const struct row *row)
{
	struct row small = *row;

	if (small.kind == MEMORY_HUGETLB_1G)
		return small;
	if (small.chunk > PROFILE_LIMIT)
		small.chunk = PROFILE_LIMIT;
	if (small.size > PROFILE_LIMIT)
		small.size = PROFILE_LIMIT;
	return small;
}

static const char *parse(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "p:n:f:")) != -1) {
		switch (option) {
		case 'p':
			options.peers = optarg;
			break;
		case 'n':
			options.repeat = atoi(optarg);
			break;
		case 'f':
			options.profile = optarg;
			break;
		default:
			refuse();
		}
	}
	if (optind != argc - 1)
		refuse();
	return argv[optind];
}

int main(int argc, char **argv)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct row row = *find(parse(argc, argv));

	/* A time slice that another task takes is 4 million instructions. */
	setpriority(PRIO_PROCESS, 0, -20);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (setrlimit(RLIMIT_MEMLOCK, &none)) {
		perror("ioasid-bench: RLIMIT_MEMLOCK");
		return 1;
	}
	if (options.profile) {
		row = smaller(&row);
		options.repeat = 1;
	}
	peers_open(row.name);
	if (peer_nth(0))
		row.run(&row);
	else
		report_error(row.name, "-", "open", -ENODEV);
	peers_close();
	return report_failed();
}
