/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the mock IOMMU, and what its files call of each other.
 *
 * Lock order, outermost first:
 *
 *	mock_device.engine	the engine's buffer and its PASIDs; one access at a time
 *	mock_device.lock	where the device's accesses go
 *	mock_domain.lock	what is in the TLB; held for read during an access; of a
 *				nested domain before that of its parent
 *	mock_domain.table, .tlb	the xarrays' own spinlocks
 *
 * mock_refuse_lock and mock_device.requests_lock are taken with none of them held but
 * engine, and none is taken under them.
 *
 * An access is made with both rwlocks held for read. So taking one for write waits for
 * the accesses that are under way, as real hardware does when it is told that a device
 * goes elsewhere or that a translation is gone.
 */
#ifndef IOAS_MOCK_INTERNAL_H
#define IOAS_MOCK_INTERNAL_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "ioas_compat_config.h"
#include "mock/mock.h"

#define MOCK_MAX_IOMMUS		8
#define MOCK_MAX_DEVICES	16
#define MOCK_MAX_REGIONS	4
#define MOCK_MAX_OUTCOMES	16

struct ioasidfd_declaration;
struct seq_file;
struct test_vfio;

struct mock_region {
	u64 first;
	u64 last;
	enum iommu_resv_type type;
};

/* What becomes of the next attaches of a device. By mock_refuse_lock. */
struct mock_refusals {
	u32 outcomes[MOCK_MAX_OUTCOMES];	/* an errno each, 0: it passes */
	u32 num;
	u32 used;
};

/* One instance. Its settings are constant once it is registered. */
struct mock_iommu {
	struct iommu_device iommu;
	struct fwnode_handle *fwnode;	/* of the compat layer */
	unsigned int index;

	u64 first;		/* the aperture */
	u64 last;
	unsigned long pages;	/* bitmap of page sizes */
	u32 pasid;		/* bits of a PASID, 0: no PASIDs */
	u32 dirty;		/* has dirty bits */
	u32 coherent;		/* can make DMA snoop */
	u32 snoop;		/* can make no-snoop DMA snoop all the same */
	u32 msi;		/* interrupts are isolated */
	u32 nest;		/* takes page tables of the user */
	u32 pri;		/* lets devices ask for pages */
	u32 joins;		/* takes domains of that other instance, too */
	u32 replaces;		/* named like one that need not block */

	atomic_long_t maps;
	atomic_long_t unmaps;
	atomic_long_t flushes;
	atomic_long_t domains;
	atomic_long_t entries;
	atomic_long_t faults;
	atomic_long_t bypassed;
	atomic_long_t refused;
	atomic_long_t misuse;
};

/* A page table. */
struct mock_domain {
	struct iommu_domain domain;
	u32 id;
	bool dirty_tracking;
	bool enforced;
	atomic_t attached;		/* devices and PASIDs */
	atomic_long_t entries;
	atomic_long_t large;

	/* Known from allocation on, or, on older kernels, from the first attachment. */
	struct mock_iommu *iommu;

	/* Of a nested one, which has no table. Constant. */
	struct mock_domain *parent;
	struct mock_nest nest;

	rwlock_t lock;			/* for read during an access */
	struct xarray table;		/* IOVA page to entry */
	struct xarray tlb;		/* the same, of what was accessed */
};

struct mock_device {
	struct device *dev;
	struct mock_iommu *iommu;
	unsigned int index;
	u32 group;			/* of devices with the same number; ~0: alone */
	u32 pasid;			/* bits */
	u32 num_regions;
	struct mock_region regions[MOCK_MAX_REGIONS];

	struct test_vfio *vfio;		/* while a driver is bound */
	struct ioasidfd_declaration *declaration;	/* likewise; or NULL */
	u32 translate;			/* PASIDs its driver has room for; 0: it does not */

	rwlock_t lock;			/* the rest, down to pasids */
	bool blocked;
	struct mock_domain *domain;	/* NULL: blocked or the host's */
	struct xarray pasids;		/* PASID to struct mock_domain */

	struct mock_refusals refusals;

	struct mutex requests_lock;	/* requests for pages */
	struct list_head requests;
	u32 next_request;

	struct mutex engine;		/* the rest */
	u8 *buffer;
	struct xarray pairs;		/* PASID of the program to that of the IOMMU */
	u32 num_pairs;
};

extern struct mock_iommu *mock_iommus[MOCK_MAX_IOMMUS];
extern struct mock_device *mock_devices[MOCK_MAX_DEVICES];

