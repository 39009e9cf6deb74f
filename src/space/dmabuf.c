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

static int ioas_dmabuf_publish(struct ioas_call *call, struct ioas_space *space,
			       struct ioas_memory *memory,
			       struct list_head *areas)
{
	struct ioasid_map_file *args = &call->data.map_file;
	bool fixed = args->flags & IOASID_MAP_FIXED;
	struct ioas_run_iter iter;
	unsigned long pfn, pages;
	struct ioas_area *area;
	int ret = 0;

	/* Large pages are had where IOVA and memory agree; the memory is here. */
	ioas_run_iter_start(&iter, &memory->runs, 0, memory->pages);
	ioas_run_iter_next(&iter, &pfn, &pages);
	area = ioas_area_take(call, space, fixed, args->iova, args->length,
			      PFN_PHYS(pfn), args->prot);
	if (IS_ERR(area))
		return PTR_ERR(area);
	list_add(&area->list, areas);
	ioas_area_share(area, memory, 0);
	if (!fixed) {
		args->iova = area->first;
		ret = ioas_respond(call);
	}
	return ret ?: ioas_areas_publish(call, space, areas);
}

static int ioas_map_buf(struct ioas_call *call, struct ioas_space *space,
			struct dma_buf *buf)
{
	struct ioasid_map_file *args = &call->data.map_file;
	struct ioas_uncharge uncharge = {};
	struct ioas_memory *memory;
	LIST_HEAD(areas);
	int ret;

	memory = ioas_dmabuf_memory(call, buf, args->offset >> PAGE_SHIFT,
				    args->length >> PAGE_SHIFT,
				    args->prot & IOASID_PROT_WRITE);
	if (IS_ERR(memory))
		return PTR_ERR(memory);
	ret = ioas_dmabuf_publish(call, space, memory, &areas);
	ioas_areas_give_back(space, &areas);
	ioas_memory_put(memory, &uncharge);
	ioas_uncharge_all(&uncharge);
	return ret;
}

/**
 * ioas_map_dmabuf() - Map a dma-buf
 * @call: an IOASID_MAP_FILE
 * @space: the space
 *
 * Return: 0 or a negative errno, see the uAPI; -EOPNOTSUPP also if it is none.
 */
int ioas_map_dmabuf(struct ioas_call *call, struct ioas_space *space)
{
	struct ioasid_map_file *args = &call->data.map_file;
	u64 begin = ioas_trace_begin(ioasid_map);
	struct dma_buf *buf = dma_buf_get(args->fd);
	int ret;

	if (IS_ERR(buf))
		return ioas_fail_kind(call);
	ret = ioas_check_dmabuf(call, buf);
	if (ret)
		goto put;
	ret = ioas_map_buf(call, space, buf);
	trace_ioasid_map(space->obj.id, args->iova, args->length, ret,
			 ioas_trace_nsec(begin));
put:
	dma_buf_put(buf);
	return ret;
}
#else
int ioas_map_dmabuf(struct ioas_call *call, struct ioas_space *space)
{
	return ioas_fail_kind(call);
}
#endif
