// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be typed: the table of objects, commands and options, and the help made of
 * it. The manual pages and the completions are tested against it. Called by main.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "document.h"
#include "term.h"
#include "ui.h"

#define HELP_COLUMN	26

const struct ctl_option ctl_global_options[] = {
	{ "json", NULL, "print a JSON document, also for errors", 'j' },
	{ "pretty", NULL, "print it in lines; implies --json", 'p' },
	{ "color", "WHEN", "auto (on a terminal, unless NO_COLOR is set), always, never", 0 },
	{ "ascii", NULL, "draw with ASCII characters only", 0 },
	{ "help", NULL, "print help and exit", 'h' },
	{ "version", NULL, "print versions and exit", 'V' },
	{ }
};

static const struct ctl_command ctl_feature_commands[] = {
	{
		.name = "probe", .arguments = "",
		.help = "what this machine has, what is missing, and what to do about it",
		.run = ctl_feature_probe, .print = ctl_feature_print,
	},
	{ }
};

static const struct ctl_command ctl_device_commands[] = {
	{
		.name = "list", .arguments = "",
		.help = "PCI devices behind an IOMMU, by group",
		.options = { { "ready", NULL, "only those a program could open now", 0 } },
		.run = ctl_device_list, .print = ctl_device_list_print,
	},
	{
		.name = "show", .arguments = "DEVICE", .least = 1, .most = 1,
		.help = "one device: group, driver, IOMMU, reserved ranges, PASID, users",
		.run = ctl_device_show, .print = ctl_device_show_print,
	},
	{
		.name = "bind", .arguments = "DEVICE...", .least = 1, .most = 64,
		.help = "give devices to a VFIO driver until the next boot",
		.options = {
			{ "driver", "NAME", "another VFIO driver than vfio-pci", 0 },
			{ "group", NULL, "also what shares their groups", 0 },
		},
		.run = ctl_device_bind, .print = ctl_device_bound_print,
	},
	{
		.name = "unbind", .arguments = "DEVICE...", .least = 1, .most = 64,
		.help = "give devices back to their own drivers",
		.options = { { "group", NULL, "also what shares their groups", 0 } },
		.run = ctl_device_unbind, .print = ctl_device_bound_print,
	},
	{ }
};

static const struct ctl_command ctl_space_commands[] = {
	{
		.name = "list", .arguments = "",
		.help = "the I/O address spaces of all processes",
		.run = ctl_space_list, .print = ctl_space_list_print,
	},
	{
		.name = "show", .arguments = "SPACE", .least = 1, .most = 1,
		.help = "one space: devices, bytes, page sizes, ranges",
		.run = ctl_space_show, .print = ctl_space_show_print,
	},
	{
		.name = "map", .arguments = "SPACE", .least = 1, .most = 1,
		.help = "draw a space",
		.options = { { "svg", "FILE", "draw into a file, - for the output", 0 } },
		.run = ctl_space_map, .print = ctl_space_map_print,
	},
	{ }
};

static const struct ctl_command ctl_check_commands[] = {
	{
		.arguments = "DEVICE", .least = 1, .most = 1,
		.help = "whether a program or virtual machine could have it now",
		.options = {
			{ "memory", "SIZE", "memory it is to reach, such as 512M or 16G", 0 },
		},
		.run = ctl_check, .print = ctl_check_print,
	},
	{ }
};

static const struct ctl_command ctl_monitor_commands[] = {
	{
		.arguments = "",
		.help = "what programs map, unmap and attach, and faults, as it happens",
		.options = {
			{ "rates", NULL, "a line of rates each interval, not each event", 0 },
			{ "interval", "SECONDS", "of the rates; 1 if not given", 0 },
			{ "count", "NUMBER", "end after so many lines", 0 },
			{ "failures", NULL, "only what failed", 0 },
		},
		.run = ctl_monitor,
	},
	{ }
};

static const struct ctl_command ctl_module_commands[] = {
	{
		.name = "status", .arguments = "",
		.help = "the module: loaded, installed, signed, used",
		.run = ctl_module_status, .print = ctl_module_print,
	},
	{
		.name = "load", .arguments = "",
		.help = "load the module and what it needs",
		.run = ctl_module_load, .print = ctl_module_changed_print,
	},
	{
		.name = "unload", .arguments = "",
		.help = "unload the module",
		.run = ctl_module_unload, .print = ctl_module_changed_print,
	},
	{ }
};

static const struct ctl_command ctl_demo_commands[] = {
	{
		.arguments = "[DEVICE]", .most = 1,
		.help = "let a device do DMA through a space, and check what it reaches",
		.run = ctl_demo,
	},
	{ }
};

const struct ctl_object ctl_objects[] = {
	{ "feature", "what this machine can do", ctl_feature_commands },
	{ "device", "PCI devices and their IOMMU groups", ctl_device_commands },
	{ "space", "I/O address spaces in use", ctl_space_commands },
	{ "check", "will it work, before it is started", ctl_check_commands },
	{ "monitor", "live events", ctl_monitor_commands },
	{ "module", "the kernel module", ctl_module_commands },
	{ "demo", "see it work", ctl_demo_commands },
	{ }
};

/**
 * ctl_find_object() - The object of a word, or of its beginning
 * @word: as typed
 *
 * Return: the object; NULL if there is none, or more than one.
 */
const struct ctl_object *ctl_find_object(const char *word)
{
	const struct ctl_object *object, *found = NULL;

	for (object = ctl_objects; object->name; object++) {
		if (!strcmp(object->name, word))
			return object;
		if (strncmp(object->name, word, strlen(word)))
			continue;
		if (found)
			return NULL;
		found = object;
	}
	return word[0] ? found : NULL;
}

