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
 * struct demo_shared - Memory that is registered, and mapped in two spaces
 * @mem: the memory
 * @memory: its id, 0 if it is not registered
 * @ioasid: the second space, 0 before there is one
 * @iova: where it is in the first space
 * @second_iova: where it is in the second one
 */
struct demo_shared {
	uint8_t *mem;
	uint32_t memory;
	uint32_t ioasid;
	uint64_t iova;
	uint64_t second_iova;
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
 * @shared: memory of two spaces
 * @locked: KiB of this process's memory that were locked at the start
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
	struct demo_shared shared;
	unsigned long locked;
};

/* Bytes of a DMA. */
#define DEMO_LENGTH	1024u

/*
 * run.c: all steps, with an edu device, or the first one if @address is "", or with the
 * software device if it is that or there is no other. ui_setup() comes before. Returns the
 * exit status.
 */
int demo_run(const char *address);

/* locked.c: KiB that count as this process's locked memory */
unsigned long demo_locked(void);

/* setup.c: a device, a space, memory, and back again */
bool demo_device(struct demo *demo);
bool demo_space(struct demo *demo);
bool demo_memory(struct demo *demo);
void demo_picture(struct demo *demo);
void demo_reason(struct demo *demo);
void demo_cleanup(struct demo *demo);
bool demo_ok(int ret);

/* dma.c: what the device can reach, and what it cannot */
bool demo_transfer(struct demo *demo);
bool demo_refused(struct demo *demo);
bool demo_dma(const char *what, int ret);
bool demo_random(void *memory, size_t size);
bool demo_write_refused(struct demo *demo, const char *where, uint64_t iova,
			const uint8_t *memory);

/* sharing.c: one memory in two spaces, and a mapping that loses a part */
bool demo_sharing(struct demo *demo);
bool demo_part(struct demo *demo);
bool demo_unshare(struct demo *demo);
void demo_shared_free(struct demo_shared *shared);

#endif
