// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo's steps around the DMA: opening a device, making a space, mapping memory,
 * drawing the space, an error that explains itself, and giving everything back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "demo.h"
#include "draw.h"
#include "ui.h"

/* The cookie comes back in the device's info; any value would do. */
#define DEMO_COOKIE	0x0edu

/* Where the letter goes: a round number that people recognise. */
#define DEMO_IOVA	0x10000000u

#define DEMO_POOL_SIZE	(2u << 20)

/* Whether a call of the library succeeded. */
bool demo_ok(int ret)
{
	if (ret)
		ui_fail("%s", ioasid_last_error());
	return !ret;
}

/* A device of another kind must not even be taken from its driver. */
static bool demo_find(struct demo *demo)
{
	if (demo->address[0]) {
		if (!edu_is(demo->address))
			ui_fail("%s is not an edu device: 'lspci -nn' shows those as 1234:11e8",
				demo->address);
		return edu_is(demo->address);
	}
	if (edu_find(0, demo->address, sizeof(demo->address))) {
		ui_fail("no edu device in this machine; 'make demo' starts a virtual one with it");
		return false;
	}
	return true;
}

static void demo_driver(const char *address, char *driver, size_t size)
{
	char path[128], target[256];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	name = strrchr(target, '/');
	snprintf(driver, size, "%s", name ? name + 1 : "no driver");
}

/* Takes the device from its driver, and remembers to give it back. */
static bool demo_take(struct demo *demo)
{
	char driver[64];

	demo_driver(demo->address, driver, sizeof(driver));
	if (strcmp(driver, "vfio-pci")) {
		if (!demo_ok(ioasid_driver_bind(demo->address, "vfio-pci")))
			return false;
		demo->restore = true;
	}
	ui_fact("device", "%s, QEMU's edu (copies memory into a buffer and back)",
		demo->address);
	ui_fact("driver", "vfio-pci, as the kernel ships it%s%s",
		demo->restore ? "; before: " : "", demo->restore ? driver : "");
	return true;
}

static void demo_page_sizes(uint64_t bitmap, char *text, size_t size)
{
	unsigned int bit;
	size_t used = 0;

	text[0] = '\0';
	for (bit = 0; bit < 64; bit++)
		if (bitmap >> bit & 1)
			used += snprintf(text + used, size > used ? size - used : 0,
					 "%s%s", used ? ", " : "",
					 ui_size(1ull << bit));
}

static unsigned int demo_bits(uint64_t last)
{
	unsigned int bits = 0;

	for (; last; last >>= 1)
		bits++;
	return bits;
}

static void demo_iommu(struct demo *demo)
{
	struct ioasid_device_info *info = &demo->info;
	char sizes[256];
	uint32_t i;

	demo_page_sizes(info->page_sizes, sizes, sizeof(sizes));
	ui_fact("IOMMU", "%s (%s), coherent: %s",
		ioasid_iommu_kind_name(info->iommu_kind), info->iommu_name,
		info->device_flags & IOASID_DEVICE_COHERENT ? "yes" : "no");
	ui_fact("group", "%u, %u %s", info->group_id, info->num_members,
		info->num_members == 1 ? "device" : "devices");
	ui_fact("addresses", "0x%jx - 0x%jx (%u bits)", (uintmax_t)info->aperture_first,
		(uintmax_t)info->aperture_last, demo_bits(info->aperture_last));
	ui_fact("pages", "%s", sizes);
	for (i = 0; i < info->num_resv_regions; i++)
		ui_fact(i ? "" : "reserved", "0x%jx - 0x%jx, %s",
			(uintmax_t)demo->regions[i].first,
			(uintmax_t)demo->regions[i].last,
			ioasid_resv_kind_name(demo->regions[i].kind));
}

bool demo_device(struct demo *demo)
{
	int ret;

	ui_step("A device, and the IOMMU in front of it");
	if (!demo_find(demo) || !demo_ok(ioasid_ctx_open(&demo->ctx)) ||
	    !demo_take(demo))
		return false;
	if (!demo_ok(ioasid_dev_open(demo->ctx, demo->address, DEMO_COOKIE, &demo->dev)))
		return false;
	demo->info.size = sizeof(demo->info);
	if (!demo_ok(ioasid_dev_info(demo->dev, &demo->info, &demo->regions)))
		return false;
	demo_iommu(demo);
	ui_check(demo->info.cookie == DEMO_COOKIE && !demo->info.ioasid,
		 "open, bound to this program's context as id %u; its DMA is blocked",
		 ioasid_dev_id(demo->dev));
	ret = edu_open(ioasid_dev_fd(demo->dev), &demo->edu);
	if (ret)
		ui_fail("%s does not work as an edu device: %s", demo->address,
			strerror(-ret));
	return !ret;
}

