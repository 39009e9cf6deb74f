// SPDX-License-Identifier: GPL-2.0-only
/*
 * "device list" and "device show": PCI devices as user space can have them. Reads sysfs
 * and /proc; only what the kernel tells nobody but a device's owner is asked by opening
 * the device, and only if it is free. Called by main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aperture.h"
#include "ctl.h"
#include "group.h"
#include "document.h"
#include "names.h"
#include "pci.h"
#include "process.h"
#include "term.h"

#define SHOW_COLUMN	14

/*
 * What can be done with a device, in a word: "ready", "in use", "not viable" (its group),
 * "kernel" (has another driver), "no driver", "no IOMMU".
 */
static const char *device_state(struct json_object *device, struct json_object *group)
{
	if (!group)
		return "no IOMMU";
	if (!j_true(device, "vfio"))
		return j_text(device, "driver")[0] ? "kernel" : "no driver";
	if (!j_true(group, "viable"))
		return "not viable";
	return j_length(j_get(group, "users")) ? "in use" : "ready";
}

/* Groups are described once; their devices refer to them by number. */
static struct json_object *device_group(struct json_object *groups, int id)
{
	size_t i;

	if (id < 0)
		return NULL;
	for (i = 0; i < j_length(groups); i++)
		if (j_number(j_at(groups, i), "group") == (unsigned int)id)
			return j_at(groups, i);
	json_object_array_add(groups, group_describe(id));
	return j_at(groups, j_length(groups) - 1);
}

static bool device_is_listed(struct json_object *groups, struct json_object *group)
{
	size_t i;

	for (i = 0; i < j_length(groups); i++)
		if (j_at(groups, i) == group)
			return true;
	return false;
}

static int device_compare(const void *first, const void *second)
{
	struct json_object *one = *(struct json_object * const *)first;
	struct json_object *two = *(struct json_object * const *)second;
	int64_t groups = (int64_t)j_number(one, "group") - (int64_t)j_number(two, "group");

	if (groups)
		return groups < 0 ? -1 : 1;
	return strcmp(j_text(one, "address"), j_text(two, "address"));
}

static void device_list_one(struct ctl_call *call, const char *address,
			    struct json_object *groups)
{
	struct json_object *group = device_group(groups, group_of(address));
	struct json_object *device = json_object_new_object();
	struct json_object *listed = j_get(call->doc, "groups");
	const char *state;

	pci_describe(device, address);
	state = device_state(device, group);
	j_str(device, "state", "%s", state);
	if (call->values[0] && strcmp(state, "ready")) {
		json_object_put(device);
		return;
	}
	json_object_array_add(j_get(call->doc, "devices"), device);
	if (!device_is_listed(listed, group))
		json_object_array_add(listed, json_object_get(group));
}

int ctl_device_list(struct ctl_call *call)
{
	struct names names = names_of("/sys/bus/pci/devices");
	struct json_object *devices = j_array(call->doc, "devices");
	struct json_object *groups = json_object_new_array();
	unsigned int outside = 0;
	size_t i;

	j_array(call->doc, "groups");
	for (i = 0; i < names.count; i++) {
		if (group_of(names.name[i]) >= 0)
			device_list_one(call, names.name[i], groups);
		else
			outside++;
	}
	names_free(&names);
	json_object_put(groups);
	json_object_array_sort(devices, device_compare);
	j_num(call->doc, "without_iommu", outside);
	if (!group_any())
		ctl_note(call,
			 "No device is behind an IOMMU, so user space can have none: ioasidctl feature probe says what to do.");
	else if (process_hidden())
		ctl_note(call, "Only root sees which processes use a group.");
	return CTL_OK;
}

static enum ui_tint device_tint(const char *state)
{
	if (!strcmp(state, "ready"))
		return UI_GREEN;
	if (!strcmp(state, "in use"))
		return UI_BLUE;
	return strcmp(state, "not viable") ? UI_DIM : UI_RED;
}

static const char *device_user(struct json_object *group)
{
	static char text[64];
	struct json_object *user = j_at(j_get(group, "users"), 0);

	snprintf(text, sizeof(text), "%s (%ju)", j_text(user, "command"),
		 (uintmax_t)j_number(user, "pid"));
	return text;
}

static const char *device_why(struct json_object *device, struct json_object *group)
{
	static char text[256];
	char obstacles[200];

	if (!strcmp(j_text(device, "state"), "in use"))
		return device_user(group);
	text[0] = '\0';
	if (!strcmp(j_text(device, "state"), "not viable")) {
		group_obstacle_text(group, obstacles, sizeof(obstacles));
		snprintf(text, sizeof(text), "because of %s", obstacles);
	} else if (!j_true(group, "viable") && j_length(j_get(group, "devices")) > 1 &&
		   j_length(j_get(group, "obstacles")) < j_length(j_get(group, "devices"))) {
		snprintf(text, sizeof(text), "shares its group");
	}
	return text;
}

