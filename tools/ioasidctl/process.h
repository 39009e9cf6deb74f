/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What processes have open, as far as this one may look.
 */
#ifndef IOASIDCTL_PROCESS_H
#define IOASIDCTL_PROCESS_H

#include <json-c/json.h>

/* Adds {pid, command} of each process that has /dev/vfio/GROUP open. */
void process_group_users(struct json_object *array, unsigned int group);

/*
 * The contexts of all processes, with what their fdinfo says: an array of {pid, command,
 * fd, uapi, devices, spaces, memories}. The caller puts it.
 */
struct json_object *process_contexts(void);

/* Processes that could not be looked into; root sees all. */
unsigned int process_hidden(void);

#endif
