// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices with virtual functions: see vfs.h.
 */
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"

#define PCI		"/sys/bus/pci/devices"
#define ENABLE		"/sys/module/vfio_pci/parameters/enable_sriov"
/* Any UUID: who opens a virtual function shows that he knows the other's user. */
#define TOKEN		"6f73dd30-5ea0-4fbe-9d26-8d2f2f6f1f1a"
#define IOVA		0x100000ULL

/**
 * struct vfs_kind - How a kind of physical function is driven
 * @modalias: how its name in sysfs begins
 * @open: it is open and bound: let it make virtual functions
 * @put_online: a virtual function was opened: let it work
 * @close: stop it; harmless if it was not opened
 */
struct vfs_kind {
	const char *modalias;
	int (*open)(struct vfs *vfs);
	int (*put_online)(struct vfs *vfs, unsigned int n);
	void (*close)(struct vfs *vfs);
};

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err;
}

static int set_number(const struct vfs *vfs, unsigned int number)
{
	char path[PATH_MAX], text[8];

	snprintf(path, sizeof(path), PCI "/%s/sriov_numvfs", vfs->pf.name);
	snprintf(text, sizeof(text), "%u", number);
	return write_text(path, text);
}

/* Is it of that kind? @path is that of one of its attributes. */
static bool is_a(const struct vfs_kind *kind, const char *path, size_t folder)
{
	char name[PATH_MAX], text[128] = "";
	int fd;

	snprintf(name, sizeof(name), "%.*s/modalias", (int)folder, path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, kind->modalias, strlen(kind->modalias));
}

static int find_physical(struct vfs *vfs)
{
	unsigned int number = 0;
	const char *end;
	glob_t found;
	int err;

	err = glob(PCI "/*/sriov_totalvfs", 0, NULL, &found) ? ENODEV : 0;
	if (err)
		return err;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		end = strrchr(found.gl_pathv[i], '/');
		if (!is_a(vfs->kind, found.gl_pathv[i],
			  end - found.gl_pathv[i]))
			continue;
		snprintf(vfs->names[0], sizeof(vfs->names[0]), "%.12s",
			 end - 12);
		number++;
	}
	globfree(&found);
	if (number != 1)
		return number ? EEXIST : ENXIO;
	vfs->pf.name = vfs->names[0];
	return 0;
}

static int find_virtual(struct vfs *vfs, unsigned int n)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), PCI "/%s/virtfn%u", vfs->pf.name, n);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return errno;
	target[len] = '\0';
	snprintf(vfs->names[1 + n], sizeof(vfs->names[0]), "%.12s",
		 strrchr(target, '/') + 1);
	vfs->vf[n].name = vfs->names[1 + n];
	return 0;
}

static int open_function(struct dev *dev, int fd)
{
	char name[128];
	int err = dev_claim_inited(dev, VFIO_IOASID_IOMMU);

	err = err ? err : dev_bind(dev, fd);
	snprintf(name, sizeof(name), "%s vf_token=" TOKEN, dev->name);
	return err ? err : device_open(dev->group, name, &dev->device);
}

static int start_nvme(struct vfs *vfs)
{
	return nvme_open(&vfs->nvme, vfs->pf.device, vfs->memory, IOVA);
}

static int reset_nvme(struct vfs *vfs)
{
	nvme_close(&vfs->nvme);
	if (ioctl(vfs->pf.device, VFIO_DEVICE_RESET))
		return errno;
	return start_nvme(vfs);
}

/* It is told by DMA what to do. */
static int open_nvme(struct vfs *vfs)
{
	int err = do_alloc(vfs->fd, &vfs->space);

	vfs->memory = anon_populated(NVME_MEMORY);
	if (!err && !vfs->memory)
		err = ENOMEM;
	err = err ? err : do_map(vfs->fd, vfs->space, vfs->memory, NVME_MEMORY,
				 IOVA, RW);
	err = err ? err : do_attach(vfs->fd, vfs->pf.id, vfs->space);
	err = err ? err : start_nvme(vfs);
	err = err ? err : nvme_release_resources(&vfs->nvme);
	return err ? err : reset_nvme(vfs);
}

static int put_nvme_online(struct vfs *vfs, unsigned int n)
{
	return nvme_put_online(&vfs->nvme, 1 + n);
}

static void close_nvme(struct vfs *vfs)
{
	nvme_close(&vfs->nvme);
}

const struct vfs_kind vfs_nvme = {
	.modalias = "pci:v00001B36d00000010",
	.open = open_nvme,
	.put_online = put_nvme_online,
	.close = close_nvme,
};

/* It is told by its registers, so it is not attached. */
static int open_igb(struct vfs *vfs)
{
	return igb_open_physical(&vfs->igb, vfs->pf.device);
}

static int put_igb_online(struct vfs *vfs, unsigned int n)
{
	return igb_put_online(&vfs->igb, n);
}

static void close_igb(struct vfs *vfs)
{
	igb_close(&vfs->igb);
}

const struct vfs_kind vfs_igb = {
	.modalias = "pci:v00008086d000010C9",
	.open = open_igb,
	.put_online = put_igb_online,
	.close = close_igb,
};

/* A new function gets its driver, vfio-pci, from that of the physical one. */
static int open_virtual(struct vfs *vfs, unsigned int n)
{
	int err = find_virtual(vfs, n);

	err = err ? err : open_function(&vfs->vf[n], vfs->fd);
	return err ? err : vfs->kind->put_online(vfs, n);
}

void vfs_init(struct vfs *vfs, const struct vfs_kind *kind, int fd)
{
	memset(vfs, 0, sizeof(*vfs));
	vfs->kind = kind;
	vfs->fd = fd;
	dev_init(&vfs->pf, NUM_EDU);
	for (unsigned int n = 0; n < NUM_VFS; n++) {
		dev_init(&vfs->vf[n], NUM_EDU);
		vfs->vf[n].cookie = 0xf00 + n + (kind == &vfs_igb) * NUM_VFS;
	}
}

int vfs_open(struct vfs *vfs)
{
	int err = find_physical(vfs);

	err = err ? err : write_text(ENABLE, "Y");
	/* Those of a test that failed may still be there. */
	err = err ? err : set_number(vfs, 0);
	err = err ? err : open_function(&vfs->pf, vfs->fd);
	err = err ? err : vfs->kind->open(vfs);
	err = err ? err : set_number(vfs, NUM_VFS);
	for (unsigned int n = 0; n < NUM_VFS && !err; n++)
		err = open_virtual(vfs, n);
	return err;
}

int vfs_remove(struct vfs *vfs)
{
	return set_number(vfs, 0);
}

void vfs_close(struct vfs *vfs)
{
	for (unsigned int n = 0; n < NUM_VFS; n++)
		dev_release(&vfs->vf[n]);
	if (vfs->pf.name)
		vfs_remove(vfs);
	vfs->kind->close(vfs);
	dev_release(&vfs->pf);
}
