// SPDX-License-Identifier: GPL-2.0
/*
 * Page requests: a device that is refused an access asks for the page, waits for the
 * answer, and tries again. Whoever has attached the domain answers, if it has a handler;
 * otherwise the kernel says no.
 *
 * Called by engine.c to ask, and by the kernel's IOMMU core to answer.
 */
#include "ioas_compat_config.h"
#include "mock/internal.h"

#if IOAS_HAVE_FWSPEC_FINDS_OPS

#include <linux/completion.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>

/* Nobody may make a device wait forever. */
#define PATIENCE	(10 * HZ)

struct mock_request {
	struct list_head node;		/* in device->requests */
	struct completion answered;
	u32 group;			/* its number */
	u32 code;
};

static void request_begin(struct mock_device *md, struct mock_request *request)
{
	init_completion(&request->answered);
	request->code = IOMMU_PAGE_RESP_INVALID;
	mutex_lock(&md->requests_lock);
	request->group = md->next_request++;
	list_add(&request->node, &md->requests);
	mutex_unlock(&md->requests_lock);
}

static void request_end(struct mock_device *md, struct mock_request *request)
{
	mutex_lock(&md->requests_lock);
	list_del(&request->node);
	mutex_unlock(&md->requests_lock);
}

/**
 * mock_request_page() - Ask for a page, and wait for the answer
 * @md: the device
 * @has_pasid: the access carries @pasid
 * @pasid: the PASID
 * @iova: where to
 * @write: it is a write
 *
 * Context: may sleep; none of the device's locks but engine.
 * Return: true if the access is worth another try.
 */
bool mock_request_page(struct mock_device *md, bool has_pasid, u32 pasid,
		       u64 iova, bool write)
{
	struct iopf_fault fault = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = {
				.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE |
					 (has_pasid ?
					  IOMMU_FAULT_PAGE_REQUEST_PASID_VALID :
					  0),
				.pasid = has_pasid ? pasid : IOMMU_NO_PASID,
				.perm = write ? IOMMU_FAULT_PERM_WRITE :
						IOMMU_FAULT_PERM_READ,
				.addr = iova & PAGE_MASK,
			},
		},
	};
	struct mock_request request;

	if (!md->iommu->pri)
		return false;
	request_begin(md, &request);
	fault.fault.prm.grpid = request.group;
	iommu_report_device_fault(md->dev, &fault);
	if (!wait_for_completion_timeout(&request.answered, PATIENCE))
		mock_misuse(md->iommu, "page request %u was not answered\n",
			    request.group);
	request_end(md, &request);
	return request.code == IOMMU_PAGE_RESP_SUCCESS;
}

/**
 * mock_answer() - Somebody answers a page request
 * @md: the device
 * @group: the number of the request
 * @code: enum iommu_page_response_code
 */
void mock_answer(struct mock_device *md, u32 group, u32 code)
{
	struct mock_request *request;
	bool found = false;

	mutex_lock(&md->requests_lock);
	list_for_each_entry(request, &md->requests, node) {
		if (request->group != group)
			continue;
		request->code = code;
		complete(&request->answered);
		found = true;
		break;
	}
	mutex_unlock(&md->requests_lock);
	if (!found)
		mock_misuse(md->iommu, "nobody asked for page request %u\n",
			    group);
}

#else

bool mock_request_page(struct mock_device *md, bool has_pasid, u32 pasid,
		       u64 iova, bool write)
{
	return false;
}

#endif
