/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the processes of crew.h do: orders drawn by chance, each one command or a few. A
 * process has one struct crew_hand; its threads are the players.
 */
#ifndef IOASID_TEST_CREW_PLAY_H
#define IOASID_TEST_CREW_PLAY_H

#include <pthread.h>

#include "crew.h"
#include "vfio.h"

/* Where the NVMe controller's queues are in the harbour: behind the players' slots. */
#define CREW_QUEUES	0x100000ULL
#define CREW_SLOTS	8
#define CREW_SLOT	(16 * PAGE)
#define CREW_MEMORY	(8 * PAGE)

/* The id of what is not there, before and after it is. */
#define CREW_NOTHING	NO_ID

/* A process and what it has open. */
struct crew_hand {
	struct crew_log *log;
	int fd;			/* the context */
	int file;		/* a memfd of CREW_MEMORY bytes */
	int socket;		/* to the other process */
	char *memory;		/* CREW_MEMORY bytes */
	bool captain;		/* has the devices, too */
	struct dev devs[CREW_DEVICES];
	pthread_mutex_t leaving;
};

/* Plays until the process ends. */
void crew_play(struct crew_hand *hand, unsigned int players);

/* A file descriptor to the other process, as a message of its own. 0 or an errno. */
int crew_send(int socket, int fd, int flags);
/* Waits for one; -1 if there will be none any more. */
int crew_receive(int socket);

__u32 crew_load(const __u32 *id);
void crew_store(__u32 *id, __u32 value);

#endif /* IOASID_TEST_CREW_PLAY_H */
