/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/ioasid itself; called by module.c, vfio/bind.c and space/copy.c. */
#ifndef IOAS_CHARDEV_H
#define IOAS_CHARDEV_H

#include <linux/fs.h>

struct device;
struct ioas_call;
struct ioas_ctx;
struct seq_file;

int ioas_chardev_init(void);
void ioas_chardev_exit(void);
struct device *ioas_chardev_device(void);
struct ioas_ctx *ioas_ctx_get_fd(struct ioas_call *call, int fd,
				 struct file **file);
struct ioas_ctx *ioas_ctx_of_file(struct file *file);

/* fdinfo.c */
void ioas_show_fdinfo(struct seq_file *m, struct file *file);

#endif
