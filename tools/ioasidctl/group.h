/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU groups: who is in one, and whether user space can have it.
 */
#ifndef IOASIDCTL_GROUP_H
#define IOASIDCTL_GROUP_H

#include <stdbool.h>

#include <json-c/json.h>

/* Whether the kernel has any group. */
bool group_any(void);
unsigned int group_count(void);
/* The group of a device; -1 if it is not behind an IOMMU. */
int group_of(const char *address);
/*
 * Members, type, reserved ranges, users, and whether it is viable: "obstacles" has the
 * members that the kernel itself uses, "idle" those that no driver has.
 */
struct json_object *group_describe(unsigned int group);
/* One sentence for a group that is not viable. */
void group_obstacle_text(struct json_object *group, char *text, size_t size);

#endif
