// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fake machine's ioctls: VFIO's rules about containers, groups and devices, and
 * enough of ioasidfd to be called. Notes in fake.broken what a kernel would not like.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/ioasid.h>
#include <linux/vfio.h>

#include "fake.h"
#include "fake_internal.h"

#define FAKE_CONTAINER	"/dev/vfio/vfio"
#define FAKE_GROUP	"/dev/vfio/"
#define FAKE_IOASID	"/dev/ioasid"

/* Entries of the arrays, before fake.grows adds some. */
#define FAKE_ENTRIES	2

static uint32_t fake_ids, fake_entries = FAKE_ENTRIES;

static bool fake_is(int fd, const char *name)
{
	struct fake_file *file = fake_file(fd);

	if (file && !strcmp(file->name, name))
		return true;
	fake.broken = "an ioctl went to the wrong file";
	return false;
}

static int fake_set_container(struct fake_file *group, const int *container)
{
	if (group->joined >= 0 || !fake_is(*container, FAKE_CONTAINER)) {
		fake.broken = "a group was put into a container twice, or into none";
		return -EINVAL;
	}
	group->joined = *container;
	return 0;
}

static int fake_set_iommu(int fd, struct fake_file *container, unsigned long type)
{
	if (type != VFIO_IOASID_IOMMU || container->backend ||
	    !fake_joined(fd, FAKE_GROUP)) {
		fake.broken = "a container got a backend twice, or without a group";
		return -EINVAL;
	}
	container->backend = true;
	return 0;
}

static int fake_get_device(int fd, struct fake_file *group, const char *address)
{
	struct fake_file *container = fake_file(group->joined);
	char name[128];
	int device;

	if (!container || !container->backend) {
		fake.broken = "a device was opened before its group had a backend";
		errno = EINVAL;
		return -1;
	}
	device = __real_open("/dev/null", O_RDWR | O_CLOEXEC);
	if (device < 0)
		abort();
	snprintf(name, sizeof(name), FAKE_DEVICE "%s", address);
	fake_track(device, name);
	fake_file(device)->joined = fd;
	return device;
}

/* Any open file of this device counts as bound, which is all a test looks at. */
static struct fake_file *fake_device(int container, const char *address, uint32_t id)
{
	int fd;

	for (fd = 0; fd < FAKE_FILES; fd++) {
		struct fake_file *file = fake_file(fd), *group;

		if (!file || strncmp(file->name, FAKE_DEVICE, strlen(FAKE_DEVICE)))
			continue;
		group = fake_file(file->joined);
		if (!group || group->joined != container)
			continue;
		if (id ? file->id == id :
		    !strcmp(file->name + strlen(FAKE_DEVICE), address))
			return file;
	}
	return NULL;
}

static int fake_bind(int container, struct vfio_ioasid_bind *bind)
{
	const char *address = (const char *)(uintptr_t)bind->device;
	struct fake_file *device;

	if (!fake_is(bind->ioasid_fd, FAKE_IOASID))
		return -EINVAL;
	device = fake_device(container, address, 0);
	if (!device)
		return -ENOENT;
	if (device->id)
		return -EEXIST;
	device->id = ++fake_ids;
	bind->dev_id = device->id;
	fake.binds++;
	return 0;
}

static int fake_unbind(int container, struct vfio_ioasid_unbind *unbind)
{
	struct fake_file *device;

	if (!fake_is(unbind->ioasid_fd, FAKE_IOASID))
		return -EINVAL;
	device = fake_device(container, "", unbind->dev_id);
	if (!device)
		return -ENOENT;
	device->id = 0;
	fake.binds--;
	return 0;
}

static int fake_adopt(struct vfio_ioasid_adopt *adopt)
{
	if (!fake_is(adopt->ioasid_fd, FAKE_IOASID))
		return -EINVAL;
	adopt->ioasid = ++fake_ids;
	return 0;
}

