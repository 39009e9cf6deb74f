/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user API of /dev/ioasid: I/O address spaces owned by user space.
 *
 * One open file is a context. It holds I/O address spaces (IOASIDs) and bound
 * devices under 32-bit ids that mean nothing outside it. A device is bound to a
 * context through the VFIO container that owns its group, attached to a space,
 * and from then on its DMA sees what is mapped in that space and nothing else.
 */
#ifndef _UAPI_LINUX_IOASID_H
#define _UAPI_LINUX_IOASID_H

#include <linux/types.h>
#include <linux/ioctl.h>

/**
 * DOC: Rules that hold for every command
 *
 * Every command takes a pointer to its own struct, which begins with the same
 * three members:
 *
 * @size: bytes of the struct the caller was compiled with. A struct shorter
 *	than its first released layout is EINVAL. A longer one is accepted if
 *	the bytes this kernel does not know are zero, otherwise E2BIG. Bytes
 *	the caller did not supply read as zero and are not written back.
 * @flags: command specific; an unknown bit is EOPNOTSUPP.
 * @extack: 0, or a user pointer to a struct ioasid_extack that receives the
 *	reason of a failure. It is not touched on success. If it cannot be
 *	written the command's own errno still stands.
 *
 * A member named __reserved must be zero, otherwise EOPNOTSUPP.
 * A command this module does not have is ENOTTY. A command that fails changes
 * nothing, except that EMSGSIZE reports the needed count, and for EIO. What an out
 * member holds after any other failure is undefined.
 *
 * errno vocabulary, the same in every command:
 *
 *	EFAULT		a pointer in the struct, or the struct, is not mapped
 *	EINVAL		a wrong value: alignment, empty or wrapping range
 *	EOPNOTSUPP	an unknown flag or value, or the hardware cannot do it
 *	ENOENT		no such id, or nothing mapped at the IOVA
 *	ENODEV		the device has left its container, or was unplugged
 *	EEXIST		taken: IOVA mapped, device bound or attached already
 *	EBUSY		in use by something else, which the extack names
 *	EACCES		more than the source of the memory allows
 *	EADDRNOTAVAIL	reserved IOVA, or outside the aperture or the window
 *	ENOSPC		no free IOVA range is large enough, or no PASID is free
 *	ENOMEM		over RLIMIT_MEMLOCK, or no kernel memory
 *	EMSGSIZE	an array is too small; the needed count is written back
 *	EINTR		interrupted by a signal, and rolled back
 *	EIO		a device could neither go on nor back, and is blocked
 *
 * All IOVAs, addresses and lengths are in bytes. "last" is inclusive, so that
 * the end of the 64-bit space can be named.
 *
 * 32-bit callers of a 64-bit kernel use the same layouts.
 */

#define IOASID_TYPE		0xE9
#define IOASID_UAPI_VERSION	1

/**
 * enum ioasid_reason - Why a command failed, in struct ioasid_extack
 * @IOASID_REASON_NONE: no further reason than the errno
 * @IOASID_REASON_SIZE: @size is too short, or unknown bytes are not zero
 * @IOASID_REASON_FLAGS: unknown flag bit
 * @IOASID_REASON_RESERVED: a __reserved member is not zero
 * @IOASID_REASON_VALUE: a member has a value this module does not know, or one that
 *	does not go with the flags
 * @IOASID_REASON_FAULT: a pointer inside the struct cannot be accessed
 * @IOASID_REASON_ALIGNMENT: address, IOVA or length is not page aligned
 * @IOASID_REASON_RANGE: the range is empty or wraps
 * @IOASID_REASON_NO_OBJECT: no object of the wanted type has this id
 * @IOASID_REASON_IN_USE: the object is used; first/last/id say by whom
 * @IOASID_REASON_IOVA_MAPPED: the IOVA range overlaps the mapped range first-last
 * @IOASID_REASON_IOVA_RESERVED: it overlaps the reserved region first-last of
 *	device id
 * @IOASID_REASON_IOVA_APERTURE: it is outside what the IOMMU of device id can
 *	translate; first-last is the part it cannot
 * @IOASID_REASON_IOVA_WINDOW: it is outside the window given at IOASID_ALLOC
 * @IOASID_REASON_IOVA_PARTIAL: the range would split the mapping first-last
 * @IOASID_REASON_IOVA_NOT_MAPPED: nothing is mapped in the range
 * @IOASID_REASON_IOVA_FULL: no free range is large enough
 * @IOASID_REASON_MEMLOCK: RLIMIT_MEMLOCK would be exceeded
 * @IOASID_REASON_PIN: the memory at user address first cannot be pinned
 * @IOASID_REASON_NO_MEMORY: the kernel is out of memory
 * @IOASID_REASON_INTERRUPTED: a signal arrived; the call was rolled back
 * @IOASID_REASON_ARRAY: the array is too small
 * @IOASID_REASON_DEVICE_GONE: the device left its container
 * @IOASID_REASON_DEVICE_ATTACHED: the device is attached already
 * @IOASID_REASON_DEVICE_DETACHED: the device is not attached
 * @IOASID_REASON_GROUP_ATTACHED: device id of the same group is attached to
 *	another space, and all devices of a group share one
 * @IOASID_REASON_DEVICE_BOUND: the device is bound already
 * @IOASID_REASON_NO_DEVICE: no group of this container has such a device
 * @IOASID_REASON_DRIVER: the device, or another of its group, is not driven by a VFIO
 *	driver
 * @IOASID_REASON_NOT_IOASID: the file descriptor is not an open /dev/ioasid
 * @IOASID_REASON_CONTAINER: the container no longer uses this backend
 * @IOASID_REASON_IOMMU: the IOMMU, or its driver, refused
 * @IOASID_REASON_IOVA_ALLOWED: the reserved region first-last of device id would
 *	take from what IOASID_ALLOW_IOVAS keeps available
 * @IOASID_REASON_PROT: the source does not allow this much
 * @IOASID_REASON_FILE: the file cannot be mapped
 * @IOASID_REASON_PASID: the PASID is out of range, or there are no PASIDs
 * @IOASID_REASON_WINDOW: DMA would be blocked for a while, which
 *	IOASID_ATTACH_ALLOW_WINDOW does not accept
 * @IOASID_REASON_BLOCKED: the device could be put back nowhere, and is blocked
 * @IOASID_REASON_CONTAINER_ATTACHED: a software device of the same container is
 *	attached to another space, and all of a container share one
 * @IOASID_REASON_DIRTY: the space is not tracked; or the IOMMU of a device that is
 *	attached to it cannot mark what the device writes
 * @IOASID_REASON_INTENT: what the device's driver declared cannot be
 * @IOASID_REASON_PASID_TABLE: device id has DMA by the same requester id, and what both
 *	want of its table of PASIDs does not go together
 * @IOASID_REASON_PASID_DRIVER: the device's driver, which translates the PASIDs, refused
 */
