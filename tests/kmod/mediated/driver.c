// SPDX-License-Identifier: GPL-2.0
/*
 * Devices whose driver is not VFIO's: each open file of /dev/ioas-test-driver is one. It
 * binds itself to a context by include/ioasid, and has the same engine as the others.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ioas_compat_config.h"
#include "mediated/internal.h"

#if IOAS_HAVE_SYMBOL_NAMESPACE_STRING
MODULE_IMPORT_NS("IOASIDFD");
#else
MODULE_IMPORT_NS(IOASIDFD);
#endif

/**
 * struct mediated_bound - An open file
 * @md: what it does
 * @lock: held for write to bind and unbind, for read to use the binding
 * @device: the binding, NULL if there is none
 * @gone: how many times it was told that the context is
 */
struct mediated_bound {
	struct mediated *md;
	struct rw_semaphore lock;
	struct ioasidfd_device *device;
	atomic_t gone;
};

static struct miscdevice misc;

static int driver_rw(struct mediated *md, u64 iova, void *data, size_t length,
		     bool write)
{
	struct ioasidfd_device *device = md->bound->device;

	if (write)
		return ioasidfd_write(device, iova, data, length);
	return ioasidfd_read(device, iova, data, length);
}

static int driver_pin(struct mediated *md, u64 iova, unsigned int count,
		      bool write, struct page **pages)
{
	u32 prot = IOASID_PROT_READ | (write ? IOASID_PROT_WRITE : 0);

	return ioasidfd_pin(md->bound->device, iova, count, prot, pages);
}

static void driver_unpin(struct mediated *md, u64 iova, unsigned int count)
{
	ioasidfd_unpin(md->bound->device, iova, count);
}

static const struct mediated_backend backend = {
	.rw = driver_rw,
	.pin = driver_pin,
	.unpin = driver_unpin,
};

static void told_unmap(void *data, u64 iova, u64 length)
{
	struct mediated_bound *bound = data;

	mediated_unmap(bound->md, iova, length);
}

static void told_gone(void *data)
{
	struct mediated_bound *bound = data;

	atomic_inc(&bound->gone);
}

static int told_pasid_attach(void *data, u32 pasid, u32 hw_pasid)
{
	struct mediated_bound *bound = data;

	return mediated_pair_attach(bound->md, pasid, hw_pasid);
}

static void told_pasid_detach(void *data, u32 pasid, u32 hw_pasid)
{
	struct mediated_bound *bound = data;

	mediated_pair_detach(bound->md, pasid, hw_pasid);
}

static const struct ioasidfd_ops ops = {
	.unmap = told_unmap,
	.gone = told_gone,
	.pasid_attach = told_pasid_attach,
	.pasid_detach = told_pasid_detach,
};

static int explain(const struct ioasid_extack *extack, u64 user)
{
	void __user *to = u64_to_user_ptr(user);

	return to && copy_to_user(to, extack, sizeof(*extack)) ? -EFAULT : 0;
}

static int bind_file(struct mediated_bound *bound, struct file *file,
		     const struct mediated_bind *args)
{
	struct ioasid_extack extack = { };
	const struct ioasidfd_binding binding = {
		.what = {
			.dev = misc.this_device,
			.intent = args->intent,
			.pasids = args->pasids,
			.parent = bound->md->parent,
			.ops = &ops,
			.data = bound,
		},
		.cookie = args->cookie,
		.extack = &extack,
	};
	struct ioasidfd_device *device;

	device = ioasidfd_bind(file, &binding);
	if (IS_ERR(device))
		return explain(&extack, args->extack) ?: PTR_ERR(device);
	bound->device = device;
	return 0;
}

static int bind_with_parent(struct mediated_bound *bound, struct file *file,
			    const struct mediated_bind *args)
{
	int ret = 0;

	if (bound->device)
		return -EEXIST;
	if (args->parent)
		ret = mediated_set_parent(bound->md, args->parent - 1);
	if (ret)
		return ret;
	ret = bind_file(bound, file, args);
	if (ret)
		mediated_put_parent(bound->md);
	return ret;
}

