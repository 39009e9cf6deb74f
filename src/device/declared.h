/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drivers have declared of the DMA of their devices. device.c makes bindings of it,
 * pair.c calls the drivers, driver.c and the drivers themselves bring it.
 */
#ifndef IOAS_DECLARED_H
#define IOAS_DECLARED_H

#include "ioas.h"
#include "ioasid/ioasidfd.h"

/**
 * struct ioas_declared - A driver's declaration
 * @refs: its owner, and each binding that was made of it
 * @what: constant; the devices in it stay until their driver ends what it declared
 * @node: where VFIO's devices are found, by ioas_declared_lock; empty if it is not VFIO's
 * @devices: struct ioas_device, by ioas_declared_lock
 * @withdrawn: by ioas_declared_lock
 */
struct ioas_declared {
	refcount_t refs;
	struct ioasidfd_intent what;
	struct list_head node;
	struct list_head devices;
	bool withdrawn;
};

struct ioas_declared *ioas_declared_create(const struct ioasidfd_intent *what);
struct ioas_declared *ioas_declared_find(struct device *dev);
void ioas_declared_get(struct ioas_declared *declared);
void ioas_declared_put(struct ioas_declared *declared);
int ioas_declared_join(struct ioas_call *call, struct ioas_device *device);
void ioas_declared_leave(struct ioas_device *device);

#endif
