/* SPDX-License-Identifier: GPL-2.0 */
/* Bitmaps of user space, which are written and read piece by piece. */
#ifndef IOAS_DIRTY_BITS_H
#define IOAS_DIRTY_BITS_H

#include <linux/types.h>

/* Bits are numbered in words of this many. */
#define IOAS_WORD_BITS		64

/**
 * struct ioas_bits - A bitmap of user space that is being written
 * @words: the bitmap
 * @index: the word that is being collected
 * @word: what of it is to be set
 * @next: all bits below it are done
 * @count: bits that were set
 */
struct ioas_bits {
	u64 __user *words;
	u64 index;
	u64 word;
	u64 next;
	u64 count;
};

int ioas_bits_set(struct ioas_bits *bits, u64 first, u64 count);
int ioas_bits_flush(struct ioas_bits *bits);

#endif
