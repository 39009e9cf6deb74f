/* SPDX-License-Identifier: GPL-2.0 */
/* How the checks of the mock itself are counted. Included by check*.c. */
#ifndef IOAS_MOCK_CHECK_H
#define IOAS_MOCK_CHECK_H

#include "mock/internal.h"

struct mock_score {
	unsigned int passed;
	unsigned int failed;
};

static inline void mock_expect(struct mock_score *score, bool ok,
			       const char *what)
{
	if (ok) {
		score->passed++;
		return;
	}
	score->failed++;
	pr_err("ioas-mock: failed: %s\n", what);
}

/* check_nested.c: a user's page table; nothing on kernels that have none */
int mock_check_nested(struct mock_score *score);
/* check_pri.c: page requests; likewise */
int mock_check_pri(struct mock_score *score);

#endif
