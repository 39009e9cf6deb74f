// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The numbers of <linux/ioasid.h> as words, for programs that print them.
 */
#include "internal.h"

static const char * const iol_reasons[] = {
	[IOASID_REASON_NONE] = "none",
	[IOASID_REASON_SIZE] = "size",
	[IOASID_REASON_FLAGS] = "flags",
	[IOASID_REASON_RESERVED] = "reserved",
	[IOASID_REASON_VALUE] = "value",
	[IOASID_REASON_FAULT] = "fault",
	[IOASID_REASON_ALIGNMENT] = "alignment",
	[IOASID_REASON_RANGE] = "range",
	[IOASID_REASON_NO_OBJECT] = "no-object",
	[IOASID_REASON_IN_USE] = "in-use",
	[IOASID_REASON_IOVA_MAPPED] = "iova-mapped",
	[IOASID_REASON_IOVA_RESERVED] = "iova-reserved",
	[IOASID_REASON_IOVA_APERTURE] = "iova-aperture",
	[IOASID_REASON_IOVA_WINDOW] = "iova-window",
	[IOASID_REASON_IOVA_PARTIAL] = "iova-partial",
	[IOASID_REASON_IOVA_NOT_MAPPED] = "iova-not-mapped",
	[IOASID_REASON_IOVA_FULL] = "iova-full",
	[IOASID_REASON_MEMLOCK] = "memlock",
	[IOASID_REASON_PIN] = "pin",
	[IOASID_REASON_NO_MEMORY] = "no-memory",
	[IOASID_REASON_INTERRUPTED] = "interrupted",
	[IOASID_REASON_ARRAY] = "array",
	[IOASID_REASON_DEVICE_GONE] = "device-gone",
	[IOASID_REASON_DEVICE_ATTACHED] = "device-attached",
	[IOASID_REASON_DEVICE_DETACHED] = "device-detached",
	[IOASID_REASON_GROUP_ATTACHED] = "group-attached",
	[IOASID_REASON_DEVICE_BOUND] = "device-bound",
	[IOASID_REASON_NO_DEVICE] = "no-device",
	[IOASID_REASON_DRIVER] = "driver",
	[IOASID_REASON_NOT_IOASID] = "not-ioasid",
	[IOASID_REASON_CONTAINER] = "container",
	[IOASID_REASON_IOMMU] = "iommu",
	[IOASID_REASON_IOVA_ALLOWED] = "iova-allowed",
	[IOASID_REASON_PROT] = "prot",
	[IOASID_REASON_FILE] = "file",
	[IOASID_REASON_PASID] = "pasid",
	[IOASID_REASON_WINDOW] = "window",
	[IOASID_REASON_BLOCKED] = "blocked",
	[IOASID_REASON_CONTAINER_ATTACHED] = "container-attached",
	[IOASID_REASON_DIRTY] = "dirty",
	[IOASID_REASON_INTENT] = "intent",
	[IOASID_REASON_PASID_TABLE] = "pasid-table",
	[IOASID_REASON_PASID_DRIVER] = "pasid-driver",
};

static const char * const iol_iommu_kinds[] = {
	[IOASID_IOMMU_OTHER] = "other",
	[IOASID_IOMMU_INTEL_VTD] = "Intel VT-d",
	[IOASID_IOMMU_AMD] = "AMD-Vi",
	[IOASID_IOMMU_ARM_SMMUV3] = "Arm SMMUv3",
	[IOASID_IOMMU_VIRTIO] = "virtio-iommu",
	[IOASID_IOMMU_NONE] = "none",
};

static const char * const iol_resv_kinds[] = {
	[IOASID_RESV_DIRECT] = "direct",
	[IOASID_RESV_RESERVED] = "reserved",
	[IOASID_RESV_MSI] = "msi",
	[IOASID_RESV_SW_MSI] = "sw-msi",
};

static const char *iol_name(const char * const names[], size_t count,
			    uint32_t number)
{
	if (number >= count || !names[number])
		return "unknown";
	return names[number];
}

const char *ioasid_reason_name(uint32_t reason)
{
	return iol_name(iol_reasons, ARRAY_SIZE(iol_reasons), reason);
}

const char *ioasid_iommu_kind_name(uint32_t kind)
{
	return iol_name(iol_iommu_kinds, ARRAY_SIZE(iol_iommu_kinds), kind);
}

const char *ioasid_resv_kind_name(uint32_t kind)
{
	return iol_name(iol_resv_kinds, ARRAY_SIZE(iol_resv_kinds), kind);
}
