/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PCI device of the test machine with its virtual functions, each of which is a device
 * of its own with a group of its own. All of them are driven from here, through VFIO, by
 * the user: the physical function, too.
 *
 * Linked into every test program, used by those with virtual functions.
 */
#ifndef IOASID_TEST_VFS_H
#define IOASID_TEST_VFS_H

#include "igb.h"
#include "nvme.h"
#include "vfio.h"

#define NUM_VFS		2

/* Which device: the NVMe controller, or the network controller. */
struct vfs_kind;
extern const struct vfs_kind vfs_nvme;
extern const struct vfs_kind vfs_igb;

struct vfs {
	const struct vfs_kind *kind;
	int fd;			/* the context */
	struct dev pf;
	struct dev vf[NUM_VFS];
	char names[1 + NUM_VFS][16];

	/* What drives the physical function. */
	struct nvme nvme;
	struct igb igb;
	__u32 space;		/* the first one does DMA */
	void *memory;
};

/*
 * Takes the physical function, to a space of its own if it does DMA, and has it make
 * virtual functions, which are online, claimed and bound, and attached to nothing.
 * Returns 0, an errno or a negative one. Call vfs_close() even if it failed; but
 * vfs_init() comes before.
 */
void vfs_init(struct vfs *vfs, const struct vfs_kind *kind, int fd);
int vfs_open(struct vfs *vfs);
/* Removes the virtual functions, which must be closed. 0 or an errno. */
int vfs_remove(struct vfs *vfs);
void vfs_close(struct vfs *vfs);

#endif /* IOASID_TEST_VFS_H */
