// SPDX-License-Identifier: GPL-2.0
/*
 * Which module answers for VFIO type1? Without this a comparison of two backends
 * might be one of a backend with itself. Run by the lab before the programs it
 * compares, as "backend PCI-ADDRESS"; $MODULE names the module that should. Prints TAP.
 *
 * A container with a backend holds a reference to the backend's module.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! ");
	vprintf(format, args);
	printf(": %s\n", strerror(errno));
	va_end(args);
	exit(1);
}

/* References to a module; -1 if it is not loaded. */
static long references(const char *module)
{
	char path[PATH_MAX], text[32];
	FILE *file;
	long count = -1;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fgets(text, sizeof(text), file))
		count = strtol(text, NULL, 10);
	fclose(file);
	return count;
}

static int open_group(const char *device)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;
	int group;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", device);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		die("%s", path);
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	group = open(path, O_RDWR);
	if (group < 0)
		die("%s", path);
	return group;
}

/* How many references the module gains by a container of that type. */
static long gained(const char *module, const char *device, unsigned long type)
{
	int container = open("/dev/vfio/vfio", O_RDWR);
	int group = open_group(device);
	long before = references(module), after;

	if (container < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(container, VFIO_SET_IOMMU, type))
		die("VFIO_SET_IOMMU %lu", type);
	after = references(module);
	close(group);
	close(container);
	return before < 0 ? before : after - before;
}

int main(int argc, char **argv)
{
	static const struct {
		unsigned long type;
		const char *name;
	} types[] = {
		{ VFIO_TYPE1_IOMMU, "type1" },
		{ VFIO_TYPE1v2_IOMMU, "type1v2" },
	};
	const char *module = getenv("MODULE");
	unsigned int i, failed = 0;

	if (argc != 2 || !module)
		die("usage: MODULE=name backend PCI-ADDRESS");
	printf("TAP version 13\n1..2\n");
	for (i = 0; i < 2; i++) {
		long count = gained(module, argv[1], types[i].type);

		if (count != 1) {
			printf("# %s gained %ld references\n", module, count);
			failed++;
		}
		printf("%sok %u the backend under test answers for %s\n",
		       count == 1 ? "" : "not ", i + 1, types[i].name);
	}
	return failed ? 1 : 0;
}
