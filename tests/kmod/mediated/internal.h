/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of ioas_mediated.ko. vfio.c makes the devices that VFIO has, driver.c those
 * that are bound by include/ioasid; engine.c and held.c are what both do.
 */
#ifndef IOAS_MEDIATED_INTERNAL_H
#define IOAS_MEDIATED_INTERNAL_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "mediated/mediated.h"

struct mediated;
struct mediated_bound;
struct mediated_vfio;
struct page;

/**
 * struct mediated_backend - How a device comes by memory; each returns 0 or an errno
 * @rw: read or write at an IOVA, from or to a buffer
 * @pin: pin pages
 * @unpin: give them back
 */
struct mediated_backend {
	int (*rw)(struct mediated *md, u64 iova, void *data, size_t length,
		  bool write);
	int (*pin)(struct mediated *md, u64 iova, unsigned int count,
		   bool write, struct page **pages);
	void (*unpin)(struct mediated *md, u64 iova, unsigned int count);
};

/**
 * struct mediated - A device
 * @backend: how it comes by memory
 * @dev: in the kernel's tree of devices
 * @vfio: as VFIO knows it; NULL if it does not
 * @bound: as driver.c knows it; NULL if it does not
 * @lock: protects what follows; held while VFIO is asked for memory, and taken when it
 *	wants some back
 * @holds: struct mediated_pages
 * @behaviour: MEDIATED_STUBBORN and MEDIATED_FORGETFUL
 * @state: for MEDIATED_STATE
 */
struct mediated {
	const struct mediated_backend *backend;
	struct device *dev;
	struct mediated_vfio *vfio;
	struct mediated_bound *bound;
	struct mutex lock;	/* protects what follows */
	struct list_head holds;
	u32 behaviour;
	struct mediated_state state;
};

/* vfio.c: between VFIO and the device */
int mediated_offer_init(void);
void mediated_offer_exit(void);

/* driver.c: devices that are not VFIO's */
int mediated_driver_init(void);
void mediated_driver_exit(void);

/* module.c */
struct mediated *mediated_create(struct device *dev,
				 const struct mediated_backend *backend);
void mediated_destroy(struct mediated *md);
void mediated_open(struct mediated *md);
void mediated_close(struct mediated *md);
long mediated_ioctl(struct mediated *md, unsigned int cmd, unsigned long arg);
extern unsigned int mediated_devices;

/* engine.c */
int mediated_dma(struct mediated *md, struct mediated_dma *dma);

/* held.c */
int mediated_hold(struct mediated *md, const struct mediated_hold *hold);
int mediated_unhold(struct mediated *md, const struct mediated_hold *hold);
int mediated_touch(struct mediated *md, struct mediated_touch *touch);
void mediated_forget(struct mediated *md, bool unpin);
void mediated_unmap(struct mediated *md, u64 iova, u64 length);

#endif
