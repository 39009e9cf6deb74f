// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel, from what everybody may read. Called by feature and check.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "modinfo.h"

int kernel_compare(const char *version)
{
	unsigned int major = 0, minor = 0, other_major = 0, other_minor = 0;

	if (sscanf(modinfo_release(), "%u.%u", &major, &minor) != 2 ||
	    sscanf(version, "%u.%u", &other_major, &other_minor) != 2)
		return 0;
	if (major != other_major)
		return (int)major - (int)other_major;
	return (int)minor - (int)other_minor;
}

bool kernel_config_path(char path[PATH_MAX])
{
	static const char * const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config", "/lib/modules/%s/build/.config",
		"/usr/lib/modules/%s/config", "/usr/src/linux-headers-%s/.config" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		char *name;
		bool there;

		if (asprintf(&name, places[i], modinfo_release()) < 0)
			return false;
		snprintf(path, PATH_MAX, "%s", name);
		free(name);
		there = iol_exists("%s", path);
		if (there)
			return true;
	}
	return false;
}

static FILE *kernel_open(const char *path)
{
	int fd = iol_open(O_RDONLY, "%s", path);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

char kernel_config(const char *option)
{
	size_t length = strlen(option);
	char path[PATH_MAX], line[256], value = 'n';
	FILE *file;

	if (!kernel_config_path(path))
		return '?';
	file = kernel_open(path);
	if (!file)
		return '?';
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, option, length) && line[length] == '=')
			value = line[length + 1];
	fclose(file);
	return value;
}

bool kernel_parameter(const char *word)
{
	FILE *file = kernel_open("/proc/cmdline");
	bool found = false;
	char text[256];

	while (file && !found && fscanf(file, "%255s", text) == 1)
		found = !strncmp(text, word, strlen(word));
	if (file)
		fclose(file);
	return found;
}

/*
 * With remapping, x86 calls its controllers "IR-IO-APIC" and "IR-PCI-MSI". Arm's ITS
 * keeps devices apart by itself.
 */
int kernel_isolates_interrupts(void)
{
	FILE *file = kernel_open("/proc/interrupts");
	bool isolated = false;
	char line[4096];

	if (!file)
		return -1;
	while (!isolated && fgets(line, sizeof(line), file))
		isolated = strstr(line, " IR-") || strstr(line, " ITS-") ||
			   strstr(line, "-IR-");
	fclose(file);
	return isolated;
}

uint64_t kernel_memory(const char *name)
{
	FILE *file = kernel_open("/proc/meminfo");
	unsigned long long kib = 0, value;
	char line[256], key[64];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63[^:]: %llu", key, &value) == 2 && !strcmp(key, name))
			kib = value;
	if (file)
		fclose(file);
	return kib << 10;
}
