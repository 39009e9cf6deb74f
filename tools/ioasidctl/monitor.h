/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A monitor that runs.
 */
#ifndef IOASIDCTL_MONITOR_H
#define IOASIDCTL_MONITOR_H

#include "ctl.h"
#include "event.h"

/**
 * struct monitor - What a monitor knows
 * @call: the command
 * @top: where tracefs is
 * @folder: the instance in it, or @top
 * @own: the instance is to be taken away
 * @failures: events of success are not wanted
 * @rates: events are not wanted, only how many
 * @interval: milliseconds of a line of rates
 * @most: lines after which it ends, 0 for no end
 * @lines: lines printed
 * @pipe: where events come from
 * @signals: where signals to end come from
 * @ended: there was one
 * @buffer: what has been read
 * @used: how much of it is not printed
 * @counts: what there was since the last report
 */
struct monitor {
	struct ctl_call *call;
	const char *top;
	char folder[PATH_MAX];
	bool own;
	bool failures;
	bool rates;
	int64_t interval;
	uint64_t most;
	uint64_t lines;
	int pipe;
	int signals;
	bool ended;
	char *buffer;
	size_t used;
	struct event_counts counts;
};

#endif
