// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes programs, changes them, and writes them as lines of text: a call is the name of
 * its command, its target and its choices, and ends with a semicolon.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

__u32 fuzz_draw(struct fuzz_random *random)
{
	/* xorshift64*: small, and the same everywhere. */
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * 0x2545f4914f6cdd1dULL >> 32;
}

__u32 fuzz_mix(__u32 choice, __u32 with)
{
	__u64 mixed = ((__u64)choice << 32 | with) * 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9ULL;
	return mixed >> 32;
}

static void fuzz_make_call(struct fuzz_call *call, struct fuzz_random *random)
{
	unsigned int i;

	call->command = fuzz_draw(random) % fuzz_num_commands();
	call->target = fuzz_draw(random);
	for (i = 0; i < FUZZ_CHOICES; i++)
		call->choices[i] = fuzz_draw(random);
}

/**
 * fuzz_make() - Make a program of random calls
 * @program: out: the program
 * @random: where its choices come from
 */
void fuzz_make(struct fuzz_program *program, struct fuzz_random *random)
{
	unsigned int i;

	program->num_calls = 1 + fuzz_draw(random) % FUZZ_CALLS;
	for (i = 0; i < program->num_calls; i++)
		fuzz_make_call(&program->calls[i], random);
}

static void fuzz_remove(struct fuzz_program *program, unsigned int n)
{
	if (program->num_calls < 2)
		return;
	memmove(&program->calls[n], &program->calls[n + 1],
		(--program->num_calls - n) * sizeof(program->calls[0]));
}

static void fuzz_insert(struct fuzz_program *program, unsigned int n, const struct fuzz_call *call)
{
	if (program->num_calls == FUZZ_CALLS)
		fuzz_remove(program, FUZZ_CALLS - 1);
	if (n > program->num_calls)
		n = program->num_calls;
	memmove(&program->calls[n + 1], &program->calls[n],
		(program->num_calls++ - n) * sizeof(program->calls[0]));
	program->calls[n] = *call;
}

/**
 * fuzz_change() - Make another program of one
 * @program: the program
 * @other: one that calls may be taken from
 * @random: where its choices come from
 */
void fuzz_change(struct fuzz_program *program, const struct fuzz_program *other,
		 struct fuzz_random *random)
{
	unsigned int times = 1 + fuzz_draw(random) % 4, n;
	struct fuzz_call new;

	while (times--) {
		n = fuzz_draw(random) % program->num_calls;
		switch (fuzz_draw(random) % 5) {
		case 0:
			fuzz_remove(program, n);
			break;
		case 1:
			fuzz_make_call(&new, random);
			fuzz_insert(program, n, &new);
			break;
		case 2:
			new = other->calls[fuzz_draw(random) % other->num_calls];
			fuzz_insert(program, n, &new);
			break;
		case 3:
			program->calls[n].target = fuzz_draw(random);
			break;
		default:
			program->calls[n].choices[fuzz_draw(random) % FUZZ_CHOICES] =
				fuzz_draw(random);
		}
	}
}

static unsigned int fuzz_num_fields(const struct fuzz_command *command)
{
	const struct fuzz_field *field = command->arg.fields;
	unsigned int n = 0;

	while (field && field[n].name)
		n++;
	return command->run ? 2 : n;
}

/**
 * fuzz_print() - Write a program as a line of text
 * @file: where to
 * @program: the program
 */
void fuzz_print(FILE *file, const struct fuzz_program *program)
{
	const struct fuzz_command *command;
	unsigned int i, n;

	for (i = 0; i < program->num_calls; i++) {
		command = fuzz_command(program->calls[i].command);
		fprintf(file, "%s %x", command->arg.name, program->calls[i].target);
		for (n = 0; n < fuzz_num_fields(command); n++)
			fprintf(file, " %x", program->calls[i].choices[n]);
		fputs(";", file);
	}
	fputs("\n", file);
}

static bool fuzz_find(const char *name, size_t length, __u32 *command)
{
	for (*command = 0; *command < fuzz_num_commands(); (*command)++) {
		const char *its = fuzz_command(*command)->arg.name;

		if (strlen(its) == length && !strncmp(its, name, length))
			return true;
	}
	return false;
}

/* Members that a struct had not yet when the line was written have the choice 1. */
static const char *fuzz_parse_call(struct fuzz_call *call, const char *text)
{
	size_t length = strcspn(text, " ;");
	unsigned int n;
	char *end;

	if (!fuzz_find(text, length, &call->command))
		return NULL;
	call->target = strtoul(text + length, &end, 16);
	for (n = 0; n < FUZZ_CHOICES; n++)
		call->choices[n] = *end == ' ' ? strtoul(end, &end, 16) : 1;
	return *end == ';' ? end + 1 : NULL;
}

/**
 * fuzz_parse() - Read what fuzz_print() wrote
 * @program: out: the program
 * @text: the line
 *
 * Return: false if it is none.
 */
bool fuzz_parse(struct fuzz_program *program, const char *text)
{
	program->num_calls = 0;
	while (text && *text && *text != '\n' && program->num_calls < FUZZ_CALLS)
		text = fuzz_parse_call(&program->calls[program->num_calls++], text);
	return text && program->num_calls;
}
