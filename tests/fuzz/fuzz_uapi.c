// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random programs of uAPI calls. One that sees an answer which no program before it saw, a
 * command with an errno and a reason, is kept and changed further. Whatever comes, an errno
 * is a documented one and has its reason, and in the end nothing is left pinned or charged.
 *
 * IOASID_FUZZ_SECONDS=N sets how long, IOASID_SEED=N replays what one thread does, and
 * IOASID_FUZZ_PRINT=1 prints the programs that were kept, as lines for the corpus.
 */
#include "kselftest_harness.h"

#include <pthread.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "../kselftest/common.h"
#include "../kselftest/race.h"
#include "../kselftest/soft.h"
#include "../kselftest/stage.h"
#include "../kselftest/type1.h"
#include "fuzz.h"

#define SECONDS		10
#define KEPT		512
#define PER_WORLD	64	/* programs, then everything is made anew */
#define THREADS		3
#define ANSWERS		65536
#define REASONS		64

SOFT_PROGRAM;

static const char * const corpus[] = {
#include "corpus.h"
	NULL
};

static struct fuzz_program kept[KEPT];
static unsigned int num_kept;
static unsigned char seen[ANSWERS];
static __u64 num_answers, num_calls;
static struct tally tally;
static unsigned int num_unexplained;

const struct fuzz_command *fuzz_command(unsigned int n)
{
	const struct fuzz_command *command;

	for (command = fuzz_commands; command->arg.name; command++)
		if (!n--)
			return command;
	for (command = fuzz_extras; command->arg.name; command++)
		if (!n--)
			return command;
	return NULL;
}

unsigned int fuzz_num_commands(void)
{
	static unsigned int count;

	while (fuzz_command(count))
		count++;
	return count;
}

static __u64 setting(const char *name, __u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static __u64 new_seed(void)
{
	__u64 seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		abort();
	return setting("IOASID_SEED", seed) | 1;
}

/* Is this answer new? */
static bool note(__u32 command, int err, __u32 reason)
{
	__u32 answer = fuzz_mix(command * REASONS + reason, err) % ANSWERS;
	bool is_new = !seen[answer];

	seen[answer] = 1;
	num_answers += is_new;
	num_calls++;
	return is_new;
}

static void check(const struct fuzz_answer *answer)
{
	if (!answer->checked)
		return;
	tally_add(&tally, answer->err);
	if (!answer->explained)
		__atomic_add_fetch(&num_unexplained, 1, __ATOMIC_RELAXED);
}

static bool run_program(const struct fuzz_program *program)
{
	struct fuzz_answer answer;
	bool is_new = false;

	for (unsigned int i = 0; i < program->num_calls; i++) {
		answer = fuzz_perform(&program->calls[i]);
		check(&answer);
		is_new |= note(program->calls[i].command, answer.err, answer.reason);
	}
	return is_new;
}

static void next_program(struct fuzz_program *program, struct fuzz_random *random)
{
	if (!num_kept || fuzz_draw(random) % 4 == 0) {
		fuzz_make(program, random);
		return;
	}
	*program = kept[fuzz_draw(random) % num_kept];
	fuzz_change(program, &kept[fuzz_draw(random) % num_kept], random);
}

static void keep(const struct fuzz_program *program, struct fuzz_random *random)
{
	kept[num_kept < KEPT ? num_kept++ : fuzz_draw(random) % KEPT] = *program;
}

/* All that was written down runs first. */
static unsigned int run_corpus(void)
{
	struct fuzz_random random = { 1 };
	struct fuzz_program program;
	unsigned int bad = 0;

	for (const char * const *line = corpus; *line; line++) {
		if (!fuzz_parse(&program, *line)) {
			bad++;
			continue;
		}
		run_program(&program);
		keep(&program, &random);
	}
	return bad;
}

static void print_kept(void)
{
	for (unsigned int i = 0; setting("IOASID_FUZZ_PRINT", 0) && i < num_kept; i++)
		fuzz_print(stderr, &kept[i]);
}

/* Runs of one thread until a time; programs that see something new are kept. */
static void run_worlds(struct fuzz_random *random, __u64 until)
{
	struct fuzz_program program;

	while (now_ms() < until) {
		fuzz_world_open();
		for (unsigned int i = 0; i < PER_WORLD && now_ms() < until; i++) {
			next_program(&program, random);
			if (run_program(&program))
				keep(&program, random);
		}
		fuzz_world_close();
	}
}

struct racer {
	pthread_t thread;
	struct fuzz_random random;
	__u64 until;
};

/* The programs of others are only read, and nothing is kept: the order decides what is seen. */
static void *race(void *arg)
{
	struct racer *racer = arg;
	struct fuzz_program program;

	for (unsigned int i = 0; i < PER_WORLD && now_ms() < racer->until; i++) {
		next_program(&program, &racer->random);
		run_program(&program);
	}
	return NULL;
}

static bool race_in_world(struct racer *racers)
{
	unsigned int started = 0;

	fuzz_world_open();
	while (started < THREADS && !pthread_create(&racers[started].thread, NULL, race,
						    &racers[started]))
		started++;
	for (unsigned int i = 0; i < started; i++)
		pthread_join(racers[i].thread, NULL);
	fuzz_world_close();
	return started == THREADS;
}

FIXTURE(fuzz) {
	__u64 seed;
	__u64 until;
	__u64 locked, pinned;
};

FIXTURE_SETUP(fuzz)
{
	self->seed = new_seed();
	self->locked = locked_bytes(0);
	self->pinned = pinned_pages();
	self->until = now_ms() + setting("IOASID_FUZZ_SECONDS", SECONDS) * 1000;
	TH_LOG("IOASID_SEED=%llu", (unsigned long long)self->seed);
	ASSERT_EQ(0, type1_set(true));
	ASSERT_LT(0, fuzz_world_open());
	EXPECT_EQ(0, run_corpus());
	fuzz_world_close();
}

FIXTURE_TEARDOWN(fuzz)
{
	/* The vocabulary of the uAPI; EBADF of a file that a command names. */
	static const int documented[] = {
		EFAULT, EINVAL, EOPNOTSUPP, ENOENT, ENODEV, EEXIST, EBUSY, EACCES,
		EADDRNOTAVAIL, ENOSPC, ENOMEM, EMSGSIZE, E2BIG, EBADF, 0,
	};

	TH_LOG("%llu calls, %llu different answers, %u programs kept",
	       (unsigned long long)num_calls, (unsigned long long)num_answers, num_kept);
	print_kept();
	EXPECT_EQ(0, type1_set(false));
	EXPECT_EQ(0, tally_check("calls", &tally, documented));
	EXPECT_EQ(0, num_unexplained);
	/* Nothing is pinned for a process that has closed everything. */
	EXPECT_EQ(self->locked, locked_bytes(0));
	EXPECT_EQ(self->pinned, pinned_pages());
}

TEST_F_TIMEOUT(fuzz, alone, 3600)
{
	struct fuzz_random random = { self->seed };
	__u64 answers = num_answers;

	run_worlds(&random, self->until);
	EXPECT_LT(0, num_calls);
	EXPECT_LE(answers, num_answers);
}

TEST_F_TIMEOUT(fuzz, together, 3600)
{
	struct racer racers[THREADS];

	for (unsigned int i = 0; i < THREADS; i++)
		racers[i] = (struct racer){ .random.state = self->seed + i, .until = self->until };
	while (now_ms() < self->until)
		ASSERT_TRUE(race_in_world(racers));
}

TEST_HARNESS_MAIN
