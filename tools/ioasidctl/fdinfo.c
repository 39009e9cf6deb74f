// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads /proc/PID/fdinfo of a context, in the format of docs/fdinfo.md. What describes a
 * space ("range", "extent") or a device ("pasid") goes into that. Called by process.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdinfo.h"
#include "document.h"

#define FDINFO_UAPI	"ioasid-uapi"

/* Decimal numbers become numbers; 0x... stays a string, as all addresses. */
static void fdinfo_value(struct json_object *object, const char *key, const char *value)
{
	if (value[0] && !value[strspn(value, "0123456789")])
		j_num(object, key, strtoull(value, NULL, 10));
	else
		j_str(object, key, "%s", value);
}

static void fdinfo_pairs(struct json_object *object, char *text)
{
	char *pair, *equals, *rest = NULL;

	for (pair = strtok_r(text, " \t", &rest); pair;
	     pair = strtok_r(NULL, " \t", &rest)) {
		equals = strchr(pair, '=');
		if (!equals)
			continue;
		*equals = '\0';
		fdinfo_value(object, pair, equals + 1);
	}
}

static struct json_object *fdinfo_find(struct json_object *array, uint64_t id)
{
	size_t i;

	for (i = 0; i < j_length(array); i++)
		if (j_number(j_at(array, i), "id") == id)
			return j_at(array, i);
	return NULL;
}

/* What has no id of its own belongs to what it names: a device, or else a space. */
static struct json_object *fdinfo_owner(struct json_object *context,
					struct json_object *entry)
{
	struct json_object *owner = NULL;

	if (!j_has(entry, "id") && j_has(entry, "device"))
		owner = fdinfo_find(j_get(context, "devices"), j_number(entry, "device"));
	else if (!j_has(entry, "id"))
		owner = fdinfo_find(j_get(context, "spaces"), j_number(entry, "space"));
	return owner ? owner : context;
}

/* Where the lines of a kind are collected. */
static struct json_object *fdinfo_array(struct json_object *context, const char *kind,
					struct json_object *entry)
{
	struct json_object *owner = fdinfo_owner(context, entry), *array;
	char key[2 * IOL_NAME_LEN];

	if (!strcmp(kind, "memory"))
		snprintf(key, sizeof(key), "memories");
	else
		snprintf(key, sizeof(key), "%.64ss", kind);
	array = j_get(owner, key);
	return array ? array : j_array(owner, key);
}

static void fdinfo_line(struct json_object *context, const char *kind, char *rest)
{
	struct json_object *entry, *array;

	/* About the context as a whole. */
	if (!strcmp(kind, "context")) {
		fdinfo_pairs(context, rest);
		return;
	}
	entry = json_object_new_object();
	fdinfo_pairs(entry, rest);
	array = fdinfo_array(context, kind, entry);
	json_object_array_add(array, entry);
}

static bool fdinfo_lines(struct json_object *context, FILE *file)
{
	bool ours = false;
	char line[1024];

	while (fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		line[strcspn(line, "\n")] = '\0';
		if (!colon)
			continue;
		*colon = '\0';
		if (!strcmp(line, FDINFO_UAPI)) {
			ours = true;
			j_num(context, "uapi", strtoul(colon + 1, NULL, 10));
		} else if (ours && strchr(colon + 1, '=')) {
			fdinfo_line(context, line, colon + 1);
		}
	}
	return ours;
}

bool fdinfo_read(struct json_object *context, unsigned int pid, unsigned int fd)
{
	int info = iol_open(O_RDONLY, "/proc/%u/fdinfo/%u", pid, fd);
	FILE *file = info < 0 ? NULL : fdopen(info, "r");
	bool ours;

	if (!file)
		return false;
	j_array(context, "devices");
	j_array(context, "spaces");
	j_array(context, "memories");
	ours = fdinfo_lines(context, file);
	fclose(file);
	return ours;
}
