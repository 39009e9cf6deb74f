// SPDX-License-Identifier: GPL-2.0-only
/*
 * "space list" and "space show": the I/O address spaces of all processes, as fdinfo
 * tells. A space is named PID:ID, or PID/FD:ID where a process has several contexts.
 * Called by main.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "document.h"
#include "process.h"
#include "space.h"
#include "term.h"

#define SPACE_COLUMN	13

#define SPACE_LOAD \
	"it is not loaded: ioasidctl module load"

static bool space_many(struct json_object *contexts, struct json_object *context)
{
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < j_length(contexts); i++)
		count += j_number(j_at(contexts, i), "pid") == j_number(context, "pid");
	return count > 1;
}

static void space_name(struct json_object *contexts, struct json_object *context,
		       struct json_object *space)
{
	uintmax_t pid = j_number(context, "pid"), id = j_number(space, "id");

	if (space_many(contexts, context))
		j_str(space, "name", "%ju/%ju:%ju", pid,
		      (uintmax_t)j_number(context, "fd"), id);
	else
		j_str(space, "name", "%ju:%ju", pid, id);
}

/* A device may be there with some of its PASIDs only: "0000:00:04.0#7". */
static void space_pasids(struct json_object *device, struct json_object *space,
			 struct json_object *attached)
{
	struct json_object *pasids = j_get(device, "pasids");
	size_t i;

	for (i = 0; i < j_length(pasids); i++)
		if (j_number(j_at(pasids, i), "space") == j_number(space, "id"))
			j_append_str(attached, "%s#%ju", j_text(device, "name"),
				     (uintmax_t)j_number(j_at(pasids, i), "pasid"));
}

/* The devices of the context that are attached to the space. */
static void space_devices(struct json_object *context, struct json_object *space)
{
	struct json_object *devices = j_get(context, "devices");
	struct json_object *attached = j_array(space, "attached");
	size_t i;

	for (i = 0; i < j_length(devices); i++) {
		struct json_object *device = j_at(devices, i);

		if (j_number(device, "space") == j_number(space, "id"))
			j_append_str(attached, "%s", j_text(device, "name"));
		space_pasids(device, space, attached);
	}
}

static void space_complete(struct json_object *contexts)
{
	size_t i, k;

	for (i = 0; i < j_length(contexts); i++) {
		struct json_object *context = j_at(contexts, i);
		struct json_object *spaces = j_get(context, "spaces");

		for (k = 0; k < j_length(spaces); k++) {
			space_name(contexts, context, j_at(spaces, k));
			space_devices(context, j_at(spaces, k));
		}
	}
}

struct json_object *space_contexts(void)
{
	struct json_object *contexts = process_contexts();

	space_complete(contexts);
	return contexts;
}

/* There can be none without the module; that is another thing than that there is none. */
static int space_check_module(struct ctl_call *call, struct json_object *contexts)
{
	if (j_length(contexts) || iol_exists("/sys/module/" CTL_MODULE))
		return CTL_OK;
	return ctl_fail(call, CTL_UNAVAILABLE, SPACE_LOAD,
			"no spaces without the module " CTL_MODULE);
}

int ctl_space_list(struct ctl_call *call)
{
	struct json_object *contexts = space_contexts();
	int status;

	json_object_object_add(call->doc, "contexts", contexts);
	status = space_check_module(call, contexts);
	if (!status && process_hidden())
		ctl_note(call,
			 "Only root sees the spaces of other users' processes (not looked into: %u).",
			 process_hidden());
	return status;
}

static void space_list_row(struct table *table, struct json_object *context,
			   struct json_object *space, bool first)
{
	struct json_object *attached = j_get(space, "attached");
	bool pinned = j_has(context, "pinned");

	table_cell(table, UI_BOLD, "%s", j_text(space, "name"));
	table_cell(table, UI_PLAIN, "%s", j_text(context, "command"));
	table_cell(table, UI_PLAIN, "%ju", (uintmax_t)j_number(space, "areas"));
	table_cell(table, UI_PLAIN, "%s", ui_size(j_number(space, "mapped")));
	table_cell(table, pinned && first ? UI_PLAIN : UI_DIM, "%s",
		   !pinned ? "?" : first ? ui_size(j_number(context, "pinned")) : "\"");
	table_cell(table, UI_PLAIN, "%ju", (uintmax_t)j_number(space, "1G"));
	table_cell(table, UI_PLAIN, "%ju", (uintmax_t)j_number(space, "2M"));
	table_cell(table, UI_PLAIN, "%ju", (uintmax_t)j_number(space, "4K"));
	table_cell(table, j_length(attached) ? UI_GREEN : UI_DIM, "%s",
		   j_length(attached) ? j_join(attached) : "none");
}

