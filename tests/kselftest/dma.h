/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Real DMA by edu devices, and how a test tells what it did.
 *
 * The device's buffer cannot be seen by the CPU, so a test works with three pages
 * per device: "source", whose pattern the device loads, "sink", where it stores what
 * it has, and a target under test. That something was refused is shown by the target
 * staying as it was, and by the same device then doing the same DMA where it may.
 */
#ifndef IOASID_TEST_DMA_H
#define IOASID_TEST_DMA_H

#include <stdbool.h>

#include "../../tools/edu/edu.h"
#include "vfio.h"

/* Bytes that every DMA of the tests moves, unless it says otherwise. */
#define DMA_LEN		1024

/* A device that can do DMA: its registers, and the fd they are mapped from. */
struct engine {
	struct dev *dev;
	struct edu *edu;
};

/* Opens the device behind a claimed group. 0 or an errno. */
int engine_open(struct engine *engine, struct dev *dev);
/* Closes the registers and the device, not its group and container. */
void engine_close(struct engine *engine);

/* The device reads memory into its buffer; stores its buffer to memory. */
int engine_load(struct engine *engine, __u64 iova);
int engine_store(struct engine *engine, __u64 iova);

/*
 * True if the device can move data from @source to @sink, which are mapped at the
 * two IOVAs: the proof that a refusal elsewhere was not due to a dead device. Leaves
 * the pattern of @seed in the device's buffer.
 */
bool engine_works(struct engine *engine, void *source, __u64 source_iova,
		  void *sink, __u64 sink_iova, unsigned int seed);

/*
 * True if the device, told to store its buffer at @iova, left @page (where @iova led
 * or might lead) as it was. The page is filled with a pattern of @seed before.
 */
bool store_is_refused(struct engine *engine, __u64 iova, void *page,
		      unsigned int seed);
/* True if it wrote the pattern of @loaded, its buffer's, to @va. */
bool store_arrives(struct engine *engine, __u64 iova, void *va,
		   unsigned int loaded);

#endif /* IOASID_TEST_DMA_H */
