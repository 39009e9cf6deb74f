/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libioasid: I/O address spaces through /dev/ioasid, without the steps of VFIO.
 *
 * This is the library's whole interface. A program opens a context, opens PCI devices
 * in it by their addresses, makes spaces, maps memory into them and attaches the
 * devices. What the kernel's commands mean is written in <linux/ioasid.h>.
 *
 * A function whose name ends in _with takes the kernel's own struct, and so all that a
 * command has; the others are for what is common.
 */
#ifndef LIBIOASID_H
#define LIBIOASID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ioasid.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is compiled with everything hidden but what stands here. */
#pragma GCC visibility push(default)

/**
 * DOC: Rules that hold for every function
 *
 * Return values: 0, or a negative errno. The errnos of the kernel's commands are
 * passed on with their meaning in <linux/ioasid.h>; the ones this library finds
 * itself are listed at the function. A failing call changes nothing, leaks nothing,
 * does not write its output arguments, and leaves its reason in ioasid_last_error().
 * errno itself is undefined after every call.
 *
 * Signals: no call is restarted behind the caller's back. -EINTR means that a signal
 * arrived and that the call was rolled back, so it can simply be made again. Only
 * ioasid_space_map_batch() keeps what it has done, and says how much that is.
 *
 * Threads: every function may be called from any thread. Calls on different contexts
 * are independent. On one context all calls may run at the same time; mapping and
 * unmapping do not wait for each other in this library. What has been closed must not
 * be used any more, as with close(2).
 *
 * Processes: file descriptors are opened O_CLOEXEC. After fork(2) parent and child
 * share the kernel's objects but not memory, so only one of them should go on to use
 * and to close the handles; the other one closes by exec or exit.
 *
 * Units: addresses, IOVAs and lengths are in bytes; "last" is inclusive.
 */

/* An open context: one /dev/ioasid, with its devices. */
struct ioasid_ctx;

/* A PCI device that is bound to a context. */
struct ioasid_dev;

/* ---- errors ---- */

/**
 * ioasid_last_error() - Why the last failing call of this thread failed
 *
 * One line for people: what was wanted, what is in the way, what to do. Not to be
 * parsed.
 *
 * Context: any thread; the text belongs to the thread and lives until its next
 *	failing call of this library. Calls that succeed do not touch it.
 * Return: the text, "" if nothing has failed yet; never NULL.
 */
const char *ioasid_last_error(void);

/**
 * ioasid_last_reason() - The reason of the last failure as a number
 *
 * Failures found by this library use the same numbers where one fits, such as
 * IOASID_REASON_DRIVER for a device that is not bound to a VFIO driver.
 *
 * Context: as ioasid_last_error().
 * Return: the reason, IOASID_REASON_NONE if the errno says everything.
 */
enum ioasid_reason ioasid_last_reason(void);

/**
 * ioasid_last_extack() - What the kernel said about the last failure
 *
 * Has the range and the object in conflict. All zero but @reason if the failure was
 * found by this library.
 *
 * Context: as ioasid_last_error().
 * Return: pointer to the thread's copy, never NULL.
 */
const struct ioasid_extack *ioasid_last_extack(void);

/**
 * ioasid_reason_name() - A reason as a word
 * @reason: an enum ioasid_reason
 *
 * Context: any thread.
 * Return: for example "iova-reserved"; "unknown" for a number this library does not
 *	know.
 */
const char *ioasid_reason_name(uint32_t reason);

/**
 * ioasid_iommu_kind_name() - A kind of IOMMU as people write it
 * @kind: an enum ioasid_iommu_kind
 *
 * Context: any thread.
 * Return: for example "Intel VT-d"; "unknown" for a number this library does not
 *	know.
 */
const char *ioasid_iommu_kind_name(uint32_t kind);

/**
 * ioasid_resv_kind_name() - Why a region is reserved, as a word
 * @kind: an enum ioasid_resv_kind
 *
 * Context: any thread.
 * Return: for example "msi"; "unknown" for a number this library does not know.
 */
const char *ioasid_resv_kind_name(uint32_t kind);

/* ---- contexts ---- */