void ctl_device_list_print(struct json_object *doc)
{
	static const char * const heads[] = {
		">GROUP", "DEVICE", "ID", "KIND", "DRIVER", "IOMMU", "STATE", "", NULL };
	struct json_object *devices = j_get(doc, "devices"), *groups = j_get(doc, "groups");
	struct table *table;
	size_t i;

	if (!j_length(devices)) {
		puts("No such devices.");
		return;
	}
	table = table_new(heads);
	for (i = 0; i < j_length(devices); i++) {
		struct json_object *device = j_at(devices, i);
		struct json_object *group = device_group(groups, j_number(device, "group"));
		const char *state = j_text(device, "state");
		const char *driver = j_text(device, "driver");

		table_cell(table, UI_PLAIN, "%ju", (uintmax_t)j_number(device, "group"));
		table_cell(table, UI_PLAIN, "%s", j_text(device, "address"));
		table_cell(table, UI_PLAIN, "%s", j_text(device, "id"));
		table_cell(table, UI_PLAIN, "%s", j_text(device, "kind"));
		table_cell(table, driver[0] ? UI_PLAIN : UI_DIM, "%s", driver[0] ? driver : "-");
		table_cell(table, UI_PLAIN, "%s", j_text(device, "iommu"));
		table_cell(table, device_tint(state), "%s", state);
		table_cell(table, UI_DIM, "%s", device_why(device, group));
	}
	table_print(table);
}

/* The contexts that have the device, for "show". */
static void device_bound(struct json_object *device)
{
	struct json_object *contexts = process_contexts();
	struct json_object *array = j_array(device, "bound");
	size_t i, k;

	for (i = 0; i < j_length(contexts); i++) {
		struct json_object *context = j_at(contexts, i), *entry;
		struct json_object *devices = j_get(context, "devices");

		for (k = 0; k < j_length(devices); k++) {
			struct json_object *bound = j_at(devices, k);

			if (strcmp(j_text(bound, "name"), j_text(device, "address")))
				continue;
			entry = j_append(array);
			j_num(entry, "pid", j_number(context, "pid"));
			j_str(entry, "command", "%s", j_text(context, "command"));
			j_num(entry, "space", j_number(bound, "space"));
			j_str(entry, "state", "%s", j_text(bound, "state"));
			j_str(entry, "cookie", "%s", j_text(bound, "cookie"));
		}
	}
	json_object_put(contexts);
}

int ctl_device_show(struct ctl_call *call)
{
	struct json_object *device = j_object(call->doc, "device"), *group = NULL;
	char address[IOL_PCI_LEN];
	int ret, id;

	ret = iol_pci_address(call->argv[0], address);
	if (ret)
		return ctl_fail_library(call, ret);
	id = group_of(address);
	if (id >= 0) {
		group = group_describe(id);
		json_object_object_add(call->doc, "group", group);
	}
	pci_describe(device, address);
	j_str(device, "state", "%s", device_state(device, group));
	pci_capabilities(device, address);
	device_bound(device);
	aperture_of(device, address, group);
	if (process_hidden())
		ctl_note(call, "Only root sees which processes use the device.");
	return CTL_OK;
}

static void device_show_name(struct json_object *device)
{
	const char *vendor = j_text(device, "vendor_name");
	const char *name = j_text(device, "device_name");

	printf("%s%s%s  %s  %s%s%s%s%s\n", ui_tint(UI_BOLD), j_text(device, "address"),
	       ui_off(), j_text(device, "id"), j_text(device, "kind"),
	       vendor[0] ? "  " : "", vendor, name[0] ? " " : "", name);
}

static void device_show_state(struct json_object *device, struct json_object *group)
{
	const char *state = j_text(device, "state");
	const char *driver = j_text(device, "driver"), *override = j_text(device, "override");

	term_fact(SHOW_COLUMN, "driver", "%s%s%s%s", driver[0] ? driver : "none",
		  override[0] ? " (driver_override " : "", override,
		  override[0] ? ")" : "");
	if (!group) {
		term_fact(SHOW_COLUMN, "state", "%s: ioasidctl feature probe says what to do",
			  state);
	} else if (!strcmp(state, "in use")) {
		term_fact(SHOW_COLUMN, "state", "in use by %s", device_user(group));
	} else if (pci_is_bridge(j_text(device, "address"))) {
		term_fact(SHOW_COLUMN, "state",
			  "kernel: bridges stay with it, and are in no group's way");
	} else if (!strcmp(state, "kernel") || !strcmp(state, "no driver")) {
		term_fact(SHOW_COLUMN, "state", "%s: ioasidctl device bind %s gives it to vfio-pci",
			  state, j_text(device, "address"));
	} else {
		term_fact(SHOW_COLUMN, "state", "%s", state);
	}
}

static void device_show_member(struct json_object *member)
{
	const char *driver = j_text(member, "driver");
	const char *what = "for user space";

	if (j_true(member, "obstacle"))
		what = "used by the kernel";
	else if (j_true(member, "bridge"))
		what = "a bridge, in nobody's way";
	else if (!driver[0])
		what = "idle";
	term_fact(SHOW_COLUMN, "", "%s  %s  %s%s%s", j_text(member, "address"),
		  driver[0] ? driver : "-",
		  ui_tint(j_true(member, "obstacle") ? UI_RED : UI_DIM), what, ui_off());
}

