// SPDX-License-Identifier: GPL-2.0
/*
 * One function per uAPI command, and memory for the tests. Linked into every
 * test program, also into the 32-bit one.
 */
#define _GNU_SOURCE
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

__thread struct ioasid_extack ea;

void ea_reset(void)
{
	memset(&ea, 0xa5, sizeof(ea));
	ea.size = sizeof(ea);
	ea.message[0] = '\0';
}

int cmd(int fd, unsigned long nr, void *arg)
{
	struct cmd_header *header = arg;

	ea_reset();
	header->extack = (uintptr_t)&ea;
	return ioctl(fd, nr, arg) ? errno : 0;
}

int do_get_caps(int fd, struct ioasid_get_caps *caps)
{
	memset(caps, 0, sizeof(*caps));
	caps->size = sizeof(*caps);
	return cmd(fd, IOASID_GET_CAPS, caps);
}

int do_alloc_window(int fd, __u64 base, __u64 size, __u32 *ioasid)
{
	struct ioasid_alloc arg = {
		.size = sizeof(arg),
		.kind = IOASID_KIND_PAGING,
		.iova_base = base,
		.iova_size = size,
	};
	int err = cmd(fd, IOASID_ALLOC, &arg);

	if (!err)
		*ioasid = arg.ioasid;
	return err;
}

int do_alloc_granule(int fd, __u64 granule, __u32 *ioasid)
{
	struct ioasid_alloc arg = {
		.size = sizeof(arg),
		.kind = IOASID_KIND_PAGING,
		.granule = granule,
	};
	int err = cmd(fd, IOASID_ALLOC, &arg);

	if (!err)
		*ioasid = arg.ioasid;
	return err;
}

int do_alloc_tracking(int fd, __u64 granule, __u32 *ioasid)
{
	struct ioasid_alloc arg = {
		.size = sizeof(arg),
		.flags = IOASID_ALLOC_DIRTY_TRACKING,
		.kind = IOASID_KIND_PAGING,
		.granule = granule,
	};
	int err = cmd(fd, IOASID_ALLOC, &arg);

	if (!err)
		*ioasid = arg.ioasid;
	return err;
}

int do_dirty_set(int fd, __u32 ioasid, bool on)
{
	struct ioasid_dirty_set arg = {
		.size = sizeof(arg),
		.flags = on ? IOASID_DIRTY_ENABLE : 0,
		.ioasid = ioasid,
	};

	return cmd(fd, IOASID_DIRTY_SET, &arg);
}

int do_dirty_read(int fd, __u32 ioasid, struct ioasid_dirty_read *read)
{
	read->size = sizeof(*read);
	read->ioasid = ioasid;
	return cmd(fd, IOASID_DIRTY_READ, read);
}

int do_alloc(int fd, __u32 *ioasid)
{
	return do_alloc_window(fd, 0, 0, ioasid);
}

int do_free(int fd, __u32 id)
{
	struct ioasid_free arg = { .size = sizeof(arg), .id = id };

	return cmd(fd, IOASID_FREE, &arg);
}

int do_get_info(int fd, __u32 ioasid, struct ioasid_get_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->ioasid = ioasid;
	return cmd(fd, IOASID_GET_INFO, info);
}

int do_iova_ranges(int fd, __u32 ioasid, struct ioasid_iova_range *ranges,
		   __u32 *num)
{
	struct ioasid_iova_ranges arg = {
		.size = sizeof(arg),
		.ioasid = ioasid,
		.num_ranges = *num,
		.ranges = (uintptr_t)ranges,
	};
	int err = cmd(fd, IOASID_IOVA_RANGES, &arg);

	*num = arg.num_ranges;
	return err;
}

static int map(int fd, __u32 ioasid, __u32 flags, const void *va, __u64 length,
	       __u64 *iova, __u32 prot)
{
	struct ioasid_map_dma arg = {
		.size = sizeof(arg),
		.flags = flags,
		.ioasid = ioasid,
		.prot = prot,
		.user_va = (uintptr_t)va,
		.length = length,
		.iova = *iova,
	};
	int err = cmd(fd, IOASID_MAP_DMA, &arg);

	*iova = arg.iova;
	return err;
}

int do_map(int fd, __u32 ioasid, const void *va, __u64 length, __u64 iova,
	   __u32 prot)
{
	return map(fd, ioasid, IOASID_MAP_FIXED, va, length, &iova, prot);
}

int do_map_any(int fd, __u32 ioasid, const void *va, __u64 length, __u64 *iova,
	       __u32 prot)
{
	*iova = 0;
	return map(fd, ioasid, 0, va, length, iova, prot);
}

static int unmap(int fd, __u32 ioasid, __u32 flags, __u64 iova, __u64 length,
		 __u64 *unmapped)
{
	struct ioasid_unmap_dma arg = {
		.size = sizeof(arg),
		.flags = flags,
		.ioasid = ioasid,
		.iova = iova,
		.length = length,
	};
	int err = cmd(fd, IOASID_UNMAP_DMA, &arg);

	*unmapped = arg.unmapped;
	return err;
}

