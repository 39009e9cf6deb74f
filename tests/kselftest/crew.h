/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two processes that share a context and use it for everything at once while their devices
 * do DMA, until they are killed. Whoever starts them looks on from outside: what they do is
 * drawn by chance from a seed, and how it ended is counted in memory that outlives them.
 *
 * The captain opens everything, drives an edu device and an NVMe controller, and hands the
 * context to the mate through a socket, who maps memory of its own. Used by the stress
 * programs.
 */
#ifndef IOASID_TEST_CREW_H
#define IOASID_TEST_CREW_H

#include <sys/types.h>

#include "common.h"
#include "race.h"

#define CREW_SPACES	3
#define CREW_DEVICES	4	/* all of edu */
#define CREW_MEMORIES	2
#define CREW_CANARIES	4	/* pages */
#define CREW_SEED	0xc4e3

enum crew_order {
	ORDER_ALLOC,
	ORDER_FREE,
	ORDER_MAP,
	ORDER_MAP_ANY,
	ORDER_MAP_LARGE,
	ORDER_MAP_FILE,
	ORDER_BATCH,
	ORDER_COPY,
	ORDER_UNMAP,
	ORDER_UNMAP_ALL,
	ORDER_REGISTER,
	ORDER_UNREGISTER,
	ORDER_ATTACH,
	ORDER_REPLACE,
	ORDER_DETACH,
	ORDER_BIND,
	ORDER_UNBIND,
	ORDER_LEAVE,
	ORDER_INFO,
	ORDER_DIRTY,
	ORDER_DUP,
	ORDER_PASS,
	CREW_ORDERS,
};

/* What both processes and the one who started them see. */
struct crew_log {
	char reached[CREW_CANARIES * PAGE];	/* memory that devices may reach */
	pid_t captain, mate;
	int ready;		/* processes that are at work */
	int failed;		/* the errno that ended the captain, or 0 */
	const char *where;	/* what failed */
	unsigned int seed;
	unsigned int dmas;	/* that arrived */
	__u32 spaces[CREW_SPACES];
	__u32 harbour;		/* the NVMe controller's, which nobody frees */
	__u32 memories[CREW_MEMORIES];
	__u32 devices[CREW_DEVICES];
	struct tally tallies[CREW_ORDERS];
};

/* The log, empty; NULL if there is no memory. */
struct crew_log *crew_log(void);

/*
 * Starts them, and waits until both are at work. Returns 0, or the errno of what they could
 * not open, which is in log->where.
 */
int crew_start(struct crew_log *log, unsigned int seed);
/*
 * Halts all their threads where they are not in the kernel, and tells how many pages are
 * charged to them. ~0 if they do not halt.
 */
__u64 crew_halt(struct crew_log *log);
void crew_go_on(struct crew_log *log);
/* Kills them in an order that chance decides, and waits until they are gone. */
void crew_kill(struct crew_log *log, unsigned int chance);
/* Prints how all that they did ended; false if anything ended in a way it must not. */
bool crew_report(const struct crew_log *log);

#endif /* IOASID_TEST_CREW_H */
