// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning of large ranges by several threads: faulting in and pinning the memory of a
 * virtual machine is what its user waits for.
 *
 * The range is cut into slices, which the calling thread and some kernel threads take
 * one after the other. Each slice has runs of its own, which are joined in order when
 * all is done. The kernel threads can be killed, and are when the caller gets a
 * signal: a fault can wait for user space, which may be waiting for the caller.
 *
 * Called by memory.c under no lock.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/cpuset.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "memory/memory.h"

static unsigned int pin_threads;
module_param(pin_threads, uint, 0644);
MODULE_PARM_DESC(pin_threads,
		 "Most threads that pin the memory of one large mapping; 1: only the calling one, 0 (default): as many as it has CPUs, up to 16");

#define IOAS_TEAM_DEFAULT	16
#define IOAS_TEAM_MOST		64
#define IOAS_SLICE_PAGES	(SZ_32M >> PAGE_SHIFT)

/**
 * struct ioas_team - Threads that pin a range
 * @pin: the range
 * @mm: whose it is
 * @slices: runs of each slice
 * @count: how many slices
 * @next: the next one to be taken
 * @stop: no more slices, and no more steps of those under way
 * @lock: protects @err and @err_va
 * @err: the first error
 * @err_va: where it was
 * @running: threads at work, the caller not included, and one for the caller
 * @done: none is at work any more
 */
struct ioas_team {
	struct ioas_pin *pin;
	struct mm_struct *mm;
	struct ioas_runs *slices;
	unsigned int count;
	atomic_t next;
	bool stop;
	spinlock_t lock; /* protects err and err_va */
	int err;
	unsigned long err_va;
	atomic_t running;
	struct completion done;
};

static unsigned int ioas_team_size(void)
{
	unsigned int limit = READ_ONCE(pin_threads);
	unsigned int cpus = cpumask_weight(current->cpus_ptr);

	limit = limit ? min_t(unsigned int, limit, IOAS_TEAM_MOST) :
			IOAS_TEAM_DEFAULT;
	return min(limit, cpus);
}

/*
 * Memory that a kernel thread faults in is placed by the kernel thread's policy. Where
 * the caller has one of its own, it faults in itself.
 */
static bool ioas_placement_is_default(void)
{
#ifdef CONFIG_NUMA
	if (current->mempolicy)
		return false;
#endif
	return nodes_subset(node_states[N_MEMORY], cpuset_current_mems_allowed);
}

/**
 * ioas_team_possible() - May several threads pin for the caller
 *
 * Return: true if ioas_pin_team() is of use for a large range.
 */
bool ioas_team_possible(void)
{
	return ioas_team_size() > 1 && ioas_placement_is_default();
}

static void ioas_team_fail(struct ioas_team *team, int err, unsigned long va)
{
	spin_lock(&team->lock);
	if (!team->err) {
		team->err = err;
		team->err_va = va;
	}
	spin_unlock(&team->lock);
	WRITE_ONCE(team->stop, true);
}

static void ioas_pin_slice(struct ioas_team *team, unsigned int i)
{
	unsigned long first = (unsigned long)i * IOAS_SLICE_PAGES;
	struct ioas_pin pin = {
		.runs = &team->slices[i],
		.va = team->pin->va + first * PAGE_SIZE,
		.pages = min_t(unsigned long, IOAS_SLICE_PAGES,
			       team->pin->pages - first),
		.writable = team->pin->writable,
		.killable = team->pin->killable,
		.stop = &team->stop,
	};
	int ret = ioas_pin(&pin);

	if (ret)
		ioas_team_fail(team, ret, pin.va);
}

/* What every member of the team does. */
static void ioas_take_slices(struct ioas_team *team)
{
	unsigned int i;

	while (!READ_ONCE(team->stop)) {
		i = atomic_fetch_inc(&team->next);
		if (i >= team->count)
			return;
		ioas_pin_slice(team, i);
		if (ioas_pin_interrupted(team->pin))
			ioas_team_fail(team, -EINTR, 0);
	}
}

static void ioas_leave_team(struct ioas_team *team)
{
	if (atomic_dec_and_test(&team->running))
		complete(&team->done);
}

