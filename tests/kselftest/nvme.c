// SPDX-License-Identifier: GPL-2.0
/*
 * NVMe controllers: see nvme.h. Linked into every test program, used by those with
 * virtual functions.
 */
#include "nvme.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#define REG_CC		0x14
#define REG_CSTS	0x1c
#define REG_AQA		0x24
#define REG_ASQ		0x28
#define REG_ACQ		0x30
#define REG_DOORBELLS	0x1000

#define CC_ENABLE	0x1
/* Entries of 64 and of 16 bytes. */
#define CC_ENTRIES	(6 << 16 | 4 << 20)
#define CSTS_READY	0x1
#define CSTS_FATAL	0x2

#define QUEUE_LENGTH	16

enum {
	ADMIN_CREATE_SQ = 0x01,
	ADMIN_CREATE_CQ = 0x05,
	ADMIN_IDENTIFY = 0x06,
	ADMIN_VIRTUALIZATION = 0x1c,
	IO_WRITE = 0x01,
	IO_READ = 0x02,
};

enum {
	VIRT_PRIMARY = 1,
	VIRT_ASSIGN = 8,
	VIRT_ONLINE = 9,
};

enum {
	RESOURCE_QUEUES,
	RESOURCE_INTERRUPTS,
};

struct nvme_command {
	__u8 opcode;
	__u8 flags;
	__u16 id;
	__u32 namespace;
	__u64 unused[2];
	__u64 data;
	__u64 data2;
	__u32 arg[6];
};

struct nvme_completion {
	__u32 result;
	__u32 unused;
	__u16 sq_head;
	__u16 sq_id;
	__u16 id;
	__u16 status;	/* the lowest bit is the phase */
};

#define DRIVEN		"/sys/bus/pci/drivers/vfio-pci/"
#define NVME_CLASS	"0x010802"

/* Is it a controller, and one without virtual functions? */
static bool suits(const char *device)
{
	char path[128], class[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/sriov_totalvfs", device);
	if (!access(path, F_OK))
		return false;
	snprintf(path, sizeof(path), "%s/class", device);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(class, sizeof(class), file))
		class[0] = '\0';
	fclose(file);
	return !strncmp(class, NVME_CLASS, strlen(NVME_CLASS));
}

const char *nvme_find(char *address, size_t size)
{
	const char *name = NULL;
	glob_t found;

	if (glob(DRIVEN "*:*", 0, NULL, &found))
		return NULL;
	for (size_t i = 0; i < found.gl_pathc && !name; i++) {
		if (!suits(found.gl_pathv[i]))
			continue;
		snprintf(address, size, "%.12s",
			 found.gl_pathv[i] + strlen(DRIVEN));
		name = address;
	}
	globfree(&found);
	return name;
}

static int wait_ready(struct nvme *nvme, __u32 ready)
{
	__u64 end = now_ms() + PCI_TIMEOUT_MS;
	__u32 status;

	for (;;) {
		status = pci_read32(&nvme->pci, REG_CSTS);
		if ((status & CSTS_READY) == ready)
			return 0;
		if (status & CSTS_FATAL)
			return -EIO;
		if (now_ms() > end)
			return -ETIMEDOUT;
		pci_rest();
	}
}

static int wait_completion(struct nvme_queue *queue, __u16 *status)
{
	struct nvme_completion *entry = &queue->completions[queue->head];
	__u64 end = now_ms() + PCI_TIMEOUT_MS;

	for (;;) {
		*status = __atomic_load_n(&entry->status, __ATOMIC_ACQUIRE);
		if ((*status & 1) == queue->phase)
			return 0;
		if (now_ms() > end)
			return -ETIMEDOUT;
		pci_rest();
	}
}

/* Every doorbell is 4 bytes: a queue's tail of commands, then its head of completions. */
static void ring(struct nvme *nvme, struct nvme_queue *queue, unsigned int which,
		 unsigned int value)
{
	pci_write32(&nvme->pci, REG_DOORBELLS + (2 * queue->id + which) * 4, value);
}

static int run(struct nvme *nvme, struct nvme_queue *queue,
	       const struct nvme_command *command)
{
	__u16 status;
	int err;

	queue->commands[queue->tail] = *command;
	queue->tail = (queue->tail + 1) % QUEUE_LENGTH;
	ring(nvme, queue, 0, queue->tail);
	err = wait_completion(queue, &status);
	if (err)
		return err;
	queue->head = (queue->head + 1) % QUEUE_LENGTH;
	if (!queue->head)
		queue->phase ^= 1;
	ring(nvme, queue, 1, queue->head);
	return status >> 1;
}

static void queue_init(struct nvme_queue *queue, unsigned int id, char *memory)
{
	queue->id = id;
	queue->head = 0;
	queue->tail = 0;
	queue->phase = 1;
	queue->commands = (void *)memory;
	queue->completions = (void *)(memory + PAGE);
}

