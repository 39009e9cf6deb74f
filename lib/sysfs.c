// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Small accesses to files below /sys, /dev and /proc. The only place that builds their
 * paths; the rest of the library names them as they are.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/*
 * What stands before every path. Only the tests change it, to show the library another
 * machine; it is no part of the interface.
 */
const char *iol_root = "";

static void iol_path(char path[PATH_MAX], const char *format, va_list args)
{
	int used = snprintf(path, PATH_MAX, "%s", iol_root);

	vsnprintf(path + used, PATH_MAX - used, format, args);
}

/**
 * iol_exists() - Whether there is such a file
 * @format: its path
 *
 * Return: true if there is.
 */
bool iol_exists(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, format);
	iol_path(path, format, args);
	va_end(args);
	return !access(path, F_OK);
}

static int iol_vopen(int flags, const char *format, va_list args)
{
	char path[PATH_MAX];
	int fd;

	iol_path(path, format, args);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * iol_open() - Open a file
 * @flags: as for open(2); O_CLOEXEC is added
 * @format: its path
 *
 * Return: the file descriptor or -errno.
 */
int iol_open(int flags, const char *format, ...)
{
	va_list args;
	int fd;

	va_start(args, format);
	fd = iol_vopen(flags, format, args);
	va_end(args);
	return fd;
}

/**
 * iol_read_line() - Read the first line of a small file
 * @line: out: the line without its newline
 * @size: bytes @line has room for
 * @format: the file's path
 *
 * Return: 0 or -errno.
 */
int iol_read_line(char *line, size_t size, const char *format, ...)
{
	ssize_t got;
	va_list args;
	int fd;

	va_start(args, format);
	fd = iol_vopen(O_RDONLY, format, args);
	va_end(args);
	if (fd < 0)
		return fd;
	got = read(fd, line, size - 1);
	if (got < 0)
		got = -errno;
	close(fd);
	if (got < 0)
		return got;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

/**
 * iol_write() - Write a value to an attribute in sysfs
 * @value: the value
 * @format: path of the attribute
 *
 * Return: 0 or -errno.
 */
int iol_write(const char *value, const char *format, ...)
{
	size_t length = strlen(value);
	ssize_t written;
	va_list args;
	int fd, err = 0;

	va_start(args, format);
	fd = iol_vopen(O_WRONLY, format, args);
	va_end(args);
	if (fd < 0)
		return fd;
	written = write(fd, value, length);
	if (written < 0)
		err = -errno;
	else if ((size_t)written != length)
		err = -EIO;
	close(fd);
	return err;
}

static int iol_vlink(char target[PATH_MAX], const char *format, va_list args)
{
	char path[PATH_MAX];
	ssize_t length;

	iol_path(path, format, args);
	length = readlink(path, target, PATH_MAX - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	return 0;
}

/**
 * iol_link() - What a symbolic link points to
 * @target: out: as it stands in the link
 * @format: path of the link
 *
 * Return: 0 or -errno; -ENOENT if there is no link.
 */
int iol_link(char target[PATH_MAX], const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = iol_vlink(target, format, args);
	va_end(args);
	return ret;
}

/**
 * iol_link_name() - The last part of what a symbolic link points to
 * @name: out: for example the driver's name
 * @size: bytes @name has room for
 * @format: path of the link
 *
 * Return: 0 or -errno; -ENOENT if there is no link.
 */
int iol_link_name(char *name, size_t size, const char *format, ...)
{
	char target[PATH_MAX];
	const char *slash;
	va_list args;
	int ret;

	va_start(args, format);
	ret = iol_vlink(target, format, args);
	va_end(args);
	if (ret)
		return ret;
	slash = strrchr(target, '/');
	snprintf(name, size, "%s", slash ? slash + 1 : target);
	return 0;
}

/**
 * iol_list() - Visit the entries of a directory
 * @visit: called for each whose name has no dot in front; not 0 ends the visit
 * @data: passed on
 * @format: the directory
 *
 * Return: what @visit returned last, 0 if it was never called, or -errno.
 */
int iol_list(int (*visit)(const char *name, void *data), void *data,
	     const char *format, ...)
{
	struct dirent *entry;
	int fd, ret = 0;
	va_list args;
	DIR *dir;

	va_start(args, format);
	fd = iol_vopen(O_RDONLY | O_DIRECTORY, format, args);
	va_end(args);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ret = visit(entry->d_name, data);
	closedir(dir);
	return ret;
}
