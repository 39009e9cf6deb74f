// SPDX-License-Identifier: GPL-2.0
/*
 * Devices whose driver translates PASIDs: what a program calls a PASID becomes another
 * number before the engine issues it. The driver declares that to ioasidfd.ko, which is
 * asked for only if there is such a device.
 *
 * Called by device.c and engine.c, and by ioasidfd. The pairs are protected by the engine's
 * mutex, so one that goes is not in use.
 */
#include <linux/module.h>

#include "ioasid/ioasidfd.h"
#include "mock/internal.h"

static int pair_attach(void *data, u32 pasid, u32 hw_pasid)
{
	struct mock_device *md = data;
	int ret = -ENOSPC;

	mutex_lock(&md->engine);
	if (md->num_pairs < md->translate)
		ret = xa_insert(&md->pairs, pasid, xa_mk_value(hw_pasid),
				GFP_KERNEL);
	if (!ret)
		md->num_pairs++;
	mutex_unlock(&md->engine);
	return ret;
}

static void pair_detach(void *data, u32 pasid, u32 hw_pasid)
{
	struct mock_device *md = data;
	void *entry;

	mutex_lock(&md->engine);
	entry = xa_erase(&md->pairs, pasid);
	WARN_ON(entry != xa_mk_value(hw_pasid));
	md->num_pairs--;
	mutex_unlock(&md->engine);
}

static const struct ioasidfd_ops ops = {
	.pasid_attach = pair_attach,
	.pasid_detach = pair_detach,
};

/**
 * mock_translate_start() - Declare that a device's PASIDs are translated, if they are
 * @md: the device, which VFIO does not have yet
 *
 * Return: 0 or a negative errno.
 */
int mock_translate_start(struct mock_device *md)
{
	const struct ioasidfd_intent what = {
		.dev = md->dev,
		.intent = IOASID_INTENT_RID | IOASID_INTENT_PASID,
		.pasids = IOASID_PASIDS_DRIVER,
		.ops = &ops,
		.data = md,
	};
	struct ioasidfd_declaration *declaration;
	struct ioasidfd_declaration *
		(*declare)(const struct ioasidfd_intent *what);

	if (!md->translate)
		return 0;
	declare = symbol_get(ioasidfd_declare);
	if (!declare)
		return -ENODEV;
	declaration = declare(&what);
	if (IS_ERR(declaration)) {
		symbol_put(ioasidfd_declare);
		return PTR_ERR(declaration);
	}
	md->declaration = declaration;
	return 0;
}

/**
 * mock_translate_stop() - Take the declaration back, if there is one
 * @md: the device, which VFIO still has
 */
void mock_translate_stop(struct mock_device *md)
{
	void (*withdraw)(struct ioasidfd_declaration *declaration);

	if (!md->declaration)
		return;
	withdraw = symbol_get(ioasidfd_withdraw);
	if (!WARN_ON(!withdraw)) {
		withdraw(md->declaration);
		symbol_put(ioasidfd_withdraw);
	}
	md->declaration = NULL;
	symbol_put(ioasidfd_declare);
}

/**
 * mock_translate_pasid() - What an access carries
 * @md: the device
 * @pasid: in: what the program says; out: what the IOMMU sees
 *
 * Context: md->engine.
 * Return: false if the driver does not let it out.
 */
bool mock_translate_pasid(struct mock_device *md, u32 *pasid)
{
	void *entry;

	if (!md->translate)
		return true;
	entry = xa_load(&md->pairs, *pasid);
	if (entry)
		*pasid = xa_to_value(entry);
	return entry;
}
