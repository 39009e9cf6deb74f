// SPDX-License-Identifier: GPL-2.0
/*
 * What users see before the module is loaded. Runs first, with VFIO there and
 * ioasidfd not.
 */
#include "kselftest_harness.h"

#include <libioasid.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "vfio.h"

TEST(there_is_no_device_file)
{
	EXPECT_EQ(-1, ctx_open());
	EXPECT_EQ(ENOENT, errno);
}

/* The library says which module is missing. */
TEST(library_names_the_module)
{
	struct ioasid_ctx *ctx = NULL;

	EXPECT_EQ(-ENOENT, ioasid_ctx_open(&ctx));
	EXPECT_EQ(NULL, ctx);
	EXPECT_NE(NULL, strstr(ioasid_last_error(), "ioasidfd"))
		TH_LOG("%s", ioasid_last_error());
	EXPECT_EQ(IOASID_REASON_NONE, ioasid_last_reason());
}

/* VFIO does not take our number for another backend's. */
TEST(vfio_does_not_know_the_backend)
{
	struct dev dev;
	int container;

	ASSERT_EQ(0, container_open(&container));
	EXPECT_EQ(0, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_IOASID_IOMMU));
	EXPECT_EQ(1, ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU));
	close(container);
	EXPECT_NE(0, dev_claim(&dev, EDU_A));
	ASSERT_EQ(0, dev_claim_type(&dev, EDU_A, VFIO_TYPE1v2_IOMMU));
	dev_release(&dev);
}

TEST_HARNESS_MAIN
