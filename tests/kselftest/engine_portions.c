// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_BATCH of more entries than the kernel takes in one go, of all sorts. One that
 * cannot be mapped, wherever it is, leaves exactly those before it: each of them, no
 * byte more, and no byte of another account.
 */
#include "kselftest_harness.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		0x10000000ULL
#define ENTRIES		150
#define MEMORY		512	/* pages */
#define HOLE		(MEMORY - 1)
#define LARGE		(MEMORY / 2)
#define NOBODY		65534

FIXTURE(portions) {
	struct stage stage;
	char *memory;		/* MEMORY pages; there is none at HOLE */
	struct ioasid_map_entry entries[ENTRIES];
	struct ioasid_map_entry copy[ENTRIES];
	__u32 done;
	__u64 areas, mapped, locked, pinned;	/* without the batch */
};

/*
 * One page or two, now side by side in memory, now not, now writable, now not; the
 * order of their IOVAs changes as well. No two overlap.
 */
static struct ioasid_map_entry some_entry(char *memory, unsigned int i)
{
	unsigned int page = i % 13 == 12 ? 2 * (ENTRIES + i) % 300 : 2 * i;
	unsigned int place = i % 20 < 10 ? i : i ^ 1;

	return (struct ioasid_map_entry){
		.user_va = (uintptr_t)memory + page * PAGE,
		.length = i % 5 == 3 ? PAGE : 2 * PAGE,
		.iova = IOVA + place * 2 * PAGE,
		.prot = i % 17 == 5 ? IOASID_PROT_READ : RW,
		.flags = IOASID_MAP_FIXED,
	};
}

FIXTURE_SETUP(portions)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->memory = anon(MEMORY * PAGE);
	ASSERT_NE(NULL, self->memory);
	ASSERT_EQ(0, munmap(self->memory + HOLE * PAGE, PAGE));
	for (unsigned int i = 0; i < ENTRIES; i++)
		self->entries[i] = some_entry(self->memory, i);
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
}

FIXTURE_TEARDOWN(portions)
{
	stage_close(&self->stage);
}

static __u64 bytes_of(const struct ioasid_map_entry *entries, unsigned int num)
{
	__u64 bytes = 0;

	for (unsigned int i = 0; i < num; i++)
		bytes += entries[i].length;
	return bytes;
}

/* Are exactly the first so many of the batch mapped? Afterwards none of them is. */
#define EXPECT_FIRST(_num)						\
	do {								\
		struct stage *_stage = &self->stage;			\
		__u64 _bytes = bytes_of(self->entries, _num);		\
									\
		EXPECT_EQ(_num, self->done);				\
		EXPECT_EQ(self->areas + (_num),				\
			  num_areas(_stage->fd, _stage->space));	\
		EXPECT_EQ(self->mapped + _bytes,			\
			  mapped_bytes(_stage->fd, _stage->space));	\
		EXPECT_EQ(self->locked + _bytes, locked_bytes(0));	\
		EXPECT_EQ(self->pinned + _bytes / PAGE, pinned_pages()); \
		for (unsigned int _i = 0; _i < (_num); _i++)		\
			EXPECT_OK(do_unmap(_stage->fd, _stage->space,	\
					   self->entries[_i].iova,	\
					   self->entries[_i].length));	\
		EXPECT_EQ(self->areas,					\
			  num_areas(_stage->fd, _stage->space));	\
		EXPECT_EQ(self->mapped,					\
			  mapped_bytes(_stage->fd, _stage->space));	\
		EXPECT_EQ(self->locked, locked_bytes(0));		\
		EXPECT_EQ(self->pinned, pinned_pages());		\
	} while (0)

#define BATCH()								\
	do_batch(self->stage.fd, self->stage.space, self->entries, ENTRIES, \
		 &self->done)

TEST_F(portions, all)
{
	ASSERT_OK(BATCH());
	EXPECT_FIRST(ENTRIES);
}

