/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of ioasid-bench share: time, memory, peers, the report.
 *
 * ioasid-bench runs inside a guest, one row per process, and measures the same work
 * on every peer in turn. The lab starts it and reads what it prints. Functions
 * return 0 or a negative errno unless they say otherwise.
 */
#ifndef IOASID_BENCH_H
#define IOASID_BENCH_H

#include <stdbool.h>

#include <linux/types.h>

#define PAGE		4096ULL
#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)

/* Where rows map: above what platforms reserve, in 39-bit address widths. */
#define IOVA_BASE	(4 * GIB)

/* ---- clock.c ---- */

/* Nanoseconds, which are guest instructions under -icount shift=0. */
__u64 now_ns(void);

/*
 * Adds up the time between start and stop, less what reading the clock costs. @op is
 * what is measured, as the report has it. Between the first start and stop that a
 * profile was asked for, the host records every instruction; see gate.c.
 */
struct stopwatch {
	const char *op;
	__u64 total;
	__u64 started;
};

void stopwatch_start(struct stopwatch *watch);
void stopwatch_stop(struct stopwatch *watch);

/* ---- gate.c ---- */

/* Wait for the host to start recording @op, if it wants to; and to stop. */
void gate_open(const char *op);
void gate_close(void);

/* ---- memory.c ---- */

/*
 * How user memory is made. The first two are 4 KiB pages: touched in ascending
 * order, which gives long physical runs, and in an order that gives none. So are huge
 * pages, as they lie on a host that has been up for long. The last two are not
 * touched at all.
 */
enum memory_kind {
	MEMORY_CONTIGUOUS,
	MEMORY_SCATTERED,
	MEMORY_THP,
	MEMORY_HUGETLB_2M,
	MEMORY_HUGETLB_1G,
	MEMORY_UNTOUCHED,
	MEMORY_UNTOUCHED_THP,
};

struct memory {
	enum memory_kind kind;
	char *va;
	__u64 length;
	__u64 runs;		/* physically contiguous stretches, 0 if untouched */
	__u64 aligned;		/* pages that are where they would be in a 2 MiB page */
	void *mapping;
	__u64 mapped;
};

/* Fails with -EUCLEAN if the pages did not become what @kind promises. */
int memory_get(struct memory *memory, enum memory_kind kind, __u64 length);
/* Writes to every page; what a fault costs without any IOMMU. */
void memory_touch(const struct memory *memory);
void memory_put(struct memory *memory);

/* ---- sysfs.c ---- */

/* A file of one number, in /sys or /proc. */
int file_read(const char *path, __u64 *value);
int file_write(const char *path, __u64 value);

/* ---- report.c ---- */

/* Measurements are printed only in repetitions that count; see row_repeat(). */
void report_quiet(bool quiet);
bool report_is_quiet(void);
void report_sample(const char *row, const char *peer, const char *op, __u64 units,
		   __u64 value);
void report_fact(const char *row, const char *name, __u64 value);
/* This peer cannot do it; @why says what is missing. */
void report_absent(const char *row, const char *peer, const char *op,
		   const char *why);
/* It should have worked; makes the program fail. -ENOTTY is report_absent(). */
void report_error(const char *row, const char *peer, const char *op, int err);
bool report_failed(void);

/* ---- peers ---- */

struct range {
	char *va;
	__u64 length;
	__u64 iova;
};

#define PEER_DEVICES	2

/*
 * A way to give devices access to user memory. An open peer owns two devices, each
 * attached to a space of its own; @space is 0 or 1. What not every peer has may be
 * NULL, and is then explained by @lacks.
 */
struct peer {
	const char *name;
	const char *lacks;
	int (*open)(const char *const devices[PEER_DEVICES]);
	void (*close)(void);
	/* The cheapest call: an unknown command, which must be refused. */
	int (*null_call)(void);
	int (*map)(unsigned int space, const struct range *range);
	int (*unmap)(unsigned int space, __u64 iova, __u64 length);
	int (*unmap_all)(unsigned int space);
	/* Many ranges in one call, whose arguments are made ready beforehand. */
	int (*prepare_batch)(const struct range *ranges, unsigned int count);
	int (*map_batch)(unsigned int space);
	/* Make memory ready to be mapped in several spaces; and the opposite. */
	int (*share)(const struct range *range);
	void (*unshare)(void);
	int (*map_shared)(unsigned int space, const struct range *range);
	/*
	 * Map so that fill() has work to do; then let fill() make a new I/O page
	 * table that mirrors it, and drain() drop that table again.
	 */
	int (*populate)(const struct range *range);
	int (*fill)(void);
	int (*drain)(void);
	void (*unpopulate)(void);
};

extern const struct peer peer_type1;
extern const struct peer peer_iommufd;
extern const struct peer peer_ioasid;
extern const struct peer peer_ioasid_type1;

/* Opens the peers that were asked for and are there; tells of the others. */
void peers_open(const char *row);
void peers_close(void);
/* Starts from nothing again: spaces and their I/O page tables are new. */
int peer_reopen(const struct peer *peer);
/* The open ones: for (i = 0; (peer = peer_nth(i)); i++) */
const struct peer *peer_nth(unsigned int i);

/* ---- pin.c ---- */

/*
 * What pinning alone costs, through the kernel's gup_test: nanoseconds for all of
 * @memory in calls of @chunk bytes.
 */
int pin_measure(const struct memory *memory, __u64 chunk, bool longterm,
		__u64 *pin_ns, __u64 *unpin_ns);

#endif /* IOASID_BENCH_H */
