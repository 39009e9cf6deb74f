// SPDX-License-Identifier: GPL-2.0
/*
 * What IOMMUs and devices there are: the module's parameters.
 *
 *	iommu=SETTINGS,SETTINGS...	one for each instance
 *	device=SETTINGS,SETTINGS...	one for each device
 *
 * SETTINGS are key=value, separated by semicolons. Of an IOMMU: first and last (of its
 * aperture), pages (bitmap of page sizes), pasid (bits), and the flags dirty, coherent,
 * snoop, msi, nest (it takes page tables of the user), pri (devices ask for pages that
 * they are refused) and replaces (it has the name by which ioasidfd knows that DMA need
 * not be blocked to move a device); joins is the number of another one whose page tables
 * it takes too. Of a device: iommu (its number), group (devices with the same number share
 * one), pasid (bits, as far as its IOMMU has them), translate (how many PASIDs its driver
 * has room for, if it is to translate them) and up to four regions,
 * resv=KIND@FIRST-LAST, where KIND is direct, relaxable, reserved, msi or swmsi.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mock/internal.h"

struct mock_iommu *mock_iommus[MOCK_MAX_IOMMUS];
struct mock_device *mock_devices[MOCK_MAX_DEVICES];

/* A large one, a plain one that cannot share a domain with it, and an odd one. */
static char *iommu_params[MOCK_MAX_IOMMUS] = {
	"last=0xffffffffffff;pages=0x40201000;pasid=10;dirty=1;nest=1",
	"last=0xffffffffffff;pages=0x1000",
	"first=0x10000;last=0x7ffeffff;pages=0x11000;snoop=0",
};

static char *device_params[MOCK_MAX_DEVICES] = {
	"iommu=0;pasid=10",
	"iommu=0;pasid=10",
	"iommu=0;group=1",
	"iommu=0;group=1",
	"iommu=1",
	"iommu=2;resv=reserved@0x100000-0x1fffff;resv=msi@0xfee00000-0xfeefffff",
};

static unsigned int num_iommu_params = 3;
static unsigned int num_device_params = 6;

module_param_array_named(iommu, iommu_params, charp, &num_iommu_params, 0444);
MODULE_PARM_DESC(iommu, "Settings of each IOMMU, key=value separated by semicolons: first, last, pages, pasid, dirty, coherent, snoop, msi, nest, pri, replaces, joins");
module_param_array_named(device, device_params, charp, &num_device_params,
			 0444);
MODULE_PARM_DESC(device, "Settings of each device, key=value separated by semicolons: iommu, group, pasid, translate, resv");

static const struct {
	const char *name;
	enum iommu_resv_type type;
} resv_kinds[] = {
	{ "direct", IOMMU_RESV_DIRECT },
	{ "relaxable", IOMMU_RESV_DIRECT_RELAXABLE },
	{ "reserved", IOMMU_RESV_RESERVED },
	{ "msi", IOMMU_RESV_MSI },
	{ "swmsi", IOMMU_RESV_SW_MSI },
};

static int set_region(struct mock_device *md, char *value)
{
	char *kind = strsep(&value, "@"), *first = strsep(&value, "-");
	struct mock_region *region = &md->regions[md->num_regions];
	unsigned int i;
	int ret;

	if (!value || md->num_regions == MOCK_MAX_REGIONS)
		return -EINVAL;
	ret = kstrtou64(first, 0, &region->first);
	if (!ret)
		ret = kstrtou64(value, 0, &region->last);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(resv_kinds); i++) {
		if (strcmp(kind, resv_kinds[i].name))
			continue;
		region->type = resv_kinds[i].type;
		md->num_regions++;
		return 0;
	}
	return -EINVAL;
}

