// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo's voice: see ui.h for what it offers and to whom.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui.h"

/* Far more than any step takes, also in an emulated machine on a busy host. */
#define UI_STEP_SECONDS	60

#define UI_HEX_ROW	16
#define UI_HEX_ROWS	2

static struct {
	bool colour;
	bool utf8;
	unsigned int step;
	unsigned int held;
	unsigned int failed;
	bool stopped;
} ui;

static void ui_too_slow(int signal)
{
	static const char text[] =
		"\nThe step did not end in time: the device or the kernel does not answer.\n";

	(void)signal;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

static bool ui_want(enum ui_choice choice, bool able)
{
	return choice == UI_ALWAYS || (choice == UI_AUTO && able);
}

static bool ui_can_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && no[0]) && term &&
	       strcmp(term, "dumb");
}

/* A static program has no locales to ask, so it looks where they would look. */
static bool ui_can_utf8(void)
{
	static const char * const names[] = { "LC_ALL", "LC_CTYPE", "LANG", NULL };
	const char * const *name, *value;

	if (!isatty(STDOUT_FILENO))
		return false;
	for (name = names; *name; name++) {
		value = getenv(*name);
		if (value && value[0])
			return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
	}
	return false;
}

void ui_setup(enum ui_choice colour, enum ui_choice utf8)
{
	ui.colour = ui_want(colour, ui_can_colour());
	ui.utf8 = ui_want(utf8, ui_can_utf8());
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, ui_too_slow);
}

bool ui_utf8(void)
{
	return ui.utf8;
}

const char *ui_tint(enum ui_tint tint)
{
	static const char * const codes[] = {
		[UI_PLAIN] = "", [UI_BOLD] = "\033[1m", [UI_DIM] = "\033[2m",
		[UI_RED] = "\033[31m", [UI_GREEN] = "\033[32m",
		[UI_YELLOW] = "\033[33m", [UI_BLUE] = "\033[34m",
	};

	return ui.colour ? codes[tint] : "";
}

const char *ui_off(void)
{
	return ui.colour ? "\033[0m" : "";
}

/* Prints words in lines that end before UI_COLUMNS; all but the first are indented. */
static void ui_wrap(const char *text, unsigned int indent, unsigned int column)
{
	bool first = true;
	size_t word;

	while (*text) {
		text += strspn(text, " ");
		word = strcspn(text, " ");
		if (!first && column + 1 + word > UI_COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
			first = true;
		}
		column += printf("%s%.*s", first ? "" : " ", (int)word, text);
		first = false;
		text += word;
	}
	putchar('\n');
}

static void ui_vwrap(unsigned int indent, unsigned int column, const char *format,
		     va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return;
	ui_wrap(text, indent, column);
	free(text);
}

void ui_step(const char *title)
{
	printf("\n%s%2u %s%s\n", ui_tint(UI_BOLD), ++ui.step, title, ui_off());
	alarm(UI_STEP_SECONDS);
}

void ui_say(const char *format, ...)
{
	va_list args;

	printf("%*s", UI_INDENT, "");
	va_start(args, format);
	ui_vwrap(UI_INDENT, UI_INDENT, format, args);
	va_end(args);
}

void ui_quote(const char *text)
{
	unsigned int indent = UI_INDENT + 2;

	printf("%*s%s%s ", UI_INDENT, "", ui_tint(UI_YELLOW), ui.utf8 ? "│" : "|");
	ui_wrap(text, indent, indent);
	printf("%s", ui_off());
}

void ui_fact(const char *name, const char *format, ...)
{
	unsigned int indent = UI_INDENT + 11;
	va_list args;

	printf("%*s%s%-10s%s ", UI_INDENT, "", ui_tint(UI_DIM), name, ui_off());
	va_start(args, format);
	ui_vwrap(indent, indent, format, args);
	va_end(args);
}

static void ui_verdict(bool held)
{
	const char *good = ui.utf8 ? "✔" : "[ok]", *bad = ui.utf8 ? "✘" : "[FAILED]";

	printf("%*s%s%s%s ", UI_INDENT, "", ui_tint(held ? UI_GREEN : UI_RED),
	       held ? good : bad, ui_off());
}

bool ui_check(bool held, const char *format, ...)
{
	unsigned int indent = UI_INDENT + (ui.utf8 ? 2 : 5);
	va_list args;

	if (held)
		ui.held++;
	else
		ui.failed++;
	ui_verdict(held);
	va_start(args, format);
	ui_vwrap(indent, indent, format, args);
	va_end(args);
	return held;
}

void ui_fail(const char *format, ...)
{
	unsigned int indent = UI_INDENT + (ui.utf8 ? 2 : 9);
	va_list args;

	ui.stopped = true;
	ui_verdict(false);
	va_start(args, format);
	ui_vwrap(indent, indent, format, args);
	va_end(args);
}

static void ui_hex_row(const char *name, const uint8_t *data, size_t offset)
{
	unsigned int i;

	printf("%*s%s%-10s %s%03zx%s ", UI_INDENT, "", ui_tint(UI_DIM), name,
	       ui_tint(UI_DIM), offset, ui_off());
	for (i = 0; i < UI_HEX_ROW; i++)
		printf("%s%02x", i == UI_HEX_ROW / 2 ? "  " : i ? " " : " ",
		       data[offset + i]);
	printf("  %s", ui_tint(UI_BLUE));
	for (i = 0; i < UI_HEX_ROW; i++)
		putchar(isprint(data[offset + i]) ? data[offset + i] : '.');
	printf("%s\n", ui_off());
}

void ui_hex(const char *name, const void *data, size_t size)
{
	size_t row, rows = size / UI_HEX_ROW;

	for (row = 0; row < rows && row < UI_HEX_ROWS; row++)
		ui_hex_row(row ? "" : name, data, row * UI_HEX_ROW);
}

int ui_close(void)
{
	alarm(0);
	printf("\n%s", ui_tint(UI_BOLD));
	if (ui.stopped)
		printf("The demo could not do all its steps.");
	else if (ui.failed)
		printf("%u of %u checks did not hold.", ui.failed, ui.failed + ui.held);
	else
		printf("All %u checks held.", ui.held);
	printf("%s\n", ui_off());
	return ui.stopped || ui.failed || !ui.held;
}

const char *ui_size(uint64_t size)
{
	static const char * const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB",
					      "PiB", "EiB" };
	static __thread char texts[4][24];
	static __thread unsigned int next;
	char *text = texts[next++ % 4];
	unsigned int unit = 0;

	/* Ten of a unit, rounded, are exact enough; fewer only if they are whole. */
	while (unit < 6 && size >= 1024 && (size % 1024 == 0 || size >= 10 * 1024)) {
		size = size / 1024 + (size % 1024 >= 512);
		unit++;
	}
	snprintf(text, sizeof(texts[0]), "%ju %s", (uintmax_t)size, units[unit]);
	return text;
}
