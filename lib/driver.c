// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which driver has a PCI device: moving it to another one and back through sysfs. Called
 * by programs that prepare a machine; independent of contexts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define IOL_WAIT_MS	2000
#define IOL_POLL_MS	10

/* How sysfs shows that there is no override, and how it wants to be told. */
#define IOL_NO_OVERRIDE	"(null)"
#define IOL_CLEAR	"\n"

static int iol_fail_change(int err, const char *address, const char *step)
{
	if (err == -EACCES || err == -EPERM || err == -EROFS)
		return iol_fail(-EACCES, IOASID_REASON_NONE,
				"no permission to change the driver of %s: run as root, with /sys writable",
				address);
	return iol_fail(err, IOASID_REASON_DRIVER,
			"cannot %s %s: %m; the kernel log may say why (dmesg)", step,
			address);
}

static int iol_override(const char *address, const char *driver)
{
	return iol_write(driver, "/sys/bus/pci/devices/%s/driver_override", address);
}

static int iol_probe(const char *address)
{
	return iol_write(address, "/sys/bus/pci/drivers_probe");
}

static int iol_unbind(const char *address)
{
	if (!iol_exists("/sys/bus/pci/devices/%s/driver", address))
		return 0;
	return iol_write(address, "/sys/bus/pci/devices/%s/driver/unbind", address);
}

/*
 * Lets the kernel look for a driver once more, which takes the override and no other
 * if one is set.
 */
static int iol_rebind(const char *address, const char *override)
{
	int ret;

	ret = iol_override(address, override);
	if (ret)
		return iol_fail_change(ret, address, "choose a driver for");
	ret = iol_unbind(address);
	if (ret)
		return iol_fail_change(ret, address, "unbind");
	ret = iol_probe(address);
	if (ret)
		return iol_fail_change(ret, address, "bind");
	return 0;
}

/* A driver may probe in the background. */
static int iol_wait_driver(const char *address, const char *driver)
{
	const struct timespec pause = { .tv_nsec = IOL_POLL_MS * 1000000 };
	char current[IOL_NAME_LEN];
	int waited;

	for (waited = 0; waited <= IOL_WAIT_MS; waited += IOL_POLL_MS) {
		iol_pci_driver(address, current);
		if (!strcmp(current, driver))
			return 0;
		nanosleep(&pause, NULL);
	}
	return iol_fail(-ENODEV, IOASID_REASON_DRIVER,
			"the driver %s did not take %s: the kernel log may say why (dmesg)",
			driver, address);
}

static int iol_driver_check(const char *address, const char *driver)
{
	unsigned int group;

	if (!driver[0] || strlen(driver) >= IOL_NAME_LEN || strpbrk(driver, "/\n"))
		return iol_fail(-EINVAL, IOASID_REASON_DRIVER,
				"'%s' is not the name of a driver: /sys/bus/pci/drivers lists those there are",
				driver);
	if (!iol_exists("/sys/bus/pci/drivers/%s", driver))
		return iol_fail(-ENODEV, IOASID_REASON_DRIVER,
				"no PCI driver %s is loaded: as root, modprobe %s", driver,
				driver);
	if (strstr(driver, "vfio"))
		return iol_pci_group(address, &group);
	return 0;
}

static void iol_former_override(const char *address, char former[IOL_NAME_LEN])
{
	if (iol_read_line(former, IOL_NAME_LEN,
			  "/sys/bus/pci/devices/%s/driver_override", address) ||
	    !former[0] || !strcmp(former, IOL_NO_OVERRIDE))
		snprintf(former, IOL_NAME_LEN, IOL_CLEAR);
}

/* A device that had no driver is left without one. */
static int iol_driver_move(const char *address, const char *from, const char *to)
{
	char former[IOL_NAME_LEN];
	int ret;

	iol_former_override(address, former);
	ret = iol_rebind(address, to);
	if (!ret)
		ret = iol_wait_driver(address, to);
	if (ret) {
		iol_override(address, former);
		if (from[0])
			iol_probe(address);
	}
	return ret;
}

int ioasid_driver_bind(const char *address, const char *driver)
{
	char full[IOL_PCI_LEN], current[IOL_NAME_LEN];
	int ret;

	ret = iol_pci_address(address, full);
	if (ret)
		return ret;
	ret = iol_driver_check(full, driver);
	if (ret)
		return ret;
	iol_pci_driver(full, current);
	if (!strcmp(current, driver))
		return 0;
	return iol_driver_move(full, current, driver);
}

int ioasid_driver_restore(const char *address)
{
	char full[IOL_PCI_LEN];
	int ret;

	ret = iol_pci_address(address, full);
	if (ret)
		return ret;
	return iol_rebind(full, IOL_CLEAR);
}
