/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands that fall asleep in the kernel at a place of the test's choice: they touch
 * a page that is not there until the test supplies it (userfaultfd). What could go
 * wrong while a command runs can then be done at leisure.
 */
#ifndef IOASID_TEST_ASLEEP_H
#define IOASID_TEST_ASLEEP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "common.h"

/* A page that puts to sleep who touches it. */
struct lure {
	int uffd;
	void *page;
};

int lure_make(struct lure *lure);
/* The same with a page of the test's own, which nobody has touched. */
int lure_set(struct lure *lure, void *page);
/* Waits until somebody sleeps; false if nobody does within seconds. */
bool lure_has_caught(struct lure *lure);
/* Supplies the page with these bytes, and wakes. */
int lure_release(struct lure *lure, const void *bytes, size_t length);

/* A command that runs in a thread of its own. */
struct sleeper {
	pthread_t thread;
	int fd;
	unsigned long nr;
	void *arg;
	int err;		/* what the command returned, -1 while it runs */
	struct ioasid_extack ea;
};

/* Starts a command that is about to touch the lure; true once it sleeps there. */
bool sleeper_start(struct sleeper *sleeper, struct lure *lure, int fd,
		   unsigned long nr, void *arg);
/*
 * Starts an IOASID_MAP_DMA of memory that was never touched, so much of it that it
 * takes its time; true once it has begun to fault it in. Older kernels do not let a
 * pin sleep in a lure.
 */
bool sleeper_start_map(struct sleeper *sleeper, int fd,
		       struct ioasid_map_dma *map);
/* True while the command has not returned. */
bool sleeper_runs(const struct sleeper *sleeper);
void sleeper_join(struct sleeper *sleeper);

#endif /* IOASID_TEST_ASLEEP_H */
