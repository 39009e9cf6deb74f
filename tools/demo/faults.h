/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the IOMMU reports about a device, as far as the kernel log has it.
 */
#ifndef IOASID_DEMO_FAULTS_H
#define IOASID_DEMO_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* Forgets what the log holds already. Harmless without the right to read it. */
void faults_begin(void);
/* The first report about a device since then; waits for it a moment. */
bool faults_next(const char *address, char *line, size_t size);

#endif
