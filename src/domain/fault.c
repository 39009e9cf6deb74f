// SPDX-License-Identifier: GPL-2.0
/*
 * DMA that an IOMMU refused, as far as its driver tells: the tracepoint ioasid_fault.
 *
 * Drivers call from their interrupt threads, or from interrupts, under any lock of
 * theirs, and perhaps while the domain goes; so nothing is looked at but what the call
 * brings, and nothing sleeps. Unloading waits for calls under way as it does for those
 * of VFIO, see ioas_vfio_exit().
 */
#include <linux/device.h>
#include <linux/errno.h>

#include "compat/compat.h"
#include "domain/domain.h"
#include "trace/ioasid.h"

static int ioas_domain_fault(struct iommu_domain *iommu, struct device *dev,
			     unsigned long iova, int flags, void *token)
{
	trace_ioasid_fault(dev ? dev_name(dev) : "", (unsigned long)token, iova,
			   flags);
	/* As without a handler: the driver reports it in the kernel log. */
	return -ENOSYS;
}

/**
 * ioas_domain_trace_faults() - Have the faults of a domain traced
 * @domain: the domain
 * @ioasid: the space it mirrors
 *
 * Does nothing where the kernel maps interrupts into the domain and keeps that in the
 * place of a fault handler.
 *
 * Context: domains_sem for write; the domain is set up.
 */
void ioas_domain_trace_faults(struct ioas_domain *domain, u32 ioasid)
{
	if (ioas_takes_fault_handler(domain->iommu))
		iommu_set_fault_handler(domain->iommu, ioas_domain_fault,
					(void *)(unsigned long)ioasid);
}
