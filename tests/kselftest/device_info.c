// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_DEVICE_INFO against what the kernel says elsewhere: the IOMMU's registers and
 * the members of groups in sysfs, and where the device's DMA goes.
 */
#include "kselftest_harness.h"

#include <limits.h>
#include <stdio.h>

#include "common.h"
#include "expect.h"
#include "vfio.h"

#define ROOM	8

FIXTURE(info) {
	int fd;
	__u32 space;
	struct dev dev[2];	/* one group */
	struct ioasid_device_info info;
	struct ioasid_resv_region regions[ROOM];
	struct ioasid_group_member members[ROOM];
	struct ioasid_attachment attachments[ROOM];
};

FIXTURE_SETUP(info)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev[0], EDU_C0));
	ASSERT_EQ(0, dev_join(&self->dev[1], EDU_C1, &self->dev[0]));
	ASSERT_OK(dev_bind(&self->dev[0], self->fd));
	memset(&self->info, 0, sizeof(self->info));
	self->info.resv_regions = (uintptr_t)self->regions;
	self->info.members = (uintptr_t)self->members;
	self->info.attachments = (uintptr_t)self->attachments;
	self->info.num_resv_regions = ROOM;
	self->info.num_members = ROOM;
	self->info.num_attachments = ROOM;
}

FIXTURE_TEARDOWN(info)
{
	dev_release(&self->dev[1]);
	dev_release(&self->dev[0]);
	close(self->fd);
}

static bool read_sysfs(const char *device, const char *file, char *line,
		       int size)
{
	char path[PATH_MAX];
	bool got;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	got = fgets(line, size, f);
	fclose(f);
	return got;
}

TEST_F(info, registers)
{
	struct ioasid_device_info *info = &self->info;
	unsigned int major, minor;
	char line[64], *end;

	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	if (info->iommu_kind != IOASID_IOMMU_INTEL_VTD) {
		/* AMD-Vi shows the header of its capability, others nothing. */
		EXPECT_EQ(info->iommu_kind == IOASID_IOMMU_AMD,
			  info->iommu_regs_valid & 1 << IOASID_REG_AMD_CAP);
		return;
	}
	EXPECT_EQ(1 << IOASID_REG_VTD_VERSION | 1 << IOASID_REG_VTD_CAP |
		  1 << IOASID_REG_VTD_ECAP, info->iommu_regs_valid);
	ASSERT_TRUE(read_sysfs(info->name, "iommu/intel-iommu/cap", line,
			       sizeof(line)));
	EXPECT_EQ(strtoull(line, NULL, 16), info->iommu_regs[IOASID_REG_VTD_CAP]);
	ASSERT_TRUE(read_sysfs(info->name, "iommu/intel-iommu/ecap", line,
			       sizeof(line)));
	EXPECT_EQ(strtoull(line, NULL, 16),
		  info->iommu_regs[IOASID_REG_VTD_ECAP]);
	ASSERT_TRUE(read_sysfs(info->name, "iommu/intel-iommu/version", line,
			       sizeof(line)));
	major = strtoul(line, &end, 10);
	ASSERT_EQ(':', *end);
	minor = strtoul(end + 1, NULL, 10);
	EXPECT_EQ(major << 4 | minor, info->iommu_regs[IOASID_REG_VTD_VERSION]);
	EXPECT_NE(0, info->iommu_regs[IOASID_REG_VTD_CAP]);
	for (int i = IOASID_REG_VTD_ECAP + 1; i < IOASID_NUM_IOMMU_REGS; i++)
		EXPECT_EQ(0, info->iommu_regs[i]);
	/* The maximum guest address width of the capability register. */
	EXPECT_LE(info->address_width,
		  (info->iommu_regs[IOASID_REG_VTD_CAP] >> 16 & 0x3f) + 1);
	EXPECT_GE(info->address_width, 39);
}

