// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers of mediated devices are answered in a container of type1: they get the same
 * memory in the same ways as in any other, and the errnos of type1.
 *
 * Called by vfio/, while a device of the container is open.
 */
#include "type1/type1.h"

/**
 * ioas_type1_check_pin() - May drivers pin pages in a container
 * @type1: the container's
 *
 * Return: 0, or -EACCES in one of the first version.
 */
int ioas_type1_check_pin(struct ioas_type1 *type1)
{
	return type1->v2 ? 0 : -EACCES;
}

/**
 * ioas_type1_pin_errno() - What type1 says where pages cannot be pinned
 * @err: what ioas_access_pin() said
 *
 * What type1 does not know stays: that pages of a former mapping are still held. There it
 * would have stopped the machine.
 *
 * Return: 0 or a negative errno.
 */
int ioas_type1_pin_errno(int err)
{
	switch (err) {
	case -EINVAL:
		return -EOVERFLOW;
	case -EACCES:
		return -EPERM;
	case -ENOENT:
	case -EFAULT:
		return -EINVAL;
	default:
		return err;
	}
}

/**
 * ioas_type1_rw_errno() - What type1 says where memory cannot be read or written
 * @err: what ioas_access_rw() said
 *
 * Return: 0 or a negative errno.
 */
int ioas_type1_rw_errno(int err)
{
	switch (err) {
	case -EACCES:
		return -EPERM;
	case -ENOENT:
		return -EINVAL;
	default:
		return err;
	}
}
