// SPDX-License-Identifier: GPL-2.0
/*
 * The DMA engine: it copies, fills and adds up memory at IOVAs.
 *
 * Called by module.c. It goes page by page, and stops at the first that it is refused.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mediated/internal.h"

static int pinned_rw(struct mediated *md, u64 iova, void *data, size_t length,
		     bool write)
{
	struct page *page;
	void *va;
	int ret;

	ret = md->backend->pin(md, iova & PAGE_MASK, 1, write, &page);
	if (ret)
		return ret;
	va = page_address(page) + offset_in_page(iova);
	if (write)
		memcpy(va, data, length);
	else
		memcpy(data, va, length);
	md->backend->unpin(md, iova & PAGE_MASK, 1);
	return 0;
}

/* Move what is in one page at @iova. */
static int move(struct mediated *md, struct mediated_dma *dma, u64 iova,
		void *data, size_t length, bool write)
{
	if (dma->how == MEDIATED_PINNED)
		return pinned_rw(md, iova, data, length, write);
	if (dma->how != MEDIATED_RW)
		return mediated_parent_dma(md, dma, iova, data, length, write);
	return md->backend->rw(md, iova, data, length, write);
}

static size_t piece(u64 iova, u64 length)
{
	return min_t(u64, length, PAGE_SIZE - offset_in_page(iova));
}

static int move_all(struct mediated *md, struct mediated_dma *dma, u64 iova,
		    void *data, size_t length, bool write)
{
	size_t n;
	int ret;

	/* What is read or written at IOVAs may be in any number of pages. */
	if (dma->how == MEDIATED_RW)
		return move(md, dma, iova, data, length, write);
	for (; length; length -= n, iova += n, data += n) {
		n = piece(iova, length);
		ret = move(md, dma, iova, data, n, write);
		if (ret)
			return ret;
	}
	return 0;
}

static u64 sum_of(const u8 *data, size_t length)
{
	u64 sum = 0;

	while (length--)
		sum += *data++;
	return sum;
}

#define STEP	(4 * PAGE_SIZE)

static int step(struct mediated *md, struct mediated_dma *dma, u64 done,
		size_t length, void *buffer)
{
	int ret = 0;

	if (dma->op != MEDIATED_FILL)
		ret = move_all(md, dma, dma->src + done, buffer, length, false);
	else
		memset(buffer, dma->value, length);
	if (ret)
		return ret;
	if (dma->op == MEDIATED_SUM)
		dma->value += sum_of(buffer, length);
	else
		ret = move_all(md, dma, dma->dst + done, buffer, length, true);
	return ret;
}

/**
 * mediated_dma() - Do one DMA
 * @md: the device
 * @dma: which; a sum is written to it
 *
 * Return: 0 or what VFIO said.
 */
int mediated_dma(struct mediated *md, struct mediated_dma *dma)
{
	void *buffer;
	u64 done;
	size_t n;
	int ret = 0;

	if (dma->op > MEDIATED_SUM || dma->how > MEDIATED_FORGED || !dma->length)
		return -EINVAL;
	buffer = kmalloc(STEP, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	if (dma->op == MEDIATED_SUM)
		dma->value = 0;
	for (done = 0; !ret && done < dma->length; done += n) {
		n = min_t(u64, dma->length - done, STEP);
		ret = step(md, dma, done, n, buffer);
		cond_resched();
	}
	kfree(buffer);
	return ret;
}
