/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for a terminal: its width, wrapped paragraphs, named facts, tables.
 */
#ifndef IOASIDCTL_TERM_H
#define IOASIDCTL_TERM_H

#include <stddef.h>
#include <stdio.h>

#include "internal.h"
#include "ui.h"

/* Columns of the terminal; those of a usual one if the output goes elsewhere. */
unsigned int term_width(void);

/* A paragraph that is wrapped, each line indented. */
void term_paragraph(unsigned int indent, enum ui_tint tint, const char *text);

/* "name  value", with @name in a column of that width, and the value wrapped. */
void term_fact(unsigned int column, const char *name, const char *format, ...)
	IOL_PRINTF(3, 4);

/* The same, with the name in another tint. */
void term_fact_tinted(unsigned int column, enum ui_tint tint, const char *name,
		      const char *text);

/* Text that goes on in lines that begin in that column, where it begins too. */
void term_wrapped(unsigned int column, const char *text);

/* A sign for a verdict: as wide as term_sign_width() says. */
void term_sign(enum ui_tint tint);
unsigned int term_sign_width(void);

#define TABLE_COLUMNS	10

struct table;

/* @heads end with NULL. A head that begins with '>' is of a column of numbers. */
struct table *table_new(const char * const *heads);
/* The next cell, in rows from left to right. */
void table_cell(struct table *table, enum ui_tint tint, const char *format, ...)
	IOL_PRINTF(3, 4);
/* Prints and frees it. */
void table_print(struct table *table);

#endif
