// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edu device's registers: see edu.h for what this is and who uses it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "edu.h"

#define EDU_REG_ID		0x00
#define EDU_REG_DMA_SRC		0x80
#define EDU_REG_DMA_DST		0x88
#define EDU_REG_DMA_COUNT	0x90
#define EDU_REG_DMA_CMD		0x98

/* The ID register is 0xRRrr00ed: major and minor revision, then "ed". */
#define EDU_ID_MASK		0x0000ffffu
#define EDU_ID			0x000000edu

#define EDU_CMD_START		0x1u
#define EDU_CMD_FROM_DEVICE	0x2u

/* The device's own address of its buffer. */
#define EDU_BUFFER_BASE		0x40000u

#define EDU_POLL_NS		1000000

struct edu {
	int device_fd;
	uint64_t config_offset;
	uint64_t bar_size;
	uint8_t *bar;
};

/*
 * Acquire and release order the registers against the memory that the device reads
 * and writes: data goes out before the start bit, and is looked at after the busy bit.
 */
static uint32_t edu_read32(struct edu *edu, unsigned int reg)
{
	return __atomic_load_n((uint32_t *)(edu->bar + reg), __ATOMIC_ACQUIRE);
}

static void edu_write32(struct edu *edu, unsigned int reg, uint32_t value)
{
	__atomic_store_n((uint32_t *)(edu->bar + reg), value, __ATOMIC_RELEASE);
}

/* A 32-bit program cannot do one 64-bit access, and the device has no halves. */
static int edu_write_address(struct edu *edu, unsigned int reg, uint64_t value)
{
#if UINTPTR_MAX > UINT32_MAX
	__atomic_store_n((uint64_t *)(edu->bar + reg), value, __ATOMIC_RELEASE);
#else
	if (value > UINT32_MAX)
		return -EINVAL;
	edu_write32(edu, reg, value);
#endif
	return 0;
}

static int edu_region(int device_fd, uint32_t index,
		      struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(device_fd, VFIO_DEVICE_GET_REGION_INFO, info))
		return -errno;
	return 0;
}

static int edu_set_command(struct edu *edu, uint16_t set, uint16_t clear)
{
	uint64_t where = edu->config_offset + PCI_COMMAND;
	uint16_t command;

	if (pread(edu->device_fd, &command, sizeof(command), where) !=
	    sizeof(command))
		return -EIO;
	command = (command | set) & ~clear;
	if (pwrite(edu->device_fd, &command, sizeof(command), where) !=
	    sizeof(command))
		return -EIO;
	return 0;
}

static int edu_is_edu(struct edu *edu)
{
	uint16_t ids[2];

	if (pread(edu->device_fd, ids, sizeof(ids),
		  edu->config_offset + PCI_VENDOR_ID) != sizeof(ids))
		return -EIO;
	if (ids[0] != EDU_PCI_VENDOR || ids[1] != EDU_PCI_DEVICE)
		return -ENODEV;
	return 0;
}

static int edu_map_bar(struct edu *edu)
{
	struct vfio_region_info info;
	void *bar;
	int ret;

	ret = edu_region(edu->device_fd, VFIO_PCI_BAR0_REGION_INDEX, &info);
	if (ret)
		return ret;
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -ENODEV;
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   edu->device_fd, info.offset);
	if (bar == MAP_FAILED)
		return -errno;
	edu->bar = bar;
	edu->bar_size = info.size;
	return 0;
}

