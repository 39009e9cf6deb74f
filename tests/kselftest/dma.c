// SPDX-License-Identifier: GPL-2.0
/*
 * Real DMA by edu devices. Linked into every test program, used by those whose
 * devices move data.
 */
#include "dma.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

int engine_open(struct engine *engine, struct dev *dev)
{
	int err = device_open(dev->group, dev->name, &dev->device);

	engine->dev = dev;
	engine->edu = NULL;
	err = err ? err : -edu_open(dev->device, &engine->edu);
	/* Nothing stops a DMA that a former user of the device has started. */
	return err ? err : -edu_dma_wait(engine->edu, EDU_DMA_TIMEOUT);
}

void engine_close(struct engine *engine)
{
	edu_close(engine->edu);
	engine->edu = NULL;
	if (engine->dev && engine->dev->device >= 0) {
		close(engine->dev->device);
		engine->dev->device = -1;
	}
}

int engine_load(struct engine *engine, __u64 iova)
{
	return -edu_dma_to_device(engine->edu, iova, 0, DMA_LEN);
}

int engine_store(struct engine *engine, __u64 iova)
{
	return -edu_dma_from_device(engine->edu, 0, iova, DMA_LEN);
}

bool engine_works(struct engine *engine, void *source, __u64 source_iova,
		  void *sink, __u64 sink_iova, unsigned int seed)
{
	fill(source, DMA_LEN, seed);
	memset(sink, 0, DMA_LEN);
	return !engine_load(engine, source_iova) &&
	       !engine_store(engine, sink_iova) && filled(sink, DMA_LEN, seed);
}

bool store_is_refused(struct engine *engine, __u64 iova, void *page,
		      unsigned int seed)
{
	fill(page, PAGE, seed);
	return !engine_store(engine, iova) && filled(page, PAGE, seed);
}

bool store_arrives(struct engine *engine, __u64 iova, void *va,
		   unsigned int loaded)
{
	memset(va, 0, DMA_LEN);
	return !engine_store(engine, iova) && filled(va, DMA_LEN, loaded);
}
