// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sysfs says about one PCI device: what it is, who drives it, what is in front of
 * it. Called by feature, device and check.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "document.h"
#include "pci.h"

#define PCI_CLASS_BRIDGE	0x0604
#define PCI_CONFIG_PUBLIC	64
#define PCI_CONFIG_EXTENDED	256
#define PCI_CONFIG_SIZE		4096
#define PCI_CAPABILITY_MAX	480	/* so many fit */

#define PCI_ATS		0x0f
#define PCI_PRI		0x13
#define PCI_PASID	0x1b
#define PCI_SRIOV	0x10

uint64_t pci_number(const char *address, const char *attribute)
{
	char line[IOL_NAME_LEN];

	if (iol_read_line(line, sizeof(line), "/sys/bus/pci/devices/%s/%s", address,
			  attribute))
		return 0;
	return strtoull(line, NULL, 0);
}

bool pci_is_bridge(const char *address)
{
	return pci_number(address, "class") >> 8 == PCI_CLASS_BRIDGE;
}

void pci_driver(const char *address, char driver[IOL_NAME_LEN])
{
	iol_pci_driver(address, driver);
}

bool pci_is_ready(const char *address)
{
	char driver[IOL_NAME_LEN];

	iol_pci_driver(address, driver);
	return driver[0] && iol_pci_is_vfio(address, driver);
}

bool pci_iommu(const char *address, char name[IOL_NAME_LEN])
{
	return !iol_link_name(name, IOL_NAME_LEN, "/sys/bus/pci/devices/%s/iommu",
			      address);
}

/* It is named for its own place on a bus, so it is known by where it is. */
static bool pci_iommu_is_virtio(const char *iommu)
{
	char target[PATH_MAX];

	return !iol_link(target, "/sys/class/iommu/%s", iommu) &&
	       strstr(target, "/virtio");
}

uint32_t pci_iommu_kind(const char *iommu)
{
	if (!strncmp(iommu, "dmar", 4))
		return IOASID_IOMMU_INTEL_VTD;
	if (!strncmp(iommu, "ivhd", 4))
		return IOASID_IOMMU_AMD;
	if (!strncmp(iommu, "smmu3", 5))
		return IOASID_IOMMU_ARM_SMMUV3;
	if (pci_iommu_is_virtio(iommu))
		return IOASID_IOMMU_VIRTIO;
	return IOASID_IOMMU_OTHER;
}

static const char *pci_kind(uint64_t class)
{
	static const struct {
		unsigned int class;
		const char *name;
	} kinds[] = {
		{ 0x0106, "SATA" }, { 0x0108, "NVMe" }, { 0x01, "storage" },
		{ 0x0200, "Ethernet" }, { 0x02, "network" }, { 0x0300, "VGA" },
		{ 0x03, "display" }, { 0x04, "multimedia" }, { 0x05, "memory" },
		{ 0x0600, "host bridge" }, { 0x0601, "ISA bridge" },
		{ 0x0604, "PCI bridge" }, { 0x06, "bridge" }, { 0x07, "communication" },
		{ 0x08, "system" }, { 0x09, "input" }, { 0x0c03, "USB" },
		{ 0x0c05, "SMBus" }, { 0x0c, "serial bus" }, { 0x0d, "wireless" },
		{ 0x0f, "satellite" }, { 0x10, "encryption" }, { 0x11, "signal" },
		{ 0x12, "accelerator" }, { 0xff, "other" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].class == class >> 8 || kinds[i].class == class >> 16)
			return kinds[i].name;
	return "other";
}

/* In the table of names, "vvvv  vendor" is followed by "\tdddd  device" of that vendor. */
static void pci_name(struct json_object *object, unsigned int vendor, unsigned int device)
{
	int fd = iol_open(O_RDONLY, "/usr/share/misc/pci.ids");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool ours = false;
	char line[256];
	unsigned int id;

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\t' && sscanf(line, "%4x", &id) == 1 && line[0] != '#') {
			if (ours)
				break;
			ours = id == vendor;
			if (ours)
				j_str(object, "vendor_name", "%s", line + 6);
		} else if (ours && line[0] == '\t' && line[1] != '\t' &&
			   sscanf(line, "\t%4x", &id) == 1 && id == device) {
			j_str(object, "device_name", "%s", line + 7);
			break;
		}
	}
	if (file)
		fclose(file);
}

