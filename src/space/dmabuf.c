// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_FILE of a dma-buf. Called by file.c under no lock, for what is no memfd and
 * no file of tmpfs or hugetlbfs.
 */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "command.h"
#include "memory/memory.h"
#include "space/space.h"
#include "trace/trace.h"

static int ioas_fail_kind(struct ioas_call *call)
{
	return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_FILE,
			 "file descriptor %d is no memfd, no file of tmpfs or hugetlbfs, and no dma-buf",
			 call->data.map_file.fd);
}

#if IS_ENABLED(CONFIG_DMA_SHARED_BUFFER)
/* May a file be used, and has it as much? The rules are those of mapping it. */
static int ioas_check_dmabuf(struct ioas_call *call, struct dma_buf *buf)
{
	struct ioasid_map_file *args = &call->data.map_file;
	fmode_t mode = FMODE_READ;

	if (args->prot & IOASID_PROT_WRITE)
		mode |= FMODE_WRITE;
	if ((buf->file->f_mode & mode) != mode)
		return ioas_fail(call, -EACCES, IOASID_REASON_FILE,
				 "the dma-buf is not open for what prot 0x%x needs",
				 args->prot);
	if (args->offset > buf->size || args->length > buf->size - args->offset)
		return ioas_fail(call, -EFAULT, IOASID_REASON_FILE,
				 "offset 0x%llx with length 0x%llx is beyond the end of the dma-buf at 0x%zx",
				 args->offset, args->length, buf->size);
	return 0;
}

static int ioas_fill_dmabuf(struct ioas_call *call, struct ioas_area *area,
			    const struct ioas_mapping *mapping)
{
	ioas_area_share(area, mapping->data, 0);
	return 0;
}

static int ioas_map_buf(struct ioas_call *call, struct ioas_space *space,
			struct ioas_mapping *mapping)
{
	struct ioas_memory *memory = mapping->data;
	struct ioas_uncharge uncharge = {};
	int ret;

	/* Large pages are had where IOVA and memory agree; the memory is here. */
	mapping->entry.user_va = ioas_memory_address(memory, 0);
	mapping->fill = ioas_fill_dmabuf;
	ret = ioas_map(call, space, mapping);
	ioas_memory_put(memory, &uncharge);
	ioas_uncharge_all(&uncharge);
	return ret;
}

/* What the exporter refuses is traced as well. */
static int ioas_get_buf(struct ioas_call *call, struct ioas_space *space,
			struct dma_buf *buf, struct ioas_mapping *mapping)
{
	const struct ioasid_map_entry *entry = &mapping->entry;
	u64 begin = ioas_trace_begin(ioasid_map);
	struct ioas_memory *memory;

	memory = ioas_dmabuf_memory(call, buf, entry->user_va >> PAGE_SHIFT,
				    entry->length >> PAGE_SHIFT,
				    entry->prot & IOASID_PROT_WRITE);
	mapping->data = memory;
	if (!IS_ERR(memory))
		return 0;
	trace_ioasid_map(space->obj.id, entry->iova, entry->length,
			 PTR_ERR(memory), ioas_trace_nsec(begin));
	return PTR_ERR(memory);
}

/**
 * ioas_map_dmabuf() - Map a dma-buf
 * @call: an IOASID_MAP_FILE
 * @space: the space
 * @file: the mapping, as it would be made of another file; its entry's @user_va is the
 *	offset
 *
 * Return: 0 or a negative errno, see the uAPI; -EOPNOTSUPP also if it is none.
 */
int ioas_map_dmabuf(struct ioas_call *call, struct ioas_space *space,
		    const struct ioas_mapping *file)
{
	struct dma_buf *buf = dma_buf_get(call->data.map_file.fd);
	struct ioas_mapping mapping = *file;
	int ret;

	if (IS_ERR(buf))
		return ioas_fail_kind(call);
	ret = ioas_check_dmabuf(call, buf);
	if (!ret)
		ret = ioas_get_buf(call, space, buf, &mapping);
	if (!ret)
		ret = ioas_map_buf(call, space, &mapping);
	dma_buf_put(buf);
	return ret;
}
#else
int ioas_map_dmabuf(struct ioas_call *call, struct ioas_space *space,
		    const struct ioas_mapping *file)
{
	return ioas_fail_kind(call);
}
#endif
