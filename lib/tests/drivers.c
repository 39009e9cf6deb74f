// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Moving devices between drivers on a fake machine, and back when that fails. Run by
 * check.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "fake.h"
#include "internal.h"
#include "tap.h"

static bool override_is(const char *address, const char *driver)
{
	char line[IOL_NAME_LEN];

	return !iol_read_line(line, sizeof(line),
			      "/sys/bus/pci/devices/%s/driver_override", address) &&
	       !strcmp(line, driver);
}

static void good(void)
{
	fake_reset();
	tap_ok(!ioasid_driver_bind(FAKE_SOLO, "vfio-pci") &&
	       override_is(FAKE_SOLO, "(null)"), "a device that is there already");
	tap_ok(!ioasid_driver_bind("00:07.0", "vfio-pci") &&
	       !strcmp(fake_driver(FAKE_FOREIGN), "vfio-pci") &&
	       override_is(FAKE_FOREIGN, "vfio-pci"), "a device that has another driver");
	tap_ok(!ioasid_driver_restore(FAKE_FOREIGN) &&
	       !strcmp(fake_driver(FAKE_FOREIGN), "e1000e") &&
	       override_is(FAKE_FOREIGN, ""), "goes back to it");
	fake_unlink("/sys/bus/pci/devices/" FAKE_SOLO "/driver");
	tap_ok(!ioasid_driver_bind(FAKE_SOLO, "vfio-pci") &&
	       !strcmp(fake_driver(FAKE_SOLO), "vfio-pci"), "a device without a driver");
}

static void bad(void)
{
	fake_reset();
	tap_fails(ioasid_driver_bind("x", "vfio-pci"), -EINVAL, "no address",
		  TAP_WORDS("not a PCI address"));
	tap_fails(ioasid_driver_bind("00:01.0", "vfio-pci"), -ENOENT, "no device",
		  TAP_WORDS("no PCI device"));
	tap_fails(ioasid_driver_bind(FAKE_SOLO, "../e1000e"), -EINVAL, "a path",
		  TAP_WORDS("not the name of a driver"));
	tap_fails(ioasid_driver_bind(FAKE_SOLO, ""), -EINVAL, "an empty name",
		  TAP_WORDS("not the name of a driver"));
	tap_fails(ioasid_driver_bind(FAKE_SOLO, "nvme"), -ENODEV, "a missing driver",
		  TAP_WORDS("no PCI driver nvme", "modprobe nvme"));
	tap_fails(ioasid_driver_bind(FAKE_NAKED, "vfio-pci"), -EOPNOTSUPP, "no IOMMU",
		  TAP_WORDS("not behind an IOMMU"));

	fake.open_path = "/sys/bus/pci/devices/" FAKE_FOREIGN "/driver_override";
	fake.open_errno = EACCES;
	tap_fails(ioasid_driver_bind(FAKE_FOREIGN, "vfio-pci"), -EACCES, "not root",
		  TAP_WORDS("no permission", "run as root"));
	tap_fails(ioasid_driver_restore(FAKE_FOREIGN), -EACCES, "not root, back",
		  TAP_WORDS("no permission", "run as root"));
	tap_ok(!strcmp(fake_driver(FAKE_FOREIGN), "e1000e"), "the device stays where it is");
}

static void refused(void)
{
	fake_reset();
	fake.stubborn = "vfio-pci";
	tap_fails(ioasid_driver_bind(FAKE_FOREIGN, "vfio-pci"), -ENODEV,
		  "the driver does not take the device",
		  TAP_WORDS("vfio-pci did not take " FAKE_FOREIGN, "dmesg"));
	tap_ok(!strcmp(fake_driver(FAKE_FOREIGN), "e1000e") &&
	       !override_is(FAKE_FOREIGN, "vfio-pci"), "its former driver gets it back");
}

static void sweep(void)
{
	int calls, wrong = 0, ret = 0;
	bool failed = true;

	for (calls = 0; failed && calls < 100; calls++) {
		fake_reset();
		fake.fail_at = calls;
		ret = ioasid_driver_bind(FAKE_FOREIGN, "vfio-pci");
		failed = fake.fail_at < 0;
		fake.fail_at = -1;
		if (strcmp(fake_driver(FAKE_FOREIGN), ret ? "e1000e" : "vfio-pci"))
			wrong++;
		wrong += fake_open_files() || fake.broken;
	}
	tap_ok(!ret && !wrong && calls > 5,
	       "%d calls fail one by one, and one of the two drivers has the device", calls - 1);
}

int main(void)
{
	good();
	bad();
	refused();
	sweep();
	fake_remove();
	return tap_close();
}
