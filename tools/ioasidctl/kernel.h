/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel: its version, its configuration, how it was booted, how it does interrupts.
 */
#ifndef IOASIDCTL_KERNEL_H
#define IOASIDCTL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "internal.h"

/* Compares the running kernel with a version "X.Y"; below 0 if it is older. */
int kernel_compare(const char *version);
/* What the file of its configuration is; false if there is none. */
bool kernel_config_path(char path[PATH_MAX]);
/* 'y', 'm', 'n'; '?' if its configuration is not there. */
char kernel_config(const char *option);
/* Whether there is a word that begins so on its command line. */
bool kernel_parameter(const char *word);
/*
 * Whether interrupts go through the IOMMU, as the names of their controllers say: 1 yes,
 * 0 no, -1 cannot be seen.
 */
int kernel_isolates_interrupts(void);
/* A line of /proc/meminfo, in bytes; 0 if there is none. */
uint64_t kernel_memory(const char *name);

#endif
