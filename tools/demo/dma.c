// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo's steps that do DMA: data there and back, and every kind of DMA that must
 * reach nothing. A refused DMA is proved by memory that does not change, and the proof
 * by the same DMA that arrives as soon as it is allowed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "demo.h"
#include "faults.h"
#include "ui.h"

#define DEMO_GREETING	"Hello, device!  "

/* What the device holds when it tries to write where it must not. */
#define DEMO_INTRUDER	0xee

/* Data that differs by a block of this size is other data. */
#define DEMO_BLOCK	16

/* Whether a DMA came to an end. */
bool demo_dma(const char *what, int ret)
{
	if (ret)
		ui_fail("%s did not end: %s", what, strerror(-ret));
	return !ret;
}

bool demo_random(void *memory, size_t size)
{
	if (getrandom(memory, size, 0) == (ssize_t)size)
		return true;
	ui_fail("no random numbers: %s", strerror(errno));
	return false;
}

bool demo_transfer(struct demo *demo)
{
	struct demo_buffer *letter = &demo->buffers[DEMO_LETTER];
	struct demo_buffer *reply = &demo->buffers[DEMO_REPLY];

	ui_step("DMA there and back");
	if (!demo_random(letter->mem, DEMO_LENGTH))
		return false;
	memcpy(letter->mem, DEMO_GREETING, strlen(DEMO_GREETING));
	memset(reply->mem, 0, reply->size);

	ui_say("The device reads %u bytes at 0x%jx into its buffer, and writes them to 0x%jx.",
	       DEMO_LENGTH, (uintmax_t)letter->iova, (uintmax_t)reply->iova);
	if (!demo_dma("reading", edu_dma_to_device(demo->edu, letter->iova, 0,
						   DEMO_LENGTH)) ||
	    !demo_dma("writing", edu_dma_from_device(demo->edu, 0, reply->iova,
						     DEMO_LENGTH)))
		return false;
	ui_hex("letter", letter->mem, DEMO_LENGTH);
	ui_hex("reply", reply->mem, DEMO_LENGTH);
	return ui_check(!memcmp(letter->mem, reply->mem, DEMO_LENGTH),
			"all %u bytes came back equal", DEMO_LENGTH);
}

/* Fills the device's buffer through a mapping that it may read. */
static bool demo_arm(struct demo *demo)
{
	struct demo_buffer *pool = &demo->buffers[DEMO_POOL];

	memset(pool->mem, DEMO_INTRUDER, DEMO_LENGTH);
	return demo_dma("reading", edu_dma_to_device(demo->edu, pool->iova, 0,
						     DEMO_LENGTH));
}

static void demo_show_fault(struct demo *demo)
{
	char line[256] = "kernel log: ";
	size_t used = strlen(line);

	if (faults_next(demo->address, line + used, sizeof(line) - used))
		ui_quote(line);
}

/*
 * Lets the device write to @iova and looks whether @memory, where that would go if
 * nobody stopped it, is still what it was.
 */
bool demo_write_refused(struct demo *demo, const char *where, uint64_t iova,
			const uint8_t *memory)
{
	uint8_t before[DEMO_LENGTH];

	memcpy(before, memory, DEMO_LENGTH);
	faults_begin();
	if (!demo_dma("writing", edu_dma_from_device(demo->edu, 0, iova, DEMO_LENGTH)))
		return false;
	ui_check(!memcmp(before, memory, DEMO_LENGTH), "write to 0x%jx, %s: unchanged",
		 (uintmax_t)iova, where);
	demo_show_fault(demo);
	return true;
}

/* The physical address of a page in use; 0 without the right to know it. */
static uint64_t demo_physical(const void *page)
{
	const uint64_t present = 1ull << 63, frame = (1ull << 55) - 1;
	long size = sysconf(_SC_PAGESIZE);
	uint64_t entry = 0;
	int fd;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry),
		  (uintptr_t)page / size * sizeof(entry)) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry & present ? (entry & frame) * size : 0;
}

static bool demo_is_mapped(struct demo *demo, uint64_t iova)
{
	size_t i;

	for (i = 0; i < DEMO_BUFFERS; i++)
		if (demo->buffers[i].mapped && iova >= demo->buffers[i].iova &&
		    iova - demo->buffers[i].iova < demo->buffers[i].size)
			return true;
	return false;
}

/*
 * Without an IOMMU, or with one that lets DMA through, a device's addresses are
 * physical ones. So the address of a page that the device was never given is the
 * sharpest question; where it is not to be had, any unmapped IOVA has to do.
 */