static int start(struct nvme *nvme)
{
	int err;

	pci_write32(&nvme->pci, REG_CC, 0);
	err = wait_ready(nvme, 0);
	if (err)
		return err;
	pci_write32(&nvme->pci, REG_AQA, (QUEUE_LENGTH - 1) << 16 | (QUEUE_LENGTH - 1));
	pci_write64(&nvme->pci, REG_ASQ, nvme->iova);
	pci_write64(&nvme->pci, REG_ACQ, nvme->iova + PAGE);
	pci_write32(&nvme->pci, REG_CC, CC_ENTRIES | CC_ENABLE);
	return wait_ready(nvme, CSTS_READY);
}

int nvme_open(struct nvme *nvme, int device, void *memory, __u64 iova)
{
	int err;

	memset(nvme, 0, sizeof(*nvme));
	memset(memory, 0, NVME_MEMORY);
	nvme->iova = iova;
	queue_init(&nvme->admin, 0, memory);
	queue_init(&nvme->io, 1, (char *)memory + 2 * PAGE);
	err = pci_open(&nvme->pci, device);
	return err ? err : start(nvme);
}

void nvme_close(struct nvme *nvme)
{
	if (!nvme->pci.regs)
		return;
	pci_write32(&nvme->pci, REG_CC, 0);
	wait_ready(nvme, 0);
	pci_close(&nvme->pci);
}

int nvme_identify(struct nvme *nvme, void *page, __u64 iova,
		  struct nvme_identity *identity)
{
	const struct nvme_command command = {
		.opcode = ADMIN_IDENTIFY,
		.data = iova,
		.arg = { 1 },	/* the controller */
	};
	const char *data = page;
	int err;

	memset(page, 0, PAGE);
	err = run(nvme, &nvme->admin, &command);
	if (err)
		return err;
	memcpy(&identity->vendor, data, sizeof(identity->vendor));
	memcpy(&identity->controller, data + 78, sizeof(identity->controller));
	memcpy(identity->serial, data + 4, sizeof(identity->serial) - 1);
	identity->serial[sizeof(identity->serial) - 1] = '\0';
	identity->serial[strcspn(identity->serial, " ")] = '\0';
	return 0;
}

int nvme_start_io(struct nvme *nvme)
{
	const __u32 queue = (QUEUE_LENGTH - 1) << 16 | nvme->io.id;
	const struct nvme_command completions = {
		.opcode = ADMIN_CREATE_CQ,
		.data = nvme->iova + 3 * PAGE,
		.arg = { queue, 1 },
	};
	const struct nvme_command commands = {
		.opcode = ADMIN_CREATE_SQ,
		.data = nvme->iova + 2 * PAGE,
		.arg = { queue, nvme->io.id << 16 | 1 },
	};
	int err = run(nvme, &nvme->admin, &completions);

	return err ? err : run(nvme, &nvme->admin, &commands);
}

static int move(struct nvme *nvme, __u8 opcode, __u64 iova, size_t length,
		__u64 offset)
{
	const struct nvme_command command = {
		.opcode = opcode,
		.namespace = 1,
		.data = iova,
		.arg = { offset / NVME_BLOCK, 0, length / NVME_BLOCK - 1 },
	};

	return run(nvme, &nvme->io, &command);
}

int nvme_write(struct nvme *nvme, __u64 iova, size_t length, __u64 offset)
{
	return move(nvme, IO_WRITE, iova, length, offset);
}

int nvme_read(struct nvme *nvme, __u64 iova, size_t length, __u64 offset)
{
	return move(nvme, IO_READ, iova, length, offset);
}

static int virtualize(struct nvme *nvme, unsigned int controller, __u32 action,
		      __u32 resource, __u32 count)
{
	const struct nvme_command command = {
		.opcode = ADMIN_VIRTUALIZATION,
		.arg = { controller << 16 | resource << 8 | action, count },
	};

	return run(nvme, &nvme->admin, &command);
}

int nvme_release_resources(struct nvme *nvme)
{
	int err = virtualize(nvme, 0, VIRT_PRIMARY, RESOURCE_INTERRUPTS, 0);

	return err ? err : virtualize(nvme, 0, VIRT_PRIMARY, RESOURCE_QUEUES, 0);
}

int nvme_put_online(struct nvme *nvme, unsigned int controller)
{
	int err = virtualize(nvme, controller, VIRT_ASSIGN, RESOURCE_INTERRUPTS, 1);

	/* One for its commands to itself, one for its disk. */
	err = err ? err : virtualize(nvme, controller, VIRT_ASSIGN,
				     RESOURCE_QUEUES, 2);
	return err ? err : virtualize(nvme, controller, VIRT_ONLINE, 0, 0);
}
