/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random commands that are compared with the reference model: what the steps share.
 * Used by engine_model.
 */
#ifndef IOASID_TEST_MODEL_RUN_H
#define IOASID_TEST_MODEL_RUN_H

#include "model.h"
#include "stage.h"

#define SPACES		4
#define DEVICES		2
#define MEMORIES	6
#define POOL		64	/* pages of memory, of which the last is missing */
#define BAD_PAGE	(POOL - 1)
#define MOST_PAGES	8
#define ZONE		48	/* pages around an address where something may go wrong */

struct memory {
	__u32 id;			/* 0 if there is none */
	struct model_object *object;
};

struct run {
	struct stage stage;		/* with the context and the first device */
	struct dev devices[DEVICES];
	struct model_space *at[DEVICES];	/* where they are attached */
	int fd;
	char *pool;
	__u64 random;
	unsigned int step;
	const char *what;		/* the command that is compared */
	struct model_hardware hardware;
	struct model_space spaces[SPACES];
	struct model_object objects[MODEL_OBJECTS];
	struct memory memories[MEMORIES];
	unsigned long right, refused, looks;
	bool wrong;
};

/* A number below @below. */
__u64 draw(struct run *run, __u64 below);
bool one_in(struct run *run, unsigned int n);
__u64 draw_iova(struct run *run);
/* Bytes, mostly whole pages. */
__u64 draw_length(struct run *run);
__u32 draw_prot(struct run *run);
struct model_space *draw_space(struct run *run);
/* The id of a space, or one that there never was. */
__u32 id_of(const struct model_space *space);

/* Module and model disagree. */
__attribute__((format(printf, 2, 3)))
void wrong(struct run *run, const char *format, ...);
/* The kernel's answer is one that the model knows; true if the command was done. */
bool judge(struct run *run, const struct verdict *verdict, int err);
void check_prot(__u32 prot, struct verdict *verdict);
void check_length(__u64 length, struct verdict *verdict);

/* One command each. */
void step_map(struct run *run);
void step_batch(struct run *run);
void step_unmap(struct run *run);
void step_copy_memory(struct run *run);
void step_copy_space(struct run *run);
void unmap_all(struct run *run, struct model_space *space);

#endif /* IOASID_TEST_MODEL_RUN_H */
