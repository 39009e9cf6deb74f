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

#include "../kselftest/common.h"

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

/* Now and then it is sent to a file of the wrong kind. */
static bool fuzz_is_for_context(const struct fuzz_command *command, __u32 target)
{
	return (command->target == FUZZ_AT_CONTEXT) != (target % 64 == 63);
}

static int fuzz_file(const struct fuzz_command *command, __u32 target)
{
	if (fuzz_is_for_context(command, target))
		return fuzz_world.contexts[target % FUZZ_CONTEXTS];
	return fuzz_world.containers[target % FUZZ_CONTAINERS];
}

/* A file that is none of ours has errnos of its own. */
static bool fuzz_is_checked(const struct fuzz_command *command, __u32 target, int err)
{
	return command->target == FUZZ_AT_CONTEXT &&
	       fuzz_is_for_context(command, target) && err != ENOTTY;
}

static bool fuzz_is_explained(const struct cmd_header *header,
			      const struct ioasid_extack *extack, int err)
{
	/* A file that it names is none, or the struct could not be read. */
	if (!err || err == EBADF || err == EFAULT || header->size < sizeof(*header) ||
	    header->extack != (uintptr_t)extack)
		return true;
	if (extack->reason == EA_UNTOUCHED)
		return false;
	return extack->reason && extack->message[0] &&
	       memchr(extack->message, 0, sizeof(extack->message));
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

static struct fuzz_answer fuzz_answer(const struct fuzz_call *call, const char *arg,
				      const struct ioasid_extack *extack, int err)
{
	const struct fuzz_command *command = fuzz_command(call->command);
	struct fuzz_answer answer = {
		.err = err,
		.reason = extack->reason == EA_UNTOUCHED ? 0 : extack->reason,
		.checked = fuzz_is_checked(command, call->target, err),
		.explained = true,
	};

	if (!answer.checked)
		return answer;
	answer.explained = fuzz_is_explained((const void *)arg, extack, err);
	if (!answer.explained)
		printf("# %s: errno %d, reason %u: %.100s\n", command->arg.name, err,
		       extack->reason, extack->message);
	return answer;
}

/**
 * fuzz_perform() - Make a call
 * @call: the call
 *
 * Return: what became of it.
 */
struct fuzz_answer fuzz_perform(const struct fuzz_call *call)
{
	const struct fuzz_command *command = fuzz_command(call->command);
	struct ioasid_extack extack;
	__u64 room[64] = { 0 };	/* aligned for every member */
	char *arg = (char *)room;
	int err;

	if (command->run)
		return (struct fuzz_answer){ .err = command->run(call->choices) };
	if (command->arg.size > sizeof(room))
		abort();
	memset(&extack, 0xa5, sizeof(extack));
	extack.size = sizeof(extack);
	fuzz_fill_arg(call, &command->arg, arg, &extack);
	err = ioctl(fuzz_file(command, call->target), command->nr, arg) < 0 ? errno : 0;
	if (!err)
		fuzz_learn(command, arg);
	return fuzz_answer(call, arg, &extack, err);
}
