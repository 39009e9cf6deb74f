/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spaces of all processes, and finding one of them.
 */
#ifndef IOASIDCTL_SPACE_H
#define IOASIDCTL_SPACE_H

#include "ctl.h"

/* All contexts, whose spaces have names and devices; the caller puts it. */
struct json_object *space_contexts(void);

/* The space that the first argument names; returns an enum ctl_status. */
int space_find(struct ctl_call *call, struct json_object *contexts,
	       struct json_object **context, struct json_object **space);

/* Puts a space, and what is to be known of its process, in the document. */
void space_document(struct ctl_call *call, struct json_object *context,
		    struct json_object *space);

#endif
