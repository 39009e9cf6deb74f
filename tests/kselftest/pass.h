/* SPDX-License-Identifier: GPL-2.0 */
/* Messages through a Unix socket that may bring a file descriptor along. */
#ifndef IOASID_TEST_PASS_H
#define IOASID_TEST_PASS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sends @size bytes, and @fd if it is not negative. @flags are sendmsg()'s. Returns 0 or an
 * errno.
 */
int pass_send(int socket, const void *data, size_t size, int fd, int flags);
/*
 * Waits for a message of @size bytes. @fd stays as it is if none came along. False if no such
 * message came.
 */
bool pass_receive(int socket, void *data, size_t size, int *fd);

#endif /* IOASID_TEST_PASS_H */
