// SPDX-License-Identifier: GPL-2.0
/*
 * "ioasidctl demo" on the software device, and on the device that it takes itself: an edu
 * device, or the software device where there is none. Its own checks are the test; what
 * it prints is shown when one does not hold.
 */
#include "kselftest_harness.h"

#include <stdio.h>
#include <sys/wait.h>

static int run(const char *command)
{
	FILE *pipe = popen(command, "re");
	char line[256];
	int status;

	if (!pipe)
		return -1;
	while (fgets(line, sizeof(line), pipe))
		printf("# %s", line);
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(by_name)
{
	EXPECT_EQ(0, run("exec tools/ioasidctl demo software 2>&1"));
}

TEST(what_there_is)
{
	EXPECT_EQ(0, run("exec tools/ioasidctl demo 2>&1"));
}

TEST_HARNESS_MAIN
