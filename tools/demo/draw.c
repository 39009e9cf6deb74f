// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture of a space: a column of boxes with the address of every border. Sizes
 * differ by ten orders of magnitude, so the height of a box is a hint and the size is
 * written beside it. Called by the demo and by ioasidctl.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "ui.h"

#define DRAW_ADDRESS	18

/* Columns beside a box, and what is left for it. */
#define DRAW_BESIDE	64
#define DRAW_LEAST	8
#define DRAW_MOST	40

static unsigned int draw_width = 16;

struct draw_glyphs {
	const char *top, *border, *bottom;
	const char *left, *right, *line;
	const char *fill[DRAW_KINDS];
};

static const struct draw_glyphs draw_utf8 = {
	"┌┐", "├┤", "└┘", "│", "│", "─",
	{ [DRAW_CLOSED] = "╳", [DRAW_FREE] = " ", [DRAW_RESERVED] = "▒",
	  [DRAW_SPARSE] = "▓", [DRAW_MAPPED] = "█" },
};

static const struct draw_glyphs draw_ascii = {
	"++", "++", "++", "|", "|", "-",
	{ [DRAW_CLOSED] = "x", [DRAW_FREE] = " ", [DRAW_RESERVED] = "/",
	  [DRAW_SPARSE] = "=", [DRAW_MAPPED] = "#" },
};

static const enum ui_tint draw_tints[] = {
	[DRAW_CLOSED] = UI_DIM,
	[DRAW_FREE] = UI_PLAIN,
	[DRAW_RESERVED] = UI_RED,
	[DRAW_SPARSE] = UI_GREEN,
	[DRAW_MAPPED] = UI_GREEN,
};

static const struct draw_glyphs *draw_glyphs(void)
{
	return ui_utf8() ? &draw_utf8 : &draw_ascii;
}

static void draw_repeat(const char *glyph, unsigned int count)
{
	while (count--)
		fputs(glyph, stdout);
}

/* @corners is two characters, which are three bytes each in UTF-8. */
static void draw_border(uint64_t address, const char *corners)
{
	int corner = strlen(corners) / 2;

	char text[DRAW_ADDRESS + 1];

	snprintf(text, sizeof(text), "0x%jx", (uintmax_t)address);
	printf("%*s%s%*s%s %.*s", UI_INDENT, "", ui_tint(UI_DIM), DRAW_ADDRESS, text,
	       ui_off(), corner, corners);
	draw_repeat(draw_glyphs()->line, draw_width);
	printf("%s\n", corners + corner);
}

static unsigned int draw_height(uint64_t size)
{
	if (size >= 1ull << 30)
		return 3;
	return size >= 1ull << 24 ? 2 : 1;
}

void draw_columns(unsigned int columns)
{
	draw_width = columns < DRAW_BESIDE + DRAW_LEAST ? DRAW_LEAST :
		     columns - DRAW_BESIDE;
	if (draw_width > DRAW_MOST)
		draw_width = DRAW_MOST;
}

uint64_t draw_length(const struct draw_range *range)
{
	uint64_t length = range->last - range->first;

	return length == UINT64_MAX ? length : length + 1;
}

static void draw_box(const struct draw_range *range)
{
	const struct draw_glyphs *glyphs = draw_glyphs();
	unsigned int row, height = draw_height(draw_length(range));

	for (row = 0; row < height; row++) {
		printf("%*s%s%s", UI_INDENT + DRAW_ADDRESS + 1, "", glyphs->left,
		       ui_tint(draw_tints[range->kind]));
		draw_repeat(glyphs->fill[range->kind], draw_width);
		printf("%s%s", ui_off(), glyphs->right);
		if (row == (height - 1) / 2)
			printf(" %s%-10s%s %s", ui_tint(draw_tints[range->kind]),
			       ui_size(draw_length(range)), ui_off(), range->name);
		putchar('\n');
	}
}

static const struct draw_range *draw_at(uint64_t address,
					const struct draw_range *ranges, size_t count)
{
	static const struct draw_range closed = {
		0, UINT64_MAX, DRAW_CLOSED, "cannot be mapped"
	};
	const struct draw_range *best = &closed;
	size_t i;

	for (i = 0; i < count; i++)
		if (ranges[i].first <= address && address <= ranges[i].last &&
		    ranges[i].kind > best->kind)
			best = &ranges[i];
	return best;
}

/* The last address from @first on at which no range begins or ends. */
static uint64_t draw_until(uint64_t first, uint64_t last,
			   const struct draw_range *ranges, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ranges[i].first > first && ranges[i].first - 1 < last)
			last = ranges[i].first - 1;
		if (ranges[i].last >= first && ranges[i].last < last)
			last = ranges[i].last;
	}
	return last;
}

/* Neighbours that show the same range are one box. */
struct draw_range draw_next(uint64_t first, uint64_t last,
			    const struct draw_range *ranges, size_t count)
{
	const struct draw_range *shown = draw_at(first, ranges, count);
	struct draw_range box = *shown;

	box.first = first;
	box.last = draw_until(first, last, ranges, count);
	while (box.last < last && draw_at(box.last + 1, ranges, count) == shown)
		box.last = draw_until(box.last + 1, last, ranges, count);
	return box;
}

void draw_space(uint64_t first, uint64_t last, const struct draw_range *ranges,
		size_t count)
{
	const struct draw_glyphs *glyphs = draw_glyphs();
	const char *corners = glyphs->top;
	struct draw_range box;

	do {
		box = draw_next(first, last, ranges, count);
		draw_border(box.first, corners);
		draw_box(&box);
		corners = glyphs->border;
		first = box.last + 1;
	} while (box.last < last);
	draw_border(last, glyphs->bottom);
}
