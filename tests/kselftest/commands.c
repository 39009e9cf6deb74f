// SPDX-License-Identifier: GPL-2.0
/*
 * Every command of the uAPI, as a call that succeeds. Linked into uapi_size and
 * fault_commands.
 */
#include "commands.h"
#include "type1.h"

/* The tests bind and unbind behind our back, so look: which id has the device? */
static __u32 bound_id(struct rig *rig)
{
	for (__u32 id = 1; id < 64; id++)
		if (attached_to(rig->fd, id) != ~0U)
			return id;
	return 0;
}

static void be_bound(struct rig *rig, bool bound)
{
	__u32 id = bound_id(rig);

	rig->dev.id = id;
	if (bound && !id)
		dev_bind(&rig->dev, rig->fd);
	if (!bound && id)
		do_unbind(rig->dev.container, rig->fd, id);
}

static void be_attached(struct rig *rig, bool attached)
{
	be_bound(rig, true);
	if (attached == !!attached_to(rig->fd, rig->dev.id))
		return;
	if (attached)
		do_attach(rig->fd, rig->dev.id, rig->space);
	else
		do_detach(rig->fd, rig->dev.id);
}

static void prepare_nothing(struct rig *rig, void *arg)
{
	(void)rig;
	(void)arg;
}

static void prepare_free(struct rig *rig, void *arg)
{
	struct ioasid_free *free_arg = arg;

	do_alloc(rig->fd, &free_arg->id);
}

static void prepare_get_info(struct rig *rig, void *arg)
{
	struct ioasid_get_info *info = arg;

	info->ioasid = rig->space;
}

static void prepare_iova_ranges(struct rig *rig, void *arg)
{
	struct ioasid_iova_ranges *ranges = arg;

	ranges->ioasid = rig->space;
	ranges->num_ranges = 32;
	ranges->ranges = (uintptr_t)rig->ranges;
}

static void prepare_map_dma(struct rig *rig, void *arg)
{
	struct ioasid_map_dma *map = arg;

	map->ioasid = rig->space;
	map->prot = RW;
	map->user_va = (uintptr_t)rig->memory;
	map->length = PAGE;
}

static void prepare_unmap_dma(struct rig *rig, void *arg)
{
	struct ioasid_unmap_dma *unmap = arg;

	do_map(rig->fd, rig->space, rig->memory, PAGE, 16 * PAGE, RW);
	unmap->ioasid = rig->space;
	unmap->iova = 16 * PAGE;
	unmap->length = PAGE;
}

static void prepare_device_info(struct rig *rig, void *arg)
{
	struct ioasid_device_info *info = arg;

	be_bound(rig, true);
	info->dev_id = rig->dev.id;
}

static void prepare_attach(struct rig *rig, void *arg)
{
	struct ioasid_attach *attach = arg;

	be_attached(rig, false);
	attach->dev_id = rig->dev.id;
	attach->ioasid = rig->space;
}

static void prepare_detach(struct rig *rig, void *arg)
{
	struct ioasid_detach *detach = arg;

	be_attached(rig, true);
	detach->dev_id = rig->dev.id;
}

static void prepare_bind(struct rig *rig, void *arg)
{
	struct vfio_ioasid_bind *bind = arg;

	be_bound(rig, false);
	bind->ioasid_fd = rig->fd;
	bind->device = (uintptr_t)rig->dev.name;
}

static void prepare_unbind(struct rig *rig, void *arg)
{
	struct vfio_ioasid_unbind *unbind = arg;

	be_bound(rig, true);
	unbind->ioasid_fd = rig->fd;
	unbind->dev_id = rig->dev.id;
}

/* A space is adopted once, so there has to be a new container each time. */
static void prepare_adopt(struct rig *rig, void *arg)
{
	struct vfio_ioasid_adopt *adopt = arg;

	dev_release(&rig->dev);
	type1_claim(&rig->dev, EDU_A, VFIO_TYPE1v2_IOMMU, true);
	rig->target = rig->dev.container;
	adopt->ioasid_fd = rig->fd;
}

static void prepare_allow_iovas(struct rig *rig, void *arg)
{
	struct ioasid_allow_iovas *allow = arg;

	rig->ranges[0].first = PAGE;
	rig->ranges[0].last = 64 * PAGE - 1;
	allow->ioasid = rig->space;
	allow->num_ranges = 1;
	allow->ranges = (uintptr_t)rig->ranges;
}

