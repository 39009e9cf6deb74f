// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_DIRTY_READ: what is dirty is told first and forgotten then.
 *
 * Both go from block to block and pass over what neither is mapped nor was written. What
 * is forgotten is what the bitmap in user space says was told, so nothing has to be kept
 * in between, and nothing is lost if telling fails. A page that is written in between is
 * written before the command returns, and so before its caller reads the page.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "dirty/bits.h"
#include "dirty/dirty.h"
#include "space/access.h"
#include "space/space.h"
#include "trace/trace.h"

/**
 * struct ioas_dirty_reader - A command on its way through a range
 * @call: the command
 * @space: the space
 * @base: IOVA of the bitmap's first bit, not above @first
 * @first: first IOVA of the range
 * @last: last IOVA of the range
 * @shift: what one bit stands for is so many bits wide
 * @precision: the weakest so far
 * @out: the bitmap in user space
 * @bits: of one block of pages
 * @words: of @out, which stand for no more than a block. A block whose first bit is not
 *	the first of a word has one word more
 */
struct ioas_dirty_reader {
	struct ioas_call *call;
	struct ioas_space *space;
	unsigned long base;
	unsigned long first;
	unsigned long last;
	unsigned int shift;
	enum ioasid_dirty_precision precision;
	struct ioas_bits out;
	DECLARE_BITMAP(bits, IOAS_BLOCK_PAGES);
	DECLARE_BITMAP(words, IOAS_BLOCK_PAGES + IOAS_WORD_BITS);
};

static u64 ioas_reader_bit(struct ioas_dirty_reader *reader, unsigned long iova)
{
	return (iova - reader->base) >> reader->shift;
}

/* Where is something that may be dirty? Called with domains_sem for write. */
static bool ioas_reader_find(struct ioas_dirty_reader *reader,
			     unsigned long *pos)
{
	struct ioas_space *space = reader->space;
	struct ioas_area *area = NULL;
	unsigned long logged = *pos;
	bool found;

	found = ioas_dirty_log_next(&space->dirty.log, &logged, reader->last);
	if (ioas_dirty_precision(space) != IOASID_DIRTY_SOFTWARE)
		area = ioas_dirty_next_area(space, *pos, reader->last);
	if (area)
		*pos = max(*pos, area->first);
	else
		*pos = logged;
	if (area && found)
		*pos = min(*pos, logged);
	return area || found;
}

static int ioas_reader_check(struct ioas_dirty_reader *reader)
{
	struct ioas_space *space = reader->space;

	if (space->freed)
		return ioas_fail_object(reader->call, space->obj.id,
					"I/O address space");
	if (!ioas_dirty_on(space))
		return ioas_fail(reader->call, -EINVAL, IOASID_REASON_DIRTY,
				 "space %u is not tracked; see IOASID_DIRTY_SET",
				 space->obj.id);
	return 0;
}

/* Called with domains_sem for write. */
static int ioas_reader_fetch(struct ioas_dirty_reader *reader,
			     unsigned long *pos, unsigned long *end)
{
	struct ioas_space *space = reader->space;
	int ret = ioas_reader_check(reader);

	if (ret)
		return ret;
	reader->precision = max(reader->precision, ioas_dirty_precision(space));
	if (!ioas_reader_find(reader, pos))
		return 0;
	*end = min(reader->last, ioas_block_last(*pos));
	bitmap_zero(reader->bits, IOAS_BLOCK_PAGES);
	ret = ioas_dirty_collect(space, *pos, *end, reader->bits);
	if (ret)
		return ret;
	ioas_dirty_log_read(&space->dirty.log, *pos, reader->bits,
			    &reader->precision);
	return 1;
}

/*
 * Get the next part of a range that may be dirty: 1 if there is one. A part is no larger
 * than a block, so that others get at the space in between.
 */
static int ioas_reader_next(struct ioas_dirty_reader *reader,
			    unsigned long *pos, unsigned long *end)
{
	int ret;

	if (ioas_interrupted(reader->call))
		return -EINTR;
	down_write(&reader->space->domains_sem);
	ret = ioas_reader_fetch(reader, pos, end);
	up_write(&reader->space->domains_sem);
	return ret;
}

