// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a choice to a value: most are what a careful program would pass, so that calls get
 * past the first check, and some are what only a careless or a hostile one would.
 */
#include "fuzz.h"

#include <sys/mman.h>

#define PAGE	4096ULL
#define ODD	12	/* one value in so many is an odd one */

static const __u64 fuzz_odd[] = {
	0, 1, PAGE - 1, PAGE + 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	0xfee00000, 0xfeefffff, 1ULL << 39, 1ULL << 48, (1ULL << 57) - PAGE, 1ULL << 63,
	~0ULL - PAGE, ~0ULL - PAGE + 1, ~0ULL,
};

#define PICK(from, choice)	((from)[(choice) % (sizeof(from) / sizeof((from)[0]))])

static __u64 fuzz_flags(const __u64 *values, __u32 choice)
{
	__u64 flags = 0;

	for (; *values != FUZZ_END; values++, choice >>= 1)
		flags |= choice & 1 ? *values : 0;
	return flags;
}

static __u64 fuzz_one_of(const __u64 *values, __u32 choice)
{
	unsigned int count = 0;

	while (values[count] != FUZZ_END)
		count++;
	return values[choice % count];
}

/* Ranges meet often if there are few of them. */
static __u64 fuzz_iova(__u32 choice)
{
	static const __u64 bases[] = {
		0, PAGE, 0x10000, 0x200000, 0x40000000, 0xfee00000 - 4 * PAGE, 1ULL << 32 };

	return PICK(bases, choice) + (choice >> 8) % 12 * PAGE;
}

static __u64 fuzz_length(__u32 choice)
{
	static const __u64 lengths[] = {
		PAGE, PAGE, 2 * PAGE, 3 * PAGE, 8 * PAGE, 0x10000, 0x200000, 0x400000, FUZZ_ARENA };

	return PICK(lengths, choice);
}

static __u64 fuzz_address(__u32 choice)
{
	return (uintptr_t)fuzz_world.arena + (choice & 1 ? (choice >> 8) % 16 * PAGE :
					      (choice >> 8) % (FUZZ_ARENA / PAGE) * PAGE);
}

static __u64 fuzz_likely(const struct fuzz_field *field, __u32 choice)
{
	static const __u64 pages[] = { 0, 0, PAGE, 4 * PAGE, 0x10000, 0x200000, 0x40000000 };

	switch (field->role) {
	case FUZZ_FLAGS:
		return fuzz_flags(field->values, choice);
	case FUZZ_VALUE:
		return fuzz_one_of(field->values, choice);
	case FUZZ_SPACE:
	case FUZZ_DEVICE:
	case FUZZ_MEMORY:
	case FUZZ_OBJECT:
		/* Ids are small numbers; those given out last are the most interesting. */
		return choice & 1 ? fuzz_world.ids - (choice >> 8) % 4 : 1 + (choice >> 8) % 10;
	case FUZZ_IOVA:
		return fuzz_iova(choice);
	case FUZZ_LENGTH:
		return fuzz_length(choice);
	case FUZZ_OFFSET:
		return (choice >> 8) % 16 * PAGE;
	case FUZZ_ADDRESS:
		return fuzz_address(choice);
	case FUZZ_PAGE:
		return PICK(pages, choice);
	case FUZZ_PASID:
		return choice % 4;
	case FUZZ_CONTEXT:
		return choice % 3 ? (__u64)fuzz_world.contexts[choice % FUZZ_CONTEXTS] : ~0ULL;
	case FUZZ_FILE:
		return fuzz_world.file;
	case FUZZ_NAME:
		return (uintptr_t)fuzz_world_name(choice);
	case FUZZ_COUNT:
		return choice % 9;
	case FUZZ_NUMBER:
	case FUZZ_OUT:
		return choice;
	default:
		return 0;
	}
}

/**
 * fuzz_value() - The value of a member
 * @field: the member
 * @size: of its struct
 * @choice: what it depends on
 *
 * Return: the value, of which the member takes what it has room for.
 */
__u64 fuzz_value(const struct fuzz_field *field, unsigned int size, __u32 choice)
{
	bool odd = choice % ODD == 0;
	__u32 rest = fuzz_mix(choice, field->role);

	if (field->role == FUZZ_SIZE)
		return choice % (3 * ODD) ? size :
		       rest % 3 ? PICK(fuzz_odd, rest >> 8) : rest % 256;
	/* Anything in these only ever has one answer. */
	if (field->role == FUZZ_RESERVED)
		return choice % (8 * ODD) ? 0 : rest;
	if (!odd)
		return fuzz_likely(field, rest);
	if (rest & 0x10000)
		return PICK(fuzz_odd, rest);
	return fuzz_likely(field, rest) + (rest >> 24) - 128;
}
