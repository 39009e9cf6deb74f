/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes older kernels look like the newest one. The module is written against the
 * newest kernel's API; what an older one lacks is supplied by the headers below
 * under the newest kernel's name. Which form a kernel has is found by the probes.
 */
#ifndef IOAS_COMPAT_H
#define IOAS_COMPAT_H

#include "ioas_compat_config.h"

#include "compat/dirty.h"
#include "compat/iommu.h"
#include "compat/mm.h"
#include "compat/pasid.h"
#include "compat/group.h"

#endif
