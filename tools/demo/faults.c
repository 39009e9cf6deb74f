// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the kernel log for the IOMMU's fault reports, to show them beside the DMA that
 * caused them. Only shown, never judged: the kernel limits their rate and each IOMMU
 * words them differently. Called by the demo.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"

#define FAULTS_WAIT_MS	200
#define FAULTS_POLL_MS	10

static int faults_fd = -1;

void faults_begin(void)
{
	if (faults_fd < 0)
		faults_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (faults_fd >= 0)
		lseek(faults_fd, 0, SEEK_END);
}

/* A record is "priority,number,time,flags;text", then lines of detail. */
static bool faults_parse(char *record, const char *device, char *line, size_t size)
{
	char *text = strchr(record, ';');

	if (!text)
		return false;
	text[strcspn(text, "\n")] = '\0';
	if (!strstr(text, device) || !strcasestr(text, "fault"))
		return false;
	snprintf(line, size, "%s", text + 1);
	return true;
}

bool faults_next(const char *address, char *line, size_t size)
{
	const struct timespec pause = { .tv_nsec = FAULTS_POLL_MS * 1000000 };
	const char *device = strchr(address, ':') + 1;
	char record[1024];
	int waited = 0;
	ssize_t got;

	while (faults_fd >= 0 && waited < FAULTS_WAIT_MS) {
		got = read(faults_fd, record, sizeof(record) - 1);
		if (got > 0) {
			record[got] = '\0';
			if (faults_parse(record, device, line, size))
				return true;
		} else if (got < 0 && errno == EAGAIN) {
			nanosleep(&pause, NULL);
			waited += FAULTS_POLL_MS;
		} else if (got == 0 || errno != EPIPE) {
			/* EPIPE: records were overwritten, the next read goes on. */
			break;
		}
	}
	return false;
}
