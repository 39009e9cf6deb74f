// SPDX-License-Identifier: GPL-2.0
/*
 * The mock IOMMU with all that it can have: are its own checks content? What a test
 * concludes from it is only as good as it is.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "mock.h"

TEST(all_checks)
{
	/* Before 6.7 it has no nested domains and takes no page requests. */
	long checks = kernel_before(6, 7) ? 15 : 15 + 10 + 5;

	/* Twice: it leaves nothing behind. */
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(checks, mock_counter("check", "passed"));
		EXPECT_EQ(0, mock_counter("check", "failed"));
	}
	EXPECT_EQ(0, mock_counter("iommu0", "domains"));
	EXPECT_EQ(0, mock_counter("iommu0", "entries"));
	EXPECT_TRUE(mock_is_content());
}

TEST_HARNESS_MAIN
