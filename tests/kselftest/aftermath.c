// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold once everything is closed: see aftermath.h.
 */
#define _GNU_SOURCE
#include "aftermath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "stage.h"

#define SETTLE_MS	60000
#define PAUSE_US	2000
#define MODULE		"ioasidfd"

bool pinned_becomes(__u64 pages)
{
	__u64 end = now_ms() + SETTLE_MS;

	while (pinned_pages() != pages && now_ms() < end)
		usleep(PAUSE_US);
	return pinned_pages() == pages;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? errno : 0;
}

int module_load(void)
{
	return system("modprobe " MODULE) ? EIO : 0;
}

int module_unload_in_the_end(void)
{
	__u64 end = now_ms() + SETTLE_MS;
	int err = module_unload();

	while ((err == EAGAIN || err == EBUSY) && now_ms() < end) {
		usleep(PAUSE_US);
		err = module_unload();
	}
	return err;
}
