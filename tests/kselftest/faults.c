// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations and user copies that fail to order. Linked into the programs of the stage
 * "debug".
 *
 * The kernel counts them for each task: who writes N to its fail-nth has the N-th fail.
 * What is left of the count tells whether it came to that. Many faults have no effect,
 * because the kernel has another way, or is only keeping records of its own.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "stage.h"

#define DEBUGFS		"/sys/kernel/debug/"
/* The kernel's own, and that of the module ioas_faults, which works the same way. */
#define OWN		"/proc/thread-self/fail-nth"
#define MODULES		DEBUGFS "ioas-faults/nth"
#define MAX_FAULTS	20000
/* So many in a row: what is done then to undo the call meets them, too. */
#define BURST		64

/* What the attempts must leave alone. */
struct sight {
	__u64 locked, pinned;
	char context[8192];
};

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return err;
}

static const char *nth_file(unsigned int many)
{
	return many > 1 || access(OWN, W_OK) ? MODULES : OWN;
}

const char *faults_missing(const struct fault_case *what)
{
	if (kernel_before(what->since >> 8, what->since & 0xff))
		return "code for this that bears faults";
	if (access(nth_file(1), W_OK))
		return "CONFIG_FAULT_INJECTION, nor the module ioas_faults";
	if (access(OWN, W_OK))
		return NULL;
	/* Otherwise only allocations that must not sleep would fail. */
	if (put(DEBUGFS "failslab/ignore-gfp-wait", "N"))
		return "CONFIG_FAILSLAB, or no debugfs";
	if (put(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") ||
	    put(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") ||
	    put(DEBUGFS "fail_page_alloc/min-order", "0"))
		return "CONFIG_FAIL_PAGE_ALLOC, or no debugfs";
	/* Each fault would be in the log, with its stack. */
	put(DEBUGFS "failslab/verbose", "0");
	put(DEBUGFS "fail_page_alloc/verbose", "0");
	put(DEBUGFS "fail_usercopy/verbose", "0");
	return NULL;
}

/* Returns the file through which the fault is taken back. */
static int order(unsigned int nth, unsigned int many)
{
	int fd = open(nth_file(many), O_RDWR | O_CLOEXEC);
	char text[32];
	int length = snprintf(text, sizeof(text), many > 1 ? "%u %u" : "%u",
			      nth, many);

	if (fd >= 0 && pwrite(fd, text, length, 0) == length)
		return fd;
	perror("fail-nth");
	abort();
}

/* True if the call came to the fault. */
static bool take_back(int fd)
{
	char text[16] = "";
	/* Reading is a user copy, too: one that fails had still been to come. */
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	bool met = length > 0 && strtoul(text, NULL, 10) == 0;

	/* As is writing, and then the second time must do. */
	if (pwrite(fd, "0", 1, 0) != 1 && pwrite(fd, "0", 1, 0) != 1)
		abort();
	close(fd);
	return met;
}

/* /proc/self/fdinfo of a context, from where what it holds begins. */
static void look_at_context(int fd, char *text, size_t size)
{
	char path[64], all[sizeof(((struct sight *)0)->context)];
	const char *begin = "";
	ssize_t length = 0;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info >= 0) {
		length = read(info, all, sizeof(all) - 1);
		close(info);
	}
	all[length > 0 ? length : 0] = '\0';
	begin = strstr(all, "ioasid-uapi");
	snprintf(text, size, "%s", begin ? begin : "no fdinfo");
}

static void look(const struct fault_case *what, void *rig, struct sight *sight)
{
	memset(sight, 0, sizeof(*sight));
	sight->locked = locked_bytes(0);
	sight->pinned = pinned_pages();
	if (rig && what->context)
		look_at_context(what->context(rig), sight->context,
				sizeof(sight->context));
}

static bool same(const struct sight *a, const struct sight *b)
{
	if (a->locked == b->locked && a->pinned == b->pinned &&
	    !strcmp(a->context, b->context))
		return true;
	printf("# before: locked %llu, pinned %llu\n%s\n"
	       "# after: locked %llu, pinned %llu\n%s\n",
	       (unsigned long long)a->locked, (unsigned long long)a->pinned,
	       a->context, (unsigned long long)b->locked,
	       (unsigned long long)b->pinned, b->context);
	return false;
}

/* The reason is the kernel's lack of memory, or a pointer that it could not follow. */
static bool explained(const struct fault_case *what, int err)
{
	if (!what->explains)
		return true;
	if (err == ENOMEM)
		return ea.reason == IOASID_REASON_NO_MEMORY;
	/* Where the pointer to the reason could not be read there is none. */
	return ea.reason == EA_UNTOUCHED || ea.reason == IOASID_REASON_FAULT ||
	       ea.reason == IOASID_REASON_PIN ||
	       ea.reason == IOASID_REASON_NOT_IOASID;
}

static const char *judge(const struct fault_case *what, void *rig, bool met,
			 unsigned int many, int err, const struct sight *before)
{
	static char text[256];
	struct sight after;

	if (!met)
		return "it fails without a fault";
	if (err == EIO && what->may_block)
		return NULL;
	snprintf(text, sizeof(text), "errno %d, reason %u: %.160s", err,
		 ea.reason, ea.message);
	if (err != ENOMEM && err != EFAULT)
		return text;
	/* A reason that cannot be copied either is not told. */
	if (!explained(what, err) && !(many > 1 && ea.reason == EA_UNTOUCHED))
		return text;
	look(what, rig, &after);
	if (!same(before, &after))
		return "it failed and changed something";
	err = what->call(rig);
	if (!err)
		return NULL;
	snprintf(text, sizeof(text), "it does not succeed afterwards: errno %d, reason %u: %.160s",
		 err, ea.reason, ea.message);
	return text;
}

static const char *attempt(const struct fault_case *what, void *rig,
			   unsigned int nth, unsigned int many, bool *met,
			   bool *failed)
{
	struct sight outside, before, after;
	const char *wrong = NULL;
	int err, fd;

	look(what, NULL, &outside);
	if (what->prepare && what->prepare(rig))
		return "what it needs cannot be made";
	look(what, rig, &before);
	ea_reset();
	fd = order(nth, many);
	err = what->call(rig);
	*met = take_back(fd);
	*failed = err;
	if (err)
		wrong = judge(what, rig, *met, many, err, &before);
	if (what->end)
		what->end(rig);
	look(what, NULL, &after);
	if (!wrong && !same(&outside, &after))
		return "something is left of it";
	return wrong;
}

static const char *sweep(const struct fault_case *what, void *rig,
			 unsigned int many, unsigned int *attempts,
			 unsigned int *failures)
{
	bool met = true, failed;

	for (unsigned int nth = 1; met && nth < MAX_FAULTS; nth++) {
		const char *wrong = attempt(what, rig, nth, many, &met, &failed);

		++*attempts;
		*failures += failed;
		if (wrong) {
			printf("# %u from fault %u on:\n", many, nth);
			return wrong;
		}
	}
	return met ? "it meets faults without end" : NULL;
}

const char *faults_sweep(const struct fault_case *what, void *rig,
			 unsigned int *attempts, unsigned int *failures)
{
	const char *wrong;

	*attempts = 0;
	*failures = 0;
	wrong = sweep(what, rig, 1, attempts, failures);
	/* Only the module can let several fail. */
	if (!wrong && !what->single && !access(MODULES, W_OK))
		wrong = sweep(what, rig, BURST, attempts, failures);
	return wrong;
}
