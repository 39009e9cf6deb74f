/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often the programs that live by chance repeat what they do, and how the same chance
 * comes again: TEST_TIMES and TEST_SEED in the environment, which the lab sets by --times
 * and --seed.
 */
#ifndef IOASID_TEST_REPEAT_H
#define IOASID_TEST_REPEAT_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Times as much as usual. */
static inline unsigned int repeat_times(void)
{
	const char *times = getenv("TEST_TIMES");
	unsigned int number = times ? strtoul(times, NULL, 10) : 1;

	return number ? number : 1;
}

/* Where chance begins: never 0. Prints it. */
static inline unsigned int repeat_seed(void)
{
	const char *given = getenv("TEST_SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : 0;

	if (!seed && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = 1;
	seed = seed ? seed : 1;
	printf("# seed %#x\n", seed);
	fflush(stdout);
	return seed;
}

#endif /* IOASID_TEST_REPEAT_H */
