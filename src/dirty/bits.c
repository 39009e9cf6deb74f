// SPDX-License-Identifier: GPL-2.0
/*
 * Setting bits of a bitmap in user space. Those that are set already stay so, and words
 * in which nothing is set are not touched: a bitmap of much that is not there takes no
 * memory.
 *
 * Called by read.c and type1/dirty.c under no lock: user memory can fault.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "dirty/bits.h"

/**
 * ioas_bits_flush() - Write what was collected
 * @bits: the bitmap
 *
 * Context: may sleep; no locks held.
 * Return: 0 or -EFAULT.
 */
int ioas_bits_flush(struct ioas_bits *bits)
{
	u64 __user *word = bits->words + bits->index;
	u64 old;

	if (!bits->word)
		return 0;
	if (get_user(old, word) || put_user(old | bits->word, word))
		return -EFAULT;
	bits->word = 0;
	return 0;
}

/* Bits of one word. */
static int ioas_bits_collect(struct ioas_bits *bits, u64 first,
			     unsigned int count)
{
	unsigned int bit = first % IOAS_WORD_BITS;
	int ret = 0;

	if (bits->index != first / IOAS_WORD_BITS)
		ret = ioas_bits_flush(bits);
	bits->index = first / IOAS_WORD_BITS;
	bits->word |= GENMASK_ULL(bit + count - 1, bit);
	return ret;
}

static int ioas_bits_fill(u64 __user *word, u64 count)
{
	u64 ones[32];
	u64 words;

	memset(ones, 0xff, sizeof(ones));
	for (; count; word += words, count -= words) {
		words = min_t(u64, count, ARRAY_SIZE(ones));
		if (copy_to_user(word, ones, words * sizeof(*word)))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/* What is before the first whole word, whole words, and the rest. */
static int ioas_bits_set_run(struct ioas_bits *bits, u64 first, u64 count)
{
	u64 part = min_t(u64, count, -first % IOAS_WORD_BITS);
	int ret = 0;

	if (part)
		ret = ioas_bits_collect(bits, first, part);
	first += part;
	count -= part;
	if (!ret && count >= IOAS_WORD_BITS)
		ret = ioas_bits_fill(bits->words + first / IOAS_WORD_BITS,
				     count / IOAS_WORD_BITS);
	part = count % IOAS_WORD_BITS;
	if (!ret && part)
		ret = ioas_bits_collect(bits, first + count - part, part);
	return ret;
}

/**
 * ioas_bits_set() - Set a run of bits
 * @bits: the bitmap, zeroed but for its @words before the first call
 * @first: the first bit; not below that of the call before
 * @count: how many
 *
 * The last of them may be written only by ioas_bits_flush().
 *
 * Context: may sleep; no locks held.
 * Return: 0 or -EFAULT.
 */
int ioas_bits_set(struct ioas_bits *bits, u64 first, u64 count)
{
	u64 end = first + count;

	/* Where one bit stands for much, the call before may have set it. */
	first = max(first, bits->next);
	if (first >= end)
		return 0;
	bits->next = end;
	bits->count += end - first;
	return ioas_bits_set_run(bits, first, end - first);
}
