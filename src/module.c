// SPDX-License-Identifier: GPL-2.0
/*
 * The module: what is set up when it is loaded, and taken down when it goes.
 */
#include <linux/module.h>

#include "chardev.h"
#include "dirty/log.h"
#include "space/space.h"
#include "vfio/vfio.h"

static int __init ioas_init(void)
{
	int ret;

	ret = ioas_areas_init();
	if (ret)
		return ret;
	ret = ioas_dirty_log_init_cache();
	if (ret)
		goto areas;
	ret = ioas_vfio_init();
	if (ret)
		goto log;
	ret = ioas_chardev_init();
	if (ret)
		goto vfio;
	return 0;

vfio:
	ioas_vfio_exit();
log:
	ioas_dirty_log_exit_cache();
areas:
	ioas_areas_exit();
	return ret;
}

static void __exit ioas_exit(void)
{
	ioas_chardev_exit();
	ioas_vfio_exit();
	ioas_dirty_log_exit_cache();
	ioas_areas_exit();
}

module_init(ioas_init);
module_exit(ioas_exit);

MODULE_VERSION(IOASIDFD_VERSION);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ioasidfd developers");
MODULE_DESCRIPTION("/dev/ioasid: I/O address spaces for user space");
