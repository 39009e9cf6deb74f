// SPDX-License-Identifier: GPL-2.0-only
/*
 * "space map": draws a space, on the terminal or into an SVG file. What is mapped and what
 * can be is from fdinfo; why the rest cannot be is from the groups of its devices. Called
 * by main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "group.h"
#include "document.h"
#include "space.h"
#include "svg.h"
#include "term.h"

#define MAP_NAME	64

/* Ranges to be drawn; their names are kept beside them. */
struct map {
	struct draw_range *ranges;
	char (*names)[MAP_NAME];
	size_t count;
	size_t room;
	uint64_t last;
};

static void map_add(struct map *map, struct json_object *range, enum draw_kind kind,
		    const char *name)
{
	if (map->count == map->room)
		return;
	snprintf(map->names[map->count], MAP_NAME, "%s", name);
	map->ranges[map->count] = (struct draw_range){
		j_number(range, "first"), j_number(range, "last"), kind,
		map->names[map->count] };
	map->count++;
}

static void map_add_free(struct map *map, struct json_object *ranges)
{
	size_t i;

	for (i = 0; i < j_length(ranges); i++) {
		map_add(map, j_at(ranges, i), DRAW_FREE, "free");
		map->last = j_number(j_at(ranges, i), "last");
	}
}

static void map_add_mapped(struct map *map, struct json_object *extents)
{
	char name[MAP_NAME];
	size_t i;

	for (i = 0; i < j_length(extents); i++) {
		struct json_object *extent = j_at(extents, i);
		uint64_t areas = j_number(extent, "areas");
		uint64_t mapped = j_number(extent, "mapped");
		bool whole = j_number(extent, "last") - j_number(extent, "first") == mapped - 1;

		if (areas == 1)
			snprintf(name, sizeof(name), "mapped");
		else if (whole)
			snprintf(name, sizeof(name), "%ju mappings", (uintmax_t)areas);
		else
			snprintf(name, sizeof(name), "%ju mappings, %s", (uintmax_t)areas,
				 ui_size(mapped));
		map_add(map, extent, whole ? DRAW_MAPPED : DRAW_SPARSE, name);
	}
}

static const char *map_reserved_name(const char *kind)
{
	if (strstr(kind, "msi"))
		return "reserved: interrupts (MSI)";
	if (!strncmp(kind, "direct", 6))
		return "reserved: firmware";
	return "reserved";
}

static void map_add_reserved(struct map *map, struct json_object *reserved)
{
	size_t i;

	for (i = 0; i < j_length(reserved); i++) {
		struct json_object *region = j_at(reserved, i);

		map_add(map, region, DRAW_RESERVED,
			map_reserved_name(j_text(region, "kind")));
	}
}

/* What the groups of the attached devices reserve. */
static struct json_object *map_reserved(struct json_object *space)
{
	struct json_object *attached = j_get(space, "attached"), *group, *regions;
	struct json_object *reserved = json_object_new_array();
	size_t i, k;

	for (i = 0; i < j_length(attached); i++) {
		char name[IOL_NAME_LEN];
		int id;

		snprintf(name, sizeof(name), "%s", json_object_get_string(j_at(attached, i)));
		name[strcspn(name, "#")] = '\0';
		id = group_of(name);
		if (id < 0)
			continue;
		group = group_describe(id);
		regions = j_get(group, "reserved");
		for (k = 0; k < j_length(regions); k++)
			json_object_array_add(reserved, json_object_get(j_at(regions, k)));
		json_object_put(group);
	}
	return reserved;
}

static bool map_make(struct map *map, struct json_object *space)
{
	map->room = j_length(j_get(space, "ranges")) + j_length(j_get(space, "extents")) +
		    j_length(j_get(space, "reserved"));
	map->ranges = calloc(map->room + 1, sizeof(*map->ranges));
	map->names = calloc(map->room + 1, sizeof(*map->names));
	if (!map->ranges || !map->names)
		return false;
	map_add_free(map, j_get(space, "ranges"));
	map_add_reserved(map, j_get(space, "reserved"));
	map_add_mapped(map, j_get(space, "extents"));
	return map->count;
}

static void map_free(struct map *map)
{
	free(map->ranges);
	free(map->names);
}

static int map_write(struct ctl_call *call, struct json_object *doc, const char *path)
{
	struct json_object *space = j_get(doc, "space");
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	struct map map = { 0 };
	char title[128];
	bool drawn;
	int err;

	if (!file)
		return ctl_fail(call, CTL_FAILED, NULL, "cannot write %s: %m", path);
	snprintf(title, sizeof(title), "Space %s of %s", j_text(space, "name"),
		 j_text(j_get(doc, "process"), "command"));
	drawn = map_make(&map, space);
	if (drawn)
		svg_space(file, title, map.last, map.ranges, map.count);
	map_free(&map);
	err = ferror(file) ? EIO : 0;
	if (file == stdout ? fflush(file) : fclose(file))
		err = errno;
	if (err)
		return ctl_fail(call, CTL_FAILED, NULL, "cannot write %s: %s", path,
				strerror(err));
	j_str(call->doc, "svg", "%s", path);
	return CTL_OK;
}

int ctl_space_map(struct ctl_call *call)
{
	struct json_object *contexts = space_contexts(), *context, *space;
	int status = space_find(call, contexts, &context, &space);

	if (!status && call->json && call->values[0] && !strcmp(call->values[0], "-"))
		status = ctl_fail(call, CTL_USAGE, "name a file, or leave --json away",
				  "a picture and a document cannot both be on the output");
	if (!status && !j_has(space, "ranges"))
		status = ctl_fail(call, CTL_UNAVAILABLE, "ioasidctl space show has the figures",
				  "this module does not tell the layout of a space");
	if (!status) {
		space_document(call, context, space);
		json_object_object_add(space, "reserved", map_reserved(space));
		if (call->values[0])
			status = map_write(call, call->doc, call->values[0]);
	}
	json_object_put(contexts);
	return status;
}

void ctl_space_map_print(struct json_object *doc)
{
	struct json_object *space = j_get(doc, "space");
	struct map map = { 0 };

	if (j_has(doc, "svg")) {
		if (strcmp(j_text(doc, "svg"), "-"))
			printf("%s is written.\n", j_text(doc, "svg"));
		return;
	}
	printf("%sSpace %s of %s%s: %s in %ju %s, not to scale\n", ui_tint(UI_BOLD),
	       j_text(space, "name"), j_text(j_get(doc, "process"), "command"), ui_off(),
	       ui_size(j_number(space, "mapped")), (uintmax_t)j_number(space, "areas"),
	       j_number(space, "areas") == 1 ? "mapping" : "mappings");
	if (map_make(&map, space)) {
		draw_columns(term_width());
		draw_space(0, map.last, map.ranges, map.count);
	} else {
		puts("Nothing can be mapped in it.");
	}
	map_free(&map);
}
