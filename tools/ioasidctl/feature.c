// SPDX-License-Identifier: GPL-2.0-only
/*
 * "feature probe": what this machine has of what it takes, what is missing, and what to do
 * about it. Changes nothing, and works for everybody; what only root can see is said to be
 * unknown. Called by main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl.h"
#include "group.h"
#include "document.h"
#include "kernel.h"
#include "modinfo.h"
#include "names.h"
#include "pci.h"
#include "term.h"
#include "verdict.h"

/* Less than this is little for a program that does DMA. */
#define FEATURE_MEMLOCK	(64u << 20)

static void feature_kernel(struct json_object *doc)
{
	const char *release = modinfo_release();

	if (kernel_compare(IOASIDCTL_LINUX_MIN) < 0)
		verdict_add(doc, "kernel", VERDICT_MISSING,
			    "take a kernel from " IOASIDCTL_LINUX_MIN " to " IOASIDCTL_LINUX_MAX,
			    "Linux %s is older than " IOASIDCTL_LINUX_MIN, release);
	else if (kernel_compare(IOASIDCTL_LINUX_MAX) > 0)
		verdict_add(doc, "kernel", VERDICT_WARNING,
			    "a build for it must be forced: IOASIDFD_FORCE_KERNEL=1",
			    "Linux %s is newer than %s, the last one that was tested",
			    release, IOASIDCTL_LINUX_MAX);
	else
		verdict_add(doc, "kernel", VERDICT_OK, NULL,
			    "Linux %s (%s to %s are supported)", release,
			    IOASIDCTL_LINUX_MIN, IOASIDCTL_LINUX_MAX);
}

/* What src/compat/requirements asks of a kernel, and user space in addition. */
static void feature_config(struct json_object *doc)
{
	static const struct {
		const char *option;
		const char *since;
	} wanted[] = {
		{ "CONFIG_MODULES", "0.0" }, { "CONFIG_IOMMU_API", "0.0" },
		{ "CONFIG_VFIO", "0.0" }, { "CONFIG_VFIO_CONTAINER", "6.2" },
		{ "CONFIG_VFIO_PCI", "0.0" },
	};
	struct json_object *missing = json_object_new_array();
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (kernel_compare(wanted[i].since) >= 0 &&
		    kernel_config(wanted[i].option) == 'n')
			j_append_str(missing, "%s", wanted[i].option);
	if (!kernel_config_path(path))
		verdict_add(doc, "configuration", VERDICT_UNKNOWN, NULL,
			    "this kernel's configuration is not in /boot");
	else if (j_length(missing))
		verdict_add(doc, "configuration", VERDICT_MISSING,
			    "take a kernel that is built with these; those of distributions are",
			    "without %s (%s)", j_join(missing), path);
	else
		verdict_add(doc, "configuration", VERDICT_OK, NULL,
			    "has VFIO and what it needs (%s)", path);
	json_object_put(missing);
}

/* Only firmware knows of an IOMMU that the kernel does not use. */
static void feature_no_iommu(struct json_object *doc)
{
	if (iol_exists("/sys/firmware/acpi/tables/DMAR"))
		verdict_add(doc, "IOMMU", VERDICT_MISSING,
			    "boot with intel_iommu=on: on Debian, add it to GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub and reboot",
			    "off: this machine has Intel VT-d, but the kernel does not use it");
	else if (iol_exists("/sys/firmware/acpi/tables/IVRS"))
		verdict_add(doc, "IOMMU", VERDICT_MISSING,
			    "boot without iommu=off and amd_iommu=off",
			    "off: this machine has AMD-Vi, but the kernel does not use it");
	else
		verdict_add(doc, "IOMMU", VERDICT_MISSING,
			    "enable it in the firmware's setup (VT-d, AMD-Vi, IOMMU, SMMU); in a virtual machine, add one to its configuration",
			    "none: the firmware shows none to the kernel");
}

static void feature_iommu(struct json_object *doc)
{
	struct names names = names_of("/sys/class/iommu");
	struct json_object *check;
	unsigned int groups = group_count();
	size_t i;

	if (!groups) {
		feature_no_iommu(doc);
	} else {
		const char *kind = "IOMMU";

		if (names.count)
			kind = ioasid_iommu_kind_name(pci_iommu_kind(names.name[0]));
		check = verdict_add(doc, "IOMMU", VERDICT_OK, NULL,
				    "on: %s, %zu %s, %u groups", kind, names.count,
				    names.count == 1 ? "unit" : "units", groups);
		j_num(check, "groups", groups);
		j_array(check, "units");
		for (i = 0; i < names.count; i++)
			j_append_str(j_get(check, "units"), "%s", names.name[i]);
	}
	names_free(&names);
}

static bool feature_unsafe_allowed(void)
{
	char line[IOL_NAME_LEN];

	return !iol_read_line(line, sizeof(line), "/sys/module/" CTL_MODULE
			      "/parameters/allow_unsafe_interrupts") && line[0] == 'Y';
}

