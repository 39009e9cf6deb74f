// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU groups in sysfs. A group is viable, so that user space can have its devices, when
 * none of them is in use by the kernel: the hardware does not keep them apart. Called by
 * device, check and feature.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>

#include "group.h"
#include "document.h"
#include "names.h"
#include "pci.h"
#include "process.h"

unsigned int group_count(void)
{
	struct names names = names_of("/sys/kernel/iommu_groups");
	unsigned int count = names.count;

	names_free(&names);
	return count;
}

bool group_any(void)
{
	return group_count();
}

int group_of(const char *address)
{
	char name[IOL_NAME_LEN];

	if (iol_link_name(name, sizeof(name), "/sys/bus/pci/devices/%s/iommu_group",
			  address))
		return -1;
	return atoi(name);
}

/* Devices of other buses have no PCI class; their drivers are asked all the same. */
static bool group_is_obstacle(const char *device, const char *driver)
{
	if (!driver[0] || !strcmp(driver, "pci-stub") || iol_pci_is_vfio(device, driver))
		return false;
	return !pci_is_bridge(device);
}

static void group_member(struct json_object *group, const char *device)
{
	struct json_object *entry = j_append(j_get(group, "devices"));
	char driver[IOL_NAME_LEN];

	pci_driver(device, driver);
	j_str(entry, "address", "%s", device);
	if (driver[0])
		j_str(entry, "driver", "%s", driver);
	else
		j_null(entry, "driver");
	j_bool(entry, "vfio", pci_is_ready(device));
	j_bool(entry, "bridge", pci_is_bridge(device));
	j_bool(entry, "obstacle", group_is_obstacle(device, driver));
	if (group_is_obstacle(device, driver))
		j_append_str(j_get(group, "obstacles"), "%s", device);
}

static void group_reserved(struct json_object *group, unsigned int id)
{
	int fd = iol_open(O_RDONLY, "/sys/kernel/iommu_groups/%u/reserved_regions", id);
	struct json_object *array = j_array(group, "reserved"), *entry;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned long long first, last;
	char kind[IOL_NAME_LEN];

	while (file && fscanf(file, "%llx %llx %63s", &first, &last, kind) == 3) {
		entry = j_append(array);
		j_hex(entry, "first", first);
		j_hex(entry, "last", last);
		j_str(entry, "kind", "%s", kind);
	}
	if (file)
		fclose(file);
}

struct json_object *group_describe(unsigned int id)
{
	struct names names = names_of("/sys/kernel/iommu_groups/%u/devices", id);
	struct json_object *group = json_object_new_object();
	char type[IOL_NAME_LEN];
	size_t i;

	j_num(group, "group", id);
	if (!iol_read_line(type, sizeof(type), "/sys/kernel/iommu_groups/%u/type", id))
		j_str(group, "type", "%s", type);
	j_array(group, "devices");
	j_array(group, "obstacles");
	for (i = 0; i < names.count; i++)
		group_member(group, names.name[i]);
	j_bool(group, "viable", !j_length(j_get(group, "obstacles")));
	group_reserved(group, id);
	process_group_users(j_array(group, "users"), id);
	names_free(&names);
	return group;
}

void group_obstacle_text(struct json_object *group, char *text, size_t size)
{
	struct json_object *devices = j_get(group, "devices");
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < j_length(devices) && used < size; i++) {
		struct json_object *device = j_at(devices, i);

		if (j_true(device, "obstacle"))
			used += snprintf(text + used, size - used, "%s%s (%s)",
					 used ? ", " : "", j_text(device, "address"),
					 j_text(device, "driver"));
	}
}
