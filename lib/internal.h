/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libioasid share and programs never see.
 *
 * Internal names begin with iol_, so that the static library takes no other name from
 * its users. Functions that return int return 0 (or what they say) or a negative errno,
 * and whoever finds a failure first describes it with iol_fail() or iol_fail_cmd().
 */
#ifndef LIBIOASID_INTERNAL_H
#define LIBIOASID_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "libioasid.h"

/* The compiler compares the arguments with the format. */
#define IOL_PRINTF(text, args) \
	__attribute__(( \
		format(printf, text, args)))

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define IOL_NAME_LEN	64

/* No struct of the kernel's will be larger. */
#define IOL_STRUCT_MAX	4096

/* An address in full: domain of up to 8 digits, bus, slot, function and NUL. */
#define IOL_PCI_LEN	20

struct iol_group;

/**
 * struct ioasid_ctx - An open context
 * @fd: /dev/ioasid
 * @lock: protects everything below
 * @container_fd: the VFIO container of all groups, -1 while there is none
 * @groups: the groups this context has claimed
 * @devices: the devices that are open
 */
struct ioasid_ctx {
	int fd;
	pthread_mutex_t lock;
	int container_fd;
	struct iol_group *groups;
	struct ioasid_dev *devices;
};

/* error.c: what went wrong in this thread */
int iol_fail(int err, enum ioasid_reason reason, const char *format, ...)
	IOL_PRINTF(3, 4);
int iol_fail_cmd(int err, const char *format, ...) IOL_PRINTF(2, 3);
int iol_cmd(int fd, unsigned long request, void *cmd);
void iol_advise(const char *format, ...) IOL_PRINTF(1, 2);
int iol_prepare(void *cmd, size_t least, const char *type);
int iol_take(void *cmd, const void *from, size_t least, const char *type);

/* sysfs.c: files below /sys, /dev and /proc */
extern const char *iol_root;
bool iol_exists(const char *format, ...) IOL_PRINTF(1, 2);
int iol_open(int flags, const char *format, ...) IOL_PRINTF(2, 3);
int iol_read_line(char *line, size_t size, const char *format, ...)
	IOL_PRINTF(3, 4);
int iol_write(const char *value, const char *format, ...) IOL_PRINTF(2, 3);
int iol_link(char target[PATH_MAX], const char *format, ...) IOL_PRINTF(2, 3);
int iol_link_name(char *name, size_t size, const char *format, ...)
	IOL_PRINTF(3, 4);
int iol_list(int (*visit)(const char *name, void *data), void *data,
	     const char *format, ...) IOL_PRINTF(3, 4);

/* pci.c: what sysfs says about PCI devices */
int iol_pci_address(const char *text, char address[IOL_PCI_LEN]);
void iol_pci_driver(const char *address, char driver[IOL_NAME_LEN]);
bool iol_pci_is_vfio(const char *address, const char *driver);
int iol_pci_group(const char *address, unsigned int *group);
int iol_pci_vfio_group(const char *address, unsigned int *group);

/* diagnose.c: sentences for what is usually in the way */
int iol_fail_context(int err);
int iol_fail_container(int err);
int iol_fail_group(int err, unsigned int group);
int iol_fail_viable(unsigned int group);
int iol_fail_claim(int err, unsigned int group);
void iol_advise_memlock(void);
void iol_advise_file(int fd, uint32_t prot);

/* group.c: IOMMU groups in the context's container; under ctx->lock */
int iol_group_get(struct ioasid_ctx *ctx, unsigned int id,
		  struct iol_group **group);
void iol_group_put(struct ioasid_ctx *ctx, struct iol_group *group);
int iol_group_fd(const struct iol_group *group);

/* device.c: closes every device of a context that is going away */
void iol_dev_close_all(struct ioasid_ctx *ctx);

#endif
