/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the race programs share: how long they go on, a count of how commands ended, and
 * a group that leaves its container and comes back. They take "-d SECONDS" in front of
 * the harness's own arguments.
 */
#ifndef IOASID_TEST_RACE_H
#define IOASID_TEST_RACE_H

#include "common.h"
#include "vfio.h"

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

/*
 * A device whose group leaves its container and comes back, while threads send commands
 * to the container.
 */
struct visit {
	struct race race;
	struct dev dev;
	unsigned long type;	/* what the container is opened as */
	unsigned int rounds;	/* how often the group left */
};

#define VISIT_THREADS	3

/* The container as it is now. */
int visit_container(const struct visit *visit);
/* One round: the group leaves, or everything is closed, and is there again. 0 or an errno. */
int visit_leave_and_return(struct visit *visit);
int visit_close_and_reopen(struct visit *visit);

/* What a visit is like, and what goes on meanwhile. */
struct visit_plan {
	void *(*roles[VISIT_THREADS])(void *arg);
	int (*round)(struct visit *visit);
	void (*before)(void *arg);	/* each round */
	unsigned int rounds;
};

/* 0 or the errno that ended it. @arg is for the plan's functions. */
int visit_run(struct visit *visit, const struct visit_plan *plan, void *arg);

/* Numbers that differ from thread to thread and are the same in every run. */
unsigned int race_random(unsigned int *state);

#endif /* IOASID_TEST_RACE_H */
