// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the library says about everything that is usually in the way, on a fake machine.
 * Run by check.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "fake.h"
#include "internal.h"
#include "tap.h"

static struct ioasid_ctx *ctx;
static struct ioasid_dev *dev;

static void start(void)
{
	fake_reset();
	if (ioasid_ctx_open(&ctx))
		abort();
}

static void end(const char *name)
{
	ioasid_ctx_close(ctx);
	tap_ok(!fake.broken && !fake_open_files() && !fake.binds,
	       "%s: nothing is left, %s", name, fake.broken ? fake.broken : "in order");
}

/* Opening the device must fail so; then the same context must still work. */
static void opens(const char *address, int err, const char *name,
		  const char * const words[])
{
	tap_fails(ioasid_dev_open(ctx, address, 0, &dev), err, name, words);
	end(name);
}

static void context_errors(void)
{
	fake_reset();
	tap_ok(!strcmp(ioasid_last_error(), ""), "nothing has failed yet");

	fake_unlink("/dev/ioasid");
	tap_fails(ioasid_ctx_open(&ctx), -ENOENT, "module loaded, no device file",
		  TAP_WORDS("is loaded", "devtmpfs"));
	fake_unlink("/sys/module/ioasidfd");
	tap_fails(ioasid_ctx_open(&ctx), -ENOENT, "module not loaded",
		  TAP_WORDS("ioasidfd", "not loaded", "modprobe ioasidfd", "insmod"));

	fake_reset();
	fake.request = IOASID_GET_CAPS;
	fake.request_errno = ENOTTY;
	tap_fails(ioasid_ctx_open(&ctx), -ENOTTY, "/dev/ioasid is another file",
		  TAP_WORDS("/dev/ioasid", "not the file of the module"));
	tap_ok(ioasid_last_reason() == IOASID_REASON_NOT_IOASID, "with its reason");
	tap_ok(!fake_open_files(), "failed contexts leave no file open");
}

static void access_errors(void)
{
	char path[PATH_MAX];

	fake_reset();
	snprintf(path, sizeof(path), "%s/dev/ioasid", iol_root);
	fake.open_path = "/dev/ioasid";
	fake.open_errno = EACCES;
	if (chmod(path, 0600) || chown(path, getuid(), getgid()))
		abort();
	tap_fails(ioasid_ctx_open(&ctx), -EACCES, "no right to /dev/ioasid",
		  TAP_WORDS("no permission", "/dev/ioasid", "0600", "run as root",
			    "udev", "KERNEL==\"ioasid\""));
	tap_ok(!fake_open_files(), "looking for the reason leaves no file open");

	if (getuid()) {
		printf("# not root: cannot give a file to another group\n");
		return;
	}
	if (chown(path, 0, 1234) || chmod(path, 0660))
		abort();
	tap_fails(ioasid_ctx_open(&ctx), -EACCES, "a group has the right",
		  TAP_WORDS("no permission", "/dev/ioasid", "join the group dma"));
	if (chown(path, 0, 4321))
		abort();
	tap_fails(ioasid_ctx_open(&ctx), -EACCES, "a group without a name has it",
		  TAP_WORDS("join the group 4321"));
}

static void address_errors(void)
{
	static const char * const bad[] = {
		"", "0", "4.0", "00:04", "00:04.8", "00:20.0", "0000:00:04.0 ",
		" 0000:00:04.0", "0000:00:04.0x", "0000:00:04,0", "0x00:04.0",
		"000000000:00:04.0", "+0:04.0", "vfio", "0000:00:04.0/..", NULL
	};
	const char * const *address;

	start();
	for (address = bad; *address; address++)
		tap_fails(ioasid_dev_open(ctx, *address, 0, &dev), -EINVAL, *address,
			  TAP_WORDS("not a PCI address", "lspci -D"));
	tap_fails(ioasid_dev_open(ctx, "0000:00:1f.7", 0, &dev), -ENOENT,
		  "no such device", TAP_WORDS("no PCI device 0000:00:1f.7", "lspci"));
	tap_fails(ioasid_dev_open(ctx, "abcdef01:ff:1F.7", 0, &dev), -ENOENT,
		  "a long domain", TAP_WORDS("no PCI device abcdef01:ff:1f.7"));
	tap_ok(!ioasid_dev_open(ctx, "00:04.0", 0, &dev) &&
	       !strcmp(ioasid_dev_address(dev), FAKE_SOLO), "domain 0 may be left out");
	ioasid_dev_close(dev);
	end("addresses");
}

