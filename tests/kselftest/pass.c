// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

union fd_message {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int pass_send(int socket, const void *data, size_t size, int fd, int flags)
{
	union fd_message control = { .buf = "" };
	struct iovec iov = { (void *)data, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		control.align.cmsg_len = CMSG_LEN(sizeof(fd));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
	}
	if (sendmsg(socket, &msg, MSG_NOSIGNAL | flags) == (ssize_t)size)
		return 0;
	return errno;
}

bool pass_receive(int socket, void *data, size_t size, int *fd)
{
	union fd_message control;
	struct iovec iov = { data, size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *header;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)size)
		return false;
	header = CMSG_FIRSTHDR(&msg);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return true;
}
