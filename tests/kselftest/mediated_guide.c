// SPDX-License-Identifier: GPL-2.0
/*
 * The guide's program for devices that have no IOMMU. The other programs of the guide are
 * run as the guide shows them, by the script that tests/docs/in-vm makes; this one's
 * device has another name on some kernels.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "soft.h"

SOFT_PROGRAM;

TEST(the_program_of_the_guide)
{
	char command[256], line[256];
	struct dev dev;
	bool said = false;
	FILE *pipe;

	/* Names it, and lets go of it. */
	ASSERT_EQ(0, soft_claim(&dev, 0, NULL));
	dev_release(&dev);
	snprintf(command, sizeof(command), "docs/examples/mediated %s 2>&1", dev.name);
	pipe = popen(command, "re");
	ASSERT_NE(NULL, pipe);
	while (fgets(line, sizeof(line), pipe)) {
		said |= !strncmp(line, "yes: and cannot any more", 24);
		printf("# %s", line);
	}
	EXPECT_EQ(0, pclose(pipe));
	EXPECT_TRUE(said);
}

TEST_HARNESS_MAIN
