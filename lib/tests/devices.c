// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opening and closing devices on a fake machine: shared groups and containers, every
 * order of closing, a failure at every single system call. Run by check.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vfio.h>

#include "fake.h"
#include "internal.h"
#include "tap.h"

#define DEVICES	3

static const char * const addresses[DEVICES] = { FAKE_SOLO, FAKE_PAIR_A, FAKE_PAIR_B };

static struct ioasid_ctx *ctx;
static struct ioasid_dev *devs[DEVICES];

static int open_all(void)
{
	int i, ret = 0;

	for (i = 0; i < DEVICES && !ret; i++)
		ret = ioasid_dev_open(ctx, addresses[i], i, &devs[i]);
	return ret;
}

static void start(void)
{
	fake_reset();
	if (ioasid_ctx_open(&ctx))
		abort();
}

static bool clean(void)
{
	if (fake.broken)
		printf("# %s\n", fake.broken);
	return !fake.broken && !fake_open_files() && !fake.binds;
}

static void sharing(void)
{
	start();
	tap_ok(!open_all() && fake.binds == DEVICES, "three devices of two groups");
	/* The context, the container, two groups and three devices. */
	tap_ok(fake_open_files() == 1 + 1 + 2 + DEVICES,
	       "share a container and the group that two of them are in");
	tap_ok(ioasid_ctx_container_fd(ctx) >= 0 &&
	       ioasid_dev_group_fd(devs[0]) != ioasid_dev_group_fd(devs[1]) &&
	       ioasid_dev_group_fd(devs[1]) == ioasid_dev_group_fd(devs[2]) &&
	       fcntl(ioasid_dev_group_fd(devs[0]), F_GETFD) >= 0,
	       "whose files a program can have");
	tap_ok(ioasid_dev_id(devs[0]) && ioasid_dev_id(devs[0]) != ioasid_dev_id(devs[1]) &&
	       ioasid_dev_fd(devs[0]) >= 0 &&
	       !strcmp(ioasid_dev_address(devs[2]), FAKE_PAIR_B),
	       "each has its id, file and address");
	tap_fails(ioasid_dev_open(ctx, FAKE_PAIR_A, 0, &devs[0]), -EEXIST,
		  "a device cannot be opened twice", TAP_WORDS("cannot bind"));
	tap_ok(fake_open_files() == 1 + 1 + 2 + DEVICES, "and that leaves nothing open");
	ioasid_ctx_close(ctx);
	tap_ok(clean(), "closing the context closes everything");
}

static void orders(void)
{
	static const int order[][DEVICES] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		start();
		open_all();
		for (k = 0; k < DEVICES; k++)
			ioasid_dev_close(devs[order[i][k]]);
		tap_ok(ioasid_ctx_container_fd(ctx) < 0, "no device, no container");
		tap_ok(!fake.broken && fake_open_files() == 1 && !fake.binds,
		       "closing devices in order %d %d %d leaves the context alone",
		       order[i][0], order[i][1], order[i][2]);
		tap_ok(!open_all(), "and they can be opened again");
		ioasid_ctx_close(ctx);
		tap_ok(clean(), "and closed with it");
	}
	ioasid_dev_close(NULL);
	ioasid_ctx_close(NULL);
}

static void neighbours(void)
{
	struct ioasid_ctx *other;
	struct ioasid_dev *dev;

	start();
	if (ioasid_ctx_open(&other))
		abort();
	tap_ok(!ioasid_dev_open(ctx, FAKE_SOLO, 0, &dev) &&
	       !ioasid_dev_open(other, FAKE_PAIR_A, 0, &dev),
	       "two contexts have a container each");
	ioasid_ctx_close(ctx);
	tap_ok(!fake.broken && fake.binds == 1, "one goes, the other stays");
	ioasid_ctx_close(other);
	tap_ok(clean(), "both are gone");
}

static void unplugged(void)
{
	start();
	open_all();
	fake.request = VFIO_IOASID_UNBIND;
	fake.request_errno = ENODEV;
	ioasid_dev_close(devs[1]);
	tap_ok(!fake.broken && fake.binds == DEVICES - 1,
	       "the id of a device that has gone is freed");
	fake.request = 0;
	ioasid_ctx_close(ctx);
	tap_ok(clean(), "and the rest is closed");
}

