// SPDX-License-Identifier: GPL-2.0
/*
 * The mock's own table and TLB, checked: what a test concludes from them is only as good
 * as they are. Reading the file "check" in debugfs runs this on a domain of its own.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "mock/check.h"

struct check {
	struct mock_domain *md;
	phys_addr_t paddr;
	u64 iova;
	struct mock_score score;
	unsigned int dirty;		/* bytes that were reported last */
};

static void expect(struct check *check, bool ok, const char *what)
{
	mock_expect(&check->score, ok, what);
}

static enum mock_status access(struct check *check, bool write)
{
	enum mock_status status;
	phys_addr_t paddr;

	read_lock(&check->md->lock);
	status = mock_translate(check->md, check->iova + 8, write, &paddr);
	read_unlock(&check->md->lock);
	if (status == MOCK_OK && paddr != check->paddr + 8)
		return MOCK_NO_MEMORY;
	return status;
}

static int map(struct check *check, int prot)
{
	size_t mapped = 0;

	return mock_map_pages(&check->md->domain, check->iova, check->paddr,
			      PAGE_SIZE, 1, prot, GFP_KERNEL, &mapped);
}

static void unmap(struct check *check, struct iommu_iotlb_gather *gather)
{
	iommu_iotlb_gather_init(gather);
	mock_unmap_pages(&check->md->domain, check->iova, PAGE_SIZE, 1, gather);
}

static void record(void *data, u64 iova, size_t size)
{
	struct check *check = data;

	check->dirty += iova == check->iova ? size : 1;
}

static bool is_dirty(struct check *check, bool clear)
{
	check->dirty = 0;
	mock_read_dirty(check->md, check->iova, check->iova + 1, clear, record,
			check);
	return check->dirty == PAGE_SIZE;
}

static void check_translation(struct check *check)
{
	struct iommu_iotlb_gather gather;

	expect(check, access(check, false) == MOCK_UNMAPPED, "empty table");
	expect(check, !map(check, IOMMU_READ), "map");
	expect(check, access(check, false) == MOCK_OK, "read");
	expect(check, access(check, true) == MOCK_DENIED, "write is denied");
	unmap(check, &gather);
	expect(check, access(check, false) == MOCK_OK, "still in the TLB");
	mock_iotlb_sync(&check->md->domain, &gather);
	expect(check, access(check, false) == MOCK_UNMAPPED, "flushed");
}

static void check_dirty(struct check *check)
{
	struct iommu_iotlb_gather gather;

	expect(check, !map(check, IOMMU_READ | IOMMU_WRITE), "map again");
	access(check, true);
	expect(check, !is_dirty(check, false), "not tracked");
	mock_set_dirty_tracking(check->md, true);
	access(check, false);
	expect(check, !is_dirty(check, false), "a read is no write");
	access(check, true);
	expect(check, is_dirty(check, false), "dirty");
	expect(check, is_dirty(check, true), "not cleared");
	expect(check, !is_dirty(check, true), "cleared");
	access(check, true);
	expect(check, !is_dirty(check, true), "the TLB has told");
	mock_flush_iotlb_all(&check->md->domain);
	access(check, true);
	expect(check, is_dirty(check, true), "told again");
	unmap(check, &gather);
	mock_flush_iotlb_all(&check->md->domain);
	expect(check, !is_dirty(check, true), "gone");
}

/**
 * mock_check() - Run the checks
 * @m: where their counts go
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int mock_check(struct seq_file *m)
{
	struct mock_iommu *mi = mock_iommus[0];
	struct check check = { .iova = ALIGN(mi->first, PAGE_SIZE) };
	struct page *page = alloc_page(GFP_KERNEL);
	int ret = page ? mock_check_nested(&check.score) : -ENOMEM;

	if (!ret)
		ret = mock_check_pri(&check.score);

	check.md = mock_domain_create(mi);
	if (page && check.md) {
		check.paddr = page_to_phys(page);
		check_translation(&check);
		check_dirty(&check);
	}
	if (check.md)
		mock_domain_free(&check.md->domain);
	if (page)
		__free_page(page);
	if (!check.score.passed)
		return -ENOMEM;
	seq_printf(m, "passed %u\nfailed %u\n", check.score.passed,
		   check.score.failed);
	return ret;
}