TEST_F(portions, where_each_is)
{
	static const unsigned int looks[] = { 0, 12, 24, 63, 64, 65, ENTRIES - 1 };

	ASSERT_OK(BATCH());
	for (unsigned int i = 0; i < ARRAY_SIZE(looks); i++) {
		const struct ioasid_map_entry *entry = &self->entries[looks[i]];
		char *va = (char *)(uintptr_t)entry->user_va;

		EXPECT_TRUE(stage_sees(&self->stage, entry->iova, va, i));
	}
	EXPECT_TRUE(stage_is_blind(&self->stage, self->entries[5].iova,
				   (char *)(uintptr_t)self->entries[5].user_va,
				   9));
	EXPECT_FIRST(ENTRIES);
	EXPECT_TRUE(stage_is_blind(&self->stage, self->entries[64].iova,
				   (char *)(uintptr_t)self->entries[64].user_va,
				   10));
}

/* Memory that is not there, wherever its entry is. */
TEST_F(portions, no_memory_at_each)
{
	for (unsigned int at = 0; at < ENTRIES; at++) {
		struct ioasid_map_entry right = self->entries[at];

		self->entries[at].user_va = (uintptr_t)self->memory +
					    HOLE * PAGE;
		EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN, BATCH());
		self->entries[at] = right;
		EXPECT_FIRST(at);
	}
}

/* The range has an area already, which stays. */
TEST_F(portions, taken_at_each)
{
	struct stage *stage = &self->stage;

	for (unsigned int at = 0; at < ENTRIES; at += 3) {
		__u64 last = self->entries[at].iova +
			     self->entries[at].length - PAGE;

		ASSERT_OK(do_map(stage->fd, stage->space,
				 self->memory + LARGE * PAGE, PAGE, last, RW));
		self->areas = 1;
		self->mapped = PAGE;
		self->locked += PAGE;
		self->pinned++;
		EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED, BATCH());
		EXPECT_EA_RANGE(last, last + PAGE - 1);
		EXPECT_FIRST(at);
		ASSERT_OK(do_unmap(stage->fd, stage->space, last, PAGE));
		self->locked -= PAGE;
		self->pinned--;
	}
}

/* The range is that of an entry before, near or far. */
TEST_F(portions, twice_in_the_batch)
{
	for (unsigned int at = 1; at < ENTRIES; at += 2) {
		struct ioasid_map_entry right = self->entries[at];
		unsigned int other = at % 4 == 1 ? at - 1 : at / 2;

		self->entries[at].iova = self->entries[other].iova;
		EXPECT_REFUSED(EEXIST, IOASID_REASON_IOVA_MAPPED, BATCH());
		self->entries[at] = right;
		EXPECT_FIRST(at);
	}
}

/* Nothing of the entry is right. */
TEST_F(portions, nonsense_at_each)
{
	for (unsigned int at = 0; at < ENTRIES; at += 7) {
		struct ioasid_map_entry right = self->entries[at];

		memset(&self->entries[at], 0xff, sizeof(right));
		EXPECT_REFUSED(EOPNOTSUPP, IOASID_REASON_FLAGS, BATCH());
		self->entries[at] = right;
		EXPECT_FIRST(at);
	}
}

/* How many entries fit in so many pages? */
static unsigned int fitting(const struct ioasid_map_entry *entries,
			    unsigned int pages)
{
	unsigned int n = 0;

	while (n < ENTRIES && bytes_of(entries, n + 1) <= pages * PAGE)
		n++;
	return n;
}

/* RLIMIT_MEMLOCK is reached at any entry. */
TEST_F(portions, limit_at_each)
{
	struct rlimit limit = { MEMORY * PAGE, MEMORY * PAGE };

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, setuid(NOBODY));
	for (unsigned int pages = 0; pages < 260; pages += 3) {
		unsigned int fit = fitting(self->entries, pages);

		limit.rlim_cur = pages * PAGE;
		ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
		EXPECT_REFUSED(ENOMEM, IOASID_REASON_MEMLOCK, BATCH());
		/* Nobody may not ask how much is pinned; the last look is root's. */
		EXPECT_EQ(fit, self->done);
		EXPECT_EQ(fit, num_areas(self->stage.fd, self->stage.space));
		EXPECT_EQ(self->locked + bytes_of(self->entries, fit),
			  locked_bytes(0));
		for (unsigned int i = 0; i < fit; i++)
			EXPECT_OK(do_unmap(self->stage.fd, self->stage.space,
					   self->entries[i].iova,
					   self->entries[i].length));
		EXPECT_EQ(self->locked, locked_bytes(0));
	}
}

