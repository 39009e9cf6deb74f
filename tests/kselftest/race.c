// SPDX-License-Identifier: GPL-2.0
/*
 * Time, chance and counts for the race programs, and a group that comes and goes. Linked
 * into every test program.
 */
#define _GNU_SOURCE
#include "race.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned int seconds = RACE_SECONDS;

void race_arguments(int *argc, char **argv)
{
	if (*argc < 3 || strcmp(argv[1], "-d"))
		return;
	seconds = atoi(argv[2]);
	memmove(argv + 1, argv + 3, (*argc - 2) * sizeof(*argv));
	*argc -= 2;
}

void race_start(struct race *race)
{
	race->deadline = now_ms() + seconds * 1000ULL;
	race->stop = false;
}

void race_stop(struct race *race)
{
	__atomic_store_n(&race->stop, true, __ATOMIC_RELEASE);
}

bool race_over(struct race *race)
{
	return __atomic_load_n(&race->stop, __ATOMIC_ACQUIRE) ||
	       now_ms() > race->deadline;
}

void tally_add(struct tally *tally, int err)
{
	unsigned int slot = err < MAX_ERRNO ? err : MAX_ERRNO - 1;

	__atomic_add_fetch(&tally->count[slot], 1, __ATOMIC_RELAXED);
	if (err && ea.reason < 64)
		__atomic_add_fetch(&tally->reason[ea.reason], 1,
				   __ATOMIC_RELAXED);
}

static bool is_allowed(int err, const int *allowed)
{
	while (*allowed)
		if (*allowed++ == err)
			return true;
	return false;
}

int tally_check(const char *what, const struct tally *tally,
		const int *allowed)
{
	int bad = 0;

	printf("# %-12s ok %u", what, tally->count[0]);
	for (int err = 1; err < MAX_ERRNO; err++) {
		if (!tally->count[err])
			continue;
		printf(", %s %u", strerrorname_np(err), tally->count[err]);
		if (!bad && !is_allowed(err, allowed))
			bad = err;
	}
	printf("; reasons");
	for (unsigned int reason = 0; reason < 64; reason++)
		if (tally->reason[reason])
			printf(" %u:%u", reason, tally->reason[reason]);
	printf("\n");
	fflush(stdout);
	return bad;
}

unsigned int race_random(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

int visit_container(const struct visit *visit)
{
	return __atomic_load_n(&visit->dev.container, __ATOMIC_ACQUIRE);
}

int visit_leave_and_return(struct visit *visit)
{
	struct dev *dev = &visit->dev;
	int err = group_unset(dev->group);

	if (!err)
		err = group_set(dev->group, dev->container);
	if (!err)
		err = container_use(dev->container, visit->type);
	return err;
}

/* A thread that has just been in the old group's fd keeps it open for a moment. */
static int open_again(struct dev *dev)
{
	int err = EBUSY;

	for (int i = 0; i < 1000 && err == EBUSY; i++) {
		if (i)
			usleep(1000);
		err = group_open(dev->name, &dev->group);
	}
	return err;
}

int visit_close_and_reopen(struct visit *visit)
{
	struct dev *dev = &visit->dev;
	int container = dev->container, group = dev->group, err;
	/* One time the container goes first, the other the group. */
	bool container_first = visit->rounds & 2;

	close(container_first ? container : group);
	close(container_first ? group : container);
	err = open_again(dev);
	if (!err)
		err = container_open(&container);
	if (!err)
		err = group_set(dev->group, container);
	if (!err)
		err = container_use(container, visit->type);
	__atomic_store_n(&dev->container, container, __ATOMIC_RELEASE);
	return err;
}

int visit_run(struct visit *visit, const struct visit_plan *plan, void *arg)
{
	pthread_t threads[VISIT_THREADS];
	int err = 0;

	race_start(&visit->race);
	for (unsigned int i = 0; i < VISIT_THREADS; i++)
		if (pthread_create(&threads[i], NULL, plan->roles[i], arg))
			abort();
	while (!err && visit->rounds < plan->rounds && !race_over(&visit->race)) {
		plan->before(arg);
		err = plan->round(visit);
		visit->rounds++;
	}
	race_stop(&visit->race);
	for (unsigned int i = 0; i < VISIT_THREADS; i++)
		pthread_join(threads[i], NULL);
	return err;
}