TEST_F(info, members)
{
	struct ioasid_device_info *info = &self->info;

	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	ASSERT_EQ(2, info->num_members);
	for (int i = 0; i < 2; i++) {
		struct ioasid_group_member *member = &self->members[i];
		bool first = !strcmp(member->name, self->dev[0].name);

		EXPECT_STREQ(self->dev[!first].name, member->name);
		EXPECT_STREQ("vfio-pci", member->driver);
		EXPECT_EQ(first ? self->dev[0].id : 0, member->dev_id);
		EXPECT_EQ(0, member->flags);
	}
	EXPECT_STRNE(self->members[0].name, self->members[1].name);
}

/* An id of another context means nothing here. */
TEST_F(info, members_elsewhere)
{
	struct ioasid_device_info *info = &self->info;
	int other = ctx_open();

	ASSERT_GE(other, 0);
	ASSERT_OK(dev_bind(&self->dev[1], other));
	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	ASSERT_EQ(2, info->num_members);
	for (int i = 0; i < 2; i++)
		if (!strcmp(self->members[i].name, self->dev[1].name))
			EXPECT_EQ(0, self->members[i].dev_id);
	close(other);
	ASSERT_OK(dev_bind(&self->dev[1], self->fd));
	info->num_members = ROOM;
	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	for (int i = 0; i < 2; i++)
		EXPECT_NE(0, self->members[i].dev_id);
}

TEST_F(info, a_member_without_a_driver)
{
	struct ioasid_device_info *info = &self->info;

	dev_release(&self->dev[1]);
	ASSERT_EQ(0, driver_unbind(edu_name(EDU_C1)));
	EXPECT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	EXPECT_EQ(2, info->num_members);
	for (int i = 0; i < 2; i++)
		if (strcmp(self->members[i].name, self->dev[0].name))
			EXPECT_STREQ("", self->members[i].driver);
	EXPECT_EQ(0, vfio_bind(edu_name(EDU_C1)));
	dev_init(&self->dev[1], EDU_C1);
}

TEST_F(info, attachments)
{
	struct ioasid_device_info *info = &self->info;

	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	EXPECT_EQ(0, info->num_attachments);
	EXPECT_EQ(0, info->ioasid);
	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->space));
	info->num_attachments = ROOM;
	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	ASSERT_EQ(1, info->num_attachments);
	EXPECT_EQ(0, self->attachments[0].pasid);
	EXPECT_EQ(self->space, self->attachments[0].ioasid);
	EXPECT_EQ(self->space, info->ioasid);
	/* The other device of the group did not ask for it. */
	ASSERT_OK(dev_bind(&self->dev[1], self->fd));
	info->num_attachments = ROOM;
	ASSERT_OK(do_device_arrays(self->fd, self->dev[1].id, info));
	EXPECT_EQ(0, info->num_attachments);
}

/* Room for all three arrays, but too little in one: all counts, and nothing else. */
TEST_F(info, one_array_too_small)
{
	struct ioasid_device_info *info = &self->info;

	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->space));
	memset(self->regions, 0xa5, sizeof(self->regions));
	info->num_members = 1;
	EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
		       do_device_arrays(self->fd, self->dev[0].id, info));
	EXPECT_EQ(2, info->num_members);
	EXPECT_EQ(1, info->num_attachments);
	EXPECT_GE(info->num_resv_regions, 1);
	EXPECT_EQ(0, info->page_sizes);
	EXPECT_EQ(0xa5a5a5a5, self->regions[0].kind);
	ASSERT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	EXPECT_NE(0, info->page_sizes);
}

TEST_F(info, arrays_that_cannot_be_written)
{
	struct ioasid_device_info *info = &self->info;

	ASSERT_OK(do_attach(self->fd, self->dev[0].id, self->space));
	info->members = PAGE;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_device_arrays(self->fd, self->dev[0].id, info));
	info->members = (uintptr_t)self->members;
	info->attachments = PAGE;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_device_arrays(self->fd, self->dev[0].id, info));
	/* Not touched if only the counts are wanted. */
	info->num_attachments = 0;
	EXPECT_OK(do_device_arrays(self->fd, self->dev[0].id, info));
	EXPECT_EQ(1, info->num_attachments);
}

TEST_HARNESS_MAIN