enum ioasid_reason {
	IOASID_REASON_NONE = 0,
	IOASID_REASON_SIZE = 1,
	IOASID_REASON_FLAGS = 2,
	IOASID_REASON_RESERVED = 3,
	IOASID_REASON_VALUE = 4,
	IOASID_REASON_FAULT = 5,
	IOASID_REASON_ALIGNMENT = 6,
	IOASID_REASON_RANGE = 7,
	IOASID_REASON_NO_OBJECT = 8,
	IOASID_REASON_IN_USE = 9,
	IOASID_REASON_IOVA_MAPPED = 10,
	IOASID_REASON_IOVA_RESERVED = 11,
	IOASID_REASON_IOVA_APERTURE = 12,
	IOASID_REASON_IOVA_WINDOW = 13,
	IOASID_REASON_IOVA_PARTIAL = 14,
	IOASID_REASON_IOVA_NOT_MAPPED = 15,
	IOASID_REASON_IOVA_FULL = 16,
	IOASID_REASON_MEMLOCK = 17,
	IOASID_REASON_PIN = 18,
	IOASID_REASON_NO_MEMORY = 19,
	IOASID_REASON_INTERRUPTED = 20,
	IOASID_REASON_ARRAY = 21,
	IOASID_REASON_DEVICE_GONE = 22,
	IOASID_REASON_DEVICE_ATTACHED = 23,
	IOASID_REASON_DEVICE_DETACHED = 24,
	IOASID_REASON_GROUP_ATTACHED = 25,
	IOASID_REASON_DEVICE_BOUND = 26,
	IOASID_REASON_NO_DEVICE = 27,
	IOASID_REASON_DRIVER = 28,
	IOASID_REASON_NOT_IOASID = 29,
	IOASID_REASON_CONTAINER = 30,
	IOASID_REASON_IOMMU = 31,
	IOASID_REASON_IOVA_ALLOWED = 32,
	IOASID_REASON_PROT = 33,
	IOASID_REASON_FILE = 34,
	IOASID_REASON_PASID = 35,
	IOASID_REASON_WINDOW = 36,
	IOASID_REASON_BLOCKED = 37,
	IOASID_REASON_CONTAINER_ATTACHED = 38,
	IOASID_REASON_DIRTY = 39,
	IOASID_REASON_INTENT = 40,
	IOASID_REASON_PASID_TABLE = 41,
	IOASID_REASON_PASID_DRIVER = 42,
};

#define IOASID_EXTACK_MESSAGE_LEN	160

/**
 * struct ioasid_extack - The reason of a failure
 * @size: in: bytes the caller has room for; the kernel writes at most that many
 * @reason: out: an enum ioasid_reason
 * @first: out: first byte of the range in conflict, see the reason
 * @last: out: last byte of the range in conflict; 0 with @first 0 if none
 * @id: out: the object in conflict, 0 if none or if it is another context's
 * @__reserved: out: 0
 * @message: out: one line for people, NUL terminated, never parsed
 */
struct ioasid_extack {
	__u32 size;
	__u32 reason;
	__aligned_u64 first;
	__aligned_u64 last;
	__u32 id;
	__u32 __reserved;
	char message[IOASID_EXTACK_MESSAGE_LEN];
};

/**
 * struct ioasid_get_caps - ioctl(IOASID_GET_CAPS): what this module is
 * @size: sizeof(struct ioasid_get_caps)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @uapi_version: out: IOASID_UAPI_VERSION the module was built with
 * @__reserved: must be 0
 * @caps: out: capability bits. None is defined in version 1: an operation that
 *	cannot work fails with its reason, so there is nothing to ask first.
 *
 * Works on a context with nothing in it. Fails only by the common rules.
 */
struct ioasid_get_caps {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 uapi_version;
	__u32 __reserved;
	__aligned_u64 caps;
};

#define IOASID_GET_CAPS		_IO(IOASID_TYPE, 0x00)

/**
 * enum ioasid_kind - What an I/O address space is made of
 * @IOASID_KIND_PAGING: user memory mapped by IOASID_MAP_DMA into I/O page
 *	tables that the kernel keeps
 */
enum ioasid_kind {
	IOASID_KIND_PAGING = 0,
};

/**
 * enum ioasid_alloc_flags - Flags of IOASID_ALLOC
 * @IOASID_ALLOC_DIRTY_TRACKING: what devices write is marked by the hardware when the
 *	space is tracked, see IOASID_DIRTY_SET. A device whose IOMMU cannot do that is
 *	refused at IOASID_ATTACH, unless it is one with IOASID_INTENT_SOFTWARE
 */
enum ioasid_alloc_flags {
	IOASID_ALLOC_DIRTY_TRACKING = 1 << 0,
};

/**
 * struct ioasid_alloc - ioctl(IOASID_ALLOC): make an empty I/O address space
 * @size: sizeof(struct ioasid_alloc)
 * @flags: see enum ioasid_alloc_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @kind: an enum ioasid_kind; EOPNOTSUPP if unknown
 * @ioasid: out: id of the new space, never 0
 * @iova_base: first IOVA of the window that may ever be mapped, page aligned
 * @iova_size: bytes of the window, page aligned; 0 with @iova_base 0 means
 *	everything the attached devices allow
 * @granule: 0, or the largest unit in bytes that one entry of an I/O page table may
 *	cover in this space: a power of two, at least a page. Mappings can then be
 *	unmapped in part, in such units, without disturbing DMA to the rest. 0 means
 *	the largest pages there are, and only whole mappings are unmapped.
 *
 * The space lives until IOASID_FREE or until the last reference to the context's
 * file is gone.
 *
 * Errors: EINVAL (window not aligned, wraps or is empty with a base; granule is no
 * power of two or less than a page), ENOMEM.
 */
struct ioasid_alloc {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 kind;
	__u32 ioasid;
	__aligned_u64 iova_base;
	__aligned_u64 iova_size;
	__aligned_u64 granule;
};

#define IOASID_ALLOC		_IO(IOASID_TYPE, 0x01)

/**
 * struct ioasid_free - ioctl(IOASID_FREE): free a space or a dead device's id
 * @size: sizeof(struct ioasid_free)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @id: the object
 * @__reserved: must be 0
 *
 * Everything mapped in a space is unmapped, unpinned and given back to the
 * accounts it was taken from before the call returns.
 *
 * Errors: ENOENT, EBUSY (devices are attached to the space: the extack names
 * one; or the device is still bound: use VFIO_IOASID_UNBIND).
 */
struct ioasid_free {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 id;
	__u32 __reserved;
};

#define IOASID_FREE		_IO(IOASID_TYPE, 0x02)

/**
 * struct ioasid_get_info - ioctl(IOASID_GET_INFO): what a space holds now
 * @size: sizeof(struct ioasid_get_info)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @kind: out: an enum ioasid_kind
 * @num_devices: out: devices attached; each PASID of a device counts for itself
 * @num_domains: out: I/O page tables that mirror the space
 * @iova_alignment: out: IOVAs, addresses and lengths must be multiples of it
 * @page_sizes: out: bitmap of the page sizes that every attached IOMMU can use,
 *	all ones if no device is attached
 * @num_areas: out: mappings
 * @mapped_bytes: out: bytes mapped
 *
 * Errors: ENOENT.
 */
