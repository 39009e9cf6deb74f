/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's sharing of buffers as of 7.2, for older kernels. */
#ifndef IOAS_COMPAT_DMA_BUF_H
#define IOAS_COMPAT_DMA_BUF_H

#include <linux/dma-buf.h>

#include "ioas_compat_config.h"

#if !IOAS_HAVE_DMA_BUF_LOCKS
#define dma_buf_map_attachment_unlocked(attach, direction)	\
	dma_buf_map_attachment(attach, direction)
#define dma_buf_unmap_attachment_unlocked(attach, table, direction)	\
	dma_buf_unmap_attachment(attach, table, direction)
#endif

#endif
