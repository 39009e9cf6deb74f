// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text for a terminal, see term.h. Colour and line drawing are decided in ui.c. Called by
 * those who print documents for people.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "term.h"

#define TERM_USUAL	80
#define TERM_LEAST	40
#define TERM_READABLE	110

unsigned int term_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned int width = TERM_USUAL;

	if (columns && atoi(columns) > 0)
		width = atoi(columns);
	else if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
		 size.ws_col)
		width = size.ws_col;
	return width < TERM_LEAST ? TERM_LEAST : width;
}

/* Columns, not bytes: those that continue a character of UTF-8 take none. */
static unsigned int term_columns(const char *text, size_t length)
{
	unsigned int columns = 0;

	while (length--)
		columns += (*text++ & 0xc0) != 0x80;
	return columns;
}

/* Prints words from @column on, and goes on in lines that are indented. */
static void term_wrap(const char *text, unsigned int indent, unsigned int column)
{
	unsigned int width = term_width();
	bool first = true;

	if (width > TERM_READABLE)
		width = TERM_READABLE;
	while (*text) {
		unsigned int word;
		size_t length;

		text += strspn(text, " ");
		length = strcspn(text, " ");
		word = term_columns(text, length);
		if (!first && column + 1 + word > width) {
			printf("\n%*s", indent, "");
			column = indent;
			first = true;
		}
		printf("%s%.*s", first ? "" : " ", (int)length, text);
		column += word + !first;
		first = false;
		text += length;
	}
	putchar('\n');
}

void term_wrapped(unsigned int column, const char *text)
{
	term_wrap(text, column, column);
}

void term_paragraph(unsigned int indent, enum ui_tint tint, const char *text)
{
	printf("%*s%s", indent, "", ui_tint(tint));
	term_wrap(text, indent, indent);
	printf("%s", ui_off());
}

void term_fact(unsigned int column, const char *name, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return;
	term_fact_tinted(column, UI_DIM, name, text);
	free(text);
}

void term_fact_tinted(unsigned int column, enum ui_tint tint, const char *name,
		      const char *text)
{
	printf("%s%-*s%s ", ui_tint(tint), column - 1, name, ui_off());
	term_wrap(text, column, column);
}

unsigned int term_sign_width(void)
{
	return ui_utf8() ? 1 : 4;
}

void term_sign(enum ui_tint tint)
{
	static const char * const signs[][2] = {
		[UI_PLAIN] = { "    ", " " }, [UI_BOLD] = { "    ", " " },
		[UI_DIM] = { "[??]", "·" }, [UI_RED] = { "[NO]", "✘" },
		[UI_GREEN] = { "[ok]", "✔" }, [UI_YELLOW] = { "[!!]", "!" },
		[UI_BLUE] = { "[..]", "·" },
	};

	printf("%s%s%s", ui_tint(tint), signs[tint][ui_utf8()], ui_off());
}

struct table_cell {
	char *text;
	enum ui_tint tint;
};

struct table {
	const char * const *heads;
	unsigned int columns;
	size_t count;
	struct table_cell *cells;
};

struct table *table_new(const char * const *heads)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->heads = heads;
	while (heads[table->columns])
		table->columns++;
	return table;
}

void table_cell(struct table *table, enum ui_tint tint, const char *format, ...)
{
	struct table_cell *cells;
	va_list args;
	char *text;

	if (!table)
		return;
	cells = reallocarray(table->cells, table->count + 1, sizeof(*cells));
	if (!cells)
		return;
	table->cells = cells;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	table->cells[table->count++] = (struct table_cell){ text, tint };
}

static const char *table_text(const struct table_cell *cell)
{
	return cell->text ? cell->text : "";
}

static unsigned int table_width(const struct table *table, unsigned int column)
{
	const char *head = table->heads[column];
	unsigned int widest = strlen(head) - (head[0] == '>');
	size_t i;

	for (i = column; i < table->count; i += table->columns) {
		const char *text = table_text(&table->cells[i]);
		unsigned int width = term_columns(text, strlen(text));

		if (width > widest)
			widest = width;
	}
	return widest;
}

static void table_put(const struct table *table, const unsigned int *widths,
		      unsigned int column, const char *text, enum ui_tint tint)
{
	unsigned int used = term_columns(text, strlen(text));
	unsigned int pad = widths[column] - used;
	bool right = table->heads[column][0] == '>';
	bool last = column + 1 == table->columns;

	printf("%*s%s%s%s%*s", right ? pad : 0, "", ui_tint(tint), text,
	       tint == UI_PLAIN ? "" : ui_off(), right || last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

void table_print(struct table *table)
{
	unsigned int widths[TABLE_COLUMNS] = { 0 }, column;
	size_t i;

	if (!table)
		return;
	for (column = 0; column < table->columns; column++)
		widths[column] = table_width(table, column);
	for (column = 0; column < table->columns; column++) {
		const char *head = table->heads[column];

		table_put(table, widths, column, head + (head[0] == '>'), UI_BOLD);
	}
	for (i = 0; i < table->count; i++) {
		table_put(table, widths, i % table->columns,
			  table_text(&table->cells[i]), table->cells[i].tint);
		free(table->cells[i].text);
	}
	free(table->cells);
	free(table);
}