/* Whether the device can reach all of a range and none of it is reserved. */
static bool demo_allowed(struct demo *demo, const struct ioasid_iova_range *range)
{
	uint32_t i;

	for (i = 0; i < demo->info.num_resv_regions; i++)
		if (range->first <= demo->regions[i].last &&
		    range->last >= demo->regions[i].first)
			return false;
	return range->first >= demo->info.aperture_first &&
	       range->last <= demo->info.aperture_last;
}

bool demo_space(struct demo *demo)
{
	struct ioasid_iova_range *ranges;
	uint32_t count, i, allowed = 0;

	ui_step("An I/O address space");
	if (!demo_ok(ioasid_space_alloc(demo->ctx, &demo->ioasid)) ||
	    !demo_ok(ioasid_dev_attach(demo->dev, demo->ioasid)) ||
	    !demo_ok(ioasid_space_iova_ranges(demo->ctx, demo->ioasid, &ranges, &count)))
		return false;
	ui_say("%s is attached to a new space, and reaches what is mapped there.",
	       demo->address);
	for (i = 0; i < count; i++) {
		ui_fact(i ? "" : "can map", "0x%jx - 0x%jx", (uintmax_t)ranges[i].first,
			(uintmax_t)ranges[i].last);
		allowed += demo_allowed(demo, &ranges[i]);
	}
	free(ranges);
	return ui_check(count && allowed == count,
			"that is what the device can reach, less what is reserved");
}

static bool demo_allocate(struct demo_buffer *buffer)
{
	void *mem = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		ui_fail("no memory for the buffer %s: %s", buffer->name,
			strerror(errno));
		return false;
	}
	buffer->mem = mem;
	return true;
}

/* An @iova of 0 lets the kernel choose. */
static bool demo_map(struct demo *demo, enum demo_role role, uint64_t iova)
{
	struct demo_buffer *buffer = &demo->buffers[role];
	int ret;

	if (!demo_allocate(buffer))
		return false;
	buffer->iova = iova;
	if (iova)
		ret = ioasid_space_map_fixed(demo->ctx, demo->ioasid, iova, buffer->mem,
					     buffer->size, buffer->prot);
	else
		ret = ioasid_space_map(demo->ctx, demo->ioasid, buffer->mem,
				       buffer->size, buffer->prot, &buffer->iova);
	if (!demo_ok(ret))
		return false;
	buffer->mapped = true;
	ui_fact(buffer->name, "%s at 0x%jx, %s (%s chose the address)",
		ui_size(buffer->size), (uintmax_t)buffer->iova,
		buffer->prot & IOASID_PROT_WRITE ? "read and write" : "read-only",
		iova ? "this program" : "the kernel");
	return true;
}

bool demo_memory(struct demo *demo)
{
	const uint32_t both = IOASID_PROT_READ | IOASID_PROT_WRITE;
	struct ioasid_get_info info = { .size = sizeof(info) };
	size_t page = sysconf(_SC_PAGESIZE);

	demo->buffers[DEMO_LETTER] = (struct demo_buffer){
		.name = "letter", .label = "letter, read-only", .size = page,
		.prot = IOASID_PROT_READ };
	demo->buffers[DEMO_REPLY] = (struct demo_buffer){
		.name = "reply", .label = "reply", .size = page, .prot = both };
	demo->buffers[DEMO_POOL] = (struct demo_buffer){
		.name = "pool", .label = "pool", .size = DEMO_POOL_SIZE, .prot = both };

	ui_step("Memory for the device");
	if (!demo_map(demo, DEMO_LETTER, DEMO_IOVA) ||
	    !demo_map(demo, DEMO_REPLY, 0) || !demo_map(demo, DEMO_POOL, 0) ||
	    !demo_ok(ioasid_space_info(demo->ctx, demo->ioasid, &info)))
		return false;
	return ui_check(info.num_areas == DEMO_BUFFERS &&
			info.mapped_bytes == 2 * page + DEMO_POOL_SIZE,
			"the space holds %ju mappings, %s", (uintmax_t)info.num_areas,
			ui_size(info.mapped_bytes));
}

static size_t demo_draw_free(struct demo *demo, struct draw_range *drawn)
{
	struct ioasid_iova_range *ranges;
	uint32_t count, i;

	if (!demo_ok(ioasid_space_iova_ranges(demo->ctx, demo->ioasid, &ranges, &count)))
		return 0;
	for (i = 0; i < count; i++)
		drawn[i] = (struct draw_range){ ranges[i].first, ranges[i].last,
						DRAW_FREE, "free" };
	free(ranges);
	return count;
}

