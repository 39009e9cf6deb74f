/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reference model of I/O address spaces: what each command should say, and what the
 * spaces hold afterwards. Slow and simple, so that it can be believed.
 *
 * A command is first asked of the model, which collects every errno that would be
 * right; if there is none the command has to succeed, and is then done to the model.
 * Used by engine_model.
 */
#ifndef IOASID_TEST_MODEL_H
#define IOASID_TEST_MODEL_H

#include "common.h"

#define MODEL_AREAS	400
#define MODEL_OBJECTS	2048
#define MODEL_ALLOWED	8

/* Errnos of which any is right; none if the command must succeed. */
struct verdict {
	unsigned int num;
	int errs[8];
};

void may_fail(struct verdict *verdict, int err);
bool verdict_allows(const struct verdict *verdict, int err);

/* Pinned memory: pages of the test's pool, from @page on. */
struct model_object {
	unsigned int users;		/* mappings, and one if registered */
	unsigned int page, pages;
	__u32 prot;
	bool registered;
	bool shared;			/* ever had two users */
};

struct model_area {
	__u64 first, last;
	__u32 prot;
	struct model_object *object;
	unsigned int offset;		/* page of the object */
};

/* What devices take from the spaces they are attached to. */
struct model_hardware {
	struct ioasid_iova_range msi;
	__u64 last;			/* of the aperture */
};

struct model_space {
	__u32 id;			/* 0 if there is none */
	struct ioasid_iova_range window;
	__u64 granule;
	unsigned int devices;
	const struct model_hardware *hardware;
	struct ioasid_iova_range allowed[MODEL_ALLOWED];
	unsigned int num_allowed;
	struct model_area areas[MODEL_AREAS];	/* ascending */
	unsigned int num_areas;
};

/* What may be mapped; returns how many ranges there are, at most 3. */
unsigned int model_ranges(const struct model_space *space,
			  struct ioasid_iova_range *ranges);
__u64 model_bytes(const struct model_space *space);
/* The mapping at an IOVA, NULL if there is none. */
struct model_area *model_area_at(struct model_space *space, __u64 iova);

/* Why [iova, iova + length) cannot be taken; not only whole pages. */
void model_check_fixed(const struct model_space *space, __u64 iova,
		       __u64 length, struct verdict *verdict);
/* Why the kernel cannot choose. */
void model_check_any(const struct model_space *space, __u64 length,
		     struct verdict *verdict);
/* Is this a choice that the kernel may make? */
bool model_choice_is_right(const struct model_space *space, __u64 iova,
			   __u64 length);
void model_insert(struct model_space *space, __u64 iova, __u64 length,
		  __u32 prot, struct model_object *object, unsigned int offset);

void model_check_unmap(const struct model_space *space, __u64 iova,
		       __u64 length, struct verdict *verdict);
/* Returns the bytes that were mapped. */
__u64 model_unmap(struct model_space *space, __u64 iova, __u64 length);
__u64 model_unmap_all(struct model_space *space);

void model_check_allow(const struct model_space *space,
		       const struct ioasid_iova_range *ranges, unsigned int num,
		       struct verdict *verdict);
void model_check_attach(const struct model_space *space,
			struct verdict *verdict);

/* A new object, of which nobody is a user yet. */
struct model_object *model_object(struct model_object *objects,
				  unsigned int page, unsigned int pages,
				  __u32 prot);
void model_use(struct model_object *object);
void model_leave(struct model_object *object);
/* The least and the most that can be pinned, in pages. */
void model_pinned(const struct model_object *objects,
		  const struct model_space *spaces, unsigned int num_spaces,
		  __u64 *least, __u64 *most);

#endif /* IOASID_TEST_MODEL_H */
