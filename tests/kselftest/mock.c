// SPDX-License-Identifier: GPL-2.0
/*
 * The mock devices of ioas_mock.ko. Linked into every test program, used by those that
 * have the module loaded.
 */
#include "mock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"

#define COUNTERS	"/sys/kernel/debug/ioas-mock"
#define NUM_IOMMUS	8

int mock_open(struct dev *dev)
{
	return device_open(dev->group, dev->name, &dev->device);
}

int mock_claim(struct dev *dev, unsigned int n, int fd)
{
	int err = dev_claim(dev, n);

	err = err ? err : dev_bind(dev, fd);
	return err ? err : mock_open(dev);
}

int mock_dma(const struct dev *dev, struct mock_dma *dma)
{
	return ioctl(dev->device, MOCK_DMA, dma) ? -1 : (int)dma->status;
}

static int run(const struct dev *dev, __u32 op, __u32 pasid, __u64 iova,
	       __u64 target, size_t length, __u64 value)
{
	struct mock_dma dma = {
		.op = op,
		.flags = pasid == BY_RID ? 0 : MOCK_PASID,
		.pasid = pasid,
		.iova = iova,
		.target = target,
		.length = length,
		.value = value,
	};

	return mock_dma(dev, &dma);
}

int mock_load(const struct dev *dev, __u32 pasid, __u64 iova, size_t length)
{
	return run(dev, MOCK_LOAD, pasid, iova, 0, length, 0);
}

int mock_store(const struct dev *dev, __u32 pasid, __u64 iova, size_t length)
{
	return run(dev, MOCK_STORE, pasid, iova, 0, length, 0);
}

int mock_fill(const struct dev *dev, __u32 pasid, __u64 iova, size_t length,
	      unsigned char value)
{
	return run(dev, MOCK_FILL, pasid, iova, 0, length, value);
}

int mock_move(const struct dev *dev, __u32 pasid, __u64 iova, __u64 target,
	      size_t length)
{
	return run(dev, MOCK_MOVE, pasid, iova, target, length, 0);
}

bool mock_sees(const struct dev *dev, __u32 pasid, __u64 iova, void *va,
	       size_t length, unsigned int seed)
{
	fill(va, length, seed);
	if (mock_load(dev, pasid, iova, length) != MOCK_OK)
		return false;
	memset(va, 0, length);
	return mock_store(dev, pasid, iova, length) == MOCK_OK &&
	       filled(va, length, seed);
}

int mock_place_make(struct mock_place *place, int fd, __u64 iova, size_t length)
{
	int err = do_alloc(fd, &place->space);

	place->va = anon_populated(length);
	if (err || !place->va)
		return err ? err : ENOMEM;
	return do_map(fd, place->space, place->va, length, iova, RW);
}

long mock_counter(const char *file, const char *name)
{
	char path[128], key[64];
	long value, found = LONG_MIN;
	FILE *counters;

	snprintf(path, sizeof(path), COUNTERS "/%s", file);
	counters = fopen(path, "re");
	while (counters && found == LONG_MIN &&
	       fscanf(counters, "%63s %ld", key, &value) == 2)
		if (!strcmp(key, name))
			found = value;
	if (counters)
		fclose(counters);
	return found;
}

long mock_device_counter(unsigned int n, const char *name)
{
	return mock_counter(test_device_name(n), name);
}

int mock_refuse(unsigned int n, const char *outcomes)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), COUNTERS "/%s.attach",
		 test_device_name(n));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	err = write(fd, outcomes, strlen(outcomes)) < 0 ? errno : 0;
	close(fd);
	return err;
}

long mock_refusals_left(unsigned int n)
{
	char file[32];

	snprintf(file, sizeof(file), "%s.attach", test_device_name(n));
	return mock_counter(file, "left");
}

bool mock_is_content(void)
{
	bool content = mock_counter("iommu0", "misuse") == 0;
	char file[16];

	for (unsigned int i = 0; i < NUM_IOMMUS && content; i++) {
		snprintf(file, sizeof(file), "iommu%u", i);
		if (mock_counter(file, "misuse") == LONG_MIN)
			break;
		content = mock_counter(file, "misuse") == 0 &&
			  mock_counter(file, "bypassed") == 0;
	}
	return content;
}