static void pci_override(struct json_object *object, const char *address)
{
	char override[IOL_NAME_LEN];

	if (!iol_read_line(override, sizeof(override),
			   "/sys/bus/pci/devices/%s/driver_override", address) &&
	    override[0] && strcmp(override, "(null)"))
		j_str(object, "override", "%s", override);
}

void pci_describe(struct json_object *object, const char *address)
{
	unsigned int vendor = pci_number(address, "vendor");
	unsigned int device = pci_number(address, "device");
	uint64_t class = pci_number(address, "class");
	char name[IOL_NAME_LEN];

	j_str(object, "address", "%s", address);
	j_str(object, "id", "%04x:%04x", vendor, device);
	j_str(object, "class", "%06jx", (uintmax_t)class);
	j_str(object, "kind", "%s", pci_kind(class));
	pci_name(object, vendor, device);
	pci_driver(address, name);
	if (name[0])
		j_str(object, "driver", "%s", name);
	else
		j_null(object, "driver");
	pci_override(object, address);
	j_bool(object, "vfio", pci_is_ready(address));
	if (!iol_link_name(name, sizeof(name), "/sys/bus/pci/devices/%s/iommu_group",
			   address))
		j_num(object, "group", strtoul(name, NULL, 10));
	if (pci_iommu(address, name)) {
		j_str(object, "iommu", "%s", name);
		j_str(object, "iommu_kind", "%s",
		      ioasid_iommu_kind_name(pci_iommu_kind(name)));
	}
}

static uint32_t pci_dword(const uint8_t *config, unsigned int offset)
{
	return config[offset] | config[offset + 1] << 8 | config[offset + 2] << 16 |
	       (uint32_t)config[offset + 3] << 24;
}

/* The offset of an extended capability, 0 if there is none. */
static unsigned int pci_find(const uint8_t *config, size_t size, unsigned int id)
{
	unsigned int offset = PCI_CONFIG_EXTENDED, left = PCI_CAPABILITY_MAX;

	while (left-- && offset >= PCI_CONFIG_EXTENDED && offset + 8 <= size) {
		uint32_t header = pci_dword(config, offset);

		if (!header)
			return 0;
		if ((header & 0xffff) == id)
			return offset;
		offset = header >> 20 & 0xffc;
	}
	return 0;
}

static size_t pci_config(const char *address, uint8_t config[PCI_CONFIG_SIZE])
{
	int fd = iol_open(O_RDONLY, "/sys/bus/pci/devices/%s/config", address);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = read(fd, config, PCI_CONFIG_SIZE);
	close(fd);
	return got < 0 ? 0 : got;
}

void pci_capabilities(struct json_object *object, const char *address)
{
	struct json_object *found = j_object(object, "capabilities");
	uint8_t config[PCI_CONFIG_SIZE];
	size_t size = pci_config(address, config);
	unsigned int pasid;

	/* Others than root get the beginning only. */
	j_bool(found, "known", size > PCI_CONFIG_PUBLIC);
	if (size <= PCI_CONFIG_PUBLIC)
		return;
	pasid = pci_find(config, size, PCI_PASID);
	j_num(found, "pasid_bits",
	      pasid ? (pci_dword(config, pasid + 4) >> 8 & 0x1f) : 0);
	j_bool(found, "pasid_enabled",
	       pasid && pci_dword(config, pasid + 4) >> 16 & 1);
	j_bool(found, "ats", pci_find(config, size, PCI_ATS));
	j_bool(found, "pri", pci_find(config, size, PCI_PRI));
	j_bool(found, "sriov", pci_find(config, size, PCI_SRIOV));
}
