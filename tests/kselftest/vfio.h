/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The edu devices of the test machine and the VFIO steps that claim them.
 *
 * Called by every program that needs a device. The steps are plain VFIO calls,
 * one function each, because tests take them in unusual orders.
 */
#ifndef IOASID_TEST_VFIO_H
#define IOASID_TEST_VFIO_H

#include <linux/types.h>

/* The test machine's devices: two with a group each, two that share one. */
enum {
	EDU_A,
	EDU_B,
	EDU_C0,
	EDU_C1,
	NUM_EDU,
};

/* The devices of ioas_mock.ko, by their number; usable wherever EDU_x are. */
#define MOCK(n)		(100 + (n))

/* PCI address of one of them, NULL if this machine lacks it. */
const char *edu_name(unsigned int n);
/* The same of an edu or a mock device. */
const char *test_device_name(unsigned int n);

/*
 * One device and the fds that lead to it. -1 marks an fd that is not open; the
 * ones of a sibling are borrowed and not closed by dev_release().
 */
struct dev {
	const char *name;
	int container;
	int group;
	int device;
	__u32 id;
	__u64 cookie;
	int borrowed_container;
	int borrowed_group;
};

/* All of these return 0 or an errno. */
int container_open(int *container);
int container_use(int container, unsigned long type);
int group_open(const char *name, int *group);
int group_set(int group, int container);
int group_unset(int group);
int device_open(int group, const char *name, int *device);

/* Names the device and opens nothing: dev_release() has nothing to do. */
void dev_init(struct dev *dev, unsigned int n);
/* Claims the device's group through a new container with this module. */
int dev_claim(struct dev *dev, unsigned int n);
/* The same with another VFIO backend. */
int dev_claim_type(struct dev *dev, unsigned int n, unsigned long type);
/* Claims it through @first's container, and @first's group if it is the same. */
int dev_join(struct dev *dev, unsigned int n, const struct dev *first);
/* The same for a device that is named already. */
int dev_claim_inited(struct dev *dev, unsigned long type);
int dev_join_inited(struct dev *dev, const struct dev *first);
/* Binds it to a context under its id @dev->id. */
int dev_bind(struct dev *dev, int fd);
/* Closes what dev_claim(), dev_join() and device_open() opened. */
void dev_release(struct dev *dev);

/* The device's IOMMU group, as in /sys/kernel/iommu_groups; -1 if none. On any bus. */
int iommu_group_of(const char *name);

/*
 * Driver changes through sysfs. They return 0 or an errno. vfio_bind() also
 * serves a device that was removed and found again.
 */
int driver_unbind(const char *name);
int driver_bind(const char *name, const char *driver);
int vfio_bind(const char *name);
int pci_remove(const char *name);
int pci_rescan(void);

#endif /* IOASID_TEST_VFIO_H */
