/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user-space driver for QEMU's "edu" PCI device, as far as DMA goes.
 *
 * Owns the device's registers and nothing else: it works on any VFIO device file
 * descriptor, whatever IOMMU backend is behind it. Used by the demo and the tests.
 *
 * The device has a private buffer of EDU_BUFFER_SIZE bytes that the CPU cannot see.
 * A DMA copies between memory and that buffer, so what the device has read is known
 * only after it has written it somewhere.
 */
#ifndef IOASID_TOOLS_EDU_H
#define IOASID_TOOLS_EDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDU_PCI_VENDOR	0x1234
#define EDU_PCI_DEVICE	0x11e8

/* Bytes of the private buffer. Offset + length of a DMA must stay below it. */
#define EDU_BUFFER_SIZE	4096
/* The largest DMA that no released QEMU mishandles. */
#define EDU_DMA_MAX	2048
/* Time a DMA is given, in ms: the device takes 100 ms of its own clock. */
#define EDU_DMA_TIMEOUT	10000

struct edu;

/**
 * enum edu_direction - Which way a DMA goes
 * @EDU_TO_DEVICE: the device reads memory into its buffer
 * @EDU_FROM_DEVICE: the device writes its buffer to memory
 */
enum edu_direction {
	EDU_TO_DEVICE = 0,
	EDU_FROM_DEVICE = 1,
};

/**
 * edu_open() - Take over an edu device and let it master the bus
 * @device_fd: a VFIO device; stays the caller's, must outlive the handle
 * @edu: out: the handle
 *
 * Return: 0 or -errno; -ENODEV if it is no edu device.
 */
int edu_open(int device_fd, struct edu **edu);

/**
 * edu_close() - Stop bus mastering and unmap the registers
 * @edu: the handle, or NULL
 */
void edu_close(struct edu *edu);

/**
 * edu_dma_start() - Start a DMA and return at once
 * @edu: the device
 * @direction: which way
 * @iova: I/O virtual address of the memory
 * @offset: where in the device's buffer
 * @length: bytes, 1 to EDU_DMA_MAX
 *
 * Return: 0, -EINVAL (would leave the buffer) or -EBUSY (one is running).
 */
int edu_dma_start(struct edu *edu, enum edu_direction direction, uint64_t iova,
		  uint32_t offset, uint32_t length);

/**
 * edu_dma_busy() - Whether a DMA is running
 * @edu: the device
 *
 * Return: true while it runs.
 */
bool edu_dma_busy(struct edu *edu);

/**
 * edu_dma_wait() - Wait for the end of a DMA
 * @edu: the device
 * @timeout_ms: how long, in milliseconds
 *
 * The end says nothing about success: the device does not know that the IOMMU
 * refused it.
 *
 * Return: 0 or -ETIMEDOUT.
 */
int edu_dma_wait(struct edu *edu, unsigned int timeout_ms);

/**
 * edu_dma_to_device() - Copy memory into the device's buffer and wait
 * @edu: the device
 * @iova: I/O virtual address of the memory
 * @offset: where in the device's buffer
 * @length: bytes, 1 to EDU_DMA_MAX
 *
 * Return: 0 or -errno as of edu_dma_start() and edu_dma_wait().
 */
int edu_dma_to_device(struct edu *edu, uint64_t iova, uint32_t offset,
		      uint32_t length);

/**
 * edu_dma_from_device() - Copy the device's buffer to memory and wait
 * @edu: the device
 * @offset: where in the device's buffer
 * @iova: I/O virtual address of the memory
 * @length: bytes, 1 to EDU_DMA_MAX
 *
 * Return: 0 or -errno as of edu_dma_start() and edu_dma_wait().
 */
int edu_dma_from_device(struct edu *edu, uint32_t offset, uint64_t iova,
			uint32_t length);

/**
 * edu_is() - Whether a PCI device is an edu device
 * @address: PCI address in full, for example "0000:00:04.0"
 *
 * Looks at sysfs only, so that it can be asked before the device is taken.
 *
 * Return: true if it is.
 */
bool edu_is(const char *address);

/**
 * edu_find() - Find the edu devices of this machine
 * @index: which one, in the order of their addresses, from 0
 * @address: out: PCI address, for example "0000:00:04.0"
 * @size: bytes @address has room for
 *
 * Return: 0 or -ENOENT (there are not that many).
 */
int edu_find(unsigned int index, char *address, size_t size);

#endif