static int unbind(struct mediated_bound *bound)
{
	if (!bound->device)
		return -EINVAL;
	mediated_close(bound->md);
	ioasidfd_unbind(bound->device);
	bound->device = NULL;
	mediated_put_parent(bound->md);
	return 0;
}

static int ioctl_bind(struct mediated_bound *bound, void __user *user)
{
	struct mediated_bind args;
	struct file *file;
	int ret;

	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	file = fget(args.ioasid_fd);
	if (!file)
		return -EBADF;
	ret = bind_with_parent(bound, file, &args);
	fput(file);
	if (ret)
		return ret;
	args.dev_id = ioasidfd_device_id(bound->device);
	if (copy_to_user(user, &args, sizeof(args))) {
		unbind(bound);
		return -EFAULT;
	}
	return 0;
}

static int attach(struct mediated_bound *bound, struct mediated_attach *args)
{
	struct ioasid_extack extack = { };
	int ret = ioasidfd_attach(bound->device, args->ioasid, args->pasid,
				  &extack);

	return ret ? explain(&extack, args->extack) ?: ret : 0;
}

static int ioctl_attach(struct mediated_bound *bound, unsigned int cmd,
			void __user *user)
{
	struct mediated_attach args;
	int ret;

	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	if (cmd == MEDIATED_ATTACH_PASID)
		return attach(bound, &args);
	if (cmd == MEDIATED_DETACH_PASID)
		return ioasidfd_detach(bound->device, args.pasid);
	ret = ioasidfd_hw_pasid(bound->device, args.pasid, &args.hw_pasid);
	if (!ret && copy_to_user(user, &args, sizeof(args)))
		ret = -EFAULT;
	return ret;
}

static long ioctl_use(struct mediated_bound *bound, unsigned int cmd,
		      unsigned long arg)
{
	if (!bound->device)
		return -EINVAL;
	switch (cmd) {
	case MEDIATED_ATTACH:
		return ioasidfd_attach(bound->device, arg, 0, NULL);
	case MEDIATED_DETACH:
		return ioasidfd_detach(bound->device, 0);
	case MEDIATED_ATTACH_PASID:
	case MEDIATED_DETACH_PASID:
	case MEDIATED_HW_PASID:
		return ioctl_attach(bound, cmd, (void __user *)arg);
	case MEDIATED_GONE:
		return atomic_read(&bound->gone);
	}
	return mediated_ioctl(bound->md, cmd, arg);
}

static long driver_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mediated_bound *bound = file->private_data;
	long ret;

	if (cmd == MEDIATED_BIND || cmd == MEDIATED_UNBIND) {
		down_write(&bound->lock);
		ret = cmd == MEDIATED_BIND ?
			ioctl_bind(bound, (void __user *)arg) : unbind(bound);
		up_write(&bound->lock);
		return ret;
	}
	down_read(&bound->lock);
	ret = ioctl_use(bound, cmd, arg);
	up_read(&bound->lock);
	return ret;
}

static int driver_open(struct inode *inode, struct file *file)
{
	struct mediated_bound *bound = kzalloc(sizeof(*bound), GFP_KERNEL);

	if (!bound)
		return -ENOMEM;
	bound->md = mediated_create(misc.this_device, &backend);
	if (!bound->md) {
		kfree(bound);
		return -ENOMEM;
	}
	bound->md->bound = bound;
	init_rwsem(&bound->lock);
	file->private_data = bound;
	return 0;
}

static int driver_release(struct inode *inode, struct file *file)
{
	struct mediated_bound *bound = file->private_data;

	unbind(bound);
	mediated_destroy(bound->md);
	kfree(bound);
	return 0;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = driver_open,
	.release = driver_release,
	.unlocked_ioctl = driver_ioctl,
};

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ioas-test-driver",
	.fops = &fops,
};

/**
 * mediated_driver_init() - Make /dev/ioas-test-driver appear
 *
 * Return: 0 or a negative errno.
 */
int mediated_driver_init(void)
{
	return misc_register(&misc);
}

/**
 * mediated_driver_exit() - Remove it
 */
void mediated_driver_exit(void)
{
	misc_deregister(&misc);
}
