// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/ioasid, as a program uses it that wants to know why a call failed: every
 * command carries an extack. Called through struct peer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <libioasid.h>

#include "bench.h"

#define RW	(IOASID_PROT_READ | IOASID_PROT_WRITE)
#define UNKNOWN_COMMAND	_IO(IOASID_TYPE, 0x7f)

static struct ioasid_extack extack;
static struct ioasid_ctx *ctx;
static struct ioasid_dev *devs[PEER_DEVICES];
static __u32 spaces[PEER_DEVICES];
static __u32 bare;		/* the space that fill() attaches a device to */
static __u32 memory_id;
static struct ioasid_map_entry *entries;
static unsigned int num_entries;
static int fd = -1;

static __u64 reason(void)
{
	extack.size = sizeof(extack);
	return (__u64)&extack;
}

static int call(unsigned long command, void *arg)
{
	if (!ioctl(fd, command, arg))
		return 0;
	if (errno != ENOTTY)
		fprintf(stderr, "# ioasid: %s\n", extack.message);
	return -errno;
}

static void ioas_close(void)
{
	unsigned int n;

	ioasid_ctx_close(ctx);
	ctx = NULL;
	fd = -1;
	for (n = 0; n < PEER_DEVICES; n++)
		devs[n] = NULL;
}

static int ioas_open(const char *const devices[PEER_DEVICES])
{
	int err = ioasid_ctx_open(&ctx);
	unsigned int n;

	if (err)
		return err;
	fd = ioasid_ctx_fd(ctx);
	for (n = 0; n < PEER_DEVICES && !err; n++) {
		err = ioasid_dev_open(ctx, devices[n], n, &devs[n]);
		if (!err)
			err = ioasid_space_alloc(ctx, &spaces[n]);
		if (!err)
			err = ioasid_dev_attach(devs[n], spaces[n]);
	}
	if (err) {
		fprintf(stderr, "# ioasid: %s\n", ioasid_last_error());
		ioas_close();
	}
	return err;
}

static int ioas_null_call(void)
{
	return ioctl(fd, UNKNOWN_COMMAND, 0) && errno == ENOTTY ? 0 : -EIO;
}

static int map_in(__u32 ioasid, const struct range *range)
{
	struct ioasid_map_dma map = {
		.size = sizeof(map),
		.flags = IOASID_MAP_FIXED,
		.extack = reason(),
		.ioasid = ioasid,
		.prot = RW,
		.user_va = (__u64)range->va,
		.length = range->length,
		.iova = range->iova,
	};

	return call(IOASID_MAP_DMA, &map);
}

static int ioas_map(unsigned int space, const struct range *range)
{
	return map_in(spaces[space], range);
}

static int ioas_unmap(unsigned int space, __u64 iova, __u64 length)
{
	struct ioasid_unmap_dma unmap = {
		.size = sizeof(unmap),
		.extack = reason(),
		.ioasid = spaces[space],
		.iova = iova,
		.length = length,
	};
	int err = call(IOASID_UNMAP_DMA, &unmap);

	if (err)
		return err;
	return unmap.unmapped == length ? 0 : -EIO;
}

static int ioas_unmap_all(unsigned int space)
{
	struct ioasid_unmap_dma unmap = {
		.size = sizeof(unmap),
		.flags = IOASID_UNMAP_ALL,
		.extack = reason(),
		.ioasid = spaces[space],
	};

	return call(IOASID_UNMAP_DMA, &unmap);
}

static int ioas_prepare_batch(const struct range *ranges, unsigned int count)
{
	unsigned int i;

	free(entries);
	entries = calloc(count, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	num_entries = count;
	for (i = 0; i < count; i++) {
		entries[i].user_va = (__u64)ranges[i].va;
		entries[i].length = ranges[i].length;
		entries[i].iova = ranges[i].iova;
		entries[i].prot = RW;
		entries[i].flags = IOASID_MAP_FIXED;
	}
	return 0;
}

static int ioas_map_batch(unsigned int space)
{
	struct ioasid_map_batch batch = {
		.size = sizeof(batch),
		.extack = reason(),
		.ioasid = spaces[space],
		.num_entries = num_entries,
		.entries = (__u64)entries,
	};
	int err = call(IOASID_MAP_BATCH, &batch);

	if (err)
		return err;
	return batch.num_done == num_entries ? 0 : -EIO;
}

static int ioas_share(const struct range *range)
{
	struct ioasid_register_memory cmd = {
		.size = sizeof(cmd),
		.extack = reason(),
		.prot = RW,
		.user_va = (__u64)range->va,
		.length = range->length,
	};
	int err = call(IOASID_REGISTER_MEMORY, &cmd);

	memory_id = cmd.memory_id;
	return err;
}

static void ioas_unshare(void)
{
	struct ioasid_unregister_memory cmd = {
		.size = sizeof(cmd),
		.extack = reason(),
		.memory_id = memory_id,
	};

	ioas_unmap_all(0);
	call(IOASID_UNREGISTER_MEMORY, &cmd);
}

static int ioas_map_shared(unsigned int space, const struct range *range)
{
	struct ioasid_copy copy = {
		.size = sizeof(copy),
		.flags = IOASID_COPY_FIXED | IOASID_COPY_MEMORY,
		.extack = reason(),
		.src_fd = -1,
		.src_id = memory_id,
		.dst_ioasid = spaces[space],
		.prot = RW,
		.length = range->length,
		.dst_iova = range->iova,
	};

	return call(IOASID_COPY, &copy);
}

/* A space without a device: its memory is pinned, and there is no table yet. */
static int ioas_populate(const struct range *range)
{
	int err = ioasid_space_alloc(ctx, &bare);

	if (!err)
		err = ioasid_dev_detach(devs[1]);
	if (!err)
		err = map_in(bare, range);
	return err;
}

static int ioas_fill(void)
{
	return ioasid_dev_attach(devs[1], bare);
}

static int ioas_drain(void)
{
	return ioasid_dev_detach(devs[1]);
}

static void ioas_unpopulate(void)
{
	ioasid_space_free(ctx, bare);
	ioasid_dev_attach(devs[1], spaces[1]);
}

const struct peer peer_ioasid = {
	.name = "ioasid",
	.lacks = "the bench does not use it",
	.open = ioas_open,
	.close = ioas_close,
	.null_call = ioas_null_call,
	.map = ioas_map,
	.unmap = ioas_unmap,
	.unmap_all = ioas_unmap_all,
	.prepare_batch = ioas_prepare_batch,
	.map_batch = ioas_map_batch,
	.share = ioas_share,
	.unshare = ioas_unshare,
	.map_shared = ioas_map_shared,
	.populate = ioas_populate,
	.fill = ioas_fill,
	.drain = ioas_drain,
	.unpopulate = ioas_unpopulate,
};