static int set_iommu(void *object, const char *key, char *value)
{
	struct mock_iommu *mi = object;

	if (!strcmp(key, "first"))
		return kstrtou64(value, 0, &mi->first);
	if (!strcmp(key, "last"))
		return kstrtou64(value, 0, &mi->last);
	if (!strcmp(key, "pages"))
		return kstrtoul(value, 0, &mi->pages);
	if (!strcmp(key, "pasid"))
		return kstrtou32(value, 0, &mi->pasid);
	if (!strcmp(key, "dirty"))
		return kstrtou32(value, 0, &mi->dirty);
	if (!strcmp(key, "coherent"))
		return kstrtou32(value, 0, &mi->coherent);
	if (!strcmp(key, "snoop"))
		return kstrtou32(value, 0, &mi->snoop);
	if (!strcmp(key, "msi"))
		return kstrtou32(value, 0, &mi->msi);
	if (!strcmp(key, "nest"))
		return kstrtou32(value, 0, &mi->nest);
	if (!strcmp(key, "pri"))
		return kstrtou32(value, 0, &mi->pri);
	if (!strcmp(key, "joins"))
		return kstrtou32(value, 0, &mi->joins);
	if (!strcmp(key, "replaces"))
		return kstrtou32(value, 0, &mi->replaces);
	return -EINVAL;
}

static int set_device(void *object, const char *key, char *value)
{
	struct mock_device *md = object;
	u32 iommu;
	int ret;

	if (!strcmp(key, "group"))
		return kstrtou32(value, 0, &md->group);
	if (!strcmp(key, "pasid"))
		return kstrtou32(value, 0, &md->pasid);
	if (!strcmp(key, "translate"))
		return kstrtou32(value, 0, &md->translate);
	if (!strcmp(key, "resv"))
		return set_region(md, value);
	if (strcmp(key, "iommu"))
		return -EINVAL;
	ret = kstrtou32(value, 0, &iommu);
	if (ret || iommu >= num_iommu_params)
		return -EINVAL;
	md->iommu = mock_iommus[iommu];
	return 0;
}

static int read_settings(void *object, const char *settings,
			 int (*set)(void *object, const char *key, char *value))
{
	char *copy = kstrdup(settings, GFP_KERNEL), *rest = copy;
	char *setting, *key;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (setting = strsep(&rest, ";"))) {
		key = strsep(&setting, "=");
		ret = setting ? set(object, key, setting) : -EINVAL;
	}
	kfree(copy);
	if (ret)
		pr_err("ioas-mock: cannot use the settings '%s'\n", settings);
	return ret;
}

static int read_iommu(unsigned int index)
{
	struct mock_iommu *mi = kzalloc(sizeof(*mi), GFP_KERNEL);

	if (!mi)
		return -ENOMEM;
	mock_iommus[index] = mi;
	mi->index = index;
	mi->last = U64_MAX;
	mi->pages = PAGE_SIZE;
	mi->coherent = 1;
	mi->snoop = 1;
	mi->msi = 1;
	mi->replaces = 1;
	mi->joins = index;
	return read_settings(mi, iommu_params[index], set_iommu);
}

static int read_device(unsigned int index)
{
	struct mock_device *md = kzalloc(sizeof(*md), GFP_KERNEL);

	if (!md)
		return -ENOMEM;
	mock_devices[index] = md;
	md->index = index;
	md->group = U32_MAX;
	md->iommu = mock_iommus[0];
	rwlock_init(&md->lock);
	xa_init(&md->pasids);
	mutex_init(&md->engine);
	mutex_init(&md->requests_lock);
	INIT_LIST_HEAD(&md->requests);
	xa_init(&md->pairs);
	md->buffer = kvzalloc(MOCK_BUFFER_SIZE, GFP_KERNEL);
	return md->buffer ? read_settings(md, device_params[index], set_device) :
			    -ENOMEM;
}

/**
 * mock_config_read() - Make the IOMMUs and devices that the parameters name
 *
 * Return: 0 or a negative errno; mock_config_free() is needed all the same.
 */
int mock_config_read(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < num_iommu_params && !ret; i++)
		ret = read_iommu(i);
	for (i = 0; i < num_device_params && !ret; i++)
		ret = read_device(i);
	return ret;
}

/**
 * mock_config_free() - Free them
 */
void mock_config_free(void)
{
	unsigned int i;

	for (i = 0; i < MOCK_MAX_DEVICES; i++) {
		if (!mock_devices[i])
			continue;
		kvfree(mock_devices[i]->buffer);
		xa_destroy(&mock_devices[i]->pasids);
		xa_destroy(&mock_devices[i]->pairs);
		kfree(mock_devices[i]);
		mock_devices[i] = NULL;
	}
	for (i = 0; i < MOCK_MAX_IOMMUS; i++) {
		kfree(mock_iommus[i]);
		mock_iommus[i] = NULL;
	}
}
