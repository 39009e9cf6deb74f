// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioasid-demo: shows a person that a device's DMA goes through an I/O address space.
 * Run by "make demo" in a virtual machine, or by hand as root. This file has the
 * options; the steps are in run.c.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "ui.h"

enum { OPT_COLOUR = 1, OPT_NO_COLOUR, OPT_UTF8, OPT_ASCII };

static const struct option demo_options[] = {
	{ "colour", optional_argument, NULL, OPT_COLOUR },
	{ "color", optional_argument, NULL, OPT_COLOUR },
	{ "no-colour", no_argument, NULL, OPT_NO_COLOUR },
	{ "no-color", no_argument, NULL, OPT_NO_COLOUR },
	{ "utf8", no_argument, NULL, OPT_UTF8 },
	{ "ascii", no_argument, NULL, OPT_ASCII },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void demo_help(void)
{
	puts("Usage: ioasid-demo [OPTION]... [PCI-ADDRESS]\n"
	     "\n"
	     "Lets a PCI device do DMA through an I/O address space of /dev/ioasid, tells each\n"
	     "step, and checks that the device reaches what is mapped and nothing else.\n"
	     "\n"
	     "PCI-ADDRESS is QEMU's \"edu\" device, for example 0000:00:04.0; without it the\n"
	     "first one is taken. If another driver than vfio-pci has it, it is given to\n"
	     "vfio-pci and afterwards back. Needs root, the modules ioasidfd and vfio-pci, and\n"
	     "an IOMMU that is on. Where there is no such device, or for the address\n"
	     "\"software\", it is the software device of the test module ioas_mediated, which\n"
	     "needs neither.\n"
	     "\n"
	     "  --colour[=WHEN]  WHEN is auto (the default: on a terminal, unless NO_COLOR is\n"
	     "                   set), always or never; --no-colour is the same as never\n"
	     "  --utf8, --ascii  how to draw; the default is as the locale says on a terminal,\n"
	     "                   otherwise ASCII\n"
	     "  -h, --help       this text\n"
	     "\n"
	     "Exit status: 0 if every check held, 1 if not, 2 for a wrong command line.");
}

static enum ui_choice demo_when(const char *when)
{
	if (!when || !strcmp(when, "always"))
		return UI_ALWAYS;
	if (!strcmp(when, "never"))
		return UI_NEVER;
	if (!strcmp(when, "auto"))
		return UI_AUTO;
	fprintf(stderr, "ioasid-demo: --colour=%s is none of auto, always, never\n",
		when);
	exit(2);
}

static void demo_usage(void)
{
	fputs("Try 'ioasid-demo --help'.\n", stderr);
	exit(2);
}

/* Returns the PCI address, NULL if none is given. */
static const char *demo_parse(int argc, char **argv)
{
	enum ui_choice colour = UI_AUTO, utf8 = UI_AUTO;
	int option;

	while ((option = getopt_long(argc, argv, "h", demo_options, NULL)) != -1) {
		switch (option) {
		case OPT_COLOUR:
			colour = demo_when(optarg);
			break;
		case OPT_NO_COLOUR:
			colour = UI_NEVER;
			break;
		case OPT_UTF8:
			utf8 = UI_ALWAYS;
			break;
		case OPT_ASCII:
			utf8 = UI_NEVER;
			break;
		case 'h':
			demo_help();
			exit(0);
		default:
			demo_usage();
		}
	}
	if (argc - optind > 1) {
		fputs("ioasid-demo: one PCI address is enough\n", stderr);
		demo_usage();
	}
	ui_setup(colour, utf8);
	return argv[optind];
}

/* As sysfs names it: in full, in small letters. What is no address stays what it is. */
static void demo_address(const char *given, char *address, size_t size)
{
	const char *colon = strchr(given, ':');
	char *letter;

	snprintf(address, size, "%s%s",
		 colon && !strchr(colon + 1, ':') ? "0000:" : "", given);
	for (letter = address; *letter; letter++)
		*letter = tolower(*letter);
}

int main(int argc, char **argv)
{
	const char *given = demo_parse(argc, argv);
	char address[DEMO_ADDRESS_LEN] = "";

	if (given)
		demo_address(given, address, sizeof(address));
	return demo_run(address);
}
