// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests of the mock, checked: this attaches a domain with a handler to a PASID of
 * the first device, as the kernel's own user of them does, and has the device access it.
 */
#include "ioas_compat_config.h"
#include "mock/check.h"

#if IOAS_HAVE_FWSPEC_FINDS_OPS

#include <linux/iommu.h>
#include <linux/mm.h>

#define PASID	5
#define IOVA	0x7000000UL

struct pri_check {
	struct mock_score *score;
	struct mock_device *md;
	struct iommu_attach_handle handle;
	struct iommu_domain *domain;
	struct page *page;
	bool serve;
	unsigned int asked;
	struct iommu_fault_page_request last;
};

/* The handler of the domain: puts the page there, or says no. */
static int answer(struct iopf_group *group)
{
	struct pri_check *check = container_of(group->attach_handle,
					       struct pri_check, handle);
	int ret = -EPERM;

	check->asked++;
	check->last = group->last_fault.fault.prm;
	if (check->serve)
		ret = iommu_map(check->domain, check->last.addr,
				page_to_phys(check->page), PAGE_SIZE,
				IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
	iopf_group_response(group, ret ? IOMMU_PAGE_RESP_FAILURE :
					 IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(group);
	return 0;
}

static enum mock_status access(struct pri_check *check, u32 *data, bool write)
{
	return mock_engine_access(check->md, PASID, IOVA + 8, (u8 *)data,
				  sizeof(*data), write);
}

static void check_answers(struct pri_check *check)
{
	u32 data = 1234, back = 0;

	mock_expect(check->score, access(check, &data, true) == MOCK_UNMAPPED &&
		    check->asked == 1, "page request: refused");
	check->serve = true;
	mock_expect(check->score, access(check, &data, true) == MOCK_OK &&
		    check->asked == 2, "page request: served");
	mock_expect(check->score, check->last.addr == IOVA &&
		    check->last.pasid == PASID &&
		    check->last.perm == IOMMU_FAULT_PERM_WRITE,
		    "page request: what was asked for");
	mock_expect(check->score, access(check, &back, false) == MOCK_OK &&
		    back == data && check->asked == 2,
		    "page request: the page stays");
	iommu_unmap(check->domain, IOVA, PAGE_SIZE);
}

static int attach_and_check(struct pri_check *check)
{
	struct device *dev = check->md->dev;
	u32 data;
	int ret;

	check->domain->iopf_handler = answer;
	ret = iommu_attach_device_pasid(check->domain, dev, PASID,
					&check->handle);
	if (ret)
		return ret;
	check_answers(check);
	iommu_detach_device_pasid(check->domain, dev, PASID);
	mock_expect(check->score,
		    access(check, &data, false) == MOCK_BLOCKED &&
		    check->asked == 2, "page request: nobody is there");
	return 0;
}

/**
 * mock_check_pri() - Check page requests, if the first IOMMU has them
 * @score: is added to
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int mock_check_pri(struct mock_score *score)
{
	struct pri_check check = { .score = score, .md = mock_devices[0] };
	int ret = -ENOMEM;

	if (!check.md || !check.md->iommu->pri || !check.md->pasid)
		return 0;
	check.domain = iommu_paging_domain_alloc(check.md->dev);
	if (IS_ERR(check.domain))
		return PTR_ERR(check.domain);
	check.page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (check.page) {
		ret = attach_and_check(&check);
		__free_page(check.page);
	}
	iommu_domain_free(check.domain);
	return ret;
}

#else

int mock_check_pri(struct mock_score *score)
{
	return 0;
}

#endif
