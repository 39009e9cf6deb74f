// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_BATCH: does what so many IOASID_MAP_DMA would do, and when one of them
 * fails says how many are done, and leaves exactly those.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/time.h>

#include "common.h"
#include "expect.h"
#include "stage.h"

#define IOVA		0x10000000ULL
#define PAGES		16
#define MANY		10000

FIXTURE(batch) {
	struct stage stage;
	char *memory;		/* PAGES pages */
	struct ioasid_map_entry entries[PAGES];	/* a page each, fixed */
	__u32 done;
	__u64 locked, pinned;
};

FIXTURE_SETUP(batch)
{
	ASSERT_EQ(0, stage_open(&self->stage, EDU_A, 0));
	self->memory = anon(PAGES * PAGE);
	ASSERT_NE(NULL, self->memory);
	for (unsigned int i = 0; i < PAGES; i++)
		self->entries[i] = (struct ioasid_map_entry){
			.user_va = (uintptr_t)self->memory + i * PAGE,
			.length = PAGE,
			.iova = IOVA + 2 * i * PAGE,
			.prot = RW,
			.flags = IOASID_MAP_FIXED,
		};
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
}

FIXTURE_TEARDOWN(batch)
{
	stage_close(&self->stage);
}

#define BATCH(_entries, _num)						\
	do_batch(self->stage.fd, self->stage.space, _entries, _num,	\
		 &self->done)
/* So many entries of a page each are done, and no more than those. */
#define EXPECT_DONE(_num)						\
	do {								\
		struct stage *_stage = &self->stage;			\
									\
		EXPECT_EQ(_num, self->done);				\
		EXPECT_EQ(_num, num_areas(_stage->fd, _stage->space));	\
		EXPECT_EQ((_num) * PAGE,				\
			  mapped_bytes(_stage->fd, _stage->space));	\
		EXPECT_EQ(self->locked + (_num) * PAGE, locked_bytes(0)); \
		EXPECT_EQ(self->pinned + (_num), pinned_pages());	\
	} while (0)

TEST_F(batch, fixed_and_chosen)
{
	struct stage *stage = &self->stage;

	for (unsigned int i = 0; i < PAGES; i += 2) {
		self->entries[i].flags = 0;
		self->entries[i].iova = ~0ULL;
		self->entries[i + 1].iova = IOVA + i / 2 * PAGE;
	}
	ASSERT_OK(BATCH(self->entries, PAGES));
	EXPECT_DONE(PAGES);
	for (unsigned int i = 0; i < PAGES; i++) {
		__u64 expected = i & 1 ? IOVA + i / 2 * PAGE :
					 (i / 2 + 1) * PAGE;

		EXPECT_EQ(expected, self->entries[i].iova);
		if (i < 3 || i == PAGES - 1)
			EXPECT_TRUE(stage_sees(stage, expected,
					       self->memory + i * PAGE, i + 1));
	}
}

TEST_F(batch, rights_of_each)
{
	struct stage *stage = &self->stage;

	self->entries[1].prot = IOASID_PROT_READ;
	ASSERT_OK(BATCH(self->entries, 3));
	EXPECT_TRUE(stage_sees(stage, IOVA, self->memory, 1));
	EXPECT_TRUE(stage_is_blind(stage, IOVA + 2 * PAGE, self->memory + PAGE,
				   2));
	EXPECT_TRUE(stage_sees(stage, IOVA + 4 * PAGE, self->memory + 2 * PAGE,
			       3));
}

TEST_F(batch, nothing_to_do)
{
	EXPECT_OK(BATCH(self->entries, 0));
	EXPECT_DONE(0);
	EXPECT_OK(BATCH(NULL, 0));
	EXPECT_DONE(0);
}

