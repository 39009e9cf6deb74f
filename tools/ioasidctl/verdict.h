/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of findings, each with a verdict and, where it is not good, what to do.
 */
#ifndef IOASIDCTL_VERDICT_H
#define IOASIDCTL_VERDICT_H

#include <json-c/json.h>

#include "internal.h"

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,	/* it works, but not as well as it could */
	VERDICT_UNKNOWN,	/* cannot be seen, for example without root */
	VERDICT_MISSING,	/* it cannot work like this */
};

/* Adds a finding to the document's "checks"; @advice may be NULL. */
struct json_object *verdict_add(struct json_object *doc, const char *name,
				enum verdict verdict, const char *advice,
				const char *format, ...) IOL_PRINTF(5, 6);
/* How many of the findings have this verdict. */
unsigned int verdict_count(struct json_object *doc, enum verdict verdict);
/* Prints the list, and then what to do. */
void verdict_print(struct json_object *doc);

#endif
