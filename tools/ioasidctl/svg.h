/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The picture of an I/O address space as SVG.
 */
#ifndef IOASIDCTL_SVG_H
#define IOASIDCTL_SVG_H

#include <stdint.h>
#include <stdio.h>

#include "draw.h"

/* Draws addresses from 0 to @last. */
void svg_space(FILE *file, const char *title, uint64_t last,
	       const struct draw_range *ranges, size_t count);

#endif
