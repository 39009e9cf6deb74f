// SPDX-License-Identifier: GPL-2.0
/*
 * Nested domains of the mock, checked as the kernel's own user of them would use them:
 * through the operations of the IOMMU, with a struct in memory of the process that reads
 * the file "check".
 */
#include "ioas_compat_config.h"
#include "mock/check.h"

#if IOAS_HAVE_FWSPEC_FINDS_OPS

#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>

/* Where things are in the parent: the table, and two pages that it can lead to. */
enum {
	TABLE,
	FIRST,
	SECOND,
	NUM_PAGES,
};

#define PARENT(i)	(((u64)(i) + 16) << PAGE_SHIFT)
#define BASE		0x40000000ULL
#define PAGES		4
#define BOTH		(MOCK_NEST_READ | MOCK_NEST_WRITE)

struct nested_check {
	struct mock_score *score;
	struct device *dev;
	const struct iommu_ops *ops;
	struct iommu_domain *parent;
	struct iommu_domain *nested;
	struct page *pages[NUM_PAGES];
	void __user *user;
};

static struct iommu_domain *alloc_parent(struct nested_check *check)
{
#if IOAS_HAVE_PAGING_FLAGS
	return iommu_paging_domain_alloc_flags(check->dev,
					       IOMMU_HWPT_ALLOC_NEST_PARENT);
#else
	return check->ops->domain_alloc_user(check->dev,
					     IOMMU_HWPT_ALLOC_NEST_PARENT,
					     NULL, NULL);
#endif
}

static struct iommu_domain *alloc_nested(struct nested_check *check,
					 const struct mock_nest *nest, u32 type)
{
	struct iommu_user_data data = {
		.type = type,
		.uptr = check->user,
		.len = sizeof(*nest),
	};

	if (copy_to_user(check->user, nest, sizeof(*nest)))
		return ERR_PTR(-EFAULT);
#if IOAS_HAVE_PAGING_FLAGS
	return check->ops->domain_alloc_nested(check->dev, check->parent, 0,
					       &data);
#else
	return check->ops->domain_alloc_user(check->dev, 0, check->parent,
					     &data);
#endif
}

static int invalidate(struct nested_check *check, u64 first, u64 last)
{
	const struct mock_nest_flush flush = { .first = first, .last = last };
	struct iommu_user_data_array array = {
		.type = MOCK_NEST_TYPE,
		.uptr = check->user,
		.entry_len = sizeof(flush),
		.entry_num = 1,
	};

	if (copy_to_user(check->user, &flush, sizeof(flush)))
		return -EFAULT;
	return check->nested->ops->cache_invalidate_user(check->nested, &array);
}

static void set_entry(struct nested_check *check, unsigned int i, u64 entry)
{
	u64 *table = page_address(check->pages[TABLE]);

	WRITE_ONCE(table[i], entry);
}

static enum mock_status access(struct nested_check *check, u64 iova, u32 *data,
			       bool write)
{
	return mock_access_domain(mock_domain_of(check->nested), iova,
				  (u8 *)data, sizeof(*data), write);
}

/* Does a write at @iova arrive in that page? */
static bool arrives(struct nested_check *check, u64 iova, unsigned int page)
{
	u32 *there = page_address(check->pages[page]) + offset_in_page(iova);
	u32 data = *there + 1;

	return access(check, iova, &data, true) == MOCK_OK && *there == data;
}

static void check_alloc(struct nested_check *check)
{
	struct mock_nest nest = {
		.table = PARENT(TABLE),
		.base = BASE,
		.pages = PAGES,
	};
	struct iommu_domain *wrong;

	wrong = alloc_nested(check, &nest, MOCK_NEST_TYPE + 1);
	mock_expect(check->score, IS_ERR(wrong), "a table of another type");
	nest.base++;
	wrong = alloc_nested(check, &nest, MOCK_NEST_TYPE);
	mock_expect(check->score, IS_ERR(wrong), "a table between pages");
	nest.base--;
	check->nested = alloc_nested(check, &nest, MOCK_NEST_TYPE);
	mock_expect(check->score, !IS_ERR(check->nested), "a nested domain");
}

