// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TAP for the library's test programs: see tap.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libioasid.h"
#include "tap.h"

static int tap_count, tap_failed;

bool tap_ok(bool good, const char *name, ...)
{
	va_list args;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# last error: %s\n", ioasid_last_error());
	}
	fflush(stdout);
	return good;
}

bool tap_fails(int ret, int err, const char *name, const char * const words[])
{
	const char *text = ioasid_last_error();
	bool good = ret == err && !strchr(text, '\n');
	int i;

	for (i = 0; words[i]; i++)
		if (!strstr(text, words[i])) {
			printf("# misses: %s\n", words[i]);
			good = false;
		}
	if (ret != err)
		printf("# returned %d, not %d\n", ret, err);
	return tap_ok(good, "%s", name);
}

int tap_close(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed || !tap_count;
}
