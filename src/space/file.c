// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_FILE: mapping a file's memory that the process has not mapped itself.
 *
 * The file is mapped into the process for as long as pinning takes. That works for
 * every file whose pages can be pinned at all, on every kernel, and leaves the rules
 * of who may map a file, and how, to the file. Another thread that changes the
 * mapping meanwhile has other memory of its own process pinned, to which it has the
 * right.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/mm.h>

#include "command.h"
#include "memory/memory.h"
#include "space/space.h"

static int ioas_fail_file(struct ioas_call *call, int err)
{
	if (err == -ENOMEM || err == -EINTR)
		return err;
	if (err == -EACCES || err == -EPERM)
		return ioas_fail(call, -EACCES, IOASID_REASON_FILE,
				 "the file is not open for, or sealed against, what prot 0x%x needs",
				 call->data.map_file.prot);
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FILE,
			 "this kind of file cannot be mapped (%d)", err);
}

/*
 * Other file systems write pages back when they are dirty, and cannot know that a
 * device writes to them at any time.
 */
static bool ioas_is_memory_file(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) &&
	       (inode->i_sb->s_magic == TMPFS_MAGIC ||
		inode->i_sb->s_magic == HUGETLBFS_MAGIC);
}

static int ioas_check_end(struct ioas_call *call, struct file *file)
{
	struct ioasid_map_file *args = &call->data.map_file;
	u64 size = i_size_read(file_inode(file));

	if (args->offset > size || args->length > size - args->offset)
		return ioas_fail(call, -EFAULT, IOASID_REASON_FILE,
				 "offset 0x%llx with length 0x%llx is beyond the end of the file at 0x%llx",
				 args->offset, args->length, size);
	return 0;
}

/* Pin what the mapping of a file at hand shows. */
static int ioas_fill_file(struct ioas_call *call, struct ioas_area *area,
			  const struct ioas_mapping *mapping)
{
	const struct ioasid_map_file *args = &call->data.map_file;
	struct file *file = mapping->data;
	/* Hugetlbfs maps only whole pages of its own; tmpfs has ordinary ones. */
	unsigned long page = file_inode(file)->i_sb->s_blocksize;
	unsigned long skip = args->offset & (page - 1);
	unsigned long length = ALIGN(args->length + skip, page);
	unsigned long prot = PROT_READ, va;
	int ret;

	if (args->prot & IOASID_PROT_WRITE)
		prot |= PROT_WRITE;
	va = vm_mmap(file, 0, length, prot, MAP_SHARED, args->offset - skip);
	if (IS_ERR_VALUE(va))
		return ioas_fail_file(call, va);
	ret = ioas_memory_pin(call, &area->own, va + skip,
			      args->length >> PAGE_SHIFT,
			      args->prot & IOASID_PROT_WRITE);
	vm_munmap(va, length);
	return ret;
}

static int ioas_respond_file(struct ioas_call *call,
			     const struct ioas_mapping *mapping, u64 iova)
{
	call->data.map_file.iova = iova;
	return ioas_respond(call);
}

static int ioas_map_kind(struct ioas_call *call, struct ioas_space *space,
			 const struct ioas_mapping *mapping)
{
	struct file *file = mapping->data;
	int ret;

	if (!ioas_is_memory_file(file))
		return ioas_map_dmabuf(call, space, mapping);
	ret = ioas_check_end(call, file);
	if (ret)
		return ret;
	return ioas_map(call, space, mapping);
}

static int ioas_map_file(struct ioas_call *call,
			 const struct ioas_mapping *mapping)
{
	struct ioas_space *space;
	int ret;

	space = ioas_space_get(call, call->ctx, call->data.map_file.ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_map_kind(call, space, mapping);
	ioas_space_put(space);
	return ret;
}

/**
 * ioas_cmd_map_file() - IOASID_MAP_FILE
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_map_file(struct ioas_call *call)
{
	struct ioasid_map_file *args = &call->data.map_file;
	struct ioas_mapping mapping = {
		.entry = {
			.user_va = args->offset,
			.length = args->length,
			.iova = args->iova,
			.prot = args->prot,
			.flags = args->flags,
		},
		.fill = ioas_fill_file,
		.respond = ioas_respond_file,
	};
	struct file *file;
	int ret;

	ret = ioas_check_entry(call, "offset", &mapping.entry);
	if (ret)
		return ret;
	file = fget(args->fd);
	if (!file)
		return ioas_fail(call, -EBADF, IOASID_REASON_FILE,
				 "%d is not an open file descriptor", args->fd);
	mapping.data = file;
	ret = ioas_map_file(call, &mapping);
	fput(file);
	return ret;
}
