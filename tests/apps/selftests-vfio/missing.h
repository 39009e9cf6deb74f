/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's VFIO tests use and nothing in its tree defines. Included
 * before each of their files.
 */
#ifndef IOASID_APPS_MISSING_H
#define IOASID_APPS_MISSING_H

#include <stdlib.h>

static inline void *calloc_assert(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

#endif
