// SPDX-License-Identifier: GPL-2.0
/*
 * The commands about devices: VFIO_IOASID_BIND and UNBIND, IOASID_DEVICE_INFO,
 * ATTACH and DETACH, their good paths and every way in which they refuse. No DMA
 * here; dma_basic shows that attached means what it says.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <limits.h>

#include "common.h"
#include "expect.h"
#include "vfio.h"

#define MAX_REGIONS	16

FIXTURE(device) {
	int fd;
	__u32 space;
	struct dev dev;		/* claimed and bound */
};

FIXTURE_SETUP(device)
{
	self->fd = ctx_open();
	ASSERT_GE(self->fd, 0);
	ASSERT_OK(do_alloc(self->fd, &self->space));
	ASSERT_EQ(0, dev_claim(&self->dev, EDU_A));
	ASSERT_OK(dev_bind(&self->dev, self->fd));
}

FIXTURE_TEARDOWN(device)
{
	dev_release(&self->dev);
	close(self->fd);
}

/* The last part of the path a sysfs link points to, "" if there is none. */
static const char *link_name(const char *device, const char *link)
{
	static char target[PATH_MAX];
	char path[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device, link);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return "";
	target[len] = '\0';
	return strrchr(target, '/') + 1;
}

/* What the kernel's names say of the IOMMU of a device. */
static __u32 expected_kind(const char *device)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name = link_name(device, "iommu");
	ssize_t len;

	if (!strncmp(name, "dmar", 4))
		return IOASID_IOMMU_INTEL_VTD;
	if (!strncmp(name, "ivhd", 4))
		return IOASID_IOMMU_AMD;
	/* This one is named for its place on a bus. */
	snprintf(path, sizeof(path), "/sys/class/iommu/%s", name);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	return strstr(target, "/virtio") ? IOASID_IOMMU_VIRTIO :
					   IOASID_IOMMU_OTHER;
}

TEST_F(device, info)
{
	struct ioasid_device_info info;

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	EXPECT_STREQ(self->dev.name, info.name);
	EXPECT_STREQ(link_name(self->dev.name, "iommu"), info.iommu_name);
	EXPECT_EQ(self->dev.cookie, info.cookie);
	EXPECT_EQ(0, info.ioasid);
	EXPECT_EQ(0, info.device_flags & ~(__u64)(IOASID_DEVICE_COHERENT |
						  IOASID_DEVICE_ENFORCE_SNOOP));
	EXPECT_EQ(iommu_group_of(self->dev.name), info.group_id);
	EXPECT_EQ(1, info.num_members);
	EXPECT_EQ(0, info.num_attachments);
	EXPECT_EQ(0, info.max_pasids);
	EXPECT_EQ(0, info.nesting_formats);
	EXPECT_EQ(info.aperture_last,
		  ~0ULL >> (64 - info.address_width));
	EXPECT_EQ(expected_kind(self->dev.name), info.iommu_kind);
	EXPECT_NE(IOASID_IOMMU_OTHER, info.iommu_kind);
	EXPECT_EQ(IOASID_INTENT_RID, info.intent);
	EXPECT_EQ(PAGE, info.page_sizes & PAGE);
	EXPECT_EQ(0, info.page_sizes & (PAGE - 1));
	EXPECT_EQ(0, info.aperture_first);
	EXPECT_GE(info.aperture_last, (1ULL << 39) - 1);
	EXPECT_EQ(PAGE - 1, info.aperture_last & (PAGE - 1));
	EXPECT_GE(info.num_resv_regions, 1);
	EXPECT_EQ(0, info.resv_regions);
}

TEST_F(device, info_regions)
{
	struct ioasid_resv_region regions[MAX_REGIONS];
	struct ioasid_device_info info = {
		.size = sizeof(info),
		.dev_id = self->dev.id,
		.num_resv_regions = MAX_REGIONS,
		.resv_regions = (uintptr_t)regions,
	};
	bool msi = false;

	memset(regions, 0xa5, sizeof(regions));
	ASSERT_OK(cmd(self->fd, IOASID_DEVICE_INFO, &info));
	ASSERT_LT(info.num_resv_regions, MAX_REGIONS);
	for (__u32 i = 0; i < info.num_resv_regions; i++) {
		EXPECT_LE(regions[i].first, regions[i].last);
		EXPECT_EQ(0, regions[i].__reserved);
		EXPECT_GE(regions[i].kind, IOASID_RESV_DIRECT);
		EXPECT_LE(regions[i].kind, IOASID_RESV_SW_MSI);
		msi |= regions[i].kind == MSI_KIND &&
		       regions[i].first == MSI_FIRST &&
		       regions[i].last == MSI_LAST;
	}
	EXPECT_TRUE(msi);
	EXPECT_EQ(0xa5a5a5a5, regions[info.num_resv_regions].kind);
}

