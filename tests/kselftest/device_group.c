// SPDX-License-Identifier: GPL-2.0
/*
 * Groups in which a device has a driver that is no VFIO driver, and devices that are
 * reset while they are attached.
 */
#include "kselftest_harness.h"

#include <limits.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "common.h"
#include "dma.h"
#include "expect.h"
#include "stage.h"

#define IOVA	0x100000ULL

/* One function of a pair is driven by another driver. */
FIXTURE(foreign) {
	int fd;
	const char *other;
	struct dev dev;
};

FIXTURE_SETUP(foreign)
{
	self->other = edu_name(EDU_C1);
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	dev_init(&self->dev, EDU_C0);
	ASSERT_EQ(0, driver_unbind(self->other));
}

FIXTURE_TEARDOWN(foreign)
{
	dev_release(&self->dev);
	driver_unbind(self->other);
	EXPECT_EQ(0, vfio_bind(self->other));
	close(self->fd);
}

/* VFIO lets the group in; the function is the stub's, not user space's. */
TEST_F(foreign, pci_stub)
{
	struct ioasid_group_member members[4];
	struct ioasid_device_info info = {
		.num_members = 4,
		.members = (uintptr_t)members,
	};
	bool found = false;
	__u32 id;

	ASSERT_EQ(0, driver_bind(self->other, "pci-stub"));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_C0));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DRIVER,
		       do_bind(self->dev.container, self->fd, self->other, 0,
			       &id));
	EXPECT_NE(NULL, strstr(ea.message, self->other));
	EXPECT_NE(NULL, strstr(ea.message, "pci-stub"));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
	ASSERT_OK(do_device_arrays(self->fd, self->dev.id, &info));
	ASSERT_EQ(2, info.num_members);
	for (int i = 0; i < 2; i++)
		found |= !strcmp(members[i].name, self->other) &&
			 !strcmp(members[i].driver, "pci-stub");
	EXPECT_TRUE(found);
}

/* Does it have this driver? */
static bool driven_by(const char *name, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return !strcmp(strrchr(target, '/') + 1, driver);
}

/*
 * A driver that may do DMA for the host: VFIO does not give the group away. Before 5.19
 * it does, but we bind none of its devices, and VFIO opens none.
 */
TEST_F(foreign, host_driver)
{
	__u32 id;
	int err;

	ASSERT_EQ(0, driver_bind(self->other, "pci-pf-stub"));
	ASSERT_TRUE(driven_by(self->other, "pci-pf-stub"));
	err = dev_claim(&self->dev, EDU_C0);
	EXPECT_EQ(!kernel_before(5, 19), !!err);
	if (!err) {
		EXPECT_REFUSED(EINVAL, IOASID_REASON_DRIVER,
			       dev_bind(&self->dev, self->fd));
		EXPECT_NE(NULL, strstr(ea.message, self->other));
		EXPECT_REFUSED(EINVAL, IOASID_REASON_DRIVER,
			       do_bind(self->dev.container, self->fd,
				       self->other, 0, &id));
		EXPECT_NE(NULL, strstr(ea.message, self->other));
		err = device_open(self->dev.group, self->dev.name,
				  &self->dev.device);
	}
	EXPECT_NE(0, err);
	dev_release(&self->dev);
	dev_init(&self->dev, EDU_C0);
	/* Without that driver it is. */
	ASSERT_EQ(0, driver_unbind(self->other));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_C0));
	EXPECT_OK(dev_bind(&self->dev, self->fd));
}

FIXTURE(reset) {
	struct stage stage;
	char *page;
};

FIXTURE_SETUP(reset)
{
	ASSERT_OK(stage_open(&self->stage, EDU_A, 0));
	self->page = anon(PAGE);
	ASSERT_NE(NULL, self->page);
	ASSERT_OK(do_map(self->stage.fd, self->stage.space, self->page, PAGE,
			 IOVA, RW));
}

FIXTURE_TEARDOWN(reset)
{
	stage_close(&self->stage);
}

static bool has_reset(int device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return !ioctl(device, VFIO_DEVICE_GET_INFO, &info) &&
	       (info.flags & VFIO_DEVICE_FLAGS_RESET);
}

/*
 * What VFIO can reset of the device, while it is attached: the function if it says that
 * it can, else what closing and opening does. The attachment outlasts it.
 */
TEST_F(reset, while_attached)
{
	struct stage *stage = &self->stage;
	int device = stage->dev.device;

	ASSERT_TRUE(stage_sees(stage, IOVA, self->page, 800));
	if (has_reset(device)) {
		ASSERT_EQ(0, ioctl(device, VFIO_DEVICE_RESET));
		TH_LOG("reset by VFIO_DEVICE_RESET");
	}
	engine_close(&stage->engine);
	ASSERT_EQ(0, engine_open(&stage->engine, &stage->dev));
	EXPECT_EQ(stage->space, attached_to(stage->fd, stage->dev.id));
	EXPECT_TRUE(stage_sees(stage, IOVA, self->page, 801));
	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	EXPECT_TRUE(stage_is_blind(stage, IOVA, self->page, 802));
}

TEST_HARNESS_MAIN
