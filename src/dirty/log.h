/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pages of a space are known to be dirty: bits by IOVA, in blocks that are there
 * only where a bit is set. Part of a space; used by dirty/ and, through it, by space/.
 */
#ifndef IOAS_DIRTY_LOG_H
#define IOAS_DIRTY_LOG_H

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/xarray.h>

#include "uapi/linux/ioasid.h"

/* Pages of a block, and what they span. */
#define IOAS_BLOCK_SHIFT	12
#define IOAS_BLOCK_PAGES	BIT(IOAS_BLOCK_SHIFT)
#define IOAS_BLOCK_SIZE		(IOAS_BLOCK_PAGES << PAGE_SHIFT)

/**
 * struct ioas_dirty_log - Pages that were written
 * @lock: the module's innermost
 * @blocks: struct ioas_dirty_block, by IOVA
 */
struct ioas_dirty_log {
	struct mutex lock;	/* the next one */
	struct xarray blocks;
};

static inline unsigned long ioas_block_first(unsigned long iova)
{
	return iova & ~(IOAS_BLOCK_SIZE - 1);
}

static inline unsigned long ioas_block_last(unsigned long iova)
{
	return iova | (IOAS_BLOCK_SIZE - 1);
}

/* Which bit of its block a page has. */
static inline unsigned int ioas_block_bit(unsigned long iova)
{
	return (iova >> PAGE_SHIFT) & (IOAS_BLOCK_PAGES - 1);
}

/* Set the bits of [first, last], which is in one block. */
static inline void ioas_block_set(unsigned long *bits, unsigned long first,
				  unsigned long last)
{
	bitmap_set(bits, ioas_block_bit(first),
		   ioas_block_bit(last) - ioas_block_bit(first) + 1);
}

int ioas_dirty_log_init_cache(void);
void ioas_dirty_log_exit_cache(void);
void ioas_dirty_log_init(struct ioas_dirty_log *log);
void ioas_dirty_log_forget(struct ioas_dirty_log *log);
int ioas_dirty_log_add(struct ioas_dirty_log *log, unsigned long first,
		       unsigned long last, enum ioasid_dirty_precision precision);
bool ioas_dirty_log_next(struct ioas_dirty_log *log, unsigned long *iova,
			 unsigned long last);
void ioas_dirty_log_read(struct ioas_dirty_log *log, unsigned long iova,
			 unsigned long *bits,
			 enum ioasid_dirty_precision *precision);
void ioas_dirty_log_remove(struct ioas_dirty_log *log, unsigned long iova,
			   const unsigned long *bits);
void ioas_dirty_log_trim(struct ioas_dirty_log *log, unsigned long iova);
void ioas_dirty_log_forget_range(struct ioas_dirty_log *log,
				 unsigned long first, unsigned long last);

#endif
