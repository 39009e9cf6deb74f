// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sentences for what is usually in the way: a missing module, rights, another driver,
 * another process, a missing feature, a limit. Called after the failure by who met it;
 * looks around and changes nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

#define IOL_UNSAFE	"/sys/module/ioasidfd/parameters/allow_unsafe_interrupts"

/* PCI bridges do no DMA of their own and keep their driver. */
#define IOL_CLASS_BRIDGE	0x0604

static FILE *iol_stream(const char *path)
{
	int fd = iol_open(O_RDONLY, "%s", path);
	FILE *file;

	if (fd < 0)
		return NULL;
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

/* Reads /etc/group itself: name services do not work in static programs. */
static void iol_unix_group(gid_t gid, char name[IOL_NAME_LEN])
{
	struct group entry, *found;
	char buffer[4096];
	FILE *file;

	snprintf(name, IOL_NAME_LEN, "%u", gid);
	file = iol_stream("/etc/group");
	if (!file)
		return;
	while (!fgetgrent_r(file, &entry, buffer, sizeof(buffer), &found))
		if (entry.gr_gid == gid)
			snprintf(name, IOL_NAME_LEN, "%s", entry.gr_name);
	fclose(file);
}

/*
 * @match is the part of a udev rule that names the file.
 */
static int iol_fail_access(int err, const char *path, const char *match)
{
	char group[IOL_NAME_LEN];
	struct stat file;

	/* Opening with O_PATH needs no right to the file. */
	int fd = iol_open(O_PATH, "%s", path);

	if (fd < 0 || fstat(fd, &file)) {
		if (fd >= 0)
			close(fd);
		return iol_fail(err, IOASID_REASON_NONE,
				"no permission to open %s: run as root", path);
	}
	close(fd);
	iol_unix_group(file.st_gid, group);
	if (file.st_gid && (file.st_mode & 0060) == 0060)
		return iol_fail(err, IOASID_REASON_NONE,
				"no permission to open %s (mode %04o): join the group %s, or run as root",
				path, file.st_mode & 07777, group);
	return iol_fail(err, IOASID_REASON_NONE,
			"no permission to open %s (mode %04o, group %s): run as root, or give it to a group of yours with a udev rule: %s, MODE=\"0660\", GROUP=\"name\"",
			path, file.st_mode & 07777, group, match);
}

static bool iol_is_access(int err)
{
	return err == -EACCES || err == -EPERM;
}

/**
 * iol_fail_context() - Why /dev/ioasid cannot be opened
 * @err: what open said
 *
 * Return: @err.
 */
int iol_fail_context(int err)
{
	if (iol_is_access(err))
		return iol_fail_access(err, "/dev/ioasid", "KERNEL==\"ioasid\"");
	if (err != -ENOENT && err != -ENODEV && err != -ENXIO)
		return iol_fail(err, IOASID_REASON_NONE,
				"cannot open /dev/ioasid: %m");
	if (iol_exists("/sys/module/ioasidfd"))
		return iol_fail(err, IOASID_REASON_NONE,
				"the module ioasidfd is loaded but there is no usable /dev/ioasid: mount devtmpfs on /dev, or let the container have the device");
	return iol_fail(err, IOASID_REASON_NONE,
			"the module ioasidfd is not loaded: as root, modprobe ioasidfd (or insmod ioasidfd.ko from its build)");
}

/**
 * iol_fail_container() - Why /dev/vfio/vfio cannot be opened
 * @err: what open said
 *
 * Return: @err.
 */
int iol_fail_container(int err)
{
	if (iol_is_access(err))
		return iol_fail_access(err, "/dev/vfio/vfio", "KERNEL==\"vfio\"");
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		return iol_fail(err, IOASID_REASON_NONE,
				"there is no usable /dev/vfio/vfio, so VFIO is not loaded: as root, modprobe vfio-pci");
	return iol_fail(err, IOASID_REASON_NONE, "cannot open /dev/vfio/vfio: %m");
}

struct iol_holder {
	const char *pid;
	char path[IOL_NAME_LEN];
	char text[2 * IOL_NAME_LEN];
};

static int iol_holder_file(const char *fd, void *data)
{
	struct iol_holder *holder = data;
	char target[PATH_MAX], comm[IOL_NAME_LEN];

	if (iol_link(target, "/proc/%s/fd/%s", holder->pid, fd) ||
	    strcmp(target, holder->path))
		return 0;
	if (iol_read_line(comm, sizeof(comm), "/proc/%s/comm", holder->pid))
		comm[0] = '\0';
	snprintf(holder->text, sizeof(holder->text), "process %s (%s)", holder->pid,
		 comm);
	return 1;
}

static int iol_holder_process(const char *pid, void *data)
{
	struct iol_holder *holder = data;

	/* /proc/self is no process of its own. */
	if (pid[strspn(pid, "0123456789")])
		return 0;
	holder->pid = pid;
	/* Only root may look into every process; the others are passed over. */
	return iol_list(iol_holder_file, holder, "/proc/%s/fd", pid) > 0;
}

static int iol_fail_group_busy(unsigned int group)
{
	struct iol_holder holder = { .text = "another process (root can see which)" };
	char self[IOL_NAME_LEN];

	snprintf(holder.path, sizeof(holder.path), "/dev/vfio/%u", group);
	snprintf(self, sizeof(self), "process %d ", getpid());
	iol_list(iol_holder_process, &holder, "/proc");
	if (!strncmp(holder.text, self, strlen(self)))
		snprintf(holder.text, sizeof(holder.text),
			 "this process already (another context, or an inherited file)");
	return iol_fail(-EBUSY, IOASID_REASON_IN_USE,
			"%s is in use by %s: a group has one user at a time, end that one first",
			holder.path, holder.text);
}

/**
 * iol_fail_group() - Why the file of a group cannot be opened
 * @err: what open said
 * @group: the group
 *
 * Return: @err.
 */
int iol_fail_group(int err, unsigned int group)
{
	char path[IOL_NAME_LEN];

	snprintf(path, sizeof(path), "/dev/vfio/%u", group);
	if (err == -EBUSY)
		return iol_fail_group_busy(group);
	if (iol_is_access(err))
		return iol_fail_access(err, path, "SUBSYSTEM==\"vfio\"");
	if (err == -ENOENT)
		return iol_fail(err, IOASID_REASON_NONE,
				"there is no %s although its devices have a VFIO driver: mount devtmpfs on /dev, or let the container have the device",
				path);
	return iol_fail(err, IOASID_REASON_NONE, "cannot open %s: %m", path);
}

struct iol_obstacles {
	unsigned int count;
	char text[512];
};

static int iol_obstacle(const char *address, void *data)
{
	struct iol_obstacles *obstacles = data;
	size_t used = strlen(obstacles->text);
	char driver[IOL_NAME_LEN], class[IOL_NAME_LEN];

	iol_pci_driver(address, driver);
	if (!driver[0] || !strcmp(driver, "pci-stub") ||
	    iol_pci_is_vfio(address, driver))
		return 0;
	if (!iol_read_line(class, sizeof(class), "/sys/bus/pci/devices/%s/class",
			   address) &&
	    strtoul(class, NULL, 16) >> 8 == IOL_CLASS_BRIDGE)
		return 0;
	snprintf(obstacles->text + used, sizeof(obstacles->text) - used,
		 "%s%s (driver %s)", used ? ", " : "", address, driver);
	obstacles->count++;
	return 0;
}

/**
 * iol_fail_viable() - Which devices keep a group from being used
 * @group: the group
 *
 * Return: -EBUSY.
 */
int iol_fail_viable(unsigned int group)
{
	struct iol_obstacles obstacles = { 0 };

	iol_list(iol_obstacle, &obstacles, "/sys/kernel/iommu_groups/%u/devices",
		 group);
	if (!obstacles.count)
		return iol_fail(-EBUSY, IOASID_REASON_IN_USE,
				"group %u is in use by the kernel: the kernel log may say by what (dmesg)",
				group);
	return iol_fail(-EBUSY, IOASID_REASON_DRIVER,
			"the hardware cannot isolate the devices of group %u from each other, and the kernel still uses %s: give %s to vfio-pci too (ioasid_driver_bind()), or leave without a driver",
			group, obstacles.text, obstacles.count > 1 ? "them" : "it");
}

/**
 * iol_fail_claim() - Why a group cannot be put under ioasidfd
 * @err: what VFIO said
 * @group: the group
 *
 * Return: @err.
 */
int iol_fail_claim(int err, unsigned int group)
{
	if (err == -EPERM)
		return iol_fail(err, IOASID_REASON_IOMMU,
				"this machine does not isolate the interrupts of group %u (no interrupt remapping), so its devices could forge interrupts: enable it in the firmware and do not boot with nointremap%s",
				group, iol_exists(IOL_UNSAFE) ?
				"; or accept the risk: echo Y >" IOL_UNSAFE : "");
	if (err == -ENODEV)
		return iol_fail(err, IOASID_REASON_NONE,
				"VFIO does not know ioasidfd as a backend: as root, rmmod ioasidfd; modprobe ioasidfd, and look at dmesg");
	return iol_fail(err, IOASID_REASON_IOMMU,
			"cannot put group %u under ioasidfd: %m; the kernel log may say why (dmesg)",
			group);
}

/* What this process has locked, in KiB; 0 also if that cannot be known. */
static unsigned long iol_locked(void)
{
	FILE *file = iol_stream("/proc/self/status");
	unsigned long locked = 0;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmLck: %lu", &locked) == 1)
			break;
	fclose(file);
	return locked;
}

/**
 * iol_advise_memlock() - How to get a higher limit of locked memory
 *
 * The kernel has said how high it is. What the account holds already, and who can raise
 * the limit, is what it does not say.
 */
void iol_advise_memlock(void)
{
	unsigned long locked = iol_locked();
	struct rlimit limit;
	uintmax_t most;

	if (locked)
		iol_advise("this process has %lu KiB locked already", locked);
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	most = limit.rlim_max >> 10;
	if (limit.rlim_max == RLIM_INFINITY) {
		iol_advise("it may raise its limit itself (ulimit -S -l unlimited)");
	} else if (limit.rlim_max > limit.rlim_cur) {
		iol_advise("it may raise its limit to %ju KiB itself (ulimit -S -l %ju)",
			   most, most);
	} else {
		iol_advise("root can raise its limit (prlimit --pid %d --memlock=unlimited)",
			   getpid());
		iol_advise("limits.conf(5) and LimitMEMLOCK= of systemd set it for good");
	}
}

/**
 * iol_advise_file() - What keeps a file from being mapped
 * @fd: a file that the kernel does not let devices have
 * @prot: what they were to do with it
 */
void iol_advise_file(int fd, uint32_t prot)
{
	int mode = fcntl(fd, F_GETFL), seals = fcntl(fd, F_GET_SEALS);

	if (mode >= 0 && (mode & O_ACCMODE) != O_RDWR &&
	    ((mode & O_ACCMODE) == O_WRONLY || prot & IOASID_PROT_WRITE))
		iol_advise("it is open for %s only: open it with O_RDWR",
			   (mode & O_ACCMODE) == O_WRONLY ? "writing" : "reading");
	else if (seals > 0 && prot & IOASID_PROT_WRITE &&
		 seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		iol_advise("it is sealed against writing: map it with IOASID_PROT_READ");
	else if (seals > 0 && seals & F_SEAL_WRITE)
		iol_advise("F_SEAL_WRITE is in the way here, F_SEAL_FUTURE_WRITE would not be");
}
