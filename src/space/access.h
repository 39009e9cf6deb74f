/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How CPU code reaches the memory of a space: the way in of a software device, whose
 * driver does with the CPU what hardware would do by DMA.
 *
 * device/ attaches it, vfio/ and exported functions let drivers use it, unmap.c tells
 * those who hold pages.
 */
#ifndef IOAS_ACCESS_H
#define IOAS_ACCESS_H

#include "ioas.h"

struct ioas_access;

/**
 * struct ioas_access_ops - What who owns an access supplies
 * @unmap: the pages pinned in a range will be unmapped; to be given back before it
 *	returns. What is not stays pinned until it is given back. Called with
 *	access->tell_lock; may sleep, and may call what drivers may.
 * @gone: the context ended, in which there was a device of the access; called with
 *	access->tell_lock; may be NULL
 * @release: frees the storage after the last reference
 */
struct ioas_access_ops {
	void (*unmap)(struct ioas_access *access, unsigned long iova,
		      unsigned long length);
	void (*gone)(struct ioas_access *access);
	void (*release)(struct ioas_access *access);
};

/**
 * struct ioas_access - A way for CPU code into one space at a time
 * @ops: constant
 * @refs: its owner, each of its groups, and who tells it
 * @attach_lock: held while it is attached or detached, and its owner told of it;
 *	protects @users and @index
 * @users: groups that are attached through it
 * @index: in space->accesses
 * @tell_lock: held while @ops->unmap runs
 * @sem: held for read while the space is used, for write to change @space, or to wait
 *	for those who use it
 * @space: where it leads; NULL if it is not attached
 * @pins_lock: protects @pins
 * @pins: struct ioas_pinned, by page frame of the IOVA
 */
struct ioas_access {
	const struct ioas_access_ops *ops;
	refcount_t refs;

	struct mutex attach_lock;	/* the next two */
	unsigned int users;
	u32 index;

	struct mutex tell_lock;		/* held while ops->unmap runs */

	struct rw_semaphore sem;
	struct ioas_space *space;

	struct mutex pins_lock;		/* the next one */
	struct xarray pins;
};

/* access.c: where it leads, and reading and writing */
void ioas_access_init(struct ioas_access *access,
		      const struct ioas_access_ops *ops);
void ioas_access_get(struct ioas_access *access);
void ioas_access_put(struct ioas_access *access);
int ioas_access_join(struct ioas_access *access, struct ioas_space *space,
		     u32 *index);
void ioas_access_start(struct ioas_access *access, struct ioas_space *space,
		       u32 index);
void ioas_access_stop(struct ioas_access *access);
void ioas_access_leave(struct ioas_access *access, struct ioas_space *space);
void ioas_access_end(struct ioas_access *access);
void ioas_access_settle(struct ioas_access *access);
int ioas_access_rw(struct ioas_access *access, unsigned long iova, void *data,
		   size_t length, u32 prot);

/**
 * struct ioas_piece - What of an area is accessed in one go
 * @memory: the memory, a reference
 * @offset: bytes from its start
 * @length: bytes
 */
struct ioas_piece {
	struct ioas_memory *memory;
	unsigned long offset;
	unsigned long length;
};

int ioas_access_piece(struct ioas_space *space, unsigned long first,
		      unsigned long last, u32 prot, struct ioas_piece *piece);

/* pinned.c: pages that are pinned through it */
int ioas_access_pin(struct ioas_access *access, unsigned long iova,
		    unsigned long count, u32 prot, struct page **pages);
unsigned long ioas_access_unpin(struct ioas_access *access, unsigned long iova,
				unsigned long count);
int ioas_access_note_pins(struct ioas_access *access, struct ioas_space *space,
			  unsigned long first, unsigned long last);
void ioas_access_unpin_all(struct ioas_access *access);
void ioas_access_tell(struct ioas_access *access, unsigned long first,
		      unsigned long last);
void ioas_accesses_revoke(struct ioas_space *space, struct ioas_area *areas);

#endif
