/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program sees of the mock devices of ioas_mock.ko.
 *
 * Each is a VFIO device named "ioas-mock.N" with a DMA engine in software. The engine's
 * accesses go through the mock IOMMU by the device's RID or by a PASID, as a real
 * device's would, and come back with a status instead of being dropped in silence.
 *
 * Reading and writing the device's fd at offset 0 to MOCK_BUFFER_SIZE reads and writes
 * the engine's buffer. MOCK_DMA, an ioctl of the device's fd, has it do DMA and returns
 * when that is done. VFIO_DEVICE_RESET clears the buffer.
 *
 * What the IOMMUs counted is in debugfs, one "name value" a line:
 *
 *	ioas-mock/iommuN	maps, unmaps, flushes (calls), domains (alive),
 *				entries (page table entries in all of them), faults
 *				(accesses refused), bypassed (accesses made while the
 *				device was in no domain that its user chose), refused
 *				(attaches of another instance's domain), misuse (what no
 *				correct user of an IOMMU does; each also warns)
 *	ioas-mock/ioas-mock.N	iommu, group, domain (id, 0: blocked, -1: in the host's),
 *				entries, large (entries above the smallest size), dirty
 *				(is tracked), enforced (snooping); then "pasid.P", the id
 *				of each PASID's domain, and "pasids", how many there are
 *	ioas-mock/ioas-mock.N.attach	what is written says what becomes of the attaches
 *				of the device to come, and of its PASIDs: an errno each,
 *				0 to let it pass, separated by spaces; after them, all
 *				pass. Read: left, and each outcome that is left. Where a
 *				device is blocked by an empty page table (before 5.19)
 *				that is an attach, too
 *	ioas-mock/check		passed and failed: checks of the mock itself, run when read
 */
#ifndef IOAS_MOCK_H
#define IOAS_MOCK_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Bytes of an engine's buffer, and so the most that one access moves. */
#define MOCK_BUFFER_SIZE	0x10000

/* What the engine does. All but the first two lose what is in the buffer. */
enum mock_op {
	MOCK_LOAD,	/* memory at @iova to the buffer at @offset */
	MOCK_STORE,	/* the buffer at @offset to memory at @iova */
	MOCK_FILL,	/* each byte of memory at @iova becomes @value */
	MOCK_SUM,	/* @value becomes the sum of the bytes at @iova */
	MOCK_MOVE,	/* memory at @iova to memory at @target */
};

/* With @flags: the access carries @pasid. */
#define MOCK_PASID	0x1

/* What became of an access. */
enum mock_status {
	MOCK_OK,
	MOCK_UNMAPPED,	/* nothing is mapped there */
	MOCK_DENIED,	/* what is mapped there may not be read, or not written */
	MOCK_BLOCKED,	/* the device's DMA is blocked, or there is no such PASID */
	MOCK_OUTSIDE,	/* out of reach of the IOMMU */
	MOCK_NO_MEMORY,	/* what is mapped there is no memory */
	MOCK_BYPASS,	/* the device is in the host's own domain: no access was made */
};

/**
 * struct mock_dma - MOCK_DMA: have the engine access memory
 * @op: enum mock_op
 * @flags: MOCK_PASID or 0
 * @pasid: the PASID that the access carries
 * @status: out: enum mock_status
 * @iova: first byte
 * @target: MOCK_MOVE: first byte of where to
 * @length: bytes, at most MOCK_BUFFER_SIZE
 * @offset: in the buffer
 * @value: see enum mock_op
 * @fault: out: the first IOVA that was refused, if @status is not MOCK_OK; what comes
 *	before it on the same page and on earlier ones was accessed
 *
 * Return: 0 if the engine ran, whatever @status is; EINVAL if it was told nonsense.
 */
struct mock_dma {
	__u32 op;
	__u32 flags;
	__u32 pasid;
	__u32 status;
	__aligned_u64 iova;
	__aligned_u64 target;
	__aligned_u64 length;
	__aligned_u64 offset;
	__aligned_u64 value;
	__aligned_u64 fault;
};

/*
 * A nested domain is a page table in memory of its parent, of @pages entries, each a
 * page's IOVA in the parent and what may be done there; 0 if there is none.
 */
#define MOCK_NEST_TYPE	0x6d6f636b
#define MOCK_NEST_READ	0x1ULL
#define MOCK_NEST_WRITE	0x2ULL

/**
 * struct mock_nest - The user's page table of a nested domain
 * @table: where it is, an IOVA of the parent
 * @base: the IOVA that its first entry translates
 * @pages: how many there are
 * @__reserved: 0
 */
struct mock_nest {
	__aligned_u64 table;
	__aligned_u64 base;
	__u32 pages;
	__u32 __reserved;
};

/**
 * struct mock_nest_flush - What has changed in it
 * @first: first IOVA
 * @last: last IOVA
 */
struct mock_nest_flush {
	__aligned_u64 first;
	__aligned_u64 last;
};

#define MOCK_DMA	_IOWR('M', 0xe9, struct mock_dma)

#endif
