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

static __thread struct {
	unsigned long request;
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
static const char *iol_advice(unsigned long request, uint32_t reason)
{
	switch (reason) {
	case IOASID_REASON_IOVA_RESERVED:
	case IOASID_REASON_IOVA_APERTURE:
	case IOASID_REASON_IOVA_WINDOW:
		return "ioasid_space_iova_ranges() lists what may be mapped";
	case IOASID_REASON_IOVA_MAPPED:
		return "choose another IOVA or unmap that one first";
	case IOASID_REASON_IOVA_PARTIAL:
		if (request == IOASID_COPY)
			return "copy one mapping at a time";
		return "unmap mappings as a whole, or in units of the space's granule";
	case IOASID_REASON_IOVA_FULL:
		return "unmap something, or make the window or what is allowed larger";
	case IOASID_REASON_IOVA_ALLOWED:
		return "allow less (ioasid_space_allow_iovas()), or use another space";
	case IOASID_REASON_PROT:
		return "ask for less, or register or map the source for more";
	case IOASID_REASON_GROUP_ATTACHED:
		return "use the same space, or detach the other device first";
	case IOASID_REASON_DEVICE_GONE:
		return "close the device";
	case IOASID_REASON_INTERRUPTED:
		if (request == IOASID_MAP_BATCH)
			return "the entries that are left can be mapped by another call";
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

/**
 * iol_advise() - Say what to do about the failure just described
 * @format: the advice
 */
void iol_advise(const char *format, ...)
{
	va_list args;

	iol_add("; ");
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
	const char *advice = iol_advice(iol_last.request, iol_last.extack.reason);
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
		iol_advise("%s", advice);
	if (iol_last.extack.reason == IOASID_REASON_MEMLOCK)
		iol_advise_memlock();
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
	iol_last.request = request;
	iol_last.extack = extack;
	return err;
}

/* Refuses what was not initialised. */
static int iol_check_size(size_t size, size_t least, const char *type)
{
	if (size >= least && size <= IOL_STRUCT_MAX)
		return 0;
	return iol_fail(-EINVAL, IOASID_REASON_SIZE,
			"the size of struct %s is %zu: set it to sizeof(struct %s) before the call",
			type, size, type);
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
	int ret = iol_check_size(size, least, type);

	if (ret)
		return ret;
	memset(cmd, 0, size);
	header->size = size;
	return 0;
}

/**
 * iol_take() - Copy the caller's struct of a command, which stays as it is
 * @cmd: out: the copy, with room for IOL_STRUCT_MAX bytes
 * @from: the struct, with @size set by the caller
 * @least: bytes that the library itself reads; the kernel checks the rest
 * @type: its name, for the sentence
 *
 * Return: 0, or -EINVAL if @size cannot be right.
 */
int iol_take(void *cmd, const void *from, size_t least, const char *type)
{
	const struct iol_header *header = from;
	int ret = iol_check_size(header->size, least, type);

	if (!ret)
		memcpy(cmd, from, header->size);
	return ret;
}
