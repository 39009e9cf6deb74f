/* SPDX-License-Identifier: GPL-2.0 */
/* Looks up a struct in the running kernel's type information. */
#ifndef TESTS_BTF_H
#define TESTS_BTF_H

#include <stdbool.h>
#include <stddef.h>

#define BTF_MAX_MEMBERS	64

/* A member of a struct of the kernel; its offset in bytes. */
struct btf_found_member {
	char name[64];
	size_t offset;
};

struct btf_found {
	size_t size;
	unsigned int count;
	struct btf_found_member members[BTF_MAX_MEMBERS];
};

bool btf_available(const char *module);
int btf_find_struct(const char *module, const char *name,
		    struct btf_found *found);

#endif
