// SPDX-License-Identifier: GPL-2.0
/*
 * User memory of a known physical shape. Called by every row.
 *
 * How memory lies in physical memory decides what mapping it costs, so the shape is
 * made on purpose and then read back from /proc/self/pagemap.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define HUGE		(2 * MIB)
#define PFN_MASK	0x007fffffffffffffULL
#define PRESENT		0x8000000000000000ULL
#define ENTRIES		4096

/* Odd, so that multiples of it visit every page of a power of two once, in leaps. */
#define STRIDE		40503ULL

#define POOL_2M		"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

static bool is_hugetlb(enum memory_kind kind)
{
	return kind == MEMORY_HUGETLB_2M || kind == MEMORY_HUGETLB_1G;
}

static bool is_thp(enum memory_kind kind)
{
	return kind == MEMORY_THP || kind == MEMORY_UNTOUCHED_THP;
}

static bool is_untouched(enum memory_kind kind)
{
	return kind == MEMORY_UNTOUCHED || kind == MEMORY_UNTOUCHED_THP;
}

/* The pool of 1 GiB pages is filled on the kernel command line. */
static int hugetlb_map(struct memory *memory)
{
	bool giant = memory->kind == MEMORY_HUGETLB_1G;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	int err;

	if (!giant) {
		err = file_write(POOL_2M, memory->length / HUGE);
		if (err)
			return err;
	}
	memory->mapping = mmap(NULL, memory->length, PROT_READ | PROT_WRITE,
			       flags | (giant ? 30 : 21) << MAP_HUGE_SHIFT, -1, 0);
	if (memory->mapping == MAP_FAILED)
		return -errno;
	memory->mapped = memory->length;
	memory->va = memory->mapping;
	return 0;
}

static int anon_map(struct memory *memory)
{
	int advice = is_thp(memory->kind) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

	memory->mapped = memory->length + HUGE;
	memory->mapping = mmap(NULL, memory->mapped, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->mapping == MAP_FAILED)
		return -errno;
	memory->va = (char *)(((__u64)memory->mapping + HUGE - 1) & ~(HUGE - 1));
	if (madvise(memory->va, memory->length, advice))
		return -errno;
	return 0;
}

static __u64 touch_step(enum memory_kind kind)
{
	return is_hugetlb(kind) || kind == MEMORY_THP ? HUGE : PAGE;
}

static bool is_in_order(enum memory_kind kind)
{
	return kind == MEMORY_CONTIGUOUS || is_untouched(kind);
}

void memory_touch(const struct memory *memory)
{
	__u64 step = touch_step(memory->kind), steps = memory->length / step, i;
	__u64 stride = is_in_order(memory->kind) ? 1 : STRIDE;

	for (i = 0; i < steps; i++)
		memory->va[i * stride % steps * step] = 1;
}

/* Free pages that processors keep for themselves. */
static __u64 kept_pages(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	__u64 pages = 0, count;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %llu", &count) == 1)
			pages += count;
	fclose(file);
	return pages;
}

/* Free pages that are not part of a free huge page: the kernel gives them out first. */
static __u64 loose_pages(void)
{
	FILE *file = fopen("/proc/buddyinfo", "re");
	__u64 pages = kept_pages(), count;
	unsigned int order;

	if (!file)
		return 0;
	while (fscanf(file, "Node %*d, zone %*s") != EOF)
		for (order = 0; fscanf(file, "%llu", &count) == 1; order++)
			if (PAGE << order < HUGE)
				pages += count << order;
	fclose(file);
	return pages;
}

/*
 * With the loose pages out of the way, ascending touches get ascending pages. One more
 * before them, because what is left begins at a multiple of 2 MiB: memory that is
 * aligned, too, would be huge pages in all but name.
 */
static void touch_contiguous(const struct memory *memory)
{
	struct memory plug = {
		.kind = MEMORY_UNTOUCHED,
		.length = (loose_pages() + 1) * PAGE,
		.mapping = MAP_FAILED,
	};

	if (!anon_map(&plug))
		memory_touch(&plug);
	memory_touch(memory);
	memory_put(&plug);
}

static int count_runs(struct memory *memory)
{
	__u64 pages = memory->length / PAGE, first = (__u64)memory->va / PAGE;
	__u64 entries[ENTRIES], done = 0, expected = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	memory->runs = 0;
	memory->aligned = 0;
	while (done < pages && !err) {
		__u64 want = pages - done < ENTRIES ? pages - done : ENTRIES, i;

		if (pread(fd, entries, want * sizeof(*entries),
			  (first + done) * sizeof(*entries)) !=
		    (ssize_t)(want * sizeof(*entries))) {
			err = -EIO;
			break;
		}
		for (i = 0; i < want; i++) {
			__u64 pfn = entries[i] & PFN_MASK;

			/* A PFN of 0 is what those without the right to see it get. */
			if (!(entries[i] & PRESENT) || !pfn) {
				err = -EPERM;
				break;
			}
			memory->runs += pfn != expected;
			memory->aligned += (pfn ^ (first + done + i)) % (HUGE / PAGE) == 0;
			expected = pfn + 1;
		}
		done += want;
	}
	close(fd);
	return err;
}

/* A row must not say "scattered" of memory that is not. */
static int verify(const struct memory *memory)
{
	__u64 pages = memory->length / PAGE;

	switch (memory->kind) {
	case MEMORY_CONTIGUOUS:
		return memory->runs > pages / 32 || memory->aligned > pages / 2 ?
		       -EUCLEAN : 0;
	case MEMORY_SCATTERED:
		return memory->runs < pages / 10 * 9 ? -EUCLEAN : 0;
	case MEMORY_THP:
	case MEMORY_HUGETLB_2M:
		return memory->runs > memory->length / HUGE ? -EUCLEAN : 0;
	case MEMORY_HUGETLB_1G:
		return memory->runs > memory->length / GIB ? -EUCLEAN : 0;
	default:
		return 0;
	}
}

int memory_get(struct memory *memory, enum memory_kind kind, __u64 length)
{
	int err;

	memset(memory, 0, sizeof(*memory));
	memory->kind = kind;
	memory->length = length;
	memory->mapping = MAP_FAILED;
	err = is_hugetlb(kind) ? hugetlb_map(memory) : anon_map(memory);
	if (!err && !is_untouched(kind)) {
		if (kind == MEMORY_CONTIGUOUS)
			touch_contiguous(memory);
		else
			memory_touch(memory);
		err = count_runs(memory);
		if (!err)
			err = verify(memory);
	}
	if (err)
		memory_put(memory);
	return err;
}

void memory_put(struct memory *memory)
{
	if (memory->mapping != MAP_FAILED)
		munmap(memory->mapping, memory->mapped);
	memory->mapping = MAP_FAILED;
	if (memory->kind == MEMORY_HUGETLB_2M)
		file_write(POOL_2M, 0);
}
