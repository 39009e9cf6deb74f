// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs act on: contexts, containers with the machine's devices, memory of several
 * kinds, a file. Shared by all threads, which race for it as they like.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest/soft.h"
#include "../kselftest/vfio.h"

#define SOFT(n)		(1000 + (n))
#define NOTHING		(-1)
#define DEVICES		2	/* of a container */
#define FILES		1024	/* that a process may have */
#define KEPT		900	/* the first number that nothing else gets */

struct fuzz_world fuzz_world;

/* A machine may lack some of them; the fuzzer then has less to play with. */
static const struct fuzz_layout {
	unsigned long type;
	int devices[DEVICES];
} fuzz_layout[FUZZ_CONTAINERS] = {
	{ VFIO_IOASID_IOMMU, { EDU_A, NOTHING } },
	{ VFIO_IOASID_IOMMU, { EDU_C0, EDU_C1 } },
	{ VFIO_TYPE1v2_IOMMU, { EDU_B, NOTHING } },
	{ VFIO_IOASID_IOMMU, { MOCK(0), SOFT(0) } },
};

static struct dev fuzz_devices[FUZZ_CONTAINERS][DEVICES];
/* All that is opened from here on is the world's. */
static int fuzz_first_file;

static void fuzz_name_device(struct dev *dev, int n)
{
	dev_init(dev, n < SOFT(0) ? n : NUM_EDU);
	if (n >= SOFT(0))
		dev->name = soft_name(n - SOFT(0));
}

static int fuzz_claim(unsigned int container)
{
	const struct fuzz_layout *layout = &fuzz_layout[container];
	struct dev *devices = fuzz_devices[container];
	int i, err;

	for (i = 0; i < DEVICES; i++) {
		if (layout->devices[i] == NOTHING)
			break;
		fuzz_name_device(&devices[i], layout->devices[i]);
		err = i ? dev_join_inited(&devices[i], &devices[0]) :
			  dev_claim_inited(&devices[i], layout->type);
		if (err)
			return err;
	}
	fuzz_world.containers[container] = devices[0].container;
	return 0;
}

static void fuzz_disclaim(unsigned int container)
{
	int i;

	for (i = DEVICES - 1; i >= 0; i--)
		dev_release(&fuzz_devices[container][i]);
	fuzz_world.containers[container] = -1;
}

int fuzz_world_reclaim(unsigned int container)
{
	fuzz_disclaim(container);
	return fuzz_claim(container);
}

int fuzz_world_toggle(unsigned int container)
{
	struct dev *dev = &fuzz_devices[container][0];
	int device = dev->device;

	dev->device = -1;
	if (device >= 0)
		return close(device) ? errno : 0;
	return device_open(dev->group, dev->name, &dev->device);
}

/**
 * fuzz_world_name() - A name for a bind
 * @n: which
 *
 * Return: a device's name, or a string that is none.
 */
const char *fuzz_world_name(unsigned int n)
{
	static const char long_name[] =
		"0123456789012345678901234567890123456789012345678901234567890123456789";
	const struct dev *dev = &fuzz_devices[n % FUZZ_CONTAINERS][n / FUZZ_CONTAINERS % DEVICES];

	if (n % 32 == 31)
		return n & 32 ? long_name : "";
	return dev->name ? dev->name : "0000:00:00.0";
}

/* Give a file a number that no file gets by itself; it is the file's from now on. */
static int fuzz_keep_at(int file, int number)
{
	int err = file < 0 || dup2(file, number) < 0 ? errno : 0;

	if (file >= 0)
		close(file);
	return err;
}

int fuzz_world_renew(unsigned int context)
{
	return fuzz_keep_at(open("/dev/ioasid", O_RDWR | O_CLOEXEC),
			    fuzz_world.contexts[context]);
}

static bool fuzz_open_fds(void)
{
	unsigned int i;

	fuzz_world.file = KEPT + FUZZ_CONTEXTS;
	if (fuzz_keep_at(memfd_create("fuzz", MFD_CLOEXEC), fuzz_world.file) ||
	    ftruncate(fuzz_world.file, FUZZ_ARENA) < 0)
		return false;
	for (i = 0; i < FUZZ_CONTEXTS; i++) {
		fuzz_world.contexts[i] = KEPT + i;
		if (fuzz_world_renew(i))
			return false;
	}
	return true;
}

static bool fuzz_make_arena(void)
{
	void *arena = mmap(NULL, FUZZ_ARENA, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	fuzz_world.arena = arena == MAP_FAILED ? NULL : arena;
	return fuzz_world.arena;
}

/**
 * fuzz_world_open() - Make everything there is
 *
 * A container whose devices the machine lacks is not there; one at least has to be.
 *
 * Return: how many containers there are; negative if the rest is not there.
 */
int fuzz_world_open(void)
{
	unsigned int i, found = 0;

	fuzz_world.ids = 4;
	if (fcntl(STDIN_FILENO, F_GETFD) < 0)
		open("/dev/null", O_RDONLY);
	fuzz_first_file = dup(STDERR_FILENO);
	if (fuzz_first_file < 0)
		return -1;
	close(fuzz_first_file);
	if (!fuzz_open_fds() || !fuzz_make_arena())
		return -1;
	for (i = 0; i < FUZZ_CONTAINERS; i++)
		found += !fuzz_claim(i);
	return found;
}

/**
 * fuzz_world_close() - Close everything there is
 *
 * Threads that race for one of the world's files may have lost the number of another, or
 * have closed number 0, which is another file then: a device is all zeroes for a moment
 * when it is named anew.
 */
void fuzz_world_close(void)
{
	unsigned int i;
	int file;

	for (i = 0; i < FUZZ_CONTAINERS; i++)
		fuzz_disclaim(i);
	close(STDIN_FILENO);
	for (file = fuzz_first_file; file > STDERR_FILENO && file < FILES; file++)
		close(file);
	munmap(fuzz_world.arena, FUZZ_ARENA);
}