/* Too small an array is refused, and only the count is written. */
TEST_F(device, info_array_too_small)
{
	struct ioasid_resv_region regions[1 + MAX_REGIONS];
	struct ioasid_device_info info, small = {
		.size = sizeof(small),
		.resv_regions = (uintptr_t)regions,
	};

	ASSERT_OK(do_device_info(self->fd, self->dev.id, &info));
	ASSERT_GE(info.num_resv_regions, 1);
	ASSERT_LE(info.num_resv_regions, MAX_REGIONS);
	memset(regions, 0xa5, sizeof(regions));
	small.dev_id = self->dev.id;
	small.num_resv_regions = info.num_resv_regions - 1;
	if (small.num_resv_regions) {
		EXPECT_REFUSED(EMSGSIZE, IOASID_REASON_ARRAY,
			       cmd(self->fd, IOASID_DEVICE_INFO, &small));
		EXPECT_EQ(info.num_resv_regions, small.num_resv_regions);
		EXPECT_EQ(0, small.page_sizes);
		EXPECT_EQ('\0', small.name[0]);
		EXPECT_EQ(0xa5a5a5a5, regions[0].kind);
	}
	small.num_resv_regions = info.num_resv_regions;
	small.resv_regions = PAGE;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       cmd(self->fd, IOASID_DEVICE_INFO, &small));
}

TEST_F(device, info_of_a_pair)
{
	struct ioasid_device_info info;
	struct dev first, second;

	ASSERT_EQ(0, dev_claim(&first, EDU_C0));
	ASSERT_EQ(0, dev_join(&second, EDU_C1, &first));
	ASSERT_OK(dev_bind(&first, self->fd));
	ASSERT_OK(dev_bind(&second, self->fd));
	EXPECT_NE(first.id, second.id);
	for (int i = 0; i < 2; i++) {
		struct dev *dev = i ? &second : &first;

		ASSERT_OK(do_device_info(self->fd, dev->id, &info));
		EXPECT_STREQ(dev->name, info.name);
		EXPECT_EQ(dev->cookie, info.cookie);
		EXPECT_EQ(2, info.num_members);
		EXPECT_EQ(iommu_group_of(first.name), info.group_id);
	}
	dev_release(&second);
	dev_release(&first);
}

TEST_F(device, bind_to_what_is_no_context)
{
	int null = open("/dev/null", O_RDWR);
	int path = open("/dev/ioasid", O_PATH);
	__u32 id = 0;

	ASSERT_GE(null, 0);
	ASSERT_GE(path, 0);
	ASSERT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, -1, self->dev.name, 0, &id));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, 4000, self->dev.name, 0,
			       &id));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, path, self->dev.name, 0,
			       &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, null, self->dev.name, 0,
			       &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, self->dev.container,
			       self->dev.name, 0, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       do_bind(self->dev.container, self->dev.group,
			       self->dev.name, 0, &id));
	EXPECT_EQ(0, id);
	EXPECT_OK(dev_bind(&self->dev, self->fd));
}

TEST_F(device, bind_bad_names)
{
	char *page = anon(2 * PAGE);
	__u32 id;

	ASSERT_NE(NULL, page);
	memset(page, 'x', PAGE);
	ASSERT_EQ(0, mprotect(page + PAGE, PAGE, PROT_NONE));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_bind(self->dev.container, self->fd, NULL, 0, &id));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
		       do_bind(self->dev.container, self->fd, page + PAGE - 8, 0,
			       &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       do_bind(self->dev.container, self->fd, "", 0, &id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE,
		       do_bind(self->dev.container, self->fd, page, 0, &id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_bind(self->dev.container, self->fd, "0000:00:1f.7", 0,
			       &id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_bind(self->dev.container, self->fd, "0000:00:04", 0,
			       &id));
}

TEST_F(device, bind_a_device_of_another_container)
{
	struct dev other;
	__u32 id;

	/* Not claimed by anyone, then claimed through another container. */
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_bind(self->dev.container, self->fd, edu_name(EDU_B), 0,
			       &id));
	ASSERT_EQ(0, dev_claim(&other, EDU_B));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_bind(self->dev.container, self->fd, edu_name(EDU_B), 0,
			       &id));
	EXPECT_OK(dev_bind(&other, self->fd));
	dev_release(&other);
}

