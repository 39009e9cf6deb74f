// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A mediated device, which has no IOMMU in front of it: its driver does its DMA with the
 * CPU, and asks the space for every access. The steps of VFIO are the program's own here,
 * because libioasid opens PCI devices only.
 *
 *	./mediated ioas-mediated.0
 */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

/* The private commands of the device that this example drives, a test device. */
#include "../../tests/kmod/mediated/mediated.h"
#include "example.h"

#define IOVA	0x40000000

static int must(int ret, const char *what)
{
	if (ret >= 0)
		return ret;
	perror(what);
	exit(1);
}

/* Opens /dev/vfio/GROUP of a device on any bus. */
static int open_group(const char *name)
{
	char path[PATH_MAX], link[PATH_MAX];
	glob_t found;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/*/devices/%s/iommu_group", name);
	if (glob(path, 0, NULL, &found))
		return -1;
	length = readlink(found.gl_pathv[0], link, sizeof(link) - 1);
	globfree(&found);
	link[length < 0 ? 0 : length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(link, '/'));
	return open(path, O_RDWR | O_CLOEXEC);
}

/* The steps of ioasid_dev_open(). The last one is the only one that is not VFIO's own. */
static int open_device(struct ioasid_ctx *ctx, const char *name, uint32_t *id)
{
	struct ioasid_extack why = { .size = sizeof(why) };
	struct vfio_ioasid_bind bind = {
		.size = sizeof(bind),
		.extack = (uintptr_t)&why,
		.ioasid_fd = ioasid_ctx_fd(ctx),
		.device = (uintptr_t)name,
	};
	int container = must(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), "container");
	int group = must(open_group(name), name);
	int device;

	must(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "group");
	must(ioctl(container, VFIO_SET_IOMMU, VFIO_IOASID_IOMMU), "backend");
	device = must(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name), "device");
	if (ioctl(container, VFIO_IOASID_BIND, &bind)) {
		fprintf(stderr, "%s\n", why.message);
		exit(1);
	}
	*id = bind.dev_id;
	return device;
}

int main(int argc, char **argv)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	struct ioasid_attach attach = { .size = sizeof(attach) };
	struct mediated_dma dma = { .op = MEDIATED_FILL, .dst = IOVA, .length = NVME_PAGE,
				    .value = 0x5a };
	struct ioasid_ctx *ctx;
	char *memory = pages(1);
	int device;

	if (argc != 2)
		return 2;
	check(ioasid_ctx_open(&ctx));
	device = open_device(ctx, argv[1], &info.dev_id);
	check(ioasid_space_alloc(ctx, &attach.ioasid));
	attach.dev_id = info.dev_id;
	must(ioctl(ioasid_ctx_fd(ctx), IOASID_ATTACH, &attach), "attach");
	check(ioasid_space_map_fixed(ctx, attach.ioasid, IOVA, memory, NVME_PAGE, RW));

	must(ioctl(ioasid_ctx_fd(ctx), IOASID_DEVICE_INFO, &info), "info");
	expect(info.iommu_kind == IOASID_IOMMU_NONE && info.intent == IOASID_INTENT_SOFTWARE &&
	       !info.num_resv_regions, "it has no IOMMU, and reserves nothing");
	expect(!ioctl(device, MEDIATED_DMA, &dma) && memory[NVME_PAGE - 1] == 0x5a,
	       "its driver has written to our memory");

	memory[0] = 0;
	check(ioasid_space_unmap(ctx, attach.ioasid, IOVA, NVME_PAGE, NULL));
	expect(ioctl(device, MEDIATED_DMA, &dma) && !memory[0],
	       "and cannot any more: its driver is told so, there is no fault");
	ioasid_ctx_close(ctx);
	return 0;
}