int do_unmap_count(int fd, __u32 ioasid, __u64 iova, __u64 length,
		   __u64 *unmapped)
{
	return unmap(fd, ioasid, 0, iova, length, unmapped);
}

int do_unmap(int fd, __u32 ioasid, __u64 iova, __u64 length)
{
	__u64 unmapped;

	return unmap(fd, ioasid, 0, iova, length, &unmapped);
}

int do_unmap_all(int fd, __u32 ioasid, __u64 *unmapped)
{
	return unmap(fd, ioasid, IOASID_UNMAP_ALL, 0, 0, unmapped);
}

int do_allow(int fd, __u32 ioasid, const struct ioasid_iova_range *ranges,
	     __u32 num)
{
	struct ioasid_allow_iovas arg = {
		.size = sizeof(arg),
		.ioasid = ioasid,
		.num_ranges = num,
		.ranges = (uintptr_t)ranges,
	};

	return cmd(fd, IOASID_ALLOW_IOVAS, &arg);
}

int do_batch(int fd, __u32 ioasid, struct ioasid_map_entry *entries, __u32 num,
	     __u32 *done)
{
	struct ioasid_map_batch arg = {
		.size = sizeof(arg),
		.ioasid = ioasid,
		.num_entries = num,
		.entries = (uintptr_t)entries,
		.num_done = ~0U,
	};
	int err = cmd(fd, IOASID_MAP_BATCH, &arg);

	*done = arg.num_done;
	return err;
}

int do_map_file(int fd, __u32 ioasid, int file, __u64 offset, __u64 length,
		__u64 iova, __u32 prot)
{
	struct ioasid_map_file arg = {
		.size = sizeof(arg),
		.flags = IOASID_MAP_FIXED,
		.ioasid = ioasid,
		.prot = prot,
		.fd = file,
		.offset = offset,
		.length = length,
		.iova = iova,
	};

	return cmd(fd, IOASID_MAP_FILE, &arg);
}

int do_register(int fd, const void *va, __u64 length, __u32 prot, __u32 *id)
{
	struct ioasid_register_memory arg = {
		.size = sizeof(arg),
		.prot = prot,
		.user_va = (uintptr_t)va,
		.length = length,
	};
	int err = cmd(fd, IOASID_REGISTER_MEMORY, &arg);

	if (!err)
		*id = arg.memory_id;
	return err;
}

int do_unregister(int fd, __u32 id)
{
	struct ioasid_unregister_memory arg = {
		.size = sizeof(arg),
		.memory_id = id,
	};

	return cmd(fd, IOASID_UNREGISTER_MEMORY, &arg);
}

int do_copy_memory(int fd, int src_fd, __u32 memory, __u64 offset, __u32 ioasid,
		   __u64 length, __u64 iova, __u32 prot)
{
	struct ioasid_copy arg = {
		.size = sizeof(arg),
		.flags = IOASID_COPY_FIXED | IOASID_COPY_MEMORY,
		.src_fd = src_fd,
		.src_id = memory,
		.dst_ioasid = ioasid,
		.prot = prot,
		.src_offset = offset,
		.length = length,
		.dst_iova = iova,
	};

	return cmd(fd, IOASID_COPY, &arg);
}

int do_copy_space(int fd, int src_fd, __u32 source, __u64 source_iova,
		  __u32 ioasid, __u64 length, __u64 iova, __u32 prot)
{
	struct ioasid_copy arg = {
		.size = sizeof(arg),
		.flags = IOASID_COPY_FIXED,
		.src_fd = src_fd,
		.src_id = source,
		.dst_ioasid = ioasid,
		.prot = prot,
		.src_offset = source_iova,
		.length = length,
		.dst_iova = iova,
	};

	return cmd(fd, IOASID_COPY, &arg);
}

int do_device_info(int fd, __u32 dev_id, struct ioasid_device_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->dev_id = dev_id;
	return cmd(fd, IOASID_DEVICE_INFO, info);
}

int do_device_arrays(int fd, __u32 dev_id, struct ioasid_device_info *info)
{
	info->size = sizeof(*info);
	info->dev_id = dev_id;
	return cmd(fd, IOASID_DEVICE_INFO, info);
}

int do_intersect(int fd, const __u32 *ids, __u32 num,
		 struct ioasid_device_intersect *common,
		 struct ioasid_iova_range *ranges, __u32 num_ranges)
{
	memset(common, 0, sizeof(*common));
	common->size = sizeof(*common);
	common->devices = (uintptr_t)ids;
	common->num_devices = num;
	common->ranges = (uintptr_t)ranges;
	common->num_ranges = num_ranges;
	return cmd(fd, IOASID_DEVICE_INTERSECT, common);
}

int do_attach_flags(int fd, __u32 dev_id, __u32 ioasid, __u32 flags,
		    __u32 pasid)
{
	struct ioasid_attach arg = {
		.size = sizeof(arg),
		.flags = flags,
		.dev_id = dev_id,
		.ioasid = ioasid,
		.pasid = pasid,
	};

	return cmd(fd, IOASID_ATTACH, &arg);
}

int do_attach(int fd, __u32 dev_id, __u32 ioasid)
{
	return do_attach_flags(fd, dev_id, ioasid, 0, 0);
}

