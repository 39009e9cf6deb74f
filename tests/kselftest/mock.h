/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mock devices of ioas_mock.ko: their DMA engines, and what their IOMMUs counted.
 *
 * A program that uses them has the module in its line of the list. Devices are named
 * MOCK(0) and so on to the calls of vfio.h. The settings are those that
 * tests/kmod/mock/config.c has by default, unless the line sets others.
 */
#ifndef IOASID_TEST_MOCK_H
#define IOASID_TEST_MOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "../kmod/mock/mock.h"
#include "vfio.h"

/* Not a PASID: the access is made by RID. */
#define BY_RID		(~0U)

/* Claims device @n, binds it to a context and opens it. 0 or an errno. */
int mock_claim(struct dev *dev, unsigned int n, int fd);

/*
 * The accesses return an enum mock_status, or -1 if the command failed. @dev has been
 * opened by mock_open().
 */
int mock_open(struct dev *dev);
int mock_load(const struct dev *dev, __u32 pasid, __u64 iova, size_t length);
int mock_store(const struct dev *dev, __u32 pasid, __u64 iova, size_t length);
int mock_fill(const struct dev *dev, __u32 pasid, __u64 iova, size_t length,
	      unsigned char value);
int mock_move(const struct dev *dev, __u32 pasid, __u64 iova, __u64 target,
	      size_t length);
/* Any command; @dma is filled in. */
int mock_dma(const struct dev *dev, struct mock_dma *dma);

/* True if the device sees the bytes of @va at @iova, read and written. */
bool mock_sees(const struct dev *dev, __u32 pasid, __u64 iova, void *va,
	       size_t length, unsigned int seed);

/* A space with memory of its own at the same IOVA as every other. */
struct mock_place {
	__u32 space;
	char *va;
};

/* Makes the space and maps @length bytes at @iova. 0 or an errno. */
int mock_place_make(struct mock_place *place, int fd, __u64 iova, size_t length);

/* A counter of "iommu0" or "ioas-mock.0", see mock.h; LONG_MIN if there is none. */
long mock_counter(const char *file, const char *name);
/* The same of a device. */
long mock_device_counter(unsigned int n, const char *name);
/*
 * Says what becomes of the attaches of a device, and of its PASIDs, that come next: an
 * errno each, 0 to let it pass, separated by spaces. 0 or an errno.
 */
int mock_refuse(unsigned int n, const char *outcomes);
/* How many of them are left. */
long mock_refusals_left(unsigned int n);

/* True if no IOMMU was misused and no access escaped into the host's own domain. */
bool mock_is_content(void);

#endif /* IOASID_TEST_MOCK_H */
