// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The folder that plays a machine, and the system calls that it answers: see fake.h. The
 * ioctls are in fake_ioctl.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake.h"
#include "fake_internal.h"
#include "internal.h"

#define FAKE_DEVICES	"/sys/bus/pci/devices/"
#define FAKE_DRIVERS	"/sys/bus/pci/drivers/"

struct fake fake;

static char fake_root[64];
static struct fake_file fake_files[FAKE_FILES];

bool fake_fails(void)
{
	return fake.fail_at >= 0 && !fake.fail_at--;
}

static void fake_path(char path[PATH_MAX], const char *name)
{
	if (snprintf(path, PATH_MAX, "%s%s", fake_root, name) >= PATH_MAX)
		abort();
}

static void fake_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

void fake_write(const char *name, const char *content)
{
	char path[PATH_MAX];
	FILE *file;

	fake_path(path, name);
	fake_folders(path);
	file = fopen(path, "w");
	if (!file || fputs(content, file) < 0 || fclose(file))
		abort();
}

static int fake_remove_one(const char *path, const struct stat *stat, int type,
			   struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

static void fake_remove_all(const char *path)
{
	if (nftw(path, fake_remove_one, 8, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		abort();
}

void fake_unlink(const char *name)
{
	char path[PATH_MAX];

	fake_path(path, name);
	fake_remove_all(path);
}

void fake_link(const char *name, const char *target)
{
	char path[PATH_MAX];

	fake_unlink(name);
	fake_path(path, name);
	fake_folders(path);
	if (symlink(target, path))
		abort();
}

static void fake_set_driver(const char *address, const char *driver)
{
	char link[PATH_MAX], target[PATH_MAX];

	snprintf(link, sizeof(link), FAKE_DEVICES "%s/driver", address);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	if (driver[0])
		fake_link(link, target);
	else
		fake_unlink(link);
}

const char *fake_driver(const char *address)
{
	static char driver[IOL_NAME_LEN];

	iol_pci_driver(address, driver);
	return driver;
}

static void fake_device(const char *address, const char *driver, const char *class,
			int group)
{
	char name[PATH_MAX], target[PATH_MAX];

	snprintf(name, sizeof(name), FAKE_DEVICES "%s/class", address);
	fake_write(name, class);
	snprintf(name, sizeof(name), FAKE_DEVICES "%s/driver_override", address);
	fake_write(name, "(null)\n");
	fake_set_driver(address, driver);
	if (!group)
		return;
	snprintf(name, sizeof(name), FAKE_DEVICES "%s/iommu_group", address);
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", group);
	fake_link(name, target);
	snprintf(name, sizeof(name), "/sys/kernel/iommu_groups/%d/devices/%s", group,
		 address);
	fake_write(name, "");
}

static void fake_machine(void)
{
	static const char * const files[] = {
		"/sys/module/ioasidfd/refcnt", FAKE_DRIVERS "vfio-pci/unbind",
		FAKE_DRIVERS "e1000e/unbind", FAKE_DRIVERS "pcieport/unbind",
		"/sys/bus/pci/drivers_probe", "/dev/ioasid", "/dev/vfio/vfio",
		"/dev/vfio/1", "/dev/vfio/2", "/dev/vfio/3", NULL
	};
	const char * const *file;

	for (file = files; *file; file++)
		fake_write(*file, "");
	fake_write("/etc/group", "root:x:0:\ndma:x:1234:\n");
	fake_device(FAKE_SOLO, "vfio-pci", "0x00ff00\n", 1);
	fake_device(FAKE_PAIR_A, "vfio-pci", "0x00ff00\n", 2);
	fake_device(FAKE_PAIR_B, "vfio-pci", "0x00ff00\n", 2);
	fake_device("0000:00:1c.0", "pcieport", "0x060400\n", 2);
	fake_device(FAKE_FOREIGN, "e1000e", "0x020000\n", 3);
	fake_device(FAKE_NAKED, "", "0x020000\n", 0);
}

void fake_remove(void)
{
	if (fake_root[0])
		fake_remove_all(fake_root);
	fake_root[0] = '\0';
}

void fake_reset(void)
{
	fake_remove();
	snprintf(fake_root, sizeof(fake_root), "/tmp/libioasid-test-XXXXXX");
	if (!mkdtemp(fake_root))
		abort();
	iol_root = fake_root;
	fake_machine();
	fake = (struct fake){ .fail_at = -1 };
}

struct fake_file *fake_file(int fd)
{
	return fd >= 0 && fd < FAKE_FILES && fake_files[fd].open ? &fake_files[fd] : NULL;
}

/* @name is of a file of the machine, or of one that only its ioctl knows. */
void fake_track(int fd, const char *name)
{
	if (fd < 0 || fd >= FAKE_FILES)
		abort();
	memset(&fake_files[fd], 0, sizeof(fake_files[fd]));
	snprintf(fake_files[fd].name, sizeof(fake_files[fd].name), "%s", name);
	fake_files[fd].open = true;
	fake_files[fd].joined = -1;
}

/* The C library closes streams and directories on its own, so ask the kernel. */
int fake_open_files(void)
{
	int fd, count = 0;

	for (fd = 0; fd < FAKE_FILES; fd++)
		count += fake_files[fd].open && fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* A file whose name begins with @name and that has joined @joined; NULL if none has. */
struct fake_file *fake_joined(int joined, const char *name)
{
	int fd;

	for (fd = 0; fd < FAKE_FILES; fd++)
		if (fake_files[fd].open && fake_files[fd].joined == joined &&
		    !strncmp(fake_files[fd].name, name, strlen(name)))
			return &fake_files[fd];
	return NULL;
}

int __wrap_open(const char *path, int flags, ...)
{
	const char *name = path + strlen(fake_root);
	int fd;

	if (!(flags & O_CLOEXEC))
		fake.broken = "a file was opened without O_CLOEXEC";
	if (fake_fails()) {
		errno = EMFILE;
		return -1;
	}
	if (fake.open_path && !strcmp(name, fake.open_path) && !(flags & O_PATH)) {
		errno = fake.open_errno;
		return -1;
	}
	fd = __real_open(path, flags);
	if (fd >= 0)
		fake_track(fd, name);
	return fd;
}

int __wrap_close(int fd)
{
	struct fake_file *file = fake_file(fd);

	if (!file) {
		fake.broken = "a file was closed that is not open";
		errno = EBADF;
		return -1;
	}
	fake_closing(fd);
	return __real_close(fd);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fake_fails() ? NULL : __real_calloc(count, size);
}

static void fake_override(const char *address, char driver[IOL_NAME_LEN])
{
	char name[PATH_MAX], path[PATH_MAX];
	FILE *file;

	snprintf(name, sizeof(name), FAKE_DEVICES "%s/driver_override", address);
	fake_path(path, name);
	file = fopen(path, "r");
	if (!file)
		abort();
	if (!fgets(driver, IOL_NAME_LEN, file))
		driver[0] = '\0';
	driver[strcspn(driver, "\n")] = '\0';
	fclose(file);
}

static void fake_probe(const char *address)
{
	char driver[IOL_NAME_LEN];

	if (fake_driver(address)[0])
		return;
	fake_override(address, driver);
	if (!driver[0] || !strcmp(driver, "(null)"))
		snprintf(driver, sizeof(driver), "e1000e");
	if (!fake.stubborn || strcmp(driver, fake.stubborn))
		fake_set_driver(address, driver);
}

/* Attributes of sysfs act on what is written to them. */
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	struct fake_file *file = fake_file(fd);
	char text[64];

	if (!file || size >= sizeof(text))
		abort();
	if (fake_fails()) {
		errno = EIO;
		return -1;
	}
	snprintf(text, sizeof(text), "%.*s", (int)size, (const char *)data);
	if (strstr(file->name, "/driver_override"))
		fake_write(file->name, text);
	else if (strstr(file->name, "/unbind"))
		fake_set_driver(text, "");
	else if (strstr(file->name, "/drivers_probe"))
		fake_probe(text);
	else
		abort();
	return size;
}
