/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the kernel stores something on a PCI device just now.
 */
#ifndef IOASIDCTL_STORAGE_H
#define IOASIDCTL_STORAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Says which disk of the device is used and for what; false if none is. */
bool storage_is_used(const char *address, char *use, size_t size);

#endif
