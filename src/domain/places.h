/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where in I/O page tables memory of devices is mapped; called by domain.c with the
 * space's domains_sem held, and by memory/pfnmap.c under locks of mm/.
 */
#ifndef IOAS_PLACES_H
#define IOAS_PLACES_H

#include <linux/types.h>

struct ioas_domain;
struct ioas_pfnmap;

int ioas_place_map(struct ioas_domain *domain, unsigned long iova,
		   struct ioas_pfnmap *pfnmap, unsigned long offset,
		   unsigned long pages, int prot);
void ioas_place_unmap(struct ioas_domain *domain, unsigned long iova,
		      struct ioas_pfnmap *pfnmap);
void ioas_places_forget(struct ioas_domain *domain);

int ioas_places_show(struct ioas_pfnmap *pfnmap, unsigned long seq);
bool ioas_places_hide(struct ioas_pfnmap *pfnmap, unsigned long seq, bool goes,
		      bool may_wait);

#endif