static void feature_interrupts(struct json_object *doc)
{
	int isolated = kernel_isolates_interrupts();

	if (isolated < 0)
		verdict_add(doc, "interrupts", VERDICT_UNKNOWN, NULL,
			    "only root may read /proc/interrupts here");
	else if (isolated)
		verdict_add(doc, "interrupts", VERDICT_OK, NULL,
			    "isolated: a device can raise its own only");
	else if (feature_unsafe_allowed())
		verdict_add(doc, "interrupts", VERDICT_WARNING,
			    "give devices to trusted programs only: one could forge interrupts",
			    "not isolated, and allow_unsafe_interrupts accepts that");
	else
		verdict_add(doc, "interrupts", VERDICT_MISSING,
			    "enable interrupt remapping in the firmware and boot without nointremap; or accept the risk with the module's parameter allow_unsafe_interrupts",
			    "not isolated: a device could forge those of others");
}

static void feature_vfio(struct json_object *doc)
{
	bool core = iol_exists("/sys/module/vfio") || iol_exists("/dev/vfio/vfio");
	bool pci = iol_exists("/sys/bus/pci/drivers/vfio-pci");

	if (core && pci)
		verdict_add(doc, "VFIO", VERDICT_OK, NULL, "vfio and vfio-pci are loaded");
	else
		verdict_add(doc, "VFIO", VERDICT_MISSING,
			    "as root: modprobe vfio-pci; to have it at every boot, name it in a file in /etc/modules-load.d",
			    "%s is not loaded", core ? "vfio-pci" : "vfio");
}

static void feature_module_missing(struct json_object *doc, struct json_object *module)
{
	struct json_object *installed = j_get(module, "installed");

	if (installed)
		verdict_add(doc, "module", VERDICT_MISSING,
			    "as root: ioasidctl module load",
			    CTL_MODULE " %s is installed, but not loaded",
			    j_text(installed, "version"));
	else
		verdict_add(doc, "module", VERDICT_MISSING,
			    "build and install it: \"make\" and \"make install\", or \"make dkms-install\", in its sources",
			    CTL_MODULE " is not installed for this kernel");
}

static void feature_module(struct json_object *doc, struct json_object *module)
{
	struct json_object *loaded = j_get(module, "loaded");
	const char *version = j_text(loaded, "version");

	if (loaded)
		verdict_add(doc, "module", VERDICT_OK, NULL, CTL_MODULE " %s is loaded",
			    version);
	else
		feature_module_missing(doc, module);
}

/* Whether this kernel takes modules that nobody it trusts has signed. */
static bool feature_wants_signature(struct json_object *module)
{
	const char *lockdown = j_text(module, "lockdown");

	return (lockdown[0] && strcmp(lockdown, "none")) ||
	       j_true(module, "signature_enforced");
}

static void feature_signature(struct json_object *doc, struct json_object *module)
{
	bool wanted = feature_wants_signature(module);
	const char *boot = j_true(module, "secure_boot") ? "Secure Boot is on, " : "";
	const char *signer = j_text(j_get(module, "installed"), "signer");

	if (!wanted)
		verdict_add(doc, "signature", VERDICT_OK, NULL,
			    "%sthis kernel takes modules without one", boot);
	else if (j_has(module, "loaded"))
		verdict_add(doc, "signature", VERDICT_OK, NULL,
			    "%sthis kernel wants one, and took the module's", boot);
	else if (signer[0])
		verdict_add(doc, "signature", VERDICT_UNKNOWN, NULL,
			    "%sthis kernel wants one it trusts; the module's is by %s", boot,
			    signer);
	else
		verdict_add(doc, "signature", VERDICT_MISSING,
			    "sign it with a key that the machine knows (DKMS does, with a key enrolled by mokutil --import), or turn Secure Boot off",
			    "%sthis kernel wants a signature, and the module has none", boot);
}

static void feature_api(struct json_object *doc)
{
	struct ioasid_get_caps caps = { .size = sizeof(caps) };
	struct json_object *check;
	struct ioasid_ctx *ctx;
	int ret = ioasid_ctx_open(&ctx);

	if (ret == -EACCES || ret == -EPERM) {
		verdict_add(doc, "API", VERDICT_MISSING, ioasid_last_error(),
			    "you may not open /dev/ioasid");
		return;
	}
	if (ret) {
		/* Without the module that is what is missing. */
		verdict_add(doc, "API",
			    modinfo_loaded() ? VERDICT_MISSING : VERDICT_UNKNOWN,
			    modinfo_loaded() ? ioasid_last_error() : NULL,
			    "there is no /dev/ioasid to ask");
		return;
	}
	if (ioasid_ctx_caps(ctx, &caps)) {
		verdict_add(doc, "API", VERDICT_MISSING,
			    "load a module of this tool's version: ioasidctl module status",
			    "/dev/ioasid does not answer: %s", ioasid_last_error());
	} else {
		check = verdict_add(doc, "API", VERDICT_OK, NULL,
				    "/dev/ioasid has version %u, this tool knows %u",
				    caps.uapi_version, IOASID_UAPI_VERSION);
		j_num(check, "uapi", caps.uapi_version);
	}
	ioasid_ctx_close(ctx);
}

