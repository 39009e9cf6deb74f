/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/ioas_exporter: dma-bufs as drivers make them, and as they had better not.
 * Included by the module and by the test program that uses it.
 */
#ifndef IOAS_EXPORTER_H
#define IOAS_EXPORTER_H

#include <linux/ioctl.h>
#include <linux/types.h>

enum exporter_kind {
	EXPORTER_PAGES,		/* of ordinary memory, each on its own */
	EXPORTER_MOVABLE,	/* the same, and it moves unless it is pinned */
	EXPORTER_NO_PAGES,	/* addresses without pages */
	EXPORTER_ELSEWHERE,	/* addresses that are not those of the pages */
	EXPORTER_HALF_PAGES,	/* parts of pages */
	EXPORTER_SHORT,		/* less than its size */
	EXPORTER_NO_ATTACH,	/* lets nobody attach */
	EXPORTER_NO_MAP,	/* lets nobody map */
	EXPORTER_NUM_KINDS,
};

/**
 * struct exporter_create - Make a dma-buf
 * @kind: enum exporter_kind
 * @pages: its size
 *
 * Return: its file descriptor.
 */
struct exporter_create {
	__u32 kind;
	__u32 pages;
};

/**
 * struct exporter_counts - What there is of all dma-bufs
 * @buffers: dma-bufs
 * @attached: attachments
 * @mapped: mappings of attachments
 * @pinned: pins of movable ones
 */
struct exporter_counts {
	__u32 buffers;
	__u32 attached;
	__u32 mapped;
	__u32 pinned;
};

#define EXPORTER_CREATE	_IOW('x', 0, struct exporter_create)
#define EXPORTER_COUNTS	_IOR('x', 1, struct exporter_counts)

#endif
