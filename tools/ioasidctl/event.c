// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's tracepoints as text and as JSON. New events and new fields are shown as
 * they are. Called by monitor.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "document.h"
#include "event.h"
#include "names.h"
#include "term.h"

#define EVENT_SYSTEM	"ioasid_"
#define EVENT_MARK	": " EVENT_SYSTEM
#define EVENT_NAME	10
#define EVENT_WHO	16

static const char * const event_names[EVENT_KINDS] = {
	[EVENT_MAP] = "map", [EVENT_UNMAP] = "unmap", [EVENT_ATTACH] = "attach",
	[EVENT_DETACH] = "detach", [EVENT_FAULT] = "fault", [EVENT_OTHER] = "other",
};

static const char *event_get(const struct event *event, const char *key)
{
	unsigned int i;

	for (i = 0; i < event->count; i++)
		if (!strcmp(event->keys[i], key))
			return event->values[i];
	return NULL;
}

static uint64_t event_number(const struct event *event, const char *key)
{
	const char *value = event_get(event, key);

	return value ? strtoull(value, NULL, 0) : 0;
}

static int event_result(const struct event *event)
{
	const char *value = event_get(event, "result");

	return value ? atoi(value) : 0;
}

static enum event_kind event_kind(const struct event *event)
{
	unsigned int kind;

	for (kind = 0; kind < EVENT_OTHER; kind++)
		if (!strcmp(event->name, event_names[kind]))
			break;
	return kind;
}

static void event_fields(struct event *event, char *text)
{
	char *pair, *equals, *rest = NULL;

	for (pair = strtok_r(text, " ", &rest); pair && event->count < EVENT_FIELDS;
	     pair = strtok_r(NULL, " ", &rest)) {
		equals = strchr(pair, '=');
		if (!equals)
			continue;
		*equals = '\0';
		event->keys[event->count] = pair;
		event->values[event->count++] = equals + 1;
	}
}

/* The kernel remembers the names of the last processes that ran, not of all. */
static void event_find_process(struct event *event)
{
	static const char forgotten[] = "<...>-";
	const char *pid = event->process + strlen(forgotten);
	char command[EVENT_PROCESS / 2];

	if (strncmp(event->process, forgotten, strlen(forgotten)) ||
	    iol_read_line(command, sizeof(command), "/proc/%.12s/comm", pid) ||
	    !command[0])
		return;
	names_clean(command);
	snprintf(event->found, sizeof(event->found), "%s-%.12s", command, pid);
	event->process = event->found;
}

/* "   name-pid   [cpu] flags  time: ioasid_event: key=value ..." */
bool event_parse(struct event *event, const char *line)
{
	char *mark, *colon, *cpu;

	snprintf(event->text, sizeof(event->text), "%s", line);
	names_clean(event->text);
	event->count = 0;
	mark = strstr(event->text, EVENT_MARK);
	cpu = strstr(event->text, " [");
	colon = mark ? strchr(mark + strlen(EVENT_MARK), ':') : NULL;
	if (!colon || !cpu || cpu > mark)
		return false;
	*mark = '\0';
	*colon = '\0';
	*cpu = '\0';
	event->name = mark + strlen(EVENT_MARK);
	event->time = strrchr(cpu + 1, ' ');
	event->time = event->time ? event->time + 1 : "";
	event->process = event->text + strspn(event->text, " ");
	while (cpu > event->text && cpu[-1] == ' ')
		*--cpu = '\0';
	event_find_process(event);
	event_fields(event, colon + 1);
	return true;
}

void event_count(struct event_counts *counts, const struct event *event)
{
	enum event_kind kind = event_kind(event);

	if (event_result(event)) {
		counts->failed++;
		return;
	}
	counts->number[kind]++;
	counts->bytes[kind] += event_number(event, "length");
	counts->nsec[kind] += event_number(event, "nsec");
}

static const char *event_time(uint64_t nsec)
{
	static char text[32];

	if (nsec < 10000)
		snprintf(text, sizeof(text), "%ju ns", (uintmax_t)nsec);
	else if (nsec < 10000000)
		snprintf(text, sizeof(text), "%ju us", (uintmax_t)nsec / 1000);
	else
		snprintf(text, sizeof(text), "%ju ms", (uintmax_t)nsec / 1000000);
	return text;
}

static enum ui_tint event_tint(const struct event *event)
{
	switch (event_kind(event)) {
	case EVENT_MAP:
	case EVENT_ATTACH:
		return UI_GREEN;
	case EVENT_FAULT:
		return UI_RED;
	case EVENT_OTHER:
		return UI_PLAIN;
	default:
		return UI_BLUE;
	}
}

/* The fields that have no place of their own. */
static void event_print_rest(const struct event *event)
{
	static const char * const placed[] = {
		"ioasid", "iova", "length", "result", "nsec", "device", "dev_id" };
	unsigned int i, k;

	for (i = 0; i < event->count; i++) {
		for (k = 0; k < ARRAY_SIZE(placed); k++)
			if (!strcmp(event->keys[i], placed[k]))
				break;
		if (k == ARRAY_SIZE(placed))
			printf("  %s%s=%s%s", ui_tint(UI_DIM), event->keys[i],
			       event->values[i], ui_off());
	}
}

