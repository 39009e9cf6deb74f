// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of findings, see verdict.h. Called by feature and check.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "term.h"
#include "verdict.h"

#define VERDICT_NAME	14

static const char * const verdict_names[] = {
	[VERDICT_OK] = "ok", [VERDICT_WARNING] = "warning",
	[VERDICT_UNKNOWN] = "unknown", [VERDICT_MISSING] = "missing",
};

static const enum ui_tint verdict_tints[] = {
	[VERDICT_OK] = UI_GREEN, [VERDICT_WARNING] = UI_YELLOW,
	[VERDICT_UNKNOWN] = UI_DIM, [VERDICT_MISSING] = UI_RED,
};

struct json_object *verdict_add(struct json_object *doc, const char *name,
				enum verdict verdict, const char *advice,
				const char *format, ...)
{
	struct json_object *checks = j_get(doc, "checks"), *check;
	va_list args;
	char *text;

	if (!checks)
		checks = j_array(doc, "checks");
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	check = j_append(checks);
	j_str(check, "name", "%s", name);
	j_str(check, "status", "%s", verdict_names[verdict]);
	j_str(check, "text", "%s", text ? text : "");
	if (advice)
		j_str(check, "advice", "%s", advice);
	free(text);
	return check;
}

static enum verdict verdict_of(struct json_object *check)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verdict_names); i++)
		if (!strcmp(j_text(check, "status"), verdict_names[i]))
			return i;
	return VERDICT_UNKNOWN;
}

unsigned int verdict_count(struct json_object *doc, enum verdict verdict)
{
	struct json_object *checks = j_get(doc, "checks");
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < j_length(checks); i++)
		count += verdict_of(j_at(checks, i)) == verdict;
	return count;
}

/* After the sign and a blank, so that names and lines stand below each other. */
static void verdict_line(const char *name, const char *text)
{
	printf("%s%-*s%s ", ui_tint(UI_DIM), VERDICT_NAME, name, ui_off());
	term_wrapped(VERDICT_NAME + 2 + term_sign_width(), text);
}

static void verdict_advise(struct json_object *doc)
{
	struct json_object *checks = j_get(doc, "checks");
	bool any = false;
	size_t i;

	for (i = 0; i < j_length(checks); i++) {
		struct json_object *check = j_at(checks, i);

		if (!j_has(check, "advice"))
			continue;
		if (!any)
			printf("\n%sWhat to do%s\n", ui_tint(UI_BOLD), ui_off());
		any = true;
		term_fact_tinted(VERDICT_NAME + 2 + term_sign_width(),
				 verdict_tints[verdict_of(check)], j_text(check, "name"),
				 j_text(check, "advice"));
	}
}

void verdict_print(struct json_object *doc)
{
	struct json_object *checks = j_get(doc, "checks");
	size_t i;

	for (i = 0; i < j_length(checks); i++) {
		struct json_object *check = j_at(checks, i);

		term_sign(verdict_tints[verdict_of(check)]);
		putchar(' ');
		verdict_line(j_text(check, "name"), j_text(check, "text"));
	}
	verdict_advise(doc);
}
