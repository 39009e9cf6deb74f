// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiles with any compiler that can build modules for the target kernel. Asked
 * by probes.mk before the probes, so that a wrong compiler is not taken for an
 * unknown kernel.
 */
#include <linux/module.h>