/**
 * ioasid_ctx_open() - Open /dev/ioasid
 * @ctx: out: the context
 *
 * Context: any thread.
 * Return: 0; -ENOENT, -ENODEV (the module is not loaded); -EACCES, -EPERM (no right
 *	to open the file); -ENOTTY (the file is something else); -EMFILE, -ENFILE,
 *	-ENOMEM.
 */
int ioasid_ctx_open(struct ioasid_ctx **ctx);

/**
 * ioasid_ctx_close() - Close a context with everything in it
 * @ctx: the context, or NULL
 *
 * Closes the devices that are still open in it, whose handles are invalid then. Their
 * DMA is blocked before memory is unpinned.
 *
 * Context: any thread, while no other call uses the context or its devices.
 */
void ioasid_ctx_close(struct ioasid_ctx *ctx);

/**
 * ioasid_ctx_fd() - The file descriptor of a context
 * @ctx: the context
 *
 * For commands this library has no function for, and to pass the context to another
 * process. It stays the library's: do not close it.
 *
 * Context: any thread.
 * Return: the file descriptor.
 */
int ioasid_ctx_fd(const struct ioasid_ctx *ctx);

/**
 * ioasid_ctx_container_fd() - The VFIO container of a context's devices
 * @ctx: the context
 *
 * For programs that do a step of VFIO themselves. It stays the library's: do not close
 * it. It is there while the context has a device open, and another one afterwards.
 *
 * Context: any thread; not while a device of this context is opened or closed.
 * Return: the file descriptor; -1 if no device is open.
 */
int ioasid_ctx_container_fd(const struct ioasid_ctx *ctx);

/**
 * ioasid_ctx_caps() - What the module is and can
 * @ctx: the context
 * @caps: in: @size = sizeof(*caps); out: the answer
 *
 * Context: any thread.
 * Return: 0; -EINVAL (@size).
 */
int ioasid_ctx_caps(struct ioasid_ctx *ctx, struct ioasid_get_caps *caps);

/* ---- devices ---- */

/**
 * ioasid_dev_open() - Open a PCI device and bind it to a context
 * @ctx: the context
 * @address: PCI address, "0000:00:04.0" or "00:04.0" in domain 0
 * @cookie: any value; the kernel reports it with what concerns the device
 * @dev: out: the device
 *
 * Finds the device's IOMMU group, claims it through VFIO unless this context has it
 * already, and binds the device. Its DMA is blocked until ioasid_dev_attach(). The
 * device must be bound to a VFIO driver before, see ioasid_driver_bind().
 *
 * A group belongs to one context at a time. Its devices may be opened one by one.
 *
 * Context: any thread. Waits for another open or close of a device in this context.
 * Return: 0; -EINVAL (no PCI address); -ENOENT (no such device, or no device file);
 *	-EOPNOTSUPP (it is not behind an IOMMU); -EBUSY (another driver, context or
 *	process has it or a device of its group); -ENODEV (it has no driver, or a module
 *	is missing); -EACCES (no right to open the file that ioasid_last_error() names);
 *	-EPERM (the platform does not isolate interrupts); -EEXIST (open in this context
 *	already); -EMFILE, -ENFILE, -ENOMEM, -EINTR.
 */
int ioasid_dev_open(struct ioasid_ctx *ctx, const char *address, uint64_t cookie,
		    struct ioasid_dev **dev);

/**
 * ioasid_dev_close() - Unbind a device and give it back
 * @dev: the device, or NULL
 *
 * An attached device is detached first; spaces and their mappings stay. Devices can be
 * closed in any order. Memory of the device that the caller has mapped keeps its group
 * in use until it is unmapped.
 *
 * Context: any thread, while no other call uses the device. Waits as
 *	ioasid_dev_open().
 */
void ioasid_dev_close(struct ioasid_dev *dev);

/**
 * ioasid_dev_fd() - The VFIO device
 * @dev: the device
 *
 * For its regions (BARs, configuration space) and interrupts, with the commands of
 * <linux/vfio.h>. It stays the library's: do not close it.
 *
 * Context: any thread.
 * Return: the file descriptor.
 */
int ioasid_dev_fd(const struct ioasid_dev *dev);

