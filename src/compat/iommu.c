// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping through the driver of an IOMMU, where the way past the core ends or is not
 * the shortest. Called by domain/ through iommu.h.
 */
#include <linux/log2.h>

#include "compat/compat.h"

/**
 * ioas_map_rest() - What ioas_map_nosync() does when the short way was not enough
 * @mapper: as given to it
 * @iova: likewise
 * @paddr: likewise
 * @size: likewise
 * @mapped: bytes that are mapped
 * @ret: why there are no more; 0 if the driver has no short way, or its table ended
 *
 * Return: 0 or a negative errno; then nothing of it is mapped.
 */
int ioas_map_rest(struct ioas_mapper *mapper, unsigned long iova,
		  phys_addr_t paddr, size_t size, size_t mapped, int ret)
{
	struct iommu_domain *domain = mapper->domain;

	if (!ret)
		ret = iommu_map(domain, iova + mapped, paddr + mapped,
				size - mapped, mapper->prot,
				GFP_KERNEL_ACCOUNT);
	if (ret && mapped)
		iommu_unmap(domain, iova, mapped);
	return ret;
}

#if IOAS_HAVE_IOMMU_MAP_PAGES && !IOAS_HAVE_IOMMUPT
/* The largest page that a range can begin with; 0 if there is none. */
static size_t ioas_largest_page(unsigned long sizes, unsigned long addresses,
				size_t size)
{
	sizes &= GENMASK(__fls(size), 0);
	if (addresses)
		sizes &= GENMASK(__ffs(addresses), 0);
	return sizes ? BIT(__fls(sizes)) : 0;
}

/* So many bytes of a range are mapped in pages of one size. */
static size_t ioas_same_page(unsigned long sizes, unsigned long iova,
			     phys_addr_t paddr, size_t size, size_t page)
{
	unsigned long larger = sizes & ~(2 * page - 1);
	size_t before;

	larger &= -larger;
	/* Where the two addresses never agree larger pages are of no use. */
	if (larger && !((iova ^ paddr) & (larger - 1))) {
		before = larger - (iova & (larger - 1));
		if (size >= before && size - before >= larger)
			size = before;
	}
	return size & ~(page - 1);
}

/**
 * ioas_map_sizes() - Map with pages of several sizes
 * @mapper: see ioas_map_nosync()
 * @iova: likewise
 * @paddr: likewise
 * @size: likewise
 * @mapped: out: bytes that are mapped, of success or failure
 *
 * Return: 0 or a negative errno.
 */
int ioas_map_sizes(struct ioas_mapper *mapper, unsigned long iova,
		   phys_addr_t paddr, size_t size, size_t *mapped)
{
	struct iommu_domain *domain = mapper->domain;
	unsigned long sizes = domain->pgsize_bitmap;

	if (!domain->ops->map_pages)
		return 0;
	/* Most memory that is worth a larger page is one such page. */
	if (is_power_of_2(size) && (sizes & size) &&
	    !((iova | paddr) & (size - 1)))
		return domain->ops->map_pages(domain, iova, paddr, size, 1,
					      mapper->prot, GFP_KERNEL_ACCOUNT,
					      mapped);
	while (size) {
		size_t page = ioas_largest_page(sizes, iova | paddr, size);
		size_t same, done = 0;
		int ret;

		if (!page)
			return 0;
		same = ioas_same_page(sizes, iova, paddr, size, page);
		ret = domain->ops->map_pages(domain, iova, paddr, page,
					     same >> __ffs(page), mapper->prot,
					     GFP_KERNEL_ACCOUNT, &done);
		*mapped += done;
		/* Some drivers stop at the end of a table. */
		if (ret || !done)
			return ret;
		iova += done;
		paddr += done;
		size -= done;
	}
	return 0;
}
#endif