static void prepare_map_batch(struct rig *rig, void *arg)
{
	struct ioasid_map_batch *batch = arg;

	rig->entry.user_va = (uintptr_t)rig->memory;
	rig->entry.length = PAGE;
	rig->entry.prot = RW;
	batch->ioasid = rig->space;
	batch->num_entries = 1;
	batch->entries = (uintptr_t)&rig->entry;
}

static void prepare_map_file(struct rig *rig, void *arg)
{
	struct ioasid_map_file *map = arg;

	map->ioasid = rig->space;
	map->prot = RW;
	map->fd = rig->file;
	map->length = PAGE;
}

static void prepare_register_memory(struct rig *rig, void *arg)
{
	struct ioasid_register_memory *memory = arg;

	memory->prot = RW;
	memory->user_va = (uintptr_t)rig->memory;
	memory->length = PAGE;
}

static void prepare_unregister_memory(struct rig *rig, void *arg)
{
	struct ioasid_unregister_memory *memory = arg;

	do_register(rig->fd, rig->memory, PAGE, RW, &memory->memory_id);
}

static void prepare_copy(struct rig *rig, void *arg)
{
	struct ioasid_copy *copy = arg;

	do_map(rig->fd, rig->space, rig->memory, PAGE, 16 * PAGE, RW);
	copy->src_fd = -1;
	copy->src_id = rig->space;
	copy->dst_ioasid = rig->space;
	copy->prot = RW;
	copy->src_offset = 16 * PAGE;
	copy->length = PAGE;
}

static void prepare_device_intersect(struct rig *rig, void *arg)
{
	struct ioasid_device_intersect *common = arg;

	be_bound(rig, true);
	common->devices = (uintptr_t)&rig->dev.id;
	common->num_devices = 1;
}

static void prepare_dirty_set(struct rig *rig, void *arg)
{
	struct ioasid_dirty_set *set = arg;

	set->ioasid = rig->space;
}

static void prepare_dirty_read(struct rig *rig, void *arg)
{
	struct ioasid_dirty_read *read = arg;

	do_dirty_set(rig->fd, rig->space, true);
	read->ioasid = rig->space;
	read->iova = 16 * PAGE;
	read->length = PAGE;
	read->page_size = PAGE;
	read->bitmap = (uintptr_t)&rig->dirty;
	read->bitmap_size = sizeof(rig->dirty);
}

static void prepare_pasid_map(struct rig *rig, void *arg)
{
	struct ioasid_pasid_map *map = arg;

	be_attached(rig, true);
	map->dev_id = rig->dev.id;
}