int do_replace(int fd, __u32 dev_id, __u32 ioasid)
{
	return do_attach_flags(fd, dev_id, ioasid, IOASID_ATTACH_REPLACE |
			       IOASID_ATTACH_ALLOW_WINDOW, 0);
}

int do_attach_pasid(int fd, __u32 dev_id, __u32 pasid, __u32 ioasid)
{
	return do_attach_flags(fd, dev_id, ioasid, IOASID_ATTACH_PASID, pasid);
}

int do_pasid_map(int fd, __u32 dev_id, __u32 pasid, __u32 *hw_pasid)
{
	struct ioasid_pasid_map arg = {
		.size = sizeof(arg),
		.flags = pasid ? IOASID_PASID_MAP_PASID : 0,
		.dev_id = dev_id,
		.pasid = pasid,
	};
	int err = cmd(fd, IOASID_PASID_MAP, &arg);

	*hw_pasid = err ? ~0U : arg.hw_pasid;
	return err;
}

int do_detach_pasid(int fd, __u32 dev_id, __u32 pasid)
{
	struct ioasid_detach arg = {
		.size = sizeof(arg),
		.flags = IOASID_DETACH_PASID,
		.dev_id = dev_id,
		.pasid = pasid,
	};

	return cmd(fd, IOASID_DETACH, &arg);
}

int do_detach(int fd, __u32 dev_id)
{
	struct ioasid_detach arg = { .size = sizeof(arg), .dev_id = dev_id };

	return cmd(fd, IOASID_DETACH, &arg);
}

int do_bind(int container, int fd, const char *name, __u64 cookie,
	    __u32 *dev_id)
{
	struct vfio_ioasid_bind arg = {
		.size = sizeof(arg),
		.ioasid_fd = fd,
		.device = (uintptr_t)name,
		.cookie = cookie,
	};
	int err = cmd(container, VFIO_IOASID_BIND, &arg);

	if (!err)
		*dev_id = arg.dev_id;
	return err;
}

int do_unbind(int container, int fd, __u32 dev_id)
{
	struct vfio_ioasid_unbind arg = {
		.size = sizeof(arg),
		.ioasid_fd = fd,
		.dev_id = dev_id,
	};

	return cmd(container, VFIO_IOASID_UNBIND, &arg);
}

int ctx_open(void)
{
	return open("/dev/ioasid", O_RDWR | O_CLOEXEC);
}

__u64 num_areas(int fd, __u32 ioasid)
{
	struct ioasid_get_info info;

	return do_get_info(fd, ioasid, &info) ? ~0ULL : info.num_areas;
}

__u64 mapped_bytes(int fd, __u32 ioasid)
{
	struct ioasid_get_info info;

	return do_get_info(fd, ioasid, &info) ? ~0ULL : info.mapped_bytes;
}

__u32 attached_to(int fd, __u32 dev_id)
{
	struct ioasid_device_info info;

	return do_device_info(fd, dev_id, &info) ? ~0U : info.ioasid;
}

static void *anon_flags(size_t length, int flags)
{
	void *va = mmap(NULL, length, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return va == MAP_FAILED ? NULL : va;
}

void *anon(size_t length)
{
	return anon_flags(length, 0);
}

void *anon_populated(size_t length)
{
	return anon_flags(length, MAP_POPULATE);
}

/* A number that depends on every bit of the seed and of the position. */
static __u32 mix(unsigned int seed, size_t i)
{
	__u64 x = ((__u64)seed << 32 | (__u32)i) + 1;

	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ULL;
	return x >> 32;
}

void fill(void *va, size_t length, unsigned int seed)
{
	__u32 *word = va;

	for (size_t i = 0; i < length / sizeof(*word); i++)
		word[i] = mix(seed, i);
}

bool filled(const void *va, size_t length, unsigned int seed)
{
	const __u32 *word = va;

	/* Atomic, because a device may write it behind the compiler's back. */
	for (size_t i = 0; i < length / sizeof(*word); i++)
		if (__atomic_load_n(word + i, __ATOMIC_ACQUIRE) != mix(seed, i))
			return false;
	return true;
}

__u64 locked_bytes(int pid)
{
	unsigned long long kib = ~0ULL;
	char line[256];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/status", pid ? pid : getpid());
	file = fopen(line, "re");
	if (!file)
		return ~0ULL;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmLck: %llu", &kib) == 1)
			break;
	fclose(file);
	return kib == ~0ULL ? ~0ULL : kib * KIB;
}

bool kernel_has_thp(void)
{
	return !access("/sys/kernel/mm/transparent_hugepage", F_OK);
}

int advise_thp(void *va, size_t length, int advice)
{
	return kernel_has_thp() ? madvise(va, length, advice) : 0;
}

__u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

bool kernel_before(unsigned int major, unsigned int minor)
{
	unsigned int ours, our_minor;
	struct utsname name;

	if (uname(&name) ||
	    sscanf(name.release, "%u.%u", &ours, &our_minor) != 2)
		return false;
	return ours < major || (ours == major && our_minor < minor);
}
