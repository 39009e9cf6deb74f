// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that fall asleep in the kernel where a test wants it. Linked into every
 * test program, used by race_asleep and engine_large.
 */
#define _GNU_SOURCE
#include "asleep.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE_MS	10000

int lure_set(struct lure *lure, void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	lure->page = page;
	lure->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (!lure->page || lure->uffd < 0)
		return errno;
	range.range.start = (uintptr_t)lure->page;
	range.range.len = PAGE;
	if (ioctl(lure->uffd, UFFDIO_API, &api) ||
	    ioctl(lure->uffd, UFFDIO_REGISTER, &range))
		return errno;
	return 0;
}

int lure_make(struct lure *lure)
{
	return lure_set(lure, anon(PAGE));
}

bool lure_has_caught(struct lure *lure)
{
	struct pollfd poll_fd = { .fd = lure->uffd, .events = POLLIN };
	struct uffd_msg msg;

	return poll(&poll_fd, 1, PATIENCE_MS) == 1 &&
	       read(lure->uffd, &msg, sizeof(msg)) == sizeof(msg) &&
	       msg.event == UFFD_EVENT_PAGEFAULT;
}

int lure_release(struct lure *lure, const void *bytes, size_t length)
{
	void *page = anon(PAGE);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)lure->page,
		.src = (uintptr_t)page,
		.len = PAGE,
	};

	if (!page)
		return errno;
	memcpy(page, bytes, length);
	return ioctl(lure->uffd, UFFDIO_COPY, &copy) ? errno : 0;
}

/* Not cmd(): that would touch an argument which is the lure. */
static void *sleeper_main(void *arg)
{
	struct sleeper *sleeper = arg;
	int err = ioctl(sleeper->fd, sleeper->nr, sleeper->arg) ? errno : 0;

	__atomic_store_n(&sleeper->err, err, __ATOMIC_RELEASE);
	return NULL;
}

static bool start(struct sleeper *sleeper, int fd, unsigned long nr, void *arg)
{
	sleeper->fd = fd;
	sleeper->nr = nr;
	sleeper->arg = arg;
	sleeper->err = -1;
	memset(&sleeper->ea, 0, sizeof(sleeper->ea));
	sleeper->ea.size = sizeof(sleeper->ea);
	return !pthread_create(&sleeper->thread, NULL, sleeper_main, sleeper);
}

bool sleeper_start(struct sleeper *sleeper, struct lure *lure, int fd,
		   unsigned long nr, void *arg)
{
	return start(sleeper, fd, nr, arg) && lure_has_caught(lure);
}

bool sleeper_start_map(struct sleeper *sleeper, int fd,
		       struct ioasid_map_dma *map)
{
	void *first = (void *)(uintptr_t)map->user_va;
	__u64 end = now_ms() + PATIENCE_MS;
	unsigned char there = 0;

	if (!start(sleeper, fd, IOASID_MAP_DMA, map))
		return false;
	while (!mincore(first, PAGE, &there) && !(there & 1))
		if (!sleeper_runs(sleeper) || now_ms() > end)
			return false;
	return sleeper_runs(sleeper);
}

bool sleeper_runs(const struct sleeper *sleeper)
{
	return __atomic_load_n(&sleeper->err, __ATOMIC_ACQUIRE) == -1;
}

void sleeper_join(struct sleeper *sleeper)
{
	pthread_join(sleeper->thread, NULL);
}
