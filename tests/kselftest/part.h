/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices that are parts of a mock device, and places to tell which of them their DMA goes
 * to. Linked into every test program.
 */
#ifndef IOASID_TEST_PART_H
#define IOASID_TEST_PART_H

#include <stdbool.h>

#include "mock.h"
#include "soft.h"

#define PART_IOVA	0x2000000ULL
#define PART_LENGTH	(2 * PAGE)
#define PART_PLACES	3

/* The devices that the lines of the list make. */
enum {
	PARENT = 0,		/* of mock devices: with PASIDs */
	OTHER_PARENT = 1,	/* the same */
	TRANSLATING = 2,	/* its driver translates, and has room for two */
	WITHOUT_PASIDS = 3,
	SHARING = 4,		/* its group has another one with PASIDs */
};

enum {
	PART_NONE = 0,		/* of mediated devices: of PARENT, has no PASIDs */
	PART_DRIVER = 1,	/* of PARENT, its driver translates */
	PART_IDENTITY = 2,	/* of OTHER_PARENT */
	PART_CPU = 3,		/* of OTHER_PARENT, does ENQCMD */
	PART_WRONG = 4,		/* declared what VFIO knows to be wrong */
	PART_SOFTWARE = 5,	/* declared what it would be anyway */
};

/* Gives a mock device its driver, or takes that away. 0 or an errno. */
int part_set_driver(unsigned int n, bool driven);

/* Makes PART_PLACES spaces that look alike. 0 or an errno. */
int part_places(struct mock_place *places, int fd);

/*
 * 0 if the DMA that @dev calls @pasid reaches the place @here, and none of the others.
 * Otherwise an errno of mediated.h, or EILSEQ if a wrong one was reached.
 */
int part_reaches(struct dev *dev, __u32 pasid, struct mock_place *places,
		 unsigned int here);
/* What the IOMMU says to DMA with that very number, whoever may use it. */
int part_forges(struct dev *dev, __u32 hw_pasid, struct mock_place *places);

/* Opens a device that is bound by its driver, and binds it. 0 or an errno. */
int part_bind(struct dev *dev, int fd, __u32 pasids, __u32 parent);

#endif /* IOASID_TEST_PART_H */