/**
 * ctl_find_command() - The command of a word, or of its beginning
 * @object: the object
 * @word: as typed
 *
 * Return: the command; NULL if there is none, or more than one.
 */
const struct ctl_command *ctl_find_command(const struct ctl_object *object,
					   const char *word)
{
	const struct ctl_command *command, *found = NULL;

	for (command = object->commands; command->run; command++) {
		if (!command->name)
			return NULL;
		if (!strcmp(command->name, word))
			return command;
		if (strncmp(command->name, word, strlen(word)))
			continue;
		if (found)
			return NULL;
		found = command;
	}
	return word[0] ? found : NULL;
}

static void ctl_help_line(const char *left, const char *help)
{
	if (strlen(left) < HELP_COLUMN - 1) {
		term_fact(HELP_COLUMN, left, "%s", help);
		return;
	}
	printf("%s%s%s\n", ui_tint(UI_DIM), left, ui_off());
	term_fact(HELP_COLUMN, "", "%s", help);
}

static void ctl_help_option(const struct ctl_option *option, unsigned int indent)
{
	char letter[] = "    ", left[64];

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%*s%s--%s%s%s", indent, "", indent > 2 ? "" : letter,
		 option->name, option->argument ? " " : "",
		 option->argument ? option->argument : "");
	ctl_help_line(left, option->help);
}

static void ctl_help_command(const struct ctl_object *object,
			     const struct ctl_command *command)
{
	const struct ctl_option *option;
	char left[64];

	snprintf(left, sizeof(left), "  %s%s%s",
		 command->name ? command->name : object->name,
		 command->arguments[0] ? " " : "", command->arguments);
	ctl_help_line(left, command->help);
	for (option = command->options; option->name; option++)
		ctl_help_option(option, 4);
}

static void ctl_help_global(void)
{
	const struct ctl_option *option;

	printf("\nOptions of every command:\n");
	for (option = ctl_global_options; option->name; option++)
		ctl_help_option(option, 2);
}

static void ctl_help_object(const struct ctl_object *object)
{
	const struct ctl_command *command = object->commands;

	printf("Usage: ioasidctl [OPTIONS] %s", object->name);
	if (command->name) {
		printf(" [");
		for (; command->run; command++)
			printf("%s | ", command->name);
		printf("help]\n");
	} else {
		printf(" %s%s[OPTIONS]\n", command->arguments,
		       command->arguments[0] ? " " : "");
	}
	printf("\n%s: %s\n\n", object->name, object->help);
	for (command = object->commands; command->run; command++)
		ctl_help_command(object, command);
	ctl_help_global();
	if (object->commands->name && object->commands[1].run)
		printf("\nWithout a command: %s.", object->commands->name);
	printf("\nManual page: ioasidctl-%s(8)\n", object->name);
}

static void ctl_help_all(void)
{
	const struct ctl_object *object;

	printf("Usage: ioasidctl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]\n"
	       "       ioasidctl OBJECT help\n"
	       "\n"
	       "Shows and prepares what /dev/ioasid needs: I/O address spaces for user space.\n"
	       "\n"
	       "Objects:\n");
	for (object = ctl_objects; object->name; object++) {
		const struct ctl_command *command = object->commands;
		char left[64], text[160];
		size_t used;

		snprintf(left, sizeof(left), "  %s%s%s", object->name,
			 command->name ? "" : " ",
			 command->name ? "" : command->arguments);
		used = snprintf(text, sizeof(text), "%s", object->help);
		for (; command->name && used < sizeof(text); command++)
			used += snprintf(text + used, sizeof(text) - used, "%s%s",
					 command == object->commands ? ": " : ", ",
					 command->name);
		term_fact_tinted(HELP_COLUMN, UI_BOLD, left, text);
	}
	ctl_help_global();
	printf("\nExit status: 0 success, 1 failure, 2 usage, 77 not available here.\n"
	       "Words can be shortened. To begin with: ioasidctl feature probe\n");
}

/**
 * ctl_help() - Print help
 * @object: for this object; NULL for all
 */
void ctl_help(const struct ctl_object *object)
{
	if (object)
		ctl_help_object(object);
	else
		ctl_help_all();
}

static void ctl_options_json(struct json_object *array, const struct ctl_option *option)
{
	for (; option->name; option++) {
		struct json_object *entry = j_append(array);

		j_str(entry, "name", "--%s", option->name);
		if (option->letter)
			j_str(entry, "letter", "-%c", option->letter);
		if (option->argument)
			j_str(entry, "argument", "%s", option->argument);
		j_str(entry, "help", "%s", option->help);
	}
}

/**
 * ctl_help_json() - The whole table, for programs
 * @doc: the document
 */
void ctl_help_json(struct json_object *doc)
{
	struct json_object *objects = j_array(doc, "objects"), *entry, *commands;
	const struct ctl_command *command;
	const struct ctl_object *object;

	for (object = ctl_objects; object->name; object++) {
		entry = j_append(objects);
		j_str(entry, "name", "%s", object->name);
		j_str(entry, "help", "%s", object->help);
		commands = j_array(entry, "commands");
		for (command = object->commands; command->run; command++) {
			entry = j_append(commands);
			j_str(entry, "name", "%s", command->name ? command->name : "");
			j_str(entry, "arguments", "%s", command->arguments);
			j_str(entry, "help", "%s", command->help);
			ctl_options_json(j_array(entry, "options"), command->options);
		}
	}
	ctl_options_json(j_array(doc, "options"), ctl_global_options);
}
