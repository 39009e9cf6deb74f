// SPDX-License-Identifier: GPL-2.0
/*
 * Another process that is handed a context and works on it when told. Linked into
 * every test program; memlock and lifecycle_death use it.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pass.h"

#define NOBODY	65534

enum request_kind {
	PEER_TAKE,
	PEER_MAP,
	PEER_UNMAP,
	PEER_FREE,
	PEER_CLOSE,
	PEER_IDLE,
};

struct request {
	enum request_kind kind;
	__u32 id;
	__u64 iova;
	__u64 length;
};

static int perform(const struct request *request, int *fd, void *memory)
{
	ea_reset();
	switch (request->kind) {
	case PEER_MAP:
		return do_map(*fd, request->id, memory, request->length,
			      request->iova, RW);
	case PEER_UNMAP:
		return do_unmap(*fd, request->id, request->iova,
				request->length);
	case PEER_FREE:
		return do_free(*fd, request->id);
	case PEER_CLOSE:
		close(*fd);
		*fd = -1;
		return 0;
	case PEER_TAKE:
	case PEER_IDLE:
		break;
	}
	return 0;
}

static int drop_rights(__u64 limit)
{
	const struct rlimit rlimit = { limit, limit };

	if (limit == ~0ULL)
		return 0;
	if (setrlimit(RLIMIT_MEMLOCK, &rlimit) || setgid(NOBODY))
		return -1;
	return setuid(NOBODY);
}

static void serve(int socket, __u64 limit)
{
	void *memory = anon(PEER_PAGES * PAGE);
	struct request request;
	int fd = -1;

	if (!memory || drop_rights(limit))
		_exit(1);
	while (pass_receive(socket, &request, sizeof(request), &fd)) {
		struct peer_answer answer = { 0 };

		answer.err = perform(&request, &fd, memory);
		answer.reason = ea.reason;
		answer.locked = locked_bytes(0);
		if (write(socket, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

int peer_start(struct peer *peer, __u64 limit)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return errno;
	peer->pid = fork();
	if (!peer->pid) {
		close(sockets[0]);
		serve(sockets[1], limit);
	}
	close(sockets[1]);
	peer->socket = sockets[0];
	return peer->pid < 0 ? errno : 0;
}

static struct peer_answer ask(struct peer *peer, const struct request *request,
			      int fd)
{
	struct peer_answer answer = { .err = EPIPE };

	if (pass_send(peer->socket, request, sizeof(*request), fd, 0) ||
	    read(peer->socket, &answer, sizeof(answer)) != sizeof(answer))
		answer.err = EPIPE;
	return answer;
}

int peer_give(struct peer *peer, int fd)
{
	const struct request request = { .kind = PEER_TAKE };

	return ask(peer, &request, fd).err;
}

struct peer_answer peer_map(struct peer *peer, __u32 space, __u64 iova,
			    __u64 pages)
{
	const struct request request = { PEER_MAP, space, iova, pages * PAGE };

	return ask(peer, &request, -1);
}

struct peer_answer peer_unmap(struct peer *peer, __u32 space, __u64 iova,
			      __u64 pages)
{
	const struct request request = { PEER_UNMAP, space, iova, pages * PAGE };

	return ask(peer, &request, -1);
}

struct peer_answer peer_free(struct peer *peer, __u32 id)
{
	const struct request request = { .kind = PEER_FREE, .id = id };

	return ask(peer, &request, -1);
}

struct peer_answer peer_close(struct peer *peer)
{
	const struct request request = { .kind = PEER_CLOSE };

	return ask(peer, &request, -1);
}

struct peer_answer peer_idle(struct peer *peer)
{
	const struct request request = { .kind = PEER_IDLE };

	return ask(peer, &request, -1);
}

void peer_stop(struct peer *peer)
{
	if (peer->pid <= 0)
		return;
	close(peer->socket);
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	peer->pid = 0;
}
