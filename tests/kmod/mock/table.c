// SPDX-License-Identifier: GPL-2.0
/*
 * The page table of a domain, and the TLB in front of it.
 *
 * An entry is one value in an xarray, at the index of its first page, whatever its
 * size is. What was accessed stays in the TLB, and reachable, until it is flushed.
 * So a user that forgets to flush lets devices reach what it has unmapped, and misses
 * pages that they write after it has read their dirty bits, as on real hardware.
 *
 * Called by the kernel's IOMMU core, and by engine.c with mock_domain.lock for read.
 */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "mock/internal.h"

#define ENTRY_ORDER	0x3fUL		/* size is PAGE_SIZE << order */
#define ENTRY_READ	BIT(6)
#define ENTRY_WRITE	BIT(7)
#define ENTRY_DIRTY	BIT(8)		/* in a TLB: no need to say so again */

static unsigned long entry_size(void *entry)
{
	return PAGE_SIZE << (xa_to_value(entry) & ENTRY_ORDER);
}

static phys_addr_t entry_paddr(void *entry)
{
	return xa_to_value(entry) & PAGE_MASK;
}

static void *entry_make(phys_addr_t paddr, size_t size, int prot)
{
	return xa_mk_value(paddr | (ilog2(size) - PAGE_SHIFT) |
			   (prot & IOMMU_READ ? ENTRY_READ : 0) |
			   (prot & IOMMU_WRITE ? ENTRY_WRITE : 0));
}

/* The entry that covers an IOVA, and where it begins. */
static void *entry_find(struct xarray *xa, unsigned long sizes, u64 iova,
			u64 *first)
{
	unsigned long size;
	unsigned int bit;
	void *entry;

	for_each_set_bit(bit, &sizes, BITS_PER_LONG) {
		size = 1UL << bit;
		*first = iova & ~(u64)(size - 1);
		entry = xa_load(xa, *first >> PAGE_SHIFT);
		if (entry && entry_size(entry) == size)
			return entry;
	}
	return NULL;
}

static bool range_used(struct xarray *xa, unsigned long sizes, u64 iova,
		       size_t size)
{
	unsigned long index = iova >> PAGE_SHIFT;
	u64 first;

	return entry_find(xa, sizes, iova, &first) ||
	       xa_find(xa, &index, (iova + size - 1) >> PAGE_SHIFT,
		       XA_PRESENT);
}

static void count_entry(struct mock_domain *md, void *entry, int change)
{
	struct mock_iommu *mi = md->iommu;

	atomic_long_add(change, &mi->entries);
	atomic_long_add(change, &md->entries);
	if (entry_size(entry) > (mi->pages & -mi->pages))
		atomic_long_add(change, &md->large);
}

static bool map_is_sane(struct mock_domain *md, u64 iova, phys_addr_t paddr,
			size_t pgsize, size_t length, int prot)
{
	struct mock_iommu *mi = md->iommu;

	if (!is_power_of_2(pgsize) || !(mi->pages & pgsize))
		mock_misuse(mi, "no page has size 0x%zx\n", pgsize);
	else if ((iova | paddr) & (pgsize - 1))
		mock_misuse(mi, "0x%llx is not aligned to 0x%zx\n", iova, pgsize);
	else if (iova < mi->first || iova + length - 1 > mi->last ||
		 iova + length - 1 < iova)
		mock_misuse(mi, "maps 0x%llx, out of the aperture\n", iova);
	else if (!(prot & (IOMMU_READ | IOMMU_WRITE)))
		mock_misuse(mi, "maps 0x%llx for nothing\n", iova);
	else
		return true;
	return false;
}

static int map_page(struct mock_domain *md, u64 iova, phys_addr_t paddr,
		    size_t size, int prot, gfp_t gfp)
{
	void *entry = entry_make(paddr, size, prot);
	struct mock_iommu *mi = md->iommu;
	int ret;

	if (range_used(&md->table, mi->pages, iova, size)) {
		mock_misuse(mi, "maps 0x%llx, which is mapped\n", iova);
		return -EADDRINUSE;
	}
	if (range_used(&md->tlb, mi->pages, iova, size)) {
		mock_misuse(mi, "maps 0x%llx, which was not flushed\n", iova);
		return -EADDRINUSE;
	}
	ret = xa_err(xa_store(&md->table, iova >> PAGE_SHIFT, entry, gfp));
	if (!ret)
		count_entry(md, entry, 1);
	return ret;
}

