// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the library adds where a limit or a file is in the way: the process's own limits
 * and files, with the kernel's refusals made up. Run by check.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fake.h"
#include "fake_internal.h"
#include "internal.h"
#include "tap.h"

#define BOTH	(IOASID_PROT_READ | IOASID_PROT_WRITE)

static struct ioasid_ctx *ctx;
static uint64_t iova;

static void start(unsigned long request, int err, enum ioasid_reason reason)
{
	fake_reset();
	if (ioasid_ctx_open(&ctx))
		abort();
	fake.request = request;
	fake.request_errno = err;
	fake.reason = reason;
}

static void end(const char *name)
{
	ioasid_ctx_close(ctx);
	tap_ok(!fake.broken && !fake_open_files(), "%s: nothing is left", name);
}

static void limit(rlim_t soft, rlim_t hard)
{
	struct rlimit limit = { soft, hard };

	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		abort();
}

static void refused(const char *name, const char * const words[])
{
	tap_fails(ioasid_space_map(ctx, 3, NULL, 4096, BOTH, &iova), -ENOMEM, name, words);
}

/* The limits only ever go down, which every user may. */
static void memlock(void)
{
	char pid[32];

	start(IOASID_MAP_DMA, ENOMEM, IOASID_REASON_MEMLOCK);
	fake.message = "4 KiB more would exceed RLIMIT_MEMLOCK of 32 KiB";
	fake_write("/proc/self/status", "Name:\tx\nVmLck:\t      29 kB\nVmPin:\t 7 kB\n");
	limit(32768, 65536);
	refused("over the limit of locked memory",
		TAP_WORDS("space 3", fake.message, "29 KiB locked already", "64 KiB itself",
			  "ulimit -S -l 64"));
	limit(32768, 32768);
	snprintf(pid, sizeof(pid), "--pid %d ", getpid());
	refused("over a limit that only root can raise",
		TAP_WORDS("29 KiB", "root can raise", "prlimit", pid, "limits.conf",
			  "LimitMEMLOCK="));
	fake_unlink("/proc/self/status");
	refused("with /proc not there", TAP_WORDS("root can raise"));
	tap_ok(!strstr(ioasid_last_error(), "locked already") &&
	       ioasid_last_reason() == IOASID_REASON_MEMLOCK, "what is not known is not said");
	fake.reason = IOASID_REASON_NO_MEMORY;
	refused("out of memory", TAP_WORDS(fake.message));
	tap_ok(!strstr(ioasid_last_error(), "root"), "has nothing to do with the limit");
	end("memlock");
}

/* Closes the file, past the fake machine, which does not know it. */
static void unusable(int fd, uint32_t prot, const char *name, const char *word)
{
	tap_fails(ioasid_space_map_file(ctx, 3, fd, 0, 4096, prot, &iova), -EACCES, name,
		  TAP_WORDS("space 3", fake.message, word));
	__real_close(fd);
}

static int file(int flags)
{
	/* open() would look into the fake machine. */
	int fd = openat(AT_FDCWD, "/dev/null", flags | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

static int sealed(int seal)
{
	int fd = memfd_create("libioasid", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fcntl(fd, F_ADD_SEALS, seal))
		abort();
	return fd;
}

static void files(void)
{
	start(IOASID_MAP_FILE, EACCES, IOASID_REASON_FILE);
	fake.message = "the file is not open for what prot 0x3 needs";
	unusable(file(O_RDONLY), BOTH, "a file open for reading", "O_RDWR");
	unusable(file(O_WRONLY), IOASID_PROT_READ, "a file open for writing",
		 "for writing only: open it with O_RDWR");
	unusable(sealed(F_SEAL_WRITE), BOTH, "a sealed file", "IOASID_PROT_READ");
	unusable(sealed(F_SEAL_WRITE), IOASID_PROT_READ, "a sealed file, for reading",
		 "F_SEAL_FUTURE_WRITE");
	unusable(file(O_RDWR), BOTH, "another reason", "prot 0x3 needs");
	tap_ok(!strstr(ioasid_last_error(), "O_RDWR") &&
	       !strstr(ioasid_last_error(), "sealed"), "gets no advice that does not fit");
	unusable(-1, BOTH, "no file", "prot 0x3 needs");
	end("files");
}

int main(void)
{
	memlock();
	files();
	fake_remove();
	return tap_close();
}