static size_t demo_draw_reserved(struct demo *demo, struct draw_range *drawn)
{
	uint32_t i;

	for (i = 0; i < demo->info.num_resv_regions; i++) {
		bool msi = demo->regions[i].kind == IOASID_RESV_MSI;

		drawn[i] = (struct draw_range){
			demo->regions[i].first, demo->regions[i].last, DRAW_RESERVED,
			msi ? "reserved: interrupts (MSI)" : "reserved" };
	}
	return i;
}

static size_t demo_draw_mapped(struct demo *demo, struct draw_range *drawn)
{
	size_t i;

	for (i = 0; i < DEMO_BUFFERS; i++) {
		const struct demo_buffer *buffer = &demo->buffers[i];

		drawn[i] = (struct draw_range){
			buffer->iova, buffer->iova + buffer->size - 1, DRAW_MAPPED,
			buffer->label };
	}
	return i;
}

void demo_picture(struct demo *demo)
{
	struct draw_range *drawn;
	size_t count;

	ui_step("The space, from its first to its last address (not to scale)");
	/* Between n reserved regions there are at most n + 1 free ranges. */
	drawn = calloc(2 * demo->info.num_resv_regions + 1 + DEMO_BUFFERS,
		       sizeof(*drawn));
	if (!drawn) {
		ui_fail("no memory for the picture");
		return;
	}
	count = demo_draw_free(demo, drawn);
	count += demo_draw_reserved(demo, drawn + count);
	count += demo_draw_mapped(demo, drawn + count);
	draw_space(demo->info.aperture_first, demo->info.aperture_last, drawn, count);
	free(drawn);
}

static const struct ioasid_resv_region *demo_reserved(struct demo *demo)
{
	uint32_t i;

	for (i = 0; i < demo->info.num_resv_regions; i++)
		if (demo->regions[i].kind == IOASID_RESV_MSI)
			return &demo->regions[i];
	return demo->regions;
}

void demo_reason(struct demo *demo)
{
	const struct ioasid_resv_region *region = demo_reserved(demo);
	const struct demo_buffer *letter = &demo->buffers[DEMO_LETTER];
	int ret;

	ui_step("An error that says why");
	if (!region) {
		ui_say("This device has no reserved region, so there is none to run into.");
		return;
	}
	ui_say("This program asks for a mapping at 0x%jx, which is reserved:",
	       (uintmax_t)region->first);
	ret = ioasid_space_map_fixed(demo->ctx, demo->ioasid, region->first,
				     letter->mem, letter->size, letter->prot);
	if (ret)
		ui_quote(ioasid_last_error());
	ui_check(ret == -EADDRNOTAVAIL &&
		 ioasid_last_reason() == IOASID_REASON_IOVA_RESERVED &&
		 ioasid_last_extack()->first == region->first &&
		 ioasid_last_extack()->last == region->last,
		 "refused: %s, %s, 0x%jx-0x%jx",
		 ret == -EADDRNOTAVAIL ? "EADDRNOTAVAIL" : strerror(-ret),
		 ioasid_reason_name(ioasid_last_reason()),
		 (uintmax_t)ioasid_last_extack()->first,
		 (uintmax_t)ioasid_last_extack()->last);
}

static bool demo_empty(struct demo *demo)
{
	int ret;

	ret = ioasid_dev_detach(demo->dev);
	/* A step that ended early may have left it detached. */
	if (ret && ret != -EINVAL)
		return demo_ok(ret);
	return demo_unshare(demo) &&
	       demo_ok(ioasid_space_free(demo->ctx, demo->ioasid));
}

static void demo_release(struct demo *demo)
{
	size_t i;

	edu_close(demo->edu);
	ioasid_dev_close(demo->dev);
	ioasid_ctx_close(demo->ctx);
	free(demo->regions);
	for (i = 0; i < DEMO_BUFFERS; i++)
		if (demo->buffers[i].mem)
			munmap(demo->buffers[i].mem, demo->buffers[i].size);
	demo_shared_free(&demo->shared);
}

void demo_cleanup(struct demo *demo)
{
	bool emptied = false, unlocked, restored = true;

	if (demo->ioasid) {
		ui_step("Giving everything back");
		emptied = demo_empty(demo);
	}
	unlocked = demo_locked() == demo->locked;
	demo_release(demo);
	if (demo->restore)
		restored = demo_ok(ioasid_driver_restore(demo->address));
	if (emptied)
		ui_check(unlocked && restored,
			 "spaces freed, all memory unpinned, device closed%s",
			 demo->restore ? " and taken from vfio-pci again" : "");
}
