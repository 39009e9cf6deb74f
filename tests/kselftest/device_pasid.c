// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs where there are none: no emulated PCI device has any, so every attach is
 * refused with what is missing, and changes nothing. What PASIDs do where they are is
 * tested with the mock IOMMU.
 */
#include "kselftest_harness.h"

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "stage.h"

#define IOVA	0x100000ULL

FIXTURE(pasid) {
	struct stage stage;
	char *page;
};

FIXTURE_SETUP(pasid)
{
	ASSERT_OK(stage_open(&self->stage, EDU_A, 0));
	self->page = anon(PAGE);
	ASSERT_NE(NULL, self->page);
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, self->page, PAGE,
			 IOVA, RW));
}

FIXTURE_TEARDOWN(pasid)
{
	stage_close(&self->stage);
}

TEST_F(pasid, there_are_none)
{
	struct stage *stage = &self->stage;
	struct ioasid_device_info info;
	const char *lacking = kernel_before(6, 11) ? "this kernel" :
						     stage->dev.name;

	ASSERT_OK(do_device_info(stage->fd, stage->dev.id, &info));
	EXPECT_EQ(0, info.max_pasids);
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_pasid(stage->fd, stage->dev.id, 1,
				       stage->space));
	EXPECT_NE(NULL, strstr(ea.message, lacking));
	EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_PASID,
		       do_attach_flags(stage->fd, stage->dev.id, stage->space,
				       IOASID_ATTACH_PASID |
				       IOASID_ATTACH_REPLACE |
				       IOASID_ATTACH_ALLOW_WINDOW, 1));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach_pasid(stage->fd, stage->dev.id, 1));
	EXPECT_EQ(stage->space, attached_to(stage->fd, stage->dev.id));
	EXPECT_TRUE(stage_sees(stage, IOVA, self->page, 900));
}

TEST_F(pasid, numbers_that_cannot_be)
{
	struct ioasid_detach detach = { .size = sizeof(detach), .pasid = 1 };
	struct stage *stage = &self->stage;

	EXPECT_REFUSED(EINVAL, IOASID_REASON_PASID,
		       do_attach_pasid(stage->fd, stage->dev.id, 0,
				       stage->space));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       do_attach_flags(stage->fd, stage->dev.id, stage->space, 0,
				       1));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach_pasid(stage->fd, stage->dev.id, 0));
	detach.dev_id = stage->dev.id;
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       cmd(stage->fd, IOASID_DETACH, &detach));
	EXPECT_EQ(stage->space, attached_to(stage->fd, stage->dev.id));
	EXPECT_TRUE(stage_sees(stage, IOVA, self->page, 901));
}

TEST_HARNESS_MAIN
