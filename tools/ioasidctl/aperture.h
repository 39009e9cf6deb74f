/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the IOMMU in front of a device reaches.
 */
#ifndef IOASIDCTL_APERTURE_H
#define IOASIDCTL_APERTURE_H

#include <json-c/json.h>

/*
 * Adds "aperture" (first, last, bits, source) and "page_sizes" to a device. Asks the
 * kernel, which it tells an owner, if the device is ready; otherwise the registers of the
 * IOMMU, if sysfs has them.
 */
void aperture_of(struct json_object *device, const char *address,
		 struct json_object *group);

#endif
