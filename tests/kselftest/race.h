/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the race programs share: how long they go on, and a count of how commands
 * ended. They take "-d SECONDS" in front of the harness's own arguments.
 */
#ifndef IOASID_TEST_RACE_H
#define IOASID_TEST_RACE_H

#include "common.h"

/* Races end by rounds; the clock only keeps a slow machine from going on for ever. */
#define RACE_SECONDS	20

struct race {
	__u64 deadline;		/* now_ms() when it ends, whatever the rounds */
	bool stop;
};

/* Takes -d out of the arguments; to be called first in main(). */
void race_arguments(int *argc, char **argv);
void race_start(struct race *race);
void race_stop(struct race *race);
bool race_over(struct race *race);

#define MAX_ERRNO	256

/* How often a command ended with which errno and reason. */
struct tally {
	unsigned int count[MAX_ERRNO];
	unsigned int reason[64];
};

void tally_add(struct tally *tally, int err);
/*
 * Prints the tally as a comment line. Returns the first errno that is not in the
 * zero-terminated list of @allowed ones, 0 if there is none: success always is.
 */
int tally_check(const char *what, const struct tally *tally,
		const int *allowed);

/* Numbers that differ from thread to thread and are the same in every run. */
unsigned int race_random(unsigned int *state);

#endif /* IOASID_TEST_RACE_H */
