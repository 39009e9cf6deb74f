// SPDX-License-Identifier: GPL-2.0
/*
 * What the program prints: one line per finding, words separated by blanks.
 *
 *	sample ROW PEER OP UNITS VALUE	a measurement: VALUE for UNITS of work
 *	fact ROW NAME VALUE		what the row worked on
 *	absent ROW PEER OP WHY...	the peer cannot do it
 *	error ROW PEER OP WHY...	it failed, which makes the row fail
 *
 * Read by the lab. Called by every row.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static bool is_quiet;
static bool has_failed;

void report_quiet(bool quiet)
{
	is_quiet = quiet;
}

bool report_is_quiet(void)
{
	return is_quiet;
}

void report_sample(const char *row, const char *peer, const char *op, __u64 units,
		   __u64 value)
{
	if (!is_quiet)
		printf("sample %s %s %s %llu %llu\n", row, peer, op, units, value);
}

void report_fact(const char *row, const char *name, __u64 value)
{
	printf("fact %s %s %llu\n", row, name, value);
}

void report_absent(const char *row, const char *peer, const char *op,
		   const char *why)
{
	if (!is_quiet)
		printf("absent %s %s %s %s\n", row, peer, op, why);
}

void report_error(const char *row, const char *peer, const char *op, int err)
{
	if (err == -ENOTTY) {
		report_absent(row, peer, op, "this module does not know the command");
		return;
	}
	printf("error %s %s %s %s\n", row, peer, op, strerror(-err));
	has_failed = true;
}

bool report_failed(void)
{
	return has_failed;
}
