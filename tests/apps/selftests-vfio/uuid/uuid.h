/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one function of libuuid that the kernel's VFIO tests use. Instead of the
 * library, which a build root need not have.
 */
#ifndef IOASID_APPS_UUID_H
#define IOASID_APPS_UUID_H

#include <stdio.h>

typedef unsigned char uuid_t[16];

static inline int uuid_parse(const char *text, uuid_t uuid)
{
	int byte, length;

	for (byte = 0; byte < 16; byte++) {
		if (byte == 4 || byte == 6 || byte == 8 || byte == 10)
			text += *text == '-';
		if (sscanf(text, "%2hhx%n", &uuid[byte], &length) != 1)
			return -1;
		text += length;
	}
	return *text ? -1 : 0;
}

#endif
