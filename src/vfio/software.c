// SPDX-License-Identifier: GPL-2.0
/*
 * What VFIO passes on for drivers of software devices, which read, write and pin
 * memory at IOVAs. They need no change: they do not see which backend there is.
 *
 * Called by VFIO while a device of the container is open, so the container is there;
 * under locks of the driver's. VFIO says which container, not which device.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "space/access.h"
#include "type1/type1.h"
#include "vfio/vfio.h"

/**
 * struct ioas_vfio_access - How drivers of a container's devices reach a space
 * @access: what vfio/ and the rest of the module share
 * @listeners: who is told before pages are unmapped, by access.tell_lock
 */
struct ioas_vfio_access {
	struct ioas_access access;
	struct ioas_listeners listeners;
};

static struct ioas_vfio_access *ioas_vfio_access_of(struct ioas_access *access)
{
	return container_of(access, struct ioas_vfio_access, access);
}

static void ioas_vfio_unmap(struct ioas_access *access, unsigned long iova,
			    unsigned long length)
{
	ioas_listeners_unmap(&ioas_vfio_access_of(access)->listeners, iova,
			     length);
}

static void ioas_vfio_access_release(struct ioas_access *access)
{
	kfree(ioas_vfio_access_of(access));
}

static const struct ioas_access_ops ioas_vfio_access_ops = {
	.unmap = ioas_vfio_unmap,
	.release = ioas_vfio_access_release,
};

/**
 * ioas_vfio_access_create() - A way into a space for a container's software devices
 *
 * Context: may sleep.
 * Return: with a reference for the caller, or NULL without memory.
 */
struct ioas_access *ioas_vfio_access_create(void)
{
	struct ioas_vfio_access *vfio = kzalloc(sizeof(*vfio),
						GFP_KERNEL_ACCOUNT);

	if (!vfio)
		return NULL;
	ioas_access_init(&vfio->access, &ioas_vfio_access_ops);
	ioas_listeners_init(&vfio->listeners);
	return &vfio->access;
}

/**
 * ioas_vfio_listen() - Tell a driver before pages are unmapped
 * @iommu_data: the container
 * @listener: the driver
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int ioas_vfio_listen(void *iommu_data, struct ioas_listener *listener)
{
	struct ioas_container *container = ioas_container_get(iommu_data);
	struct ioas_access *access = container->access;
	int ret;

	mutex_lock(&access->tell_lock);
	ret = ioas_listeners_add(&ioas_vfio_access_of(access)->listeners,
				 listener);
	mutex_unlock(&access->tell_lock);
	ioas_container_put(container);
	return ret;
}

/**
 * ioas_vfio_unlisten() - Tell a driver no more
 * @iommu_data: the container
 * @listener: the driver; on return nobody is in its callback
 *
 * Context: may sleep; not under a lock that the callback takes.
 */
void ioas_vfio_unlisten(void *iommu_data, struct ioas_listener *listener)
{
	struct ioas_container *container = ioas_container_get(iommu_data);
	struct ioas_access *access = container->access;

	mutex_lock(&access->tell_lock);
	ioas_listeners_remove(&ioas_vfio_access_of(access)->listeners,
			      listener);
	mutex_unlock(&access->tell_lock);
	ioas_container_put(container);
}

/**
 * ioas_vfio_closed() - A device was closed; give back what was forgotten
 * @iommu_data: the container
 *
 * When nobody listens nobody can pin, and who did before is done.
 *
 * Context: may sleep; not under a lock that a callback takes.
 */
void ioas_vfio_closed(void *iommu_data)
{
	struct ioas_container *container = ioas_container_get(iommu_data);
	struct ioas_access *access = container->access;

	mutex_lock(&access->tell_lock);
	if (ioas_listeners_empty(&ioas_vfio_access_of(access)->listeners))
		ioas_access_unpin_all(access);
	mutex_unlock(&access->tell_lock);
	ioas_container_put(container);
}

static u32 ioas_prot_of(int iommu_prot)
{
	u32 prot = 0;

	if (iommu_prot & IOMMU_READ)
		prot |= IOASID_PROT_READ;
	if (iommu_prot & IOMMU_WRITE)
		prot |= IOASID_PROT_WRITE;
	return prot;
}

/* A driver that could not be told before they are unmapped is not given any. */
static int ioas_pin(struct ioas_container *container, dma_addr_t iova, int npage,
		    int prot, struct page **pages)
{
	struct ioas_vfio_access *vfio = ioas_vfio_access_of(container->access);
	int ret;

	if (npage <= 0)
		return -EINVAL;
	ret = container->type1 ? ioas_type1_check_pin(container->type1) : 0;
	if (ret)
		return ret;
	if (ioas_listeners_empty(&vfio->listeners))
		return -EINVAL;
	ret = ioas_access_pin(&vfio->access, iova & PAGE_MASK, npage,
			      ioas_prot_of(prot), pages);
	return container->type1 ? ioas_type1_pin_errno(ret) : ret;
}

/**
 * ioas_vfio_pin_pages() - A driver pins pages
 * @iommu_data: the container
 * @iommu_group: the device's group
 * @iova: first IOVA
 * @npage: pages
 * @prot: IOMMU_READ and IOMMU_WRITE
 * @pages: out: the pages
 *
 * Context: may sleep; see ioas_access_pin().
 * Return: @npage, or a negative errno as ioas_access_pin(), of a container of type1 as
 * type1; then none is pinned.
 */
int ioas_vfio_pin_pages(void *iommu_data, struct iommu_group *iommu_group,
			dma_addr_t iova, int npage, int prot,
			struct page **pages)
{
	struct ioas_container *container = ioas_container_get(iommu_data);
	int ret = ioas_pin(container, iova, npage, prot, pages);

	ioas_container_put(container);
	return ret ?: npage;
}

/**
 * ioas_vfio_unpin_pages() - A driver gives pages back
 * @iommu_data: the container
 * @iova: first IOVA
 * @npage: pages
 *
 * Context: may sleep; see ioas_access_unpin().
 */
void ioas_vfio_unpin_pages(void *iommu_data, dma_addr_t iova, int npage)
{
	struct ioas_container *container = ioas_container_get(iommu_data);

	if (npage > 0)
		ioas_access_unpin(container->access, iova & PAGE_MASK, npage);
	ioas_container_put(container);
}

static int ioas_rw(struct ioas_container *container, dma_addr_t iova, void *data,
		   size_t count, bool write)
{
	u32 prot = write ? IOASID_PROT_WRITE : IOASID_PROT_READ;
	int ret;

	/* type1 lets nobody write what may not be read as well. */
	if (container->type1)
		prot |= IOASID_PROT_READ;
	ret = ioas_access_rw(container->access, iova, data, count, prot);
	return container->type1 ? ioas_type1_rw_errno(ret) : ret;
}

/**
 * ioas_vfio_dma_rw() - A driver reads or writes memory
 * @iommu_data: the container
 * @iova: first byte
 * @data: the other side
 * @count: bytes
 * @write: from @data to the space
 *
 * Context: may sleep; see ioas_access_rw().
 * Return: 0 or a negative errno, of a container of type1 as type1.
 */
int ioas_vfio_dma_rw(void *iommu_data, dma_addr_t iova, void *data,
		     size_t count, bool write)
{
	struct ioas_container *container = ioas_container_get(iommu_data);
	int ret = ioas_rw(container, iova, data, count, write);

	ioas_container_put(container);
	return ret;
}
