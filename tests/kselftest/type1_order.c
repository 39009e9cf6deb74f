// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the two answers for type1 when both are loaded: the one that was loaded last.
 * The module asks modprobe to load the kernel's own before it. Both are unloaded and
 * loaded here.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "type1.h"

static int run(const char *command)
{
	int status = system(command);

	return status == -1 ? -1 : WEXITSTATUS(status);
}

FIXTURE(order) {
	struct dev dev;
};

FIXTURE_SETUP(order)
{
	ASSERT_EQ(0, run("rmmod ioasidfd && rmmod vfio_iommu_type1"));
}

/* As it was, whatever happened. */
FIXTURE_TEARDOWN(order)
{
	run("rmmod ioasidfd 2>/dev/null; modprobe vfio_iommu_type1");
	EXPECT_EQ(0, run("modprobe ioasidfd"));
}

/* Who serves a type1 container now? */
#define EXPECT_SERVED(_ours)						\
	do {								\
		ASSERT_EQ(0, type1_claim(&self->dev, EDU_A,		\
					 VFIO_TYPE1v2_IOMMU, true));	\
		EXPECT_EQ(_ours, type1_is_ours(self->dev.container));	\
		dev_release(&self->dev);				\
	} while (0)

TEST_F(order, ours_last)
{
	ASSERT_EQ(0, run("modprobe vfio_iommu_type1"));
	ASSERT_EQ(0, run("modprobe ioasidfd"));
	EXPECT_EQ(0, type1_is_set());
	EXPECT_SERVED(true);
}

TEST_F(order, theirs_last)
{
	ASSERT_EQ(0, run("insmod /lib/modules/$(uname -r)/ioasidfd.ko"));
	EXPECT_SERVED(true);
	ASSERT_EQ(0, run("modprobe vfio_iommu_type1"));
	EXPECT_SERVED(false);
	/* Loading ours again puts it right. */
	ASSERT_EQ(0, run("rmmod ioasidfd && modprobe ioasidfd"));
	EXPECT_SERVED(true);
}

/* What modprobe goes by. */
TEST(softdep)
{
	static const char wanted[] = "softdep=pre: vfio_iommu_type1";
	struct utsname name;
	struct stat stat;
	char path[512];
	void *module;
	int fd;

	ASSERT_EQ(0, uname(&name));
	snprintf(path, sizeof(path), "/lib/modules/%s/ioasidfd.ko",
		 name.release);
	fd = open(path, O_RDONLY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, fstat(fd, &stat));
	module = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, module);
	EXPECT_NE(NULL, memmem(module, stat.st_size, wanted, sizeof(wanted)));
	munmap(module, stat.st_size);
	close(fd);
}

TEST_HARNESS_MAIN