static void iommu_errors(void)
{
	start();
	opens(FAKE_NAKED, -EOPNOTSUPP, "device not behind the IOMMU",
	      TAP_WORDS(FAKE_NAKED, "not behind an IOMMU", "though this machine has one"));
	tap_ok(ioasid_last_reason() == IOASID_REASON_IOMMU, "with its reason");

	start();
	fake_unlink("/sys/kernel/iommu_groups");
	opens(FAKE_NAKED, -EOPNOTSUPP, "IOMMU off",
	      TAP_WORDS("IOMMU is off", "intel_iommu=on", "firmware"));
}

static void driver_errors(void)
{
	start();
	opens(FAKE_FOREIGN, -EBUSY, "device has another driver",
	      TAP_WORDS(FAKE_FOREIGN, "driver e1000e", "driver_override", "driver/unbind",
			"drivers_probe"));
	tap_ok(ioasid_last_reason() == IOASID_REASON_DRIVER &&
	       !strstr(ioasid_last_error(), "modprobe"), "with its reason and no more");

	start();
	fake_unlink("/sys/bus/pci/devices/" FAKE_SOLO "/driver");
	fake_unlink("/sys/bus/pci/drivers/vfio-pci");
	opens(FAKE_SOLO, -ENODEV, "device has no driver, vfio-pci is not loaded",
	      TAP_WORDS("has no driver", "modprobe vfio-pci", "drivers_probe"));

	start();
	fake_link("/sys/bus/pci/devices/" FAKE_SOLO "/driver", "../drivers/special");
	fake_write("/sys/bus/pci/devices/" FAKE_SOLO "/vfio-dev/vfio0/dev", "");
	tap_ok(!ioasid_dev_open(ctx, FAKE_SOLO, 0, &dev), "any VFIO driver will do");
	end("another VFIO driver");
}

static void container_errors(void)
{
	start();
	fake_unlink("/dev/vfio/vfio");
	opens(FAKE_SOLO, -ENOENT, "no /dev/vfio/vfio",
	      TAP_WORDS("/dev/vfio/vfio", "modprobe vfio-pci"));

	start();
	fake.open_path = "/dev/vfio/vfio";
	fake.open_errno = EPERM;
	opens(FAKE_SOLO, -EPERM, "no right to /dev/vfio/vfio",
	      TAP_WORDS("no permission", "/dev/vfio/vfio"));

	start();
	fake.request = VFIO_GET_API_VERSION;
	fake.request_errno = ENOTTY;
	opens(FAKE_SOLO, -ENOTTY, "/dev/vfio/vfio is another file",
	      TAP_WORDS("not a VFIO container"));
}

static void group_errors(void)
{
	char path[64];

	start();
	fake_unlink("/dev/vfio/1");
	opens(FAKE_SOLO, -ENOENT, "no file for the group", TAP_WORDS("/dev/vfio/1"));

	start();
	fake.open_path = "/dev/vfio/1";
	fake.open_errno = EACCES;
	opens(FAKE_SOLO, -EACCES, "no right to the group",
	      TAP_WORDS("no permission", "/dev/vfio/1", "SUBSYSTEM==\"vfio\""));

	start();
	fake.open_path = "/dev/vfio/2";
	fake.open_errno = EBUSY;
	fake_link("/proc/self/fd/3", "/dev/vfio/2");
	fake_write("/proc/77/comm", "qemu-system-x86\n");
	fake_link("/proc/77/fd/5", "/dev/vfio/21");
	fake_link("/proc/77/fd/9", "/dev/vfio/2");
	opens(FAKE_PAIR_A, -EBUSY, "another process has the group",
	      TAP_WORDS("/dev/vfio/2", "process 77 (qemu-system-x86)"));

	start();
	fake.open_path = "/dev/vfio/2";
	fake.open_errno = EBUSY;
	fake_link("/proc/self/fd/3", "/dev/vfio/2");
	opens(FAKE_PAIR_A, -EBUSY, "a process that cannot be seen has the group",
	      TAP_WORDS("/dev/vfio/2", "another process", "root"));

	start();
	fake.open_path = "/dev/vfio/2";
	fake.open_errno = EBUSY;
	snprintf(path, sizeof(path), "/proc/%d/fd/3", getpid());
	fake_link(path, "/dev/vfio/2");
	opens(FAKE_PAIR_A, -EBUSY, "this process has the group",
	      TAP_WORDS("/dev/vfio/2", "this process"));
}

