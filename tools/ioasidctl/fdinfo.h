/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the format of docs/fdinfo.md.
 */
#ifndef IOASIDCTL_FDINFO_H
#define IOASIDCTL_FDINFO_H

#include <stdbool.h>

#include <json-c/json.h>

/*
 * Adds what the fdinfo of a context says; false if it is none, or gone. Lines and keys
 * that are not known become members like the others.
 */
bool fdinfo_read(struct json_object *context, unsigned int pid, unsigned int fd);

#endif
