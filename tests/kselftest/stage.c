// SPDX-License-Identifier: GPL-2.0
/*
 * A context with a space and a device, and looks at what the kernel says of it.
 * Linked into every test program; the tests of the engine use it.
 */
#define _GNU_SOURCE
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE	(2 * MIB)

int stage_open(struct stage *stage, unsigned int edu, __u64 granule)
{
	int err;

	memset(stage, 0, sizeof(*stage));
	dev_init(&stage->dev, edu);
	stage->fd = ctx_open();
	if (stage->fd < 0)
		return errno;
	err = do_alloc_granule(stage->fd, granule, &stage->space);
	err = err ? err : dev_claim(&stage->dev, edu);
	err = err ? err : dev_bind(&stage->dev, stage->fd);
	err = err ? err : do_attach(stage->fd, stage->dev.id, stage->space);
	return err ? err : engine_open(&stage->engine, &stage->dev);
}

void stage_close(struct stage *stage)
{
	if (stage->engine.dev)
		engine_close(&stage->engine);
	dev_release(&stage->dev);
	if (stage->fd >= 0)
		close(stage->fd);
	stage->fd = -1;
}

bool stage_sees(struct stage *stage, __u64 iova, void *va, unsigned int seed)
{
	return engine_works(&stage->engine, va, iova, (char *)va + PAGE / 2,
			    iova + PAGE / 2, seed);
}

bool stage_is_blind(struct stage *stage, __u64 iova, void *page,
		    unsigned int seed)
{
	return store_is_refused(&stage->engine, iova, page, seed);
}

static __u64 counter(const char *name)
{
	unsigned long long value = ~0ULL;
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128], key[64];

	if (!file)
		return ~0ULL;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %llu", key, &value) == 2 &&
		    !strcmp(key, name))
			break;
	fclose(file);
	return value;
}

__u64 pinned_pages(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	ssize_t written = -1;

	/* Each CPU counts for itself until it is asked to hand in. */
	if (refresh >= 0) {
		written = write(refresh, "1", 1);
		close(refresh);
	}
	if (written != 1)
		return ~0ULL;
	return counter("nr_foll_pin_acquired") -
	       counter("nr_foll_pin_released");
}

void *anon_aligned(size_t length)
{
	uintptr_t va = (uintptr_t)anon(length + HUGE);

	return va ? (void *)((va + HUGE - 1) & ~(HUGE - 1)) : NULL;
}

static unsigned long long free_huge_pages(void)
{
	unsigned long long count = 0;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "HugePages_Free: %llu", &count) == 1)
			break;
	fclose(file);
	return count;
}

bool huge_pages(unsigned int count)
{
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "re+");

	if (!file)
		return false;
	fprintf(file, "%u\n", count);
	fclose(file);
	return free_huge_pages() >= count;
}

bool fdinfo_line(int fd, const char *start, char *line, size_t size)
{
	bool found = false;
	FILE *file;
	char *path;

	if (asprintf(&path, "/proc/self/fdinfo/%d", fd) < 0)
		return false;
	file = fopen(path, "re");
	free(path);
	while (file && !found && fgets(line, size, file))
		found = !strncmp(line, start, strlen(start));
	if (file)
		fclose(file);
	line[found ? strcspn(line, "\n") : 0] = '\0';
	return found;
}
