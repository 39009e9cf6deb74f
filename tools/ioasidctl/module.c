// SPDX-License-Identifier: GPL-2.0-only
/*
 * "module status", "load" and "unload", through libkmod. Called by main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "document.h"
#include "modinfo.h"
#include "process.h"
#include "term.h"

#define STATUS_COLUMN	14

/* Documents name the processes that have a context, as the module's users. */
static struct json_object *module_users(struct json_object *doc)
{
	struct json_object *contexts = process_contexts(), *users = j_array(doc, "users");
	size_t i;

	for (i = 0; i < j_length(contexts); i++) {
		struct json_object *user = j_at(users, j_length(users) - 1);

		/* Those of one process are side by side. */
		if (user && j_number(user, "pid") == j_number(j_at(contexts, i), "pid"))
			continue;
		user = j_append(users);
		j_num(user, "pid", j_number(j_at(contexts, i), "pid"));
		j_str(user, "command", "%s", j_text(j_at(contexts, i), "command"));
	}
	json_object_put(contexts);
	return users;
}

int ctl_module_status(struct ctl_call *call)
{
	struct json_object *module = j_object(call->doc, "module");
	struct json_object *loaded, *installed;
	const char *running, *waiting;

	modinfo_describe(module);
	module_users(call->doc);
	loaded = j_get(module, "loaded");
	installed = j_get(module, "installed");
	running = j_text(loaded, "srcversion");
	waiting = j_text(installed, "srcversion");
	if (loaded && installed && strcmp(running, waiting))
		ctl_note(call,
			 "The file that is installed is not the one that is loaded: ioasidctl module unload and load take it.");
	if (!loaded && !installed)
		ctl_note(call,
			 "It is not installed for Linux %s: \"make\" and \"make install\", or \"make dkms-install\", in its sources.",
			 modinfo_release());
	else if (!loaded)
		ctl_note(call, "ioasidctl module load loads it.");
	return CTL_OK;
}

static void module_print_users(struct json_object *doc)
{
	struct json_object *users = j_get(doc, "users");
	size_t i;

	for (i = 0; i < j_length(users); i++)
		term_fact(STATUS_COLUMN, i ? "" : "in use by", "%s (%ju)",
			  j_text(j_at(users, i), "command"),
			  (uintmax_t)j_number(j_at(users, i), "pid"));
}

static void module_print_parameters(struct json_object *loaded)
{
	json_object_object_foreach(j_get(loaded, "parameters"), name, value)
		term_fact(STATUS_COLUMN, "parameter", "%s=%s", name,
			  json_object_get_string(value));
}

static void module_print_loaded(struct json_object *doc, struct json_object *loaded)
{
	term_fact(STATUS_COLUMN, "loaded", "version %s, %ju %s%s%s",
		  j_has(loaded, "version") ? j_text(loaded, "version") : "unknown",
		  (uintmax_t)j_number(loaded, "references"),
		  j_number(loaded, "references") == 1 ? "user" : "users",
		  j_has(loaded, "taint") ? ", taints the kernel with " : "",
		  j_text(loaded, "taint"));
	module_print_users(doc);
	if (j_has(loaded, "parameters"))
		module_print_parameters(loaded);
}

static void module_print_policy(struct json_object *module)
{
	if (j_has(module, "lockdown"))
		term_fact(STATUS_COLUMN, "lockdown", "%s", j_text(module, "lockdown"));
	if (j_has(module, "secure_boot"))
		term_fact(STATUS_COLUMN, "Secure Boot", "%s",
			  j_true(module, "secure_boot") ? "on" : "off");
}

void ctl_module_print(struct json_object *doc)
{
	struct json_object *module = j_get(doc, "module");
	struct json_object *loaded = j_get(module, "loaded");
	struct json_object *installed = j_get(module, "installed");

	if (loaded)
		module_print_loaded(doc, loaded);
	else
		term_fact(STATUS_COLUMN, "loaded", "no");
	if (installed) {
		term_fact(STATUS_COLUMN, "installed", "version %s, %s",
			  j_text(installed, "version"), j_text(installed, "path"));
		term_fact(STATUS_COLUMN, "signed by", "%s",
			  j_has(installed, "signer") ? j_text(installed, "signer") :
			  "nobody");
	} else {
		term_fact(STATUS_COLUMN, "installed", "no");
	}
	module_print_policy(module);
}

static const char *module_load_advice(int err)
{
	static const struct {
		int err;
		const char *advice;
	} known[] = {
		{ EPERM,
		  "run it as root; under lockdown (Secure Boot) the module must be signed with a key that the machine knows",
		},
		{ EKEYREJECTED,
		  "sign it with a key that the machine knows (mokutil --import), or turn Secure Boot off",
		},
		{ ENOEXEC, "it was built for another kernel: build it again for this one" },
		{ ENOENT, "a symbol or a module that it needs is missing: see dmesg" },
		{ 0, "the kernel log may say why (dmesg)" },
	};
	size_t i;

	if (err == EACCES)
		err = EPERM;
	if (err == ENOKEY || err == EBADMSG)
		err = EKEYREJECTED;
	for (i = 0; known[i].err && known[i].err != err; i++)
		;
	return known[i].advice;
}

