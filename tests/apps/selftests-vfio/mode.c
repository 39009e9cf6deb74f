// SPDX-License-Identifier: GPL-2.0
/*
 * Tests without variants run in the default mode of the kernel's test library,
 * which is iommufd. Linked into each program, this takes it from the environment.
 */
#include <stdlib.h>

extern const char *default_iommu_mode;

__attribute__((constructor)) static void choose_mode(void)
{
	const char *mode = getenv("VFIO_SELFTESTS_MODE");

	if (mode)
		default_iommu_mode = mode;
}