static void check_translation(struct nested_check *check)
{
	u64 iova = BASE + PAGE_SIZE + 8;
	u32 data = 0;

	mock_expect(check->score,
		    access(check, iova, &data, false) == MOCK_UNMAPPED,
		    "nested: an empty table");
	mock_expect(check->score,
		    access(check, BASE - 8, &data, false) == MOCK_OUTSIDE &&
		    access(check, BASE + PAGES * PAGE_SIZE, &data, false) ==
		    MOCK_OUTSIDE, "nested: out of the table");
	set_entry(check, 1, PARENT(FIRST) | MOCK_NEST_READ);
	mock_expect(check->score, access(check, iova, &data, false) == MOCK_OK &&
		    access(check, iova, &data, true) == MOCK_DENIED,
		    "nested: may be read");
	set_entry(check, 1, PARENT(SECOND) | BOTH);
	mock_expect(check->score,
		    access(check, iova, &data, true) == MOCK_DENIED,
		    "nested: still in the TLB");
	mock_expect(check->score, !invalidate(check, iova, iova) &&
		    arrives(check, iova, SECOND), "nested: flushed");
}

/* What the parent loses is lost, whatever the user's table says. */
static void check_parent(struct nested_check *check)
{
	struct iommu_iotlb_gather gather;
	u64 iova = BASE + PAGE_SIZE;
	u32 data = 0;

	iommu_iotlb_gather_init(&gather);
	mock_unmap_pages(check->parent, PARENT(SECOND), PAGE_SIZE, 1, &gather);
	mock_iotlb_sync(check->parent, &gather);
	mock_expect(check->score,
		    access(check, iova, &data, true) == MOCK_UNMAPPED,
		    "nested: gone from the parent");
	set_entry(check, 2, PARENT(FIRST) | BOTH);
	mock_expect(check->score, arrives(check, iova + PAGE_SIZE, FIRST),
		    "nested: the rest of it");
}

static int map_pages(struct nested_check *check)
{
	size_t mapped = 0;
	int i, ret = 0;

	for (i = 0; i < NUM_PAGES && !ret; i++) {
		check->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!check->pages[i])
			return -ENOMEM;
		ret = mock_map_pages(check->parent, PARENT(i),
				     page_to_phys(check->pages[i]), PAGE_SIZE, 1,
				     IOMMU_READ | IOMMU_WRITE, GFP_KERNEL,
				     &mapped);
	}
	return ret;
}

static int run(struct nested_check *check)
{
	unsigned long va;
	int ret = map_pages(check);

	if (ret)
		return ret;
	va = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(va))
		return va;
	check->user = (void __user *)va;
	check_alloc(check);
	if (!IS_ERR(check->nested)) {
		check_translation(check);
		check_parent(check);
		check->nested->ops->free(check->nested);
	}
	vm_munmap(va, PAGE_SIZE);
	return 0;
}

/**
 * mock_check_nested() - Check nested domains, if the first IOMMU has them
 * @score: is added to
 *
 * Context: may sleep; process context.
 * Return: 0 or a negative errno.
 */
int mock_check_nested(struct mock_score *score)
{
	struct mock_device *md = mock_devices[0];
	struct nested_check check = { .score = score };
	int i, ret;

	if (!md || !md->iommu->nest)
		return 0;
	check.dev = md->dev;
	check.ops = md->iommu->iommu.ops;
	check.parent = alloc_parent(&check);
	if (IS_ERR(check.parent))
		return PTR_ERR(check.parent);
	ret = run(&check);
	iommu_domain_free(check.parent);
	for (i = 0; i < NUM_PAGES; i++)
		if (check.pages[i])
			__free_page(check.pages[i]);
	return ret;
}

#else

int mock_check_nested(struct mock_score *score)
{
	return 0;
}

#endif
