/* SPDX-License-Identifier: GPL-2.0 */
/* iommu_alloc_resv_region() of 7.2, for older kernels. */
#ifndef IOAS_MOCK_COMPAT_RESV_H
#define IOAS_MOCK_COMPAT_RESV_H

#include <linux/iommu.h>

#include "ioas_compat_config.h"

static inline struct iommu_resv_region *
mock_alloc_resv(phys_addr_t start, size_t length, int prot,
		enum iommu_resv_type type)
{
#if IOAS_HAVE_RESV_REGION_GFP
	return iommu_alloc_resv_region(start, length, prot, type, GFP_KERNEL);
#else
	return iommu_alloc_resv_region(start, length, prot, type);
#endif
}

#endif