void ctl_space_list_print(struct json_object *doc)
{
	static const char * const heads[] = {
		"SPACE", "PROCESS", ">MAPPINGS", ">MAPPED", ">PINNED", ">1G", ">2M", ">4K",
		"DEVICES", NULL };
	struct json_object *contexts = j_get(doc, "contexts");
	struct table *table = table_new(heads);
	unsigned int rows = 0;
	size_t i, k;

	for (i = 0; i < j_length(contexts); i++) {
		struct json_object *context = j_at(contexts, i);
		struct json_object *spaces = j_get(context, "spaces");

		for (k = 0; k < j_length(spaces); k++, rows++)
			space_list_row(table, context, j_at(spaces, k), !k);
	}
	if (rows)
		table_print(table);
	else
		puts("No process has a space.");
}

/* Reads PID[/FD][:ID]; what is not there is -1. */
static bool space_parse(const char *text, long long *pid, long long *fd, long long *id)
{
	char *end;

	*fd = -1;
	*id = -1;
	if (text[strspn(text, "0123456789/:")] || text[0] == '/' || text[0] == ':')
		return false;
	*pid = strtoll(text, &end, 10);
	if (*end == '/')
		*fd = strtoll(end + 1, &end, 10);
	if (*end == ':')
		*id = strtoll(end + 1, &end, 10);
	return !*end;
}

static bool space_is_meant(struct json_object *context, struct json_object *space,
			   long long pid, long long fd, long long id)
{
	return j_number(context, "pid") == (uint64_t)pid &&
	       (fd < 0 || j_number(context, "fd") == (uint64_t)fd) &&
	       (id < 0 || j_number(space, "id") == (uint64_t)id);
}

struct space_found {
	struct json_object *context;
	struct json_object *space;
	unsigned int count;
};

static void space_take(struct space_found *found, struct json_object *context,
		       struct json_object *space)
{
	found->context = context;
	found->space = space;
	found->count++;
}

/* Of several, the only one with a device is meant. */
static struct space_found space_look(struct json_object *contexts, long long pid,
				     long long fd, long long id)
{
	struct space_found found = { 0 }, attached = { 0 };
	size_t i, k;

	for (i = 0; i < j_length(contexts); i++) {
		struct json_object *context = j_at(contexts, i);
		struct json_object *spaces = j_get(context, "spaces");

		for (k = 0; k < j_length(spaces); k++) {
			struct json_object *space = j_at(spaces, k);

			if (!space_is_meant(context, space, pid, fd, id))
				continue;
			space_take(&found, context, space);
			if (j_length(j_get(space, "attached")))
				space_take(&attached, context, space);
		}
	}
	return attached.count == 1 ? attached : found;
}

int space_find(struct ctl_call *call, struct json_object *contexts,
	       struct json_object **context, struct json_object **space)
{
	const char *advice = process_hidden() ?
		"ioasidctl space list shows those there are; only root sees all" :
		"ioasidctl space list shows those there are";
	struct space_found found;
	long long pid, fd, id;
	int status;

	if (!space_parse(call->argv[0], &pid, &fd, &id))
		return ctl_fail(call, CTL_USAGE, advice,
				"'%s' does not name a space: PID:ID, or PID alone",
				call->argv[0]);
	status = space_check_module(call, contexts);
	if (status)
		return status;
	found = space_look(contexts, pid, fd, id);
	if (!found.count)
		return ctl_fail(call, CTL_FAILED, advice, "there is no space %s",
				call->argv[0]);
	if (found.count > 1)
		return ctl_fail(call, CTL_FAILED, advice, "%s could be any of %u spaces",
				call->argv[0], found.count);
	*context = found.context;
	*space = found.space;
	return CTL_OK;
}

/* The context without its lists, and the space in it. */
void space_document(struct ctl_call *call, struct json_object *context,
		    struct json_object *space)
{
	struct json_object *process = j_object(call->doc, "process");

