// SPDX-License-Identifier: GPL-2.0
/*
 * Holds the program while the host turns the recording of instructions on and off.
 * Called by clock.c around what is measured.
 *
 * They talk over the port that the results go to: a line from here, a line back when
 * it is done. One call is recorded, the first one that counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "rows.h"

static int port = -1;
static bool is_open;
static bool is_done;

static void tell_and_wait(const char *word)
{
	char answer = 0;

	printf("# gate %s\n", word);
	while (answer != '\n' && read(port, &answer, 1) == 1)
		;
}

void gate_open(const char *op)
{
	if (is_done || !options.profile || report_is_quiet() ||
	    strcmp(op, options.profile))
		return;
	is_done = true;
	port = open("/proc/self/fd/1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port < 0) {
		report_error("profile", "gate", op, -errno);
		return;
	}
	is_open = true;
	tell_and_wait("begin");
}

void gate_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	tell_and_wait("end");
	close(port);
}
