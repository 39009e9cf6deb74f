/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the two halves of the fake machine share: the files that are open.
 */
#ifndef LIBIOASID_TESTS_FAKE_INTERNAL_H
#define LIBIOASID_TESTS_FAKE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FAKE_FILES	256

/* Names of files that have none: "device" and the PCI address. */
#define FAKE_DEVICE	"device "

/**
 * struct fake_file - A file that the library has open
 * @open: whether it is
 * @name: its path, or FAKE_DEVICE and the address
 * @joined: a group's container, a device's group; -1 for none
 * @backend: a container has one
 * @id: a device's id while it is bound, else 0
 */
struct fake_file {
	bool open;
	char name[128];
	int joined;
	bool backend;
	uint32_t id;
};

/* The linker sends the library's calls to __wrap_*; __real_* are the C library's. */
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_write(int fd, const void *data, size_t size);
void *__real_calloc(size_t count, size_t size);

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_write(int fd, const void *data, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_ioctl(int fd, unsigned long request, ...);

bool fake_fails(void);
struct fake_file *fake_file(int fd);
struct fake_file *fake_joined(int joined, const char *name);
void fake_track(int fd, const char *name);
void fake_closing(int fd);

#endif
