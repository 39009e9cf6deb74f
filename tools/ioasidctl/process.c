// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks through /proc/PID/fd for /dev/ioasid and the groups of VFIO. Processes of others
 * can only be looked into by root; how many were passed over is counted. Called by space,
 * device, check and module.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <linux/kcmp.h>
#include <unistd.h>

#include "fdinfo.h"
#include "document.h"
#include "names.h"
#include "process.h"

#define PROCESS_VFIO	"/dev/vfio/"

/* What one look through all processes finds; kept for the next question. */
static struct {
	bool done;
	unsigned int hidden;
	struct json_object *files;	/* {pid, command, fd, path} */
} process_seen;

static void process_file(const char *pid, const char *fd)
{
	char path[PATH_MAX], command[IOL_NAME_LEN];
	struct json_object *entry;
	const char *base;

	if (iol_link(path, "/proc/%s/fd/%s", pid, fd))
		return;
	base = strrchr(path, '/');
	if (strncmp(path, PROCESS_VFIO, strlen(PROCESS_VFIO)) &&
	    !(base && !strcmp(base, "/ioasid")))
		return;
	if (iol_read_line(command, sizeof(command), "/proc/%s/comm", pid))
		command[0] = '\0';
	names_clean(command);
	entry = j_append(process_seen.files);
	j_num(entry, "pid", strtoul(pid, NULL, 10));
	j_num(entry, "fd", strtoul(fd, NULL, 10));
	j_str(entry, "command", "%s", command);
	j_str(entry, "path", "%s", path);
}

static int process_readable(const char *name, void *data)
{
	(void)name;
	(void)data;
	return 1;
}

static void process_look(const char *pid)
{
	struct names fds;
	size_t i;

	if (iol_list(process_readable, NULL, "/proc/%s/fd", pid) == -EACCES) {
		process_seen.hidden++;
		return;
	}
	fds = names_of("/proc/%s/fd", pid);
	for (i = 0; i < fds.count; i++)
		process_file(pid, fds.name[i]);
	names_free(&fds);
}

static void process_look_around(void)
{
	struct names pids;
	size_t i;

	if (process_seen.done)
		return;
	process_seen.done = true;
	process_seen.files = json_object_new_array();
	pids = names_of("/proc");
	for (i = 0; i < pids.count; i++)
		if (!pids.name[i][strspn(pids.name[i], "0123456789")])
			process_look(pids.name[i]);
	names_free(&pids);
}

unsigned int process_hidden(void)
{
	process_look_around();
	return process_seen.hidden;
}

/* A process may have it open more than once, which makes no second user. */
static bool process_is_last(struct json_object *array, uint64_t pid)
{
	size_t count = j_length(array);

	return count && j_number(j_at(array, count - 1), "pid") == pid;
}

void process_group_users(struct json_object *array, unsigned int group)
{
	char wanted[IOL_NAME_LEN];
	size_t i;

	process_look_around();
	snprintf(wanted, sizeof(wanted), PROCESS_VFIO "%u", group);
	for (i = 0; i < j_length(process_seen.files); i++) {
		struct json_object *file = j_at(process_seen.files, i), *entry;

		if (strcmp(j_text(file, "path"), wanted) ||
		    process_is_last(array, j_number(file, "pid")))
			continue;
		entry = j_append(array);
		j_num(entry, "pid", j_number(file, "pid"));
		j_str(entry, "command", "%s", j_text(file, "command"));
	}
}

static bool process_same_file(struct json_object *context, struct json_object *file)
{
	return !syscall(SYS_kcmp, (pid_t)j_number(context, "pid"),
			(pid_t)j_number(file, "pid"), KCMP_FILE,
			j_number(context, "fd"), j_number(file, "fd"));
}

/* A context that was inherited or passed on is one, whoever has it open. */
static struct json_object *process_known(struct json_object *contexts,
					 struct json_object *file)
{
	size_t i;

	if (iol_root[0])
		return NULL;
	for (i = 0; i < j_length(contexts); i++)
		if (process_same_file(j_at(contexts, i), file))
			return j_at(contexts, i);
	return NULL;
}

static void process_share(struct json_object *context, struct json_object *file)
{
	struct json_object *others = j_get(context, "shared_with"), *entry;

	if (!others)
		others = j_array(context, "shared_with");
	entry = j_append(others);
	j_num(entry, "pid", j_number(file, "pid"));
	j_num(entry, "fd", j_number(file, "fd"));
	j_str(entry, "command", "%s", j_text(file, "command"));
}

static void process_context(struct json_object *contexts, struct json_object *file)
{
	struct json_object *context = process_known(contexts, file);
	unsigned int pid = j_number(file, "pid"), fd = j_number(file, "fd");

	if (context) {
		process_share(context, file);
		return;
	}
	context = json_object_new_object();
	j_num(context, "pid", pid);
	j_str(context, "command", "%s", j_text(file, "command"));
	j_num(context, "fd", fd);
	if (fdinfo_read(context, pid, fd))
		json_object_array_add(contexts, context);
	else
		json_object_put(context);
}

struct json_object *process_contexts(void)
{
	struct json_object *contexts = json_object_new_array();
	size_t i;

	process_look_around();
	for (i = 0; i < j_length(process_seen.files); i++) {
		struct json_object *file = j_at(process_seen.files, i);

		if (strncmp(j_text(file, "path"), PROCESS_VFIO, strlen(PROCESS_VFIO)))
			process_context(contexts, file);
	}
	return contexts;
}
