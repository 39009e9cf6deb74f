// SPDX-License-Identifier: GPL-2.0
/*
 * The DMA engine of a mock device: it moves bytes between its buffer and memory, page
 * by page, each through the IOMMU.
 *
 * Called by device.c for a program that has the device open.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "mock/internal.h"
#include "mock/parent.h"

/* One access of a device: who makes it, and whether it writes. */
struct access {
	struct mock_device *device;
	bool has_pasid;
	u32 pasid;
	bool write;
};

/* The domain an access goes to. Called with device->lock for read. */
static struct mock_domain *access_domain(const struct access *access,
					 enum mock_status *status)
{
	struct mock_device *device = access->device;
	struct mock_domain *md = access->has_pasid ?
		xa_load(&device->pasids, access->pasid) : device->domain;

	*status = md ? MOCK_OK : MOCK_BLOCKED;
	if (!md && !access->has_pasid && !device->blocked) {
		*status = MOCK_BYPASS;
		atomic_long_inc(&device->iommu->bypassed);
	}
	return md;
}

static enum mock_status copy_memory(phys_addr_t paddr, u8 *data, size_t length,
				    bool write)
{
	u8 *memory;

	if (!pfn_valid(PHYS_PFN(paddr)))
		return MOCK_NO_MEMORY;
	memory = page_address(pfn_to_page(PHYS_PFN(paddr))) +
		 offset_in_page(paddr);
	if (write)
		memcpy(memory, data, length);
	else
		memcpy(data, memory, length);
	return MOCK_OK;
}

static enum mock_status access_nested(struct mock_domain *md, u64 iova,
				      u8 *data, size_t length, bool write)
{
	enum mock_status status;
	u64 parent_iova;

	read_lock(&md->lock);
	status = mock_nested_translate(md, iova, write, &parent_iova);
	if (status == MOCK_OK)
		status = mock_access_domain(md->parent, parent_iova, data,
					    length, write);
	read_unlock(&md->lock);
	return status;
}

/**
 * mock_access_domain() - One access through a domain
 * @md: the domain
 * @iova: where to
 * @data: from or to here
 * @length: bytes, which cross no page
 * @write: to memory
 *
 * Context: takes md->lock.
 * Return: MOCK_OK or why not.
 */
enum mock_status mock_access_domain(struct mock_domain *md, u64 iova, u8 *data,
				    size_t length, bool write)
{
	enum mock_status status;
	phys_addr_t paddr;

	if (md->parent)
		return access_nested(md, iova, data, length, write);
	read_lock(&md->lock);
	status = mock_translate(md, iova, write, &paddr);
	if (status == MOCK_OK)
		status = copy_memory(paddr, data, length, write);
	read_unlock(&md->lock);
	return status;
}

/* Whoever has the domain is told, as by the drivers of IOMMUs that do so. */
static void report_fault(const struct access *access, struct mock_domain *md,
			 u64 iova)
{
	report_iommu_fault(&md->domain, access->device->dev, iova,
			   access->write ? IOMMU_FAULT_WRITE :
					   IOMMU_FAULT_READ);
}

/* An access that crosses no page. */
static enum mock_status access_page_once(const struct access *access, u64 iova,
					 u8 *data, size_t length, bool report)
{
	struct mock_device *device = access->device;
	enum mock_status status;
	struct mock_domain *md;

	read_lock(&device->lock);
	md = access_domain(access, &status);
	if (md)
		status = mock_access_domain(md, iova, data, length,
					    access->write);
	if (md && status != MOCK_OK && report)
		report_fault(access, md, iova);
	read_unlock(&device->lock);
	return status;
}

#define MAX_REQUESTS	3	/* for one access */

/* The same of a device that asks for what it is refused. */
static enum mock_status access_page_asking(const struct access *access, u64 iova,
					   u8 *data, size_t length)
{
	unsigned int requests = 0;
	enum mock_status status;

	do {
		status = access_page_once(access, iova, data, length, false);
		if (status != MOCK_UNMAPPED && status != MOCK_DENIED)
			break;
	} while (requests++ < MAX_REQUESTS &&
		 mock_request_page(access->device, access->has_pasid,
				   access->pasid, iova, access->write));
	return status;
}

static enum mock_status access_page(const struct access *access, u64 iova,
				    u8 *data, size_t length)
{
	struct mock_device *device = access->device;
	enum mock_status status = MOCK_UNMAPPED;

	if (device->iommu->pri)
		status = access_page_asking(access, iova, data, length);
	if (status != MOCK_OK)
		status = access_page_once(access, iova, data, length, true);
	if (status != MOCK_OK)
		atomic_long_inc(&device->iommu->faults);
	return status;
}

/**
 * mock_engine_access() - One access with a PASID
 * @md: the device
 * @pasid: the PASID
 * @iova: where to
 * @data: from or to here
 * @length: bytes, which cross no page
 * @write: to memory
 *
 * Context: may sleep.
 * Return: MOCK_OK or why not.
 */
enum mock_status mock_engine_access(struct mock_device *md, u32 pasid, u64 iova,
				    u8 *data, size_t length, bool write)
{
	const struct access access = {
		.device = md,
		.has_pasid = true,
		.pasid = pasid,
		.write = write,
	};

	return access_page(&access, iova, data, length);
}

static enum mock_status access_range(const struct access *access, u64 iova,
				     u8 *data, size_t length, u64 *fault)
{
	enum mock_status status = MOCK_OK;
	size_t done, chunk;

	for (done = 0; done < length; done += chunk) {
		chunk = min_t(size_t, length - done,
			      PAGE_SIZE - offset_in_page(iova + done));
		status = access_page(access, iova + done, data + done, chunk);
		if (status != MOCK_OK) {
			*fault = iova + done;
			break;
		}
		cond_resched();
	}
	return status;
}