/**
 * ioasid_dev_group_fd() - The VFIO group that a device is in
 * @dev: the device
 *
 * A virtual machine monitor gives it to KVM (KVM_DEV_VFIO_GROUP_ADD), once for all
 * devices of a group: those have the same file descriptor. It stays the library's: do
 * not close it, and take it from KVM again before the last device of the group is
 * closed, because the group is in use until then.
 *
 * Context: any thread.
 * Return: the file descriptor.
 */
int ioasid_dev_group_fd(const struct ioasid_dev *dev);

/**
 * ioasid_dev_id() - The device's id in its context
 * @dev: the device
 *
 * Context: any thread.
 * Return: the id, never 0.
 */
uint32_t ioasid_dev_id(const struct ioasid_dev *dev);

/**
 * ioasid_dev_address() - The device's PCI address
 * @dev: the device
 *
 * Context: any thread.
 * Return: the address in full, for example "0000:00:04.0"; lives as long as @dev.
 */
const char *ioasid_dev_address(const struct ioasid_dev *dev);

/**
 * ioasid_dev_info() - A device and the IOMMU in front of it
 * @dev: the device
 * @info: in: @size = sizeof(*info), the rest is ignored; out: the answer
 * @regions: out: array of info->num_resv_regions reserved regions, to be given to
 *	free(3), NULL if there is none; or NULL if only the count is wanted
 *
 * Context: any thread.
 * Return: 0; -EINVAL (@size); -ENODEV, -ENOMEM.
 */
int ioasid_dev_info(struct ioasid_dev *dev, struct ioasid_device_info *info,
		    struct ioasid_resv_region **regions);

/**
 * ioasid_dev_members() - The devices of a device's IOMMU group
 * @dev: the device
 * @members: out: array of @count devices, @dev among them, to be given to free(3)
 * @count: out: how many
 *
 * Context: any thread. The drivers are as of the call.
 * Return: 0; -ENODEV, -ENOMEM.
 */
int ioasid_dev_members(struct ioasid_dev *dev, struct ioasid_group_member **members,
		       uint32_t *count);

/**
 * ioasid_dev_attachments() - Where a device's DMA goes
 * @dev: the device
 * @attachments: out: array of @count attachments, to be given to free(3), NULL if there
 *	is none
 * @count: out: how many
 *
 * Context: any thread.
 * Return: 0; -ENODEV, -ENOMEM.
 */
int ioasid_dev_attachments(struct ioasid_dev *dev,
			   struct ioasid_attachment **attachments, uint32_t *count);

/**
 * ioasid_ctx_intersect() - What several devices have in common
 * @ctx: the context
 * @ids: ids of its devices, see ioasid_dev_id()
 * @count: how many
 * @common: in: @size = sizeof(*common), the rest is ignored; out: the answer
 * @ranges: out: array of common->num_ranges IOVA ranges, to be given to free(3), NULL if
 *	there is none; or NULL if only the count is wanted
 *
 * What a virtual machine monitor may promise before it attaches the devices.
 *
 * Context: any thread.
 * Return: 0; -EINVAL (@size, or no device), -ENOENT, -ENODEV, -E2BIG, -ENOMEM.
 */
int ioasid_ctx_intersect(struct ioasid_ctx *ctx, const uint32_t *ids, uint32_t count,
			 struct ioasid_device_intersect *common,
			 struct ioasid_iova_range **ranges);

/**
 * ioasid_dev_attach() - Let a device's DMA into a space
 * @dev: the device
 * @ioasid: the space, of the same context
 *
 * Context: any thread.
 * Return: 0; -ENOENT, -ENODEV, -EEXIST, -EBUSY, -EADDRNOTAVAIL, -EOPNOTSUPP, -ENOMEM,
 *	-EINTR as IOASID_ATTACH.
 */
int ioasid_dev_attach(struct ioasid_dev *dev, uint32_t ioasid);

/**
 * ioasid_dev_attach_pasid() - Let a device's DMA with a PASID into a space
 * @dev: the device
 * @pasid: the PASID, not 0
 * @ioasid: the space, of the same context
 *
 * Context: any thread.
 * Return: 0; as ioasid_dev_attach(), and -EINVAL (out of range), -EOPNOTSUPP (the kernel,
 *	the IOMMU or the device has no PASIDs).
 */
int ioasid_dev_attach_pasid(struct ioasid_dev *dev, uint32_t pasid, uint32_t ioasid);

