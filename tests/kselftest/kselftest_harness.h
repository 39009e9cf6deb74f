/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own harness, found behind this file, with time limits that follow
 * the machine: TEST_SLOWER in the environment says how many times longer than
 * elsewhere everything takes, as on a kernel that checks itself.
 */
#ifndef IOASID_TEST_HARNESS_H
#define IOASID_TEST_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <unistd.h>

static inline unsigned int limited_alarm(unsigned int seconds)
{
	const char *slower = getenv("TEST_SLOWER");

	return alarm(seconds * (slower ? strtoul(slower, NULL, 10) : 1));
}

#define alarm(seconds) limited_alarm(seconds)
#include_next "kselftest_harness.h"
#undef alarm

#endif /* IOASID_TEST_HARNESS_H */