const struct command commands[NUM_COMMANDS] = {
	[CMD_GET_CAPS] = {
		.nr = IOASID_GET_CAPS,
		.size = sizeof(struct ioasid_get_caps),
		.reserved = offsetof(struct ioasid_get_caps, __reserved),
		.result = true,
		.prepare = prepare_nothing,
	},
	[CMD_ALLOC] = {
		.nr = IOASID_ALLOC,
		.size = sizeof(struct ioasid_alloc),
		.min_size = offsetof(struct ioasid_alloc, granule),
		.flags = IOASID_ALLOC_DIRTY_TRACKING,
		.result = true,
		.prepare = prepare_nothing,
	},
	[CMD_FREE] = {
		.nr = IOASID_FREE,
		.size = sizeof(struct ioasid_free),
		.reserved = offsetof(struct ioasid_free, __reserved),
		.prepare = prepare_free,
	},
	[CMD_GET_INFO] = {
		.nr = IOASID_GET_INFO,
		.size = sizeof(struct ioasid_get_info),
		.result = true,
		.prepare = prepare_get_info,
	},
	[CMD_IOVA_RANGES] = {
		.nr = IOASID_IOVA_RANGES,
		.size = sizeof(struct ioasid_iova_ranges),
		.result = true,
		.prepare = prepare_iova_ranges,
	},
	[CMD_MAP_DMA] = {
		.nr = IOASID_MAP_DMA,
		.size = sizeof(struct ioasid_map_dma),
		.flags = IOASID_MAP_FIXED,
		.result = true,
		.prepare = prepare_map_dma,
	},
	[CMD_UNMAP_DMA] = {
		.nr = IOASID_UNMAP_DMA,
		.size = sizeof(struct ioasid_unmap_dma),
		.reserved = offsetof(struct ioasid_unmap_dma, __reserved),
		.flags = IOASID_UNMAP_ALL,
		.result = true,
		.prepare = prepare_unmap_dma,
	},
	[CMD_DEVICE_INFO] = {
		.nr = IOASID_DEVICE_INFO,
		.size = sizeof(struct ioasid_device_info),
		.reserved = offsetof(struct ioasid_device_info, __reserved),
		.result = true,
		.prepare = prepare_device_info,
	},
	[CMD_ATTACH] = {
		.nr = IOASID_ATTACH,
		.size = sizeof(struct ioasid_attach),
		.reserved = offsetof(struct ioasid_attach, __reserved),
		.flags = IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE |
			 IOASID_ATTACH_ALLOW_WINDOW,
		.prepare = prepare_attach,
	},
	[CMD_DETACH] = {
		.nr = IOASID_DETACH,
		.size = sizeof(struct ioasid_detach),
		.flags = IOASID_DETACH_PASID,
		.prepare = prepare_detach,
	},
	[CMD_ALLOW_IOVAS] = {
		.nr = IOASID_ALLOW_IOVAS,
		.size = sizeof(struct ioasid_allow_iovas),
		.prepare = prepare_allow_iovas,
	},
	[CMD_MAP_BATCH] = {
		.nr = IOASID_MAP_BATCH,
		.size = sizeof(struct ioasid_map_batch),
		.reserved = offsetof(struct ioasid_map_batch, __reserved),
		.result = true,
		.prepare = prepare_map_batch,
	},
	[CMD_MAP_FILE] = {
		.nr = IOASID_MAP_FILE,
		.size = sizeof(struct ioasid_map_file),
		.reserved = offsetof(struct ioasid_map_file, __reserved),
		.flags = IOASID_MAP_FIXED,
		.result = true,
		.prepare = prepare_map_file,
	},
	[CMD_REGISTER_MEMORY] = {
		.nr = IOASID_REGISTER_MEMORY,
		.size = sizeof(struct ioasid_register_memory),
		.result = true,
		.prepare = prepare_register_memory,
	},
	[CMD_UNREGISTER_MEMORY] = {
		.nr = IOASID_UNREGISTER_MEMORY,
		.size = sizeof(struct ioasid_unregister_memory),
		.reserved = offsetof(struct ioasid_unregister_memory, __reserved),
		.prepare = prepare_unregister_memory,
	},
	[CMD_COPY] = {
		.nr = IOASID_COPY,
		.size = sizeof(struct ioasid_copy),
		.flags = IOASID_COPY_FIXED | IOASID_COPY_MEMORY,
		.result = true,
		.prepare = prepare_copy,
	},
	[CMD_DEVICE_INTERSECT] = {
		.nr = IOASID_DEVICE_INTERSECT,
		.size = sizeof(struct ioasid_device_intersect),
		.reserved = offsetof(struct ioasid_device_intersect, __reserved),
		.result = true,
		.prepare = prepare_device_intersect,
	},
	[CMD_DIRTY_SET] = {
		.nr = IOASID_DIRTY_SET,
		.size = sizeof(struct ioasid_dirty_set),
		.reserved = offsetof(struct ioasid_dirty_set, __reserved),
		.flags = IOASID_DIRTY_ENABLE,
		.prepare = prepare_dirty_set,
	},
	[CMD_DIRTY_READ] = {
		.nr = IOASID_DIRTY_READ,
		.size = sizeof(struct ioasid_dirty_read),
		.flags = IOASID_DIRTY_NO_CLEAR,
		.result = true,
		.prepare = prepare_dirty_read,
	},
	[CMD_PASID_MAP] = {
		.nr = IOASID_PASID_MAP,
		.size = sizeof(struct ioasid_pasid_map),
		.reserved = offsetof(struct ioasid_pasid_map, __reserved),
		.flags = IOASID_PASID_MAP_PASID,
		.result = true,
		.prepare = prepare_pasid_map,
	},
	[CMD_BIND] = {
		.nr = VFIO_IOASID_BIND,
		.size = sizeof(struct vfio_ioasid_bind),
		.to_container = true,
		.result = true,
		.prepare = prepare_bind,
	},
	[CMD_UNBIND] = {
		.nr = VFIO_IOASID_UNBIND,
		.size = sizeof(struct vfio_ioasid_unbind),
		.to_container = true,
		.prepare = prepare_unbind,
	},
	[CMD_ADOPT] = {
		.nr = VFIO_IOASID_ADOPT,
		.size = sizeof(struct vfio_ioasid_adopt),
		.to_container = true,
		.result = true,
		.prepare = prepare_adopt,
	},
};

size_t first_size(const struct command *command)
{
	return command->min_size ? command->min_size : command->size;
}