/**
 * ioasid_dev_replace() - Move a device from its space to another
 * @dev: the device, which is attached; attached devices of its group move with it
 * @ioasid: the space, of the same context
 * @window: accept that its DMA is blocked for a while; most IOMMUs need that
 *
 * Context: any thread.
 * Return: 0; as ioasid_dev_attach(), and -EINVAL (not attached), -EOPNOTSUPP (needs
 *	@window), -EIO (it could not be put back: it is detached and blocked).
 */
int ioasid_dev_replace(struct ioasid_dev *dev, uint32_t ioasid, bool window);

/**
 * ioasid_dev_replace_pasid() - Move a device's DMA with a PASID to another space
 * @dev: the device
 * @pasid: the PASID, which is attached
 * @ioasid: the space, of the same context
 * @window: as in ioasid_dev_replace()
 *
 * Context: any thread.
 * Return: as ioasid_dev_replace().
 */
int ioasid_dev_replace_pasid(struct ioasid_dev *dev, uint32_t pasid, uint32_t ioasid,
			     bool window);

/**
 * ioasid_dev_detach() - Block a device's DMA again
 * @dev: the device
 *
 * Context: any thread.
 * Return: 0; -EINVAL (not attached), -ENODEV.
 */
int ioasid_dev_detach(struct ioasid_dev *dev);

/**
 * ioasid_dev_detach_pasid() - Block a device's DMA with a PASID again
 * @dev: the device
 * @pasid: the PASID
 *
 * Context: any thread.
 * Return: 0; -EINVAL (not attached), -ENODEV.
 */
int ioasid_dev_detach_pasid(struct ioasid_dev *dev, uint32_t pasid);

/**
 * ioasid_dev_hw_pasid() - What PASID a device's DMA carries
 * @dev: the device
 * @pasid: the PASID that was attached; 0: the DMA without one
 * @hw_pasid: out: the PASID that the IOMMU sees; 0 if there is none
 *
 * The two differ where the device's driver, or the CPU that submits the work, translates.
 *
 * Context: any thread.
 * Return: 0; -EINVAL (not attached), -ENODEV.
 */
int ioasid_dev_hw_pasid(struct ioasid_dev *dev, uint32_t pasid, uint32_t *hw_pasid);

/* ---- spaces ---- */

/**
 * ioasid_space_alloc() - Make an empty space
 * @ctx: the context
 * @ioasid: out: its id, never 0
 *
 * Context: any thread.
 * Return: 0; -ENOMEM.
 */
int ioasid_space_alloc(struct ioasid_ctx *ctx, uint32_t *ioasid);

/**
 * ioasid_space_alloc_window() - Make an empty space with a limited range
 * @ctx: the context
 * @iova_base: first IOVA that may ever be mapped, page aligned
 * @iova_size: bytes of the window, page aligned
 * @ioasid: out: its id, never 0
 *
 * Context: any thread.
 * Return: 0; -EINVAL (not aligned, wraps, or empty with a base), -ENOMEM.
 */
int ioasid_space_alloc_window(struct ioasid_ctx *ctx, uint64_t iova_base,
			      uint64_t iova_size, uint32_t *ioasid);

/**
 * ioasid_space_alloc_with() - Make an empty space with any attributes
 * @ctx: the context
 * @attr: @size = sizeof(*@attr), and what the space is to be: @iova_base, @iova_size,
 *	@granule; @extack and @ioasid are ignored. What is 0 is as in
 *	ioasid_space_alloc().
 * @ioasid: out: its id, never 0
 *
 * For example, a space whose mappings can be unmapped in parts of 64 KiB:
 *
 *	struct ioasid_alloc attr = { .size = sizeof(attr), .granule = 65536 };
 *	int ret = ioasid_space_alloc_with(ctx, &attr, &ioasid);
 *
 * Context: any thread.
 * Return: 0; -EINVAL (@size, window or granule), -E2BIG, -EOPNOTSUPP (an attribute that
 *	this module does not know), -ENOMEM.
 */
int ioasid_space_alloc_with(struct ioasid_ctx *ctx, const struct ioasid_alloc *attr,
			    uint32_t *ioasid);

