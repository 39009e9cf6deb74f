// SPDX-License-Identifier: GPL-2.0
/*
 * I/O page tables: allocation, and translation of memory's runs into them.
 *
 * Called by space/map.c under domains_sem for read: drivers of IOMMUs take changes
 * of disjoint ranges of one domain concurrently, as the DMA API does; and by
 * space/attach.c under domains_sem for write.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "domain/domain.h"
#include "domain/places.h"
#include "memory/memory.h"
#include "memory/pfnmap.h"
#include "uapi/linux/ioasid.h"

/**
 * ioas_domain_create() - An empty I/O page table for the IOMMU of a device
 * @dev: the device; dev->iommu stays valid for the call
 * @granule: the most that one entry may cover, 0 if all that the IOMMU can
 * @pasid: it will be attached to a PASID
 *
 * Context: may sleep.
 * Return: the domain or an ERR_PTR.
 */
struct ioas_domain *ioas_domain_create(struct device *dev, unsigned long granule,
				       bool pasid)
{
	struct ioas_domain *domain;
	struct iommu_domain *iommu;

	if (!dev->iommu || !dev->iommu->iommu_dev)
		return ERR_PTR(-ENODEV);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	iommu = pasid ? ioas_pasid_domain_alloc(dev) :
			iommu_paging_domain_alloc(dev);
	if (IS_ERR(iommu)) {
		kfree(domain);
		return ERR_CAST(iommu);
	}
	domain->iommu = iommu;
	INIT_LIST_HEAD(&domain->places);
	domain->granule = granule;
	domain->owner_ops = dev->iommu->iommu_dev->ops;
	domain->coherent = device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY);
	return domain;
}

/**
 * ioas_domain_destroy() - Free an I/O page table, whatever it maps
 * @domain: the domain; nothing is attached
 *
 * Context: may sleep.
 */
void ioas_domain_destroy(struct ioas_domain *domain)
{
	ioas_places_forget(domain);
	iommu_domain_free(domain->iommu);
	kfree(domain);
}

/**
 * ioas_domain_enforce_snoop() - Snoop DMA that asks not to be snooped, if possible
 * @domain: the domain, into which nothing is mapped
 * @dev: a device that will use it
 *
 * Otherwise a device could show its user stale memory. An IOMMU's driver answers for
 * what is attached and says yes where nothing is, so it is not asked for a device of
 * which an attached domain has said no.
 *
 * Context: may sleep; domains_sem for write.
 */
void ioas_domain_enforce_snoop(struct ioas_domain *domain, struct device *dev)
{
	domain->snooped = ioas_enforce_cache_coherency(domain->iommu, dev);
}

/**
 * ioas_domain_may_serve() - Is it worth trying to share a domain with a device
 * @domain: the domain
 * @dev: the device
 * @snooped: its IOMMU can enforce snooping
 *
 * A device that would be snooped does not join a table that does not enforce it: what
 * a device may do must not depend on who came first. The rule is VFIO type1's.
 *
 * Kernels before 6.2 do not check that domain and device belong to the same driver
 * of IOMMUs, and mixing them is fatal. Whether two IOMMUs of one driver can share
 * is the driver's to say when the device is attached.
 *
 * Return: true if an attach may be tried.
 */
bool ioas_domain_may_serve(struct ioas_domain *domain, struct device *dev,
			   bool snooped)
{
	return domain->owner_ops == dev->iommu->iommu_dev->ops &&
	       domain->snooped == snooped &&
	       domain->coherent ==
	       device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY);
}

static int ioas_iommu_prot(struct ioas_domain *domain, u32 prot)
{
	return (prot & IOASID_PROT_READ ? IOMMU_READ : 0) |
	       (prot & IOASID_PROT_WRITE ? IOMMU_WRITE : 0) |
	       (domain->coherent ? IOMMU_CACHE : 0);
}

/* One call for each piece that one entry may cover. */
static int ioas_map_pieces(struct ioas_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t length, int prot)
{
	size_t done = 0;

	while (done < length) {
		size_t piece = domain->granule -
			       ((iova + done) & (domain->granule - 1));
		int ret;

		piece = min(piece, length - done);
		ret = ioas_map_nosync(domain->iommu, iova + done, paddr + done,
				      piece, prot);
		if (ret) {
			if (done)
				iommu_unmap(domain->iommu, iova, done);
			return ret;
		}
		done += piece;
	}
	return 0;
}

static int ioas_map_run(struct ioas_domain *domain, unsigned long iova,
			phys_addr_t paddr, size_t length, int prot)
{
	if (unlikely(domain->granule))
		return ioas_map_pieces(domain, iova, paddr, length, prot);
	return ioas_map_nosync(domain->iommu, iova, paddr, length, prot);
}

/**
 * ioas_domain_map() - Make memory appear in an I/O page table
 * @domain: the domain
 * @iova: first byte of the range, which translates to nothing yet
 * @memory: the memory
 * @offset: first page of @memory
 * @pages: length of the range
 * @prot: enum ioasid_prot
 *
 * Context: may sleep; domains_sem.
 * Return: 0 or a negative errno; then nothing of it is mapped.
 */
int ioas_domain_map(struct ioas_domain *domain, unsigned long iova,
		    struct ioas_memory *memory, unsigned long offset,
		    unsigned long pages, u32 prot)
{
	int iommu_prot = ioas_iommu_prot(domain, prot);
	unsigned long pos = iova, pfn, count;
	struct ioas_run_iter iter;
	int ret = 0;

	if (unlikely(memory->is_pfnmap))
		return ioas_place_map(domain, iova,
				      ioas_pfnmap_from_memory(memory), offset,
				      pages, iommu_prot);
	ioas_run_iter_start(&iter, &memory->runs, offset, pages);
	while (ioas_run_iter_next(&iter, &pfn, &count)) {
		ret = ioas_map_run(domain, pos, PFN_PHYS(pfn),
				   count << PAGE_SHIFT, iommu_prot);
		if (ret)
			break;
		pos += count << PAGE_SHIFT;
	}
	/* The hardware is told once, not once a run. */
	if (!ret)
		ret = ioas_sync_map(domain->iommu, iova, pos - iova);
	if (ret && pos != iova)
		iommu_unmap(domain->iommu, iova, pos - iova);
	return ret;
}

/**
 * ioas_domain_unmap() - Make a range disappear from an I/O page table
 * @domain: the domain
 * @iova: first byte
 * @length: bytes; all of them are mapped, and no mapping crosses an end
 * @memory: what is mapped there
 * @gather: what the caller has to flush with iommu_iotlb_sync()
 *
 * Context: may sleep; domains_sem.
 * Return: true if nothing of it is mapped any more. It was mapped by us and by nobody
 * else, so anything but true is a fault of the IOMMU's driver.
 */
bool ioas_domain_unmap(struct ioas_domain *domain, unsigned long iova,
		       size_t length, struct ioas_memory *memory,
		       struct iommu_iotlb_gather *gather)
{
	size_t done;

	if (unlikely(memory->is_pfnmap)) {
		ioas_place_unmap(domain, iova, ioas_pfnmap_from_memory(memory));
		return true;
	}
	done = ioas_unmap_nosync(domain->iommu, iova, length, gather);

	return !WARN_ONCE(done != length,
			  "the IOMMU unmapped %zu of %zu bytes at 0x%lx\n",
			  done, length, iova);
}