struct feature_count {
	unsigned int behind;
	unsigned int ready;
	unsigned int viable;
	unsigned int pasid;
	bool hidden;
};

static void feature_device(struct json_object *devices, const char *address,
			   struct feature_count *count)
{
	struct json_object *device, *group, *can;
	int id = group_of(address);

	if (id < 0 || pci_is_bridge(address))
		return;
	device = j_append(devices);
	group = group_describe(id);
	j_str(device, "address", "%s", address);
	j_num(device, "group", id);
	j_bool(device, "viable", j_true(group, "viable"));
	j_bool(device, "vfio", pci_is_ready(address));
	pci_capabilities(device, address);
	can = j_get(device, "capabilities");
	count->behind++;
	count->viable += j_true(group, "viable") && pci_is_ready(address);
	count->ready += pci_is_ready(address);
	count->pasid += j_number(can, "pasid_bits") > 0;
	count->hidden |= !j_true(can, "known");
	json_object_put(group);
}

static void feature_devices(struct json_object *doc, struct feature_count *count)
{
	struct names names = names_of("/sys/bus/pci/devices");
	struct json_object *devices = j_array(doc, "devices");
	size_t i;

	for (i = 0; i < names.count; i++)
		feature_device(devices, names.name[i], count);
	names_free(&names);
	if (!count->behind)
		verdict_add(doc, "devices", VERDICT_MISSING, NULL,
			    "none is behind an IOMMU");
	else if (!count->ready)
		verdict_add(doc, "devices", VERDICT_MISSING,
			    "ioasidctl device list shows them; as root, ioasidctl device bind DEVICE gives one to vfio-pci",
			    "%u behind the IOMMU, none of them has a VFIO driver",
			    count->behind);
	else if (!count->viable)
		verdict_add(doc, "devices", VERDICT_MISSING,
			    "ioasidctl device list says why",
			    "%u of %u have a VFIO driver, but their groups are not viable",
			    count->ready, count->behind);
	else
		verdict_add(doc, "devices", VERDICT_OK, NULL,
			    "%u of %u behind the IOMMU are for user space", count->viable,
			    count->behind);
}

static void feature_pasid(struct json_object *doc, const struct feature_count *count)
{
	struct json_object *devices = j_get(doc, "devices");
	struct json_object *names = json_object_new_array();
	size_t i;

	for (i = 0; i < j_length(devices); i++) {
		struct json_object *device = j_at(devices, i);
		uint64_t bits = j_number(j_get(device, "capabilities"), "pasid_bits");

		if (bits)
			j_append_str(names, "%s (%ju bits)", j_text(device, "address"),
				     (uintmax_t)bits);
	}
	if (count->hidden)
		verdict_add(doc, "PASID", VERDICT_UNKNOWN, NULL,
			    "only root may read which devices have it");
	else
		verdict_add(doc, "PASID", VERDICT_OK, NULL, "%s",
			    count->pasid ? j_join(names) : "no device has it, and none needs it");
	json_object_put(names);
}

static void feature_memlock(struct json_object *doc)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	if (!geteuid())
		verdict_add(doc, "memory", VERDICT_OK, NULL,
			    "root may pin as much as there is");
	else if (limit.rlim_cur == RLIM_INFINITY)
		verdict_add(doc, "memory", VERDICT_OK, NULL, "you may pin without limit");
	else if (limit.rlim_cur >= FEATURE_MEMLOCK)
		verdict_add(doc, "memory", VERDICT_OK, NULL, "you may pin %s (ulimit -l)",
			    ui_size(limit.rlim_cur));
	else
		verdict_add(doc, "memory", VERDICT_WARNING,
			    "raise memlock in limits.conf(5), or LimitMEMLOCK= of systemd, to what your program maps",
			    "you may pin %s only (ulimit -l)", ui_size(limit.rlim_cur));
}

int ctl_feature_probe(struct ctl_call *call)
{
	struct json_object *doc = call->doc, *module = j_object(doc, "module");
	struct feature_count count = { 0 };

	modinfo_describe(module);
	feature_kernel(doc);
	feature_config(doc);
	feature_iommu(doc);
	feature_interrupts(doc);
	feature_vfio(doc);
	feature_module(doc, module);
	feature_signature(doc, module);
	feature_api(doc);
	feature_devices(doc, &count);
	feature_pasid(doc, &count);
	feature_memlock(doc);
	j_bool(doc, "usable", !verdict_count(doc, VERDICT_MISSING));
	return j_true(doc, "usable") ? CTL_OK : CTL_UNAVAILABLE;
}

void ctl_feature_print(struct json_object *doc)
{
	unsigned int missing = verdict_count(doc, VERDICT_MISSING);

	verdict_print(doc);
	putchar('\n');
	if (missing)
		printf("%s%u %s missing.%s\n", ui_tint(UI_BOLD), missing,
		       missing == 1 ? "thing is" : "things are", ui_off());
	else
		printf("%sEverything is there.%s\n", ui_tint(UI_BOLD), ui_off());
}
