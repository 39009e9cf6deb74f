// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names in a directory of the machine. Called by all that look around.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static int names_add(const char *name, void *data)
{
	struct names *names = data;
	char **list = reallocarray(names->name, names->count + 1, sizeof(*list));

	if (!list)
		return 1;
	names->name = list;
	list[names->count] = strdup(name);
	if (!list[names->count])
		return 1;
	names->count++;
	return 0;
}

static int names_compare(const void *first, const void *second)
{
	return strverscmp(*(char * const *)first, *(char * const *)second);
}

struct names names_of(const char *format, ...)
{
	struct names names = { 0 };
	char path[PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	iol_list(names_add, &names, "%s", path);
	if (names.count)
		qsort(names.name, names.count, sizeof(*names.name), names_compare);
	return names;
}

/* Bytes of a character of UTF-8 that can be printed; 0 if it is none. */
static size_t names_character(const unsigned char *text)
{
	size_t length = 1, i;

	if (text[0] < 0x80)
		return text[0] >= ' ' && text[0] != 0x7f;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		length = 2;
	else if (text[0] >= 0xe1 && text[0] <= 0xec)
		length = 3;
	for (i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Those below U+00A0 are for terminals, too. */
	if (text[0] == 0xc2 && text[1] < 0xa0)
		return 0;
	return length > 1 ? length : 0;
}

void names_clean(char *text)
{
	while (*text) {
		size_t length = names_character((unsigned char *)text);

		if (!length)
			*text = '?';
		text += length ? length : 1;
	}
}

void names_free(struct names *names)
{
	while (names->count)
		free(names->name[--names->count]);
	free(names->name);
	names->name = NULL;
}
