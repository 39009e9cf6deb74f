/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the demo talks: steps, facts, verdicts, in colour and line drawing where the
 * terminal has them. Every line goes out at once, so that a person can follow.
 */
#ifndef IOASID_DEMO_UI_H
#define IOASID_DEMO_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UI_PRINTF(text, args) \
	__attribute__(( \
		format(printf, text, args)))

/**
 * enum ui_choice - An option that has a sensible default
 * @UI_AUTO: as the terminal can
 * @UI_ALWAYS: yes
 * @UI_NEVER: no
 */
enum ui_choice {
	UI_AUTO,
	UI_ALWAYS,
	UI_NEVER,
};

enum ui_tint {
	UI_PLAIN,
	UI_BOLD,
	UI_DIM,
	UI_RED,
	UI_GREEN,
	UI_YELLOW,
	UI_BLUE,
};

/* Columns that fit every terminal, and how far text is indented. */
#define UI_COLUMNS	78
#define UI_INDENT	3

/* Decides once for all output of this program. */
void ui_setup(enum ui_choice colour, enum ui_choice utf8);
bool ui_utf8(void);

/* The escape sequence that turns a tint on, "" without colour; ui_off() ends it. */
const char *ui_tint(enum ui_tint tint);
const char *ui_off(void);

/* The heading of the next step, which is bounded in time from here on. */
void ui_step(const char *title);
/* A paragraph, wrapped. */
void ui_say(const char *format, ...) UI_PRINTF(1, 2);
/* A paragraph of somebody else's words, wrapped and set off. */
void ui_quote(const char *text);
/* A named fact. */
void ui_fact(const char *name, const char *format, ...) UI_PRINTF(2, 3);
/* Something that must hold; counted. Returns @held. */
bool ui_check(bool held, const char *format, ...) UI_PRINTF(2, 3);
/* Why the demo cannot go on. */
void ui_fail(const char *format, ...) UI_PRINTF(1, 2);
/* The first bytes of some memory. */
void ui_hex(const char *name, const void *data, size_t size);
/* The closing line. Returns the exit status. */
int ui_close(void);

/* 4096 as "4 KiB". The buffer is the thread's own and lives for four calls. */
const char *ui_size(uint64_t size);

#endif
