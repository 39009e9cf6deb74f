// SPDX-License-Identifier: GPL-2.0
/*
 * The test module ioas_exporter: dma-bufs of memory of its own, for kernels that have
 * no other exporter, and such as an importer has to refuse. See exporter.h.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "exporter/exporter.h"

#define EXPORTER_MOST_PAGES	1024

/**
 * struct exporter_buffer - A dma-buf's memory
 * @kind: enum exporter_kind
 * @count: pages
 * @pages: the pages
 */
struct exporter_buffer {
	u32 kind;
	u32 count;
	struct page *pages[];
};

static atomic_t exporter_buffers;
static atomic_t exporter_attached;
static atomic_t exporter_mapped;
static atomic_t exporter_pinned;

static void exporter_free(struct exporter_buffer *buffer)
{
	u32 i;

	for (i = 0; i < buffer->count; i++)
		__free_page(buffer->pages[i]);
	kvfree(buffer);
}

static struct exporter_buffer *exporter_alloc(u32 kind, u32 count)
{
	struct exporter_buffer *buffer;
	struct page *page;

	buffer = kvzalloc(struct_size(buffer, pages, count), GFP_KERNEL);
	if (!buffer)
		return NULL;
	buffer->kind = kind;
	while (buffer->count < count) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page) {
			exporter_free(buffer);
			return NULL;
		}
		buffer->pages[buffer->count++] = page;
	}
	return buffer;
}

static int exporter_attach(struct dma_buf *buf,
			   struct dma_buf_attachment *attach)
{
	struct exporter_buffer *buffer = buf->priv;

	if (buffer->kind == EXPORTER_NO_ATTACH)
		return -EBUSY;
	atomic_inc(&exporter_attached);
	return 0;
}

static void exporter_detach(struct dma_buf *buf,
			    struct dma_buf_attachment *attach)
{
	atomic_dec(&exporter_attached);
}

static int exporter_pin(struct dma_buf_attachment *attach)
{
	atomic_inc(&exporter_pinned);
	return 0;
}

static void exporter_unpin(struct dma_buf_attachment *attach)
{
	atomic_dec(&exporter_pinned);
}

/* What makes a table of a strange kind strange. It is undone before it is unmapped. */
static void exporter_spoil(struct exporter_buffer *buffer,
			   struct sg_table *table, bool spoil)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(table, sg, i) {
		struct page *page = buffer->pages[i];

		switch (buffer->kind) {
		case EXPORTER_NO_PAGES:
			sg_assign_page(sg, spoil ? NULL : page);
			break;
		case EXPORTER_ELSEWHERE:
			sg_dma_address(sg) += spoil ? PAGE_SIZE : -PAGE_SIZE;
			break;
		case EXPORTER_HALF_PAGES:
			sg->offset = spoil ? PAGE_SIZE / 2 : 0;
			break;
		}
	}
}

static struct sg_table *exporter_map(struct dma_buf_attachment *attach,
				     enum dma_data_direction direction)
{
	struct exporter_buffer *buffer = attach->dmabuf->priv;
	u32 count = buffer->count, i;
	struct sg_table *table;
	struct scatterlist *sg;
	int ret = -ENOMEM;

	if (buffer->kind == EXPORTER_NO_MAP)
		return ERR_PTR(-EIO);
	if (buffer->kind == EXPORTER_SHORT)
		count--;
	table = kmalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		return ERR_PTR(-ENOMEM);
	if (sg_alloc_table(table, count, GFP_KERNEL))
		goto free;
	for_each_sgtable_sg(table, sg, i)
		sg_set_page(sg, buffer->pages[i], PAGE_SIZE, 0);
	ret = dma_map_sgtable(attach->dev, table, direction, 0);
	if (ret)
		goto free_table;
	exporter_spoil(buffer, table, true);
	atomic_inc(&exporter_mapped);
	return table;

free_table:
	sg_free_table(table);
free:
	kfree(table);
	return ERR_PTR(ret);
}

static void exporter_unmap(struct dma_buf_attachment *attach,
			   struct sg_table *table,
			   enum dma_data_direction direction)
{
	exporter_spoil(attach->dmabuf->priv, table, false);
	dma_unmap_sgtable(attach->dev, table, direction, 0);
	sg_free_table(table);
	kfree(table);
	atomic_dec(&exporter_mapped);
}

static int exporter_mmap(struct dma_buf *buf, struct vm_area_struct *vma)
{
	struct exporter_buffer *buffer = buf->priv;
	unsigned long i;
	int ret = 0;

	/* The core has seen to it that all of it is inside. */
	for (i = 0; i < vma_pages(vma) && !ret; i++)
		ret = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				     buffer->pages[vma->vm_pgoff + i]);
	return ret;
}

static void exporter_release(struct dma_buf *buf)
{
	exporter_free(buf->priv);
	atomic_dec(&exporter_buffers);
}

static const struct dma_buf_ops exporter_ops = {
	.attach = exporter_attach,
	.detach = exporter_detach,
	.map_dma_buf = exporter_map,
	.unmap_dma_buf = exporter_unmap,
	.mmap = exporter_mmap,
	.release = exporter_release,
};

static const struct dma_buf_ops exporter_movable_ops = {
	.attach = exporter_attach,
	.detach = exporter_detach,
	.pin = exporter_pin,
	.unpin = exporter_unpin,
	.map_dma_buf = exporter_map,
	.unmap_dma_buf = exporter_unmap,
	.mmap = exporter_mmap,
	.release = exporter_release,
};

static long exporter_create(void __user *arg)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct exporter_buffer *buffer;
	struct exporter_create create;
	struct dma_buf *buf;
	int fd;

	if (copy_from_user(&create, arg, sizeof(create)))
		return -EFAULT;
	if (create.kind >= EXPORTER_NUM_KINDS || !create.pages ||
	    create.pages > EXPORTER_MOST_PAGES)
		return -EINVAL;
	buffer = exporter_alloc(create.kind, create.pages);
	if (!buffer)
		return -ENOMEM;
	info.ops = create.kind == EXPORTER_MOVABLE ? &exporter_movable_ops :
						     &exporter_ops;
	info.size = (size_t)create.pages << PAGE_SHIFT;
	info.flags = O_RDWR;
	info.priv = buffer;
	buf = dma_buf_export(&info);
	if (IS_ERR(buf)) {
		exporter_free(buffer);
		return PTR_ERR(buf);
	}
	atomic_inc(&exporter_buffers);
	fd = dma_buf_fd(buf, O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(buf);
	return fd;
}

static long exporter_counts(void __user *arg)
{
	const struct exporter_counts counts = {
		.buffers = atomic_read(&exporter_buffers),
		.attached = atomic_read(&exporter_attached),
		.mapped = atomic_read(&exporter_mapped),
		.pinned = atomic_read(&exporter_pinned),
	};

	return copy_to_user(arg, &counts, sizeof(counts)) ? -EFAULT : 0;
}

static long exporter_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	switch (cmd) {
	case EXPORTER_CREATE:
		return exporter_create((void __user *)arg);
	case EXPORTER_COUNTS:
		return exporter_counts((void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations exporter_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = exporter_ioctl,
};

static struct miscdevice exporter_miscdev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ioas_exporter",
	.fops = &exporter_fops,
	.mode = 0600,
};

module_misc_device(exporter_miscdev);

/* A string whatever form MODULE_IMPORT_NS() takes; older kernels take no notice. */
MODULE_INFO(import_ns, "DMA_BUF");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ioasidfd developers");
MODULE_DESCRIPTION("dma-bufs for the tests of ioasidfd");