struct ioasid_get_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 kind;
	__u32 num_devices;
	__u32 num_domains;
	__aligned_u64 iova_alignment;
	__aligned_u64 page_sizes;
	__aligned_u64 num_areas;
	__aligned_u64 mapped_bytes;
};

#define IOASID_GET_INFO		_IO(IOASID_TYPE, 0x03)

/**
 * struct ioasid_iova_range - A range of I/O virtual addresses
 * @first: first IOVA
 * @last: last IOVA, inclusive
 */
struct ioasid_iova_range {
	__aligned_u64 first;
	__aligned_u64 last;
};

/**
 * struct ioasid_iova_ranges - ioctl(IOASID_IOVA_RANGES): what may be mapped
 * @size: sizeof(struct ioasid_iova_ranges)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @num_ranges: in: entries @ranges has room for; out: entries there are
 * @ranges: pointer to an array of struct ioasid_iova_range, ascending
 *
 * The window of the space, less what the attached devices cannot translate or
 * reserve. What is mapped already is part of the ranges. Attaching another device
 * may remove ranges (never one that is mapped: such an attach is refused);
 * detaching it brings them back.
 *
 * Errors: ENOENT, EMSGSIZE (only @num_ranges is written then), EFAULT.
 */
struct ioasid_iova_ranges {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 num_ranges;
	__aligned_u64 ranges;
};

#define IOASID_IOVA_RANGES	_IO(IOASID_TYPE, 0x04)

/**
 * enum ioasid_map_flags - Flags of IOASID_MAP_DMA
 * @IOASID_MAP_FIXED: map at @iova; without it the kernel chooses
 */
enum ioasid_map_flags {
	IOASID_MAP_FIXED = 1 << 0,
};

/**
 * enum ioasid_prot - What devices may do with a mapping
 * @IOASID_PROT_READ: the device may read the memory
 * @IOASID_PROT_WRITE: the device may write the memory
 */
enum ioasid_prot {
	IOASID_PROT_READ = 1 << 0,
	IOASID_PROT_WRITE = 1 << 1,
};

/**
 * struct ioasid_map_dma - ioctl(IOASID_MAP_DMA): map the caller's memory
 * @size: sizeof(struct ioasid_map_dma)
 * @flags: see enum ioasid_map_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @prot: at least one of enum ioasid_prot; an unknown bit is EOPNOTSUPP, none
 *	EINVAL
 * @user_va: page aligned address in the calling process
 * @length: bytes, a multiple of the page size, not 0
 * @iova: with IOASID_MAP_FIXED in: where; otherwise out: where the kernel put it
 *
 * The memory is pinned and charged to RLIMIT_MEMLOCK of the calling process until
 * it is unmapped, also if another process unmaps it. It is mapped for every device
 * attached to the space now or later.
 *
 * The device and the process see the same memory for as long as it is mapped. Before
 * Linux 5.19 that ends for private memory that becomes write-protected meanwhile, also
 * for a moment (mprotect(2) and back): when the process writes to it the kernel gives
 * the process a copy, and the device keeps the page it had.
 *
 * An IOVA of the kernel's choice is in the smallest free range that is large enough,
 * and has the offset in a large page that the memory has. It is never in a reserved
 * range, nor outside what IOASID_ALLOW_IOVAS allows, if that was called. Low
 * addresses come first, but 0 last, so a layout of one's own is better kept away from them, or
 * kept in IOASID_ALLOW_IOVAS.
 *
 * Errors: ENOENT, EINVAL, EEXIST (overlaps a mapping), EADDRNOTAVAIL, ENOSPC,
 * ENOMEM, EFAULT (memory that cannot be pinned: not mapped, not writable for
 * IOASID_PROT_WRITE, or device memory), EINTR.
 */
struct ioasid_map_dma {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 prot;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};

#define IOASID_MAP_DMA		_IO(IOASID_TYPE, 0x05)

/**
 * enum ioasid_unmap_flags - Flags of IOASID_UNMAP_DMA
 * @IOASID_UNMAP_ALL: unmap the whole space; @iova and @length must be 0
 */
enum ioasid_unmap_flags {
	IOASID_UNMAP_ALL = 1 << 0,
};

/**
 * struct ioasid_unmap_dma - ioctl(IOASID_UNMAP_DMA): unmap whole mappings
 * @size: sizeof(struct ioasid_unmap_dma)
 * @flags: see enum ioasid_unmap_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @__reserved: must be 0
 * @iova: first byte, page aligned
 * @length: bytes, a multiple of the page size, not 0; with @iova it covers one or
 *	more whole mappings, or, in a space with a granule, begins and ends at
 *	multiples of the granule
 * @unmapped: out: bytes that were unmapped
 *
 * When the call returns no device can reach the memory through this space, and it
 * is unpinned. IOASID_UNMAP_ALL of an empty space succeeds with @unmapped 0.
 * A mapping that another thread is still making is not there yet.
 * Drivers of software devices are asked for the pages they have pinned before the call
 * returns; memory of which one keeps a page stays pinned and charged until it gives it
 * back.
 *
 * In a space that is tracked, see IOASID_DIRTY_SET, it is kept which pages are dirty,
 * until they are read by IOASID_DIRTY_READ.
 *
 * Memory that has other users (copies, a registration) stays pinned and charged as a
 * whole until the last of them is gone. So does a hugetlb page that is unmapped in
 * part, and what was mapped of a dma-buf.
 *
 * Errors: ENOENT (no such space, or nothing mapped in the range), EINVAL (not
 * aligned, empty or wrapping range, or it would split a mapping: the extack has
 * its range), ENOMEM.
 */
struct ioasid_unmap_dma {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 __reserved;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 unmapped;
};

#define IOASID_UNMAP_DMA	_IO(IOASID_TYPE, 0x06)

/**
 * enum ioasid_iommu_kind - The kind of IOMMU in front of a device
 * @IOASID_IOMMU_OTHER: one this list does not know; see the name
 * @IOASID_IOMMU_INTEL_VTD: Intel VT-d
 * @IOASID_IOMMU_AMD: AMD-Vi
 * @IOASID_IOMMU_ARM_SMMUV3: Arm SMMUv3
 * @IOASID_IOMMU_VIRTIO: virtio-iommu
 * @IOASID_IOMMU_NONE: none; what the device does to memory, its driver does with the
 *	CPU, see IOASID_INTENT_SOFTWARE
 */
enum ioasid_iommu_kind {
	IOASID_IOMMU_OTHER = 0,
	IOASID_IOMMU_INTEL_VTD = 1,
	IOASID_IOMMU_AMD = 2,
	IOASID_IOMMU_ARM_SMMUV3 = 3,
	IOASID_IOMMU_VIRTIO = 4,
	IOASID_IOMMU_NONE = 5,
};

