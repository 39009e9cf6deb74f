// SPDX-License-Identifier: GPL-2.0-only
/*
 * "device bind" and "device unbind": drivers for this boot, by driver_override. What is
 * to last is driverctl's, which is named. Called by main.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "group.h"
#include "document.h"
#include "names.h"
#include "pci.h"
#include "process.h"
#include "storage.h"
#include "term.h"

#define BIND_DRIVER	"vfio-pci"

static bool bind_listed(struct json_object *devices, const char *address)
{
	size_t i;

	for (i = 0; i < j_length(devices); i++)
		if (!strcmp(j_text(j_at(devices, i), "address"), address))
			return true;
	return false;
}

static void bind_add(struct json_object *devices, const char *address)
{
	struct json_object *entry;
	char driver[IOL_NAME_LEN];

	if (bind_listed(devices, address))
		return;
	pci_driver(address, driver);
	entry = j_append(devices);
	j_str(entry, "address", "%s", address);
	if (driver[0])
		j_str(entry, "before", "%s", driver);
	else
		j_null(entry, "before");
}

static void bind_add_group(struct json_object *devices, const char *address)
{
	int group = group_of(address);
	struct names names;
	size_t i;

	if (group < 0)
		return;
	names = names_of("/sys/kernel/iommu_groups/%d/devices", group);
	for (i = 0; i < names.count; i++)
		if (!pci_is_bridge(names.name[i]))
			bind_add(devices, names.name[i]);
	names_free(&names);
}

/* vfio-pci would not take it, and it would have lost its driver for nothing. */
static int bind_check_bridge(struct ctl_call *call, const char *address)
{
	if (!pci_is_bridge(address))
		return CTL_OK;
	return ctl_fail(call, CTL_FAILED, "choose a device behind it",
			"%s is a PCI bridge, which stays with the kernel", address);
}

/* A device that is in use would be waited for, without an end, by the kernel. */
static int bind_check_users(struct ctl_call *call, const char *address)
{
	struct json_object *users = json_object_new_array(), *user;
	int group = group_of(address), status = CTL_OK;

	if (group >= 0)
		process_group_users(users, group);
	user = j_at(users, 0);
	if (user)
		status = ctl_fail(call, CTL_FAILED, "end that process first",
				  "%s is in use by %s (process %ju)", address,
				  j_text(user, "command"),
				  (uintmax_t)j_number(user, "pid"));
	json_object_put(users);
	return status;
}

/* What the kernel has mounted it would take away all the same. */
static int bind_check_storage(struct ctl_call *call, struct json_object *devices)
{
	char use[512];
	size_t i;

	for (i = 0; i < j_length(devices); i++) {
		const char *address = j_text(j_at(devices, i), "address");

		if (storage_is_used(address, use, sizeof(use)))
			return ctl_fail(call, CTL_FAILED,
					"choose a device that nothing uses, or end that use first",
					"%s is in use: %s", address, use);
	}
	return CTL_OK;
}

/* All that is to be moved; nothing is moved if one of them cannot be. */
static int bind_collect(struct ctl_call *call, bool whole_groups)
{
	struct json_object *devices = j_array(call->doc, "devices");
	char address[IOL_PCI_LEN];
	int i, ret, status;

	for (i = 0; i < call->argc; i++) {
		ret = iol_pci_address(call->argv[i], address);
		if (ret)
			return ctl_fail_library(call, ret);
		status = bind_check_bridge(call, address);
		if (!status)
			status = bind_check_users(call, address);
		if (status)
			return status;
		bind_add(devices, address);
		if (whole_groups)
			bind_add_group(devices, address);
	}
	return bind_check_storage(call, devices);
}

static void bind_after(struct json_object *entry)
{
	const char *address = j_text(entry, "address");
	char driver[IOL_NAME_LEN];

	pci_driver(address, driver);
	if (driver[0])
		j_str(entry, "driver", "%s", driver);
	else
		j_null(entry, "driver");
}

static void bind_note_group(struct ctl_call *call, const char *address)
{
	int id = group_of(address);
	struct json_object *group;
	char obstacles[512];

	if (id < 0)
		return;
	group = group_describe(id);
	group_obstacle_text(group, obstacles, sizeof(obstacles));
	if (obstacles[0])
		ctl_note(call,
			 "%s cannot be used yet: group %d also has %s. Bind that too, or use --group.",
			 address, id, obstacles);
	json_object_put(group);
}

static int bind_each(struct ctl_call *call, const char *driver)
{
	struct json_object *devices = j_get(call->doc, "devices");
	size_t i;
	int ret;

	for (i = 0; i < j_length(devices); i++) {
		struct json_object *entry = j_at(devices, i);
		const char *address = j_text(entry, "address");

		if (driver)
			ret = ioasid_driver_bind(address, driver);
		else
			ret = ioasid_driver_restore(address);
		bind_after(entry);
		if (ret)
			return ctl_fail_library(call, ret);
	}
	return CTL_OK;
}

int ctl_device_bind(struct ctl_call *call)
{
	const char *driver = call->values[0] ? call->values[0] : BIND_DRIVER;
	struct json_object *devices;
	int status = bind_collect(call, call->values[1]);
	size_t i;

	if (!status && !strstr(driver, "vfio"))
		return ctl_fail(call, CTL_USAGE,
				"ioasidctl device unbind gives a device to its own driver; driverctl(8) sets others",
				"%s is no VFIO driver", driver);
	if (!status)
		status = bind_each(call, driver);
	if (status)
		return status;
	devices = j_get(call->doc, "devices");
	for (i = 0; i < j_length(devices); i++)
		bind_note_group(call, j_text(j_at(devices, i), "address"));
	ctl_note(call, "Until the next boot. To keep it: driverctl set-override %s %s",
		 j_text(j_at(devices, 0), "address"), driver);
	return CTL_OK;
}

int ctl_device_unbind(struct ctl_call *call)
{
	int status = bind_collect(call, call->values[0]);

	return status ? status : bind_each(call, NULL);
}

void ctl_device_bound_print(struct json_object *doc)
{
	struct json_object *devices = j_get(doc, "devices");
	size_t i;

	for (i = 0; i < j_length(devices); i++) {
		struct json_object *entry = j_at(devices, i);
		const char *before = j_text(entry, "before");
		const char *driver = j_text(entry, "driver");

		if (!strcmp(before, driver))
			printf("%s: %s, as before\n", j_text(entry, "address"),
			       driver[0] ? driver : "no driver");
		else
			printf("%s: %s (before: %s)\n", j_text(entry, "address"),
			       driver[0] ? driver : "no driver",
			       before[0] ? before : "none");
	}
}
