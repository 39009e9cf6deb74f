/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a probe is written with. Included by every probe in this directory, by
 * nothing else.
 *
 * A probe is one file, named after what the new kernels have: the answer of
 * iommu_map_gfp.c becomes IOAS_HAVE_IOMMU_MAP_GFP, 1 or 0, in
 * ioas_compat_config.h. Its first comment begins "Since", the first release with
 * the new form, and a colon; tests/build holds the answers of known kernels
 * against it. The file includes the kernel headers it asks about, then states
 * the new form under PROBE_NEW and the old form under PROBE_OLD. It is compiled
 * for PROBE_NEW first; PROBE_OLD is only asked when that fails. If both fail the
 * build stops.
 *
 * So the old form must be something that only a kernel without the new form
 * has, or an unknown third form would be taken for the old one. State the exact
 * types; where the old form is "there was nothing", state that the name is
 * absent and name a contemporary that is present.
 */
#ifndef IOAS_PROBE_H
#define IOAS_PROBE_H

/* A function (or static inline) of exactly this prototype is declared. */
#define PROBE_FUNCTION(name, result, ...)				\
	static_assert(__builtin_types_compatible_p(typeof(name),	\
						   result(__VA_ARGS__)), \
		      "another prototype of " #name)

/* A struct has a member of exactly this type. */
#define PROBE_MEMBER(type, member, ...)					\
	static_assert(__builtin_types_compatible_p(			\
			      typeof(((type *)NULL)->member), __VA_ARGS__), \
		      "another type of " #type "." #member)

/* No function, variable, enumerator or macro has this name. */
#define PROBE_ABSENT(name)	extern struct probe_absent name

#endif
