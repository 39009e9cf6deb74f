// SPDX-License-Identifier: GPL-2.0
/*
 * A device whose DMA does not snoop the CPU's caches. VFIO has no way to let user space
 * make up for that, so since 5.19 it does not offer such a device. Before, it works, and
 * says so.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "expect.h"
#include "mock.h"

#define IOVA	0x2000000ULL

TEST(not_coherent)
{
	struct ioasid_device_info info;
	struct dev dev;
	__u32 space;
	int fd = ctx_open();
	char *va = anon_populated(PAGE);

	ASSERT_GE(fd, 0);
	ASSERT_NE(NULL, va);
	if (!kernel_before(5, 19)) {
		EXPECT_NE(0, dev_claim(&dev, MOCK(0)));
		EXPECT_EQ(-1, mock_device_counter(MOCK(0), "domain"));
		return;
	}
	ASSERT_OK(mock_claim(&dev, MOCK(0), fd));
	ASSERT_OK(do_device_info(fd, dev.id, &info));
	EXPECT_EQ(0, info.device_flags & (IOASID_DEVICE_COHERENT |
					  IOASID_DEVICE_ENFORCE_SNOOP));
	ASSERT_OK(do_alloc(fd, &space));
	ASSERT_OK(do_attach(fd, dev.id, space));
	ASSERT_OK(do_map(fd, space, va, PAGE, IOVA, RW));
	EXPECT_TRUE(mock_sees(&dev, BY_RID, IOVA, va, PAGE, 1700));
	dev_release(&dev);
	close(fd);
	EXPECT_TRUE(mock_is_content());
}

TEST_HARNESS_MAIN
