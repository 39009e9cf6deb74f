/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known about the kernel module: the one that is loaded, and the file.
 */
#ifndef IOASIDCTL_MODINFO_H
#define IOASIDCTL_MODINFO_H

#include <libkmod.h>
#include <json-c/json.h>

/*
 * Adds "loaded" {version, users, taint...}, "installed" {path, version, signer...},
 * "lockdown" and "secure_boot"; what is not known is not there.
 */
void modinfo_describe(struct json_object *object);

/* libkmod for the running kernel; NULL if it cannot be had. */
struct kmod_ctx *modinfo_kmod(void);
/* The module by its name, if it is installed where modprobe looks; or NULL. */
struct kmod_module *modinfo_find(struct kmod_ctx *kmod);
bool modinfo_loaded(void);
/* uname -r */
const char *modinfo_release(void);

#endif
