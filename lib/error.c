// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The last failure of each thread: what was tried, what the kernel said, what to do.
 * Every other file of the library reports its failures here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* Room for several devices and drivers in one sentence. */
#define IOL_TEXT_LEN	1024

/* No struct of the kernel's will be larger: what is larger was not initialised. */
#define IOL_STRUCT_MAX	4096

static __thread struct {
	struct ioasid_extack extack;
	char text[IOL_TEXT_LEN];
} iol_last;

/* The members every command begins with. */
struct iol_header {
	uint32_t size;
	uint32_t flags;
	uint64_t extack;
};

const char *ioasid_last_error(void)
{
	return iol_last.text;
}

enum ioasid_reason ioasid_last_reason(void)
{
	return (enum ioasid_reason)iol_last.extack.reason;
}

const struct ioasid_extack *ioasid_last_extack(void)
{
	return &iol_last.extack;
}

/* Where the kernel's sentence ends with what is wrong, or speaks of its own commands. */
static const char *iol_advice(uint32_t reason)
{
	switch (reason) {
	case IOASID_REASON_IOVA_RESERVED:
	case IOASID_REASON_IOVA_APERTURE:
	case IOASID_REASON_IOVA_WINDOW:
		return "ioasid_space_iova_ranges() lists what may be mapped";
	case IOASID_REASON_IOVA_MAPPED:
		return "choose another IOVA or unmap that one first";
	case IOASID_REASON_IOVA_PARTIAL:
		return "unmap mappings as a whole";
	case IOASID_REASON_IOVA_FULL:
		return "unmap something or make the window larger";
	case IOASID_REASON_GROUP_ATTACHED:
		return "use the same space, or detach the other device first";
	case IOASID_REASON_DEVICE_GONE:
		return "close the device";
	case IOASID_REASON_INTERRUPTED:
		return "the call can be made again";
	default:
		return NULL;
	}
}

static void iol_append(const char *format, va_list args)
{
	size_t used = strlen(iol_last.text);

	vsnprintf(iol_last.text + used, sizeof(iol_last.text) - used, format, args);
}

static void IOL_PRINTF(1, 2) iol_add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	iol_append(format, args);
	va_end(args);
}

/* strerror() need not be safe with threads, %m is. */
static void iol_add_errno(int err)
{
	errno = -err;
	iol_add(": %m");
}

/**
 * iol_fail() - Describe a failure that the library found
 * @err: negative errno
 * @reason: the reason code that fits
 * @format: the whole sentence
 *
 * Return: @err.
 */
int iol_fail(int err, enum ioasid_reason reason, const char *format, ...)
{
	va_list args;

	memset(&iol_last, 0, sizeof(iol_last));
	iol_last.extack.reason = reason;
	/* For %m in the format. */
	errno = -err;
	va_start(args, format);
	iol_append(format, args);
	va_end(args);
	return err;
}

/**
 * iol_fail_cmd() - Describe the failure of the iol_cmd() just made
 * @err: what it returned
 * @format: what was wanted; the kernel's reason and the advice are added
 *
 * Return: @err.
 */
int iol_fail_cmd(int err, const char *format, ...)
{
	const char *advice = iol_advice(iol_last.extack.reason);
	va_list args;

	iol_last.text[0] = '\0';
	va_start(args, format);
	iol_append(format, args);
	va_end(args);

	if (iol_last.extack.message[0])
		iol_add(": %s", iol_last.extack.message);
	else if (err == -ENOTTY)
		iol_add(": this ioasidfd module does not know the command; install a newer one");
	else
		iol_add_errno(err);
	if (advice)
		iol_add("; %s", advice);
	return err;
}

/**
 * iol_cmd() - Make an ioctl and keep the reason if it fails
 * @fd: /dev/ioasid or a container
 * @request: the command
 * @cmd: its struct, with @size set
 *
 * The kernel's reason goes to a copy first, because a success must not touch the last
 * failure.
 *
 * Return: 0 or -errno.
 */
int iol_cmd(int fd, unsigned long request, void *cmd)
{
	struct ioasid_extack extack = { .size = sizeof(extack) };
	struct iol_header *header = cmd;
	int err;

	header->extack = (uintptr_t)&extack;
	if (!ioctl(fd, request, cmd))
		return 0;
	err = -errno;
	/* The library answers that by a larger array; nothing has failed. */
	if (err == -EMSGSIZE)
		return err;
	extack.message[sizeof(extack.message) - 1] = '\0';
	memset(&iol_last, 0, sizeof(iol_last));
	iol_last.extack = extack;
	return err;
}

/**
 * iol_prepare() - Clear the caller's struct for a command that fills it
 * @cmd: the struct, with @size set by the caller
 * @least: bytes that the library itself writes; the kernel checks the rest
 * @type: its name, for the sentence
 *
 * Return: 0, or -EINVAL if @size cannot be right.
 */
int iol_prepare(void *cmd, size_t least, const char *type)
{
	struct iol_header *header = cmd;
	size_t size = header->size;

	if (size < least || size > IOL_STRUCT_MAX)
		return iol_fail(-EINVAL, IOASID_REASON_SIZE,
				"the size of struct %s is %zu: set it to sizeof(struct %s) before the call",
				type, size, type);
	memset(cmd, 0, size);
	header->size = size;
	return 0;
}
