// SPDX-License-Identifier: GPL-2.0
/*
 * What the commands of a space ask for, checked before anything is done.
 *
 * Called by map.c and its neighbours; needs no lock.
 */
#include <linux/mm.h>

#include "command.h"
#include "space/space.h"

/**
 * ioas_check_range() - Is a range of user space whole pages, and is it one
 * @call: the command
 * @what: name of the member @first, for the message
 * @first: first byte
 * @length: bytes
 *
 * Return: 0 or -EINVAL.
 */
int ioas_check_range(struct ioas_call *call, const char *what, u64 first,
		     u64 length)
{
	if (!IS_ALIGNED(first | length, PAGE_SIZE))
		return ioas_fail(call, -EINVAL, IOASID_REASON_ALIGNMENT,
				 "%s 0x%llx or length 0x%llx is not a multiple of 0x%lx",
				 what, first, length, PAGE_SIZE);
	if (!length || first + (length - 1) < first)
		return ioas_fail(call, -EINVAL, IOASID_REASON_RANGE,
				 "%s 0x%llx with length 0x%llx is empty or wraps",
				 what, first, length);
	return 0;
}

static int ioas_check_prot(struct ioas_call *call, u32 prot)
{
	if (prot & ~(IOASID_PROT_READ | IOASID_PROT_WRITE))
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_VALUE,
				 "unknown bits in prot 0x%x", prot);
	if (!prot)
		return ioas_fail(call, -EINVAL, IOASID_REASON_VALUE,
				 "prot has neither IOASID_PROT_READ nor IOASID_PROT_WRITE");
	return 0;
}

/**
 * ioas_check_entry() - Is a mapping one that there can be
 * @call: the command
 * @what: name of the member that says where the memory begins, for the message
 * @entry: the mapping, from user space; its flags are known ones
 *
 * Return: 0, -EOPNOTSUPP or -EINVAL.
 */
int ioas_check_entry(struct ioas_call *call, const char *what,
		     const struct ioasid_map_entry *entry)
{
	int ret;

	ret = ioas_check_prot(call, entry->prot);
	if (!ret)
		ret = ioas_check_range(call, what, entry->user_va,
				       entry->length);
	if (!ret && (entry->flags & IOASID_MAP_FIXED))
		ret = ioas_check_range(call, "iova", entry->iova,
				       entry->length);
	return ret;
}