/**
 * enum ioasid_resv_kind - Why an IOVA region is reserved
 * @IOASID_RESV_DIRECT: firmware wants it mapped one to one
 * @IOASID_RESV_RESERVED: the platform does not let it through
 * @IOASID_RESV_MSI: the hardware takes it for message signalled interrupts
 * @IOASID_RESV_SW_MSI: the kernel maps the interrupt controller there
 */
enum ioasid_resv_kind {
	IOASID_RESV_DIRECT = 1,
	IOASID_RESV_RESERVED = 2,
	IOASID_RESV_MSI = 3,
	IOASID_RESV_SW_MSI = 4,
};

/**
 * struct ioasid_resv_region - A region a device's platform reserves
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @kind: an enum ioasid_resv_kind
 * @__reserved: out: 0
 */
struct ioasid_resv_region {
	__aligned_u64 first;
	__aligned_u64 last;
	__u32 kind;
	__u32 __reserved;
};

/**
 * enum ioasid_device_flags - Properties in struct ioasid_device_info
 * @IOASID_DEVICE_COHERENT: DMA is coherent with the CPU's caches
 * @IOASID_DEVICE_ENFORCE_SNOOP: DMA that asks not to be snooped is snooped all the
 *	same. Without it a guest that drives the device may need cache maintenance
 * @IOASID_DEVICE_DIRTY: the IOMMU can mark which pages the device writes, and the kernel
 *	lets us see that: IOASID_ATTACH to a space of IOASID_ALLOC_DIRTY_TRACKING is not
 *	refused for want of it
 * @IOASID_DEVICE_REPLACE: IOASID_ATTACH with IOASID_ATTACH_REPLACE succeeds without
 *	IOASID_ATTACH_ALLOW_WINDOW
 * @IOASID_DEVICE_ATS: the device has PCI's address translation service
 * @IOASID_DEVICE_ATS_ENABLED: the kernel has turned it on
 * @IOASID_DEVICE_PRI: the device has PCI's page request interface
 * @IOASID_DEVICE_PRI_ENABLED: the kernel has turned it on
 */
enum ioasid_device_flags {
	IOASID_DEVICE_COHERENT = 1 << 0,
	IOASID_DEVICE_ENFORCE_SNOOP = 1 << 1,
	IOASID_DEVICE_DIRTY = 1 << 2,
	IOASID_DEVICE_REPLACE = 1 << 3,
	IOASID_DEVICE_ATS = 1 << 4,
	IOASID_DEVICE_ATS_ENABLED = 1 << 5,
	IOASID_DEVICE_PRI = 1 << 6,
	IOASID_DEVICE_PRI_ENABLED = 1 << 7,
};

/**
 * enum ioasid_intent - What a device's driver declared its DMA to be
 * @IOASID_INTENT_RID: DMA that carries the device's own requester id; all of it is the
 *	user's
 * @IOASID_INTENT_PASID: DMA that carries a PASID. Without IOASID_INTENT_RID the
 *	requester id is that of another device, the parent, and what the user knows as
 *	DMA without PASID carries one, too
 * @IOASID_INTENT_ENQCMD: DMA of work that CPUs submit with a PASID of theirs
 * @IOASID_INTENT_SOFTWARE: no DMA of hardware: the driver translates and accesses
 *	memory with the CPU, so there needs to be no IOMMU
 *
 * A device has one of: RID, RID and PASID, PASID, PASID and ENQCMD, SOFTWARE. A VFIO
 * device whose driver declares nothing has SOFTWARE if there is no IOMMU, otherwise RID, and
 * PASID as well if PASIDs can be attached.
 */
enum ioasid_intent {
	IOASID_INTENT_RID = 1 << 0,
	IOASID_INTENT_PASID = 1 << 1,
	IOASID_INTENT_ENQCMD = 1 << 2,
	IOASID_INTENT_SOFTWARE = 1 << 3,
};

/**
 * enum ioasid_pasid_kind - Who turns the PASIDs of the user into those of the DMA
 * @IOASID_PASIDS_NONE: the device has none to attach
 * @IOASID_PASIDS_IDENTITY: nobody; the DMA carries the numbers of the user
 * @IOASID_PASIDS_DRIVER: the device's driver, by a table that is filled at IOASID_ATTACH
 * @IOASID_PASIDS_CPU: the CPUs that submit the work. They have one table for all devices,
 *	so a PASID of the user's stands for the same one at every device of the context
 *	that is of this kind
 *
 * Where somebody does, IOASID_PASID_MAP tells the outcome.
 */
enum ioasid_pasid_kind {
	IOASID_PASIDS_NONE = 0,
	IOASID_PASIDS_IDENTITY = 1,
	IOASID_PASIDS_DRIVER = 2,
	IOASID_PASIDS_CPU = 3,
};

/**
 * enum ioasid_iommu_reg - Identification registers of an IOMMU, by its kind
 * @IOASID_REG_VTD_VERSION: Intel VT-d, VER_REG: major version in bits 7:4, minor in 3:0
 * @IOASID_REG_VTD_CAP: Intel VT-d, CAP_REG
 * @IOASID_REG_VTD_ECAP: Intel VT-d, ECAP_REG
 * @IOASID_REG_AMD_CAP: AMD-Vi, the header of its PCI capability
 * @IOASID_REG_AMD_EFR: AMD-Vi, extended feature register
 * @IOASID_REG_AMD_EFR2: AMD-Vi, extended feature register 2
 *
 * The kernels this module supports give a module none of the registers of an SMMUv3
 * or of a virtio-iommu.
 */
enum ioasid_iommu_reg {
	IOASID_REG_VTD_VERSION = 0,
	IOASID_REG_VTD_CAP = 1,
	IOASID_REG_VTD_ECAP = 2,
	IOASID_REG_AMD_CAP = 0,
	IOASID_REG_AMD_EFR = 1,
	IOASID_REG_AMD_EFR2 = 2,
};

#define IOASID_NUM_IOMMU_REGS	8
#define IOASID_NAME_LEN		64

/**
 * enum ioasid_member_flags - Properties in struct ioasid_group_member
 * @IOASID_MEMBER_BUSY: the device is just being bound, unbound or reset, so its driver
 *	is not known
 */
enum ioasid_member_flags {
	IOASID_MEMBER_BUSY = 1 << 0,
};

/**
 * struct ioasid_group_member - A device in the IOMMU group of a bound device
 * @name: its name, for example "0000:00:04.0", NUL terminated
 * @driver: the driver it is bound to, NUL terminated; empty if it has none
 * @dev_id: its id in this context, 0 if it is not bound to it
 * @flags: see enum ioasid_member_flags
 */
struct ioasid_group_member {
	char name[IOASID_NAME_LEN];
	char driver[IOASID_NAME_LEN];
	__u32 dev_id;
	__u32 flags;
};

/**
 * struct ioasid_attachment - Where a part of a device's DMA goes
 * @pasid: the PASID; 0 for DMA without one
 * @ioasid: the space
 */
struct ioasid_attachment {
	__u32 pasid;
	__u32 ioasid;
};

