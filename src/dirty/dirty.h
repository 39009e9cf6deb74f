/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What devices have written. space/ says what is unmapped and what CPU code writes,
 * device/ which page tables come and go, chardev.c calls the commands.
 */
#ifndef IOAS_DIRTY_H
#define IOAS_DIRTY_H

#include "ioas.h"

struct ioas_area;
struct ioas_call;
struct ioas_domain;

/* Is it tracked? CPU code asks under access->sem, others under domains_sem. */
static inline bool ioas_dirty_on(struct ioas_space *space)
{
	return READ_ONCE(space->dirty.on);
}

/* track.c: what comes to be dirty */
void ioas_dirty_init(struct ioas_space *space);
int ioas_dirty_start(struct ioas_call *call, struct ioas_space *space);
void ioas_dirty_stop(struct ioas_space *space);
int ioas_dirty_join(struct ioas_space *space, struct ioas_domain *domain);
void ioas_dirty_leave(struct ioas_space *space, struct ioas_domain *domain);
int ioas_dirty_keep(struct ioas_space *space, struct ioas_area *areas);
int ioas_dirty_pinned(struct ioas_space *space, unsigned long first,
		      unsigned long last);
void ioas_dirty_written(struct ioas_space *space, unsigned long first,
			unsigned long last);
int ioas_cmd_dirty_set(struct ioas_call *call);

/* track.c: for read.c */
enum ioasid_dirty_precision ioas_dirty_precision(struct ioas_space *space);
struct ioas_area *ioas_dirty_next_area(struct ioas_space *space,
				       unsigned long first,
				       unsigned long last);
int ioas_dirty_collect(struct ioas_space *space, unsigned long first,
		       unsigned long last, unsigned long *bits);

/* read.c */
int ioas_cmd_dirty_read(struct ioas_call *call);
int ioas_dirty_read_range(struct ioas_call *call, struct ioas_space *space,
			  unsigned long base, unsigned long first,
			  unsigned long last, u64 __user *bitmap);

#endif
