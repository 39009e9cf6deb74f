// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages of a space are known to be dirty. Only what was written takes memory,
 * however large the range is that is asked for.
 *
 * Called by track.c and read.c of this room, under any lock of the module but log->lock,
 * which is the innermost.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "dirty/log.h"

/**
 * struct ioas_dirty_block - The bits of IOAS_BLOCK_PAGES pages
 * @precision: the least that is known of where they come from
 * @bits: one for each page
 */
struct ioas_dirty_block {
	enum ioasid_dirty_precision precision;
	DECLARE_BITMAP(bits, IOAS_BLOCK_PAGES);
};

static struct kmem_cache *ioas_block_cache;

/**
 * ioas_dirty_log_init_cache() - Set up when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int ioas_dirty_log_init_cache(void)
{
	ioas_block_cache = KMEM_CACHE(ioas_dirty_block, SLAB_ACCOUNT);
	return ioas_block_cache ? 0 : -ENOMEM;
}

/**
 * ioas_dirty_log_exit_cache() - Take down when the module goes
 */
void ioas_dirty_log_exit_cache(void)
{
	kmem_cache_destroy(ioas_block_cache);
}

static unsigned long ioas_block_index(unsigned long iova)
{
	return iova >> (PAGE_SHIFT + IOAS_BLOCK_SHIFT);
}

/**
 * ioas_dirty_log_init() - An empty log
 * @log: the log
 */
void ioas_dirty_log_init(struct ioas_dirty_log *log)
{
	mutex_init(&log->lock);
	xa_init_flags(&log->blocks, XA_FLAGS_ACCOUNT);
}

/**
 * ioas_dirty_log_forget() - All is clean
 * @log: the log
 *
 * Context: may sleep.
 */
void ioas_dirty_log_forget(struct ioas_dirty_log *log)
{
	struct ioas_dirty_block *block;
	unsigned long index;

	mutex_lock(&log->lock);
	xa_for_each(&log->blocks, index, block) {
		kmem_cache_free(ioas_block_cache, block);
		cond_resched();
	}
	xa_destroy(&log->blocks);
	mutex_unlock(&log->lock);
}

/* Called with the lock. */
static struct ioas_dirty_block *ioas_block_get(struct ioas_dirty_log *log,
					       unsigned long iova)
{
	unsigned long index = ioas_block_index(iova);
	struct ioas_dirty_block *block = xa_load(&log->blocks, index);

	if (block)
		return block;
	block = kmem_cache_zalloc(ioas_block_cache, GFP_KERNEL);
	if (!block)
		return NULL;
	if (!xa_err(xa_store(&log->blocks, index, block, GFP_KERNEL_ACCOUNT)))
		return block;
	kmem_cache_free(ioas_block_cache, block);
	return NULL;
}

static int ioas_block_add(struct ioas_dirty_log *log, unsigned long first,
			  unsigned long last,
			  enum ioasid_dirty_precision precision)
{
	struct ioas_dirty_block *block;

	mutex_lock(&log->lock);
	block = ioas_block_get(log, first);
	if (block) {
		ioas_block_set(block->bits, first, last);
		block->precision = max(block->precision, precision);
	}
	mutex_unlock(&log->lock);
	return block ? 0 : -ENOMEM;
}

/**
 * ioas_dirty_log_add() - Pages are dirty
 * @log: the log
 * @first: first IOVA, anywhere in the first page
 * @last: last IOVA
 * @precision: how well that is known
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM: some of the pages may be marked.
 */
int ioas_dirty_log_add(struct ioas_dirty_log *log, unsigned long first,
		       unsigned long last, enum ioasid_dirty_precision precision)
{
	unsigned long end;
	int ret;

	for (;; first = end + 1) {
		end = min(last, ioas_block_last(first));
		ret = ioas_block_add(log, first, end, precision);
		if (ret || end == last)
			return ret;
		cond_resched();
	}
}

/**
 * ioas_dirty_log_next() - Find the next block with dirty pages
 * @log: the log
 * @iova: in: where to begin; out: there, or where the block begins that was found
 * @last: where to end
 *
 * Context: may sleep.
 * Return: false if there is none.
 */
bool ioas_dirty_log_next(struct ioas_dirty_log *log, unsigned long *iova,
			 unsigned long last)
{
	unsigned long index = ioas_block_index(*iova);
	bool found;

	mutex_lock(&log->lock);
	found = xa_find(&log->blocks, &index, ioas_block_index(last),
			XA_PRESENT);
	mutex_unlock(&log->lock);
	if (found && index != ioas_block_index(*iova))
		*iova = index << (PAGE_SHIFT + IOAS_BLOCK_SHIFT);
	return found;
}

/**
 * ioas_dirty_log_read() - Get the dirty pages of a block
 * @log: the log
 * @iova: anywhere in the block
 * @bits: the block's bits; those of dirty pages are set, the others stay
 * @precision: becomes weaker if that of the block is, and it has dirty pages
 *
 * Context: may sleep.
 */
void ioas_dirty_log_read(struct ioas_dirty_log *log, unsigned long iova,
			 unsigned long *bits,
			 enum ioasid_dirty_precision *precision)
{
	struct ioas_dirty_block *block;

	mutex_lock(&log->lock);
	block = xa_load(&log->blocks, ioas_block_index(iova));
	if (block) {
		bitmap_or(bits, bits, block->bits, IOAS_BLOCK_PAGES);
		*precision = max(*precision, block->precision);
	}
	mutex_unlock(&log->lock);
}

/**
 * ioas_dirty_log_remove() - Pages are clean
 * @log: the log
 * @iova: anywhere in their block
 * @bits: the block's bits: those of the pages are set
 *
 * Context: may sleep.
 */
void ioas_dirty_log_remove(struct ioas_dirty_log *log, unsigned long iova,
			   const unsigned long *bits)
{
	struct ioas_dirty_block *block;

	mutex_lock(&log->lock);
	block = xa_load(&log->blocks, ioas_block_index(iova));
	if (block)
		bitmap_andnot(block->bits, block->bits, bits,
			      IOAS_BLOCK_PAGES);
	mutex_unlock(&log->lock);
}

/**
 * ioas_dirty_log_trim() - Free a block without dirty pages
 * @log: the log
 * @iova: anywhere in the block
 *
 * Context: may sleep.
 */
void ioas_dirty_log_trim(struct ioas_dirty_log *log, unsigned long iova)
{
	unsigned long index = ioas_block_index(iova);
	struct ioas_dirty_block *block;

	mutex_lock(&log->lock);
	block = xa_load(&log->blocks, index);
	if (block && bitmap_empty(block->bits, IOAS_BLOCK_PAGES)) {
		xa_erase(&log->blocks, index);
		kmem_cache_free(ioas_block_cache, block);
	}
	mutex_unlock(&log->lock);
}

/**
 * ioas_dirty_log_forget_range() - Forget what was written in a range
 * @log: the log
 * @first: first IOVA
 * @last: last IOVA
 *
 * Context: may sleep.
 */
void ioas_dirty_log_forget_range(struct ioas_dirty_log *log,
				 unsigned long first, unsigned long last)
{
	DECLARE_BITMAP(bits, IOAS_BLOCK_PAGES);
	unsigned long end;

	while (ioas_dirty_log_next(log, &first, last)) {
		end = min(last, ioas_block_last(first));
		bitmap_zero(bits, IOAS_BLOCK_PAGES);
		ioas_block_set(bits, first, end);
		ioas_dirty_log_remove(log, first, bits);
		ioas_dirty_log_trim(log, first);
		if (end == last)
			break;
		first = end + 1;
		cond_resched();
	}
}