static int fake_vfio(int fd, struct fake_file *file, unsigned long request, void *arg)
{
	int err;

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags =
			fake.not_viable ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return fake_get_device(fd, file, arg);
	case VFIO_GROUP_SET_CONTAINER:
		err = fake_set_container(file, arg);
		break;
	case VFIO_SET_IOMMU:
		err = fake_set_iommu(fd, file, (unsigned long)arg);
		break;
	case VFIO_IOASID_BIND:
		err = fake_bind(fd, arg);
		break;
	case VFIO_IOASID_UNBIND:
		err = fake_unbind(fd, arg);
		break;
	case VFIO_IOASID_ADOPT:
		err = fake_adopt(arg);
		break;
	default:
		err = -ENOTTY;
	}
	errno = -err;
	return err ? -1 : 0;
}

/* How many entries there are; tells a caller with fewer, and may then have more. */
static int fake_array(uint32_t *count, bool counting)
{
	uint32_t entries = fake_entries, given = *count;

	*count = entries;
	if (given >= entries)
		return 0;
	if (fake.grows) {
		fake.grows--;
		fake_entries++;
	}
	return counting && !given ? 0 : -EMSGSIZE;
}

static int fake_members(struct ioasid_device_info *info)
{
	struct ioasid_group_member *members = (void *)(uintptr_t)info->members;
	uint32_t i;
	int err = fake_array(&info->num_members, false);

	for (i = 0; !err && i < info->num_members; i++)
		members[i].dev_id = i;
	return err;
}

static int fake_device_info(struct ioasid_device_info *info)
{
	struct ioasid_resv_region *regions = (void *)(uintptr_t)info->resv_regions;
	uint32_t room = info->num_resv_regions, i;
	int err;

	if (info->num_members)
		return fake_members(info);
	info->num_members = fake_entries;
	err = fake_array(&info->num_resv_regions, true);

	for (i = 0; !err && room && i < info->num_resv_regions; i++)
		regions[i].first = i;
	return err;
}

static int fake_intersect(struct ioasid_device_intersect *common)
{
	struct ioasid_iova_range *ranges = (void *)(uintptr_t)common->ranges;
	uint32_t room = common->num_ranges, i;
	int err = fake_array(&common->num_ranges, true);

	for (i = 0; !err && room && i < common->num_ranges; i++)
		ranges[i].first = i;
	return err;
}

static int fake_iova_ranges(struct ioasid_iova_ranges *cmd)
{
	struct ioasid_iova_range *ranges = (void *)(uintptr_t)cmd->ranges;
	int err = fake_array(&cmd->num_ranges, false);
	uint32_t i;

	for (i = 0; !err && i < cmd->num_ranges; i++)
		ranges[i].first = i;
	return err;
}

/* Of an id that its container has let go. */
static int fake_free(uint32_t id)
{
	int fd;

	for (fd = 0; fd < FAKE_FILES; fd++) {
		struct fake_file *file = fake_file(fd);

		if (file && file->id == id) {
			file->id = 0;
			fake.binds--;
		}
	}
	return 0;
}

static void fake_send(const struct ioasid_get_caps *header)
{
	size_t size = header->size;

	if (size > sizeof(fake.sent))
		size = sizeof(fake.sent);
	memset(&fake.sent, 0, sizeof(fake.sent));
	memcpy(&fake.sent, header, size);
	fake.sent.header.extack = 0;
}

static uint64_t fake_iova(uint32_t flags, uint64_t iova)
{
	return flags & IOASID_MAP_FIXED ? iova : FAKE_IOVA;
}

static int fake_map_batch(struct ioasid_map_batch *batch)
{
	struct ioasid_map_entry *entries = (void *)(uintptr_t)batch->entries;
	uint32_t i;

	for (i = 0; i < batch->num_entries; i++)
		entries[i].iova = fake_iova(entries[i].flags, entries[i].iova);
	batch->num_done = batch->num_entries;
	return 0;
}

static int fake_dirty_read(struct ioasid_dirty_read *read)
{
	uint64_t needed = (read->length / read->page_size + 63) / 64 * 8;

	if (read->bitmap_size < needed) {
		read->bitmap_size = needed;
		return -EMSGSIZE;
	}
	read->precision = IOASID_DIRTY_HARDWARE;
	read->num_dirty = 3;
	return 0;
}