/* Each round lets one more call succeed than the one before, until nothing fails. */
static void sweep_open(void)
{
	int calls, bad = 0, ret = 0;
	bool failed = true;

	for (calls = 0; failed && calls < 1000; calls++) {
		start();
		fake.fail_at = calls;
		ret = open_all();
		failed = fake.fail_at < 0;
		fake.fail_at = -1;
		if (ret && (!ioasid_last_error()[0] || fake.broken))
			bad++;
		ioasid_ctx_close(ctx);
		if (!clean())
			bad++;
	}
	tap_ok(!ret && !bad && calls > 20,
	       "%d calls fail one by one while devices are opened", calls - 1);
}

static void sweep_context(void)
{
	int calls, bad = 0, ret = 0;
	bool failed = true;

	for (calls = 0; failed && calls < 100; calls++) {
		fake_reset();
		ctx = NULL;
		fake.fail_at = calls;
		ret = ioasid_ctx_open(&ctx);
		failed = fake.fail_at < 0;
		fake.fail_at = -1;
		if (ret && (ctx || !ioasid_last_error()[0]))
			bad++;
		ioasid_ctx_close(ctx);
		if (!clean())
			bad++;
	}
	tap_ok(!ret && !bad && calls > 2,
	       "%d calls fail one by one while a context is opened", calls - 1);
}

/* After a failure everything must be as if the call had not been made. */
static void retries(void)
{
	int calls, files, bad = 0;

	start();
	for (calls = 0; calls < 100; calls++) {
		files = fake_open_files();
		fake.fail_at = calls;
		if (!ioasid_dev_open(ctx, FAKE_PAIR_B, 0, &devs[0]))
			break;
		fake.fail_at = -1;
		bad += fake_open_files() != files || fake.binds;
	}
	fake.fail_at = -1;
	tap_ok(!bad && calls > 5 && fake.binds == 1,
	       "one context tries %d times until it can open a device", calls + 1);
	ioasid_ctx_close(ctx);
	tap_ok(clean(), "and closes it");
}

static bool counts_up(const struct ioasid_resv_region *regions, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (regions[i].first != i)
			return false;
	return count;
}

static void longer_arrays(void)
{
	struct ioasid_device_info info = { .size = sizeof(info) };
	struct ioasid_device_intersect common = { .size = sizeof(common) };
	struct ioasid_attachment *attachments = NULL;
	struct ioasid_group_member *members = NULL;
	struct ioasid_resv_region *regions = NULL;
	struct ioasid_iova_range *ranges = NULL;
	uint32_t count = 0, before, id = 1, hw_pasid;

	start();
	if (ioasid_dev_open(ctx, FAKE_SOLO, 0, &devs[0]))
		abort();
	tap_ok(!ioasid_dev_info(devs[0], &info, NULL) && info.num_resv_regions,
	       "the count of the reserved regions alone");
	before = info.num_resv_regions;
	fake.grows = 3;
	tap_ok(!ioasid_dev_info(devs[0], &info, &regions) &&
	       info.num_resv_regions == before + 3 &&
	       counts_up(regions, info.num_resv_regions),
	       "reserved regions that grow in number meanwhile");
	free(regions);
	fake.grows = 3;
	tap_ok(!ioasid_space_iova_ranges(ctx, 1, &ranges, &count) &&
	       count == before + 6 && ranges[count - 1].first == count - 1,
	       "IOVA ranges that grow in number meanwhile");
	free(ranges);
	fake.grows = 3;
	tap_ok(!ioasid_dev_members(devs[0], &members, &count) &&
	       count == before + 9 && members[count - 1].dev_id == count - 1,
	       "members of a group that grow in number meanwhile");
	free(members);
	tap_ok(!ioasid_dev_attachments(devs[0], &attachments, &count) && !count &&
	       !attachments, "no attachments");
	tap_ok(!ioasid_dev_hw_pasid(devs[0], 41, &hw_pasid) && hw_pasid == 42 &&
	       fake.sent.pasid_map.flags == IOASID_PASID_MAP_PASID, "a PASID that is translated");
	fake.grows = 3;
	tap_ok(!ioasid_ctx_intersect(ctx, &id, 1, &common, &ranges) &&
	       common.num_ranges == before + 12 &&
	       ranges[common.num_ranges - 1].first == common.num_ranges - 1,
	       "common ranges that grow in number meanwhile");
	free(ranges);
	tap_ok(!ioasid_last_error()[0] && !ioasid_last_extack()->size,
	       "an array that was too small is no error");
	ioasid_ctx_close(ctx);
	tap_ok(clean(), "arrays leave nothing");
}

int main(void)
{
	longer_arrays();
	sharing();
	orders();
	neighbours();
	unplugged();
	sweep_context();
	sweep_open();
	retries();
	fake_remove();
	return tap_close();
}
