// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual functions of an NVMe controller: see vfs.h.
 */
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/vfio.h>
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

static int find_physical(struct vfs *vfs)
{
	const char *end;
	glob_t found;
	int err;

	err = glob(PCI "/*/sriov_totalvfs", 0, NULL, &found) ? ENODEV : 0;
	if (err)
		return err;
	end = strrchr(found.gl_pathv[0], '/');
	snprintf(vfs->names[0], sizeof(vfs->names[0]), "%.12s", end - 12);
	if (found.gl_pathc != 1)
		err = EEXIST;
	globfree(&found);
	vfs->pf.name = vfs->names[0];
	return err;
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

static int start_physical(struct vfs *vfs)
{
	return nvme_open(&vfs->nvme, vfs->pf.device, vfs->memory, IOVA);
}

static int reset_physical(struct vfs *vfs)
{
	nvme_close(&vfs->nvme);
	if (ioctl(vfs->pf.device, VFIO_DEVICE_RESET))
		return errno;
	return start_physical(vfs);
}

static int open_physical(struct vfs *vfs)
{
	int err = open_function(&vfs->pf, vfs->fd);

	err = err ? err : do_alloc(vfs->fd, &vfs->space);
	vfs->memory = anon_populated(NVME_MEMORY);
	if (!err && !vfs->memory)
		err = ENOMEM;
	err = err ? err : do_map(vfs->fd, vfs->space, vfs->memory, NVME_MEMORY,
				 IOVA, RW);
	err = err ? err : do_attach(vfs->fd, vfs->pf.id, vfs->space);
	err = err ? err : start_physical(vfs);
	err = err ? err : nvme_release_resources(&vfs->nvme);
	return err ? err : reset_physical(vfs);
}

/* A new function gets its driver, vfio-pci, from that of the physical one. */
static int open_virtual(struct vfs *vfs, unsigned int n)
{
	int err = find_virtual(vfs, n);

	err = err ? err : open_function(&vfs->vf[n], vfs->fd);
	return err ? err : nvme_put_online(&vfs->nvme, 1 + n);
}

void vfs_init(struct vfs *vfs, int fd)
{
	memset(vfs, 0, sizeof(*vfs));
	vfs->fd = fd;
	dev_init(&vfs->pf, NUM_EDU);
	for (unsigned int n = 0; n < NUM_VFS; n++) {
		dev_init(&vfs->vf[n], NUM_EDU);
		vfs->vf[n].cookie = 0xf00 + n;
	}
}

int vfs_open(struct vfs *vfs)
{
	int err = find_physical(vfs);

	err = err ? err : write_text(ENABLE, "Y");
	/* Those of a test that failed may still be there. */
	err = err ? err : set_number(vfs, 0);
	err = err ? err : open_physical(vfs);
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
	nvme_close(&vfs->nvme);
	dev_release(&vfs->pf);
}