/**
 * ioasid_space_adopt() - Give the space of a type1 container an id
 * @ctx: the context
 * @container: an open /dev/vfio/vfio that VFIO_SET_IOMMU made a type1 container, while
 *	the module's parameter "type1" was set. Stays the caller's
 * @ioasid: out: the space
 *
 * What the container's VFIO_IOMMU_MAP_DMA maps and what ioasid_space_map() maps is in
 * the same space from then on, and devices of @ctx can be attached to it. It cannot be
 * freed before the container is closed, and lives on then.
 *
 * Context: any thread.
 * Return: 0; -ENOTTY (the container is the kernel's own type1's), -ENOENT (it is none of
 *	type1), -EEXIST (adopted already), -ENODEV, -ENOMEM.
 */
int ioasid_space_adopt(struct ioasid_ctx *ctx, int container, uint32_t *ioasid);

/**
 * ioasid_space_free() - Free a space and unmap what is in it
 * @ctx: the context
 * @ioasid: the space
 *
 * Context: any thread.
 * Return: 0; -ENOENT, -EBUSY (a device is attached).
 */
int ioasid_space_free(struct ioasid_ctx *ctx, uint32_t ioasid);

/**
 * ioasid_space_map() - Map memory where the kernel finds room
 * @ctx: the context
 * @ioasid: the space
 * @addr: page aligned address in this process
 * @length: bytes, a multiple of the page size
 * @prot: IOASID_PROT_READ, IOASID_PROT_WRITE or both: what devices may do
 * @iova: out: where it is mapped
 *
 * The memory is pinned and counts against RLIMIT_MEMLOCK until it is unmapped.
 *
 * Context: any thread; the calling process's memory is meant.
 * Return: 0; -ENOENT, -EINVAL, -ENOSPC, -ENOMEM, -EFAULT, -EINTR as IOASID_MAP_DMA.
 */
int ioasid_space_map(struct ioasid_ctx *ctx, uint32_t ioasid, void *addr,
		     size_t length, uint32_t prot, uint64_t *iova);

/**
 * ioasid_space_map_fixed() - Map memory at an IOVA of the caller's choice
 * @ctx: the context
 * @ioasid: the space
 * @iova: where, page aligned
 * @addr: page aligned address in this process
 * @length: bytes, a multiple of the page size
 * @prot: IOASID_PROT_READ, IOASID_PROT_WRITE or both: what devices may do
 *
 * Never replaces a mapping.
 *
 * Context: as ioasid_space_map().
 * Return: 0; as ioasid_space_map(), and -EEXIST (mapped already), -EADDRNOTAVAIL
 *	(reserved, or a device or the window does not reach there).
 */
int ioasid_space_map_fixed(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
			   void *addr, size_t length, uint32_t prot);

/**
 * ioasid_space_map_batch() - Map many ranges in one call
 * @ctx: the context
 * @ioasid: the space
 * @entries: what to map; the @iova of those without IOASID_MAP_FIXED is written
 * @count: entries of @entries
 * @done: out: entries that are mapped, from the first on; also written when the call
 *	fails; or NULL
 *
 * The same as ioasid_space_map() or ioasid_space_map_fixed() of each entry in order, for
 * less. If one fails, which is entry @done, those before it stay mapped.
 *
 * Context: as ioasid_space_map().
 * Return: 0; as ioasid_space_map_fixed(), for the first entry that fails. After -EINTR
 *	the entries from @done on can be mapped by another call.
 */
int ioasid_space_map_batch(struct ioasid_ctx *ctx, uint32_t ioasid,
			   struct ioasid_map_entry *entries, uint32_t count,
			   uint32_t *done);

/**
 * ioasid_space_map_file() - Map a file's memory where the kernel finds room
 * @ctx: the context
 * @ioasid: the space
 * @fd: a memfd, a file of tmpfs or hugetlbfs, or a dma-buf; may be closed afterwards
 * @offset: first byte in the file, page aligned
 * @length: bytes, a multiple of the page size, within the file
 * @prot: IOASID_PROT_READ, IOASID_PROT_WRITE or both: what devices may do
 * @iova: out: where it is mapped
 *
 * The process need not have mapped the file. The memory counts as in ioasid_space_map().
 *
 * Context: any thread.
 * Return: 0; as ioasid_space_map(), and -EBADF, -EOPNOTSUPP (another kind of file),
 *	-EACCES (not open for it, or sealed), -EFAULT (beyond the end of the file).
 */
