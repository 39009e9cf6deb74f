// SPDX-License-Identifier: GPL-2.0
/*
 * IOASID_MAP_DMA. How a mapping is made is in publish.c.
 */
#include <linux/mm.h>

#include "command.h"
#include "space/space.h"

static int ioas_respond_map(struct ioas_call *call,
			    const struct ioas_mapping *mapping, u64 iova)
{
	call->data.map_dma.iova = iova;
	return ioas_respond(call);
}

/**
 * ioas_cmd_map_dma() - IOASID_MAP_DMA
 * @call: the command
 *
 * Return: 0 or a negative errno, see the uAPI.
 */
int ioas_cmd_map_dma(struct ioas_call *call)
{
	struct ioasid_map_dma *args = &call->data.map_dma;
	struct ioas_mapping mapping = {
		.entry = {
			.user_va = args->user_va,
			.length = args->length,
			.iova = args->iova,
			.prot = args->prot,
			.flags = args->flags,
		},
		.fill = ioas_fill_user,
		.respond = ioas_respond_map,
	};
	struct ioas_space *space;
	int ret;

	ret = ioas_check_entry(call, "user_va", &mapping.entry);
	if (ret)
		return ret;
	space = ioas_space_get(call, call->ctx, args->ioasid);
	if (IS_ERR(space))
		return PTR_ERR(space);
	ret = ioas_map(call, space, &mapping);
	ioas_space_put(space);
	return ret;
}
