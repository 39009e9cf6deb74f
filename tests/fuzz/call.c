// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes one call of a program: fills its struct, and the arrays that it points to.
 *
 * Arrays are followed by a page that is not there, so what the kernel writes past their
 * end is seen as EFAULT, and what it writes elsewhere as a crash.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define ROOM	(4 * 4096UL)	/* of an array */
#define ELEMENTS 16		/* that are filled */

static const struct fuzz_field fuzz_u32_fields[] = {
	{ .name = "id", .role = FUZZ_DEVICE, .size = sizeof(__u32) },
	{ .name = NULL }
};

const struct fuzz_struct fuzz_u32 = {
	.name = "u32",
	.size = sizeof(__u32),
	.fields = fuzz_u32_fields,
};

static char *fuzz_array(unsigned int n)
{
	static __thread char *arrays[FUZZ_ARRAYS];

	if (!arrays[n]) {
		arrays[n] = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arrays[n] == MAP_FAILED || mprotect(arrays[n] + ROOM, 4096, PROT_NONE))
			abort();
	}
	return arrays[n];
}

static void fuzz_store(char *at, unsigned int size, __u64 value)
{
	/* A name has no value. */
	memset(at, 0, size);
	memcpy(at, &value, size < sizeof(value) ? size : sizeof(value));
}

static void fuzz_fill(const struct fuzz_struct *what, char *at, __u32 choice)
{
	const struct fuzz_field *field;
	__u32 n = 0;

	for (field = what->fields; field->name; field++, n++)
		fuzz_store(at + field->offset, field->size,
			   fuzz_value(field, what->size, fuzz_mix(choice, n)));
}

/* An array's elements end where the room does: a length that is too long is seen at once. */
static __u64 fuzz_fill_array(const struct fuzz_struct *of, unsigned int n, __u32 count,
			     __u32 choice)
{
	char *array = fuzz_array(n % FUZZ_ARRAYS), *at;
	__u32 i, room = ROOM / of->size;

	if (choice % 64 == 0)
		return choice & 64 ? 0 : (uintptr_t)fuzz_world.arena;
	at = array + ROOM - (size_t)(count < room ? count : room) * of->size;
	for (i = 0; i < count && i < room && i < ELEMENTS; i++)
		fuzz_fill(of, at + (size_t)i * of->size, fuzz_mix(choice, i));
	return (uintptr_t)at;
}

static __u64 fuzz_pointer(const struct fuzz_field *field, const char *arg, unsigned int n,
			  struct ioasid_extack *extack, __u32 choice)
{
	__u32 count = 0;

	switch (field->role) {
	case FUZZ_EXTACK:
		return choice % 32 ? (uintptr_t)extack : choice & 32 ? 0 : 8;
	case FUZZ_BUFFER:
		return (uintptr_t)fuzz_array(n % FUZZ_ARRAYS);
	default:
		memcpy(&count, arg + field->counted, sizeof(count));
		return fuzz_fill_array(field->of, n, count, choice);
	}
}

static bool fuzz_is_pointer(const struct fuzz_field *field)
{
	return field->role == FUZZ_EXTACK || field->role == FUZZ_ARRAY ||
	       field->role == FUZZ_U32S || field->role == FUZZ_BUFFER;
}

/* Pointers last: an array is as long as another member says. */
static void fuzz_fill_arg(const struct fuzz_call *call, const struct fuzz_struct *what,
			  char *arg, struct ioasid_extack *extack)
{
	const struct fuzz_field *field;
	const __u32 *choice = call->choices;

	for (field = what->fields; field->name; field++, choice++)
		if (!fuzz_is_pointer(field))
			fuzz_store(arg + field->offset, field->size,
				   fuzz_value(field, what->size, *choice));
	choice = call->choices;
	for (field = what->fields; field->name; field++, choice++)
		if (fuzz_is_pointer(field))
			fuzz_store(arg + field->offset, field->size,
				   fuzz_pointer(field, arg, field - what->fields, extack,
						*choice));
}

static int fuzz_file(const struct fuzz_command *command, __u32 target)
{
	/* Now and then one of the wrong kind. */
	bool swap = target % 64 == 63, context = command->target == FUZZ_AT_CONTEXT;

	if (context != swap)
		return fuzz_world.contexts[target % FUZZ_CONTEXTS];
	return fuzz_world.containers[target % FUZZ_CONTAINERS];
}

/* Ids go up by one in each context, so the highest is what there is to know of them. */
static void fuzz_learn(const struct fuzz_command *command, const char *arg)
{
	const struct fuzz_field *field;
	__u32 id;

	for (field = command->arg.fields; field->name; field++) {
		if (field->role != FUZZ_OUT || field->size != sizeof(id) ||
		    !strstr(field->name, "id"))
			continue;
		memcpy(&id, arg + field->offset, sizeof(id));
		if (id < 1000)
			fuzz_world.ids = id;
	}
}

/**
 * fuzz_perform() - Make a call
 * @call: the call
 * @reason: out: what its extack says, 0 if it says nothing
 *
 * Return: 0 or the errno.
 */
int fuzz_perform(const struct fuzz_call *call, __u32 *reason)
{
	const struct fuzz_command *command = fuzz_command(call->command);
	struct ioasid_extack extack = { .size = sizeof(extack) };
	__u64 room[64] = { 0 };	/* aligned for every member */
	char *arg = (char *)room;
	int ret;

	*reason = 0;
	if (command->run)
		return command->run(call->choices);
	if (command->arg.size > sizeof(room))
		abort();
	fuzz_fill_arg(call, &command->arg, arg, &extack);
	ret = ioctl(fuzz_file(command, call->target), command->nr, arg) < 0 ? errno : 0;
	if (!ret)
		fuzz_learn(command, arg);
	*reason = extack.reason;
	return ret;
}
