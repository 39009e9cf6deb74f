/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must hold once everything is closed: no page is pinned any more, and the module can
 * be unloaded. Used by the stress programs.
 */
#ifndef IOASID_TEST_AFTERMATH_H
#define IOASID_TEST_AFTERMATH_H

#include <stdbool.h>

#include <linux/types.h>

/* So many pages are pinned, or will be soon: some are given back late. */
bool pinned_becomes(__u64 pages);

/* All of these return 0 or an errno. Unloading is EAGAIN or EBUSY while it is in use. */
int module_unload(void);
int module_load(void);
/* Waits a while for its last user to go. */
int module_unload_in_the_end(void);

#endif /* IOASID_TEST_AFTERMATH_H */
