// SPDX-License-Identifier: GPL-2.0
/*
 * ioas_mock.ko: IOMMUs and devices that exist in software only, for tests of what no
 * emulated machine has. mock.h says what a program sees of them, config.c how they are
 * chosen.
 *
 * This is the module's beginning and end.
 */
#include <linux/module.h>

#include "mock/internal.h"

static void remove_all(void)
{
	unsigned int i;

	for (i = 0; i < MOCK_MAX_DEVICES; i++)
		if (mock_devices[i] && mock_devices[i]->dev)
			mock_bus_remove_device(mock_devices[i]);
	for (i = 0; i < MOCK_MAX_IOMMUS; i++)
		if (mock_iommus[i] && mock_iommus[i]->iommu.dev)
			mock_bus_remove_iommu(mock_iommus[i]);
}

static int add_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < MOCK_MAX_IOMMUS && mock_iommus[i] && !ret; i++)
		ret = mock_bus_add_iommu(mock_iommus[i]);
	for (i = 0; i < MOCK_MAX_DEVICES && mock_devices[i] && !ret; i++)
		ret = mock_bus_add_device(mock_devices[i]);
	/* Last, as the driver wants a device's group. */
	return ret ?: mock_bus_bind();
}

static int __init mock_init(void)
{
	int ret = mock_config_read();

	if (ret)
		goto free;
	ret = mock_bus_init();
	if (ret)
		goto free;
	ret = add_all();
	if (ret) {
		remove_all();
		mock_bus_exit();
		goto free;
	}
	mock_counters_init();
	return 0;

free:
	mock_config_free();
	return ret;
}

static void __exit mock_exit(void)
{
	mock_counters_exit();
	mock_bus_unbind();
	remove_all();
	mock_bus_exit();
	mock_config_free();
}

module_init(mock_init);
module_exit(mock_exit);

MODULE_DESCRIPTION("IOMMUs and devices in software, for the tests of ioasidfd");
MODULE_AUTHOR("The ioasidfd developers");
MODULE_LICENSE("GPL");