static int ioas_reader_tell_part(struct ioas_dirty_reader *reader,
				 unsigned long pos, unsigned long end)
{
	unsigned long base = ioas_block_first(pos), size, from, to;
	u64 first, last;
	int ret = 0;

	size = ioas_block_bit(end) + 1;
	from = find_next_bit(reader->bits, size, ioas_block_bit(pos));
	while (from < size && !ret) {
		to = find_next_zero_bit(reader->bits, size, from);
		first = ioas_reader_bit(reader, base + (from << PAGE_SHIFT));
		last = ioas_reader_bit(reader, base + ((to << PAGE_SHIFT) - 1));
		ret = ioas_bits_set(&reader->out, first, last - first + 1);
		from = find_next_bit(reader->bits, size, to);
	}
	return ret;
}

static int ioas_reader_tell(struct ioas_dirty_reader *reader)
{
	unsigned long pos = reader->first, end;
	int ret;

	for (;; pos = end + 1) {
		ret = ioas_reader_next(reader, &pos, &end);
		if (ret <= 0)
			break;
		ret = ioas_reader_tell_part(reader, pos, end);
		if (ret || end == reader->last)
			break;
		cond_resched();
	}
	return ret ? ret : ioas_bits_flush(&reader->out);
}

/* Which pages of [pos, end] does the bitmap say are dirty? */
static int ioas_reader_recall(struct ioas_dirty_reader *reader,
			      unsigned long pos, unsigned long end)
{
	u64 first = ioas_reader_bit(reader, pos), size, bit, base;
	unsigned long from, to;

	base = round_down(first, IOAS_WORD_BITS);
	size = ioas_reader_bit(reader, end) + 1 - base;
	if (copy_from_user(reader->words,
			   reader->out.words + base / IOAS_WORD_BITS,
			   BITS_TO_LONGS(size) * sizeof(*reader->words)))
		return -EFAULT;
	bitmap_zero(reader->bits, IOAS_BLOCK_PAGES);
	for (bit = find_next_bit(reader->words, size, first - base); bit < size;
	     bit = find_next_bit(reader->words, size, bit + 1)) {
		from = reader->base + ((base + bit) << reader->shift);
		to = from + ((1UL << reader->shift) - 1);
		ioas_block_set(reader->bits, max(from, pos), min(to, end));
	}
	return 0;
}

/* Pages that CPU code may still write stay dirty. Called with domains_sem. */
static void ioas_reader_put_back_pins(struct ioas_dirty_reader *reader,
				      unsigned long pos, unsigned long end)
{
	struct ioas_space *space = reader->space;
	struct ioas_access *access;
	unsigned long index;

	xa_for_each(&space->accesses, index, access)
		if (ioas_access_note_pins(access, space, pos, end))
			WRITE_ONCE(space->dirty.lost, true);
}

static void ioas_reader_forget_part(struct ioas_dirty_reader *reader,
				    unsigned long pos, unsigned long end)
{
	struct ioas_space *space = reader->space;

	down_read(&space->domains_sem);
	ioas_dirty_log_remove(&space->dirty.log, pos, reader->bits);
	ioas_reader_put_back_pins(reader, pos, end);
	ioas_dirty_log_trim(&space->dirty.log, pos);
	up_read(&space->domains_sem);
}

/* No signal ends this: what was told would be told again. */
static int ioas_reader_forget(struct ioas_dirty_reader *reader)
{
	struct ioas_dirty_log *log = &reader->space->dirty.log;
	unsigned long pos = reader->first, end;
	int ret;

	while (ioas_dirty_log_next(log, &pos, reader->last)) {
		end = min(reader->last, ioas_block_last(pos));
		ret = ioas_reader_recall(reader, pos, end);
		if (ret)
			return ret;
		ioas_reader_forget_part(reader, pos, end);
		if (end == reader->last)
			break;
		pos = end + 1;
		cond_resched();
	}
	return 0;
}

static int ioas_fail_bitmap(struct ioas_call *call, u64 needed)
{
	struct ioasid_dirty_read __user *user = call->user;
	u64 given = call->data.dirty_read.bitmap_size;

	if (put_user(needed, &user->bitmap_size))
		return -EFAULT;
	return ioas_fail(call, -EMSGSIZE, IOASID_REASON_ARRAY,
			 "the bitmap has %llu bytes, and the range needs %llu",
			 given, needed);
}

static int ioas_check_bitmap(struct ioas_call *call)
{
	struct ioasid_dirty_read *args = &call->data.dirty_read;
	u64 needed;

	needed = DIV_ROUND_UP_ULL(args->length >> ilog2(args->page_size),
				  IOAS_WORD_BITS) * sizeof(u64);
	if (args->bitmap_size < needed)
		return ioas_fail_bitmap(call, needed);
	if (!IS_ALIGNED(args->bitmap, sizeof(u64)))
		return ioas_fail(call, -EINVAL, IOASID_REASON_ALIGNMENT,
				 "bitmap 0x%llx is not aligned to its words of %zu bytes",
				 args->bitmap, sizeof(u64));
	return access_ok(u64_to_user_ptr(args->bitmap), needed) ? 0 : -EFAULT;
}