/**
 * mock_map_pages() - Enter pages of one size
 * @domain: the domain
 * @iova: first byte
 * @paddr: physical address
 * @pgsize: size of a page in bytes
 * @pgcount: how many pages
 * @prot: IOMMU_READ and so on
 * @gfp: how to allocate
 * @mapped: out: bytes that were entered
 *
 * Return: 0 or a negative errno.
 */
int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
		   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		   gfp_t gfp, size_t *mapped)
{
	struct mock_domain *md = mock_domain_of(domain);
	size_t done = 0;
	int ret = 0;

	/* What a page looks like is known when a device is attached. */
	if (!md->iommu)
		return -ENODEV;
	atomic_long_inc(&md->iommu->maps);
	if (!map_is_sane(md, iova, paddr, pgsize, pgsize * pgcount, prot))
		return -EINVAL;
	while (pgcount-- && !ret) {
		ret = map_page(md, iova + done, paddr + done, pgsize, prot, gfp);
		if (!ret)
			done += pgsize;
	}
	*mapped += done;
	return ret;
}

/**
 * mock_unmap_pages() - Remove entries
 * @domain: the domain
 * @iova: first byte
 * @pgsize: the unit the core counts in; entries may be smaller
 * @pgcount: how many of them
 * @gather: out: what has to be flushed
 *
 * Return: bytes that were removed.
 */
size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			size_t pgsize, size_t pgcount,
			struct iommu_iotlb_gather *gather)
{
	struct mock_domain *md = mock_domain_of(domain);
	size_t length = pgsize * pgcount, done = 0, size;
	void *entry;

	if (!md->iommu)
		return 0;
	atomic_long_inc(&md->iommu->unmaps);
	for (; done < length; done += size) {
		entry = xa_load(&md->table, (iova + done) >> PAGE_SHIFT);
		size = entry ? entry_size(entry) : 0;
		if (!size || size > length - done) {
			mock_misuse(md->iommu,
				    "unmaps 0x%zx bytes at 0x%lx, where %s at 0x%zx\n",
				    length, iova,
				    size ? "a larger page is" : "nothing is",
				    iova + done);
			break;
		}
		xa_erase(&md->table, (iova + done) >> PAGE_SHIFT);
		count_entry(md, entry, -1);
		iommu_iotlb_gather_add_page(domain, gather, iova + done, size);
	}
	return done;
}

/**
 * mock_flush_range() - Forget a range, and wait for accesses to it
 * @md: the domain
 * @first: first IOVA
 * @last: last IOVA
 */
void mock_flush_range(struct mock_domain *md, u64 first, u64 last)
{
	unsigned long index;
	void *entry;
	u64 start;

	write_lock(&md->lock);
	entry = entry_find(&md->tlb, md->iommu->pages, first, &start);
	if (entry)
		xa_erase(&md->tlb, start >> PAGE_SHIFT);
	xa_for_each_range(&md->tlb, index, entry, first >> PAGE_SHIFT,
			  last >> PAGE_SHIFT)
		xa_erase(&md->tlb, index);
	write_unlock(&md->lock);
}

/**
 * mock_flush_iotlb_all() - Forget all translations, and wait for accesses
 * @domain: the domain
 */
void mock_flush_iotlb_all(struct iommu_domain *domain)
{
	struct mock_domain *md = mock_domain_of(domain);

	if (!md->iommu)
		return;
	atomic_long_inc(&md->iommu->flushes);
	mock_flush_range(md, 0, U64_MAX);
}

/**
 * mock_iotlb_sync() - Forget what was gathered, and wait for accesses to it
 * @domain: the domain
 * @gather: the range
 */
void mock_iotlb_sync(struct iommu_domain *domain,
		     struct iommu_iotlb_gather *gather)
{
	struct mock_domain *md = mock_domain_of(domain);

	if (!md->iommu || gather->start > gather->end)
		return;
	atomic_long_inc(&md->iommu->flushes);
	mock_flush_range(md, gather->start, gather->end);
}

/**
 * mock_iova_to_phys() - Look an IOVA up
 * @domain: the domain
 * @iova: the IOVA
 *
 * Return: the physical address, 0 if there is none.
 */
phys_addr_t mock_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct mock_domain *md = mock_domain_of(domain);
	void *entry;
	u64 first;

	if (!md->iommu)
		return 0;
	entry = entry_find(&md->table, md->iommu->pages, iova, &first);
	return entry ? entry_paddr(entry) + (iova - first) : 0;
}

