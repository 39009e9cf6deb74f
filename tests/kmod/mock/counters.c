// SPDX-License-Identifier: GPL-2.0
/*
 * What happened, and what is to happen, in debugfs: see mock.h. Called when the module is
 * loaded and unloaded.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "mock/internal.h"

static struct dentry *mock_dir;

static void show(struct seq_file *m, const char *name, atomic_long_t *counter)
{
	seq_printf(m, "%s %ld\n", name, atomic_long_read(counter));
}

static int iommu_show(struct seq_file *m, void *unused)
{
	struct mock_iommu *mi = m->private;

	show(m, "maps", &mi->maps);
	show(m, "unmaps", &mi->unmaps);
	show(m, "flushes", &mi->flushes);
	show(m, "domains", &mi->domains);
	show(m, "entries", &mi->entries);
	show(m, "faults", &mi->faults);
	show(m, "bypassed", &mi->bypassed);
	show(m, "refused", &mi->refused);
	show(m, "misuse", &mi->misuse);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(iommu);

static void show_domain(struct seq_file *m, struct mock_domain *domain)
{
	show(m, "entries", &domain->entries);
	show(m, "large", &domain->large);
	seq_printf(m, "dirty %d\nenforced %d\n", domain->dirty_tracking,
		   domain->enforced);
}

static int device_show(struct seq_file *m, void *unused)
{
	struct mock_device *md = m->private;
	struct mock_domain *domain;
	unsigned int pasids = 0;
	unsigned long pasid;

	seq_printf(m, "iommu %u\ngroup %d\n", md->iommu->index, (int)md->group);
	/* Nobody frees a domain while a device is in it. */
	read_lock(&md->lock);
	domain = md->domain;
	seq_printf(m, "domain %d\n",
		   domain ? (int)domain->id : md->blocked ? 0 : -1);
	if (domain)
		show_domain(m, domain);
	xa_for_each(&md->pasids, pasid, domain) {
		seq_printf(m, "pasid.%lu %u\n", pasid, domain->id);
		pasids++;
	}
	read_unlock(&md->lock);
	seq_printf(m, "pasids %u\n", pasids);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(device);

static int attach_show(struct seq_file *m, void *unused)
{
	mock_refuse_show(m, m->private);
	return 0;
}

static int attach_open(struct inode *inode, struct file *file)
{
	return single_open(file, attach_show, inode->i_private);
}

static ssize_t attach_write(struct file *file, const char __user *user,
			    size_t count, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	char text[128];
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, user, count))
		return -EFAULT;
	text[count] = '\0';
	ret = mock_refuse_set(m->private, text);
	return ret ? ret : count;
}

static const struct file_operations attach_fops = {
	.owner = THIS_MODULE,
	.open = attach_open,
	.read = seq_read,
	.write = attach_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int check_show(struct seq_file *m, void *unused)
{
	return mock_check(m);
}
DEFINE_SHOW_ATTRIBUTE(check);

/**
 * mock_counters_init() - Make the files
 */
void mock_counters_init(void)
{
	char name[32];
	unsigned int i;

	mock_dir = debugfs_create_dir("ioas-mock", NULL);
	debugfs_create_file("check", 0400, mock_dir, NULL, &check_fops);
	for (i = 0; i < MOCK_MAX_IOMMUS && mock_iommus[i]; i++) {
		snprintf(name, sizeof(name), "iommu%u", i);
		debugfs_create_file(name, 0400, mock_dir, mock_iommus[i],
				    &iommu_fops);
	}
	for (i = 0; i < MOCK_MAX_DEVICES && mock_devices[i]; i++) {
		snprintf(name, sizeof(name), "ioas-mock.%u", i);
		debugfs_create_file(name, 0400, mock_dir, mock_devices[i],
				    &device_fops);
		strlcat(name, ".attach", sizeof(name));
		debugfs_create_file(name, 0600, mock_dir, mock_devices[i],
				    &attach_fops);
	}
}

/**
 * mock_counters_exit() - Remove the files
 */
void mock_counters_exit(void)
{
	debugfs_remove_recursive(mock_dir);
}
