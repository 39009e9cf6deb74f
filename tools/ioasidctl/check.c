// SPDX-License-Identifier: GPL-2.0-only
/*
 * "check": whether a program or a virtual machine could have a device now, and reach as
 * much memory as it wants. Opens a device that is free for a moment, changes nothing.
 * Called by main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aperture.h"
#include "ctl.h"
#include "group.h"
#include "document.h"
#include "kernel.h"
#include "pci.h"
#include "term.h"
#include "verdict.h"

/* Where a PC's memory goes on above the hole that its devices are in. */
#define CHECK_LOW	(2ull << 30)
#define CHECK_HIGH	(4ull << 30)

static int check_size(struct ctl_call *call, const char *text, uint64_t *size)
{
	static const char units[] = "KMGTP";
	unsigned long long number;
	const char *unit;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	*size = number;
	unit = *end ? strchr(units, *end & ~0x20) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unit - units + 1);

		if (number >> (64 - shift))
			errno = ERANGE;
		*size = number << shift;
		end++;
		if (*end == 'i')
			end++;
		if (*end == 'B')
			end++;
	}
	if (errno || *end || !*size || text[0] == '-' || end == text)
		return ctl_fail(call, CTL_USAGE, "for example 512M, 16G or 4294967296",
				"'%s' is no size", text);
	return CTL_OK;
}

static void check_driver(struct json_object *doc, struct json_object *device)
{
	const char *driver = j_text(device, "driver");
	char advice[128];

	snprintf(advice, sizeof(advice), "as root: ioasidctl device bind %s",
		 j_text(device, "address"));
	if (j_true(device, "vfio"))
		verdict_add(doc, "driver", VERDICT_OK, NULL, "%s", driver);
	else if (driver[0])
		verdict_add(doc, "driver", VERDICT_MISSING, advice,
			    "%s, which is the kernel's own", driver);
	else
		verdict_add(doc, "driver", VERDICT_MISSING, advice, "none");
}

static void check_group(struct json_object *doc, struct json_object *group)
{
	struct json_object *users = j_get(group, "users"), *user = j_at(users, 0);
	unsigned int count = j_length(j_get(group, "devices"));
	char obstacles[512], advice[256];

	group_obstacle_text(group, obstacles, sizeof(obstacles));
	if (!j_true(group, "viable") && count > 1) {
		snprintf(advice, sizeof(advice), "as root: ioasidctl device bind %s --group",
			 j_text(j_at(j_get(group, "devices"), 0), "address"));
		verdict_add(doc, "group", VERDICT_MISSING, advice,
			    "%ju is not viable: the hardware does not keep its devices apart, and the kernel uses %s",
			    (uintmax_t)j_number(group, "group"), obstacles);
	} else if (user) {
		verdict_add(doc, "group", VERDICT_MISSING, "end that process first",
			    "%ju is in use by %s (process %ju)",
			    (uintmax_t)j_number(group, "group"), j_text(user, "command"),
			    (uintmax_t)j_number(user, "pid"));
	} else {
		verdict_add(doc, "group", VERDICT_OK, NULL, "%ju, %u %s",
			    (uintmax_t)j_number(group, "group"), count,
			    count == 1 ? "device" : "devices");
	}
}

static void check_interrupts(struct json_object *doc)
{
	int isolated = kernel_isolates_interrupts();

	if (isolated < 0)
		verdict_add(doc, "interrupts", VERDICT_UNKNOWN, NULL,
			    "only root may see whether they are isolated");
	else if (isolated)
		verdict_add(doc, "interrupts", VERDICT_OK, NULL, "isolated");
	else
		verdict_add(doc, "interrupts", VERDICT_WARNING,
			    "ioasidctl feature probe says what to do",
			    "not isolated: without the parameter allow_unsafe_interrupts the device is refused");
}

/* Whether the device can be opened at all: the library knows best what is in the way. */
static void check_open(struct json_object *doc, const char *address)
{
	struct ioasid_ctx *ctx = NULL;
	struct ioasid_dev *dev = NULL;
	int ret = ioasid_ctx_open(&ctx);

	if (!ret)
		ret = ioasid_dev_open(ctx, address, 0, &dev);
	if (ret)
		verdict_add(doc, "access", VERDICT_MISSING, ioasid_last_error(),
			    "it cannot be opened: %s", strerror(-ret));
	else
		verdict_add(doc, "access", VERDICT_OK, NULL, "it can be opened");
	ioasid_dev_close(dev);
	ioasid_ctx_close(ctx);
}

static void check_limit(struct json_object *doc, uint64_t size)
{
	struct rlimit limit;
	char advice[256];

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	if (!geteuid()) {
		verdict_add(doc, "limit", VERDICT_OK, NULL,
			    "root may pin as much as there is; for another user: ulimit -l");
	} else if (limit.rlim_cur >= size) {
		verdict_add(doc, "limit", VERDICT_OK, NULL, "you may pin %s",
			    limit.rlim_cur == RLIM_INFINITY ? "without limit" :
			    ui_size(limit.rlim_cur));
	} else {
		snprintf(advice, sizeof(advice),
			 "raise memlock to %ju KiB in limits.conf(5), or LimitMEMLOCK=%ju in a unit of systemd",
			 (uintmax_t)(size + 1023) / 1024, (uintmax_t)size);
		verdict_add(doc, "limit", VERDICT_MISSING, advice,
			    "you may pin %s only (ulimit -l)", ui_size(limit.rlim_cur));
	}
}

