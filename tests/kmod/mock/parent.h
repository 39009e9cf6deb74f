/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mock devices for other test modules, which make devices of parts of them: DMA by the
 * requester id of a mock device. To be had by symbol_get().
 */
#ifndef IOAS_MOCK_PARENT_H
#define IOAS_MOCK_PARENT_H

#include <linux/types.h>

struct device;

struct device *ioas_mock_device(unsigned int n);
int ioas_mock_dma(struct device *dev, u32 pasid, u64 iova, void *data,
		  size_t length, bool write);

#endif