int ioasid_space_map_file(struct ioasid_ctx *ctx, uint32_t ioasid, int fd,
			  uint64_t offset, uint64_t length, uint32_t prot,
			  uint64_t *iova);

/**
 * ioasid_space_map_file_fixed() - Map a file's memory at an IOVA of the caller's choice
 * @ctx: the context
 * @ioasid: the space
 * @iova: where, page aligned
 * @fd: as in ioasid_space_map_file()
 * @offset: as in ioasid_space_map_file()
 * @length: as in ioasid_space_map_file()
 * @prot: as in ioasid_space_map_file()
 *
 * Context: any thread.
 * Return: 0; as ioasid_space_map_file() and ioasid_space_map_fixed().
 */
int ioasid_space_map_file_fixed(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
				int fd, uint64_t offset, uint64_t length,
				uint32_t prot);

/**
 * ioasid_space_unmap() - Unmap a range
 * @ctx: the context
 * @ioasid: the space
 * @iova: first byte
 * @length: bytes; all mappings in the range must be whole, or, in a space with a
 *	granule, the range begins and ends at multiples of it
 * @unmapped: out: bytes that were mapped there; or NULL
 *
 * On return no device reaches the memory through this space any more. DMA to the rest
 * of a mapping goes on meanwhile.
 *
 * Context: any thread, also of another process than the one that mapped.
 * Return: 0; -ENOENT (no such space, or nothing is mapped there), -EINVAL (would split
 *	a mapping, or a granule of it), -ENOMEM (to remember the parts of one).
 */
int ioasid_space_unmap(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
		       uint64_t length, uint64_t *unmapped);

/**
 * ioasid_space_unmap_all() - Unmap everything in a space
 * @ctx: the context
 * @ioasid: the space
 * @unmapped: out: bytes that were mapped; or NULL
 *
 * Context: as ioasid_space_unmap().
 * Return: 0, also if nothing was mapped; -ENOENT, -ENOMEM (to remember what is dirty).
 */
int ioasid_space_unmap_all(struct ioasid_ctx *ctx, uint32_t ioasid,
			   uint64_t *unmapped);

/**
 * ioasid_space_info() - What a space holds now
 * @ctx: the context
 * @ioasid: the space
 * @info: in: @size = sizeof(*info), the rest is ignored; out: the answer
 *
 * Context: any thread.
 * Return: 0; -EINVAL (@size), -ENOENT.
 */
int ioasid_space_info(struct ioasid_ctx *ctx, uint32_t ioasid,
		      struct ioasid_get_info *info);

/**
 * ioasid_space_iova_ranges() - What may be mapped in a space
 * @ctx: the context
 * @ioasid: the space
 * @ranges: out: ascending array, to be given to free(3); NULL if there is none
 * @count: out: entries of @ranges
 *
 * Ranges that are mapped already are part of them.
 *
 * Context: any thread. The answer is as old as the call: attaching a device may remove
 *	ranges that are not mapped.
 * Return: 0; -ENOENT, -ENOMEM.
 */
int ioasid_space_iova_ranges(struct ioasid_ctx *ctx, uint32_t ioasid,
			     struct ioasid_iova_range **ranges, uint32_t *count);

/**
 * ioasid_space_allow_iovas() - Keep ranges of a space available
 * @ctx: the context
 * @ioasid: the space
 * @ranges: page aligned, ascending, not overlapping; may be NULL if @count is 0
 * @count: entries of @ranges; 0 takes back an earlier call
 *
 * From then on a device that reserves or cannot reach something of them is refused by
 * ioasid_dev_attach(), and the kernel chooses IOVAs only in them. They replace those of
 * an earlier call. What is mapped outside stays, and can be mapped there at fixed IOVAs.
 *
 * Context: any thread.
 * Return: 0; -ENOENT, -EINVAL, -EADDRNOTAVAIL (a device that is attached, or the window,
 *	has not all of them), -E2BIG (too many ranges), -ENOMEM.
 */
int ioasid_space_allow_iovas(struct ioasid_ctx *ctx, uint32_t ioasid,
			     const struct ioasid_iova_range *ranges, uint32_t count);

