/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of fuzz_uapi.c, one in a line; findings are added here. */
