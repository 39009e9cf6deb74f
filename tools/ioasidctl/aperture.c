// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far the IOMMU in front of a device reaches. The kernel tells who has the device, so
 * a device that is free is opened for a moment: nothing is attached, nothing is mapped.
 * Called by device and check.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aperture.h"
#include "document.h"
#include "pci.h"
#include "ui.h"

/* Of VT-d's capability register: the width of guest addresses, and of what is supported. */
#define VTD_MGAW(cap)	(((cap) >> 16 & 0x3f) + 1)
#define VTD_SAGAW(cap)	((cap) >> 8 & 0x1f)

static unsigned int aperture_bits(uint64_t last)
{
	unsigned int bits = 0;

	for (; last; last >>= 1)
		bits++;
	return bits;
}

static void aperture_put(struct json_object *device, uint64_t first, uint64_t last,
			 const char *source)
{
	struct json_object *aperture = j_object(device, "aperture");

	j_hex(aperture, "first", first);
	j_hex(aperture, "last", last);
	j_num(aperture, "bits", aperture_bits(last));
	j_str(aperture, "source", "%s", source);
}

static void aperture_sizes(struct json_object *device, uint64_t bitmap)
{
	struct json_object *sizes = j_array(device, "page_sizes");
	unsigned int bit;

	for (bit = 0; bit < 64; bit++)
		if (bitmap >> bit & 1)
			j_append_str(sizes, "%s", ui_size(1ull << bit));
}

/* Opens the device for as long as the question takes. */
static bool aperture_ask(struct json_object *device, const char *address)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
	bool told = false;

	if (iol_root[0] || ioasid_ctx_open(&ctx))
		return false;
	if (!ioasid_dev_open(ctx, address, 0, &dev)) {
		told = !ioasid_dev_info(dev, &info, NULL);
		ioasid_dev_close(dev);
	}
	ioasid_ctx_close(ctx);
	if (!told)
		return false;
	aperture_put(device, info.aperture_first, info.aperture_last, "kernel");
	aperture_sizes(device, info.page_sizes);
	j_bool(device, "coherent", info.device_flags & IOASID_DEVICE_COHERENT);
	return true;
}

/* The widest table that the hardware has: 30 bits, and 9 more for each level. */
static bool aperture_vtd(struct json_object *device, const char *iommu)
{
	unsigned int width, table = 0, bit;
	char line[IOL_NAME_LEN];
	uint64_t cap;

	if (iol_read_line(line, sizeof(line), "/sys/class/iommu/%s/intel-iommu/cap", iommu))
		return false;
	cap = strtoull(line, NULL, 16);
	for (bit = 0; bit < 5; bit++)
		if (VTD_SAGAW(cap) >> bit & 1)
			table = 30 + 9 * bit;
	width = VTD_MGAW(cap);
	if (table && table < width)
		width = table;
	aperture_put(device, 0, width >= 64 ? UINT64_MAX : (1ull << width) - 1, "registers");
	return true;
}

void aperture_of(struct json_object *device, const char *address,
		 struct json_object *group)
{
	bool free = j_true(device, "vfio") && j_true(group, "viable") &&
		    !j_length(j_get(group, "users"));
	char iommu[IOL_NAME_LEN];

	if (free && aperture_ask(device, address))
		return;
	if (pci_iommu(address, iommu) && aperture_vtd(device, iommu))
		return;
	j_str(j_object(device, "aperture"), "why", "%s",
	      free ? "no right to open the device, or the module is not loaded" :
	      "the kernel tells it for a device that is bound to a VFIO driver and free");
}
