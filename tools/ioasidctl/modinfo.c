// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known about the kernel module, from sysfs about the one that is loaded and
 * through libkmod about the file that modprobe would take. Called by module and feature.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <unistd.h>

#include "ctl.h"
#include "document.h"
#include "modinfo.h"
#include "names.h"

#define MODINFO_SYSFS	"/sys/module/" CTL_MODULE

#define MODINFO_SECURE_BOOT \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

const char *modinfo_release(void)
{
	static char release[2 * IOL_NAME_LEN];
	struct utsname name;

	if (!iol_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease"))
		return release;
	snprintf(release, sizeof(release), "%s", uname(&name) ? "unknown" : name.release);
	return release;
}

bool modinfo_loaded(void)
{
	return iol_exists(MODINFO_SYSFS);
}

struct kmod_ctx *modinfo_kmod(void)
{
	char folder[PATH_MAX];
	struct kmod_ctx *kmod;

	snprintf(folder, sizeof(folder), "%s/lib/modules/%s", iol_root, modinfo_release());
	kmod = kmod_new(folder, NULL);
	/* What fails is said once, by who asked for it. */
	if (kmod)
		kmod_set_log_priority(kmod, LOG_CRIT);
	return kmod;
}

struct kmod_module *modinfo_find(struct kmod_ctx *kmod)
{
	struct kmod_module *module = NULL;
	struct kmod_list *list = NULL;

	if (!kmod || kmod_module_new_from_lookup(kmod, CTL_MODULE, &list) < 0 || !list)
		return NULL;
	module = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return module;
}

static void modinfo_attribute(struct json_object *object, const char *key,
			      const char *attribute)
{
	char line[IOL_NAME_LEN];

	if (!iol_read_line(line, sizeof(line), MODINFO_SYSFS "/%s", attribute) && line[0])
		j_str(object, key, "%s", line);
}

static void modinfo_parameters(struct json_object *loaded)
{
	struct names names = names_of(MODINFO_SYSFS "/parameters");
	struct json_object *parameters = j_object(loaded, "parameters");
	char line[IOL_NAME_LEN];
	size_t i;

	for (i = 0; i < names.count; i++)
		if (!iol_read_line(line, sizeof(line), MODINFO_SYSFS "/parameters/%s",
				   names.name[i]))
			j_str(parameters, names.name[i], "%s", line);
	names_free(&names);
}

static void modinfo_sysfs(struct json_object *object)
{
	struct json_object *loaded = j_object(object, "loaded");
	char line[IOL_NAME_LEN];

	modinfo_attribute(loaded, "version", "version");
	modinfo_attribute(loaded, "srcversion", "srcversion");
	modinfo_attribute(loaded, "taint", "taint");
	if (!iol_read_line(line, sizeof(line), MODINFO_SYSFS "/refcnt"))
		j_num(loaded, "references", strtoul(line, NULL, 10));
	modinfo_parameters(loaded);
}

static void modinfo_field(struct json_object *installed, const char *key, const char *value)
{
	static const char * const wanted[] = {
		"version", "srcversion", "vermagic", "signer", "sig_key", "depends" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strcmp(key, wanted[i]) && value[0])
			j_str(installed, key, "%s", value);
}

static void modinfo_file(struct json_object *object, struct kmod_module *module)
{
	struct json_object *installed = j_object(object, "installed");
	struct kmod_list *info = NULL, *entry;

	j_str(installed, "path", "%s", kmod_module_get_path(module));
	if (kmod_module_get_info(module, &info) < 0)
		return;
	kmod_list_foreach(entry, info)
		modinfo_field(installed, kmod_module_info_get_key(entry),
			      kmod_module_info_get_value(entry));
	kmod_module_info_free_list(info);
}

/* "none [integrity] confidentiality": the one in brackets holds. */
static void modinfo_lockdown(struct json_object *object)
{
	char line[IOL_NAME_LEN], *mode;

	if (iol_read_line(line, sizeof(line), "/sys/kernel/security/lockdown"))
		return;
	mode = strchr(line, '[');
	if (!mode)
		return;
	mode[strcspn(mode, "]")] = '\0';
	j_str(object, "lockdown", "%s", mode + 1);
}

/* Four bytes of attributes, then one that is the value. */
static void modinfo_secure_boot(struct json_object *object)
{
	int fd = iol_open(O_RDONLY, MODINFO_SECURE_BOOT);
	unsigned char value[5];

	if (fd < 0)
		return;
	if (read(fd, value, sizeof(value)) == sizeof(value))
		j_bool(object, "secure_boot", value[4] == 1);
	close(fd);
}

/* With this parameter the kernel takes signed modules only, lockdown or not. */
static void modinfo_enforced(struct json_object *object)
{
	char line[IOL_NAME_LEN];

	if (!iol_read_line(line, sizeof(line), "/sys/module/module/parameters/sig_enforce"))
		j_bool(object, "signature_enforced", line[0] == 'Y');
}

void modinfo_describe(struct json_object *object)
{
	struct kmod_ctx *kmod = modinfo_kmod();
	struct kmod_module *module = modinfo_find(kmod);

	if (modinfo_loaded())
		modinfo_sysfs(object);
	if (module && kmod_module_get_path(module))
		modinfo_file(object, module);
	modinfo_lockdown(object);
	modinfo_secure_boot(object);
	modinfo_enforced(object);
	kmod_module_unref(module);
	kmod_unref(kmod);
}
