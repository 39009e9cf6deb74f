// SPDX-License-Identifier: GPL-2.0-only
/*
 * "monitor": the module's tracepoints as they happen, or their rates. Uses an instance of
 * tracefs of its own, so that it is in nobody's way, and takes it away at the end. Called
 * by main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "document.h"
#include "monitor.h"
#include "term.h"

#define MONITOR_TRACING	"/sys/kernel/tracing"
#define MONITOR_OLD	"/sys/kernel/debug/tracing"
#define MONITOR_BUFFER	65536

static int monitor_fail(struct ctl_call *call, int err, const char *what)
{
	if (err == -EACCES || err == -EPERM)
		return ctl_fail(call, CTL_FAILED, "run it as root",
				"no permission to trace");
	return ctl_fail(call, CTL_FAILED, NULL, "cannot %s: %s", what, strerror(-err));
}

/* Where tracefs is, with the module's events in it. */
static int monitor_find(struct ctl_call *call, struct monitor *monitor)
{
	static const char * const places[] = { MONITOR_TRACING, MONITOR_OLD };
	bool tracefs = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		monitor->top = places[i];
		if (iol_exists("%s/events/ioasid/enable", places[i]))
			return CTL_OK;
		tracefs |= iol_exists("%s/trace", places[i]);
	}
	if (!iol_exists("/sys/module/" CTL_MODULE))
		return ctl_fail(call, CTL_UNAVAILABLE, "ioasidctl module load",
				"no events without the module " CTL_MODULE);
	if (geteuid() && !tracefs)
		return ctl_fail(call, CTL_FAILED, "run it as root", "no permission to trace");
	if (!tracefs)
		return ctl_fail(call, CTL_UNAVAILABLE,
				"mount -t tracefs nodev " MONITOR_TRACING,
				"tracefs is not mounted");
	return ctl_fail(call, CTL_UNAVAILABLE, NULL,
			"this kernel was built without tracepoints");
}

/* A kernel without instances, and a machine that is a folder, have the one at the top. */
static void monitor_choose(struct monitor *monitor)
{
	char path[PATH_MAX + IOL_NAME_LEN];

	snprintf(monitor->folder, sizeof(monitor->folder), "%s/instances/ioasidctl-%d",
		 monitor->top, getpid());
	snprintf(path, sizeof(path), "%s%s", iol_root, monitor->folder);
	monitor->own = !mkdir(path, 0700);
	if (monitor->own && iol_exists("%s/trace_pipe", monitor->folder))
		return;
	if (monitor->own)
		rmdir(path);
	monitor->own = false;
	snprintf(monitor->folder, sizeof(monitor->folder), "%s", monitor->top);
}

static int monitor_start(struct ctl_call *call, struct monitor *monitor)
{
	int ret = 0;

	monitor_choose(monitor);
	if (monitor->failures)
		ret = iol_write("result != 0", "%s/events/ioasid/filter", monitor->folder);
	if (!ret)
		ret = iol_write("1", "%s/events/ioasid/enable", monitor->folder);
	if (ret)
		return monitor_fail(call, ret, "turn the events on");
	monitor->pipe = iol_open(O_RDONLY | O_NONBLOCK, "%s/trace_pipe", monitor->folder);
	if (monitor->pipe < 0)
		return monitor_fail(call, monitor->pipe, "read the events");
	return CTL_OK;
}

static void monitor_stop(struct monitor *monitor)
{
	char path[PATH_MAX + IOL_NAME_LEN];

	if (monitor->pipe >= 0)
		close(monitor->pipe);
	iol_write("0", "%s/events/ioasid/enable", monitor->folder);
	if (monitor->failures)
		iol_write("0", "%s/events/ioasid/filter", monitor->folder);
	snprintf(path, sizeof(path), "%s%s", iol_root, monitor->folder);
	if (monitor->own)
		rmdir(path);
}

static bool monitor_enough(const struct monitor *monitor)
{
	return monitor->ended || ferror(stdout) ||
	       (monitor->most && monitor->lines >= monitor->most);
}

static void monitor_document(struct monitor *monitor, struct json_object *doc)
{
	ctl_print_json(monitor->call, doc);
	fflush(stdout);
	monitor->lines++;
}

static void monitor_event(struct monitor *monitor, struct event *event)
{
	struct json_object *doc;

	event_count(&monitor->counts, event);
	if (monitor->rates)
		return;
	if (monitor->call->json) {
		doc = event_json(event);
		monitor_document(monitor, doc);
		json_object_put(doc);
		return;
	}
	event_print(event);
	fflush(stdout);
	monitor->lines++;
}