/**
 * struct ioasid_device_info - ioctl(IOASID_DEVICE_INFO): a device and its IOMMU
 * @size: sizeof(struct ioasid_device_info)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @dev_id: the device
 * @ioasid: out: the space its DMA without PASID goes to; 0 if that is blocked
 * @cookie: out: as given to VFIO_IOASID_BIND
 * @device_flags: out: see enum ioasid_device_flags
 * @page_sizes: out: bitmap of the page sizes the IOMMU can map
 * @aperture_first: out: first IOVA the IOMMU can translate
 * @aperture_last: out: last IOVA the IOMMU can translate
 * @address_width: out: bits of an IOVA that the IOMMU translates
 * @max_pasids: out: IOASID_ATTACH takes PASIDs below it; 0 if it takes none
 * @nesting_formats: out: formats of page tables of one's own that a nested space may
 *	have in front of this device; no format is defined yet
 * @iommu_kind: out: an enum ioasid_iommu_kind
 * @iommu_regs_valid: out: bit n is set if @iommu_regs[n] was read
 * @group_id: out: the IOMMU group, as in /sys/kernel/iommu_groups; all ones if the
 *	device is in none that VFIO has
 * @iommu_regs: out: identification registers, see enum ioasid_iommu_reg
 * @resv_regions: pointer to an array of struct ioasid_resv_region
 * @members: pointer to an array of struct ioasid_group_member
 * @attachments: pointer to an array of struct ioasid_attachment
 * @num_resv_regions: in: entries @resv_regions has room for; out: entries there
 *	are. 0 in means that only the count is wanted and is no error.
 * @num_members: in: entries @members has room for; out: devices in the group, this
 *	one included; 0 in as above
 * @num_attachments: in: entries @attachments has room for; out: entries there are; 0
 *	in as above
 * @intent: out: see enum ioasid_intent
 * @name: out: the device, for example "0000:00:04.0", NUL terminated
 * @iommu_name: out: the IOMMU, as in /sys/class/iommu, NUL terminated
 * @parent: out: the device whose requester id the DMA carries, NUL terminated; empty
 *	if it is its own, or if there is no DMA
 * @pasid_kind: out: an enum ioasid_pasid_kind
 * @__reserved: must be 0
 *
 * Errors: ENOENT, ENODEV, EMSGSIZE (an array is too small: only the three counts are
 * written then), EFAULT, ENOMEM.
 */
struct ioasid_device_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 dev_id;
	__u32 ioasid;
	__aligned_u64 cookie;
	__aligned_u64 device_flags;
	__aligned_u64 page_sizes;
	__aligned_u64 aperture_first;
	__aligned_u64 aperture_last;
	__u32 address_width;
	__u32 max_pasids;
	__u32 nesting_formats;
	__u32 iommu_kind;
	__u32 iommu_regs_valid;
	__u32 group_id;
	__aligned_u64 iommu_regs[IOASID_NUM_IOMMU_REGS];
	__aligned_u64 resv_regions;
	__aligned_u64 members;
	__aligned_u64 attachments;
	__u32 num_resv_regions;
	__u32 num_members;
	__u32 num_attachments;
	__u32 intent;
	char name[IOASID_NAME_LEN];
	char iommu_name[IOASID_NAME_LEN];
	char parent[IOASID_NAME_LEN];
	__u32 pasid_kind;
	__u32 __reserved;
};

#define IOASID_DEVICE_INFO	_IO(IOASID_TYPE, 0x07)

/**
 * enum ioasid_attach_flags - Flags of IOASID_ATTACH
 * @IOASID_ATTACH_PASID: attach @pasid of the device, not its DMA without PASID
 * @IOASID_ATTACH_REPLACE: move from the space it is attached to. That space is left
 *	only if this succeeds
 * @IOASID_ATTACH_ALLOW_WINDOW: with IOASID_ATTACH_REPLACE: DMA may be blocked for a
 *	while in between. It never goes to any third place
 */
enum ioasid_attach_flags {
	IOASID_ATTACH_PASID = 1 << 0,
	IOASID_ATTACH_REPLACE = 1 << 1,
	IOASID_ATTACH_ALLOW_WINDOW = 1 << 2,
};

/**
 * struct ioasid_attach - ioctl(IOASID_ATTACH): let a device's DMA into a space
 * @size: sizeof(struct ioasid_attach)
 * @flags: see enum ioasid_attach_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @dev_id: the device
 * @ioasid: the space; it may hold mappings already, and other devices
 * @pasid: with IOASID_ATTACH_PASID: from 1 to below max_pasids of struct
 *	ioasid_device_info; otherwise 0
 * @__reserved: must be 0
 *
 * The hardware knows groups, not devices: the first device of a group to be
 * attached attaches the group, the others can only follow it to the same space. VFIO
 * knows containers, not devices, where drivers access memory with the CPU: likewise
 * for the devices with IOASID_INTENT_SOFTWARE of one container.
 *
 * With IOASID_ATTACH_PASID the device's DMA with that PASID goes to the space. Whether
 * the DMA carries the very number is said by pasid_kind of struct ioasid_device_info. Each
 * PASID, and DMA without one, is attached and detached on its own, to the same space or
 * to different ones. The reserved regions of the device's platform count for all of
 * them. A kernel before 6.11 cannot attach PASIDs, nor can one where another device of
 * the group has PASIDs as well, because the kernel would attach that one's, too.
 *
 * What the DMA of several devices carries can be the same: their requester id is the same
 * parent's, and their PASIDs are those of CPUs. That goes to one space, and does not
 * move to another while more than one of them is attached.
 *
 * With IOASID_ATTACH_REPLACE all attached devices of the group move together, and those
 * that are not attached stay so; to the space where they are already, nothing happens.
 * Most IOMMUs block DMA while they are told of another page table, and then the caller
 * has to accept that by IOASID_ATTACH_ALLOW_WINDOW. If such a replacement fails, the
 * device is put back; if even that fails its DMA is blocked, the devices of the group
 * are detached, and the error is EIO.
 *
 * Errors: ENOENT, ENODEV, EEXIST (attached already), EBUSY (a device of the group or
 * Errors: ENOENT, ENODEV, EEXIST (attached already), EBUSY (a device of the group or
 * container is attached to another space; the number is another device's or the host's in
 * the table of PASIDs that they share; the parent's own DMA belongs to a user),
 * EADDRNOTAVAIL (something is mapped where this device cannot reach or reserves),
 * EOPNOTSUPP (the IOMMU cannot, also what the space was allocated for; no PASIDs; the
 * device's driver refused; a window is not accepted), EINVAL (PASID out of range, or
 * without its flag; nothing to replace; a window without IOASID_ATTACH_REPLACE), EIO,
 * ENOSPC (no PASID is free), ENOMEM, EINTR.
 */
struct ioasid_attach {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 dev_id;
	__u32 ioasid;
	__u32 pasid;
	__u32 __reserved;
};

#define IOASID_ATTACH		_IO(IOASID_TYPE, 0x08)

