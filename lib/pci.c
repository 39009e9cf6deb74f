// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What sysfs says about PCI devices: their addresses, drivers and groups. Used by
 * whatever opens or rebinds a device, before the kernel is asked to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define IOL_PCI_SLOTS		32
#define IOL_PCI_FUNCTIONS	8

/**
 * iol_pci_address() - Read a PCI address and look the device up
 * @text: as lspci prints it, with or without the domain
 * @address: out: in full, as sysfs names it
 *
 * Return: 0, -EINVAL (no address) or -ENOENT (no device).
 */
int iol_pci_address(const char *text, char address[IOL_PCI_LEN])
{
	unsigned int domain, bus, slot, function;
	int end = 0;

	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
		   &end) != 4) {
		domain = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) != 3)
			end = 0;
	}
	/* sscanf() also takes blanks, signs and "0x", which are none of an address. */
	if (!end || text[end] || text[strspn(text, "0123456789abcdefABCDEF:.")] ||
	    slot >= IOL_PCI_SLOTS || function >= IOL_PCI_FUNCTIONS)
		return iol_fail(-EINVAL, IOASID_REASON_NO_DEVICE,
				"'%s' is not a PCI address: write it as 'lspci -D' does, for example 0000:00:04.0",
				text);
	snprintf(address, IOL_PCI_LEN, "%04x:%02x:%02x.%x", domain, bus, slot,
		 function);
	if (iol_exists("/sys/bus/pci/devices/%s", address))
		return 0;
	if (!iol_exists("/sys/bus/pci"))
		return iol_fail(-ENOENT, IOASID_REASON_NO_DEVICE,
				"there is no /sys/bus/pci: mount sysfs on /sys, or this machine has no PCI");
	return iol_fail(-ENOENT, IOASID_REASON_NO_DEVICE,
			"there is no PCI device %s: 'lspci -D' lists those there are",
			address);
}

/**
 * iol_pci_driver() - The driver that has a device
 * @address: the device
 * @driver: out: its name, "" if there is none
 */
void iol_pci_driver(const char *address, char driver[IOL_NAME_LEN])
{
	if (iol_link_name(driver, IOL_NAME_LEN, "/sys/bus/pci/devices/%s/driver",
			  address))
		driver[0] = '\0';
}

/**
 * iol_pci_is_vfio() - Whether a device can be opened through VFIO
 * @address: the device
 * @driver: its driver
 *
 * Since Linux 6.1 the devices of every VFIO driver have a vfio-dev folder. Before, only
 * the name tells.
 *
 * Return: true if @driver is a VFIO driver.
 */
bool iol_pci_is_vfio(const char *address, const char *driver)
{
	return iol_exists("/sys/bus/pci/devices/%s/vfio-dev", address) ||
	       strstr(driver, "vfio");
}

static int iol_count(const char *name, void *data)
{
	(void)name;
	++*(unsigned int *)data;
	return 0;
}

static int iol_fail_no_group(const char *address)
{
	unsigned int groups = 0;

	iol_list(iol_count, &groups, "/sys/kernel/iommu_groups");
	if (groups)
		return iol_fail(-EOPNOTSUPP, IOASID_REASON_IOMMU,
				"%s is not behind an IOMMU, though this machine has one: use a device that is (/sys/kernel/iommu_groups lists them)",
				address);
	return iol_fail(-EOPNOTSUPP, IOASID_REASON_IOMMU,
			"%s is not behind an IOMMU because the IOMMU is off: enable it in the firmware (VT-d, AMD-Vi, SMMU) and boot Intel machines with the kernel parameter intel_iommu=on",
			address);
}

/**
 * iol_pci_group() - The IOMMU group of a device
 * @address: the device
 * @group: out: its number
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int iol_pci_group(const char *address, unsigned int *group)
{
	char name[IOL_NAME_LEN];

	if (iol_link_name(name, sizeof(name), "/sys/bus/pci/devices/%s/iommu_group",
			  address))
		return iol_fail_no_group(address);
	*group = strtoul(name, NULL, 10);
	return 0;
}

static int iol_fail_driver(const char *address, const char *driver)
{
	bool loaded = iol_exists("/sys/bus/pci/drivers/vfio-pci");
	char state[IOL_NAME_LEN + 32] = "has no driver";
	const char *unbind = "";

	if (driver[0]) {
		snprintf(state, sizeof(state), "is in use by the driver %s", driver);
		unbind = "echo $d >/sys/bus/pci/devices/$d/driver/unbind; ";
	}
	return iol_fail(driver[0] ? -EBUSY : -ENODEV, IOASID_REASON_DRIVER,
			"%s %s and must be given to vfio-pci: as root, %sd=%s; echo vfio-pci >/sys/bus/pci/devices/$d/driver_override; %secho $d >/sys/bus/pci/drivers_probe",
			address, state, loaded ? "" : "modprobe vfio-pci; ", address,
			unbind);
}

/**
 * iol_pci_vfio_group() - The group of a device that is ready for VFIO
 * @address: the device
 * @group: out: its number
 *
 * Return: 0, -EOPNOTSUPP (no IOMMU), -EBUSY (another driver) or -ENODEV (no driver).
 */
int iol_pci_vfio_group(const char *address, unsigned int *group)
{
	char driver[IOL_NAME_LEN];
	int ret;

	ret = iol_pci_group(address, group);
	if (ret)
		return ret;
	iol_pci_driver(address, driver);
	if (driver[0] && iol_pci_is_vfio(address, driver))
		return 0;
	return iol_fail_driver(address, driver);
}
