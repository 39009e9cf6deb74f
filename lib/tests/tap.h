/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TAP for the library's test programs: numbered results, and the closing plan.
 */
#ifndef LIBIOASID_TESTS_TAP_H
#define LIBIOASID_TESTS_TAP_H

#include <stdbool.h>

#define TAP_PRINTF(text, args) \
	__attribute__(( \
		format(printf, text, args)))

/* One result. A failure also shows ioasid_last_error(). Returns @good. */
bool tap_ok(bool good, const char *name, ...) TAP_PRINTF(2, 3);
/* A call must fail with @err and a sentence that has every one of the words. */
bool tap_fails(int ret, int err, const char *name, const char * const words[]);
/* Words for tap_fails(). */
#define TAP_WORDS(...)	((const char * const []){ __VA_ARGS__, NULL })
/* The plan. Returns the exit status. */
int tap_close(void);

#endif
