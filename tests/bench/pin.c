// SPDX-License-Identifier: GPL-2.0
/*
 * What pinning alone costs: the floor under every peer. Called by rows_chunks.c.
 *
 * The kernel measures itself, through debugfs, if it was built with CONFIG_GUP_TEST.
 * The struct is what that file takes; no exported header declares it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"

#define GUP_TEST	"/sys/kernel/debug/gup_test"
#define GUP_WRITE	1

struct gup_request {
	__u64 pin_us;
	__u64 unpin_us;
	__u64 va;
	__u64 length;
	__u32 pages_per_call;
	__u32 gup_flags;
	__u32 test_flags;
	__u32 unused[8];
};

#define GUP_PIN_FAST	 _IOWR('g', 2, struct gup_request)
#define GUP_PIN_LONGTERM _IOWR('g', 3, struct gup_request)

int pin_measure(const struct memory *memory, __u64 chunk, bool longterm,
		__u64 *pin_ns, __u64 *unpin_ns)
{
	struct gup_request request = {
		.va = (__u64)memory->va,
		.length = memory->length,
		.pages_per_call = chunk / PAGE,
		.gup_flags = GUP_WRITE,
	};
	int fd = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, longterm ? GUP_PIN_LONGTERM : GUP_PIN_FAST, &request))
		err = -errno;
	close(fd);
	if (!err && request.length != memory->length)
		err = -EIO;
	*pin_ns = request.pin_us * 1000;
	*unpin_ns = request.unpin_us * 1000;
	return err;
}
