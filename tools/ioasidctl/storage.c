// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks of a PCI device that are mounted, swapped to, or parts of other disks. The kernel
 * would take such a device from its driver without a question. Called by bind.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "names.h"
#include "storage.h"

#define DEV	"/dev/"

static FILE *storage_open(const char *path)
{
	int fd = iol_open(O_RDONLY, "%s", path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Is a block device, a partition as well, one of the PCI device? */
static bool storage_belongs(const char *disk, const char *address)
{
	char link[PATH_MAX], target[PATH_MAX], part[IOL_PCI_LEN + 2];
	ssize_t length;

	snprintf(link, sizeof(link), "%s/sys/class/block/%s", iol_root, disk);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	snprintf(part, sizeof(part), "/%s/", address);
	return strstr(target, part);
}

/* By its number; by its name where a file system has no number of one disk. */
static bool storage_mounted(const char *disk, char *where)
{
	char number[IOL_NAME_LEN], dev[IOL_NAME_LEN], source[PATH_MAX];
	FILE *mounts = storage_open("/proc/self/mountinfo");
	char line[3 * PATH_MAX];
	bool found = false;
	char *rest;

	if (iol_read_line(dev, sizeof(dev), "/sys/class/block/%s/dev", disk))
		dev[0] = '\0';
	while (mounts && !found && fgets(line, sizeof(line), mounts)) {
		rest = strstr(line, " - ");
		if (!rest || sscanf(rest, " - %*s %4095s", source) != 1 ||
		    sscanf(line, "%*u %*u %63s %*s %4095s", number, where) != 2)
			continue;
		found = !strcmp(number, dev) ||
			(!strncmp(source, DEV, strlen(DEV)) &&
			 !strcmp(source + strlen(DEV), disk));
	}
	if (mounts)
		fclose(mounts);
	return found;
}

static bool storage_swapped_to(const char *disk)
{
	FILE *swaps = storage_open("/proc/swaps");
	char line[2 * PATH_MAX], name[PATH_MAX];
	bool found = false;

	while (swaps && !found && fgets(line, sizeof(line), swaps))
		found = sscanf(line, DEV "%4095s", name) == 1 && !strcmp(name, disk);
	if (swaps)
		fclose(swaps);
	return found;
}

/* A volume, an array, an encrypted disk. */
static bool storage_held(const char *disk, char *holder)
{
	struct names holders = names_of("/sys/class/block/%s/holders", disk);
	bool found = holders.count;

	if (found)
		snprintf(holder, PATH_MAX, "%s", holders.name[0]);
	names_free(&holders);
	return found;
}

static bool storage_use_of(const char *disk, char *use, size_t size)
{
	char what[PATH_MAX];

	if (storage_mounted(disk, what))
		snprintf(use, size, "%s is mounted on %s", disk, what);
	else if (storage_swapped_to(disk))
		snprintf(use, size, "%s is swapped to", disk);
	else if (storage_held(disk, what))
		snprintf(use, size, "%s is a part of %s", disk, what);
	else
		return false;
	return true;
}

bool storage_is_used(const char *address, char *use, size_t size)
{
	struct names disks = names_of("/sys/class/block");
	bool found = false;
	size_t i;

	for (i = 0; i < disks.count && !found; i++)
		found = storage_belongs(disks.name[i], address) &&
			storage_use_of(disks.name[i], use, size);
	names_free(&disks);
	return found;
}
