/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the demo's steps share. Each step tells what it does, does it, and checks it;
 * it returns false if the next ones make no sense.
 */
#ifndef IOASID_DEMO_H
#define IOASID_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edu.h"
#include "libioasid.h"

#define DEMO_ADDRESS_LEN	32

/**
 * struct demo_buffer - Memory for the device
 * @name: what the demo calls it
 * @label: the same in the picture
 * @mem: the memory
 * @size: its bytes
 * @prot: what the device may do
 * @iova: where it is mapped
 * @mapped: whether it is
 */
struct demo_buffer {
	const char *name;
	const char *label;
	uint8_t *mem;
	size_t size;
	uint32_t prot;
	uint64_t iova;
	bool mapped;
};

enum demo_role {
	DEMO_LETTER,
	DEMO_REPLY,
	DEMO_POOL,
	DEMO_BUFFERS,
};

/**
 * struct demo - The state of a run
 * @address: the PCI device
 * @restore: the device was taken from its driver and goes back to it
 * @ctx: the context
 * @dev: the device, open
 * @edu: its DMA engine
 * @info: what the kernel says about the device
 * @regions: the device's reserved regions
 * @ioasid: the space, 0 before there is one
 * @buffers: memory, by enum demo_role
 */
struct demo {
	char address[DEMO_ADDRESS_LEN];
	bool restore;
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	struct edu *edu;
	struct ioasid_device_info info;
	struct ioasid_resv_region *regions;
	uint32_t ioasid;
	struct demo_buffer buffers[DEMO_BUFFERS];
};

/* setup.c: a device, a space, memory, and back again */
bool demo_device(struct demo *demo);
bool demo_space(struct demo *demo);
bool demo_memory(struct demo *demo);
void demo_picture(struct demo *demo);
void demo_reason(struct demo *demo);
void demo_cleanup(struct demo *demo);

/* dma.c: what the device can reach, and what it cannot */
bool demo_transfer(struct demo *demo);
bool demo_refused(struct demo *demo);

#endif