#define mock_misuse(mi, fmt, ...)					\
do {									\
	atomic_long_inc(&(mi)->misuse);					\
	WARN(1, "iommu%u: " fmt, (mi)->index, ##__VA_ARGS__);		\
} while (0)

/* config.c: what the parameters say */
static inline const char *mock_iommu_name(const struct mock_iommu *mi)
{
	return mi->replaces ? "ioas-mock-iommu" : "ioas-mock-plain-iommu";
}

int mock_config_read(void);
void mock_config_free(void);

/* table.c: page tables and the TLB in front of them */
int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
		   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		   gfp_t gfp, size_t *mapped);
size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			size_t pgsize, size_t pgcount,
			struct iommu_iotlb_gather *gather);
void mock_flush_iotlb_all(struct iommu_domain *domain);
void mock_iotlb_sync(struct iommu_domain *domain,
		     struct iommu_iotlb_gather *gather);
phys_addr_t mock_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova);
enum mock_status mock_translate(struct mock_domain *md, u64 iova, bool write,
				phys_addr_t *paddr);
void mock_set_dirty_tracking(struct mock_domain *md, bool on);
void mock_read_dirty(struct mock_domain *md, u64 first, u64 last, bool clear,
		     void (*record)(void *data, u64 iova, size_t size),
		     void *data);
void mock_flush_range(struct mock_domain *md, u64 first, u64 last);
void mock_table_init(struct mock_domain *md);
void mock_table_free(struct mock_domain *md);

/* domain.c: domains, and which device is in which */
static inline struct mock_domain *mock_domain_of(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_domain, domain);
}

struct mock_device *mock_device_of(struct device *dev);
struct mock_domain *mock_domain_create(struct mock_iommu *mi);
void mock_domain_free(struct iommu_domain *domain);
struct iommu_group *mock_find_group(struct mock_device *md);
int mock_attach_dev(struct iommu_domain *domain, struct device *dev);
void mock_block_dev(struct device *dev);
void mock_release_dev(struct device *dev);
int mock_set_pasid(struct iommu_domain *domain, struct device *dev, u32 pasid);
void mock_remove_pasid(struct device *dev, u32 pasid);
bool mock_enforce_cache_coherency(struct iommu_domain *domain);
void mock_get_resv_regions(struct device *dev, struct list_head *head);

/* refuse.c: attaches that a test wants refused */
int mock_refuse_set(struct mock_device *md, char *text);
void mock_refuse_show(struct seq_file *m, struct mock_device *md);
int mock_refuse_attach(struct mock_device *md);

/* nested.c: page tables of the user */
struct mock_domain *mock_nested_create(struct mock_iommu *mi,
				       struct mock_domain *parent,
				       const struct mock_nest *nest);
int mock_nested_flush(struct mock_domain *md, const struct mock_nest_flush *flush);
enum mock_status mock_nested_translate(struct mock_domain *md, u64 iova,
				       bool write, u64 *parent_iova);

/* pri.c: requests for pages */
bool mock_request_page(struct mock_device *md, bool has_pasid, u32 pasid,
		       u64 iova, bool write);
void mock_answer(struct mock_device *md, u32 group, u32 code);

/* engine.c: the devices' DMA */
enum mock_status mock_engine_access(struct mock_device *md, u32 pasid, u64 iova,
				    u8 *data, size_t length, bool write);
enum mock_status mock_access_domain(struct mock_domain *md, u64 iova, u8 *data,
				    size_t length, bool write);
long mock_engine_dma(struct mock_device *md, struct mock_dma __user *user);
ssize_t mock_engine_read(struct mock_device *md, char __user *buf, size_t count,
			 loff_t *pos);
ssize_t mock_engine_write(struct mock_device *md, const char __user *buf,
			  size_t count, loff_t *pos);
void mock_engine_reset(struct mock_device *md);

/* translate.c: PASIDs that the driver translates */
int mock_translate_start(struct mock_device *md);
void mock_translate_stop(struct mock_device *md);
bool mock_translate_pasid(struct mock_device *md, u32 *pasid);

/* device.c: the devices' driver */
int mock_driver_probe(struct device *dev);
void mock_driver_remove(struct device *dev);

/* counters.c: debugfs */
void mock_counters_init(void);
void mock_counters_exit(void);

/* check.c: is the mock itself right? */
int mock_check(struct seq_file *m);

/* compat/: devices on a bus, behind IOMMUs that the kernel knows */
int mock_bus_init(void);
void mock_bus_exit(void);
int mock_bus_bind(void);
void mock_bus_unbind(void);
int mock_bus_add_iommu(struct mock_iommu *mi);
void mock_bus_remove_iommu(struct mock_iommu *mi);
int mock_bus_add_device(struct mock_device *md);
void mock_bus_remove_device(struct mock_device *md);

#endif
