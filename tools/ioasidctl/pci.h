/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sysfs says about one PCI device.
 */
#ifndef IOASIDCTL_PCI_H
#define IOASIDCTL_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "internal.h"

/* An attribute that is a number; 0 if there is none. */
uint64_t pci_number(const char *address, const char *attribute);
/* Whether it is a bridge, which does no DMA of its own. */
bool pci_is_bridge(const char *address);
/* Whether a VFIO driver has it. */
bool pci_is_ready(const char *address);
/* The driver, "" for none. */
void pci_driver(const char *address, char driver[IOL_NAME_LEN]);
/* The IOMMU in front of it, as in /sys/class/iommu; false for none. */
bool pci_iommu(const char *address, char name[IOL_NAME_LEN]);
/* The kind of an IOMMU, by its name there. */
uint32_t pci_iommu_kind(const char *iommu);
/* Address, ids, kind, driver, group, IOMMU. */
void pci_describe(struct json_object *object, const char *address);
/* What it can do beyond plain DMA; says so if only root may read it. */
void pci_capabilities(struct json_object *object, const char *address);

#endif