TEST_F(device, bind_twice)
{
	int other = ctx_open();
	__u32 id;

	ASSERT_GE(other, 0);
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_BOUND,
		       do_bind(self->dev.container, self->fd, self->dev.name, 0,
			       &id));
	EXPECT_EQ(self->dev.id, ea.id);
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_BOUND,
		       do_bind(self->dev.container, other, self->dev.name, 0,
			       &id));
	EXPECT_EQ(0, ea.id);
	ASSERT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	EXPECT_OK(do_bind(self->dev.container, other, self->dev.name, 0, &id));
	close(other);
	/* The end of the other context was the end of its binding. */
	EXPECT_OK(dev_bind(&self->dev, self->fd));
}

TEST_F(device, bind_without_a_driver)
{
	struct dev first, second;
	__u32 id;
	int err;

	ASSERT_EQ(0, driver_unbind(edu_name(EDU_C1)));
	err = dev_claim(&first, EDU_C0);
	EXPECT_EQ(0, err);
	if (!err) {
		EXPECT_REFUSED(EINVAL, IOASID_REASON_DRIVER,
			       do_bind(first.container, self->fd,
				       edu_name(EDU_C1), 0, &id));
		EXPECT_OK(dev_bind(&first, self->fd));
	}
	EXPECT_EQ(0, vfio_bind(edu_name(EDU_C1)));
	/* With its driver back it can be bound, in the same container too. */
	if (!err) {
		EXPECT_EQ(0, dev_join(&second, EDU_C1, &first));
		EXPECT_OK(dev_bind(&second, self->fd));
		dev_release(&second);
		dev_release(&first);
	}
}

TEST_F(device, unbind)
{
	struct ioasid_device_info info;

	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_device_info(self->fd, self->dev.id, &info));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_free(self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, self->space));
	EXPECT_OK(dev_bind(&self->dev, self->fd));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
}

TEST_F(device, unbind_refusals)
{
	int null = open("/dev/null", O_RDWR);
	int other_fd = ctx_open();
	struct dev other;

	ASSERT_GE(null, 0);
	ASSERT_GE(other_fd, 0);
	ASSERT_EQ(0, dev_claim(&other, EDU_B));
	EXPECT_REFUSED(EBADF, IOASID_REASON_NOT_IOASID,
		       do_unbind(self->dev.container, -1, self->dev.id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_NOT_IOASID,
		       do_unbind(self->dev.container, null, self->dev.id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unbind(self->dev.container, self->fd, NO_ID));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unbind(self->dev.container, self->fd, 0));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unbind(self->dev.container, self->fd, self->space));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_unbind(self->dev.container, other_fd, self->dev.id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_DEVICE,
		       do_unbind(other.container, self->fd, self->dev.id));
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	EXPECT_OK(do_unbind(self->dev.container, self->fd, self->dev.id));
	dev_release(&other);
	close(other_fd);
}

TEST_F(device, attach_and_detach)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
		EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
		ASSERT_OK(do_detach(self->fd, self->dev.id));
		EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
	}
}

TEST_F(device, attach_twice)
{
	__u32 other;

	ASSERT_OK(do_alloc(self->fd, &other));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_ATTACHED,
		       do_attach(self->fd, self->dev.id, self->space));
	EXPECT_REFUSED(EEXIST, IOASID_REASON_DEVICE_ATTACHED,
		       do_attach(self->fd, self->dev.id, other));
	EXPECT_EQ(self->space, attached_to(self->fd, self->dev.id));
	EXPECT_OK(do_free(self->fd, other));
}

