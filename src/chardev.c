// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/ioasid and the one table of its commands.
 *
 * An open file is a context. The kernel calls ioctl only while it holds the file,
 * and release when nobody does, so no command ever meets a context that ends.
 */
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "chardev.h"
#include "command.h"
#include "context/context.h"
#include "device/device.h"
#include "dirty/dirty.h"
#include "ioas.h"
#include "memory/memory.h"
#include "space/space.h"

static int ioas_cmd_get_caps(struct ioas_call *call)
{
	struct ioasid_get_caps *args = &call->data.get_caps;

	args->uapi_version = IOASID_UAPI_VERSION;
	args->caps = 0;
	return ioas_respond(call);
}

/* Indexed by number: a new command is appended. */
static const struct ioas_command ioas_commands[] = {
	IOAS_COMMAND(IOASID_GET_CAPS, ioasid_get_caps, caps, 0,
		     offsetof(struct ioasid_get_caps, __reserved),
		     ioas_cmd_get_caps),
	IOAS_COMMAND(IOASID_ALLOC, ioasid_alloc, iova_size,
		     IOASID_ALLOC_DIRTY_TRACKING, 0, ioas_cmd_alloc),
	IOAS_COMMAND(IOASID_FREE, ioasid_free, __reserved, 0,
		     offsetof(struct ioasid_free, __reserved),
		     ioas_cmd_free),
	IOAS_COMMAND(IOASID_GET_INFO, ioasid_get_info, mapped_bytes, 0, 0,
		     ioas_cmd_get_info),
	IOAS_COMMAND(IOASID_IOVA_RANGES, ioasid_iova_ranges, ranges, 0, 0,
		     ioas_cmd_iova_ranges),
	IOAS_COMMAND(IOASID_MAP_DMA, ioasid_map_dma, iova, IOASID_MAP_FIXED, 0,
		     ioas_cmd_map_dma),
	IOAS_COMMAND(IOASID_UNMAP_DMA, ioasid_unmap_dma, unmapped,
		     IOASID_UNMAP_ALL,
		     offsetof(struct ioasid_unmap_dma, __reserved),
		     ioas_cmd_unmap_dma),
	IOAS_COMMAND(IOASID_DEVICE_INFO, ioasid_device_info, __reserved, 0,
		     offsetof(struct ioasid_device_info, __reserved),
		     ioas_cmd_device_info),
	IOAS_COMMAND(IOASID_ATTACH, ioasid_attach, __reserved,
		     IOASID_ATTACH_PASID | IOASID_ATTACH_REPLACE |
		     IOASID_ATTACH_ALLOW_WINDOW,
		     offsetof(struct ioasid_attach, __reserved),
		     ioas_cmd_attach),
	IOAS_COMMAND(IOASID_DETACH, ioasid_detach, pasid, IOASID_DETACH_PASID,
		     0, ioas_cmd_detach),
	IOAS_COMMAND(IOASID_ALLOW_IOVAS, ioasid_allow_iovas, ranges, 0, 0,
		     ioas_cmd_allow_iovas),
	IOAS_COMMAND(IOASID_MAP_BATCH, ioasid_map_batch, __reserved, 0,
		     offsetof(struct ioasid_map_batch, __reserved),
		     ioas_cmd_map_batch),
	IOAS_COMMAND(IOASID_MAP_FILE, ioasid_map_file, iova, IOASID_MAP_FIXED,
		     offsetof(struct ioasid_map_file, __reserved),
		     ioas_cmd_map_file),
	IOAS_COMMAND(IOASID_REGISTER_MEMORY, ioasid_register_memory, length, 0,
		     0, ioas_cmd_register_memory),
	IOAS_COMMAND(IOASID_UNREGISTER_MEMORY, ioasid_unregister_memory,
		     __reserved, 0,
		     offsetof(struct ioasid_unregister_memory, __reserved),
		     ioas_cmd_unregister_memory),
	IOAS_COMMAND(IOASID_COPY, ioasid_copy, dst_iova,
		     IOASID_COPY_FIXED | IOASID_COPY_MEMORY, 0,
		     ioas_cmd_copy),
	IOAS_COMMAND(IOASID_DEVICE_INTERSECT, ioasid_device_intersect,
		     __reserved, 0,
		     offsetof(struct ioasid_device_intersect, __reserved),
		     ioas_cmd_device_intersect),
	IOAS_COMMAND(IOASID_PASID_MAP, ioasid_pasid_map, __reserved,
		     IOASID_PASID_MAP_PASID,
		     offsetof(struct ioasid_pasid_map, __reserved),
		     ioas_cmd_pasid_map),
	IOAS_COMMAND(IOASID_DIRTY_SET, ioasid_dirty_set, __reserved,
		     IOASID_DIRTY_ENABLE,
		     offsetof(struct ioasid_dirty_set, __reserved),
		     ioas_cmd_dirty_set),
	IOAS_COMMAND(IOASID_DIRTY_READ, ioasid_dirty_read, num_dirty,
		     IOASID_DIRTY_NO_CLEAR, 0, ioas_cmd_dirty_read),
};

