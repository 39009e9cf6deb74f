/* SPDX-License-Identifier: GPL-2.0-only */
/* The demo on the software device of the test module ioas_mediated. */
#ifndef IOASID_DEMO_SOFT_H
#define IOASID_DEMO_SOFT_H

#include <stdbool.h>

/* What a user calls that device. */
#define SOFT_NAME	"software"

/* Whether the device is there, and may be used. */
bool soft_there(void);

/* All steps; what they found is counted by ui.c. */
void soft_run(void);

#endif
