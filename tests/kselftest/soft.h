/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mediated test devices: what they do to memory, their driver does with the CPU. Their
 * module is tests/kmod/mediated; a program that uses them has it in its line of the
 * list. Linked into every test program.
 */
#ifndef IOASID_TEST_SOFT_H
#define IOASID_TEST_SOFT_H

#include <stdbool.h>

#include "../kmod/mediated/mediated.h"
#include "common.h"
#include "vfio.h"

#define NUM_SOFT	6

/* Makes the devices, where the module does not; returns 0, or -1 and says why. */
int soft_make(void);

/* Has a program make them before its tests. */
#define SOFT_PROGRAM							\
static void __attribute__((constructor)) soft_begin(void)		\
{									\
	if (soft_make())						\
		_exit(1);						\
}									\
struct soft_program

/* As dev_init(). */
void soft_init(struct dev *dev, unsigned int n);

/* The functions below return 0 or an errno. */

/* The name of device @n on this kernel. */
const char *soft_name(unsigned int n);
/* Claims device @n through a container of its own, or through @first's. */
int soft_claim(struct dev *dev, unsigned int n, const struct dev *first);
/* The same, then binds and opens it. */
int soft_open(struct dev *dev, unsigned int n, const struct dev *first, int fd);

/*
 * A device that is not VFIO's: @dev has nothing but @device and @id. Binds it to a context
 * with that intent.
 */
int soft_driver_open(struct dev *dev);
int soft_driver_bind(struct dev *dev, int fd, __u32 intent);
#define NO_PARENT	(~0U)
/* The same, as a part of that mock device, with PASIDs; the reason of a failure is in ea. */
int soft_driver_bind_part(struct dev *dev, int fd, __u32 intent, __u32 pasids,
			  __u32 parent);
int soft_driver_unbind(struct dev *dev);
int soft_driver_attach(struct dev *dev, __u32 ioasid);
int soft_driver_detach(struct dev *dev);
/* With a PASID of its user's; 0 stands for DMA without one. */
int soft_driver_attach_pasid(struct dev *dev, __u32 pasid, __u32 ioasid);
int soft_driver_detach_pasid(struct dev *dev, __u32 pasid);
int soft_driver_hw_pasid(struct dev *dev, __u32 pasid, __u32 *hw_pasid);
/* How many times it was told that its context is gone. */
int soft_driver_gone(struct dev *dev);

/*
 * What the parent's DMA with that PASID does to @va, which is mapped at @iova: 0 if it reads
 * and writes it, otherwise an errno of mediated.h.
 */
int soft_parent_sees(struct dev *dev, __u32 how, __u32 pasid, __u64 iova,
		     void *va, unsigned int length, unsigned int seed);

int soft_dma(struct dev *dev, struct mediated_dma dma, __u64 *value);
int soft_copy(struct dev *dev, __u32 how, __u64 src, __u64 dst, __u64 length);
int soft_fill(struct dev *dev, __u32 how, __u64 dst, __u64 length, int byte);
int soft_sum(struct dev *dev, __u32 how, __u64 src, __u64 length, __u64 *sum);
int soft_hold(struct dev *dev, __u64 iova, __u32 count, bool write);
int soft_unhold(struct dev *dev, __u64 iova, __u32 count);
/* A byte of a page that the device holds; negative if it holds none there. */
int soft_peek(struct dev *dev, __u64 iova);
int soft_poke(struct dev *dev, __u64 iova, int byte);
int soft_behave(struct dev *dev, unsigned long how);
struct mediated_state soft_state(struct dev *dev);

#endif /* IOASID_TEST_SOFT_H */