static int fake_ioasid(unsigned long request, void *arg)
{
	struct ioasid_map_file *file = arg;
	struct ioasid_map_dma *map = arg;
	struct ioasid_copy *copy = arg;

	switch (request) {
	case IOASID_FREE:
		return fake_free(((struct ioasid_free *)arg)->id);
	case IOASID_ALLOC:
		((struct ioasid_alloc *)arg)->ioasid = ++fake_ids;
		return 0;
	case IOASID_DEVICE_INFO:
		return fake_device_info(arg);
	case IOASID_DEVICE_INTERSECT:
		return fake_intersect(arg);
	case IOASID_IOVA_RANGES:
		return fake_iova_ranges(arg);
	case IOASID_UNMAP_DMA:
		((struct ioasid_unmap_dma *)arg)->unmapped =
			((struct ioasid_unmap_dma *)arg)->length;
		return 0;
	case IOASID_MAP_DMA:
		map->iova = fake_iova(map->flags, map->iova);
		return 0;
	case IOASID_MAP_FILE:
		file->iova = fake_iova(file->flags, file->iova);
		return 0;
	case IOASID_PASID_MAP:
		((struct ioasid_pasid_map *)arg)->hw_pasid =
			((struct ioasid_pasid_map *)arg)->pasid + 1;
		return 0;
	case IOASID_COPY:
		copy->dst_iova = fake_iova(copy->flags, copy->dst_iova);
		return 0;
	case IOASID_MAP_BATCH:
		return fake_map_batch(arg);
	case IOASID_REGISTER_MEMORY:
		((struct ioasid_register_memory *)arg)->memory_id = ++fake_ids;
		return 0;
	case IOASID_DIRTY_READ:
		return fake_dirty_read(arg);
	case IOASID_DIRTY_SET:
	case IOASID_UNREGISTER_MEMORY:
	case IOASID_ALLOW_IOVAS:
	case IOASID_GET_CAPS:
	case IOASID_GET_INFO:
	case IOASID_ATTACH:
	case IOASID_DETACH:
		return 0;
	default:
		return -ENOTTY;
	}
}

static bool fake_has_extack(unsigned long request)
{
	return (request >> 8 & 0xff) == IOASID_TYPE;
}

/* A message as long as there is room has no NUL, which is a hard case too. */
static void fake_explain(const struct ioasid_get_caps *header)
{
	struct ioasid_extack *extack = (void *)(uintptr_t)header->extack;
	size_t length = strlen(fake.message);

	extack->reason = fake.reason;
	if (length > sizeof(extack->message))
		length = sizeof(extack->message);
	memcpy(extack->message, fake.message, length);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct fake_file *file = fake_file(fd);
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);

	if (!file) {
		fake.broken = "an ioctl went to a file that is not open";
		errno = EBADF;
		return -1;
	}
	if (!strcmp(file->name, FAKE_IOASID))
		fake_send(arg);
	if (fake.request == request) {
		if (request == IOASID_MAP_BATCH)
			((struct ioasid_map_batch *)arg)->num_done = fake.batch;
		if (fake.message && fake_has_extack(request))
			fake_explain(arg);
		errno = fake.request_errno;
		return -1;
	}
	if (fake_fails()) {
		errno = EIO;
		return -1;
	}
	if (strcmp(file->name, FAKE_IOASID))
		return fake_vfio(fd, file, request, arg);
	errno = -fake_ioasid(request, arg);
	return errno ? -1 : 0;
}

/* What is inside of something must go before it. */
void fake_closing(int fd)
{
	struct fake_file *file = fake_file(fd), *container;

	if (fake_joined(fd, ""))
		fake.broken = "a container or a group was closed before what is in it";
	if (file->id)
		fake.broken = "a device was closed while it was bound";
	container = fake_file(file->joined);
	file->open = false;
	if (container && !fake_joined(file->joined, FAKE_GROUP))
		container->backend = false;
}
