// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture of an I/O address space as SVG: a column of boxes, low addresses on top,
 * whose heights grow with the logarithm of their sizes, and a legend. Called by map.c.
 */
#define _GNU_SOURCE
#include <string.h>

#include "svg.h"
#include "ui.h"

#define SVG_MARGIN	24u
#define SVG_TITLE	64u
#define SVG_LEFT	190u
#define SVG_BOX		260u
#define SVG_WIDTH	760u
#define SVG_LEAST	26u	/* pixels of a box */
#define SVG_PER_BIT	2u	/* more for each power of two above a page */
#define SVG_LEGEND	56u

static const struct {
	const char *class;
	const char *name;
} svg_kinds[DRAW_KINDS] = {
	[DRAW_CLOSED] = { "closed", "cannot be mapped" },
	[DRAW_FREE] = { "free", "free" },
	[DRAW_RESERVED] = { "reserved", "reserved" },
	[DRAW_SPARSE] = { "sparse", "mapped in part" },
	[DRAW_MAPPED] = { "mapped", "mapped" },
};

/* The only text that is not this program's: a process may have any name. */
static void svg_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '&':
			fputs("&amp;", file);
			break;
		default:
			fputc((unsigned char)*text < ' ' ? '?' : *text, file);
		}
	}
}

static unsigned int svg_height(uint64_t size)
{
	unsigned int bits = 0;

	for (size >>= 12; size; size >>= 1)
		bits++;
	return SVG_LEAST + SVG_PER_BIT * (bits > 40 ? 40 : bits);
}

static unsigned int svg_total(uint64_t last, const struct draw_range *ranges, size_t count)
{
	struct draw_range box = { .last = 0 };
	unsigned int total = 0;
	uint64_t first = 0;

	do {
		box = draw_next(first, last, ranges, count);
		total += svg_height(draw_length(&box));
		first = box.last + 1;
	} while (box.last < last);
	return total;
}

static void svg_head(FILE *file, const char *title, unsigned int height)
{
	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\">\n"
		"<style>\n"
		".page { fill: #ffffff }\n"
		".text { fill: #24292f } .dim { fill: #6b7480 }\n"
		".mono { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 12px }\n"
		".box { stroke: #59636e; stroke-width: 1 }\n"
		".free { fill: #f3f6f9 } .mapped { fill: #3fa46a } .sparse { fill: url(#part) }\n"
		".reserved { fill: #e5735c } .closed { fill: url(#hatch) }\n"
		"</style>\n"
		"<defs>\n"
		"<pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#e6e9ed\"/><rect width=\"2\" height=\"8\" fill=\"#c3cad2\"/></pattern>\n"
		"<pattern id=\"part\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" fill=\"#d9efe2\"/><rect width=\"8\" height=\"5\" fill=\"#3fa46a\"/></pattern>\n"
		"</defs>\n"
		"<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n"
		"<text class=\"text\" x=\"%u\" y=\"%u\" font-size=\"18\" font-weight=\"600\">",
		SVG_WIDTH, height, SVG_WIDTH, height, SVG_MARGIN, SVG_MARGIN + 18);
	svg_text(file, title);
	fputs("</text>\n", file);
}

static void svg_address(FILE *file, unsigned int y, uint64_t address)
{
	fprintf(file,
		"<text class=\"dim mono\" x=\"%u\" y=\"%u\" text-anchor=\"end\">0x%jx</text>\n",
		SVG_LEFT - 10, y, (uintmax_t)address);
}

static void svg_box(FILE *file, unsigned int y, const struct draw_range *box)
{
	unsigned int height = svg_height(draw_length(box)), middle = y + height / 2 + 5;

	fprintf(file,
		"<rect class=\"box %s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>\n",
		svg_kinds[box->kind].class, SVG_LEFT, y, SVG_BOX, height);
	fprintf(file,
		"<text class=\"text\" x=\"%u\" y=\"%u\" text-anchor=\"end\" font-weight=\"600\">%s</text>\n",
		SVG_LEFT + SVG_BOX + 92, middle, ui_size(draw_length(box)));
	fprintf(file, "<text class=\"%s\" x=\"%u\" y=\"%u\">",
		box->kind == DRAW_FREE || box->kind == DRAW_CLOSED ? "dim" : "text",
		SVG_LEFT + SVG_BOX + 106, middle);
	svg_text(file, box->name);
	fputs("</text>\n", file);
}

static void svg_legend(FILE *file, unsigned int y)
{
	static const enum draw_kind order[] = {
		DRAW_MAPPED, DRAW_SPARSE, DRAW_FREE, DRAW_RESERVED, DRAW_CLOSED };
	unsigned int i, x = SVG_MARGIN;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const char *name = svg_kinds[order[i]].name;

		fprintf(file,
			"<rect class=\"box %s\" x=\"%u\" y=\"%u\" width=\"16\" height=\"16\" rx=\"2\"/>\n"
			"<text class=\"dim\" x=\"%u\" y=\"%u\">%s</text>\n",
			svg_kinds[order[i]].class, x, y, x + 23, y + 13, name);
		x += 52 + 8 * strlen(name);
	}
	fprintf(file,
		"<text class=\"dim\" x=\"%u\" y=\"%u\" text-anchor=\"end\">not to scale</text>\n",
		SVG_WIDTH - SVG_MARGIN, y + 13);
}

void svg_space(FILE *file, const char *title, uint64_t last,
	       const struct draw_range *ranges, size_t count)
{
	unsigned int y = SVG_TITLE, height = svg_total(last, ranges, count);
	struct draw_range box;
	uint64_t first = 0;

	svg_head(file, title, SVG_TITLE + height + SVG_LEGEND + SVG_MARGIN);
	do {
		box = draw_next(first, last, ranges, count);
		svg_box(file, y, &box);
		svg_address(file, y + 4, first);
		y += svg_height(draw_length(&box));
		first = box.last + 1;
	} while (box.last < last);
	svg_address(file, y + 4, last);
	svg_legend(file, y + SVG_LEGEND / 2);
	fputs("</svg>\n", file);
}