/* What can be wrong with an entry, and how the call fails then. */
static const struct {
	const char *what;
	int err;
	__u32 reason;
	struct ioasid_map_entry entry;	/* added to the right one's members */
} wrong[] = {
	{ "va", EINVAL, IOASID_REASON_ALIGNMENT, { .user_va = 1 } },
	{ "length", EINVAL, IOASID_REASON_ALIGNMENT, { .length = 1 } },
	{ "no length", EINVAL, IOASID_REASON_RANGE, { .length = -PAGE } },
	{ "iova", EINVAL, IOASID_REASON_ALIGNMENT, { .iova = 8 } },
	{ "taken", EEXIST, IOASID_REASON_IOVA_MAPPED, { .iova = -2 * PAGE } },
	{ "MSI", EADDRNOTAVAIL, IOASID_REASON_IOVA_RESERVED,
	  { .iova = MSI_FIRST - IOVA } },
	{ "far", EADDRNOTAVAIL, IOASID_REASON_IOVA_APERTURE,
	  { .iova = 1ULL << 63 } },
	{ "prot", EOPNOTSUPP, IOASID_REASON_VALUE, { .prot = 4 } },
	{ "no prot", EINVAL, IOASID_REASON_VALUE, { .prot = -RW } },
	{ "flags", EOPNOTSUPP, IOASID_REASON_FLAGS, { .flags = 2 } },
	{ "memory", EFAULT, IOASID_REASON_PIN, { .user_va = 1ULL << 40 } },
};

TEST_F(batch, a_wrong_entry)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* Second, in the middle, last. */
		for (unsigned int at = 1; at <= 7; at += 3) {
			const struct ioasid_map_entry *add = &wrong[i].entry;
			struct ioasid_map_entry *entry = &self->entries[at];
			struct ioasid_map_entry right = *entry;
			__u64 bytes;

			entry->user_va += add->user_va;
			entry->length += add->length;
			entry->iova += add->iova;
			entry->prot += add->prot;
			entry->flags += add->flags;
			EXPECT_REFUSED(wrong[i].err, wrong[i].reason,
				       BATCH(self->entries, 8));
			EXPECT_DONE(at);
			if (self->done != at)
				TH_LOG("wrong %s", wrong[i].what);
			*entry = right;
			/* What is left to do can be done afterwards. */
			ASSERT_OK(BATCH(entry, 8 - at));
			EXPECT_EQ(8 - at, self->done);
			ASSERT_OK(do_unmap_all(self->stage.fd,
					       self->stage.space, &bytes));
			EXPECT_EQ(8 * PAGE, bytes);
		}
	}
}

TEST_F(batch, the_first_entry_is_wrong)
{
	self->entries[0].prot = 0;
	EXPECT_REFUSED(EINVAL, IOASID_REASON_VALUE, BATCH(self->entries, 8));
	EXPECT_DONE(0);
}

TEST_F(batch, no_room_for_the_last)
{
	struct stage *stage = &self->stage;
	__u64 bytes;

	ASSERT_OK(do_detach(stage->fd, stage->dev.id));
	ASSERT_OK(do_alloc_window(stage->fd, IOVA, 5 * PAGE, &stage->space));
	for (unsigned int i = 0; i < PAGES; i++)
		self->entries[i].flags = 0;
	EXPECT_REFUSED(ENOSPC, IOASID_REASON_IOVA_FULL,
		       BATCH(self->entries, PAGES));
	EXPECT_DONE(5);
	ASSERT_OK(do_attach(stage->fd, stage->dev.id, stage->space));
	EXPECT_EQ(IOVA + 4 * PAGE, self->entries[4].iova);
	EXPECT_TRUE(stage_sees(stage, self->entries[4].iova,
			       self->memory + 4 * PAGE, 1));
	ASSERT_OK(do_unmap_all(stage->fd, stage->space, &bytes));
	EXPECT_EQ(5 * PAGE, bytes);
}

TEST_F(batch, no_such_space)
{
	EXPECT_REFUSED(ENOENT, IOASID_REASON_NO_OBJECT,
		       do_batch(self->stage.fd, NO_ID, self->entries, 4,
				&self->done));
	EXPECT_DONE(0);
}

/* The array ends in the middle of an entry, where nothing is mapped. */
TEST_F(batch, half_an_array)
{
	const size_t room = 3 * sizeof(struct ioasid_map_entry) + 16;
	char *pages = anon(2 * PAGE);
	struct ioasid_map_entry *array;

	ASSERT_NE(NULL, pages);
	ASSERT_EQ(0, munmap(pages + PAGE, PAGE));
	array = (void *)(pages + PAGE - room);
	memcpy(array, self->entries, room);
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT, BATCH(array, 8));
	EXPECT_DONE(3);
	EXPECT_TRUE(stage_sees(&self->stage, IOVA + 4 * PAGE,
			       self->memory + 2 * PAGE, 1));
}

