/* SPDX-License-Identifier: GPL-2.0-only */
/* What cppcheck, which reads no header of the system, has to be told to follow the code. */
#define json_object_object_foreach(object, key, value)			\
	for (char *key = key_of(object); key;)				\
		for (struct json_object *value = value_of(key); value;)
#define kmod_list_foreach(entry, list)					\
	for (entry = list; entry; entry = kmod_list_next(list, entry))
#define IOASIDCTL_VERSION	""
#define IOASIDCTL_LINUX_MIN	""
#define IOASIDCTL_LINUX_MAX	""