static bool demo_unmapped(struct demo *demo, uint8_t *canary)
{
	const struct demo_buffer *pool = &demo->buffers[DEMO_POOL];
	uint64_t physical = demo_physical(canary);

	if (physical && !demo_is_mapped(demo, physical))
		return demo_write_refused(demo, "physical address of an unmapped page",
					  physical, canary);
	return demo_write_refused(demo, "where nothing is mapped",
				  pool->iova + pool->size, canary);
}

static bool demo_never_mapped(struct demo *demo)
{
	size_t size = sysconf(_SC_PAGESIZE);
	uint8_t *canary = aligned_alloc(size, size);
	bool done;

	if (!canary) {
		ui_fail("no memory for a page");
		return false;
	}
	done = demo_random(canary, size) && demo_unmapped(demo, canary);
	free(canary);
	return done;
}

static bool demo_unmap(struct demo *demo, struct demo_buffer *buffer)
{
	uint64_t unmapped = 0;

	if (ioasid_space_unmap(demo->ctx, demo->ioasid, buffer->iova, buffer->size,
			       &unmapped)) {
		ui_fail("%s", ioasid_last_error());
		return false;
	}
	buffer->mapped = false;
	return unmapped == buffer->size;
}

static bool demo_shares_a_block(const uint8_t *left, const uint8_t *right)
{
	size_t at;

	for (at = 0; at < DEMO_LENGTH; at += DEMO_BLOCK)
		if (!memcmp(left + at, right + at, DEMO_BLOCK))
			return true;
	return false;
}

/* What the device has read is seen only when it writes it to where it may. */
static bool demo_read_refused(struct demo *demo, struct demo_buffer *secret)
{
	struct demo_buffer *pool = &demo->buffers[DEMO_POOL];

	faults_begin();
	if (!demo_dma("reading", edu_dma_to_device(demo->edu, secret->iova, 0,
						   DEMO_LENGTH)) ||
	    !demo_dma("writing", edu_dma_from_device(demo->edu, 0, pool->iova,
						     DEMO_LENGTH)))
		return false;
	ui_check(!demo_shares_a_block(secret->mem, pool->mem),
		 "read of 0x%jx, the letter after unmapping: the device got nothing",
		 (uintmax_t)secret->iova);
	demo_show_fault(demo);
	return true;
}

static bool demo_after_detach(struct demo *demo)
{
	struct demo_buffer *pool = &demo->buffers[DEMO_POOL];

	if (!demo_arm(demo) || !demo_random(pool->mem, DEMO_LENGTH))
		return false;
	if (ioasid_dev_detach(demo->dev)) {
		ui_fail("%s", ioasid_last_error());
		return false;
	}
	return demo_write_refused(demo, "the pool after detaching",
				  pool->iova, pool->mem);
}

/* Shows that the device did try: nothing but the attachment is different now. */
static bool demo_attached_again(struct demo *demo)
{
	struct demo_buffer *pool = &demo->buffers[DEMO_POOL];
	uint8_t intruder[DEMO_LENGTH];

	memset(intruder, DEMO_INTRUDER, sizeof(intruder));
	if (ioasid_dev_attach(demo->dev, demo->ioasid)) {
		ui_fail("%s", ioasid_last_error());
		return false;
	}
	if (!demo_dma("writing", edu_dma_from_device(demo->edu, 0, pool->iova,
						     DEMO_LENGTH)))
		return false;
	return ui_check(!memcmp(intruder, pool->mem, DEMO_LENGTH),
			"write to 0x%jx, the pool after attaching again: arrives",
			(uintmax_t)pool->iova);
}

bool demo_refused(struct demo *demo)
{
	struct demo_buffer *letter = &demo->buffers[DEMO_LETTER];
	struct demo_buffer *reply = &demo->buffers[DEMO_REPLY];

	ui_step("DMA that must reach nothing");
	ui_say("The device now holds %u bytes 0x%x, and is told to write them all over the place.",
	       DEMO_LENGTH, DEMO_INTRUDER);
	if (!demo_arm(demo) || !demo_never_mapped(demo) ||
	    !demo_write_refused(demo, "the read-only letter",
				letter->iova, letter->mem))
		return false;
	if (!demo_unmap(demo, reply) ||
	    !demo_write_refused(demo, "the reply after unmapping", reply->iova,
				reply->mem))
		return false;
	return demo_unmap(demo, letter) && demo_read_refused(demo, letter) &&
	       demo_after_detach(demo) && demo_attached_again(demo);
}