static int ioas_check_dirty_read(struct ioas_call *call)
{
	struct ioasid_dirty_read *args = &call->data.dirty_read;
	int ret;

	if (!is_power_of_2(args->page_size) || args->page_size < PAGE_SIZE)
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "page_size 0x%llx is not a power of two of at least 0x%lx",
				 args->page_size, PAGE_SIZE);
	ret = ioas_check_range(call, "iova", args->iova, args->length);
	if (ret)
		return ret;
	if (!IS_ALIGNED(args->iova | args->length, args->page_size))
		return ioas_fail(call, -EINVAL, IOASID_REASON_ALIGNMENT,
				 "iova 0x%llx or length 0x%llx is not a multiple of page_size 0x%llx",
				 args->iova, args->length, args->page_size);
	return ioas_check_bitmap(call);
}

static int ioas_run_dirty_read(struct ioas_dirty_reader *reader)
{
	struct ioasid_dirty_read *args = &reader->call->data.dirty_read;
	int ret = ioas_reader_tell(reader);

	if (ret)
		return ret;
	args->precision = reader->precision;
	args->num_dirty = reader->out.count;
	ret = ioas_respond(reader->call);
	if (ret || (args->flags & IOASID_DIRTY_NO_CLEAR))
		return ret;
	return ioas_reader_forget(reader);
}

/* On its way from @first to @last, with one bit for each 2^@shift bytes from @base on. */
static struct ioas_dirty_reader *
ioas_reader_create(struct ioas_call *call, struct ioas_space *space,
		   unsigned long base, unsigned long first, unsigned long last,
		   unsigned int shift, u64 __user *bitmap)
{
	struct ioas_dirty_reader *reader = kzalloc(sizeof(*reader),
						   GFP_KERNEL_ACCOUNT);

	if (!reader)
		return NULL;
	reader->call = call;
	reader->space = space;
	reader->base = base;
	reader->first = first;
	reader->last = last;
	reader->shift = shift;
	reader->out.words = bitmap;
	return reader;
}

static int ioas_dirty_read(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_dirty_read *args = &call->data.dirty_read;
	u64 begin = ioas_trace_begin(ioasid_dirty_read);
	struct ioas_dirty_reader *reader;
	int ret;

	reader = ioas_reader_create(call, space, args->iova, args->iova,
				    args->iova + (args->length - 1),
				    ilog2(args->page_size),
				    u64_to_user_ptr(args->bitmap));
	if (!reader)
		return -ENOMEM;
	ret = ioas_run_dirty_read(reader);
	trace_ioasid_dirty_read(space->obj.id, args->iova, args->length, ret,
				ioas_trace_nsec(begin));
	kfree(reader);
	return ret;
}

/**
 * ioas_cmd_dirty_read() - IOASID_DIRTY_READ
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_dirty_read(struct ioas_call *call)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->ctx, call->data.dirty_read.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_check_dirty_read(call);
	if (!ret)
		ret = ioas_dirty_read(call, space);
	ioas_space_put(space);
	return ret;
}

/**
 * ioas_dirty_read_range() - Tell which pages of a range are dirty, and forget it
 * @call: for signals, and the reason of a failure
 * @space: the space, which is tracked
 * @base: IOVA of the bitmap's first bit
 * @first: first IOVA, not below @base
 * @last: last IOVA
 * @bitmap: in user space, a bit for each page; those that are dirty are set
 *
 * Context: may sleep; no locks held.
 * Return: 0, -EFAULT, -ENOMEM, -EINTR, or -EINVAL if the space is not tracked.
 */
int ioas_dirty_read_range(struct ioas_call *call, struct ioas_space *space,
			  unsigned long base, unsigned long first,
			  unsigned long last, u64 __user *bitmap)
{
	struct ioas_dirty_reader *reader;
	int ret;

	reader = ioas_reader_create(call, space, base, first, last, PAGE_SHIFT,
				    bitmap);
	if (!reader)
		return -ENOMEM;
	ret = ioas_reader_tell(reader);
	if (!ret)
		ret = ioas_reader_forget(reader);
	kfree(reader);
	return ret;
}
