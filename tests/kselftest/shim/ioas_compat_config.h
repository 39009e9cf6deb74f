/* SPDX-License-Identifier: GPL-2.0 */
/* What the probes would answer on the kernels that vfio_layout.c is about. */
#define IOAS_HAVE_VFIO_OPS_PRIVATE 1
