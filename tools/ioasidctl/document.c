// SPDX-License-Identifier: GPL-2.0-only
/*
 * Short ways to write and read JSON objects, see document.h. Called by every command.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

static struct json_object *j_format(const char *format, va_list args)
{
	struct json_object *string;
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return NULL;
	string = json_object_new_string(text);
	free(text);
	return string;
}

void j_str(struct json_object *object, const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	json_object_object_add(object, key, j_format(format, args));
	va_end(args);
}

void j_num(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void j_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void j_hex(struct json_object *object, const char *key, uint64_t number)
{
	j_str(object, key, "0x%jx", (uintmax_t)number);
}

void j_null(struct json_object *object, const char *key)
{
	json_object_object_add(object, key, NULL);
}

struct json_object *j_object(struct json_object *object, const char *key)
{
	struct json_object *child = json_object_new_object();

	json_object_object_add(object, key, child);
	return child;
}

struct json_object *j_array(struct json_object *object, const char *key)
{
	struct json_object *child = json_object_new_array();

	json_object_object_add(object, key, child);
	return child;
}

struct json_object *j_append(struct json_object *array)
{
	struct json_object *child = json_object_new_object();

	json_object_array_add(array, child);
	return child;
}

void j_append_str(struct json_object *array, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	json_object_array_add(array, j_format(format, args));
	va_end(args);
}

struct json_object *j_get(struct json_object *object, const char *key)
{
	struct json_object *child = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &child);
	return child;
}

const char *j_text(struct json_object *object, const char *key)
{
	struct json_object *child = j_get(object, key);

	return json_object_is_type(child, json_type_string) ?
		json_object_get_string(child) : "";
}

uint64_t j_number(struct json_object *object, const char *key)
{
	struct json_object *child = j_get(object, key);

	if (json_object_is_type(child, json_type_string))
		return strtoull(json_object_get_string(child), NULL, 0);
	return json_object_get_uint64(child);
}

bool j_true(struct json_object *object, const char *key)
{
	return json_object_get_boolean(j_get(object, key));
}

bool j_has(struct json_object *object, const char *key)
{
	return j_get(object, key);
}

size_t j_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ?
		json_object_array_length(array) : 0;
}

struct json_object *j_at(struct json_object *array, size_t index)
{
	return json_object_array_get_idx(array, index);
}

const char *j_join(struct json_object *array)
{
	static char text[1024];
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < j_length(array) && used < sizeof(text); i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s",
				 i ? ", " : "",
				 json_object_get_string(j_at(array, i)));
	return text;
}
