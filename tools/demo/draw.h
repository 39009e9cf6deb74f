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
 * @DRAW_MAPPED: mapped
 */
enum draw_kind {
	DRAW_CLOSED,
	DRAW_FREE,
	DRAW_RESERVED,
	DRAW_MAPPED,
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

/* Draws [first, last], from the lowest address down; the ranges can come in any order. */
void draw_space(uint64_t first, uint64_t last, const struct draw_range *ranges,
		size_t count);

#endif