static int edu_setup(struct edu *edu)
{
	struct vfio_region_info info;
	int ret;

	ret = edu_region(edu->device_fd, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	if (ret)
		return ret;
	edu->config_offset = info.offset;
	ret = edu_is_edu(edu);
	if (ret)
		return ret;
	ret = edu_map_bar(edu);
	if (ret)
		return ret;
	ret = edu_set_command(edu, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	if (ret)
		return ret;
	if ((edu_read32(edu, EDU_REG_ID) & EDU_ID_MASK) != EDU_ID)
		return -ENODEV;
	return 0;
}

int edu_open(int device_fd, struct edu **edu)
{
	struct edu *new;
	int ret;

	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->device_fd = device_fd;
	ret = edu_setup(new);
	if (ret) {
		edu_close(new);
		return ret;
	}
	*edu = new;
	return 0;
}

void edu_close(struct edu *edu)
{
	if (!edu)
		return;
	if (edu->bar) {
		edu_set_command(edu, 0, PCI_COMMAND_MASTER);
		munmap(edu->bar, edu->bar_size);
	}
	free(edu);
}

bool edu_dma_busy(struct edu *edu)
{
	return edu_read32(edu, EDU_REG_DMA_CMD) & EDU_CMD_START;
}

/*
 * Leaving the buffer makes some QEMUs abort, and they count the byte behind the DMA
 * too: hence "below" EDU_BUFFER_SIZE.
 */
static bool edu_in_buffer(uint32_t offset, uint32_t length)
{
	return length && length <= EDU_DMA_MAX &&
	       (uint64_t)offset + length < EDU_BUFFER_SIZE;
}

int edu_dma_start(struct edu *edu, enum edu_direction direction, uint64_t iova,
		  uint32_t offset, uint32_t length)
{
	bool from = direction == EDU_FROM_DEVICE;
	uint64_t buffer = EDU_BUFFER_BASE + offset;
	int ret;

	if (!edu_in_buffer(offset, length))
		return -EINVAL;
	if (edu_dma_busy(edu))
		return -EBUSY;
	ret = edu_write_address(edu, EDU_REG_DMA_SRC, from ? buffer : iova);
	if (ret)
		return ret;
	ret = edu_write_address(edu, EDU_REG_DMA_DST, from ? iova : buffer);
	if (ret)
		return ret;
	edu_write32(edu, EDU_REG_DMA_COUNT, length);
	edu_write32(edu, EDU_REG_DMA_CMD,
		    EDU_CMD_START | (from ? EDU_CMD_FROM_DEVICE : 0));
	return 0;
}

static uint64_t edu_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

int edu_dma_wait(struct edu *edu, unsigned int timeout_ms)
{
	const struct timespec pause = { .tv_nsec = EDU_POLL_NS };
	uint64_t end = edu_now_ms() + timeout_ms;

	while (edu_dma_busy(edu)) {
		if (edu_now_ms() > end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int edu_dma(struct edu *edu, enum edu_direction direction, uint64_t iova,
		   uint32_t offset, uint32_t length)
{
	int ret = edu_dma_start(edu, direction, iova, offset, length);

	return ret ? ret : edu_dma_wait(edu, EDU_DMA_TIMEOUT);
}

int edu_dma_to_device(struct edu *edu, uint64_t iova, uint32_t offset,
		      uint32_t length)
{
	return edu_dma(edu, EDU_TO_DEVICE, iova, offset, length);
}

int edu_dma_from_device(struct edu *edu, uint32_t offset, uint64_t iova,
			uint32_t length)
{
	return edu_dma(edu, EDU_FROM_DEVICE, iova, offset, length);
}

static bool edu_sysfs_id(const char *address, const char *file, unsigned int id)
{
	char path[512];
	unsigned int value = 0;
	FILE *stream;
	int found;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, file);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	found = fscanf(stream, "%x", &value);
	fclose(stream);
	return found == 1 && value == id;
}

bool edu_is(const char *address)
{
	return edu_sysfs_id(address, "vendor", EDU_PCI_VENDOR) &&
	       edu_sysfs_id(address, "device", EDU_PCI_DEVICE);
}

static int edu_filter(const struct dirent *entry)
{
	return edu_is(entry->d_name);
}

int edu_find(unsigned int index, char *address, size_t size)
{
	struct dirent **entries;
	int count, i, ret = -ENOENT;

	count = scandir("/sys/bus/pci/devices", &entries, edu_filter, alphasort);
	if (count < 0)
		return -ENOENT;
	if (index < (unsigned int)count) {
		snprintf(address, size, "%s", entries[index]->d_name);
		ret = 0;
	}
	for (i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return ret;
}