/* The IOVA of an entry cannot be told, because its page cannot be written. */
TEST_F(portions, not_told_at_each)
{
	char *pages = anon(4 * PAGE);

	ASSERT_NE(NULL, pages);
	for (unsigned int at = 0; at < 128; at += 5) {
		struct ioasid_map_entry *array = (void *)(pages + 2 * PAGE);

		array -= at;
		memcpy(array, self->entries, sizeof(self->entries) / ENTRIES *
					     (at + 20));
		for (unsigned int i = 0; i < at + 20; i++)
			array[i].flags = 0;
		ASSERT_EQ(0, mprotect(pages + 2 * PAGE, PAGE, PROT_READ));
		EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT,
			       do_batch(self->stage.fd, self->stage.space,
					array, at + 20, &self->done));
		memcpy(self->copy, self->entries, sizeof(self->copy));
		memcpy(self->entries, array, at * sizeof(*array));
		EXPECT_FIRST(at);
		memcpy(self->entries, self->copy, sizeof(self->copy));
		ASSERT_EQ(0, mprotect(pages + 2 * PAGE, PAGE,
				      PROT_READ | PROT_WRITE));
	}
}

/* What the kernel chooses is what it would choose for one after the other. */
TEST_F(portions, chosen_alike)
{
	struct stage *stage = &self->stage;
	__u32 other;
	__u64 iova;

	ASSERT_OK(do_alloc(stage->fd, &other));
	for (unsigned int i = 0; i < ENTRIES; i++)
		if (i % 4)
			self->entries[i].flags = 0;
	memcpy(self->copy, self->entries, sizeof(self->copy));
	ASSERT_OK(do_batch(stage->fd, other, self->entries, ENTRIES,
			   &self->done));
	for (unsigned int i = 0; i < ENTRIES; i++) {
		const struct ioasid_map_entry *entry = &self->copy[i];
		const void *va = (void *)(uintptr_t)entry->user_va;

		iova = entry->iova;
		if (entry->flags) {
			ASSERT_OK(do_map(stage->fd, stage->space, va,
					 entry->length, iova, entry->prot));
		} else {
			ASSERT_OK(do_map_any(stage->fd, stage->space, va,
					     entry->length, &iova,
					     entry->prot));
		}
		EXPECT_EQ(iova, self->entries[i].iova);
	}
}

/* Entries too large to be taken with others are, in their order, among them. */
TEST_F(portions, large_ones_among_them)
{
	static const unsigned int large[] = { 0, 1, 40, 70, 71, ENTRIES - 1 };
	struct stage *stage = &self->stage;

	for (unsigned int i = 0; i < ARRAY_SIZE(large); i++) {
		struct ioasid_map_entry *entry = &self->entries[large[i]];

		entry->user_va = (uintptr_t)self->memory;
		entry->length = LARGE * PAGE;
		entry->iova = IOVA + (i + 2) * MEMORY * PAGE;
	}
	ASSERT_OK(BATCH());
	EXPECT_TRUE(stage_sees(stage, self->entries[71].iova +
			       (LARGE - 1) * PAGE,
			       self->memory + (LARGE - 1) * PAGE, 1));
	EXPECT_TRUE(stage_sees(stage, self->entries[72].iova,
			       (char *)(uintptr_t)self->entries[72].user_va,
			       2));
	EXPECT_FIRST(ENTRIES);
	self->entries[100].user_va = (uintptr_t)self->memory + HOLE * PAGE;
	EXPECT_REFUSED(EFAULT, IOASID_REASON_PIN, BATCH());
	EXPECT_FIRST(100);
}

/* Hugetlb pages can be mapped in parts, each of which holds them. */
TEST_F(portions, parts_of_huge_pages)
{
	char *huge;

	if (!huge_pages(1))
		SKIP(return, "this machine has no huge page left");
	huge = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, huge);
	for (unsigned int i = 0; i < ENTRIES; i++)
		self->entries[i].user_va += huge - self->memory;
	ASSERT_OK(BATCH());
	EXPECT_TRUE(stage_sees(&self->stage, self->entries[70].iova,
			       (char *)(uintptr_t)self->entries[70].user_va,
			       1));
	ASSERT_EQ(0, munmap(huge, 2 * MIB));
	for (unsigned int i = 0; i < ENTRIES; i++)
		EXPECT_OK(do_unmap(self->stage.fd, self->stage.space,
				   self->entries[i].iova,
				   self->entries[i].length));
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

TEST_HARNESS_MAIN