static void viable_errors(void)
{
	start();
	fake.not_viable = true;
	fake_link("/sys/bus/pci/devices/" FAKE_PAIR_B "/driver", "../drivers/nvme");
	opens(FAKE_PAIR_A, -EBUSY, "another driver has a device of the group",
	      TAP_WORDS("group 2", FAKE_PAIR_B " (driver nvme)", "vfio-pci"));
	tap_ok(!strstr(ioasid_last_error(), "pcieport") &&
	       !strstr(ioasid_last_error(), FAKE_PAIR_A), "and only that one is named");

	start();
	fake.not_viable = true;
	opens(FAKE_SOLO, -EBUSY, "the kernel has the group for itself",
	      TAP_WORDS("group 1", "dmesg"));
}

static void claim_errors(void)
{
	const char *parameter = "/sys/module/ioasidfd/parameters/allow_unsafe_interrupts";

	start();
	fake.request = VFIO_SET_IOMMU;
	fake.request_errno = EPERM;
	opens(FAKE_SOLO, -EPERM, "no interrupt remapping",
	      TAP_WORDS("interrupt", "group 1", "nointremap"));
	tap_ok(!strstr(ioasid_last_error(), "allow_unsafe"), "no parameter, no advice");

	start();
	fake_write(parameter, "N\n");
	fake.request = VFIO_SET_IOMMU;
	fake.request_errno = EPERM;
	opens(FAKE_SOLO, -EPERM, "no interrupt remapping, but a parameter",
	      TAP_WORDS("echo Y >", parameter));

	start();
	fake.request = VFIO_SET_IOMMU;
	fake.request_errno = ENODEV;
	opens(FAKE_SOLO, -ENODEV, "VFIO does not know the backend",
	      TAP_WORDS("backend", "ioasidfd"));

	start();
	fake.request = VFIO_GROUP_SET_CONTAINER;
	fake.request_errno = EINVAL;
	opens(FAKE_SOLO, -EINVAL, "VFIO refuses the group",
	      TAP_WORDS("group 1", "Invalid argument", "dmesg"));

	start();
	fake.request = VFIO_GROUP_GET_DEVICE_FD;
	fake.request_errno = EIO;
	opens(FAKE_SOLO, -EIO, "VFIO refuses the device", TAP_WORDS(FAKE_SOLO, "dmesg"));
}

