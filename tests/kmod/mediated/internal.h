/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of ioas_mediated.ko. vfio.c makes the devices that VFIO has, driver.c those
 * that are bound by include/ioasid; engine.c, held.c and parent.c are what both do.
 */
#ifndef IOAS_MEDIATED_INTERNAL_H
#define IOAS_MEDIATED_INTERNAL_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

#include "ioasid/ioasidfd.h"
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
 * @behaviour: MEDIATED_STUBBORN, MEDIATED_FORGETFUL and MEDIATED_REFUSING
 * @state: for MEDIATED_STATE
 * @declaration: what was declared of it as VFIO's; or NULL
 * @parent: the mock device of which it is a part; or NULL
 * @parent_dma: ioas_mock_dma()
 * @issuing: held for read while the parent does DMA, for write to change what follows
 * @pairs: what the program calls a PASID, and what that stands for
 * @num_pairs: how many
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

	struct ioasidfd_declaration *declaration;
	struct device *parent;
	int (*parent_dma)(struct device *dev, u32 pasid, u64 iova, void *data,
			  size_t length, bool write);
	struct rw_semaphore issuing;	/* protects what follows */
	struct xarray pairs;
	unsigned int num_pairs;
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
const char *mediated_kind(unsigned int n);
extern unsigned int mediated_devices;

/* engine.c */
int mediated_dma(struct mediated *md, struct mediated_dma *dma);

/* held.c */
int mediated_hold(struct mediated *md, const struct mediated_hold *hold);
int mediated_unhold(struct mediated *md, const struct mediated_hold *hold);
int mediated_touch(struct mediated *md, struct mediated_touch *touch);
void mediated_forget(struct mediated *md, bool unpin);
void mediated_unmap(struct mediated *md, u64 iova, u64 length);

/* parent.c */
int mediated_pair_attach(struct mediated *md, u32 pasid, u32 hw_pasid);
void mediated_pair_detach(struct mediated *md, u32 pasid, u32 hw_pasid);
int mediated_declare(struct mediated *md, const char *setting);
void mediated_withdraw(struct mediated *md);
int mediated_set_parent(struct mediated *md, unsigned int n);
void mediated_put_parent(struct mediated *md);
int mediated_parent_dma(struct mediated *md, const struct mediated_dma *dma,
			u64 iova, void *data, size_t length, bool write);

#endif
