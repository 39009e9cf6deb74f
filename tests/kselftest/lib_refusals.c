// SPDX-License-Identifier: GPL-2.0
/*
 * What libioasid says when something is in the way: the errno its header promises,
 * and a sentence that names what to look at.
 */
#include "kselftest_harness.h"

#include <grp.h>
#include <libioasid.h>
#include <linux/vfio.h>
#include <sys/stat.h>

#include "common.h"
#include "expect.h"
#include "vfio.h"

#define NOBODY		65534

FIXTURE(refusal) {
	struct ioasid_ctx *ctx;
	struct ioasid_dev *dev;
};

FIXTURE_SETUP(refusal)
{
	LIB_OK(ioasid_ctx_open(&self->ctx));
}

FIXTURE_TEARDOWN(refusal)
{
	ioasid_ctx_close(self->ctx);
}

/* The call is refused with that errno, in words that mention these. */
#define EXPECT_SAYS(_err, _words, _call)				\
	do {								\
		EXPECT_EQ(-(_err), (_call));				\
		EXPECT_NE(NULL, strstr(ioasid_last_error(), _words))	\
			TH_LOG("library: %s", ioasid_last_error());	\
	} while (0)

TEST_F(refusal, wrong_addresses)
{
	static const char *const bad[] = { "", "edu", "0000:00:04", "00:04.9",
					   "0000:00:04.0 ", "g000:00:04.0",
					   "../../../dev/null" };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_SAYS(EINVAL, bad[i],
			    ioasid_dev_open(self->ctx, bad[i], 0, &self->dev));
	EXPECT_SAYS(ENOENT, "0000:ff:1f.7",
		    ioasid_dev_open(self->ctx, "0000:ff:1f.7", 0, &self->dev));
	EXPECT_EQ(NULL, self->dev);
}

/* The domain may be left out. */
TEST_F(refusal, short_address)
{
	ASSERT_EQ(0, strncmp(edu_name(EDU_A), "0000:", 5));
	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_A) + 5, 0, &self->dev));
	EXPECT_STREQ(edu_name(EDU_A), ioasid_dev_address(self->dev));
}

/* The host bridge has no driver, or one that is not VFIO's. */
TEST_F(refusal, device_without_a_vfio_driver)
{
	int err = ioasid_dev_open(self->ctx, "0000:00:00.0", 0, &self->dev);

	EXPECT_TRUE(err == -ENODEV || err == -EBUSY || err == -EOPNOTSUPP);
	EXPECT_NE(NULL, strstr(ioasid_last_error(), "0000:00:00.0"))
		TH_LOG("library: %s", ioasid_last_error());
}

TEST_F(refusal, driver_comes_and_goes)
{
	const char *name = edu_name(EDU_C1);

	LIB_OK(ioasid_driver_restore(name));
	EXPECT_SAYS(ENODEV, "vfio-pci",
		    ioasid_dev_open(self->ctx, name, 0, &self->dev));
	EXPECT_EQ(IOASID_REASON_DRIVER, ioasid_last_reason());
	EXPECT_SAYS(ENODEV, "no-such-driver",
		    ioasid_driver_bind(name, "no-such-driver"));
	LIB_OK(ioasid_driver_bind(name, "vfio-pci"));
	LIB_OK(ioasid_dev_open(self->ctx, name, 0, &self->dev));
}

TEST_F(refusal, open_already)
{
	struct ioasid_dev *again = NULL;

	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_A), 0, &self->dev));
	EXPECT_SAYS(EEXIST, edu_name(EDU_A),
		    ioasid_dev_open(self->ctx, edu_name(EDU_A), 0, &again));
	EXPECT_EQ(NULL, again);
}

TEST_F(refusal, claimed_by_somebody_else)
{
	struct ioasid_ctx *other;
	struct dev dev;

	ASSERT_EQ(0, dev_claim_type(&dev, EDU_A, VFIO_TYPE1v2_IOMMU));
	EXPECT_SAYS(EBUSY, "/dev/vfio/",
		    ioasid_dev_open(self->ctx, edu_name(EDU_A), 0, &self->dev));
	dev_release(&dev);

	LIB_OK(ioasid_ctx_open(&other));
	LIB_OK(ioasid_dev_open(other, edu_name(EDU_C0), 0, &self->dev));
	self->dev = NULL;
	EXPECT_SAYS(EBUSY, "/dev/vfio/",
		    ioasid_dev_open(self->ctx, edu_name(EDU_C1), 0, &self->dev));
	EXPECT_EQ(NULL, self->dev);
	ioasid_ctx_close(other);
	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_C1), 0, &self->dev));
}

/* The kernel's reason and sentence come through, with the errno. */
TEST_F(refusal, of_the_kernel)
{
	__u32 space;

	EXPECT_SAYS(ENOENT, "", ioasid_space_free(self->ctx, NO_ID));
	EXPECT_EQ(IOASID_REASON_NO_OBJECT, ioasid_last_reason());
	EXPECT_STREQ("no-object", ioasid_reason_name(ioasid_last_reason()));
	LIB_OK(ioasid_space_alloc(self->ctx, &space));
	LIB_OK(ioasid_dev_open(self->ctx, edu_name(EDU_A), 0, &self->dev));
	LIB_OK(ioasid_dev_attach(self->dev, space));
	EXPECT_SAYS(EADDRNOTAVAIL, MSI_TEXT,
		    ioasid_space_map_fixed(self->ctx, space, MSI_FIRST,
					   anon(PAGE), PAGE, RW));
	EXPECT_EQ(MSI_FIRST, ioasid_last_extack()->first);
	EXPECT_EQ(ioasid_dev_id(self->dev), ioasid_last_extack()->id);
	EXPECT_SAYS(EBUSY, edu_name(EDU_A),
		    ioasid_space_free(self->ctx, space));
}

TEST_F(refusal, not_root)
{
	struct ioasid_ctx *mine = NULL;
	struct stat file;

	ASSERT_EQ(0, stat("/dev/ioasid", &file));
	EXPECT_EQ(0660, file.st_mode & 07777);
	ASSERT_EQ(0, setgroups(0, NULL));
	ASSERT_EQ(0, setgid(NOBODY));
	ASSERT_EQ(0, setuid(NOBODY));
	EXPECT_SAYS(EACCES, "/dev/ioasid", ioasid_ctx_open(&mine));
	EXPECT_EQ(NULL, mine);
	EXPECT_SAYS(EACCES, "/dev/vfio",
		    ioasid_dev_open(self->ctx, edu_name(EDU_A), 0, &self->dev));
	EXPECT_SAYS(EACCES, edu_name(EDU_C1),
		    ioasid_driver_bind(edu_name(EDU_C1), "pci-stub"));
}

TEST_HARNESS_MAIN