static void check_memory(struct json_object *doc, uint64_t size)
{
	uint64_t total = kernel_memory("MemTotal"), available = kernel_memory("MemAvailable");
	uint64_t huge = kernel_memory("HugePages_Free") >> 10;
	uint64_t huge_size = kernel_memory("Hugepagesize");

	if (!total)
		return;
	if (size > total)
		verdict_add(doc, "memory", VERDICT_MISSING, "take less",
			    "this machine has %s, and pinned memory cannot be swapped",
			    ui_size(total));
	else if (size > available && size > huge * huge_size)
		verdict_add(doc, "memory", VERDICT_WARNING,
			    "end something, or take less: pinned memory cannot be swapped",
			    "%s are available now", ui_size(available));
	else
		verdict_add(doc, "memory", VERDICT_OK, NULL, "%s of %s are available",
			    ui_size(available), ui_size(total));
}

/* The first reserved region that touches [first, last]; NULL if there is none. */
static struct json_object *check_conflict(struct json_object *group, uint64_t first,
					  uint64_t last)
{
	struct json_object *reserved = j_get(group, "reserved");
	size_t i;

	for (i = 0; i < j_length(reserved); i++) {
		struct json_object *region = j_at(reserved, i);

		if (j_number(region, "first") <= last && j_number(region, "last") >= first)
			return region;
	}
	return NULL;
}

static struct json_object *check_layout(struct json_object *group, uint64_t size,
					uint64_t *last)
{
	uint64_t low = size < CHECK_LOW ? size : CHECK_LOW;
	struct json_object *region = check_conflict(group, 0, low - 1);

	*last = low - 1;
	if (region || size <= CHECK_LOW)
		return region;
	*last = CHECK_HIGH + (size - CHECK_LOW) - 1;
	return check_conflict(group, CHECK_HIGH, *last);
}

static void check_aperture(struct json_object *doc, struct json_object *device, uint64_t last)
{
	struct json_object *aperture = j_get(device, "aperture");
	uint64_t limit = j_number(aperture, "last");

	if (!j_has(aperture, "last"))
		verdict_add(doc, "aperture", VERDICT_UNKNOWN, NULL, "not known: %s",
			    j_text(aperture, "why"));
	else if (last > limit)
		verdict_add(doc, "aperture", VERDICT_MISSING, "take less",
			    "the IOMMU reaches up to %s, a machine of this size up to 0x%jx",
			    j_text(aperture, "last"), (uintmax_t)last);
	else
		verdict_add(doc, "aperture", VERDICT_OK, NULL, "up to %s (%ju bits)",
			    j_text(aperture, "last"),
			    (uintmax_t)j_number(aperture, "bits"));
}

/*
 * A program can go around a reserved range, a virtual machine has its memory where a PC
 * has it.
 */
static void check_fit(struct json_object *doc, struct json_object *device,
		      struct json_object *group, uint64_t size)
{
	struct json_object *region;
	uint64_t last;

	region = check_layout(group, size, &last);
	check_aperture(doc, device, last);
	if (region)
		verdict_add(doc, "ranges", VERDICT_WARNING,
			    "a program lets the kernel choose IOVAs, or goes around it; a virtual machine needs a hole there (see docs of its monitor), or less memory",
			    "%s-%s is reserved (%s), where a PC of this size has memory",
			    j_text(region, "first"), j_text(region, "last"),
			    j_text(region, "kind"));
	else
		verdict_add(doc, "ranges", VERDICT_OK, NULL,
			    "nothing is reserved where a PC of this size has memory");
}

static void check_device(struct ctl_call *call, const char *address, uint64_t size)
{
	struct json_object *doc = call->doc, *device = j_object(doc, "device");
	int id = group_of(address);
	struct json_object *group;

	pci_describe(device, address);
	if (id < 0) {
		verdict_add(doc, "IOMMU", VERDICT_MISSING,
			    "ioasidctl feature probe says what to do",
			    "%s is not behind one", address);
		return;
	}
	group = group_describe(id);
	json_object_object_add(doc, "group", group);
	verdict_add(doc, "IOMMU", VERDICT_OK, NULL, "%s", j_text(device, "iommu_kind"));
	check_driver(doc, device);
	check_group(doc, group);
	check_interrupts(doc);
	/* More about it than has been said only where the rest is as it should be. */
	if (!verdict_count(doc, VERDICT_MISSING))
		check_open(doc, address);
	aperture_of(device, address, group);
	if (!size)
		return;
	check_limit(doc, size);
	check_memory(doc, size);
	check_fit(doc, device, group, size);
}

int ctl_check(struct ctl_call *call)
{
	char address[IOL_PCI_LEN];
	uint64_t size = 0;
	int ret;

	ret = call->values[0] ? check_size(call, call->values[0], &size) : CTL_OK;
	if (ret)
		return ret;
	ret = iol_pci_address(call->argv[0], address);
	if (ret)
		return ctl_fail_library(call, ret);
	if (size)
		j_num(call->doc, "memory", size);
	check_device(call, address, size);
	j_bool(call->doc, "works", !verdict_count(call->doc, VERDICT_MISSING));
	return j_true(call->doc, "works") ? CTL_OK : CTL_FAILED;
}

void ctl_check_print(struct json_object *doc)
{
	struct json_object *device = j_get(doc, "device");
	uint64_t size = j_number(doc, "memory");
	bool works = j_true(doc, "works");

	verdict_print(doc);
	printf("\n%s%s%s%s%s%s%s\n", ui_tint(UI_BOLD), ui_tint(works ? UI_GREEN : UI_RED),
	       j_text(device, "address"), works ? " can be used" : " cannot be used like this",
	       size ? ", with " : "", size ? ui_size(size) : "", ui_off());
}