/**
 * ioasid_space_dirty_set() - Begin or end to track what devices write in a space
 * @ctx: the context
 * @ioasid: the space
 * @on: begin; false to end, which forgets what was not read
 *
 * A space that is to have the hardware mark what is written is made for it: see
 * ioasid_space_alloc_with() and IOASID_ALLOC_DIRTY_TRACKING.
 *
 * Context: any thread.
 * Return: 0, also if that is so already; -ENOENT, -EOPNOTSUPP (a driver of an IOMMU
 *	refused), -ENOMEM.
 */
int ioasid_space_dirty_set(struct ioasid_ctx *ctx, uint32_t ioasid, bool on);

/**
 * ioasid_space_dirty_read() - Which pages of a space were written
 * @ctx: the context
 * @read: in: @size = sizeof(*read), @flags, @ioasid, @iova, @length, @page_size, @bitmap
 *	and @bitmap_size, the rest zero; out: @precision and @num_dirty, or, with -EMSGSIZE,
 *	@bitmap_size
 *
 * Sets bits in the bitmap, which the caller has zeroed, and then regards these pages as
 * clean, unless @flags has IOASID_DIRTY_NO_CLEAR. See struct ioasid_dirty_read.
 *
 * Context: any thread. What is written while this runs may be reported or not.
 * Return: 0; -ENOENT, -EINVAL (@size; the space is not tracked; the range, @page_size or
 *	@bitmap), -EMSGSIZE (the bitmap is too small), -EFAULT, -ENOMEM, -EINTR. What was
 *	dirty is so still, then.
 */
int ioasid_space_dirty_read(struct ioasid_ctx *ctx, struct ioasid_dirty_read *read);

/* ---- memory: pinned and charged once, mapped in many places ---- */

/**
 * ioasid_memory_register() - Pin memory that will be mapped more than once
 * @ctx: the context
 * @addr: page aligned address in this process
 * @length: bytes, a multiple of the page size
 * @prot: IOASID_PROT_READ, IOASID_PROT_WRITE or both: the most that mappings of it may
 *	allow
 * @memory: out: its id, never 0
 *
 * The memory counts against RLIMIT_MEMLOCK from here on, once, wherever it is mapped.
 *
 * Context: any thread; the calling process's memory is meant.
 * Return: 0; -EINVAL, -ENOMEM, -EFAULT, -EINTR as IOASID_REGISTER_MEMORY.
 */
int ioasid_memory_register(struct ioasid_ctx *ctx, void *addr, size_t length,
			   uint32_t prot, uint32_t *memory);

/**
 * ioasid_memory_unregister() - Forget registered memory
 * @ctx: the context
 * @memory: the memory, whose id is free afterwards
 *
 * Mappings of it stay, and the memory is unpinned with the last of them.
 *
 * Context: any thread.
 * Return: 0; -ENOENT.
 */
int ioasid_memory_unregister(struct ioasid_ctx *ctx, uint32_t memory);

/**
 * ioasid_space_map_memory() - Map registered memory where the kernel finds room
 * @ctx: the context
 * @ioasid: the space
 * @memory: the memory
 * @offset: first byte of it, page aligned
 * @length: bytes, a multiple of the page size
 * @prot: what devices may do, no more than the memory was registered for
 * @iova: out: where it is mapped
 *
 * Pins and charges nothing.
 *
 * Context: any thread.
 * Return: 0; -ENOENT, -EINVAL (outside of the memory), -EACCES (@prot), -ENOSPC,
 *	-ENOMEM as IOASID_COPY.
 */
int ioasid_space_map_memory(struct ioasid_ctx *ctx, uint32_t ioasid, uint32_t memory,
			    uint64_t offset, uint64_t length, uint32_t prot,
			    uint64_t *iova);

/**
 * ioasid_space_map_memory_fixed() - Map registered memory at an IOVA of one's choice
 * @ctx: the context
 * @ioasid: the space
 * @iova: where, page aligned
 * @memory: as in ioasid_space_map_memory()
 * @offset: as in ioasid_space_map_memory()
 * @length: as in ioasid_space_map_memory()
 * @prot: as in ioasid_space_map_memory()
 *
 * Context: any thread.
 * Return: 0; as ioasid_space_map_memory(), and -EEXIST, -EADDRNOTAVAIL.
 */
