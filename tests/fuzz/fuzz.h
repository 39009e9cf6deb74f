/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer of the uAPI: programs of calls, of which the members have the values that
 * their roles make likely, now and then others.
 *
 * fuzz_uapi.c runs programs and keeps those that saw something new; program.c makes and
 * changes them; call.c makes a call; value.c the values; extra.c the calls that are not
 * commands; world.c what they all act on. The table of commands is made by describe.
 */
#ifndef IOASID_TEST_FUZZ_H
#define IOASID_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/ioasid.h>

#define FUZZ_END	(~0ULL)		/* of the values of an enum */
#define FUZZ_CHOICES	40		/* members a command may have */
#define FUZZ_CALLS	16		/* of one program */
#define FUZZ_ARRAYS	4		/* arrays of one command */
#define FUZZ_ARENA	(64UL << 20)
#define FUZZ_CONTEXTS	2
#define FUZZ_CONTAINERS	4

enum fuzz_role {
	FUZZ_SIZE = 1, FUZZ_EXTACK, FUZZ_RESERVED, FUZZ_OUT, FUZZ_FLAGS, FUZZ_VALUE, FUZZ_SPACE,
	FUZZ_DEVICE, FUZZ_MEMORY, FUZZ_OBJECT, FUZZ_IOVA, FUZZ_LENGTH, FUZZ_OFFSET, FUZZ_ADDRESS,
	FUZZ_PAGE, FUZZ_PASID, FUZZ_NUMBER, FUZZ_CONTEXT, FUZZ_FILE, FUZZ_NAME, FUZZ_ARRAY,
	FUZZ_U32S, FUZZ_COUNT, FUZZ_BUFFER,
};

enum fuzz_target { FUZZ_AT_CONTEXT, FUZZ_AT_CONTAINER, FUZZ_AT_NOTHING };

struct fuzz_struct;

/**
 * struct fuzz_field - A member of a struct
 * @name: its name, NULL after the last
 * @role: what it stands for
 * @offset: bytes into the struct
 * @size: its own
 * @values: of its enum, to FUZZ_END; or NULL
 * @of: what an array is of
 * @counted: offset of the array's length
 */
struct fuzz_field {
	const char *name;
	enum fuzz_role role;
	unsigned int offset;
	unsigned int size;
	const __u64 *values;
	const struct fuzz_struct *of;
	unsigned int counted;
};

struct fuzz_struct {
	const char *name;
	unsigned int size;
	const struct fuzz_field *fields;
};

/**
 * struct fuzz_command - One that a program may call
 * @arg: its argument
 * @nr: the ioctl
 * @target: what kind of file it is for
 * @run: does it instead of an ioctl; returns an errno
 */
struct fuzz_command {
	struct fuzz_struct arg;
	unsigned long nr;
	enum fuzz_target target;
	int (*run)(const __u32 *choices);
};

/* Tables end with a command without a name. */
extern const struct fuzz_command fuzz_commands[];	/* of the uAPI */
extern const struct fuzz_command fuzz_extras[];		/* of VFIO, and of the process */
extern const struct fuzz_struct fuzz_u32;

/* The command with a number that counts through both tables; NULL past the last. */
const struct fuzz_command *fuzz_command(unsigned int n);
unsigned int fuzz_num_commands(void);

/**
 * struct fuzz_call - One call of a program
 * @command: its number
 * @target: which file of its kind
 * @choices: one for each member, of which the value is made
 */
struct fuzz_call {
	__u32 command;
	__u32 target;
	__u32 choices[FUZZ_CHOICES];
};

struct fuzz_program {
	unsigned int num_calls;
	struct fuzz_call calls[FUZZ_CALLS];
};

/* A generator of numbers; each thread has its own. */
struct fuzz_random {
	__u64 state;
};

__u32 fuzz_draw(struct fuzz_random *random);
__u32 fuzz_mix(__u32 choice, __u32 with);

/* program.c */
void fuzz_make(struct fuzz_program *program, struct fuzz_random *random);
void fuzz_change(struct fuzz_program *program, const struct fuzz_program *other,
		 struct fuzz_random *random);
void fuzz_print(FILE *file, const struct fuzz_program *program);
bool fuzz_parse(struct fuzz_program *program, const char *text);

/**
 * struct fuzz_answer - What became of a call
 * @err: 0 or the errno
 * @reason: what its extack says, 0 if it says nothing
 * @checked: it is a command of a context, so @err has to be a documented one
 * @explained: the reason of a failure, where it could be told, was told as a line
 */
struct fuzz_answer {
	int err;
	__u32 reason;
	bool checked;
	bool explained;
};

/* call.c: makes the call. */
struct fuzz_answer fuzz_perform(const struct fuzz_call *call);

/* value.c */
__u64 fuzz_value(const struct fuzz_field *field, unsigned int size, __u32 choice);

/*
 * world.c: what the calls act on. One for all threads. The numbers of contexts and of the
 * file stay, and are nothing else's; containers come and go.
 */
struct fuzz_world {
	int contexts[FUZZ_CONTEXTS];
	int containers[FUZZ_CONTAINERS];
	int file;
	char *arena;
	__u32 ids;
};

extern struct fuzz_world fuzz_world;

int fuzz_world_open(void);
void fuzz_world_close(void);
/* A context ends, and another takes its place, in one step. Returns an errno. */
int fuzz_world_renew(unsigned int context);
/* One of its containers loses its devices and gets them again. */
int fuzz_world_reclaim(unsigned int container);
/* A device of a container is opened, or closed. */
int fuzz_world_toggle(unsigned int container);
const char *fuzz_world_name(unsigned int n);

#endif /* IOASID_TEST_FUZZ_H */
