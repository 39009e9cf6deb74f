// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a dma-buf: pages of another driver, which holds them while we are
 * attached.
 *
 * A dma-buf gives its importers addresses for a device of theirs. We attach a device
 * that nothing translates, /dev/ioasid itself, for which they are those of the memory.
 * Whatever is not ordinary memory of this machine (a device's own, a bounce buffer,
 * addresses without pages) is refused: it could go away, or be somewhere else, while a
 * device is using it. We are no dynamic importer, so the exporter must not move the
 * buffer as long as it is mapped for us.
 *
 * Called by space/ under no lock.
 */
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "chardev.h"
#include "command.h"
#include "compat/dma-buf.h"
#include "memory/memory.h"

#if IS_ENABLED(CONFIG_DMA_SHARED_BUFFER)

/**
 * struct ioas_dmabuf - Memory of a dma-buf
 * @memory: what of it is mapped
 * @attach: our attachment, which has a reference on the dma-buf
 * @table: where the whole dma-buf is
 * @direction: what it is mapped for
 */
struct ioas_dmabuf {
	struct ioas_memory memory;
	struct dma_buf_attachment *attach;
	struct sg_table *table;
	enum dma_data_direction direction;
};

static void ioas_dmabuf_destroy(struct ioas_dmabuf *dmabuf)
{
	struct dma_buf *buf = dmabuf->attach->dmabuf;

	dma_buf_unmap_attachment_unlocked(dmabuf->attach, dmabuf->table,
					  dmabuf->direction);
	dma_buf_detach(buf, dmabuf->attach);
	dma_buf_put(buf);
	kfree(dmabuf);
}

static void ioas_dmabuf_release(struct ioas_memory *memory)
{
	ioas_dmabuf_destroy(container_of(memory, struct ioas_dmabuf, memory));
}

static int ioas_fail_exporter(struct ioas_call *call, struct dma_buf *buf,
			      int err)
{
	if (err == -ENOMEM || err == -EINTR)
		return err;
	if (err == -ERESTARTSYS)
		return -EINTR;
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FILE,
			 "%s, the exporter of the dma-buf, does not give its memory to us (%d)",
			 buf->exp_name, err);
}

/* With that option importers get addresses only, and nothing shows that they are memory's. */
static int ioas_fail_pages(struct ioas_call *call, struct dma_buf *buf)
{
	if (IS_ENABLED(CONFIG_DMABUF_DEBUG))
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FILE,
				 "this kernel shows nobody where a dma-buf is, as this one of %s (CONFIG_DMABUF_DEBUG is set)",
				 buf->exp_name);
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FILE,
			 "%s, the exporter of the dma-buf, has it in no ordinary memory",
			 buf->exp_name);
}

/* Attach and map all of a dma-buf. */
static struct ioas_dmabuf *ioas_dmabuf_create(struct ioas_call *call,
					      struct dma_buf *buf,
					      bool writable)
{
	struct ioas_dmabuf *dmabuf = kmalloc(sizeof(*dmabuf),
					     GFP_KERNEL_ACCOUNT);
	int ret;

	if (!dmabuf)
		return ERR_PTR(-ENOMEM);
	ioas_memory_init(&dmabuf->memory, ioas_dmabuf_release);
	dmabuf->memory.exported = true;
	dmabuf->direction = writable ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
	dmabuf->attach = dma_buf_attach(buf, ioas_chardev_device());
	ret = PTR_ERR_OR_ZERO(dmabuf->attach);
	if (ret)
		goto free;
	dmabuf->table = dma_buf_map_attachment_unlocked(dmabuf->attach,
							dmabuf->direction);
	ret = PTR_ERR_OR_ZERO(dmabuf->table);
	if (ret)
		goto detach;
	get_dma_buf(buf);
	return dmabuf;

detach:
	dma_buf_detach(buf, dmabuf->attach);
free:
	kfree(dmabuf);
	return ERR_PTR(ioas_fail_exporter(call, buf, ret));
}

static bool ioas_is_ordinary(unsigned long pfn)
{
	return pfn_valid(pfn) && !is_zone_device_page(pfn_to_page(pfn));
}

/* Has an entry whole ordinary pages, and is their address the one for the device? */
static bool ioas_is_memory(struct scatterlist *sg)
{
	phys_addr_t paddr;

	if (!sg_page(sg) || !sg->length || sg_dma_len(sg) != sg->length)
		return false;
	paddr = sg_phys(sg);
	return PAGE_ALIGNED(paddr | sg->length) &&
	       sg_dma_address(sg) == phys_to_dma(ioas_chardev_device(),
						 paddr) &&
	       ioas_is_ordinary(PHYS_PFN(paddr)) &&
	       ioas_is_ordinary(PHYS_PFN(paddr + sg->length - 1));
}

/* Put the pages from @skip on into the runs of the memory. */
static int ioas_dmabuf_fill(struct ioas_call *call, struct ioas_dmabuf *dmabuf,
			    unsigned long skip)
{
	struct ioas_memory *memory = &dmabuf->memory;
	unsigned long left = memory->pages;
	struct scatterlist *sg;
	unsigned int i;

	if (dmabuf->table->nents != dmabuf->table->orig_nents)
		return ioas_fail_pages(call, dmabuf->attach->dmabuf);
	for_each_sgtable_sg(dmabuf->table, sg, i) {
		unsigned long pages = sg->length >> PAGE_SHIFT, first;

		if (!ioas_is_memory(sg))
			return ioas_fail_pages(call, dmabuf->attach->dmabuf);
		first = min(skip, pages);
		skip -= first;
		pages = min(pages - first, left);
		if (pages && !ioas_runs_append_pfns(&memory->runs,
						    PHYS_PFN(sg_phys(sg)) + first,
						    pages))
			return -ENOMEM;
		left -= pages;
	}
	return left ? ioas_fail_pages(call, dmabuf->attach->dmabuf) : 0;
}

/**
 * ioas_dmabuf_memory() - Memory of a dma-buf
 * @call: the command, for the reason of a failure
 * @buf: the dma-buf
 * @skip: first page of it
 * @pages: how many, not 0; it has as many
 * @writable: devices will write to it
 *
 * Charged like pinned memory: it can no more be reclaimed, whoever gave it. The
 * exporter may hold more than that; what it holds is its own to limit.
 *
 * Context: may sleep; process context; takes mmap_lock.
 * Return: the memory, of which the caller has the only reference, or an ERR_PTR:
 * -ENOMEM, -EINTR, -EOPNOTSUPP.
 */
struct ioas_memory *ioas_dmabuf_memory(struct ioas_call *call,
				       struct dma_buf *buf, unsigned long skip,
				       unsigned long pages, bool writable)
{
	struct ioas_dmabuf *dmabuf = ioas_dmabuf_create(call, buf, writable);
	int ret;

	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	ret = ioas_memory_begin(call, &dmabuf->memory, pages, writable);
	if (ret)
		goto destroy;
	ret = ioas_dmabuf_fill(call, dmabuf, skip);
	if (ret)
		goto abort;
	return &dmabuf->memory;

abort:
	ioas_memory_abort(&dmabuf->memory);
destroy:
	ioas_dmabuf_destroy(dmabuf);
	return ERR_PTR(ret);
}

/* A string whatever form MODULE_IMPORT_NS() takes; older kernels take no notice. */
MODULE_INFO(import_ns, "DMA_BUF");

#endif
