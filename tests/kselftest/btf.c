// SPDX-License-Identifier: GPL-2.0
/*
 * Reads /sys/kernel/btf: just enough to find a struct of a module and where its
 * members are. The format is described in the kernel's Documentation/bpf/btf.rst.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf.h"

struct blob {
	char *data;
	size_t size;
	const struct btf_header *header;
	const char *strings;
};

static void blob_path(const char *module, char *path, size_t size)
{
	snprintf(path, size, "/sys/kernel/btf/%s", module);
}

/* sysfs gives no size that could be trusted, so read until the end. */
static int blob_read(const char *module, struct blob *blob)
{
	size_t room = 1 << 20, got;
	char path[256];
	FILE *file;

	blob_path(module, path, sizeof(path));
	memset(blob, 0, sizeof(*blob));
	file = fopen(path, "r");
	if (!file)
		return -errno;
	do {
		room *= 2;
		blob->data = realloc(blob->data, room);
		if (!blob->data)
			break;
		got = fread(blob->data + blob->size, 1, room - blob->size,
			    file);
		blob->size += got;
	} while (got && blob->size == room);
	fclose(file);
	if (!blob->data || blob->size < sizeof(*blob->header))
		return -EIO;
	blob->header = (void *)blob->data;
	if (blob->header->magic != BTF_MAGIC)
		return -EINVAL;
	blob->strings = blob->data + blob->header->hdr_len +
			blob->header->str_off;
	return 0;
}

/* A module's strings are numbered on from the base's. */
static const char *string_at(const struct blob *base, const struct blob *module,
			     uint32_t offset)
{
	if (offset < base->header->str_len)
		return base->strings + offset;
	return module->strings + (offset - base->header->str_len);
}

/* Bytes that follow a type's header; -1 for a kind that is not known. */
static long extra_size(const struct btf_type *type)
{
	unsigned int members = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return members * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		return members * 3 * sizeof(uint32_t);
	case BTF_KIND_FUNC_PROTO:
		return members * sizeof(struct btf_param);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	}
	return -1;
}

static int copy_struct(const struct blob *base, const struct blob *module,
		       const struct btf_type *type, struct btf_found *found)
{
	const struct btf_member *member = (void *)(type + 1);
	unsigned int i;

	found->size = type->size;
	found->count = BTF_INFO_VLEN(type->info);
	if (found->count > BTF_MAX_MEMBERS)
		return -E2BIG;
	for (i = 0; i < found->count; i++, member++) {
		uint32_t bits = BTF_INFO_KFLAG(type->info) ?
			BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;

		snprintf(found->members[i].name, sizeof(found->members[i].name),
			 "%s", string_at(base, module, member->name_off));
		found->members[i].offset = bits / 8;
	}
	return 0;
}

static int find_in(const struct blob *base, const struct blob *module,
		   const char *name, struct btf_found *found)
{
	const char *pos = module->data + module->header->hdr_len +
			  module->header->type_off;
	const char *end = pos + module->header->type_len;

	while (pos < end) {
		const struct btf_type *type = (void *)pos;
		long extra = extra_size(type);

		if (extra < 0)
			return -EPROTO;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT &&
		    !strcmp(string_at(base, module, type->name_off), name))
			return copy_struct(base, module, type, found);
		pos += sizeof(*type) + extra;
	}
	return -ENOENT;
}

/* Does the running kernel have type information of a module? */
bool btf_available(const char *module)
{
	char path[256];

	blob_path(module, path, sizeof(path));
	return !access(path, R_OK);
}

/* 0, or a negative errno: -ENOENT if the module has no such struct. */
int btf_find_struct(const char *module, const char *name,
		    struct btf_found *found)
{
	struct blob base, own = {};
	int ret;

	ret = blob_read("vmlinux", &base);
	if (!ret)
		ret = blob_read(module, &own);
	if (!ret)
		ret = find_in(&base, &own, name, found);
	free(own.data);
	free(base.data);
	return ret;
}