TEST_F(device, detach_what_is_not_attached)
{
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach(self->fd, self->dev.id));
	ASSERT_OK(do_attach(self->fd, self->dev.id, self->space));
	ASSERT_OK(do_detach(self->fd, self->dev.id));
	EXPECT_REFUSED(EINVAL, IOASID_REASON_DEVICE_DETACHED,
		       do_detach(self->fd, self->dev.id));
}

/* Devices of a group attach and detach one by one, but only to one space. */
TEST_F(device, group_shares_a_space)
{
	struct dev first, second;
	__u32 other;

	ASSERT_EQ(0, dev_claim(&first, EDU_C0));
	ASSERT_EQ(0, dev_join(&second, EDU_C1, &first));
	ASSERT_OK(dev_bind(&first, self->fd));
	ASSERT_OK(dev_bind(&second, self->fd));
	ASSERT_OK(do_alloc(self->fd, &other));
	ASSERT_OK(do_attach(self->fd, first.id, self->space));
	EXPECT_EQ(0, attached_to(self->fd, second.id));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(self->fd, second.id, other));
	EXPECT_EQ(first.id, ea.id);
	ASSERT_OK(do_attach(self->fd, second.id, self->space));
	ASSERT_OK(do_detach(self->fd, first.id));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(self->fd, first.id, other));
	EXPECT_EQ(second.id, ea.id);
	EXPECT_REFUSED(EBUSY, IOASID_REASON_IN_USE,
		       do_free(self->fd, self->space));
	EXPECT_EQ(second.id, ea.id);
	ASSERT_OK(do_detach(self->fd, second.id));
	EXPECT_OK(do_attach(self->fd, first.id, other));
	dev_release(&second);
	dev_release(&first);
}

/* The other device of a group is in another context, whose ids are not ours. */
TEST_F(device, group_in_two_contexts)
{
	struct dev first, second;
	int other = ctx_open();
	__u32 space;

	ASSERT_GE(other, 0);
	ASSERT_EQ(0, dev_claim(&first, EDU_C0));
	ASSERT_EQ(0, dev_join(&second, EDU_C1, &first));
	ASSERT_OK(dev_bind(&first, self->fd));
	ASSERT_OK(dev_bind(&second, other));
	ASSERT_OK(do_alloc(other, &space));
	ASSERT_OK(do_attach(self->fd, first.id, self->space));
	EXPECT_REFUSED(EBUSY, IOASID_REASON_GROUP_ATTACHED,
		       do_attach(other, second.id, space));
	EXPECT_EQ(0, ea.id);
	ASSERT_OK(do_detach(self->fd, first.id));
	EXPECT_OK(do_attach(other, second.id, space));
	dev_release(&second);
	dev_release(&first);
	close(other);
}

/* An id of the wrong type, or none, in every command that takes one. */
TEST_F(device, ids_of_another_type)
{
	const __u32 not_spaces[] = { self->dev.id, NO_ID, 0 };
	const __u32 not_devices[] = { self->space, NO_ID, 0 };
	struct ioasid_iova_range range;
	struct ioasid_device_info dev_info;
	struct ioasid_get_info info;
	char *page = anon(PAGE);
	__u32 num = 1;
	__u64 bytes;

	ASSERT_NE(NULL, page);
	for (unsigned int i = 0; i < ARRAY_SIZE(not_spaces); i++) {
		__u32 id = not_spaces[i];

		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_get_info(self->fd, id, &info));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_iova_ranges(self->fd, id, &range, &num));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_map(self->fd, id, page, PAGE, 0, RW));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_unmap(self->fd, id, 0, PAGE));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_unmap_all(self->fd, id, &bytes));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_attach(self->fd, self->dev.id, id));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(not_devices); i++) {
		__u32 id = not_devices[i];

		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_device_info(self->fd, id, &dev_info));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_attach(self->fd, id, self->space));
		EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
			       do_detach(self->fd, id));
	}
	EXPECT_EQ(0, attached_to(self->fd, self->dev.id));
}

TEST_F(device, ids_mean_nothing_elsewhere)
{
	struct ioasid_device_info info;
	int other = ctx_open();

	ASSERT_GE(other, 0);
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_device_info(other, self->dev.id, &info));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_attach(other, self->dev.id, self->space));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_detach(other, self->dev.id));
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_free(other, self->dev.id));
	close(other);
}

TEST_HARNESS_MAIN