/* Lines that are whole; what is left of the last one moves to the front. */
static void monitor_lines(struct monitor *monitor)
{
	char *line = monitor->buffer, *end;
	struct event event;

	while (!monitor_enough(monitor) && (end = strchr(line, '\n'))) {
		*end = '\0';
		if (event_parse(&event, line))
			monitor_event(monitor, &event);
		line = end + 1;
	}
	monitor->used = strlen(line);
	memmove(monitor->buffer, line, monitor->used + 1);
	/* A line without an end would fill it for good. */
	if (monitor->used == MONITOR_BUFFER - 1)
		monitor->used = 0;
}

/* Returns false when there will be no more. */
static bool monitor_read(struct monitor *monitor)
{
	ssize_t got = read(monitor->pipe, monitor->buffer + monitor->used,
			   MONITOR_BUFFER - 1 - monitor->used);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!got)
		return !iol_root[0];
	monitor->used += got;
	monitor->buffer[monitor->used] = '\0';
	monitor_lines(monitor);
	return true;
}

static int64_t monitor_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void monitor_report(struct monitor *monitor, int64_t milliseconds)
{
	struct json_object *doc;

	if (monitor->call->json) {
		doc = event_rates_json(&monitor->counts, milliseconds);
		monitor_document(monitor, doc);
		json_object_put(doc);
	} else {
		event_rates_print(&monitor->counts, milliseconds,
				  monitor->lines % 20 == 0);
		fflush(stdout);
		monitor->lines++;
	}
	monitor->counts = (struct event_counts){ 0 };
}

/* Reads until the interval is over, or all is. */
static bool monitor_interval(struct monitor *monitor)
{
	int64_t begin = monitor_now(), end = begin + monitor->interval, now;
	struct pollfd files[] = {
		{ .fd = monitor->pipe, .events = POLLIN },
		{ .fd = monitor->signals, .events = POLLIN },
	};
	bool more = true;

	for (now = begin; more && now < end && !monitor_enough(monitor); now = monitor_now()) {
		if (poll(files, ARRAY_SIZE(files), end - now) <= 0)
			continue;
		monitor->ended = files[1].revents;
		if (files[0].revents)
			more = monitor_read(monitor);
	}
	if (monitor->rates && !monitor_enough(monitor))
		monitor_report(monitor, now - begin ? now - begin : 1);
	return more;
}

static void monitor_summary(struct monitor *monitor)
{
	if (!monitor->rates && !monitor->call->json)
		event_summary(&monitor->counts);
}

static int monitor_number(struct ctl_call *call, const char *text, const char *what,
			  double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end == text || *end || !(*value > 0) || *value > 1e9)
		return ctl_fail(call, CTL_USAGE, NULL, "'%s' is no %s", text, what);
	return CTL_OK;
}

static int monitor_options(struct ctl_call *call, struct monitor *monitor)
{
	double interval = 1, count = 0;
	int status = CTL_OK;

	monitor->rates = call->values[0];
	if (call->values[1])
		status = monitor_number(call, call->values[1], "number of seconds", &interval);
	if (!status && call->values[2])
		status = monitor_number(call, call->values[2], "number of lines", &count);
	monitor->failures = call->values[3];
	monitor->interval = interval * 1000 < 10 ? 10 : interval * 1000;
	monitor->most = count;
	return status;
}

/* Signals wait to be read, so that the events are turned off whatever ends this. */
static int monitor_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGPIPE);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	sigdelset(&signals, SIGPIPE);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

int ctl_monitor(struct ctl_call *call)
{
	struct monitor monitor = { .call = call, .pipe = -1 };
	int status;

	status = monitor_options(call, &monitor);
	if (!status)
		status = monitor_find(call, &monitor);
	if (status)
		return status;
	monitor.buffer = calloc(1, MONITOR_BUFFER);
	if (!monitor.buffer)
		return ctl_fail(call, CTL_FAILED, NULL, "no memory");
	monitor.signals = monitor_signals();
	status = monitor_start(call, &monitor);
	if (!status && !call->json && !monitor.most && isatty(STDOUT_FILENO))
		printf("%sUntil Ctrl-C.%s\n", ui_tint(UI_DIM), ui_off());
	fflush(stdout);
	while (!status && !monitor_enough(&monitor) && monitor_interval(&monitor))
		;
	if (!status)
		monitor_summary(&monitor);
	monitor_stop(&monitor);
	free(monitor.buffer);
	return status;
}
