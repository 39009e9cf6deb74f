// SPDX-License-Identifier: GPL-2.0
/*
 * What an IOMMU is: its kind and its identification registers.
 *
 * The kernel does not tell a module either. Its name in sysfs says the kind, and the
 * attributes beside that name show the registers; the kernel keeps both stable, because
 * people use them. They are read here as user space reads them.
 *
 * Called under ioas_group.lock with the device bound, so that its IOMMU stays.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "device/device.h"

/*
 * No driver of an IOMMU in the kernels that are supported promises to change the page
 * table of a device that does DMA: VT-d and AMD-Vi block it first, an SMMUv3 is told in
 * steps, virtio-iommu may detach in between. The mock IOMMU of the tests does it in one
 * step.
 */
static const struct {
	const char *prefix;
	u32 kind;
	bool replaces;
} ioas_iommus[] = {
	{ "dmar", IOASID_IOMMU_INTEL_VTD },
	{ "ivhd", IOASID_IOMMU_AMD },
	{ "smmu3.", IOASID_IOMMU_ARM_SMMUV3 },
	{ "ioas-mock-iommu", IOASID_IOMMU_OTHER, true },
};

static struct device *ioas_iommu_device(struct device *dev)
{
	return dev->iommu->iommu_dev->dev;
}

static int ioas_find_iommu(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ioas_iommus); i++)
		if (strstarts(name, ioas_iommus[i].prefix))
			return i;
	return -1;
}

/* It is named for its place on a bus, so it is known by where it is. */
static bool ioas_iommu_is_virtio(struct device *iommu)
{
	struct device *parent = iommu->parent;

	return parent && parent->bus && !strcmp(parent->bus->name, "virtio");
}

static u32 ioas_iommu_kind(struct device *iommu)
{
	int i = ioas_find_iommu(dev_name(iommu));

	if (i >= 0)
		return ioas_iommus[i].kind;
	return ioas_iommu_is_virtio(iommu) ? IOASID_IOMMU_VIRTIO :
					     IOASID_IOMMU_OTHER;
}

/**
 * ioas_device_replaces() - Can DMA go from one space to another without being blocked
 * @device: the device
 * @pasid: which DMA, 0 for what the user knows as that without PASID
 *
 * Context: group->lock.
 * Return: true if the kernel and the IOMMU can.
 */
bool ioas_device_replaces(struct ioas_device *device, u32 pasid)
{
	struct device *iommu;
	int i;

	/* Its driver is refused while it gives back what it has pinned. */
	if (ioas_device_is_software(device))
		return false;
	iommu = ioas_iommu_device(device->rid);
	i = iommu ? ioas_find_iommu(dev_name(iommu)) : -1;
	if (i < 0 || !ioas_iommus[i].replaces)
		return false;
	return pasid || device->parent ? IOAS_KERNEL_REPLACES_PASIDS :
					 IOAS_KERNEL_REPLACES_GROUPS;
}

static struct attribute *ioas_find_attribute(struct device *dev,
					     const char *group,
					     const char *name)
{
	const struct attribute_group *const *groups;
	struct attribute **attr;

	for (groups = dev->groups; groups && *groups; groups++) {
		if (!(*groups)->name || strcmp((*groups)->name, group))
			continue;
		for (attr = (*groups)->attrs; attr && *attr; attr++)
			if (!strcmp((*attr)->name, name))
				return *attr;
	}
	return NULL;
}

/* A driver writes a page, and wants it to be one. */
static bool ioas_read_attribute(struct device *dev, const char *group,
				const char *name, char *page)
{
	struct attribute *attr = ioas_find_attribute(dev, group, name);
	struct device_attribute *dattr;
	ssize_t length;

	if (!attr)
		return false;
	dattr = container_of(attr, struct device_attribute, attr);
	if (!dattr->show)
		return false;
	length = dattr->show(dev, dattr, page);
	if (length <= 0 || length >= PAGE_SIZE)
		return false;
	page[length] = '\0';
	return true;
}

static void ioas_set_reg(struct ioasid_device_info *info,
			 enum ioasid_iommu_reg reg, u64 value)
{
	info->iommu_regs[reg] = value;
	info->iommu_regs_valid |= 1U << reg;
}

static void ioas_read_reg(struct ioasid_device_info *info, struct device *iommu,
			  const char *group, const char *name,
			  enum ioasid_iommu_reg reg, char *page)
{
	u64 value;

	if (ioas_read_attribute(iommu, group, name, page) &&
	    !kstrtou64(page, 16, &value))
		ioas_set_reg(info, reg, value);
}

static void ioas_read_vtd(struct ioasid_device_info *info, struct device *iommu,
			  char *page)
{
	unsigned int major, minor;
	int count = 0;

	if (ioas_read_attribute(iommu, "intel-iommu", "version", page))
		count = sscanf(page, "%u:%u", &major, &minor);
	if (count == 2)
		ioas_set_reg(info, IOASID_REG_VTD_VERSION, major << 4 | minor);
	ioas_read_reg(info, iommu, "intel-iommu", "cap", IOASID_REG_VTD_CAP,
		      page);
	ioas_read_reg(info, iommu, "intel-iommu", "ecap", IOASID_REG_VTD_ECAP,
		      page);
}

static void ioas_read_amd(struct ioasid_device_info *info, struct device *iommu,
			  char *page)
{
	u64 efr, efr2;
	int count;

	ioas_read_reg(info, iommu, "amd-iommu", "cap", IOASID_REG_AMD_CAP, page);
	if (!ioas_read_attribute(iommu, "amd-iommu", "features", page))
		return;
	count = sscanf(page, "%llx:%llx", &efr, &efr2);
	if (count == 1)
		ioas_set_reg(info, IOASID_REG_AMD_EFR, efr);
	if (count != 2)
		return;
	ioas_set_reg(info, IOASID_REG_AMD_EFR, IOAS_AMD_EFR_FIRST ? efr : efr2);
	ioas_set_reg(info, IOASID_REG_AMD_EFR2, IOAS_AMD_EFR_FIRST ? efr2 : efr);
}

/**
 * ioas_iommu_identify() - Say what the IOMMU of a device is
 * @dev: the device
 * @info: out: name, kind and registers
 *
 * Context: may sleep; group->lock.
 * Return: 0 or -ENOMEM.
 */
int ioas_iommu_identify(struct device *dev, struct ioasid_device_info *info)
{
	struct device *iommu = ioas_iommu_device(dev);
	char *page;

	strscpy_pad(info->iommu_name, iommu ? dev_name(iommu) : "",
		    sizeof(info->iommu_name));
	info->iommu_kind = iommu ? ioas_iommu_kind(iommu) : IOASID_IOMMU_OTHER;
	info->iommu_regs_valid = 0;
	memset(info->iommu_regs, 0, sizeof(info->iommu_regs));

	page = (char *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return -ENOMEM;
	if (info->iommu_kind == IOASID_IOMMU_INTEL_VTD)
		ioas_read_vtd(info, iommu, page);
	else if (info->iommu_kind == IOASID_IOMMU_AMD)
		ioas_read_amd(info, iommu, page);
	free_page((unsigned long)page);
	return 0;
}
