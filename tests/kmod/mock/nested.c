// SPDX-License-Identifier: GPL-2.0
/*
 * Nested domains: the user's own page table, in memory that the parent domain maps. What
 * it translates to are IOVAs of the parent, so an access is translated twice. The first
 * translation stays in the TLB of the nested domain until the user has it flushed.
 *
 * Called by compat/ for the kernel's IOMMU core, and by engine.c.
 */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "mock/internal.h"

/**
 * mock_nested_create() - A new nested domain
 * @mi: its IOMMU
 * @parent: the domain behind it, which must outlast it
 * @nest: the user's page table
 *
 * Return: the domain or an ERR_PTR.
 */
struct mock_domain *mock_nested_create(struct mock_iommu *mi,
				       struct mock_domain *parent,
				       const struct mock_nest *nest)
{
	struct mock_domain *md;

	if (parent->parent || parent->iommu != mi || nest->__reserved ||
	    !nest->pages || (nest->base | nest->table) & ~PAGE_MASK ||
	    nest->base + ((u64)nest->pages << PAGE_SHIFT) < nest->base)
		return ERR_PTR(-EINVAL);
	md = mock_domain_create(mi);
	if (!md)
		return ERR_PTR(-ENOMEM);
	md->parent = parent;
	/* Taken around the parent's. */
	lockdep_set_subclass(&md->lock, SINGLE_DEPTH_NESTING);
	md->nest = *nest;
	atomic_inc(&parent->attached);
	return md;
}

/**
 * mock_nested_flush() - Forget what of the user's page table is in the TLB
 * @md: the domain
 * @flush: the range
 *
 * Return: 0 or -EINVAL.
 */
int mock_nested_flush(struct mock_domain *md, const struct mock_nest_flush *flush)
{
	if (flush->first > flush->last)
		return -EINVAL;
	atomic_long_inc(&md->iommu->flushes);
	mock_flush_range(md, flush->first, flush->last);
	return 0;
}

/* The user's entry for a page, read as the device reads memory. */
static enum mock_status read_entry(struct mock_domain *md, u64 index, u64 *entry)
{
	return mock_access_domain(md->parent, md->nest.table + index * sizeof(u64),
				  (u8 *)entry, sizeof(*entry), false);
}

static enum mock_status find_entry(struct mock_domain *md, u64 iova, u64 *value)
{
	u64 index = (iova - md->nest.base) >> PAGE_SHIFT;
	void *known = xa_load(&md->tlb, iova >> PAGE_SHIFT);
	enum mock_status status;
	u64 entry;

	if (known) {
		*value = (u64)xa_to_value(known);
		return MOCK_OK;
	}
	if (iova < md->nest.base || index >= md->nest.pages)
		return MOCK_OUTSIDE;
	status = read_entry(md, index, &entry);
	if (status != MOCK_OK)
		return status;
	if (!(entry & (MOCK_NEST_READ | MOCK_NEST_WRITE)))
		return MOCK_UNMAPPED;
	/* The value of an xarray has a bit less. */
	*value = entry & (LONG_MAX & PAGE_MASK);
	*value |= entry & (MOCK_NEST_READ | MOCK_NEST_WRITE);
	xa_store(&md->tlb, iova >> PAGE_SHIFT, xa_mk_value(*value), GFP_ATOMIC);
	return MOCK_OK;
}

/**
 * mock_nested_translate() - Translate an access to one of the parent
 * @md: the nested domain
 * @iova: where to
 * @write: it is a write
 * @parent_iova: out: where to in the parent
 *
 * Context: md->lock for read; takes that of the parent.
 * Return: MOCK_OK or why not.
 */
enum mock_status mock_nested_translate(struct mock_domain *md, u64 iova,
				       bool write, u64 *parent_iova)
{
	enum mock_status status;
	u64 value;

	status = find_entry(md, iova, &value);
	if (status != MOCK_OK)
		return status;
	if (!(value & (write ? MOCK_NEST_WRITE : MOCK_NEST_READ)))
		return MOCK_DENIED;
	*parent_iova = (value & PAGE_MASK) + offset_in_page(iova);
	return MOCK_OK;
}