/* Walk the table, and keep what is found in the TLB if there is memory for it. */
static void *tlb_find(struct mock_domain *md, u64 iova, u64 *first)
{
	unsigned long sizes = md->iommu->pages;
	void *entry = entry_find(&md->tlb, sizes, iova, first);

	if (entry)
		return entry;
	entry = entry_find(&md->table, sizes, iova, first);
	if (!entry)
		return NULL;
	entry = xa_mk_value(xa_to_value(entry) & ~ENTRY_DIRTY);
	xa_store(&md->tlb, *first >> PAGE_SHIFT, entry, GFP_ATOMIC);
	return entry;
}

/* Set or clear the dirty bit of an entry of the table, if it is there still. */
static void set_dirty(struct mock_domain *md, u64 first, bool dirty)
{
	unsigned long index = first >> PAGE_SHIFT;
	void *old, *new, *seen = xa_load(&md->table, index);

	do {
		old = seen;
		if (!old)
			return;
		new = xa_mk_value(dirty ? xa_to_value(old) | ENTRY_DIRTY :
				  xa_to_value(old) & ~ENTRY_DIRTY);
		seen = xa_cmpxchg(&md->table, index, old, new, GFP_ATOMIC);
	} while (seen != old);
}

/* A TLB says once that a page is dirty, and again only when it was flushed. */
static void note_write(struct mock_domain *md, u64 first, void *entry)
{
	void *told = xa_mk_value(xa_to_value(entry) | ENTRY_DIRTY);

	if (xa_to_value(entry) & ENTRY_DIRTY)
		return;
	set_dirty(md, first, true);
	xa_cmpxchg(&md->tlb, first >> PAGE_SHIFT, entry, told, GFP_ATOMIC);
}

/**
 * mock_set_dirty_tracking() - Begin or end to note writes
 * @md: the domain
 * @on: begin
 */
void mock_set_dirty_tracking(struct mock_domain *md, bool on)
{
	md->dirty_tracking = on;
	mock_flush_range(md, 0, U64_MAX);
}

/**
 * mock_read_dirty() - Report the pages that were written
 * @md: the domain
 * @first: first IOVA
 * @last: last IOVA
 * @clear: forget that they were
 * @record: is called for each such page, of whatever size
 * @data: passed to @record
 */
void mock_read_dirty(struct mock_domain *md, u64 first, u64 last, bool clear,
		     void (*record)(void *data, u64 iova, size_t size),
		     void *data)
{
	unsigned long index;
	void *entry;
	u64 start;

	/* A page that begins before the range belongs to it as well. */
	if (entry_find(&md->table, md->iommu->pages, first, &start))
		first = start;
	xa_for_each_range(&md->table, index, entry, first >> PAGE_SHIFT,
			  last >> PAGE_SHIFT) {
		if (!(xa_to_value(entry) & ENTRY_DIRTY))
			continue;
		if (clear)
			set_dirty(md, (u64)index << PAGE_SHIFT, false);
		record(data, (u64)index << PAGE_SHIFT, entry_size(entry));
	}
}

/**
 * mock_translate() - Translate one access
 * @md: the domain
 * @iova: where to
 * @write: it is a write
 * @paddr: out: the physical address
 *
 * Context: md->lock for read.
 * Return: MOCK_OK or why not.
 */
enum mock_status mock_translate(struct mock_domain *md, u64 iova, bool write,
				phys_addr_t *paddr)
{
	void *entry;
	u64 first;

	if (iova < md->iommu->first || iova > md->iommu->last)
		return MOCK_OUTSIDE;
	entry = tlb_find(md, iova, &first);
	if (!entry)
		return MOCK_UNMAPPED;
	if (!(xa_to_value(entry) & (write ? ENTRY_WRITE : ENTRY_READ)))
		return MOCK_DENIED;
	if (write && md->dirty_tracking)
		note_write(md, first, entry);
	*paddr = entry_paddr(entry) + (iova - first);
	return MOCK_OK;
}

/**
 * mock_table_init() - An empty table
 * @md: the domain
 */
void mock_table_init(struct mock_domain *md)
{
	rwlock_init(&md->lock);
	xa_init(&md->table);
	xa_init(&md->tlb);
}

/**
 * mock_table_free() - Remove all entries
 * @md: the domain, in which no device is
 */
void mock_table_free(struct mock_domain *md)
{
	if (md->iommu)
		atomic_long_sub(atomic_long_read(&md->entries),
				&md->iommu->entries);
	xa_destroy(&md->table);
	xa_destroy(&md->tlb);
}