/* An IOVA that cannot be told to the user is not mapped. */
TEST_F(batch, read_only_array)
{
	struct ioasid_map_entry *array = anon(PAGE);
	__u64 bytes;

	ASSERT_NE(NULL, array);
	memcpy(array, self->entries, sizeof(self->entries));
	array[2].flags = 0;
	ASSERT_EQ(0, mprotect(array, PAGE, PROT_READ));
	EXPECT_REFUSED(EFAULT, IOASID_REASON_FAULT, BATCH(array, 8));
	EXPECT_DONE(2);
	ASSERT_OK(do_unmap_all(self->stage.fd, self->stage.space, &bytes));
	EXPECT_OK(BATCH(array + 3, 5));
	EXPECT_DONE(5);
}

/* A page for each of many entries, in two halves that are mapped crosswise. */
static struct ioasid_map_entry *many_entries(char *memory, unsigned int num)
{
	struct ioasid_map_entry *entries = calloc(num, sizeof(*entries));

	for (unsigned int i = 0; entries && i < num; i++)
		entries[i] = (struct ioasid_map_entry){
			.user_va = (uintptr_t)memory + i * PAGE,
			.length = PAGE,
			.iova = IOVA + (num - 1 - i) * PAGE,
			.prot = RW,
			.flags = IOASID_MAP_FIXED,
		};
	return entries;
}

TEST_F(batch, ten_thousand)
{
	static const unsigned int looks[] = { 0, 1, 4999, MANY - 1 };
	char *memory = anon(MANY * PAGE);
	struct ioasid_map_entry *entries = many_entries(memory, MANY);
	struct stage *stage = &self->stage;
	__u64 bytes;

	ASSERT_NE(NULL, memory);
	ASSERT_NE(NULL, entries);
	ASSERT_OK(BATCH(entries, MANY));
	EXPECT_DONE(MANY);
	for (unsigned int i = 0; i < ARRAY_SIZE(looks); i++)
		EXPECT_TRUE(stage_sees(stage, entries[looks[i]].iova,
				       memory + looks[i] * PAGE, i + 1));
	ASSERT_OK(do_unmap_all(stage->fd, stage->space, &bytes));
	EXPECT_EQ(MANY * PAGE, bytes);
	self->done = 0;
	EXPECT_DONE(0);
	EXPECT_TRUE(stage_is_blind(stage, entries[4999].iova,
				   memory + 4999 * PAGE, 9));
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A batch that a signal ends early; true if one arrived in its middle. */
static bool interrupted(struct stage *stage, struct ioasid_map_entry *entries,
			unsigned int usec, __u32 *done)
{
	const struct itimerval timer = { .it_value.tv_usec = usec };
	__u64 bytes;
	int err;

	setitimer(ITIMER_REAL, &timer, NULL);
	err = do_batch(stage->fd, stage->space, entries, MANY, done);
	if (err == EINTR && *done)
		return true;
	do_unmap_all(stage->fd, stage->space, &bytes);
	return false;
}

TEST_F(batch, a_signal)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	char *memory = anon(MANY * PAGE);
	struct ioasid_map_entry *entries = many_entries(memory, MANY);
	unsigned int usec = 100000;

	ASSERT_NE(NULL, memory);
	ASSERT_NE(NULL, entries);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	while (usec && !interrupted(&self->stage, entries, usec, &self->done))
		usec /= 2;
	ASSERT_NE(0, usec);
	EXPECT_EQ(IOASID_REASON_INTERRUPTED, ea.reason);
	EXPECT_LT(self->done, MANY);
	EXPECT_DONE(self->done);
	/* The caller goes on where it was interrupted. */
	ASSERT_OK(do_batch(self->stage.fd, self->stage.space,
			   entries + self->done, MANY - self->done,
			   &self->done));
	EXPECT_EQ(MANY, num_areas(self->stage.fd, self->stage.space));
	EXPECT_TRUE(stage_sees(&self->stage, entries[MANY - 1].iova,
			       memory + (MANY - 1) * PAGE, 1));
}

TEST_HARNESS_MAIN
