/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ioasidctl share.
 *
 * A command is an entry of the table in grammar.c and, in the file of its object, two
 * functions: one collects what there is to say in a JSON document, and changes what the
 * command is to change; the other prints that document for people. main.c calls them.
 *
 * Files of the machine are read with the library's own functions (iol_*), so that tool
 * and library look at the same machine, and the tests can show both another one.
 */
#ifndef IOASIDCTL_H
#define IOASIDCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "internal.h"

/* Version of the JSON documents: members are added without changing it. */
#define CTL_FORMAT	1

#define CTL_MODULE	"ioasidfd"

/* Exit statuses. */
enum ctl_status {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_UNAVAILABLE = 77,
};

#define CTL_OPTIONS	4

/**
 * struct ctl_option - A long option of a command
 * @name: without its dashes
 * @argument: what it takes, NULL for nothing
 * @help: a line
 * @letter: a short form, 0 for none
 */
struct ctl_option {
	const char *name;
	const char *argument;
	const char *help;
	char letter;
};

struct ctl_call;

/**
 * struct ctl_command - What can be done with an object
 * @name: the word; NULL if the object is the command
 * @arguments: what follows, for people
 * @help: a line
 * @least: arguments that it takes at least
 * @most: and at most
 * @options: up to the first without a name
 * @run: does it, and fills in the document; returns an enum ctl_status
 * @print: prints the document; NULL if @run prints
 */
struct ctl_command {
	const char *name;
	const char *arguments;
	const char *help;
	int least;
	int most;
	struct ctl_option options[CTL_OPTIONS + 1];
	int (*run)(struct ctl_call *call);
	void (*print)(struct json_object *doc);
};

/**
 * struct ctl_object - Something commands are for
 * @name: the word
 * @help: a line
 * @commands: up to the first without @run; the first one is the default
 */
struct ctl_object {
	const char *name;
	const char *help;
	const struct ctl_command *commands;
};

/**
 * struct ctl_call - A command that runs
 * @object: of what
 * @command: which
 * @argc: number of arguments
 * @argv: the arguments
 * @values: what the options were given, by their place in the command; "" for those
 *	that take nothing, NULL for those that were not given
 * @json: the document is printed as it is
 * @pretty: in lines
 * @doc: the document
 */
struct ctl_call {
	const struct ctl_object *object;
	const struct ctl_command *command;
	int argc;
	char **argv;
	const char *values[CTL_OPTIONS];
	bool json;
	bool pretty;
	struct json_object *doc;
};

/* grammar.c: the table */
extern const struct ctl_object ctl_objects[];
extern const struct ctl_option ctl_global_options[];
const struct ctl_object *ctl_find_object(const char *word);
const struct ctl_command *ctl_find_command(const struct ctl_object *object,
					   const char *word);
void ctl_help(const struct ctl_object *object);
void ctl_help_json(struct json_object *doc);

/* report.c: what a command says beside its document */
int ctl_fail(struct ctl_call *call, enum ctl_status status, const char *advice,
	     const char *format, ...) IOL_PRINTF(4, 5);
int ctl_fail_library(struct ctl_call *call, int err);
void ctl_note(struct ctl_call *call, const char *format, ...) IOL_PRINTF(2, 3);
void ctl_print_json(struct ctl_call *call, struct json_object *doc);
void ctl_print_notes(struct json_object *doc);

/* The commands. */
int ctl_feature_probe(struct ctl_call *call);
void ctl_feature_print(struct json_object *doc);
int ctl_device_list(struct ctl_call *call);
void ctl_device_list_print(struct json_object *doc);
int ctl_device_show(struct ctl_call *call);
void ctl_device_show_print(struct json_object *doc);
int ctl_device_bind(struct ctl_call *call);
int ctl_device_unbind(struct ctl_call *call);
void ctl_device_bound_print(struct json_object *doc);
int ctl_space_list(struct ctl_call *call);
void ctl_space_list_print(struct json_object *doc);
int ctl_space_show(struct ctl_call *call);
void ctl_space_show_print(struct json_object *doc);
int ctl_space_map(struct ctl_call *call);
void ctl_space_map_print(struct json_object *doc);
int ctl_check(struct ctl_call *call);
void ctl_check_print(struct json_object *doc);
int ctl_monitor(struct ctl_call *call);
int ctl_module_status(struct ctl_call *call);
void ctl_module_print(struct json_object *doc);
int ctl_module_load(struct ctl_call *call);
int ctl_module_unload(struct ctl_call *call);
void ctl_module_changed_print(struct json_object *doc);
int ctl_demo(struct ctl_call *call);

#endif
