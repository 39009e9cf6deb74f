// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of what mappings cost in kernel memory: everything but I/O page tables, and
 * those. The kernel's own counters tell; a guest with one processor and nothing else
 * to do makes them exact to a few objects.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rows.h"

struct usage {
	__s64 objects;		/* live slab objects, by their size */
	__s64 slabs;		/* pages of the slabs they are in */
	__s64 slab_pages;	/* those, and allocations too large for a slab */
	__s64 vmalloc;
	__s64 tables;		/* of the MMU's other users: the IOMMUs' */
	__s64 free;
};

/* A line "Name:   123 kB" in bytes; -1 if this kernel has no such line. */
static __s64 memory_line(const char *name)
{
	char line[128];
	__s64 value = -1;
	FILE *file = fopen("/proc/meminfo", "re");

	if (!file)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoll(line + strlen(name) + 1, NULL, 10) * 1024;
	fclose(file);
	return value;
}

static int count_slabs(struct usage *usage)
{
	long long active, total, size, per_slab, pages, slabs;
	char line[512];
	FILE *file = fopen("/proc/slabinfo", "re");

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		const char *rest = strstr(line, ": slabdata");

		if (!rest ||
		    sscanf(line, "%*s %lld %lld %lld %lld %lld", &active, &total,
			   &size, &per_slab, &pages) != 5 ||
		    sscanf(rest, ": slabdata %*d %lld", &slabs) != 1)
			continue;
		usage->objects += active * size;
		usage->slabs += slabs * pages * (long long)PAGE;
	}
	fclose(file);
	return 0;
}

#define SLABS		512
#define SETTLE_SECONDS	6

static int shrinkers[SLABS];
static unsigned int num_shrinkers;

/*
 * Once, and kept open: for each file that is opened the kernel allocates what it frees
 * seconds later, which would be counted.
 */
static void open_shrinkers(void)
{
	DIR *folder = opendir("/sys/kernel/slab");
	struct dirent *entry;
	char path[PATH_MAX];

	if (!folder)
		return;
	while ((entry = readdir(folder)) && num_shrinkers < SLABS) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 entry->d_name);
		shrinkers[num_shrinkers] = open(path, O_WRONLY | O_CLOEXEC);
		if (shrinkers[num_shrinkers] >= 0)
			num_shrinkers++;
	}
	closedir(folder);
}

/* Objects in the slabs that processors hold count as live until they are flushed. */
static int flush_slabs(void)
{
	unsigned int i;

	for (i = 0; i < num_shrinkers; i++)
		if (pwrite(shrinkers[i], "1", 1, 0) != 1)
			return -errno;
	return 0;
}

static int usage_now(struct usage *usage)
{
	int err = flush_slabs();

	memset(usage, 0, sizeof(*usage));
	if (err)
		return err;
	/* Counters are kept per processor and added up late. */
	file_write("/proc/sys/vm/stat_refresh", 1);
	err = count_slabs(usage);
	usage->slab_pages = memory_line("Slab");
	usage->vmalloc = memory_line("VmallocUsed");
	usage->tables = memory_line("SecPageTables");
	usage->free = memory_line("MemFree");
	return err;
}

static void report_usage(const struct row *row, const struct peer *peer,
			 const struct usage *before, const struct usage *after)
{
	__s64 large = (after->slab_pages - after->slabs) -
		      (before->slab_pages - before->slabs);
	__s64 kernel = after->objects - before->objects + large +
		       after->vmalloc - before->vmalloc;
	__s64 tables = after->tables - before->tables;
	__s64 taken = before->free - after->free;

	report_sample(row->name, peer->name, "kernel", row->count,
		      kernel > 0 ? kernel : 0);
	/* Older kernels do not count the IOMMUs' tables. */
	if (tables > 0)
		report_sample(row->name, peer->name, "tables", row->count, tables);
	/* Of all the rest together, less exact: processors keep free pages back. */
	report_sample(row->name, peer->name, "taken", row->count,
		      taken > 0 ? taken : 0);
}

static int map_all(const struct row *row, const struct peer *peer,
		   const struct memory *memory)
{
	__u64 chunks = row->size / row->chunk;
	unsigned int i;
	int err = 0;

	for (i = 0; i < row->count && !err; i++) {
		struct range range = {
			.va = memory->va + i % chunks * row->chunk,
			.length = row->chunk,
			.iova = IOVA_BASE + i * row->chunk,
		};

		err = peer->map(0, &range);
	}
	return err;
}

static void measure(const struct row *row, const struct peer *peer,
		    const struct memory *memory)
{
	struct usage before, after;
	int err = peer_reopen(peer);

	/* What closing freed goes with a delay, and looking takes memory the first time. */
	sleep(SETTLE_SECONDS);
	if (!err)
		err = usage_now(&before);
	if (!err)
		err = usage_now(&before);
	if (!err)
		err = map_all(row, peer, memory);
	if (!err)
		err = usage_now(&after);
	if (err)
		report_error(row->name, peer->name, "kernel", err);
	else
		report_usage(row, peer, &before, &after);
	peer->unmap_all(0);
}

/* Once: bytes are what they are. */
void row_footprint(const struct row *row)
{
	const struct peer *peer;
	struct memory memory;
	unsigned int i;

	if (row_memory(row, &memory))
		return;
	open_shrinkers();
	for (i = 0; (peer = peer_nth(i)); i++)
		measure(row, peer, &memory);
	memory_put(&memory);
}