/**
 * enum ioasid_detach_flags - Flags of IOASID_DETACH
 * @IOASID_DETACH_PASID: detach @pasid of the device, not its DMA without PASID
 */
enum ioasid_detach_flags {
	IOASID_DETACH_PASID = 1 << 0,
};

/**
 * struct ioasid_detach - ioctl(IOASID_DETACH): block a device's DMA again
 * @size: sizeof(struct ioasid_detach)
 * @flags: see enum ioasid_detach_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @dev_id: the device
 * @pasid: with IOASID_DETACH_PASID: the PASID; otherwise 0
 *
 * DMA of the group is blocked when the last of its devices is detached. DMA with a
 * PASID is blocked at once. Mappings stay in the space. The driver of a software device
 * is asked for the pages it has pinned before the call returns.
 *
 * Errors: ENOENT, ENODEV, EINVAL (not attached; a PASID without its flag).
 */
struct ioasid_detach {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 dev_id;
	__u32 pasid;
};

#define IOASID_DETACH		_IO(IOASID_TYPE, 0x09)

/**
 * struct ioasid_allow_iovas - ioctl(IOASID_ALLOW_IOVAS): keep ranges available
 * @size: sizeof(struct ioasid_allow_iovas)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @num_ranges: entries of @ranges; 0 takes back an earlier call
 * @ranges: pointer to an array of struct ioasid_iova_range: page aligned, ascending,
 *	not overlapping
 *
 * From then on IOASID_IOVA_RANGES contains these ranges: a device that would take
 * something from them is refused at IOASID_ATTACH. IOVAs of the kernel's choice are
 * only in these ranges. Replaces the ranges of an earlier call.
 *
 * Errors: ENOENT, EINVAL, EFAULT, EADDRNOTAVAIL (reserved, outside the window or an
 * aperture: the extack says by whom), E2BIG (more than 65536 ranges), ENOMEM.
 */
struct ioasid_allow_iovas {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 num_ranges;
	__aligned_u64 ranges;
};

#define IOASID_ALLOW_IOVAS	_IO(IOASID_TYPE, 0x0A)

/**
 * struct ioasid_map_entry - One range of IOASID_MAP_BATCH
 * @user_va: as in struct ioasid_map_dma
 * @length: as in struct ioasid_map_dma
 * @iova: as in struct ioasid_map_dma; in or out by @flags
 * @prot: as in struct ioasid_map_dma
 * @flags: enum ioasid_map_flags
 */
struct ioasid_map_entry {
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
	__u32 prot;
	__u32 flags;
};

/**
 * struct ioasid_map_batch - ioctl(IOASID_MAP_BATCH): many mappings in one call
 * @size: sizeof(struct ioasid_map_batch)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @num_entries: entries of @entries
 * @entries: pointer to an array of struct ioasid_map_entry
 * @num_done: out: entries that are mapped, from the first on. Also written on
 *	failure, which is that of entry @num_done; as it was, and nothing is
 *	mapped, if the command itself cannot be read or written
 * @__reserved: must be 0
 *
 * Does what IOASID_MAP_DMA of each entry would do, in order, for less.
 *
 * Errors: as IOASID_MAP_DMA, for the first entry that fails.
 */
struct ioasid_map_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 num_entries;
	__aligned_u64 entries;
	__u32 num_done;
	__u32 __reserved;
};

#define IOASID_MAP_BATCH	_IO(IOASID_TYPE, 0x0B)

/**
 * struct ioasid_map_file - ioctl(IOASID_MAP_FILE): map a file's memory
 * @size: sizeof(struct ioasid_map_file)
 * @flags: see enum ioasid_map_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @prot: as in struct ioasid_map_dma
 * @fd: a memfd, a file of tmpfs or hugetlbfs, or a dma-buf, open for what @prot needs;
 *	for reading in any case
 * @__reserved: must be 0
 * @offset: first byte in the file, page aligned
 * @length: bytes, a multiple of the page size, not 0, within the file
 * @iova: as in struct ioasid_map_dma
 *
 * The file need not be mapped by the process, and may be closed afterwards. The
 * memory stays pinned, and what others write to the file the device sees, also when
 * the process that made it is gone.
 *
 * A memfd that is sealed by F_SEAL_WRITE can be mapped for reading; before Linux 6.7
 * only by a file descriptor that is not open for writing.
 *
 * A dma-buf is mapped if its exporter has it in ordinary memory and keeps it where it
 * is, as udmabuf and the system heap do. Its exporter holds the pages for as long as
 * anything maps them, and they are charged like others. One of a device's own memory is
 * refused, also that of a VFIO device: the device can take it away at any time. A kernel
 * with CONFIG_DMABUF_DEBUG tells nobody where a dma-buf is, and there all are refused.
 *
 * Errors: as IOASID_MAP_DMA; EBADF (no open file), EOPNOTSUPP (a kind of file whose
 * pages cannot be had; the extack names a dma-buf's exporter), EFAULT (beyond the end
 * of the file), EACCES (the file is not open for what @prot needs, or sealed against
 * it).
 */
struct ioasid_map_file {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 prot;
	__s32 fd;
	__u32 __reserved;
	__aligned_u64 offset;
	__aligned_u64 length;
	__aligned_u64 iova;
};

#define IOASID_MAP_FILE		_IO(IOASID_TYPE, 0x0C)

/**
 * struct ioasid_register_memory - ioctl(IOASID_REGISTER_MEMORY): pin once
 * @size: sizeof(struct ioasid_register_memory)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @memory_id: out: the memory, never 0
 * @prot: the most that mappings of it will allow, enum ioasid_prot
 * @user_va: page aligned address in the calling process
 * @length: bytes, a multiple of the page size, not 0
 *
 * Pins and charges memory that IOASID_COPY then maps into any number of spaces without
 * doing either again.
 *
 * Errors: EINVAL, EOPNOTSUPP, EFAULT, ENOMEM, EINTR as IOASID_MAP_DMA.
 */
struct ioasid_register_memory {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 memory_id;
	__u32 prot;
	__aligned_u64 user_va;
	__aligned_u64 length;
};

#define IOASID_REGISTER_MEMORY	_IO(IOASID_TYPE, 0x0D)

/**
 * struct ioasid_unregister_memory - ioctl(IOASID_UNREGISTER_MEMORY)
 * @size: sizeof(struct ioasid_unregister_memory)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @memory_id: the memory
 * @__reserved: must be 0
 *
 * The memory is unpinned when nothing maps it any more. IOASID_FREE does the same.
 *
 * Errors: ENOENT.
 */
struct ioasid_unregister_memory {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 memory_id;
	__u32 __reserved;
};

#define IOASID_UNREGISTER_MEMORY	_IO(IOASID_TYPE, 0x0E)

/**
 * enum ioasid_copy_flags - Flags of IOASID_COPY
 * @IOASID_COPY_FIXED: map at @dst_iova; without it the kernel chooses
 * @IOASID_COPY_MEMORY: @src_id is registered memory; otherwise it is a space
 */
