/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/ioasid itself; called by module.c and vfio/bind.c. */
#ifndef IOAS_CHARDEV_H
#define IOAS_CHARDEV_H

#include <linux/fs.h>

struct ioas_ctx;

int ioas_chardev_init(void);
void ioas_chardev_exit(void);
struct ioas_ctx *ioas_ctx_from_file(struct file *file);

#endif
