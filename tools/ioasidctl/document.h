/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short ways to write and read JSON objects. Reading what is not there gives NULL, "", 0
 * or false, so that who prints needs no checks of his own.
 */
#ifndef IOASIDCTL_DOCUMENT_H
#define IOASIDCTL_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "internal.h"

void j_str(struct json_object *object, const char *key, const char *format, ...)
	IOL_PRINTF(3, 4);
void j_num(struct json_object *object, const char *key, uint64_t number);
void j_bool(struct json_object *object, const char *key, bool value);
/* An address or a register: a string, because JSON's readers round large numbers. */
void j_hex(struct json_object *object, const char *key, uint64_t number);
void j_null(struct json_object *object, const char *key);
struct json_object *j_object(struct json_object *object, const char *key);
struct json_object *j_array(struct json_object *object, const char *key);
/* A new object at the end of an array. */
struct json_object *j_append(struct json_object *array);
void j_append_str(struct json_object *array, const char *format, ...) IOL_PRINTF(2, 3);

struct json_object *j_get(struct json_object *object, const char *key);
const char *j_text(struct json_object *object, const char *key);
uint64_t j_number(struct json_object *object, const char *key);
bool j_true(struct json_object *object, const char *key);
bool j_has(struct json_object *object, const char *key);
size_t j_length(struct json_object *array);
struct json_object *j_at(struct json_object *array, size_t index);
/* The strings of an array, with commas; the buffer lives until the next call. */
const char *j_join(struct json_object *array);

#endif