static void device_show_group(struct json_object *group)
{
	struct json_object *devices = j_get(group, "devices");
	char obstacles[512];
	size_t i;

	term_fact(SHOW_COLUMN, "group", "%ju, %zu %s, %s%s%s",
		  (uintmax_t)j_number(group, "group"), j_length(devices),
		  j_length(devices) == 1 ? "device" : "devices",
		  ui_tint(j_true(group, "viable") ? UI_GREEN : UI_RED),
		  j_true(group, "viable") ? "viable" : "not viable", ui_off());
	if (j_length(devices) > 1)
		for (i = 0; i < j_length(devices); i++)
			device_show_member(j_at(devices, i));
	if (j_true(group, "viable") || j_length(devices) == 1)
		return;
	group_obstacle_text(group, obstacles, sizeof(obstacles));
	term_fact(SHOW_COLUMN, "",
		  "The hardware cannot keep these devices apart, and the kernel uses %s. With --group, bind and unbind move all of them.",
		  obstacles);
}

static const char *device_reserved_meaning(const char *kind)
{
	if (!strcmp(kind, "msi"))
		return "interrupts, taken by the hardware";
	if (!strcmp(kind, "sw_msi") || !strcmp(kind, "sw-msi"))
		return "interrupts, mapped by the kernel";
	if (!strncmp(kind, "direct", 6))
		return "firmware wants it mapped one to one";
	return "not let through by the platform";
}

static void device_show_reserved(struct json_object *group)
{
	struct json_object *reserved = j_get(group, "reserved");
	size_t i;

	if (!j_length(reserved))
		term_fact(SHOW_COLUMN, "reserved", "nothing");
	for (i = 0; i < j_length(reserved); i++) {
		struct json_object *region = j_at(reserved, i);
		const char *kind = j_text(region, "kind");

		term_fact(SHOW_COLUMN, i ? "" : "reserved", "%s-%s  %s (%s)",
			  j_text(region, "first"), j_text(region, "last"), kind,
			  device_reserved_meaning(kind));
	}
}

static void device_show_aperture(struct json_object *device)
{
	struct json_object *aperture = j_get(device, "aperture");

	if (j_has(aperture, "last"))
		term_fact(SHOW_COLUMN, "aperture", "%s-%s (%ju bits)%s",
			  j_text(aperture, "first"), j_text(aperture, "last"),
			  (uintmax_t)j_number(aperture, "bits"),
			  strcmp(j_text(aperture, "source"), "kernel") ?
			  ", as the IOMMU's registers say" : "");
	else
		term_fact(SHOW_COLUMN, "aperture", "not known: %s", j_text(aperture, "why"));
	if (j_has(device, "page_sizes"))
		term_fact(SHOW_COLUMN, "page sizes", "%s", j_join(j_get(device, "page_sizes")));
}

static void device_show_capabilities(struct json_object *device)
{
	struct json_object *can = j_get(device, "capabilities");

	if (!j_true(can, "known")) {
		term_fact(SHOW_COLUMN, "PASID", "only root may read whether it has it");
		return;
	}
	if (j_number(can, "pasid_bits"))
		term_fact(SHOW_COLUMN, "PASID", "%ju bits, %s",
			  (uintmax_t)j_number(can, "pasid_bits"),
			  j_true(can, "pasid_enabled") ? "enabled" : "not enabled");
	else
		term_fact(SHOW_COLUMN, "PASID", "the device has none");
	term_fact(SHOW_COLUMN, "also", "ATS: %s, PRI: %s, SR-IOV: %s",
		  j_true(can, "ats") ? "yes" : "no", j_true(can, "pri") ? "yes" : "no",
		  j_true(can, "sriov") ? "yes" : "no");
}

static void device_show_bound(struct json_object *device)
{
	struct json_object *bound = j_get(device, "bound");
	size_t i;

	for (i = 0; i < j_length(bound); i++) {
		struct json_object *entry = j_at(bound, i);

		term_fact(SHOW_COLUMN, i ? "" : "bound by", "%s (%ju), %s%s%.0ju",
			  j_text(entry, "command"), (uintmax_t)j_number(entry, "pid"),
			  j_text(entry, "state"),
			  j_number(entry, "space") ? " to space " : "",
			  (uintmax_t)j_number(entry, "space"));
	}
}

void ctl_device_show_print(struct json_object *doc)
{
	struct json_object *device = j_get(doc, "device"), *group = j_get(doc, "group");

	device_show_name(device);
	device_show_state(device, group);
	if (group) {
		device_show_group(group);
		term_fact(SHOW_COLUMN, "IOMMU", "%s (%s)", j_text(device, "iommu_kind"),
			  j_text(device, "iommu"));
		device_show_aperture(device);
		device_show_reserved(group);
	}
	device_show_capabilities(device);
	device_show_bound(device);
}
