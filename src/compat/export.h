/* SPDX-License-Identifier: GPL-2.0 */
/* Exporting to drivers that ask for our namespace, as of 7.2, for older kernels. */
#ifndef IOAS_COMPAT_EXPORT_H
#define IOAS_COMPAT_EXPORT_H

#include <linux/export.h>

#include "ioas_compat_config.h"

#if IOAS_HAVE_SYMBOL_NAMESPACE_STRING
#define EXPORT_SYMBOL_IOASIDFD(symbol)				\
	EXPORT_SYMBOL_NS_GPL(symbol, "IOASIDFD")
#else
#define EXPORT_SYMBOL_IOASIDFD(symbol)				\
	EXPORT_SYMBOL_NS_GPL(symbol, IOASIDFD)
#endif

#endif
