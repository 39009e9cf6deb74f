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

static struct iommu_domain *ioas_iommu_alloc(struct device *dev, u32 flags)
{
	bool pasid = flags & IOAS_DOMAIN_PASID;

	if (flags & IOAS_DOMAIN_TRACKS)
		return ioas_dirty_domain_alloc(dev, pasid);
	return pasid ? ioas_pasid_domain_alloc(dev) :
		       iommu_paging_domain_alloc(dev);
}

/**
 * ioas_domain_create() - An empty I/O page table for the IOMMU of a device
 * @dev: the device; dev->iommu stays valid for the call
 * @granule: the most that one entry may cover, 0 if all that the IOMMU can
 * @flags: IOAS_DOMAIN_PASID and so on
 *
 * Context: may sleep.
 * Return: the domain or an ERR_PTR.
 */
struct ioas_domain *ioas_domain_create(struct device *dev, unsigned long granule,
				       u32 flags)
{
	struct ioas_domain *domain;
	struct iommu_domain *iommu;

	if (!dev->iommu || !dev->iommu->iommu_dev)
		return ERR_PTR(-ENODEV);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	iommu = ioas_iommu_alloc(dev, flags);
	if (IS_ERR(iommu)) {
		kfree(domain);
		return ERR_CAST(iommu);
	}
	domain->iommu = iommu;
	INIT_LIST_HEAD(&domain->places);
	domain->granule = granule;
	domain->tracks = flags & IOAS_DOMAIN_TRACKS;
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

/**
 * struct ioas_progress - How far a range of a domain is mapped
 * @mapper: the domain
 * @granule: the most that one entry may cover, 0 if all that the IOMMU can
 * @pos: next IOVA
 * @left: pages that are still to be mapped
 */
struct ioas_progress {
	struct ioas_mapper *mapper;
	unsigned long granule;
	unsigned long pos;
	unsigned long left;
};

/* One call for each piece that one entry may cover. */
static int ioas_map_pieces(struct ioas_progress *progress, phys_addr_t paddr,
			   size_t length)
{
	unsigned long granule = progress->granule, iova = progress->pos;
	size_t done = 0;

	while (done < length) {
		size_t piece = granule - ((iova + done) & (granule - 1));
		int ret;

		piece = min(piece, length - done);
		ret = ioas_map_nosync(progress->mapper, iova + done,
				      paddr + done, piece);
		if (ret) {
			if (done)
				iommu_unmap(progress->mapper->domain, iova,
					    done);
			return ret;
		}
		done += piece;
	}
	return 0;
}

static noinline int ioas_map_runs_in_pieces(struct ioas_progress *progress,
					    struct ioas_run *run,
					    struct ioas_run *end)
{
	for (; run < end && progress->left; run++) {
		unsigned long pages = min(ioas_run_pages(*run), progress->left);
		int ret;

		ret = ioas_map_pieces(progress, PFN_PHYS(ioas_run_pfn(*run)),
				      pages << PAGE_SHIFT);
		if (ret)
			return ret;
		progress->pos += pages << PAGE_SHIFT;
		progress->left -= pages;
	}
	return 0;
}

/* The loop that scattered memory spends its time in. */
static int ioas_map_runs(struct ioas_progress *progress, struct ioas_run *run,
			 struct ioas_run *end)
{
	unsigned long pos = progress->pos, left = progress->left;
	int ret = 0;

	if (unlikely(progress->granule))
		return ioas_map_runs_in_pieces(progress, run, end);
	for (; run < end && left; run++) {
		unsigned long pages = min(ioas_run_pages(*run), left);

		ret = ioas_map_nosync(progress->mapper, pos,
				      PFN_PHYS(ioas_run_pfn(*run)),
				      pages << PAGE_SHIFT);
		if (unlikely(ret))
			break;
		pos += pages << PAGE_SHIFT;
		left -= pages;
	}
	progress->pos = pos;
	progress->left = left;
	return ret;
}

/* A part of a run: the range begins in its middle. */
static int ioas_map_part(struct ioas_progress *progress,
			 struct ioas_run_iter *iter)
{
	struct ioas_run run = *iter->next++;
	struct ioas_run part = ioas_run_make(ioas_run_pfn(run) + iter->skip,
					     ioas_run_pages(run) - iter->skip,
					     ioas_run_huge(run));

	return ioas_map_runs(progress, &part, &part + 1);
}

static int ioas_map_walk(struct ioas_progress *progress,
			 struct ioas_run_iter *iter)
{
	int ret = 0;

	if (iter->skip)
		ret = ioas_map_part(progress, iter);
	if (!ret)
		ret = ioas_map_runs(progress, iter->next, iter->end);
	while (!ret && progress->left) {
		ioas_run_iter_chunk(iter);
		ret = ioas_map_runs(progress, iter->next, iter->end);
	}
	return ret;
}

static int ioas_map_memory(struct ioas_mapper *mapper, unsigned long granule,
			   unsigned long iova, struct ioas_memory *memory,
			   unsigned long offset, unsigned long pages)
{
	struct ioas_progress progress = {
		.mapper = mapper,
		.granule = granule,
		.pos = iova,
		.left = pages,
	};
	struct ioas_run_iter iter;
	int ret;

	ioas_run_iter_start(&iter, &memory->runs, offset, pages);
	ret = ioas_map_walk(&progress, &iter);
	if (ret && progress.pos != iova)
		iommu_unmap(mapper->domain, iova, progress.pos - iova);
	return ret;
}

/**
 * ioas_domain_map_nosync() - Make memory appear in an I/O page table
 * @domain: the domain
 * @iova: first byte of the range, which translates to nothing yet
 * @memory: the memory
 * @offset: first page of @memory
 * @pages: length of the range
 * @prot: enum ioasid_prot
 *
 * The hardware may be told later, of several neighbouring ranges at once: the caller
 * calls ioas_sync_map().
 *
 * Context: may sleep; domains_sem.
 * Return: 0 or a negative errno; then nothing of it is mapped.
 */
int ioas_domain_map_nosync(struct ioas_domain *domain, unsigned long iova,
			   struct ioas_memory *memory, unsigned long offset,
			   unsigned long pages, u32 prot)
{
	struct ioas_run first = memory->runs.first[0];
	struct ioas_mapper mapper;

	if (unlikely(memory->is_pfnmap))
		return ioas_place_map(domain, iova,
				      ioas_pfnmap_from_memory(memory), offset,
				      pages, ioas_iommu_prot(domain, prot));
	ioas_mapper_init(&mapper, domain->iommu, ioas_iommu_prot(domain, prot));
	/* The common case of a driver's buffer. */
	if (!offset && pages <= ioas_run_pages(first) && !domain->granule)
		return ioas_map_nosync(&mapper, iova,
				       PFN_PHYS(ioas_run_pfn(first)),
				       pages << PAGE_SHIFT);
	return ioas_map_memory(&mapper, domain->granule, iova, memory, offset,
			       pages);
}

/**
 * ioas_domain_undo() - Take back what ioas_domain_map_nosync() did
 * @domain: the domain
 * @iova: first byte
 * @length: bytes
 * @memory: what is mapped there
 *
 * Context: may sleep; domains_sem.
 */
void ioas_domain_undo(struct ioas_domain *domain, unsigned long iova,
		      size_t length, struct ioas_memory *memory)
{
	if (unlikely(memory->is_pfnmap))
		ioas_domain_unmap_pfnmap(domain, iova, memory);
	else
		iommu_unmap(domain->iommu, iova, length);
}

/**
 * ioas_domain_map() - Make memory appear in an I/O page table, and in the hardware
 * @domain: as for ioas_domain_map_nosync()
 * @iova: likewise
 * @memory: likewise
 * @offset: likewise
 * @pages: likewise
 * @prot: likewise
 *
 * Context: may sleep; domains_sem.
 * Return: 0 or a negative errno; then nothing of it is mapped.
 */
int ioas_domain_map(struct ioas_domain *domain, unsigned long iova,
		    struct ioas_memory *memory, unsigned long offset,
		    unsigned long pages, u32 prot)
{
	size_t length = pages << PAGE_SHIFT;
	int ret;

	ret = ioas_domain_map_nosync(domain, iova, memory, offset, pages, prot);
	if (ret)
		return ret;
	/* The hardware is told once, not once a run. */
	ret = ioas_sync_map(domain->iommu, iova, length);
	if (ret)
		ioas_domain_undo(domain, iova, length, memory);
	return ret;
}

/**
 * ioas_domain_unmap_pfnmap() - As ioas_domain_unmap(), of memory of a device
 * @domain: the domain
 * @iova: first byte
 * @memory: what is mapped there
 *
 * Context: may sleep; domains_sem.
 */
void ioas_domain_unmap_pfnmap(struct ioas_domain *domain, unsigned long iova,
			      struct ioas_memory *memory)
{
	ioas_place_unmap(domain, iova, ioas_pfnmap_from_memory(memory));
}
