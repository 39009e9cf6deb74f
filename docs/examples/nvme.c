// SPDX-License-Identifier: LGPL-2.1-or-later
/* The driver of nvme.h: registers, one queue of commands, one of answers. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "nvme.h"

enum { CAP = 0x00, CC = 0x14, CSTS = 0x1c, AQA = 0x24, ASQ = 0x28, ACQ = 0x30,
	DOORBELL = 0x1000 };

#define ENTRIES		64	/* of each queue */
#define COMMAND		64	/* bytes of an entry */
#define ANSWER		16
#define ENABLE		(1 | 6 << 16 | 4 << 20)	/* and the two sizes, as powers of 2 */
#define IDENTIFY	0x06
#define CONTROLLER	1

/* The order of accesses to registers and memory matters, hence acquire and release. */
static uint32_t get(const void *where)
{
	return __atomic_load_n((const uint32_t *)where, __ATOMIC_ACQUIRE);
}

static void put(struct nvme *nvme, unsigned int reg, uint64_t value)
{
	__atomic_store_n((uint32_t *)(nvme->bar + reg), value, __ATOMIC_RELEASE);
}

/* Waits for a bit, for as long as the drive says it takes at most. */
static int wait_for(struct nvme *nvme, const void *where, uint32_t bit, uint32_t value)
{
	int ms = ((get(nvme->bar + CAP) >> 24) + 1) * 500;

	while ((get(where) & bit) != value) {
		if (!ms--)
			return -ETIMEDOUT;
		usleep(1000);
	}
	return 0;
}

/* VFIO gives the device without the right to do DMA at all; that is a bit in PCI. */
static int map_registers(struct nvme *nvme, int fd)
{
	struct vfio_region_info pci = { .argsz = sizeof(pci),
					.index = VFIO_PCI_CONFIG_REGION_INDEX };
	struct vfio_region_info bar = { .argsz = sizeof(bar),
					.index = VFIO_PCI_BAR0_REGION_INDEX };
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &pci) ||
	    ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &bar))
		return -errno;
	if (pwrite(fd, &command, sizeof(command), pci.offset + PCI_COMMAND) < 0)
		return -errno;
	nvme->bar = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 bar.offset);
	return nvme->bar == MAP_FAILED ? -errno : 0;
}

int nvme_start(struct nvme *nvme, struct ioasid_dev *dev, void *queues, uint64_t iova)
{
	int ret;

	*nvme = (struct nvme) { .queues = memset(queues, 0, 2 * NVME_PAGE) };
	ret = map_registers(nvme, ioasid_dev_fd(dev));
	if (ret)
		return ret;
	put(nvme, CC, 0);
	ret = wait_for(nvme, nvme->bar + CSTS, 1, 0);
	if (ret)
		return ret;
	put(nvme, AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	put(nvme, ASQ, iova);
	put(nvme, ASQ + 4, iova >> 32);
	put(nvme, ACQ, iova + NVME_PAGE);
	put(nvme, ACQ + 4, (iova + NVME_PAGE) >> 32);
	put(nvme, CC, ENABLE);
	return wait_for(nvme, nvme->bar + CSTS, 1, 1);
}

int nvme_identify(struct nvme *nvme, uint64_t iova)
{
	unsigned int slot = nvme->sent % ENTRIES, lap = nvme->sent / ENTRIES;
	uint32_t *command = (uint32_t *)(nvme->queues + slot * COMMAND);
	uint32_t *answer = (uint32_t *)(nvme->queues + NVME_PAGE + slot * ANSWER);
	uint32_t stride = 4 << (get(nvme->bar + CAP + 4) & 0xf);
	int ret;

	memset(command, 0, COMMAND);
	command[0] = IDENTIFY | slot << 16;
	command[6] = iova;
	command[7] = iova >> 32;
	command[10] = CONTROLLER;
	nvme->sent++;
	put(nvme, DOORBELL, nvme->sent % ENTRIES);
	/* Each answer has the bit of its lap: 1, then 0, then 1 again. */
	ret = wait_for(nvme, &answer[3], 1 << 16, lap & 1 ? 0 : 1 << 16);
	if (ret)
		return ret;
	put(nvme, DOORBELL + stride, nvme->sent % ENTRIES);
	return answer[3] >> 17 ? -EIO : 0;
}
