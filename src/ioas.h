/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the module, and the one place where their locking is written.
 *
 * Lock order, outermost first. A lock may be taken while holding any above it,
 * never the other way round:
 *
 *	ioas_fdinfo_lock	marks of memory that is counted for /proc/PID/fdinfo
 *	ioas_container.lock	groups of a VFIO container; held across BIND
 *	ioas_group.lock		devices of a group, and where they are attached
 *	ioas_declared_lock	what drivers have declared (device/declared.c)
 *	ioas_tables_lock	who shares a table of PASIDs (device/table.c)
 *	ioas_ctx.cpu_lock	PASIDs that CPUs translate (device/cpu.c)
 *	ioas_access.attach_lock	where the drivers of software devices are attached
 *	ioas_access.tell_lock	held while drivers give back what they have pinned
 *	(drivers' own locks)	those that their callbacks take
 *	ioas_space.domains_sem	which domains mirror the space, and its reserved ranges
 *	ioas_table.lock		which PASIDs of a requester id are taken, and attached
 *	ioas_access.sem		held for read while a driver uses the space
 *	ioas_access.pins_lock	what drivers have pinned
 *	ioas_space.lock		areas of the space; also its reserved ranges
 *	ioas_dirty_log.lock	pages that are known to be dirty
 *	ioas_places_lock	where memory of devices is mapped (domain/places.c)
 *	ioas_ctx.objects	the xarray's own spinlock
 *
 * What the kernel holds when it calls in: VFIO holds its own container and group
 * locks around attach_group, detach_group and release, and the bus notifier's
 * rwsem is held around ioas_device's notifier. Hence no notifier is registered
 * or unregistered under a lock of ours. mmap_lock is taken by pinning and by
 * accounting, which are done under no lock of ours but tell_lock and those above it.
 * ioas_places_lock alone is also taken under mmap_lock and i_mmap_rwsem, by an MMU
 * notifier; so nothing that can wait for memory is done under it.
 * A driver holds what locks it likes when it pins, reads or writes, none that its
 * callbacks take when it binds, attaches or closes. It is told of PASIDs under
 * ioas_group.lock alone.
 *
 * domains_sem is taken for write to change the set of domains (attach, detach,
 * free) and for read to change what the domains translate (map, unmap). So whoever
 * holds it for write sees every area either in all domains or in none. Of two spaces the
 * one at the lower address is locked first.
 * The reserved and allowed ranges change only with both space locks held, and are
 * read under either.
 */
#ifndef IOAS_H
#define IOAS_H

#include <linux/device.h>
#include <linux/interval_tree.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

#include "uapi/linux/ioasid.h"
#include "compat/compat.h"
#include "dirty/log.h"

/* Messages of the module carry its name, whichever file they come from. */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

enum ioas_object_type {
	IOAS_OBJECT_SPACE,
	IOAS_OBJECT_DEVICE,
	IOAS_OBJECT_MEMORY,
};

/*
 * What an id of a context stands for. The id table holds one reference until
 * the object is removed from it, a command holds one while it runs.
 */
struct ioas_object {
	refcount_t refs;
	enum ioas_object_type type;
	u32 id;
	struct ioas_ctx *ctx;
};

/*
 * One open /dev/ioasid. A command reaches it through its struct file, which also
 * keeps it alive. A driver that has bound a device to it has a reference; with that
 * alone nothing is left of it but an empty table of ids.
 */
struct ioas_ctx {
	refcount_t refs;
	struct xarray objects;
	struct ioas_object *recent;	/* found last, by the xarray's lock; or NULL */
	struct mutex cpu_lock;		/* the next one */
	struct xarray cpu_pasids;	/* struct ioas_cpu_pasid, by the user's number */
};

/**
 * struct ioas_dirty - What a space knows of what devices have written
 * @on: it is tracked. Written with domains_sem for write, read with it or under
 *	access->sem
 * @lost: something could not be kept. From then on all that is mapped counts as dirty,
 *	until tracking begins anew
 * @log: pages that were written, by devices that are attached, or not any more, in
 *	mappings that are there, or not any more
 */
struct ioas_dirty {
	bool on;
	bool lost;
	struct ioas_dirty_log log;
};

struct ioas_space {
	struct ioas_object obj;

	struct rw_semaphore domains_sem;
	struct list_head domains;	/* struct ioas_domain, by domains_sem */
	struct list_head attachments;	/* struct ioas_attachment, by domains_sem */
	struct xarray accesses;		/* struct ioas_access, by domains_sem */
	unsigned int num_devices;	/* attached, by domains_sem */
	bool freed;			/* written with both locks held */
	bool held;			/* by a VFIO container, by domains_sem */
	unsigned long granule;		/* constant; 0 if pages may be of any size */
	bool tracks;			/* constant; domains have to, see IOASID_ALLOC */
	struct ioas_dirty dirty;	/* by domains_sem */

	struct mutex lock;		/* the rest, down to mapped_bytes */
	struct rb_root areas;		/* struct ioas_area */
	struct ioas_area *last_linked;	/* the last one that was new; or NULL */
	struct ioas_area *after_linked;	/* its neighbour; NULL if it has none */
	struct ioas_area *after_removed; /* the last one's neighbour; or NULL */
	struct rb_root_cached reserved;	/* struct ioas_reserved */
	struct list_head window;	/* struct ioas_reserved outside the window */
	struct ioasid_iova_range *allowed;	/* sorted; NULL: all that is usable */
	u32 num_allowed;
	bool free_known;		/* are the free ranges kept? see free.c */
	struct rb_root free_by_first;	/* struct ioas_free */
	struct rb_root free_by_size;	/* struct ioas_free */
	u64 num_linked;			/* areas in the tree */
	u64 num_areas;			/* ready ones */
	u64 num_no_va;			/* ready ones whose user address was taken back */
	u64 mapped_bytes;		/* in ready ones */
};

/*
 * A group of a VFIO container: owned by user space, blocked unless attached. Where its
 * devices are software there is nothing in hardware to own or to block, and @access is
 * how their drivers reach a space.
 */
struct ioas_group {
	refcount_t refs;
	int id;					/* as in sysfs */
	bool owned;				/* constant: an IOMMU blocks its DMA */
	struct ioas_access *access;		/* constant, NULL if no CPU code needs it */
	struct ioas_container *container;	/* NULL once it left; by lock */
	struct list_head container_node;	/* by container->lock */

	struct mutex lock;			/* the rest, unless said otherwise */
	struct iommu_group *iommu_group;	/* NULL once it left */
	struct ioas_blocked blocked;
	struct list_head devices;		/* struct ioas_device */

	/* Where DMA without PASID goes, for all devices of the group. By lock. */
	struct ioas_attachment *attachment;	/* NULL: it is blocked */
	unsigned int num_attached;		/* devices that asked for it */
	struct ioas_device *agent;		/* of a type1 container; or NULL */
};

/*
 * DMA that a space translates: of a group, or with one PASID of a device. It exists
 * from IOASID_ATTACH to IOASID_DETACH; until then @domain is kept.
 */
struct ioas_attachment {
	struct ioas_group *group;
	struct ioas_space *space;
	struct ioas_domain *domain;
	u32 pasid;				/* 0: the group's without PASID */
	u32 hw_pasid;				/* what the IOMMU sees; 0: none */
	struct ioas_table *table;		/* whose number that is, or NULL */
	struct device *dev;			/* whose IOMMU it is; NULL: software */
	struct iommu_group *iommu_group;	/* of @dev */
	struct list_head device_node;		/* in device->pasids, by group->lock */
	struct ioas_attach_handle handle;

	/* As a part of the space. By the space's locks. */
	struct list_head space_node;		/* in space->attachments */
	struct list_head reserved;		/* struct ioas_reserved it brought */
	struct list_head aperture;		/* the same, for its domain */
	u32 owner_id;				/* a device to name in errors */
	char owner_name[IOASID_NAME_LEN];
};

enum ioas_device_state {
	IOAS_DEVICE_BOUND,
	IOAS_DEVICE_GONE,	/* left its container or driver; only the id is left */
	IOAS_DEVICE_UNBOUND,	/* the id is gone as well */
};

struct ioas_device {
	struct ioas_object obj;
	struct ioas_group *group;	/* holds a reference */
	struct device *dev;		/* holds a reference */
	struct notifier_block unbind_nb;
	u64 cookie;
	char name[IOASID_NAME_LEN];

	/* What DMA it does. Constant once it is bound. */
	u32 intent;			/* enum ioasid_intent */
	u32 pasid_kind;			/* enum ioasid_pasid_kind */
	struct ioas_declared *declared;	/* holds a reference; NULL: nothing was */
	struct device *rid;		/* whose requester id it has; NULL: software */
	struct device *parent;		/* that, if not its own; holds a reference */
	struct iommu_group *parent_group;	/* of @parent; holds a reference */
	struct notifier_block parent_nb;

	/* What its IOMMU can do, read once at bind. */
	unsigned long page_sizes;
	u64 aperture_first;
	u64 aperture_last;
	bool enforces_snoop;

	/* By group->lock. */
	enum ioas_device_state state;
	bool attached;
	struct list_head pasids;	/* struct ioas_attachment */
	struct list_head group_node;	/* in group->devices */
	struct ioas_table *table;	/* of PASIDs of @rid; NULL if it has none */
	struct list_head declared_node;	/* in declared->devices, by ioas_declared_lock */
	struct list_head table_node;	/* in table->devices, by ioas_tables_lock */
};

#endif
