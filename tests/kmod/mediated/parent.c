// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are a part of a mock device, their parent: they have that do DMA with a
 * PASID of theirs. Which they have ioasidfd.ko says, and this keeps.
 *
 * Called by engine.c for a program, by vfio.c and driver.c to choose a parent, and by
 * ioasidfd.
 */
#include <linux/module.h>

#include "mediated/internal.h"
#include "mock/mock.h"
#include "mock/parent.h"

static int pair_attach(void *data, u32 pasid, u32 hw_pasid)
{
	struct mediated *md = data;
	int ret = -ENOSPC;

	down_write(&md->issuing);
	if (!(READ_ONCE(md->behaviour) & MEDIATED_REFUSING))
		ret = xa_insert(&md->pairs, pasid, xa_mk_value(hw_pasid),
				GFP_KERNEL);
	if (!ret)
		md->num_pairs++;
	up_write(&md->issuing);
	return ret;
}

/* What was issued with it is through when the lock is had. */
static void pair_detach(void *data, u32 pasid, u32 hw_pasid)
{
	struct mediated *md = data;
	void *entry;

	down_write(&md->issuing);
	entry = xa_erase(&md->pairs, pasid);
	WARN_ON(entry != xa_mk_value(hw_pasid));
	md->num_pairs--;
	up_write(&md->issuing);
}

/**
 * mediated_pair_attach() - Told by ioasidfd, see struct ioasidfd_ops
 * @md: the device
 * @pasid: what the program says
 * @hw_pasid: what the IOMMU sees
 *
 * Return: 0 or -ENOSPC.
 */
int mediated_pair_attach(struct mediated *md, u32 pasid, u32 hw_pasid)
{
	return pair_attach(md, pasid, hw_pasid);
}

/**
 * mediated_pair_detach() - Told by ioasidfd, see struct ioasidfd_ops
 * @md: the device
 * @pasid: as it was attached
 * @hw_pasid: likewise
 */
void mediated_pair_detach(struct mediated *md, u32 pasid, u32 hw_pasid)
{
	pair_detach(md, pasid, hw_pasid);
}

static const struct ioasidfd_ops ops = {
	.pasid_attach = pair_attach,
	.pasid_detach = pair_detach,
};

static const struct {
	const char *name;
	u32 intent;
	u32 pasids;
} kinds[] = {
	{ "software", IOASID_INTENT_SOFTWARE, IOASID_PASIDS_NONE },
	{ "none", IOASID_INTENT_PASID, IOASID_PASIDS_NONE },
	{ "identity", IOASID_INTENT_PASID, IOASID_PASIDS_IDENTITY },
	{ "driver", IOASID_INTENT_PASID, IOASID_PASIDS_DRIVER },
	{ "cpu", IOASID_INTENT_PASID | IOASID_INTENT_ENQCMD, IOASID_PASIDS_CPU },
	/* What VFIO will not find to be true of a device without an IOMMU. */
	{ "whole", IOASID_INTENT_RID, IOASID_PASIDS_NONE },
};

static int find_kind(const char *name, size_t length)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == length &&
		    !strncmp(kinds[i].name, name, length))
			return i;
	return -EINVAL;
}

static int set_parent(struct mediated *md, const char *setting)
{
	const char *at = strchr(setting, '@');
	unsigned int n;

	if (!at)
		return 0;
	if (kstrtouint(at + 1, 0, &n))
		return -EINVAL;
	return mediated_set_parent(md, n);
}

/**
 * mediated_declare() - Declare a VFIO device, if that was asked for
 * @md: the device, which VFIO does not have yet
 * @setting: KIND or KIND@PARENT, or NULL; see module.c
 *
 * Return: 0 or a negative errno.
 */
int mediated_declare(struct mediated *md, const char *setting)
{
	struct ioasidfd_intent what = {
		.dev = md->dev,
		.ops = &ops,
		.data = md,
	};
	int kind, ret;

	if (!setting)
		return 0;
	kind = find_kind(setting, strcspn(setting, "@"));
	ret = kind < 0 ? kind : set_parent(md, setting);
	if (ret)
		return ret;
	what.intent = kinds[kind].intent;
	what.pasids = kinds[kind].pasids;
	what.parent = md->parent;
	md->declaration = ioasidfd_declare(&what);
	ret = PTR_ERR_OR_ZERO(md->declaration);
	if (ret) {
		md->declaration = NULL;
		mediated_put_parent(md);
	}
	return ret;
}

/**
 * mediated_withdraw() - Take the declaration of a device back
 * @md: the device
 */
void mediated_withdraw(struct mediated *md)
{
	if (!md->declaration)
		return;
	ioasidfd_withdraw(md->declaration);
	md->declaration = NULL;
	mediated_put_parent(md);
}

/**
 * mediated_set_parent() - Choose the parent of a device
 * @md: the device, which has none
 * @n: number of the mock device
 *
 * The mock's module stays as long as something has it for a parent.
 *
 * Return: 0 or -ENODEV.
 */
int mediated_set_parent(struct mediated *md, unsigned int n)
{
	struct device *(*get)(unsigned int n) = symbol_get(ioas_mock_device);

	if (!get)
		return -ENODEV;
	md->parent = get(n);
	if (md->parent) {
		md->parent_dma = symbol_get(ioas_mock_dma);
		return 0;
	}
	symbol_put(ioas_mock_device);
	return -ENODEV;
}

/**
 * mediated_put_parent() - Have no parent any more
 * @md: the device, which is not bound
 */
void mediated_put_parent(struct mediated *md)
{
	if (!md->parent)
		return;
	put_device(md->parent);
	md->parent = NULL;
	md->parent_dma = NULL;
	symbol_put(ioas_mock_dma);
	symbol_put(ioas_mock_device);
}

static int errno_of(int status)
{
	switch (status) {
	case MOCK_OK:
		return 0;
	case MOCK_UNMAPPED:
		return -ENOENT;
	case MOCK_DENIED:
		return -EACCES;
	case MOCK_BLOCKED:
		return -EPERM;
	case MOCK_OUTSIDE:
		return -ERANGE;
	}
	return -EIO;
}

/**
 * mediated_parent_dma() - Have the parent do DMA
 * @md: the device
 * @dma: how, and with what PASID
 * @iova: first byte
 * @data: from or to here
 * @length: bytes
 * @write: to memory
 *
 * Return: 0 or a negative errno, see mediated.h.
 */
int mediated_parent_dma(struct mediated *md, const struct mediated_dma *dma,
			u64 iova, void *data, size_t length, bool write)
{
	u32 pasid = dma->pasid;
	int ret = -ENXIO;
	void *entry;

	if (!md->parent)
		return -ENODEV;
	down_read(&md->issuing);
	entry = xa_load(&md->pairs, pasid);
	if (dma->how == MEDIATED_PARENT && entry)
		pasid = xa_to_value(entry);
	if (dma->how == MEDIATED_FORGED || entry)
		ret = errno_of(md->parent_dma(md->parent, pasid, iova, data,
					      length, write));
	up_read(&md->issuing);
	return ret;
}