/* How the kernel's own reasons arrive. */
static void kernel_reasons(void)
{
	char message[2 * IOASID_EXTACK_MESSAGE_LEN];
	uint64_t iova = 77;

	start();
	fake.request = VFIO_IOASID_BIND;
	fake.request_errno = EEXIST;
	fake.message = FAKE_SOLO " is bound to a context";
	fake.reason = IOASID_REASON_DEVICE_BOUND;
	opens(FAKE_SOLO, -EEXIST, "the kernel refuses the binding",
	      TAP_WORDS("cannot bind " FAKE_SOLO ": " FAKE_SOLO " is bound to a context"));
	tap_ok(ioasid_last_reason() == IOASID_REASON_DEVICE_BOUND &&
	       !strcmp(ioasid_last_extack()->message, fake.message), "with its extack");

	start();
	fake.request = IOASID_MAP_DMA;
	fake.request_errno = EADDRNOTAVAIL;
	fake.message = "IOVA 0xfee00000 is reserved";
	fake.reason = IOASID_REASON_IOVA_RESERVED;
	tap_fails(ioasid_space_map_fixed(ctx, 3, 0xfee00000, NULL, 4096, 1),
		  -EADDRNOTAVAIL, "mapping a reserved IOVA",
		  TAP_WORDS("4096 bytes", "0xfee00000", "space 3", fake.message,
			    "ioasid_space_iova_ranges()"));
	fake.message = "no room";
	fake.reason = IOASID_REASON_IOVA_FULL;
	tap_fails(ioasid_space_map(ctx, 3, NULL, 4096, 1, &iova), -EADDRNOTAVAIL,
		  "advice follows the reason", TAP_WORDS("no room; ", "window"));
	tap_ok(iova == 77, "a failing call does not write its output");

	memset(message, 'x', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	fake.message = message;
	tap_fails(ioasid_space_map(ctx, 3, NULL, 4096, 1, &iova), -EADDRNOTAVAIL,
		  "a message without an end is cut", TAP_WORDS("xxx; "));

	fake.message = NULL;
	fake.request_errno = ENOTTY;
	tap_fails(ioasid_space_map(ctx, 3, NULL, 4096, 1, &iova), -ENOTTY,
		  "an older module", TAP_WORDS("does not know the command", "newer"));
	fake.request_errno = ENOENT;
	tap_fails(ioasid_space_map(ctx, 3, NULL, 4096, 1, &iova), -ENOENT,
		  "no message", TAP_WORDS("space 3: No such file"));

	fake.request = 0;
	tap_ok(!ioasid_space_map_fixed(ctx, 3, 0, NULL, 4096, 1) &&
	       strstr(ioasid_last_error(), "No such file"),
	       "a success does not touch the last error");
	end("kernel reasons");
}

static void size_errors(void)
{
	struct ioasid_get_caps caps = { .size = 0 };
	struct ioasid_get_info info = { .size = 0xdeadbeef };

	start();
	tap_fails(ioasid_ctx_caps(ctx, &caps), -EINVAL, "size not set",
		  TAP_WORDS("ioasid_get_caps", "sizeof"));
	tap_fails(ioasid_space_info(ctx, 1, &info), -EINVAL, "size not initialised",
		  TAP_WORDS("ioasid_get_info", "sizeof"));
	caps.size = sizeof(caps);
	caps.flags = ~0u;
	tap_ok(!ioasid_ctx_caps(ctx, &caps) && !caps.flags,
	       "the rest of the struct need not be set");
	end("sizes");
}

static void *other_thread(void *result)
{
	bool *good = result;

	*good = !ioasid_last_error()[0] &&
		ioasid_dev_open(ctx, "other", 0, &dev) == -EINVAL &&
		strstr(ioasid_last_error(), "'other'");
	return NULL;
}

static void threads(void)
{
	bool good = false;
	pthread_t thread;

	start();
	ioasid_dev_open(ctx, "mine", 0, &dev);
	if (pthread_create(&thread, NULL, other_thread, &good) ||
	    pthread_join(thread, NULL))
		abort();
	tap_ok(good && strstr(ioasid_last_error(), "'mine'"),
	       "each thread has its own last error");
	end("threads");
}

static void names(void)
{
	unsigned int i, j, known = 0;

	for (i = 0; i <= IOASID_REASON_PASID_DRIVER; i++) {
		for (j = 0; j < i; j++)
			if (!strcmp(ioasid_reason_name(i), ioasid_reason_name(j)))
				break;
		known += j == i && strcmp(ioasid_reason_name(i), "unknown");
	}
	tap_ok(known == IOASID_REASON_PASID_DRIVER + 1, "every reason has a name of its own");
	tap_ok(!strcmp(ioasid_reason_name(IOASID_REASON_PASID_DRIVER + 1), "unknown") &&
	       !strcmp(ioasid_reason_name(~0u), "unknown"), "others are unknown");
	tap_ok(!strcmp(ioasid_iommu_kind_name(IOASID_IOMMU_INTEL_VTD), "Intel VT-d") &&
	       !strcmp(ioasid_iommu_kind_name(~0u), "unknown"), "kinds of IOMMUs");
	tap_ok(!strcmp(ioasid_resv_kind_name(IOASID_RESV_MSI), "msi") &&
	       !strcmp(ioasid_resv_kind_name(0), "unknown"), "kinds of regions");
}

int main(void)
{
	context_errors();
	access_errors();
	address_errors();
	iommu_errors();
	driver_errors();
	container_errors();
	group_errors();
	viable_errors();
	claim_errors();
	kernel_reasons();
	size_errors();
	threads();
	names();
	fake_remove();
	return tap_close();
}
