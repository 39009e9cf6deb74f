// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a command says beside its document: failures with their advice, notes, and the
 * document itself as JSON. Called by every command and main.c.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "document.h"
#include "term.h"
#include "ui.h"

/**
 * ctl_fail() - A command cannot do what it was told
 * @call: the command
 * @status: what kind of failure
 * @advice: what to do about it; NULL if there is nothing to say
 * @format: what, and why
 *
 * Return: @status.
 */
int ctl_fail(struct ctl_call *call, enum ctl_status status, const char *advice,
	     const char *format, ...)
{
	struct json_object *error = j_object(call->doc, "error");
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	j_num(error, "status", status);
	j_str(error, "message", "%s", text ? text : "no memory");
	if (advice)
		j_str(error, "advice", "%s", advice);
	free(text);
	return status;
}

/**
 * ctl_fail_library() - A call of libioasid failed
 * @call: the command
 * @err: what it returned
 *
 * The library's sentence has the advice in it.
 *
 * Return: an enum ctl_status.
 */
int ctl_fail_library(struct ctl_call *call, int err)
{
	struct json_object *error;

	ctl_fail(call, CTL_FAILED, NULL, "%s", ioasid_last_error());
	error = j_get(call->doc, "error");
	j_num(error, "errno", -err);
	if (ioasid_last_reason())
		j_str(error, "reason", "%s",
		      ioasid_reason_name(ioasid_last_reason()));
	return CTL_FAILED;
}

/**
 * ctl_note() - Say what does not belong in the document's data
 * @call: the command
 * @format: a sentence
 */
void ctl_note(struct ctl_call *call, const char *format, ...)
{
	struct json_object *notes = j_get(call->doc, "notes");
	va_list args;
	char *text;

	if (!notes)
		notes = j_array(call->doc, "notes");
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		j_append_str(notes, "%s", text);
	free(text);
}

/**
 * ctl_print_json() - Print a document
 * @call: the command
 * @doc: the document
 */
void ctl_print_json(struct ctl_call *call, struct json_object *doc)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (call->pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(json_object_to_json_string_ext(doc, flags));
}

/**
 * ctl_print_notes() - Print the notes of a document, for people
 * @doc: the document
 */
void ctl_print_notes(struct json_object *doc)
{
	struct json_object *notes = j_get(doc, "notes");
	size_t i;

	if (j_length(notes))
		putchar('\n');
	for (i = 0; i < j_length(notes); i++)
		term_paragraph(0, UI_DIM, json_object_get_string(j_at(notes, i)));
}