static int module_fail_load(struct ctl_call *call, int err)
{
	ctl_fail(call, CTL_FAILED, module_load_advice(-err), "cannot load %s: %s", CTL_MODULE,
		 strerror(-err));
	j_num(j_get(call->doc, "error"), "errno", -err);
	return CTL_FAILED;
}

static int module_fail_missing(struct ctl_call *call)
{
	return ctl_fail(call, CTL_UNAVAILABLE,
			"in its sources: \"make\" and \"make install\", or \"make dkms-install\"; if it is there, depmod -a lets it be found",
			"%s is not installed for Linux %s", CTL_MODULE, modinfo_release());
}

/* A folder that is shown as a machine has no kernel to change. */
static int module_fail_folder(struct ctl_call *call)
{
	return ctl_fail(call, CTL_UNAVAILABLE, NULL, "there is no kernel in %s", iol_root);
}

static void module_changed(struct ctl_call *call, bool before, bool after)
{
	j_str(call->doc, "module", "%s", CTL_MODULE);
	j_bool(call->doc, "before", before);
	j_bool(call->doc, "loaded", after);
}

static int module_insert(struct ctl_call *call, struct kmod_module *module)
{
	int ret;

	if (!module)
		return module_fail_missing(call);
	ret = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL,
					      NULL, NULL, NULL);
	if (ret > 0)
		return ctl_fail(call, CTL_FAILED, "look for it in /etc/modprobe.d",
				"%s is on a deny list of modprobe", CTL_MODULE);
	return ret ? module_fail_load(call, ret) : CTL_OK;
}

int ctl_module_load(struct ctl_call *call)
{
	bool before = modinfo_loaded();
	struct kmod_module *module;
	struct kmod_ctx *kmod;
	int status = CTL_OK;

	if (!before && iol_root[0])
		return module_fail_folder(call);
	if (!before) {
		kmod = modinfo_kmod();
		module = modinfo_find(kmod);
		status = module_insert(call, module);
		kmod_module_unref(module);
		kmod_unref(kmod);
	}
	module_changed(call, before, !status);
	if (!status && !iol_exists("/sys/bus/pci/drivers/vfio-pci"))
		ctl_note(call, "vfio-pci is not loaded, and devices need it: modprobe vfio-pci");
	return status;
}

static int module_fail_unload(struct ctl_call *call, int err)
{
	struct json_object *users = module_users(call->doc), *user = j_at(users, 0);
	const char *advice = "the kernel log may say why (dmesg)";
	int status;

	if (err == -EPERM || err == -EACCES)
		advice = "run it as root";
	if (err != -EAGAIN && err != -EBUSY && err != -EWOULDBLOCK)
		status = ctl_fail(call, CTL_FAILED, advice, "cannot unload %s: %s",
				  CTL_MODULE, strerror(-err));
	else if (user)
		status = ctl_fail(call, CTL_FAILED, "end what uses it first",
				  "%s is in use by %s (process %ju)%s", CTL_MODULE,
				  j_text(user, "command"),
				  (uintmax_t)j_number(user, "pid"),
				  j_length(users) > 1 ? " and others" : "");
	else
		status = ctl_fail(call, CTL_FAILED,
				  "a VFIO container or another module has it: lsmod tells modules",
				  "%s is in use", CTL_MODULE);
	j_num(j_get(call->doc, "error"), "errno", -err);
	return status;
}

static int module_remove(struct ctl_call *call)
{
	struct kmod_ctx *kmod = modinfo_kmod();
	struct kmod_module *module = NULL;
	int ret = -ENOMEM;

	if (kmod && !kmod_module_new_from_name(kmod, CTL_MODULE, &module))
		ret = kmod_module_remove_module(module, 0);
	kmod_module_unref(module);
	kmod_unref(kmod);
	return ret ? module_fail_unload(call, ret) : CTL_OK;
}

int ctl_module_unload(struct ctl_call *call)
{
	bool before = modinfo_loaded();
	int status = CTL_OK;

	if (before && iol_root[0])
		return module_fail_folder(call);
	if (before)
		status = module_remove(call);
	module_changed(call, before, before && status);
	return status;
}

void ctl_module_changed_print(struct json_object *doc)
{
	bool loaded = j_true(doc, "loaded");

	if (loaded == j_true(doc, "before"))
		printf("%s is %s already\n", CTL_MODULE, loaded ? "loaded" : "not loaded");
	else
		printf("%s is %s\n", CTL_MODULE, loaded ? "loaded" : "unloaded");
}
