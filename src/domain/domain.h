/* SPDX-License-Identifier: GPL-2.0 */
/* I/O page tables that mirror a space; called by space/ and device/. */
#ifndef IOAS_DOMAIN_H
#define IOAS_DOMAIN_H

#include <linux/iommu.h>
#include <linux/list.h>

#include "compat/compat.h"
#include "memory/memory.h"

/**
 * struct ioas_domain - One I/O page table
 * @node: in the space's list of domains
 * @iommu: the kernel's domain
 * @owner_ops: driver of the IOMMU it was allocated for
 * @granule: the most that one entry may cover, 0 if all that the IOMMU can
 * @coherent: the IOMMU can make DMA snoop the CPU's caches
 * @snooped: DMA that asks not to be snooped is snooped all the same
 * @tracks: the hardware can mark what devices write, see dirty.c
 * @places: struct ioas_place, where memory of devices is; by the lock of places.c
 * @num_attachments: attachments that use it
 *
 * All under the space's domains_sem.
 */
struct ioas_domain {
	struct list_head node;
	struct iommu_domain *iommu;
	const struct iommu_ops *owner_ops;
	unsigned long granule;
	bool coherent;
	bool snooped;
	bool tracks;
	struct list_head places;
	unsigned int num_attachments;
};

/* What a domain is for. */
#define IOAS_DOMAIN_PASID	BIT(0)	/* to be attached to a PASID */
#define IOAS_DOMAIN_TRACKS	BIT(1)	/* the hardware has to mark what is written */

struct ioas_domain *ioas_domain_create(struct device *dev, unsigned long granule,
				       u32 flags);
void ioas_domain_destroy(struct ioas_domain *domain);
void ioas_domain_enforce_snoop(struct ioas_domain *domain, struct device *dev);
bool ioas_domain_may_serve(struct ioas_domain *domain, struct device *dev,
			   bool snooped);

int ioas_domain_map_nosync(struct ioas_domain *domain, unsigned long iova,
			   struct ioas_memory *memory, unsigned long offset,
			   unsigned long pages, u32 prot);
int ioas_domain_map(struct ioas_domain *domain, unsigned long iova,
		    struct ioas_memory *memory, unsigned long offset,
		    unsigned long pages, u32 prot);
void ioas_domain_undo(struct ioas_domain *domain, unsigned long iova,
		      size_t length, struct ioas_memory *memory);
void ioas_domain_unmap_pfnmap(struct ioas_domain *domain, unsigned long iova,
			      struct ioas_memory *memory);

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
static inline bool ioas_domain_unmap(struct ioas_domain *domain,
				     unsigned long iova, size_t length,
				     struct ioas_memory *memory,
				     struct iommu_iotlb_gather *gather)
{
	size_t done;

	if (unlikely(memory->is_pfnmap)) {
		ioas_domain_unmap_pfnmap(domain, iova, memory);
		return true;
	}
	done = ioas_unmap_nosync(domain->iommu, iova, length, gather);
	return !WARN_ONCE(done != length,
			  "the IOMMU unmapped %zu of %zu bytes at 0x%lx\n",
			  done, length, iova);
}

/* dirty.c */
typedef int (*ioas_dirty_found_fn)(void *data, unsigned long first,
				   unsigned long last);

bool ioas_domain_can_track(struct device *dev);
int ioas_domain_find_dirty(struct ioas_domain *domain, unsigned long first,
			   unsigned long last, bool clear,
			   ioas_dirty_found_fn found, void *data);
int ioas_domain_clean(struct ioas_domain *domain, unsigned long first,
		      unsigned long last);

/* fault.c */
void ioas_domain_trace_faults(struct ioas_domain *domain, u32 ioasid);

#endif