static u64 sum_bytes(const u8 *data, size_t length)
{
	u64 sum = 0;

	while (length--)
		sum += *data++;
	return sum;
}

static enum mock_status run_move(struct access *access, struct mock_dma *dma,
				 u8 *data)
{
	enum mock_status status;

	status = access_range(access, dma->iova, data, dma->length,
			      &dma->fault);
	if (status != MOCK_OK)
		return status;
	access->write = true;
	return access_range(access, dma->target, data, dma->length,
			    &dma->fault);
}

static enum mock_status run(struct mock_device *device, struct mock_dma *dma)
{
	struct access access = {
		.device = device,
		.has_pasid = dma->flags & MOCK_PASID,
		.pasid = dma->pasid,
		.write = dma->op == MOCK_STORE || dma->op == MOCK_FILL,
	};
	u8 *data = device->buffer + dma->offset;
	enum mock_status status;

	if (access.has_pasid && !mock_translate_pasid(device, &access.pasid))
		return MOCK_BLOCKED;
	if (dma->op == MOCK_MOVE)
		return run_move(&access, dma, data);
	if (dma->op == MOCK_FILL)
		memset(data, dma->value, dma->length);
	status = access_range(&access, dma->iova, data, dma->length,
			      &dma->fault);
	if (dma->op == MOCK_SUM && status == MOCK_OK)
		dma->value = sum_bytes(data, dma->length);
	return status;
}

static bool dma_is_sane(const struct mock_dma *dma)
{
	return dma->op <= MOCK_MOVE && !(dma->flags & ~MOCK_PASID) &&
	       dma->length && dma->length <= MOCK_BUFFER_SIZE &&
	       dma->offset <= MOCK_BUFFER_SIZE - dma->length &&
	       dma->iova + (dma->length - 1) >= dma->iova &&
	       dma->target + (dma->length - 1) >= dma->target;
}

/**
 * mock_engine_dma() - MOCK_DMA
 * @md: the device
 * @user: the command
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
long mock_engine_dma(struct mock_device *md, struct mock_dma __user *user)
{
	struct mock_dma dma;

	if (copy_from_user(&dma, user, sizeof(dma)))
		return -EFAULT;
	if (!dma_is_sane(&dma))
		return -EINVAL;
	dma.fault = 0;
	mutex_lock(&md->engine);
	dma.status = run(md, &dma);
	mutex_unlock(&md->engine);
	return copy_to_user(user, &dma, sizeof(dma)) ? -EFAULT : 0;
}

/**
 * ioas_mock_device() - A device that others make devices of
 * @n: its number
 *
 * Return: the device with a reference, or NULL.
 */
struct device *ioas_mock_device(unsigned int n)
{
	if (n >= MOCK_MAX_DEVICES || !mock_devices[n])
		return NULL;
	return get_device(mock_devices[n]->dev);
}
EXPORT_SYMBOL_GPL(ioas_mock_device);

/**
 * ioas_mock_dma() - DMA with the requester id of a device, for others
 * @dev: the device
 * @pasid: the PASID, as the IOMMU sees it
 * @iova: first byte
 * @data: from or to here
 * @length: bytes
 * @write: to memory
 *
 * Context: may sleep.
 * Return: enum mock_status.
 */
int ioas_mock_dma(struct device *dev, u32 pasid, u64 iova, void *data,
		  size_t length, bool write)
{
	struct access access = {
		.device = mock_device_of(dev),
		.has_pasid = true,
		.pasid = pasid,
		.write = write,
	};
	u64 fault;

	if (!access.device)
		return MOCK_BLOCKED;
	return access_range(&access, iova, data, length, &fault);
}
EXPORT_SYMBOL_GPL(ioas_mock_dma);

/* Bytes of the buffer from @pos on, at most @count; 0 at its end. */
static size_t buffer_room(loff_t pos, size_t count)
{
	if (pos < 0 || pos >= MOCK_BUFFER_SIZE)
		return 0;
	return min_t(size_t, count, MOCK_BUFFER_SIZE - pos);
}

/**
 * mock_engine_read() - Read the buffer
 * @md: the device
 * @buf: where to
 * @count: bytes
 * @pos: first byte; in and out
 *
 * Context: may sleep.
 * Return: bytes read or a negative errno.
 */
ssize_t mock_engine_read(struct mock_device *md, char __user *buf, size_t count,
			 loff_t *pos)
{
	size_t length = buffer_room(*pos, count);
	unsigned long left;

	mutex_lock(&md->engine);
	left = copy_to_user(buf, md->buffer + *pos, length);
	mutex_unlock(&md->engine);
	if (left)
		return -EFAULT;
	*pos += length;
	return length;
}

/**
 * mock_engine_write() - Write the buffer
 * @md: the device
 * @buf: where from
 * @count: bytes
 * @pos: first byte; in and out
 *
 * Context: may sleep.
 * Return: bytes written or a negative errno.
 */
ssize_t mock_engine_write(struct mock_device *md, const char __user *buf,
			  size_t count, loff_t *pos)
{
	size_t length = buffer_room(*pos, count);
	unsigned long left;

	mutex_lock(&md->engine);
	left = copy_from_user(md->buffer + *pos, buf, length);
	mutex_unlock(&md->engine);
	if (left)
		return -EFAULT;
	*pos += length;
	return length;
}

/**
 * mock_engine_reset() - Clear the buffer
 * @md: the device
 *
 * Context: may sleep.
 */
void mock_engine_reset(struct mock_device *md)
{
	mutex_lock(&md->engine);
	memset(md->buffer, 0, MOCK_BUFFER_SIZE);
	mutex_unlock(&md->engine);
}