static void event_print_range(const struct event *event)
{
	uint64_t length = event_number(event, "length");
	uint64_t iova = event_number(event, "iova");

	if (event_get(event, "iova") && length)
		printf("  0x%jx-0x%jx", (uintmax_t)iova, (uintmax_t)(iova + length - 1));
	else if (event_get(event, "iova"))
		printf("  0x%jx", (uintmax_t)iova);
	if (length)
		printf("  %s", ui_size(length));
}

void event_print(const struct event *event)
{
	int result = event_result(event);

	printf("%s%12s%s  %-*s  %s%-*s%s", ui_tint(UI_DIM), event->time, ui_off(),
	       EVENT_WHO, event->process, ui_tint(result ? UI_RED : event_tint(event)),
	       EVENT_NAME, event->name, ui_off());
	if (event_get(event, "device"))
		printf("  %s", event_get(event, "device"));
	if (event_get(event, "ioasid"))
		printf("  space %s", event_get(event, "ioasid"));
	event_print_range(event);
	event_print_rest(event);
	if (event_get(event, "nsec"))
		printf("  %s%s%s", ui_tint(UI_DIM),
		       event_time(event_number(event, "nsec")), ui_off());
	if (result)
		printf("  %s%s%s", ui_tint(UI_RED), strerror(-result), ui_off());
	putchar('\n');
}

struct json_object *event_json(const struct event *event)
{
	struct json_object *doc = json_object_new_object();
	const char *dash = strrchr(event->process, '-');
	unsigned int i;

	j_num(doc, "format", CTL_FORMAT);
	j_str(doc, "event", "%s", event->name);
	j_str(doc, "time", "%s", event->time);
	j_str(doc, "command", "%.*s", dash ? (int)(dash - event->process) : 0,
	      event->process);
	j_num(doc, "pid", dash ? strtoul(dash + 1, NULL, 10) : 0);
	for (i = 0; i < event->count; i++) {
		const char *value = event->values[i];

		if (value[0] == '-')
			json_object_object_add(doc, event->keys[i],
					       json_object_new_int64(atoll(value)));
		else if (value[0] && !value[strspn(value, "0123456789")])
			j_num(doc, event->keys[i], strtoull(value, NULL, 10));
		else
			j_str(doc, event->keys[i], "%s", value);
	}
	return doc;
}

/* By second, rounded. */
static uint64_t event_rate(uint64_t count, int64_t milliseconds)
{
	return (count * 1000.0) / milliseconds + .5;
}

void event_rates_print(const struct event_counts *counts, int64_t milliseconds,
		       bool heads)
{
	uint64_t maps = counts->number[EVENT_MAP], unmaps = counts->number[EVENT_UNMAP];

	if (heads)
		printf("%s%10s %12s %10s %10s %12s %10s %9s%s\n", ui_tint(UI_BOLD), "maps/s",
		       "mapped/s", "each", "unmaps/s", "unmapped/s", "each", "failures/s",
		       ui_off());
	printf("%10ju %12s ", (uintmax_t)event_rate(maps, milliseconds),
	       ui_size(event_rate(counts->bytes[EVENT_MAP], milliseconds)));
	printf("%10s ", event_time(maps ? counts->nsec[EVENT_MAP] / maps : 0));
	printf("%10ju %12s ", (uintmax_t)event_rate(unmaps, milliseconds),
	       ui_size(event_rate(counts->bytes[EVENT_UNMAP], milliseconds)));
	printf("%10s ", event_time(unmaps ? counts->nsec[EVENT_UNMAP] / unmaps : 0));
	printf("%s%9ju%s\n", ui_tint(counts->failed ? UI_RED : UI_PLAIN),
	       (uintmax_t)event_rate(counts->failed, milliseconds),
	       counts->failed ? ui_off() : "");
}

struct json_object *event_rates_json(const struct event_counts *counts,
				     int64_t milliseconds)
{
	struct json_object *doc = json_object_new_object(), *entry;
	unsigned int kind;

	j_num(doc, "format", CTL_FORMAT);
	j_num(doc, "milliseconds", milliseconds);
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		entry = j_object(doc, event_names[kind]);
		j_num(entry, "count", counts->number[kind]);
		j_num(entry, "bytes", counts->bytes[kind]);
		j_num(entry, "nsec", counts->nsec[kind]);
	}
	j_num(doc, "failed", counts->failed);
	return doc;
}

void event_summary(const struct event_counts *counts)
{
	unsigned int kind;
	bool any = counts->failed;

	printf("\n");
	for (kind = 0; kind < EVENT_KINDS; kind++) {
		uint64_t number = counts->number[kind];

		if (!number)
			continue;
		any = true;
		printf("%-8s %8ju  %12s  %s each\n", event_names[kind], (uintmax_t)number,
		       ui_size(counts->bytes[kind]), event_time(counts->nsec[kind] / number));
	}
	if (counts->failed)
		printf("%sfailed   %8ju%s\n", ui_tint(UI_RED), (uintmax_t)counts->failed,
		       ui_off());
	if (!any)
		puts("Nothing happened.");
}