enum ioasid_copy_flags {
	IOASID_COPY_FIXED = 1 << 0,
	IOASID_COPY_MEMORY = 1 << 1,
};

/**
 * struct ioasid_copy - ioctl(IOASID_COPY): map what is pinned already
 * @size: sizeof(struct ioasid_copy)
 * @flags: see enum ioasid_copy_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @src_fd: another open /dev/ioasid, whose object @src_id is; -1 for this one
 * @src_id: a space, or registered memory
 * @dst_ioasid: the space to map into, of this context
 * @prot: what devices may do, no more than the source allows
 * @src_offset: IOVA in the space, or offset in the memory; page aligned
 * @length: bytes, a multiple of the page size, not 0; in one mapping of the source
 * @dst_iova: with IOASID_COPY_FIXED in: where; otherwise out: where the kernel put it
 *
 * Nothing is pinned or charged. The memory is unpinned when its last mapping and
 * registration are gone, whichever that is.
 *
 * Errors: EBADF or EINVAL (@src_fd), ENOENT (no such object, or nothing mapped there),
 * EINVAL (not whole in one mapping, or outside the memory), EACCES (more than the
 * source allows), EEXIST, EADDRNOTAVAIL, ENOSPC, ENOMEM as IOASID_MAP_DMA.
 */
struct ioasid_copy {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__s32 src_fd;
	__u32 src_id;
	__u32 dst_ioasid;
	__u32 prot;
	__aligned_u64 src_offset;
	__aligned_u64 length;
	__aligned_u64 dst_iova;
};

#define IOASID_COPY		_IO(IOASID_TYPE, 0x0F)

/**
 * struct ioasid_device_intersect - ioctl(IOASID_DEVICE_INTERSECT): what all of them can
 * @size: sizeof(struct ioasid_device_intersect)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @devices: pointer to an array of __u32: ids of bound devices, in any order
 * @num_devices: entries of @devices, from 1 to 4096
 * @num_ranges: in: entries @ranges has room for; out: entries there are. 0 in means
 *	that only the count is wanted and is no error.
 * @ranges: pointer to an array of struct ioasid_iova_range, ascending
 * @device_flags: out: enum ioasid_device_flags that all of them have
 * @page_sizes: out: bitmap of the page sizes that all their IOMMUs can map
 * @address_width: out: the least of them
 * @max_pasids: out: the least of them
 * @nesting_formats: out: formats that all of them have
 * @__reserved: must be 0
 *
 * What a virtual machine monitor may promise of a virtual IOMMU before it attaches the
 * devices: an empty space without a window, to which all of them are attached, has the
 * same ranges and page sizes.
 *
 * Errors: ENOENT and ENODEV (a device: the extack names it), EINVAL (no device), E2BIG
 * (too many), EMSGSIZE (only @num_ranges is written then), EFAULT, ENOMEM.
 */
struct ioasid_device_intersect {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__aligned_u64 devices;
	__u32 num_devices;
	__u32 num_ranges;
	__aligned_u64 ranges;
	__aligned_u64 device_flags;
	__aligned_u64 page_sizes;
	__u32 address_width;
	__u32 max_pasids;
	__u32 nesting_formats;
	__u32 __reserved;
};

#define IOASID_DEVICE_INTERSECT	_IO(IOASID_TYPE, 0x10)

/**
 * enum ioasid_pasid_map_flags - Flags of IOASID_PASID_MAP
 * @IOASID_PASID_MAP_PASID: ask for @pasid of the device, not for its DMA without PASID
 */
enum ioasid_pasid_map_flags {
	IOASID_PASID_MAP_PASID = 1 << 0,
};

/**
 * struct ioasid_pasid_map - ioctl(IOASID_PASID_MAP): what PASID the DMA carries
 * @size: sizeof(struct ioasid_pasid_map)
 * @flags: see enum ioasid_pasid_map_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @dev_id: the device
 * @pasid: with IOASID_PASID_MAP_PASID: the PASID that was given to IOASID_ATTACH;
 *	otherwise 0
 * @hw_pasid: out: the PASID that the IOMMU sees; 0 if the DMA carries none
 * @__reserved: must be 0
 *
 * The answer holds until that DMA is detached; IOASID_ATTACH_REPLACE does not change it.
 * Whoever programs the table of a CPU, or of a device that lets its user, needs it.
 *
 * Errors: ENOENT, ENODEV, EINVAL (not attached; a PASID without its flag), EOPNOTSUPP
 * (a device whose DMA is its driver's code).
 */
struct ioasid_pasid_map {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 dev_id;
	__u32 pasid;
	__u32 hw_pasid;
	__u32 __reserved;
};

#define IOASID_PASID_MAP	_IO(IOASID_TYPE, 0x11)

/**
 * enum ioasid_dirty_set_flags - Flags of IOASID_DIRTY_SET
 * @IOASID_DIRTY_ENABLE: track the space; without it: no longer
 */
enum ioasid_dirty_set_flags {
	IOASID_DIRTY_ENABLE = 1 << 0,
};

/**
 * struct ioasid_dirty_set - ioctl(IOASID_DIRTY_SET): begin or end to track what is written
 * @size: sizeof(struct ioasid_dirty_set)
 * @flags: see enum ioasid_dirty_set_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space
 * @__reserved: must be 0
 *
 * From the return of this call on it is known which pages devices write in the space,
 * whatever is mapped and attached, unmapped and detached: see IOASID_DIRTY_READ. To begin
 * where tracking has begun already changes nothing. To end forgets what was not read.
 *
 * Any space can be tracked; how well is told by IOASID_DIRTY_READ. In one that was
 * allocated without IOASID_ALLOC_DIRTY_TRACKING the hardware marks nothing.
 *
 * Memory of devices, which VFIO's type1 can map, is not tracked.
 *
 * Errors: ENOENT, EOPNOTSUPP (the driver of an IOMMU refused), ENOMEM.
 */
struct ioasid_dirty_set {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 __reserved;
};

#define IOASID_DIRTY_SET	_IO(IOASID_TYPE, 0x12)

/**
 * enum ioasid_dirty_precision - How well it is known what was written
 * @IOASID_DIRTY_SOFTWARE: the pages that drivers of software devices have written, or have
 *	pinned for writing; or nothing is attached
 * @IOASID_DIRTY_HARDWARE: the pages that the IOMMU has marked. Where it maps many pages by
 *	one entry all of them are marked at once; see granule of struct ioasid_alloc
 * @IOASID_DIRTY_COARSE: all that devices could have written: whatever is mapped for writing
 *
 * Each is weaker than those before it.
 */
enum ioasid_dirty_precision {
	IOASID_DIRTY_SOFTWARE = 0,
	IOASID_DIRTY_HARDWARE = 1,
	IOASID_DIRTY_COARSE = 2,
};

/**
 * enum ioasid_dirty_read_flags - Flags of IOASID_DIRTY_READ
 * @IOASID_DIRTY_NO_CLEAR: what is read stays dirty
 */
