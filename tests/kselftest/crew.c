// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes that share a context: see crew.h. Their beginning, their devices, and
 * their end; what they do in between is in crew_play.c.
 */
#define _GNU_SOURCE
#include "crew.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew_play.h"
#include "dma.h"
#include "nvme.h"

#define CAPTAINS_PLAYERS	3
#define MATES_PLAYERS		2
#define OPEN_ATTEMPTS		500
#define OPEN_PAUSE_US		10000
#define START_MS		120000
#define HALT_MS			120000

/* What only the captain has. */
struct captain {
	struct crew_hand hand;
	struct engine engine;
	char *queues;
	struct dev ship;	/* an NVMe controller; without a name: there is none */
	char ship_name[16];
	struct nvme nvme;
};

struct crew_log *crew_log(void)
{
	struct crew_log *log = mmap(NULL, sizeof(*log), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return log == MAP_FAILED ? NULL : log;
}

static int failed(struct crew_log *log, const char *where, int err)
{
	if (err)
		log->where = where;
	return err;
}

static int open_context(struct captain *captain)
{
	struct crew_log *log = captain->hand.log;
	int err = 0;

	captain->hand.fd = ctx_open();
	if (captain->hand.fd < 0)
		return failed(log, "the context", errno);
	err = do_alloc_granule(captain->hand.fd, PAGE, &log->harbour);
	for (unsigned int i = 0; i < CREW_SPACES && !err; i++)
		err = do_alloc(captain->hand.fd, &log->spaces[i]);
	return failed(log, "its spaces", err);
}

/* One device shares a container with the first, two share a group. */
static int claim_devices(struct captain *captain)
{
	struct dev *devs = captain->hand.devs;
	int err = dev_claim(&devs[EDU_A], EDU_A);

	err = err ? err : dev_join(&devs[EDU_B], EDU_B, &devs[EDU_A]);
	err = err ? err : dev_claim(&devs[EDU_C0], EDU_C0);
	err = err ? err : dev_join(&devs[EDU_C1], EDU_C1, &devs[EDU_C0]);
	return failed(captain->hand.log, "the devices", err);
}

static int bind_devices(struct captain *captain)
{
	struct crew_hand *hand = &captain->hand;
	int err = 0;

	for (unsigned int i = 0; i < CREW_DEVICES && !err; i++) {
		err = dev_bind(&hand->devs[i], hand->fd);
		hand->log->devices[i] = hand->devs[i].id;
	}
	err = err ? err : do_attach(hand->fd, hand->devs[EDU_A].id,
				    hand->log->spaces[0]);
	err = err ? err : engine_open(&captain->engine, &hand->devs[EDU_A]);
	return failed(hand->log, "binding", err);
}

static int board_ship(struct captain *captain)
{
	struct crew_hand *hand = &captain->hand;
	struct dev *ship = &captain->ship;
	int err;

	ship->name = nvme_find(captain->ship_name, sizeof(captain->ship_name));
	if (!ship->name)
		return 0;
	err = dev_claim_inited(ship, VFIO_IOASID_IOMMU);
	err = err ? err : dev_bind(ship, hand->fd);
	err = err ? err : do_map(hand->fd, hand->log->harbour, captain->queues,
				 NVME_MEMORY, CREW_QUEUES, RW);
	err = err ? err : do_attach(hand->fd, ship->id, hand->log->harbour);
	err = err ? err : device_open(ship->group, ship->name, &ship->device);
	err = err ? err : abs(nvme_open(&captain->nvme, ship->device,
					captain->queues, CREW_QUEUES));
	return failed(hand->log, "the NVMe controller", err);
}

static int open_everything(struct captain *captain, bool devices_first)
{
	int err = devices_first ? claim_devices(captain) : open_context(captain);

	err = err ? err : devices_first ? open_context(captain) :
					  claim_devices(captain);
	err = err ? err : bind_devices(captain);
	return err ? err : board_ship(captain);
}

static void close_everything(struct captain *captain)
{
	nvme_close(&captain->nvme);
	engine_close(&captain->engine);
	dev_release(&captain->ship);
	for (int i = CREW_DEVICES - 1; i >= 0; i--)
		dev_release(&captain->hand.devs[i]);
	if (captain->hand.fd >= 0)
		close(captain->hand.fd);
	captain->hand.fd = -1;
}

static void captain_init(struct captain *captain)
{
	for (unsigned int i = 0; i < CREW_DEVICES; i++)
		dev_init(&captain->hand.devs[i], i);
	dev_init(&captain->ship, NUM_EDU);
	memset(&captain->engine, 0, sizeof(captain->engine));
	memset(&captain->nvme, 0, sizeof(captain->nvme));
	captain->hand.fd = -1;
}

/* Somebody may be unloading the module meanwhile, and loading it. */
static int open_in_the_end(struct captain *captain)
{
	int err = 0;

	captain->queues = anon_populated(NVME_MEMORY);
	if (!captain->queues)
		return failed(captain->hand.log, "memory", errno);
	for (unsigned int i = 0; i < OPEN_ATTEMPTS; i++) {
		captain_init(captain);
		err = open_everything(captain, captain->hand.log->seed & 1);
		if (!err)
			break;
		close_everything(captain);
		usleep(OPEN_PAUSE_US);
	}
	return err;
}

/* The controller writes about itself wherever it may, and where it may not. */
static void *sail(void *arg)
{
	struct captain *captain = arg;
	struct crew_log *log = captain->hand.log;
	unsigned int chance = log->seed + 100;
	struct nvme_identity identity;
	int status = 0;

	while (status >= 0) {
		__u64 iova = (1 + race_random(&chance) % CREW_SLOTS) * CREW_SLOT;

		iova += race_random(&chance) % 4 * PAGE;
		status = nvme_identify(&captain->nvme, log->reached, iova,
				       &identity);
		/* It does not always know that DMA was refused. */
		if (!status && identity.vendor)
			__atomic_add_fetch(&log->dmas, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void row(struct captain *captain)
{
	unsigned int chance = captain->hand.log->seed + 200;

	for (;;) {
		__u64 iova = (1 + race_random(&chance) % CREW_SLOTS) * CREW_SLOT;

		if (race_random(&chance) & 1)
			engine_load(&captain->engine, iova);
		else
			engine_store(&captain->engine, iova);
	}
}

static void be_at_work(struct crew_log *log)
{
	__atomic_add_fetch(&log->ready, 1, __ATOMIC_RELEASE);
}

static void captain_main(struct crew_hand *hand)
{
	struct captain captain = { .hand = *hand };
	struct crew_log *log = hand->log;
	pthread_t thread;

	captain.hand.captain = true;
	pthread_mutex_init(&captain.hand.leaving, NULL);
	__atomic_store_n(&log->failed, open_in_the_end(&captain),
			 __ATOMIC_RELEASE);
	if (log->failed)
		_exit(1);
	crew_send(captain.hand.socket, captain.hand.fd, 0);
	crew_play(&captain.hand, CAPTAINS_PLAYERS);
	if (captain.ship.name &&
	    pthread_create(&thread, NULL, sail, &captain))
		abort();
	be_at_work(log);
	row(&captain);
}

/* What comes through the socket after the context is the same again: it is not kept. */
static void mate_main(struct crew_hand *hand)
{
	unsigned int chance = hand->log->seed + 300;

	hand->fd = crew_receive(hand->socket);
	if (hand->fd < 0)
		_exit(1);
	crew_play(hand, MATES_PLAYERS);
	be_at_work(hand->log);
	for (;;) {
		int fd = crew_receive(hand->socket);

		if (fd < 0)
			pause();
		usleep(race_random(&chance) % 2000);
		close(fd);
	}
}

static pid_t launch(struct crew_log *log, int file, const int *sockets,
		    unsigned int which, void (*run)(struct crew_hand *hand))
{
	pid_t pid = fork();
	struct crew_hand hand = {
		.log = log,
		.file = file,
		.socket = sockets[which],
		.fd = -1,
	};

	if (pid)
		return pid;
	close(sockets[!which]);
	hand.memory = anon_populated(CREW_MEMORY);
	if (!hand.memory)
		_exit(1);
	run(&hand);
	_exit(1);
}

static void forget(struct crew_log *log, unsigned int seed)
{
	log->seed = seed ? seed : 1;
	log->ready = 0;
	log->failed = 0;
	for (unsigned int i = 0; i < CREW_MEMORIES; i++)
		log->memories[i] = CREW_NOTHING;
}

static int await_both(struct crew_log *log)
{
	__u64 end = now_ms() + START_MS;

	while (__atomic_load_n(&log->ready, __ATOMIC_ACQUIRE) < 2) {
		int err = __atomic_load_n(&log->failed, __ATOMIC_ACQUIRE);

		if (err)
			return err;
		if (now_ms() > end)
			return failed(log, "waiting for both", ETIMEDOUT);
		usleep(1000);
	}
	return 0;
}

int crew_start(struct crew_log *log, unsigned int seed)
{
	int file = memfd_create("crew", MFD_CLOEXEC), sockets[2];

	forget(log, seed);
	if (file < 0 || ftruncate(file, CREW_MEMORY) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return failed(log, "the socket", errno);
	log->captain = launch(log, file, sockets, 0, captain_main);
	log->mate = launch(log, file, sockets, 1, mate_main);
	close(sockets[0]);
	close(sockets[1]);
	close(file);
	if (log->captain < 0 || log->mate < 0)
		return failed(log, "fork", EAGAIN);
	return await_both(log);
}

/* The letter that /proc has for a thread's state, 0 if the thread is no more. */
static char thread_state(pid_t pid, const char *tid)
{
	char path[64], line[512];
	const char *end = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stat", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file))
		end = strrchr(line, ')');
	fclose(file);
	return end ? end[2] : 0;
}

static bool is_halted(pid_t pid)
{
	bool halted = true;
	struct dirent *entry;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	while (folder && halted && (entry = readdir(folder)))
		halted = !isdigit(entry->d_name[0]) ||
			 thread_state(pid, entry->d_name) == 'T';
	if (folder)
		closedir(folder);
	return halted;
}

__u64 crew_halt(struct crew_log *log)
{
	__u64 end = now_ms() + HALT_MS;

	kill(log->captain, SIGSTOP);
	kill(log->mate, SIGSTOP);
	while (!is_halted(log->captain) || !is_halted(log->mate)) {
		if (now_ms() > end)
			return ~0ULL;
		usleep(1000);
	}
	return (locked_bytes(log->captain) + locked_bytes(log->mate)) / PAGE;
}

void crew_go_on(struct crew_log *log)
{
	kill(log->captain, SIGCONT);
	kill(log->mate, SIGCONT);
}

void crew_kill(struct crew_log *log, unsigned int chance)
{
	pid_t first = chance & 1 ? log->captain : log->mate;
	pid_t second = chance & 1 ? log->mate : log->captain;

	if (first > 0)
		kill(first, SIGKILL);
	/* One of them may go on alone for a while, or wait for the other's end. */
	if (chance & 2)
		usleep(chance / 4 % 20000);
	if (chance & 4 && first > 0)
		waitpid(first, NULL, 0);
	if (second > 0)
		kill(second, SIGKILL);
	if (!(chance & 4) && first > 0)
		waitpid(first, NULL, 0);
	if (second > 0)
		waitpid(second, NULL, 0);
	log->captain = 0;
	log->mate = 0;
}
