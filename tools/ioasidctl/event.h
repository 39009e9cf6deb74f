/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of a trace: a tracepoint of the module.
 */
#ifndef IOASIDCTL_EVENT_H
#define IOASIDCTL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#define EVENT_FIELDS	12
#define EVENT_TEXT	1024
#define EVENT_PROCESS	64

/**
 * struct event - A tracepoint that was passed
 * @name: its name, without "ioasid_"
 * @process: who, "name-pid"
 * @time: seconds, as printed
 * @count: number of fields
 * @keys: their names
 * @values: what they are
 * @text: where all that is
 * @found: where @process is if the kernel had forgotten the name
 */
struct event {
	const char *name;
	const char *process;
	const char *time;
	unsigned int count;
	const char *keys[EVENT_FIELDS];
	const char *values[EVENT_FIELDS];
	char text[EVENT_TEXT];
	char found[EVENT_PROCESS];
};

enum event_kind {
	EVENT_MAP,
	EVENT_UNMAP,
	EVENT_ATTACH,
	EVENT_DETACH,
	EVENT_FAULT,
	EVENT_OTHER,
	EVENT_KINDS,
};

/**
 * struct event_counts - Events that were seen
 * @number: how many that succeeded, by kind
 * @bytes: bytes of those
 * @nsec: nanoseconds that they took
 * @failed: how many failed
 */
struct event_counts {
	uint64_t number[EVENT_KINDS];
	uint64_t bytes[EVENT_KINDS];
	uint64_t nsec[EVENT_KINDS];
	uint64_t failed;
};

/* False if the line is none of the module's. */
bool event_parse(struct event *event, const char *line);
void event_count(struct event_counts *counts, const struct event *event);
void event_print(const struct event *event);
/* The caller puts it. */
struct json_object *event_json(const struct event *event);

void event_rates_print(const struct event_counts *counts, int64_t milliseconds,
		       bool heads);
struct json_object *event_rates_json(const struct event_counts *counts,
				     int64_t milliseconds);
void event_summary(const struct event_counts *counts);

#endif
