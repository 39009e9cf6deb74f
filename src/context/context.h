/* SPDX-License-Identifier: GPL-2.0 */
/* Contexts and their id table; called by chardev.c and by all rooms below it. */
#ifndef IOAS_CONTEXT_H
#define IOAS_CONTEXT_H

#include "ioas.h"

struct ioas_call;

struct ioas_ctx *ioas_ctx_create(void);
void ioas_ctx_destroy(struct ioas_ctx *ctx);
void ioas_ctx_get(struct ioas_ctx *ctx);
void ioas_ctx_put(struct ioas_ctx *ctx);

int ioas_id_reserve(struct ioas_ctx *ctx, u32 *id);
void ioas_id_set(struct ioas_ctx *ctx, u32 id, struct ioas_object *obj);
void ioas_id_free(struct ioas_ctx *ctx, u32 id);
int ioas_object_reserve(struct ioas_ctx *ctx, struct ioas_object *obj,
			enum ioas_object_type type);
void ioas_object_abort(struct ioas_object *obj);
void ioas_object_finalize(struct ioas_object *obj);
struct ioas_object *ioas_object_get(struct ioas_ctx *ctx, u32 id);
struct ioas_object *ioas_object_next(struct ioas_ctx *ctx, u32 *id);
void ioas_object_put(struct ioas_object *obj);
void ioas_object_remove(struct ioas_object *obj);
bool ioas_object_remove_once(struct ioas_object *obj);

int ioas_cmd_free(struct ioas_call *call);

#endif
