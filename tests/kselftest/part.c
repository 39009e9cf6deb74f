// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are parts of a mock device. Linked into every test program, used by those
 * that have both modules loaded.
 */
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dma.h"

#define CANARY	0x5a

#define MOCK_DRIVER	"/sys/bus/platform/drivers/ioas-mock/"

int part_set_driver(unsigned int n, bool driven)
{
	const char *path = driven ? MOCK_DRIVER "bind" : MOCK_DRIVER "unbind";
	const char *name = test_device_name(MOCK(n));
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = fd < 0 || write(fd, name, strlen(name)) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

int part_places(struct mock_place *places, int fd)
{
	int err = 0;

	for (int i = 0; i < PART_PLACES && !err; i++)
		err = mock_place_make(&places[i], fd, PART_IOVA, PART_LENGTH);
	return err;
}

static bool untouched(const struct mock_place *place)
{
	for (unsigned int i = 0; i < PART_LENGTH; i++)
		if (place->va[i] != CANARY)
			return false;
	return true;
}

static int reaches(struct dev *dev, __u32 how, __u32 pasid,
		   struct mock_place *places, unsigned int here)
{
	static unsigned int seed;
	int err;

	for (int i = 0; i < PART_PLACES; i++)
		memset(places[i].va, CANARY, PART_LENGTH);
	err = soft_parent_sees(dev, how, pasid, PART_IOVA, places[here].va,
			       PART_LENGTH, ++seed);
	for (unsigned int i = 0; i < PART_PLACES; i++)
		if (i != here && !untouched(&places[i]))
			err = EILSEQ;
	return err;
}

int part_reaches(struct dev *dev, __u32 pasid, struct mock_place *places,
		 unsigned int here)
{
	return reaches(dev, MEDIATED_PARENT, pasid, places, here);
}

int part_forges(struct dev *dev, __u32 hw_pasid, struct mock_place *places)
{
	return reaches(dev, MEDIATED_FORGED, hw_pasid, places, 0);
}

int part_bind(struct dev *dev, int fd, __u32 pasids, __u32 parent)
{
	__u32 intent = IOASID_INTENT_PASID;
	int err = soft_driver_open(dev);

	if (pasids == IOASID_PASIDS_CPU)
		intent |= IOASID_INTENT_ENQCMD;
	return err ? err : soft_driver_bind_part(dev, fd, intent, pasids, parent);
}
