// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs of work that CPUs submit (ENQCMD). A CPU puts the PASID into it, by a table that
 * knows nothing of devices. So a number of the user's stands for the same PASID at all
 * devices of a context, and that is one which no other process on the machine has:
 * the kernel has an allocator for such.
 *
 * Called by pair.c under group->lock.
 */
#include <linux/slab.h>

#include "command.h"
#include "device/device.h"
#include "device/table.h"

/**
 * struct ioas_cpu_pasid - What a number of the user's stands for
 * @hw_pasid: the PASID
 * @users: devices that are attached with it
 */
struct ioas_cpu_pasid {
	u32 hw_pasid;
	unsigned int users;
};

/* Numbers below it that the table has for something else are kept until it is found. */
static u32 ioas_find_global(struct ioas_table *table, struct xarray *unfit)
{
	u32 hw_pasid;

	for (;;) {
		hw_pasid = ioas_global_pasid_alloc(table->rid);
		if (!hw_pasid || !ioas_slot_is_taken(table, hw_pasid))
			return hw_pasid;
		if (xa_is_err(xa_store(unfit, hw_pasid, xa_mk_value(1),
				       GFP_KERNEL_ACCOUNT))) {
			ioas_global_pasid_free(hw_pasid);
			return 0;
		}
		cond_resched();
	}
}

static u32 ioas_alloc_global(struct ioas_table *table)
{
	unsigned long number;
	struct xarray unfit;
	u32 hw_pasid;
	void *entry;

	xa_init_flags(&unfit, XA_FLAGS_ACCOUNT);
	hw_pasid = ioas_find_global(table, &unfit);
	xa_for_each(&unfit, number, entry)
		ioas_global_pasid_free(number);
	xa_destroy(&unfit);
	return hw_pasid;
}

static int ioas_take_global(struct ioas_call *call, struct ioas_device *device,
			    struct ioas_space *space, bool share, u32 *hw_pasid)
{
	int ret;

	*hw_pasid = ioas_alloc_global(device->table);
	if (!*hw_pasid)
		return ioas_fail(call, -ENOSPC, IOASID_REASON_PASID,
				 "the kernel has no PASID left below the %u of %s",
				 ioas_max_pasids(device->rid),
				 dev_name(device->rid));
	ret = ioas_slot_take(call, device, space, *hw_pasid, share);
	if (ret)
		ioas_global_pasid_free(*hw_pasid);
	return ret;
}

static int ioas_cpu_join(struct ioas_call *call, struct ioas_device *device,
			 struct ioas_space *space, u32 pasid,
			 struct ioas_cpu_pasid *cpu)
{
	u32 max = ioas_max_pasids(device->rid);
	int ret;

	if (cpu->hw_pasid >= max)
		return ioas_fail(call, -EOPNOTSUPP, IOASID_REASON_PASID,
				 "PASID %u stands for %u at other devices, and %s has less than %u",
				 pasid, cpu->hw_pasid, dev_name(device->rid),
				 max);
	ret = ioas_slot_take(call, device, space, cpu->hw_pasid, true);
	if (!ret)
		cpu->users++;
	return ret;
}

static int ioas_cpu_add(struct ioas_call *call, struct ioas_device *device,
			struct ioas_space *space, u32 pasid)
{
	struct ioas_cpu_pasid *cpu = kzalloc(sizeof(*cpu), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!cpu)
		return -ENOMEM;
	ret = ioas_take_global(call, device, space, true, &cpu->hw_pasid);
	if (ret)
		goto free;
	cpu->users = 1;
	ret = xa_insert(&device->obj.ctx->cpu_pasids, pasid, cpu,
			GFP_KERNEL_ACCOUNT);
	if (!ret)
		return 0;
	ioas_slot_give(device->table, cpu->hw_pasid);
	ioas_global_pasid_free(cpu->hw_pasid);
free:
	kfree(cpu);
	return ret;
}

/* Called with cpu_lock. */
static int ioas_cpu_take(struct ioas_call *call, struct ioas_device *device,
			 struct ioas_space *space, u32 pasid, u32 *hw_pasid)
{
	struct xarray *pasids = &device->obj.ctx->cpu_pasids;
	struct ioas_cpu_pasid *cpu = xa_load(pasids, pasid);
	int ret;

	ret = cpu ? ioas_cpu_join(call, device, space, pasid, cpu) :
		    ioas_cpu_add(call, device, space, pasid);
	if (ret)
		return ret;
	cpu = xa_load(pasids, pasid);
	*hw_pasid = cpu->hw_pasid;
	return 0;
}

/**
 * ioas_cpu_pasid_get() - The PASID that CPUs put into work for a device
 * @call: the command
 * @device: the device
 * @space: where its DMA will go
 * @pasid: the user's number; 0: that of the device itself, which nobody shares
 * @hw_pasid: out: the PASID, taken in the device's table
 *
 * Context: may sleep; group->lock.
 * Return: 0, -EBUSY, -EOPNOTSUPP, -ENOSPC or -ENOMEM.
 */
int ioas_cpu_pasid_get(struct ioas_call *call, struct ioas_device *device,
		       struct ioas_space *space, u32 pasid, u32 *hw_pasid)
{
	struct ioas_ctx *ctx = device->obj.ctx;
	int ret;

	if (!pasid)
		return ioas_take_global(call, device, space, false, hw_pasid);
	mutex_lock(&ctx->cpu_lock);
	ret = ioas_cpu_take(call, device, space, pasid, hw_pasid);
	mutex_unlock(&ctx->cpu_lock);
	return ret;
}

/**
 * ioas_cpu_pasid_put() - Give a PASID back that ioas_cpu_pasid_get() took
 * @device: the device, whose DMA with it is detached
 * @pasid: the user's number
 * @hw_pasid: the PASID
 *
 * Context: may sleep; group->lock.
 */
void ioas_cpu_pasid_put(struct ioas_device *device, u32 pasid, u32 hw_pasid)
{
	struct ioas_ctx *ctx = device->obj.ctx;
	struct ioas_cpu_pasid *cpu;

	ioas_slot_give(device->table, hw_pasid);
	if (!pasid) {
		ioas_global_pasid_free(hw_pasid);
		return;
	}
	mutex_lock(&ctx->cpu_lock);
	cpu = xa_load(&ctx->cpu_pasids, pasid);
	if (!--cpu->users) {
		xa_erase(&ctx->cpu_pasids, pasid);
		ioas_global_pasid_free(hw_pasid);
		kfree(cpu);
	}
	mutex_unlock(&ctx->cpu_lock);
}
