/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A driver for NVMe drives, as small as one can be: it lets a drive say what it is, and
 * the drive writes that to memory by DMA. Nothing on the drive is read or changed.
 */
#ifndef EXAMPLE_NVME_H
#define EXAMPLE_NVME_H

#include <stdint.h>

#include <libioasid.h>

/* Bytes of what a drive says of itself, and of each of its two queues. */
#define NVME_PAGE	4096

/* The beginning of what it says. Text is filled with blanks and has no NUL. */
struct nvme_identity {
	uint16_t vendor;
	uint16_t subsystem_vendor;
	char serial[20];
	char model[40];
};

struct nvme {
	uint8_t *bar;		/* its registers */
	uint8_t *queues;	/* commands, and behind them the answers */
	unsigned int sent;	/* commands so far */
};

/*
 * Starts a drive that is attached to a space. @queues is two pages of memory, which the
 * space maps at @iova for reading and writing. 0 or a negative errno.
 */
int nvme_start(struct nvme *nvme, struct ioasid_dev *dev, void *queues,
	       uint64_t iova);

/* Has the drive write what it is to the page at @iova. 0 or a negative errno. */
int nvme_identify(struct nvme *nvme, uint64_t iova);

#endif