	j_num(process, "pid", j_number(context, "pid"));
	j_num(process, "fd", j_number(context, "fd"));
	j_str(process, "command", "%s", j_text(context, "command"));
	if (j_has(context, "pinned"))
		j_num(process, "pinned", j_number(context, "pinned"));
	if (j_has(context, "shared_with"))
		json_object_object_add(process, "shared_with",
				       json_object_get(j_get(context, "shared_with")));
	json_object_object_add(call->doc, "space", json_object_get(space));
}

int ctl_space_show(struct ctl_call *call)
{
	struct json_object *contexts = space_contexts(), *context, *space;
	int status = space_find(call, contexts, &context, &space);

	if (!status)
		space_document(call, context, space);
	json_object_put(contexts);
	return status;
}

static void space_show_histogram(struct json_object *space)
{
	static const char * const sizes[] = { "1G", "2M", "4K" };
	static const uint64_t bytes[] = { 1ull << 30, 1ull << 21, 1ull << 12 };
	uint64_t mapped = j_number(space, "mapped");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t count = j_number(space, sizes[i]), part = count * bytes[i];
		unsigned int percent = mapped ? part * 100.0 / mapped + .5 : 0, bar;

		printf("%s%-*s%s %s %10ju %3u%% ", ui_tint(UI_DIM), SPACE_COLUMN - 1,
		       i ? "" : "page sizes", ui_off(), sizes[i], (uintmax_t)count,
		       percent);
		printf("%s", ui_tint(UI_GREEN));
		for (bar = 0; bar < (percent + 2) / 4; bar++)
			fputs(ui_utf8() ? "█" : "#", stdout);
		printf("%s\n", ui_off());
	}
}

static void space_show_ranges(struct json_object *space, const char *key, const char *name)
{
	struct json_object *array = j_get(space, key);
	size_t i;

	for (i = 0; i < j_length(array); i++) {
		struct json_object *range = j_at(array, i);
		uint64_t size = j_number(range, "last") - j_number(range, "first");

		size += size != UINT64_MAX;
		if (j_has(range, "mapped"))
			term_fact(SPACE_COLUMN, i ? "" : name, "%s-%s  %s in %ju %s",
				  j_text(range, "first"), j_text(range, "last"),
				  ui_size(j_number(range, "mapped")),
				  (uintmax_t)j_number(range, "areas"),
				  j_number(range, "areas") == 1 ? "mapping" : "mappings");
		else
			term_fact(SPACE_COLUMN, i ? "" : name, "%s-%s  %s",
				  j_text(range, "first"), j_text(range, "last"),
				  ui_size(size));
	}
}

static void space_show_shared(struct json_object *process)
{
	struct json_object *others = j_get(process, "shared_with");
	size_t i;

	for (i = 0; i < j_length(others); i++)
		term_fact(SPACE_COLUMN, i ? "" : "also open in", "%s (%ju)",
			  j_text(j_at(others, i), "command"),
			  (uintmax_t)j_number(j_at(others, i), "pid"));
}

void ctl_space_show_print(struct json_object *doc)
{
	struct json_object *process = j_get(doc, "process"), *space = j_get(doc, "space");
	struct json_object *attached = j_get(space, "attached");

	printf("%s%s%s  %s\n", ui_tint(UI_BOLD), j_text(space, "name"), ui_off(),
	       j_text(process, "command"));
	term_fact(SPACE_COLUMN, "devices", "%s",
		  j_length(attached) ? j_join(attached) : "none is attached");
	term_fact(SPACE_COLUMN, "mapped", "%s in %ju %s", ui_size(j_number(space, "mapped")),
		  (uintmax_t)j_number(space, "areas"),
		  j_number(space, "areas") == 1 ? "mapping" : "mappings");
	term_fact(SPACE_COLUMN, "shared", "%s", ui_size(j_number(space, "shared")));
	if (j_has(process, "pinned"))
		term_fact(SPACE_COLUMN, "pinned", "%s by all of its context",
			  ui_size(j_number(process, "pinned")));
	if (j_number(space, "granule"))
		term_fact(SPACE_COLUMN, "granule", "%s", ui_size(j_number(space, "granule")));
	space_show_histogram(space);
	space_show_ranges(space, "ranges", "mappable");
	space_show_ranges(space, "extents", "mapped at");
	space_show_shared(process);
}