enum ioasid_dirty_read_flags {
	IOASID_DIRTY_NO_CLEAR = 1 << 0,
};

/**
 * struct ioasid_dirty_read - ioctl(IOASID_DIRTY_READ): which pages were written
 * @size: sizeof(struct ioasid_dirty_read)
 * @flags: see enum ioasid_dirty_read_flags
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid: the space, which is tracked
 * @precision: out: the weakest enum ioasid_dirty_precision of all that the answer is from
 * @iova: first byte of the range, a multiple of @page_size
 * @length: bytes, a multiple of @page_size, not 0. The range may be mapped in part, or not
 *	at all, and larger than any memory
 * @page_size: bytes that one bit stands for: a power of two, at least a page
 * @bitmap: pointer to an array of __u64, aligned to them: bit n modulo 64 of word n / 64
 *	stands for @page_size bytes from @iova + n * @page_size on
 * @bitmap_size: in: bytes of @bitmap, which whole words for the range must fit in; out:
 *	with EMSGSIZE: bytes that are needed
 * @num_dirty: out: bits that stand for dirty pages
 *
 * Bits of dirty pages are set in the bitmap; other bits, and words without a dirty page,
 * are not touched. So the caller zeroes the bitmap, and one for a large range, in which
 * little is mapped, takes little memory.
 *
 * What is reported is clean afterwards, without IOASID_DIRTY_NO_CLEAR, and is reported
 * again when it is written again. Nothing outside the range is changed. Dirty as long as
 * they are so are pages that a driver of a software device keeps pinned for writing, and,
 * where an IOMMU is attached that marks nothing, all that is mapped for writing.
 *
 * Pages that were unmapped, or whose device was detached, are reported as well, until they
 * were read once; they stand for what was mapped there before. So read the range between
 * unmapping it and mapping it anew. What devices write while a call unmaps it the
 * hardware may fail to mark; stop them before.
 *
 * If a page was written before the call its bit is set, whatever other threads do
 * meanwhile, unless they read it, too. A call that fails, also because of a signal, leaves
 * dirty what was; it may have set bits.
 *
 * Errors: ENOENT, EINVAL (the space is not tracked; not aligned, empty or wrapping range;
 * @page_size), EMSGSIZE (only @bitmap_size is written then), EFAULT, ENOMEM, EINTR.
 */
struct ioasid_dirty_read {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__u32 ioasid;
	__u32 precision;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 page_size;
	__aligned_u64 bitmap;
	__aligned_u64 bitmap_size;
	__aligned_u64 num_dirty;
};

#define IOASID_DIRTY_READ	_IO(IOASID_TYPE, 0x13)

/*
 * The commands below go to the VFIO container (/dev/vfio/vfio) after
 * ioctl(container, VFIO_SET_IOMMU, VFIO_IOASID_IOMMU). Holding a container whose
 * groups the kernel let the caller claim is the right to bind.
 */
#define VFIO_IOASID_IOMMU	0x696f6173

/**
 * struct vfio_ioasid_bind - ioctl(VFIO_IOASID_BIND): bind a device to a context
 * @size: sizeof(struct vfio_ioasid_bind)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid_fd: an open /dev/ioasid
 * @dev_id: out: the device's id in that context, never 0
 * @device: pointer to the device's NUL terminated name, as for
 *	VFIO_GROUP_GET_DEVICE_FD, for example "0000:00:04.0"
 * @cookie: any value; reported with everything that concerns the device
 *
 * From VFIO_SET_IOMMU on the DMA of every device in the container is blocked. It
 * stays so until IOASID_ATTACH, and again after IOASID_DETACH.
 *
 * The binding lasts until VFIO_IOASID_UNBIND, until the context is closed, or until
 * the group leaves the container or the device's driver, or that of the device whose
 * requester id its DMA carries, goes. In the last cases the device is detached, every
 * command on its id is ENODEV, and IOASID_FREE frees the id.
 *
 * Devices whose DMA carries the same requester id share a table of PASIDs. At most one of
 * them may number PASIDs as its user likes (IOASID_PASIDS_IDENTITY), and then all of them
 * are bound to one context: its user could name the numbers of the others.
 *
 * Errors: EBADF or EINVAL (not an ioasid file), EFAULT (name), EINVAL (name empty or
 * too long, no VFIO driver, or another driver in the group), ENOENT (no such device in
 * the container's groups), EEXIST (bound already), EBUSY (a device with the same requester
 * id, which the extack names; the requester id itself belongs to a user), EOPNOTSUPP (the
 * IOMMU, or its driver, cannot; no PASIDs; what the driver declared cannot be), ENODEV (the
 * container is gone), ENOSPC (no PASID is free), ENOMEM.
 */
struct vfio_ioasid_bind {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__s32 ioasid_fd;
	__u32 dev_id;
	__aligned_u64 device;
	__aligned_u64 cookie;
};

#define VFIO_IOASID_BIND	_IO(IOASID_TYPE, 0x80)

/**
 * struct vfio_ioasid_unbind - ioctl(VFIO_IOASID_UNBIND): end a binding
 * @size: sizeof(struct vfio_ioasid_unbind)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid_fd: the context the device was bound to
 * @dev_id: its id there, which is free afterwards
 *
 * An attached device is detached first, so its DMA is blocked.
 *
 * Errors: EBADF or EINVAL (not an ioasid file), ENOENT (no such device, or it is not
 * in a group of this container), ENODEV (it or the container is gone).
 */
struct vfio_ioasid_unbind {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__s32 ioasid_fd;
	__u32 dev_id;
};

#define VFIO_IOASID_UNBIND	_IO(IOASID_TYPE, 0x81)

/**
 * struct vfio_ioasid_adopt - ioctl(VFIO_IOASID_ADOPT): an id for a container's space
 * @size: sizeof(struct vfio_ioasid_adopt)
 * @flags: must be 0
 * @extack: 0 or pointer to struct ioasid_extack
 * @ioasid_fd: an open /dev/ioasid
 * @ioasid: out: id of the space in that context, never 0
 *
 * For a container that was opened as VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU while the
 * module's parameter "type1" was set. Its groups are attached to a space of its own, which
 * VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA change. With an id it is a space like any
 * other: commands of both kinds see the same mappings, and devices of other containers
 * can be attached to it. Devices of this container can be bound, and attached to this
 * space only; it has no granule.
 *
 * IOASID_FREE is EBUSY as long as the container is open. When the container is closed, or
 * its last group leaves it, the space lives on as one of the context's, with all that
 * is mapped. When the context is closed first, the container keeps the space and may be
 * adopted anew.
 *
 * Errors: EBADF or EINVAL (not an ioasid file), ENOENT (the container is none of type1),
 * EEXIST (adopted already), ENODEV (the container is gone), ENOMEM.
 */
struct vfio_ioasid_adopt {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
	__s32 ioasid_fd;
	__u32 ioasid;
};

#define VFIO_IOASID_ADOPT	_IO(IOASID_TYPE, 0x82)

#endif /* _UAPI_LINUX_IOASID_H */
