// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a device keeps pinned, as one does that a guest has told of its queues.
 *
 * Called by module.c, and by VFIO before they are unmapped.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "mediated/internal.h"

/**
 * struct mediated_pages - Pages that were pinned in one go
 * @node: in the device's list
 * @iova: of the first
 * @count: how many
 * @pages: which
 */
struct mediated_pages {
	struct list_head node;
	u64 iova;
	unsigned int count;
	struct page *pages[];
};

static void drop(struct mediated *md, struct mediated_pages *held, bool unpin)
{
	if (unpin)
		md->backend->unpin(md, held->iova, held->count);
	md->state.held -= held->count;
	list_del(&held->node);
	kfree(held);
}

static struct mediated_pages *find(struct mediated *md, u64 iova)
{
	struct mediated_pages *held;

	list_for_each_entry(held, &md->holds, node)
		if (iova >= held->iova &&
		    (iova - held->iova) >> PAGE_SHIFT < held->count)
			return held;
	return NULL;
}

/**
 * mediated_hold() - Pin pages and keep them
 * @md: the device
 * @hold: which
 *
 * Return: 0 or what VFIO said.
 */
int mediated_hold(struct mediated *md, const struct mediated_hold *hold)
{
	struct mediated_pages *held;
	int ret;

	if (!hold->count || hold->count > MEDIATED_MAX_HOLD ||
	    offset_in_page(hold->iova))
		return -EINVAL;
	held = kzalloc(struct_size(held, pages, hold->count), GFP_KERNEL);
	if (!held)
		return -ENOMEM;
	held->iova = hold->iova;
	held->count = hold->count;
	mutex_lock(&md->lock);
	ret = md->backend->pin(md, hold->iova, hold->count, hold->write,
			       held->pages);
	if (!ret) {
		list_add(&held->node, &md->holds);
		md->state.held += held->count;
	}
	mutex_unlock(&md->lock);
	if (ret)
		kfree(held);
	return ret;
}

/**
 * mediated_unhold() - Give pages back
 * @md: the device
 * @hold: as they were pinned
 *
 * Return: 0 or -ENOENT.
 */
int mediated_unhold(struct mediated *md, const struct mediated_hold *hold)
{
	struct mediated_pages *held;
	int ret = -ENOENT;

	mutex_lock(&md->lock);
	held = find(md, hold->iova);
	if (held && held->iova == hold->iova && held->count == hold->count) {
		drop(md, held, true);
		ret = 0;
	}
	mutex_unlock(&md->lock);
	return ret;
}

/**
 * mediated_touch() - Read or write a byte of a page that is held
 * @md: the device
 * @touch: which
 *
 * Return: 0 or -ENOENT.
 */
int mediated_touch(struct mediated *md, struct mediated_touch *touch)
{
	struct mediated_pages *held;
	int ret = -ENOENT;
	u8 *byte;

	mutex_lock(&md->lock);
	held = find(md, touch->iova);
	if (held) {
		byte = page_address(held->pages[(touch->iova - held->iova) >>
						PAGE_SHIFT]);
		byte += offset_in_page(touch->iova);
		if (touch->write)
			WRITE_ONCE(*byte, touch->value);
		else
			touch->value = READ_ONCE(*byte);
		ret = 0;
	}
	mutex_unlock(&md->lock);
	return ret;
}

/**
 * mediated_forget() - Hold nothing any more
 * @md: the device
 * @unpin: and give it back
 *
 * Context: md->lock.
 */
void mediated_forget(struct mediated *md, bool unpin)
{
	struct mediated_pages *held, *next;

	list_for_each_entry_safe(held, next, &md->holds, node)
		drop(md, held, unpin);
}

/**
 * mediated_unmap() - A range is about to be unmapped
 * @md: the device
 * @iova: first IOVA
 * @length: bytes
 *
 * Context: may sleep; called by VFIO.
 */
void mediated_unmap(struct mediated *md, u64 iova, u64 length)
{
	struct mediated_pages *held, *next;
	u64 last = iova + (length - 1);

	mutex_lock(&md->lock);
	md->state.told++;
	md->state.iova = iova;
	md->state.length = length;
	if (!(md->behaviour & MEDIATED_STUBBORN))
		list_for_each_entry_safe(held, next, &md->holds, node)
			if (held->iova <= last && iova <= held->iova +
			    ((u64)held->count << PAGE_SHIFT) - 1)
				drop(md, held, true);
	mutex_unlock(&md->lock);
}