int ioasid_space_map_memory_fixed(struct ioasid_ctx *ctx, uint32_t ioasid,
				  uint64_t iova, uint32_t memory, uint64_t offset,
				  uint64_t length, uint32_t prot);

/**
 * ioasid_space_copy() - Map what another space maps, where the kernel finds room
 * @ctx: the context
 * @ioasid: the space to map into
 * @from: the space it is mapped in, of the same context; may be @ioasid
 * @from_iova: where it is mapped there, page aligned
 * @length: bytes, a multiple of the page size; all of one mapping or a part of it
 * @prot: what devices may do, no more than the mapping there allows
 * @iova: out: where it is mapped
 *
 * Pins and charges nothing. The two mappings do not depend on each other afterwards.
 *
 * Context: any thread.
 * Return: 0; -ENOENT (no such space, or nothing is mapped there), -EINVAL (more than one
 *	mapping), -EACCES (@prot), -ENOSPC, -ENOMEM as IOASID_COPY.
 */
int ioasid_space_copy(struct ioasid_ctx *ctx, uint32_t ioasid, uint32_t from,
		      uint64_t from_iova, uint64_t length, uint32_t prot,
		      uint64_t *iova);

/**
 * ioasid_space_copy_fixed() - Map what another space maps, at an IOVA of one's choice
 * @ctx: the context
 * @ioasid: the space to map into
 * @iova: where, page aligned
 * @from: as in ioasid_space_copy()
 * @from_iova: as in ioasid_space_copy()
 * @length: as in ioasid_space_copy()
 * @prot: as in ioasid_space_copy()
 *
 * Context: any thread.
 * Return: 0; as ioasid_space_copy(), and -EEXIST, -EADDRNOTAVAIL.
 */
int ioasid_space_copy_fixed(struct ioasid_ctx *ctx, uint32_t ioasid, uint64_t iova,
			    uint32_t from, uint64_t from_iova, uint64_t length,
			    uint32_t prot);

/**
 * ioasid_space_copy_with() - Map what is pinned already, also in another context
 * @ctx: the context of the space to map into
 * @copy: @size = sizeof(*@copy), and the rest as in <linux/ioasid.h>; @extack is ignored
 * @iova: out: where it is mapped; may be NULL with IOASID_COPY_FIXED
 *
 * @src_fd is -1 for @ctx, ioasid_ctx_fd() of another context of this program, or an
 * open /dev/ioasid that another process has passed on. The memory stays on the account
 * of who pinned it.
 *
 * Context: any thread.
 * Return: 0; -EINVAL (@size, or @src_fd is another file), -EBADF, and as
 *	ioasid_space_map_memory_fixed() or ioasid_space_copy_fixed().
 */
int ioasid_space_copy_with(struct ioasid_ctx *ctx, const struct ioasid_copy *copy,
			   uint64_t *iova);

/* ---- drivers: which driver has a PCI device, system-wide; for root ---- */

/**
 * ioasid_driver_bind() - Give a PCI device to a driver
 * @address: PCI address, as for ioasid_dev_open()
 * @driver: name of a driver that is loaded, for example "vfio-pci"
 *
 * Sets the device's driver_override, unbinds its driver and binds this one, and waits
 * until that has happened. On failure the former driver gets the device back. A device
 * that the driver has already is success.
 *
 * Context: any thread; not for two threads and one device. Taking a device from its
 *	driver can wait for the users of that driver, and signals do not end it.
 * Return: 0; -EINVAL (no PCI address, or no name of a driver), -ENOENT (no such device),
 *	-ENODEV (no such driver, or it did not take the device), -EOPNOTSUPP (not behind
 *	an IOMMU, for a VFIO driver), -EACCES (not root).
 */
int ioasid_driver_bind(const char *address, const char *driver);

/**
 * ioasid_driver_restore() - Give a PCI device back to its own driver
 * @address: PCI address, as for ioasid_dev_open()
 *
 * Clears driver_override and lets the kernel choose. If it has no driver for the device
 * the device is left without one, which is no error.
 *
 * Context: as ioasid_driver_bind(); close the device first.
 * Return: 0; -EINVAL, -ENOENT, -EACCES as ioasid_driver_bind().
 */
int ioasid_driver_restore(const char *address);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
