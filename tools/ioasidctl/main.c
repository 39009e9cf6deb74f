// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioasidctl: shows and prepares what /dev/ioasid needs. This file turns a command line
 * into a command of the table in grammar.c, runs it and prints what it found.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "document.h"
#include "term.h"
#include "ui.h"

/* Tests of the tool show it a machine that is in a folder. */
#define CTL_ROOT	"IOASIDCTL_ROOT"

#define CTL_LETTERS	"jphV"

/* The first long option of a command; those before it are for every command. */
#define CTL_OWN		0x200
#define CTL_GLOBAL	0x100

enum { CTL_JSON, CTL_PRETTY, CTL_COLOR, CTL_ASCII, CTL_HELP, CTL_VERSION, CTL_GLOBALS };

static struct {
	enum ui_choice colour;
	enum ui_choice utf8;
	bool help;
	bool version;
} ctl_asked;

static void ctl_long_options(struct option *options, const struct ctl_option *from,
			     int value)
{
	for (; from->name; from++)
		*options++ = (struct option){
			from->name, from->argument ? required_argument : no_argument,
			NULL, value++ };
	*options = (struct option){ 0 };
}

static int ctl_set_colour(struct ctl_call *call, const char *when)
{
	static const char * const words[] = {
		[UI_AUTO] = "auto", [UI_ALWAYS] = "always", [UI_NEVER] = "never" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(when, words[i])) {
			ctl_asked.colour = i;
			return CTL_OK;
		}
	}
	return ctl_fail(call, CTL_USAGE, "say auto, always or never",
			"--color %s is none of the choices", when);
}

static int ctl_global_option(struct ctl_call *call, int which)
{
	switch (which) {
	case CTL_PRETTY:
		call->pretty = true;
		call->json = true;
		return CTL_OK;
	case CTL_JSON:
		call->json = true;
		return CTL_OK;
	case CTL_COLOR:
		return ctl_set_colour(call, optarg);
	case CTL_ASCII:
		ctl_asked.utf8 = UI_NEVER;
		return CTL_OK;
	case CTL_HELP:
		ctl_asked.help = true;
		return CTL_OK;
	default:
		ctl_asked.version = true;
		return CTL_OK;
	}
}

static int ctl_letter(int letter)
{
	int which = 0;

	while (ctl_global_options[which].letter != letter)
		which++;
	return which;
}

static int ctl_bad_option(struct ctl_call *call, int found, char **argv)
{
	const char *advice = "ioasidctl help lists the options";

	if (call->object)
		advice = "ioasidctl OBJECT help lists the options of its commands";
	if (found == ':')
		return ctl_fail(call, CTL_USAGE, advice, "%s takes an argument",
				argv[optind - 1]);
	if (optopt && optopt < CTL_GLOBAL)
		return ctl_fail(call, CTL_USAGE, advice, "there is no option -%c", optopt);
	return ctl_fail(call, CTL_USAGE, advice, "%s is no option here",
			argv[optind - 1]);
}

/* What comes first decides how errors are printed, so the rest is looked at all the same. */
static int ctl_parse(struct ctl_call *call, int argc, char **argv, const char *letters)
{
	struct option options[CTL_GLOBALS + CTL_OPTIONS + 1];
	int found, ret, status = CTL_OK;

	ctl_long_options(options, ctl_global_options, CTL_GLOBAL);
	if (call->command)
		ctl_long_options(options + CTL_GLOBALS, call->command->options, CTL_OWN);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (found == '?' || found == ':') {
			ret = ctl_bad_option(call, found, argv);
		} else if (found >= CTL_OWN) {
			call->values[found - CTL_OWN] = optarg ? optarg : "";
			ret = CTL_OK;
		} else {
			ret = ctl_global_option(call, found >= CTL_GLOBAL ?
						found - CTL_GLOBAL : ctl_letter(found));
		}
		status = status ? status : ret;
	}
	return status;
}

static int ctl_no_object(struct ctl_call *call, const char *word)
{
	return ctl_fail(call, CTL_USAGE, "ioasidctl help lists the objects",
			"there is no object '%s'", word);
}

static int ctl_no_command(struct ctl_call *call, const char *word)
{
	char advice[128];

	snprintf(advice, sizeof(advice), "ioasidctl %s help lists the commands",
		 call->object->name);
	return ctl_fail(call, CTL_USAGE, advice, "'%s' is no command of %s", word,
			call->object->name);
}

/* Takes the command's word, if there is one, out of what follows the object. */
static int ctl_choose(struct ctl_call *call, int *argc, char **argv)
{
	const struct ctl_command *command = NULL;
	bool word = *argc > 1 && argv[1][0] != '-';

	call->command = call->object->commands;
	if (!word)
		return CTL_OK;
	if (!strcmp(argv[1], "help")) {
		ctl_asked.help = true;
	} else if (call->command->name) {
		command = ctl_find_command(call->object, argv[1]);
		if (!command)
			return ctl_no_command(call, argv[1]);
		call->command = command;
	} else {
		return CTL_OK;
	}
	memmove(argv + 1, argv + 2, (*argc - 1) * sizeof(*argv));
	--*argc;
	return CTL_OK;
}

