// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since 6.2: an exporter maps a dma-buf with its reservation lock held, which
 * dma_buf_map_attachment_unlocked() takes and dma_buf_vmap_unlocked() as well. Before,
 * an exporter that needs the lock took it itself, also where a stable release has the
 * former function.
 */
#include <linux/dma-buf.h>
#include "probe.h"

#if defined(PROBE_NEW)
PROBE_FUNCTION(dma_buf_map_attachment_unlocked, struct sg_table *,
	       struct dma_buf_attachment *, enum dma_data_direction);
PROBE_FUNCTION(dma_buf_vmap_unlocked, int, struct dma_buf *,
	       struct iosys_map *);
#elif defined(PROBE_OLD)
PROBE_ABSENT(dma_buf_vmap_unlocked);
PROBE_FUNCTION(dma_buf_map_attachment, struct sg_table *,
	       struct dma_buf_attachment *, enum dma_data_direction);
#endif
