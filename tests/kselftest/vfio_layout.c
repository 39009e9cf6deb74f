// SPDX-License-Identifier: GPL-2.0
/*
 * Is the layout of VFIO's private struct vfio_iommu_driver_ops, of which
 * src/compat/vfio.h has a copy, that of the running kernel's vfio module? Nothing
 * else would tell: modversions do not cover it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "btf.h"

/* What src/compat/vfio.h needs of the kernel's headers. */
typedef uint64_t dma_addr_t;
struct iommu_domain;
struct iommu_group;
struct module;
struct vfio_device;
#include "compat/vfio.h"

#include "kselftest_harness.h"

#define MEMBER(name)	{ #name, offsetof(struct vfio_iommu_driver_ops, name) }

static const struct btf_found_member ours[] = {
	MEMBER(name), MEMBER(owner), MEMBER(open), MEMBER(release),
	MEMBER(ioctl), MEMBER(attach_group), MEMBER(detach_group),
	MEMBER(pin_pages), MEMBER(unpin_pages), MEMBER(register_device),
	MEMBER(unregister_device), MEMBER(dma_rw), MEMBER(group_iommu_domain),
	MEMBER(notify),
};

static const struct btf_found_member *find_ours(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (!strcmp(ours[i].name, name))
			return &ours[i];
	return NULL;
}

TEST(layout_is_the_running_kernels)
{
	struct btf_found kernel;

	if (!btf_available("vfio"))
		SKIP(return, "no BTF of modules; this kernel's headers declare the struct");
	ASSERT_EQ(0, btf_find_struct("vfio", "vfio_iommu_driver_ops", &kernel));
	for (unsigned int i = 0; i < kernel.count; i++) {
		const struct btf_found_member *own =
			find_ours(kernel.members[i].name);

		TH_LOG("%s at %zu", kernel.members[i].name,
		       kernel.members[i].offset);
		ASSERT_NE(NULL, own);
		EXPECT_EQ(kernel.members[i].offset, own->offset);
	}
	/* A longer copy is harmless, its end is zero; a shorter one is read past. */
	EXPECT_LE(kernel.size, sizeof(struct vfio_iommu_driver_ops));
	EXPECT_GE(kernel.count, ARRAY_SIZE(ours) - 1);
}

TEST_HARNESS_MAIN