static int ctl_check_arguments(struct ctl_call *call)
{
	const struct ctl_command *command = call->command;
	const char *name = command->name ? command->name : call->object->name;
	char advice[128];

	if (ctl_asked.help || (call->argc >= command->least && call->argc <= command->most))
		return CTL_OK;
	snprintf(advice, sizeof(advice), "ioasidctl %s%s%s%s%s", call->object->name,
		 command->name ? " " : "", command->name ? command->name : "",
		 command->arguments[0] ? " " : "", command->arguments);
	if (call->argc > command->most)
		return ctl_fail(call, CTL_USAGE, advice, "'%s' is too much for %s",
				call->argv[command->most], name);
	return ctl_fail(call, CTL_USAGE, advice, "%s wants to know which %s", name,
			command->arguments[0] == 'S' ? "space" : "device");
}

/* Finds out what is wanted. */
static int ctl_understand(struct ctl_call *call, int argc, char **argv)
{
	int status, first;

	/* A leading "+" ends at the object, a ":" tells a missing argument. */
	status = ctl_parse(call, argc, argv, "+:" CTL_LETTERS);
	first = optind;
	if (status || first >= argc)
		return status;
	if (!strcmp(argv[first], "help")) {
		ctl_asked.help = true;
		first++;
		if (first >= argc || argv[first][0] == '-')
			return ctl_parse(call, argc - first + 1, argv + first - 1,
					 ":" CTL_LETTERS);
	}
	argc -= first;
	argv += first;
	call->object = ctl_find_object(argv[0]);
	if (!call->object) {
		status = ctl_no_object(call, argv[0]);
		ctl_parse(call, argc, argv, ":" CTL_LETTERS);
		return status;
	}
	status = ctl_choose(call, &argc, argv);
	if (status) {
		call->command = NULL;
		ctl_parse(call, argc, argv, ":" CTL_LETTERS);
		return status;
	}
	status = ctl_parse(call, argc, argv, ":" CTL_LETTERS);
	call->argc = argc - optind;
	call->argv = argv + optind;
	return status ? status : ctl_check_arguments(call);
}

static void ctl_print_version(void)
{
	printf("ioasidctl %s (API version %d, JSON format %d)\n", IOASIDCTL_VERSION,
	       IOASID_UAPI_VERSION, CTL_FORMAT);
}

static void ctl_print_error(struct json_object *doc)
{
	struct json_object *error = j_get(doc, "error");
	const char *advice = j_text(error, "advice");

	if (!error)
		return;
	fprintf(stderr, "ioasidctl: %s\n", j_text(error, "message"));
	if (advice[0])
		fprintf(stderr, "           %s\n", advice);
}

static void ctl_begin(struct ctl_call *call)
{
	call->doc = json_object_new_object();
	j_num(call->doc, "format", CTL_FORMAT);
	j_str(call->doc, "version", "%s", IOASIDCTL_VERSION);
}

static void ctl_name(struct ctl_call *call)
{
	const struct ctl_command *command = call->command;

	j_str(call->doc, "command", "%s%s%s", call->object->name,
	      command->name ? " " : "", command->name ? command->name : "");
}

static void ctl_finish(struct ctl_call *call)
{
	if (call->json) {
		ctl_print_json(call, call->doc);
		return;
	}
	if (call->command && call->command->print && !j_has(call->doc, "error"))
		call->command->print(call->doc);
	ctl_print_notes(call->doc);
	fflush(stdout);
	ctl_print_error(call->doc);
}

static int ctl_run(struct ctl_call *call)
{
	int status;

	ctl_name(call);
	status = call->command->run(call);
	/* Commands that print for themselves have said all but why they failed. */
	if (!call->command->print && !j_has(call->doc, "error"))
		return status;
	ctl_finish(call);
	return status;
}

/* Help and versions come before everything else, as people expect. */
static int ctl_answer(struct ctl_call *call)
{
	if (ctl_asked.version && !call->json) {
		ctl_print_version();
	} else if (ctl_asked.version) {
		j_num(call->doc, "uapi", IOASID_UAPI_VERSION);
		ctl_print_json(call, call->doc);
	} else if (call->json) {
		ctl_help_json(call->doc);
		ctl_print_json(call, call->doc);
	} else {
		ctl_help(call->object);
	}
	return CTL_OK;
}

int main(int argc, char **argv)
{
	struct ctl_call call = { 0 };
	int status;

	if (getenv(CTL_ROOT))
		iol_root = getenv(CTL_ROOT);
	ctl_begin(&call);
	status = ctl_understand(&call, argc, argv);
	ui_setup(ctl_asked.colour, ctl_asked.utf8);
	setvbuf(stdout, NULL, _IOFBF, 0);
	if (status) {
		call.command = NULL;
		ctl_finish(&call);
	} else if (ctl_asked.help || ctl_asked.version) {
		status = ctl_answer(&call);
	} else if (!call.object) {
		ctl_fail(&call, CTL_USAGE, "ioasidctl help says what there is",
			 "no object is named");
		ctl_finish(&call);
		status = CTL_USAGE;
	} else {
		status = ctl_run(&call);
	}
	json_object_put(call.doc);
	if (fflush(stdout) || ferror(stdout)) {
		perror("ioasidctl: cannot write");
		return CTL_FAILED;
	}
	return status;
}
