/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A picture of an I/O address space. Knows ranges and how to draw them, not where they
 * come from.
 */
#ifndef IOASID_DEMO_DRAW_H
#define IOASID_DEMO_DRAW_H

#include <stddef.h>
#include <stdint.h>

/**
 * enum draw_kind - What a range is; where ranges overlap the later kind is drawn
 * @DRAW_CLOSED: cannot be mapped
 * @DRAW_FREE: can be mapped
 * @DRAW_RESERVED: reserved by the platform
 * @DRAW_SPARSE: mapped here and there
 * @DRAW_MAPPED: mapped
 */
enum draw_kind {
	DRAW_CLOSED,
	DRAW_FREE,
	DRAW_RESERVED,
	DRAW_SPARSE,
	DRAW_MAPPED,
	DRAW_KINDS,
};

/**
 * struct draw_range - A range to be drawn
 * @first: first address
 * @last: last address, inclusive
 * @kind: what it is
 * @name: what to write beside it
 */
struct draw_range {
	uint64_t first;
	uint64_t last;
	enum draw_kind kind;
	const char *name;
};

/*
 * The part of [first, last] that begins at @first and shows one range, which its other
 * members are of.
 */
struct draw_range draw_next(uint64_t first, uint64_t last,
			    const struct draw_range *ranges, size_t count);

/* Its bytes; the whole 64-bit space has one more than can be counted. */
uint64_t draw_length(const struct draw_range *range);

/* How wide the page is that is drawn on; narrower boxes leave room for their names. */
void draw_columns(unsigned int columns);

/* Draws [first, last], from the lowest address down; the ranges can come in any order. */
void draw_space(uint64_t first, uint64_t last, const struct draw_range *ranges,
		size_t count);

#endif