static int ioas_team_thread(void *data)
{
	struct ioas_team *team = data;

	allow_signal(SIGKILL);
	kthread_use_mm(team->mm);
	ioas_take_slices(team);
	kthread_unuse_mm(team->mm);
	ioas_leave_team(team);

	/* The team is gone from here on. kthread_stop() sees to it that we are, too. */
	set_current_state(TASK_IDLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_IDLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static struct task_struct *ioas_start_thread(struct ioas_team *team)
{
	struct task_struct *task = kthread_create(ioas_team_thread, team,
						  "ioasid_pin/%d",
						  task_pid_nr(current));

	if (IS_ERR(task))
		return NULL;
	/* The caller's CPUs are the ones it may burn. */
	set_cpus_allowed_ptr(task, current->cpus_ptr);
	atomic_inc(&team->running);
	wake_up_process(task);
	return task;
}

/* Fewer threads than wished for are no failure. */
static unsigned int ioas_start_threads(struct ioas_team *team,
				       struct task_struct **threads,
				       unsigned int wanted)
{
	unsigned int n;

	for (n = 0; n < wanted; n++) {
		threads[n] = ioas_start_thread(team);
		if (!threads[n])
			break;
	}
	return n;
}

static void ioas_await_threads(struct ioas_team *team,
			       struct task_struct **threads, unsigned int n)
{
	unsigned int i;

	ioas_leave_team(team);
	if (team->stop || wait_for_completion_interruptible(&team->done)) {
		ioas_team_fail(team, -EINTR, 0);
		for (i = 0; i < n; i++)
			send_sig(SIGKILL, threads[i], 1);
		wait_for_completion(&team->done);
	}
	for (i = 0; i < n; i++)
		kthread_stop(threads[i]);
}

static void ioas_run_team(struct ioas_team *team)
{
	struct task_struct *threads[IOAS_TEAM_MOST];
	unsigned int wanted = min(ioas_team_size(), team->count) - 1;

	wanted = ioas_start_threads(team, threads, wanted);
	ioas_take_slices(team);
	ioas_await_threads(team, threads, wanted);
}

/*
 * Two slices that have parts of one hugetlb page have pinned it twice. Where the parts
 * become one run they are unpinned as one page, so the second pin goes. The slice
 * forgets it as well: it is looked at again if a later one cannot be joined.
 */
static int ioas_join_slices(struct ioas_team *team)
{
	struct ioas_runs *runs = team->pin->runs;
	unsigned int i;

	for (i = 0; i < team->count; i++) {
		bool twice = ioas_runs_meet_in_page(runs, &team->slices[i]);

		if (!ioas_runs_join(runs, &team->slices[i]))
			return -ENOMEM;
		if (twice)
			ioas_runs_drop_first(&team->slices[i]);
	}
	return 0;
}

static void ioas_unpin_slices(struct ioas_team *team)
{
	unsigned int i;

	for (i = 0; i < team->count; i++)
		ioas_unpin_runs(&team->slices[i], false);
}

static void ioas_free_slices(struct ioas_team *team)
{
	unsigned int i;

	for (i = 0; i < team->count; i++)
		ioas_runs_free(&team->slices[i]);
	kvfree(team->slices);
}

static int ioas_make_slices(struct ioas_team *team)
{
	unsigned int i;

	team->count = DIV_ROUND_UP(team->pin->pages, IOAS_SLICE_PAGES);
	team->slices = kvmalloc_array(team->count, sizeof(*team->slices),
				      GFP_KERNEL_ACCOUNT);
	if (!team->slices)
		return -ENOMEM;
	for (i = 0; i < team->count; i++)
		ioas_runs_init(&team->slices[i]);
	return 0;
}

/**
 * ioas_pin_team() - Pin a range of the current mm by several threads
 * @pin: what and whereto, no more pages than the machine has; its @va is where it failed,
 *	if it did
 *
 * Context: as ioas_pin().
 * Return: 0 or -ENOMEM, -EFAULT, -EINTR; then nothing is pinned.
 */
int ioas_pin_team(struct ioas_pin *pin)
{
	struct ioas_team team = {
		.pin = pin,
		.mm = current->mm,
		.next = ATOMIC_INIT(0),
		.running = ATOMIC_INIT(1),
	};
	int ret;

	ret = ioas_make_slices(&team);
	if (ret)
		return ret;
	spin_lock_init(&team.lock);
	init_completion(&team.done);
	ioas_run_team(&team);
	ret = team.err ?: ioas_join_slices(&team);
	if (ret) {
		/* What was joined is in the slices as well. */
		ioas_runs_free(pin->runs);
		ioas_unpin_slices(&team);
		pin->va = team.err_va;
	}
	ioas_free_slices(&team);
	return ret;
}
