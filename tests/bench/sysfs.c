// SPDX-License-Identifier: GPL-2.0
/* Files of one number. Called by memory.c, peer_type1.c and rows. */
#include <errno.h>
#include <stdio.h>

#include "bench.h"

int file_read(const char *path, __u64 *value)
{
	FILE *file = fopen(path, "re");
	int got;

	if (!file)
		return -errno;
	got = fscanf(file, "%llu", value);
	fclose(file);
	return got == 1 ? 0 : -EINVAL;
}

int file_write(const char *path, __u64 value)
{
	FILE *file = fopen(path, "we");
	int err = 0;

	if (!file)
		return -errno;
	if (fprintf(file, "%llu\n", value) < 0 || fflush(file))
		err = -errno;
	fclose(file);
	return err;
}
