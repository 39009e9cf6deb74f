// SPDX-License-Identifier: GPL-2.0
/*
 * The test module ioas_faults: lets an allocation or a user copy of one task fail, on
 * kernels that were built without fault injection.
 *
 *	/sys/kernel/debug/ioas-faults/nth
 *
 * Who writes N there has the N-th from then on fail, and after "N M" all from the N-th to
 * the one before the N+M-th. What it reads is what is left of N, 0 if a fault was met.
 * Reading and writing take it back first. This is what /proc/self/fail-nth does where there
 * is one, and it is the kernel's allocations that fail, whoever asks for them in the task.
 *
 * Probes at the allocators' entries make them return without having run. One task at a
 * time can use it; interrupts are left alone.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

/**
 * struct fault_point - A function that can fail
 * @symbol: its name; a kernel has some of them
 * @gfp: which of its arguments are the allocation's flags, -1 if it is not known
 * @copies: it returns how many bytes it did not copy; the third argument is all of them
 * @probe: at its entry
 * @there: this kernel has it
 */
struct fault_point {
	const char *symbol;
	int gfp;
	bool copies;
	struct kprobe probe;
	bool there;
};

static struct fault_point fault_points[] = {
	/* Linux 5.10 and 6.1 */
	{ "kmem_cache_alloc", 1 },
	{ "kmem_cache_alloc_trace", 1 },
	{ "kmem_cache_alloc_node", 1 },
	{ "kmem_cache_alloc_lru", 2 },
	{ "kmem_cache_alloc_bulk", 1 },
	{ "kmalloc_trace", 1 },
	{ "__kmalloc", 1 },
	{ "__kmalloc_node", 1 },
	{ "__kmalloc_track_caller", 1 },
	{ "__kmalloc_node_track_caller", 1 },
	{ "kvmalloc_node", 1 },
	{ "__alloc_pages_nodemask", 0 },
	{ "__alloc_pages", 0 },
	/* Since 6.10 */
	{ "kmem_cache_alloc_noprof", 1 },
	{ "kmem_cache_alloc_node_noprof", 1 },
	{ "kmem_cache_alloc_lru_noprof", 2 },
	{ "kmem_cache_alloc_bulk_noprof", 1 },
	{ "__kmalloc_cache_noprof", 1 },
	{ "__kmalloc_noprof", -1 },
	{ "__kmalloc_node_noprof", -1 },
	{ "__kmalloc_node_track_caller_noprof", -1 },
	{ "__kvmalloc_node_noprof", -1 },
	{ "__alloc_pages_noprof", 0 },
	{ "__alloc_frozen_pages_noprof", 0 },
	/* All of them */
	{ "_copy_from_user", -1, true },
	{ "_copy_to_user", -1, true },
};

static struct task_struct *fault_task;	/* whose count it is, never dereferenced */
/* That task's alone. */
static unsigned int fault_nth;		/* how many until the first that fails */
static unsigned int fault_more;		/* how many fail after it */
static struct dentry *fault_dir;

/* Where a function goes that is not to run. What it would have returned is set. */
static noinline notrace void fault_return(void)
{
}

static int fault_enter(struct kprobe *probe, struct pt_regs *regs)
{
	struct fault_point *point = container_of(probe, struct fault_point,
						 probe);

	if (READ_ONCE(fault_task) != current || !in_task() ||
	    !(fault_nth + fault_more))
		return 0;
	if (point->gfp >= 0 &&
	    (regs_get_kernel_argument(regs, point->gfp) &
	     (__force unsigned long)__GFP_NOFAIL))
		return 0;
	if (fault_nth > 1) {
		fault_nth--;
		return 0;
	}
	if (!fault_nth)
		fault_more--;
	fault_nth = 0;
	regs_set_return_value(regs, point->copies ?
			      regs_get_kernel_argument(regs, 2) : 0);
	instruction_pointer_set(regs, (unsigned long)fault_return);
	return 1;
}

NOKPROBE_SYMBOL(fault_enter);

/* A probe that has this one, too, is not turned into a jump, which could not return. */
static void fault_after(struct kprobe *probe, struct pt_regs *regs,
			unsigned long flags)
{
}

NOKPROBE_SYMBOL(fault_after);

static ssize_t fault_read(struct file *file, char __user *to, size_t length,
			  loff_t *pos)
{
	char text[16];
	unsigned int left = fault_nth;

	WRITE_ONCE(fault_task, NULL);
	return simple_read_from_buffer(to, length, pos, text,
				       scnprintf(text, sizeof(text), "%u\n",
						 left));
}

static ssize_t fault_write(struct file *file, const char __user *from,
			   size_t length, loff_t *pos)
{
	unsigned int nth, many = 1;
	char text[32] = "";

	WRITE_ONCE(fault_task, NULL);
	if (length >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, length))
		return -EFAULT;
	if (sscanf(text, "%u %u", &nth, &many) < 1 || !many)
		return -EINVAL;
	fault_nth = nth;
	fault_more = many - 1;
	if (nth)
		WRITE_ONCE(fault_task, current);
	return length;
}

static const struct file_operations fault_fops = {
	.owner = THIS_MODULE,
	.read = fault_read,
	.write = fault_write,
};

static void fault_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fault_points); i++)
		if (fault_points[i].there)
			unregister_kprobe(&fault_points[i].probe);
}

static int __init fault_init(void)
{
	unsigned int i, there = 0;

	for (i = 0; i < ARRAY_SIZE(fault_points); i++) {
		struct fault_point *point = &fault_points[i];

		point->probe.symbol_name = point->symbol;
		point->probe.pre_handler = fault_enter;
		point->probe.post_handler = fault_after;
		point->there = !register_kprobe(&point->probe);
		there += point->there;
	}
	/* Some of each kind: slabs, pages, both ways of copying. */
	if (there < 6) {
		pr_err("ioas_faults: this kernel has too few functions to probe\n");
		fault_unregister();
		return -ENXIO;
	}
	fault_dir = debugfs_create_dir("ioas-faults", NULL);
	debugfs_create_file("nth", 0600, fault_dir, NULL, &fault_fops);
	return 0;
}

static void __exit fault_exit(void)
{
	debugfs_remove_recursive(fault_dir);
	fault_unregister();
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_DESCRIPTION("Allocations that fail to order, for tests");
MODULE_LICENSE("GPL");
