// SPDX-License-Identifier: GPL-2.0
/*
 * The common part of every command: copies the struct in by the size rules, checks
 * flags and reserved members, runs the handler, and reports why it failed.
 *
 * Called by the ioctl entries of chardev.c and vfio/backend.c, under no lock.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "command.h"

/**
 * ioas_fail() - Record why a command fails
 * @call: the command
 * @err: negative errno to return
 * @reason: machine readable reason
 * @fmt: one line for people: what is wrong and, if known, with whom
 *
 * The first reason wins: it is the one closest to the cause.
 *
 * Context: any; does not sleep.
 * Return: @err.
 */
int ioas_fail(struct ioas_call *call, int err, enum ioasid_reason reason,
	      const char *fmt, ...)
{
	va_list args;

	if (call->extack.reason)
		return err;
	call->extack.reason = reason;
	va_start(args, fmt);
	vscnprintf(call->extack.message, sizeof(call->extack.message), fmt, args);
	va_end(args);
	return err;
}

/**
 * ioas_fail_range() - Add the conflicting range and object to a reason
 * @call: the command, after ioas_fail()
 * @err: negative errno to return
 * @first: first byte of the range
 * @last: last byte of the range
 * @id: object in conflict, 0 if none
 *
 * Context: any; does not sleep.
 * Return: @err.
 */
int ioas_fail_range(struct ioas_call *call, int err, u64 first, u64 last, u32 id)
{
	call->extack.first = first;
	call->extack.last = last;
	call->extack.id = id;
	return err;
}

/**
 * ioas_forget_failure() - A failure is not the command's: it goes another way
 * @call: the command
 *
 * Context: any; does not sleep.
 */
void ioas_forget_failure(struct ioas_call *call)
{
	call->extack.reason = IOASID_REASON_NONE;
	ioas_fail_range(call, 0, 0, 0, 0);
	call->extack.message[0] = '\0';
}

/**
 * ioas_fail_object() - Fail a command because an id stands for nothing
 * @call: the command
 * @id: the id
 * @what: what was looked for, for the message
 *
 * Context: any; does not sleep.
 * Return: -ENOENT.
 */
int ioas_fail_object(struct ioas_call *call, u32 id, const char *what)
{
	return ioas_fail(call, -ENOENT, IOASID_REASON_NO_OBJECT,
			 "this context has no %s with id %u", what, id);
}

/* Failures of the kernel's own that no handler explains better. */
static void ioas_explain(struct ioas_call *call, int err)
{
	switch (err) {
	case -ENOMEM:
		ioas_fail(call, err, IOASID_REASON_NO_MEMORY,
			  "the kernel is out of memory, or over the memory cgroup's limit");
		break;
	case -EINTR:
		ioas_fail(call, err, IOASID_REASON_INTERRUPTED,
			  "interrupted by a signal; nothing was changed");
		break;
	case -EFAULT:
		ioas_fail(call, err, IOASID_REASON_FAULT,
			  "a pointer in the command cannot be accessed");
		break;
	}
}

/*
 * A caller that gave an unusable extack still gets the command's own errno: it is
 * worth more to him than EFAULT.
 */
static void ioas_write_extack(struct ioas_call *call, int err)
{
	struct ioasid_extack __user *user =
		u64_to_user_ptr(call->data.header.extack);
	struct ioasid_extack *extack = &call->extack;
	size_t len;
	u32 size;

	if (!user || get_user(size, &user->size))
		return;
	ioas_explain(call, err);
	/* Nothing of the kernel's stack may follow the text. */
	len = strlen(extack->message);
	memset(extack->message + len, 0, sizeof(extack->message) - len);
	extack->size = size;
	size = min_t(u32, size, sizeof(*extack));
	if (size > offsetof(struct ioasid_extack, message))
		((char *)extack)[size - 1] = '\0';
	if (copy_to_user(user, extack, size))
		return;
}

/* Learn at least where to send the reason, of a struct that is not read. */
static int ioas_fail_size(struct ioas_call *call, int err, u32 size,
			  const char *what)
{
	union ioas_command_data *data = &call->data;

	if (size < sizeof(data->header))
		return err;
	if (copy_from_user(data, call->user, sizeof(data->header)))
		return -EFAULT;
	return ioas_fail(call, err, IOASID_REASON_SIZE, "size %u is %s", size,
			 what);
}

static int ioas_copy_in(const struct ioas_command *command,
			struct ioas_call *call)
{
	u32 size;
	int ret;

	if (get_user(size, (u32 __user *)call->user))
		return -EFAULT;
	if (size < command->min_size)
		return ioas_fail_size(call, -EINVAL, size,
				      "less than this command needs");
	if (size > PAGE_SIZE)
		return ioas_fail_size(call, -E2BIG, size, "more than a page");
	call->size = min_t(u32, size, command->size);
	ret = copy_struct_from_user(&call->data, command->size, call->user,
				    size);
	if (ret != -E2BIG)
		return ret;
	return ioas_fail_size(call, ret, size,
			      "more than this kernel knows, and the rest is not zero");
}

static int ioas_check_common(const struct ioas_command *command,
			     struct ioas_call *call)
{
	u32 unknown = call->data.header.flags & ~command->flags;

	if (unknown)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FLAGS,
				 "unknown flags 0x%x", unknown);
	if (command->reserved &&
	    *(u32 *)((char *)&call->data + command->reserved))
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_RESERVED,
				 "the reserved member at byte %u is not zero",
				 command->reserved);
	return 0;
}

/**
 * ioas_command_run() - Run one command for user space
 * @table: the commands there are, indexed by the difference of their numbers
 *	from the first row's
 * @rows: rows of @table
 * @call: with its target and @user set
 * @cmd: ioctl number
 *
 * Context: process context of the caller; may sleep; no locks held.
 * Return: 0 or a negative errno; ENOTTY for a command that is not in the table.
 */
long ioas_command_run(const struct ioas_command *table, unsigned int rows,
		      struct ioas_call *call, unsigned int cmd)
{
	unsigned int row = cmd - table[0].cmd;
	int ret;

	if (row >= rows)
		return -ENOTTY;
	row = array_index_nospec(row, rows);
	/* A number that is kept free. */
	if (!table[row].run)
		return -ENOTTY;

	/* The rest is written before it is read. */
	call->data.header.extack = 0;
	call->extack.reason = IOASID_REASON_NONE;
	call->extack.first = 0;
	call->extack.last = 0;
	call->extack.id = 0;
	call->extack.__reserved = 0;
	call->extack.message[0] = '\0';

	ret = ioas_copy_in(&table[row], call);
	if (!ret)
		ret = ioas_check_common(&table[row], call);
	if (!ret)
		ret = table[row].run(call);
	if (ret)
		ioas_write_extack(call, ret);
	return ret;
}

/**
 * ioas_interrupted() - Should a command that takes long make an end
 * @call: the command
 *
 * A program that was written for VFIO's type1 does not expect EINTR.
 *
 * Return: true if a signal has arrived that ends it.
 */
bool ioas_interrupted(struct ioas_call *call)
{
	return call->killable ? fatal_signal_pending(current) :
				signal_pending(current);
}

/**
 * ioas_respond() - Give a command's out members to user space
 * @call: the command
 *
 * A handler calls it at the last point where it can still undo what it did.
 *
 * Context: may sleep; under no lock, because it can fault.
 * Return: 0 or -EFAULT.
 */
int ioas_respond(struct ioas_call *call)
{
	if (copy_to_user(call->user, &call->data, call->size))
		return -EFAULT;
	return 0;
}
