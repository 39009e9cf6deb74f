// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of this process's memory the kernel counts as locked, which pinned memory is.
 * Called by the demo's steps.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "demo.h"

unsigned long demo_locked(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long locked = 0;
	char line[256];

	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmLck: %lu", &locked) == 1)
			break;
	fclose(status);
	return locked;
}
