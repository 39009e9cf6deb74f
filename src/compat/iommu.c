// SPDX-License-Identifier: GPL-2.0
/*
 * iommu_paging_domain_alloc() for kernels that allocate a domain before they know
 * the IOMMU it will serve (before 6.11).
 */
#include "compat/compat.h"

#if !IOAS_HAVE_IOMMU_PAGING_DOMAIN_ALLOC

#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

/* VT-d specification, 11.4.2 Capability Register: MGAW and SAGAW. */
#define VTD_CAP_MGAW(cap)	((((cap) >> 16) & 0x3f) + 1)
#define VTD_CAP_SAGAW(cap)	(((cap) >> 8) & 0x1f)

/*
 * The driver of VT-d shows its registers in sysfs and nowhere else; its struct is
 * private. The attribute is what a person reads in /sys/class/iommu/dmar0.
 */
static struct device_attribute *vtd_cap_attribute(struct device *iommu)
{
	const struct attribute_group **group;
	struct attribute **attr;

	for (group = iommu->groups; group && *group; group++) {
		if (!(*group)->name || strcmp((*group)->name, "intel-iommu"))
			continue;
		for (attr = (*group)->attrs; attr && *attr; attr++)
			if (!strcmp((*attr)->name, "cap"))
				return container_of(*attr,
						    struct device_attribute,
						    attr);
	}
	return NULL;
}

static bool vtd_read_cap(struct device *dev, u64 *cap)
{
	struct device *iommu = dev->iommu->iommu_dev->dev;
	struct device_attribute *attr;
	bool valid = false;
	char *page;

	attr = iommu ? vtd_cap_attribute(iommu) : NULL;
	if (!attr || !attr->show)
		return false;
	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return false;
	if (attr->show(iommu, attr, page) > 0)
		valid = !kstrtou64(strim(page), 16, cap);
	free_page((unsigned long)page);
	return valid;
}

/* The widest page table that the IOMMU walks: SAGAW bit n is 30 + 9n bits. */
static unsigned int vtd_address_width(u64 cap)
{
	unsigned int levels = fls(VTD_CAP_SAGAW(cap) & 0xe);

	if (!levels)
		return 0;
	return min_t(unsigned int, 30 + 9 * (levels - 1), VTD_CAP_MGAW(cap));
}

/*
 * VT-d of these kernels claims an aperture of 57 bits whatever the hardware has,
 * and complains in the log about every mapping that turns out not to fit.
 */
static void vtd_trim_aperture(struct iommu_domain *domain, struct device *dev)
{
	unsigned int width;
	u64 cap;

	if (!vtd_read_cap(dev, &cap))
		return;
	width = vtd_address_width(cap);
	if (width && width < 64)
		domain->geometry.aperture_end =
			min_t(dma_addr_t, domain->geometry.aperture_end,
			      (1ULL << width) - 1);
}

/**
 * iommu_paging_domain_alloc() - Allocate an I/O page table for a device
 * @dev: the device
 *
 * Context: may sleep.
 * Return: the domain or an ERR_PTR.
 */
struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	if (!domain)
		return ERR_PTR(-ENOMEM);
	vtd_trim_aperture(domain, dev);
	return domain;
}

#endif
