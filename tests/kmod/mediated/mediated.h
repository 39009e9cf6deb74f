/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a test program and the mediated test device say to each other: ioctls of the
 * device's VFIO file descriptor.
 *
 * The device has a DMA engine, which is its driver's code. It reaches memory only the
 * way VFIO gives drivers of mediated devices: by IOVA, read, written or pinned. Errors
 * are what VFIO said.
 *
 * Or it is a part of a device of ioas_mock.ko, the parent, and has that do DMA with a
 * PASID. Errors then are what became of it: ENXIO if the driver of the part, which knows
 * what is attached, has not let it out; EPERM if the IOMMU blocks that PASID; ENOENT, EACCES
 * and ERANGE if it has the PASID, but not that IOVA; EIO for the rest.
 */
#ifndef IOAS_MEDIATED_H
#define IOAS_MEDIATED_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MEDIATED_TYPE	0xEB

/* What the engine does with memory. */
enum mediated_op {
	MEDIATED_COPY,		/* from src to dst */
	MEDIATED_FILL,		/* dst with the byte that is value */
	MEDIATED_SUM,		/* value: the sum of the bytes at src */
};

/* How it comes by the memory. */
enum mediated_how {
	MEDIATED_RW,		/* it has the CPU read and write at IOVAs */
	MEDIATED_PINNED,	/* it pins the pages for as long as it takes */
	MEDIATED_PARENT,	/* its parent does DMA, with what @pasid stands for */
	MEDIATED_FORGED,	/* the same with @pasid as it is, whatever was attached */
};

/**
 * struct mediated_dma - ioctl(MEDIATED_DMA): one DMA
 * @op: enum mediated_op
 * @how: enum mediated_how
 * @src: IOVA
 * @dst: IOVA
 * @length: bytes
 * @value: in or out, see @op
 * @pasid: what the program calls the DMA, 0 for that without PASID; see @how
 * @__reserved: 0
 */
struct mediated_dma {
	__u32 op;
	__u32 how;
	__u64 src;
	__u64 dst;
	__u64 length;
	__u64 value;
	__u32 pasid;
	__u32 __reserved;
};

#define MEDIATED_DMA	_IO(MEDIATED_TYPE, 0)

#define MEDIATED_MAX_HOLD	256

/**
 * struct mediated_hold - ioctl(MEDIATED_HOLD, MEDIATED_UNHOLD): pin, and give back
 * @iova: of the first page
 * @count: pages, no more than MEDIATED_MAX_HOLD; as it was when they are given back
 * @write: pin for writing
 */
struct mediated_hold {
	__u64 iova;
	__u32 count;
	__u32 write;
};

#define MEDIATED_HOLD	_IO(MEDIATED_TYPE, 1)
#define MEDIATED_UNHOLD	_IO(MEDIATED_TYPE, 2)

/**
 * struct mediated_touch - ioctl(MEDIATED_TOUCH): a byte of a page that is held
 * @iova: where it was when it was pinned
 * @write: write the byte
 * @value: the byte; out if it is read
 */
struct mediated_touch {
	__u64 iova;
	__u32 write;
	__u32 value;
};

#define MEDIATED_TOUCH	_IO(MEDIATED_TYPE, 3)

/* What its driver does wrong. */
#define MEDIATED_STUBBORN	1	/* gives nothing back when it is told */
#define MEDIATED_FORGETFUL	2	/* nor when it is closed */
#define MEDIATED_REFUSING	4	/* takes no pair of PASIDs */

/* ioctl(MEDIATED_BEHAVE), by value: from now on. All is well after opening. */
#define MEDIATED_BEHAVE	_IO(MEDIATED_TYPE, 4)

/**
 * struct mediated_state - ioctl(MEDIATED_STATE): what it has been told
 * @held: pages it holds
 * @told: how many times it was told that a range goes away, since it was opened
 * @iova: the last such range
 * @length: likewise
 * @pairs: PASIDs it may use, with that of the device itself
 */
struct mediated_state {
	__u64 held;
	__u64 told;
	__u64 iova;
	__u64 length;
	__u64 pairs;
};

#define MEDIATED_STATE	_IO(MEDIATED_TYPE, 5)

/*
 * The rest is for /dev/ioas-test-driver. Each open file of it is a device as well, which is
 * not VFIO's: its driver binds it to a context.
 */

/**
 * struct mediated_bind - ioctl(MEDIATED_BIND)
 * @ioasid_fd: an open /dev/ioasid
 * @intent: enum ioasid_intent
 * @pasids: enum ioasid_pasid_kind
 * @parent: 0, or the number of the mock device and 1
 * @cookie: any
 * @extack: 0, or pointer to a struct ioasid_extack
 * @dev_id: out: the device's id in that context
 */
struct mediated_bind {
	__s32 ioasid_fd;
	__u32 intent;
	__u32 pasids;
	__u32 parent;
	__u64 cookie;
	__u64 extack;
	__u64 dev_id;
};

#define MEDIATED_BIND	_IO(MEDIATED_TYPE, 16)
#define MEDIATED_UNBIND	_IO(MEDIATED_TYPE, 17)
/* By value: the space. */
#define MEDIATED_ATTACH	_IO(MEDIATED_TYPE, 18)
#define MEDIATED_DETACH	_IO(MEDIATED_TYPE, 19)
/* Returns how many times the device was told that its context is gone. */
#define MEDIATED_GONE	_IO(MEDIATED_TYPE, 20)

/**
 * struct mediated_attach - ioctl(MEDIATED_ATTACH_PASID, MEDIATED_DETACH_PASID,
 *	MEDIATED_HW_PASID)
 * @ioasid: the space; to attach
 * @pasid: what is attached or asked for, 0 for DMA without PASID
 * @hw_pasid: out: what it carries; if asked for
 * @__reserved: 0
 * @extack: 0, or pointer to a struct ioasid_extack; to attach
 */
struct mediated_attach {
	__u32 ioasid;
	__u32 pasid;
	__u32 hw_pasid;
	__u32 __reserved;
	__u64 extack;
};

#define MEDIATED_HW_PASID	_IO(MEDIATED_TYPE, 21)
#define MEDIATED_ATTACH_PASID	_IO(MEDIATED_TYPE, 22)
#define MEDIATED_DETACH_PASID	_IO(MEDIATED_TYPE, 23)

#endif