static long ioas_fops_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	struct ioas_call call;

	call.ctx = file->private_data;
	call.container = NULL;
	call.killable = false;
	call.user = (void __user *)arg;
	return ioas_command_run(ioas_commands, ARRAY_SIZE(ioas_commands), &call,
				cmd);
}

static int ioas_fops_open(struct inode *inode, struct file *file)
{
	struct ioas_ctx *ctx = ioas_ctx_create();

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	file->private_data = ctx;
	return 0;
}

static int ioas_fops_release(struct inode *inode, struct file *file)
{
	ioas_ctx_destroy(file->private_data);
	return 0;
}

static const struct file_operations ioas_fops = {
	.owner = THIS_MODULE,
	.open = ioas_fops_open,
	.release = ioas_fops_release,
	.unlocked_ioctl = ioas_fops_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = ioas_show_fdinfo,
};

static struct miscdevice ioas_miscdev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ioasid",
	.fops = &ioas_fops,
	.mode = 0660,
};

/**
 * ioas_ctx_of_file() - The context that an open file is
 * @file: any file, of which the caller has a reference
 *
 * Return: the context, or NULL if it is another file.
 */
struct ioas_ctx *ioas_ctx_of_file(struct file *file)
{
	return file->f_op == &ioas_fops ? file->private_data : NULL;
}

/**
 * ioas_ctx_get_fd() - The context behind a file descriptor of user space
 * @call: the command, for the reason of a failure
 * @fd: any number
 * @file: out: to be given back with fput() when the context is no longer used
 *
 * Return: the context or an ERR_PTR: -EBADF, or -EINVAL if it is another file.
 */
struct ioas_ctx *ioas_ctx_get_fd(struct ioas_call *call, int fd,
				 struct file **file)
{
	int ret = -EBADF;

	*file = fget(fd);
	if (*file) {
		if (ioas_ctx_of_file(*file))
			return ioas_ctx_of_file(*file);
		fput(*file);
		ret = -EINVAL;
	}
	return ERR_PTR(ioas_fail(call, ret, IOASID_REASON_NOT_IOASID,
				 "file descriptor %d is not an open /dev/ioasid",
				 fd));
}

/**
 * ioas_chardev_init() - Make /dev/ioasid appear
 *
 * Return: 0 or a negative errno.
 */
int ioas_chardev_init(void)
{
	int ret = misc_register(&ioas_miscdev);

	if (ret)
		return ret;
	ret = dma_coerce_mask_and_coherent(ioas_miscdev.this_device,
					   DMA_BIT_MASK(64));
	if (ret)
		misc_deregister(&ioas_miscdev);
	return ret;
}

/**
 * ioas_chardev_device() - The device behind /dev/ioasid
 *
 * It does no DMA, and no IOMMU is in front of it: the addresses the DMA API has for it
 * are those of the memory.
 *
 * Return: the device, which stays as long as a file is open.
 */
struct device *ioas_chardev_device(void)
{
	return ioas_miscdev.this_device;
}

/**
 * ioas_chardev_exit() - Remove /dev/ioasid
 *
 * Only called when no file is open: each holds the module.
 */
void ioas_chardev_exit(void)
{
	misc_deregister(&ioas_miscdev);
}
