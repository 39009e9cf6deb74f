// SPDX-License-Identifier: GPL-2.0
/*
 * A device is pulled out of the machine while processes map, attach and do DMA with it, and
 * the memory they map is larger than what fits into the moment; then it comes back. One of
 * two devices is open, so that the kernel has to wait for its user's end.
 *
 *	stress_unplug [arguments of the kselftest harness]
 *
 * TEST_TIMES and TEST_SEED as in stress_kill. A device that comes back may be in another
 * group, so this runs behind what needs the groups as they were.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/wait.h>

#include "aftermath.h"
#include "common.h"
#include "crew.h"
#include "repeat.h"
#include "stage.h"
#include "vfio.h"

#define ROUNDS	8

struct unplugged {
	struct crew_log *log;
	__u64 pinned;
	unsigned int chance;
	char names[2][16];
};

FIXTURE(unplugged) {
	struct unplugged scene;
};

FIXTURE_SETUP(unplugged)
{
	if (kernel_before(6, 0))
		SKIP(return, "this kernel's VT-d driver has a bug there");
	self->scene.log = crew_log();
	ASSERT_NE(NULL, self->scene.log);
	self->scene.pinned = pinned_pages();
	ASSERT_NE(~0ULL, self->scene.pinned);
	self->scene.chance = repeat_seed();
	for (unsigned int i = 0; i < 2; i++)
		snprintf(self->scene.names[i], sizeof(self->scene.names[i]), "%s",
			 edu_name(EDU_A + i));
}

FIXTURE_TEARDOWN(unplugged)
{
	if (self->scene.log && (self->scene.log->captain || self->scene.log->mate))
		crew_kill(self->scene.log, 0);
}

/* Removing a device that is open takes until its user is gone. */
static pid_t remove_meanwhile(const char *name)
{
	pid_t pid = fork();

	if (!pid)
		_exit(pci_remove(name));
	return pid;
}

static void play_round(struct __test_metadata *_metadata,
		       struct unplugged *self)
{
	const char *name = self->names[race_random(&self->chance) / 16 % 2];
	int err, status;
	pid_t remover;

	err = crew_start(self->log, race_random(&self->chance));
	ASSERT_EQ(0, err) TH_LOG("%s", self->log->where);
	usleep(race_random(&self->chance) % 80000);
	remover = remove_meanwhile(name);
	ASSERT_GE(remover, 0);
	usleep(race_random(&self->chance) % 80000);
	crew_kill(self->log, race_random(&self->chance));
	ASSERT_EQ(remover, waitpid(remover, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("removing %s", name);
	EXPECT_TRUE(pinned_becomes(self->pinned));
	ASSERT_EQ(0, pci_rescan());
	ASSERT_EQ(0, vfio_bind(name));
	ASSERT_EQ(0, module_unload_in_the_end());
	ASSERT_EQ(0, module_load());
}

TEST_F_TIMEOUT(unplugged, while_in_use, 150)
{
	unsigned int rounds = ROUNDS * repeat_times(), i;

	for (i = 0; i < rounds && _metadata->exit_code == KSFT_PASS; i++)
		play_round(_metadata, &self->scene);
	TH_LOG("pulled out %u times", i);
	crew_report(self->scene.log);
}

TEST_HARNESS_MAIN
