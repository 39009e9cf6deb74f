/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations and user copies that fail to order: the first that a call makes, then the
 * second, until it makes no more. Needs CONFIG_FAULT_INJECTION with failslab and
 * fail_page_alloc, and uses fail_usercopy where it is there; or the module ioas_faults.
 */
#ifndef IOASID_TEST_FAULTS_H
#define IOASID_TEST_FAULTS_H

#include <stdbool.h>

/*
 * Something that is done under faults. All functions get what they work on, and return
 * 0 or an errno.
 */
struct fault_case {
	/* Before every attempt: all that the call needs, and takes away. */
	int (*prepare)(void *rig);
	/* What is tried; once more, without faults, if it failed. */
	int (*call)(void *rig);
	/* After every attempt: the machine is as it was before prepare(). */
	void (*end)(void *rig);
	/* The context that must be as it was if the call fails; NULL if there is none. */
	int (*context)(void *rig);
	/* It may fail with EIO, and then has changed something. */
	bool may_block;
	/* Before this version the kernel's own code on the way does not bear faults. */
	unsigned int since;	/* as KERNEL(6, 12) */
	/* Only one fault at a time: code of the kernel on the way does not bear more. */
	bool single;
	/* It leaves its reason in @ea. */
	bool explains;
};

#define KERNEL(_major, _minor)	((_major) << 8 | (_minor))

/*
 * A case of a program whose functions end() and context() are for all its cases. What else
 * holds of it comes last.
 */
#define FAULT_CASE(_name, _prepare, _call, ...)				\
	static const struct fault_case case_##_name = {			\
		.prepare = _prepare,					\
		.call = _call,						\
		.end = end,						\
		.context = context,					\
		__VA_ARGS__						\
	}

/* NULL if the case can be run, else what this kernel lacks for it. */
const char *faults_missing(const struct fault_case *what);

/*
 * Runs a case with every fault, and with many that begin there. NULL if all went well,
 * else what did not; of the @attempts, so many @failures.
 */
const char *faults_sweep(const struct fault_case *what, void *rig,
			 unsigned int *attempts, unsigned int *failures);

/* In a test. Where faults are missing its fixture skips it. */
#define FAULTS_SWEEP(_case, _rig)					\
	do {								\
		unsigned int _attempts, _failures;			\
		const char *_wrong = faults_sweep(_case, _rig, &_attempts, \
						  &_failures);		\
									\
		EXPECT_EQ(NULL, _wrong)					\
			TH_LOG("attempt %u: %s", _attempts, _wrong);	\
		TH_LOG("%u attempts, %u failures", _attempts, _failures); \
	} while (0)

#endif /* IOASID_TEST_FAULTS_H */
