// SPDX-License-Identifier: GPL-2.0
/*
 * Each command of the uAPI, with each allocation and each user copy that it makes
 * failing once: it fails with an errno that is documented, has changed nothing, and
 * succeeds the next time.
 */
#include "kselftest_harness.h"

#include <sys/ioctl.h>

#include "commands.h"
#include "faults.h"

#define MAX_STRUCT	256

struct scene {
	struct rig rig;
	const struct command *command;
	__u64 arg[MAX_STRUCT / sizeof(__u64)];
};

FIXTURE(faults) {
	struct scene scene;
};

FIXTURE_VARIANT(faults) {
	unsigned int n;
};

FIXTURE_VARIANT_ADD(faults, get_caps) { CMD_GET_CAPS };
FIXTURE_VARIANT_ADD(faults, alloc) { CMD_ALLOC };
FIXTURE_VARIANT_ADD(faults, free) { CMD_FREE };
FIXTURE_VARIANT_ADD(faults, get_info) { CMD_GET_INFO };
FIXTURE_VARIANT_ADD(faults, iova_ranges) { CMD_IOVA_RANGES };
FIXTURE_VARIANT_ADD(faults, map_dma) { CMD_MAP_DMA };
FIXTURE_VARIANT_ADD(faults, unmap_dma) { CMD_UNMAP_DMA };
FIXTURE_VARIANT_ADD(faults, device_info) { CMD_DEVICE_INFO };
FIXTURE_VARIANT_ADD(faults, attach) { CMD_ATTACH };
FIXTURE_VARIANT_ADD(faults, detach) { CMD_DETACH };
FIXTURE_VARIANT_ADD(faults, allow_iovas) { CMD_ALLOW_IOVAS };
FIXTURE_VARIANT_ADD(faults, map_batch) { CMD_MAP_BATCH };
FIXTURE_VARIANT_ADD(faults, map_file) { CMD_MAP_FILE };
FIXTURE_VARIANT_ADD(faults, register_memory) { CMD_REGISTER_MEMORY };
FIXTURE_VARIANT_ADD(faults, unregister_memory) { CMD_UNREGISTER_MEMORY };
FIXTURE_VARIANT_ADD(faults, copy) { CMD_COPY };
FIXTURE_VARIANT_ADD(faults, device_intersect) { CMD_DEVICE_INTERSECT };
FIXTURE_VARIANT_ADD(faults, bind) { CMD_BIND };
FIXTURE_VARIANT_ADD(faults, unbind) { CMD_UNBIND };

/* The device stays in its container; everything else is made anew. */
static int prepare(void *data)
{
	struct scene *scene = data;
	struct rig *rig = &scene->rig;
	struct cmd_header *header = (void *)scene->arg;
	int err;

	rig->fd = ctx_open();
	if (rig->fd < 0)
		return errno;
	rig->target = scene->command->to_container ? rig->dev.container : rig->fd;
	memset(scene->arg, 0, sizeof(scene->arg));
	err = do_alloc(rig->fd, &rig->space);
	if (err)
		return err;
	scene->command->prepare(rig, scene->arg);
	header->size = scene->command->size;
	header->extack = (uintptr_t)&ea;
	return 0;
}

static int call(void *data)
{
	struct scene *scene = data;

	return ioctl(scene->rig.target, scene->command->nr, scene->arg) ? errno : 0;
}

static void end(void *data)
{
	struct scene *scene = data;

	close(scene->rig.fd);
}

static int context(void *data)
{
	struct scene *scene = data;

	return scene->rig.fd;
}

static const struct fault_case any_command = {
	.prepare = prepare,
	.call = call,
	.end = end,
	.context = context,
	.explains = true,
};

/*
 * Before it had domains for blocked DMA, the kernel needed memory to take a group out of
 * a domain, and warned if there was none.
 */
static const struct fault_case group_command = {
	.prepare = prepare,
	.call = call,
	.end = end,
	.context = context,
	.explains = true,
	.since = KERNEL(6, 12),
};

static const struct fault_case *case_of(unsigned int n)
{
	return n == CMD_ATTACH || n == CMD_DETACH || n == CMD_BIND ||
	       n == CMD_UNBIND ? &group_command : &any_command;
}

FIXTURE_SETUP(faults)
{
	const char *missing = faults_missing(case_of(variant->n));
	struct rig *rig = &self->scene.rig;

	if (missing)
		SKIP(return, "this kernel has no %s", missing);
	self->scene.command = &commands[variant->n];
	rig->memory = anon_populated(PAGE);
	ASSERT_NE(NULL, rig->memory);
	rig->file = memfd_create("page", MFD_CLOEXEC);
	ASSERT_GE(rig->file, 0);
	ASSERT_EQ(0, ftruncate(rig->file, PAGE));
	ASSERT_EQ(0, dev_claim(&rig->dev, EDU_A));
}

FIXTURE_TEARDOWN(faults)
{
	dev_release(&self->scene.rig.dev);
	close(self->scene.rig.file);
}

TEST_F_TIMEOUT(faults, one_by_one, 100)
{
	FAULTS_SWEEP(case_of(variant->n), &self->scene);
}

TEST_HARNESS_MAIN
