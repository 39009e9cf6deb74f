/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names in a directory, sorted as people count: 2 before 10. And names that others
 * have chosen.
 */
#ifndef IOASIDCTL_NAMES_H
#define IOASIDCTL_NAMES_H

#include <stddef.h>

#include "internal.h"

struct names {
	char **name;
	size_t count;
};

/* Those without a dot in front; none if there is no such directory. */
struct names names_of(const char *format, ...) IOL_PRINTF(1, 2);
void names_free(struct names *names);

/*
 * A process can have any name: makes one harmless for terminals, and valid UTF-8, which
 * JSON wants.
 */
void names_clean(char *text);

#endif
