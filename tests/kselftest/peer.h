/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another process that is handed a context and works on it when told.
 *
 * It is forked before the context exists, so that the file descriptor it gets over
 * the socket is all they share, and it has an account of locked memory of its own.
 */
#ifndef IOASID_TEST_PEER_H
#define IOASID_TEST_PEER_H

#include <sys/types.h>

#include <linux/types.h>

#include "common.h"

struct peer {
	pid_t pid;
	int socket;
};

/* What the last command did there: 0 or an errno, and the reason. */
struct peer_answer {
	int err;
	__u32 reason;
	__u64 locked;		/* its VmLck in bytes */
};

#define PEER_PAGES	64	/* memory it has to map */

/*
 * Starts one, as nobody with that RLIMIT_MEMLOCK, or as root without a limit if
 * @limit is ~0. Returns 0 or an errno.
 */
int peer_start(struct peer *peer, __u64 limit);
/* Hands it a file descriptor, which becomes the context it works on. */
int peer_give(struct peer *peer, int fd);
/* It maps @pages of its memory at @iova; unmaps; frees; closes its copy. */
struct peer_answer peer_map(struct peer *peer, __u32 space, __u64 iova,
			    __u64 pages);
struct peer_answer peer_unmap(struct peer *peer, __u32 space, __u64 iova,
			      __u64 pages);
struct peer_answer peer_free(struct peer *peer, __u32 id);
struct peer_answer peer_close(struct peer *peer);
/* It does nothing, and tells its VmLck. */
struct peer_answer peer_idle(struct peer *peer);
/* Ends it and waits until it is gone. */
void peer_stop(struct peer *peer);

#endif /* IOASID_TEST_PEER_H */
