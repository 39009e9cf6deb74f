// SPDX-License-Identifier: GPL-2.0
/*
 * The peers that take part. Called by ioasid-bench.c and the rows.
 *
 * All are open at the same time, each with devices of its own, so that one buffer
 * can be measured on all of them in turn.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "rows.h"

struct candidate {
	const struct peer *peer;
	const char *file;	/* is there if the kernel has it */
	const char *devices[PEER_DEVICES];
};

#define PEERS	4

static const struct candidate candidates[PEERS] = {
	{ &peer_type1, "/dev/vfio/vfio", { "0000:00:04.0", "0000:00:05.0" } },
	{ &peer_iommufd, "/dev/iommu", { "0000:00:06.0", "0000:00:07.0" } },
	{ &peer_ioasid, "/dev/ioasid", { "0000:00:08.0", "0000:00:09.0" } },
	{ &peer_ioasid_type1, "/dev/ioasid", { "0000:00:0a.0", "0000:00:0b.0" } },
};

static const struct peer *opened[PEERS + 1];

/* @wanted is empty or has names separated by commas. */
static bool is_wanted(const char *name, const char *wanted)
{
	char list[128], *word, *rest = list;

	if (!wanted[0])
		return true;
	snprintf(list, sizeof(list), "%s", wanted);
	while ((word = strsep(&rest, ",")))
		if (!strcmp(word, name))
			return true;
	return false;
}

void peers_open(const char *row)
{
	unsigned int i, n = 0;

	for (i = 0; i < PEERS; i++) {
		const struct candidate *one = &candidates[i];
		int err;

		if (!is_wanted(one->peer->name, options.peers))
			continue;
		if (access(one->file, F_OK)) {
			report_absent(row, one->peer->name, "open",
				      "this kernel does not have it");
			continue;
		}
		err = one->peer->open(one->devices);
		if (err)
			report_error(row, one->peer->name, "open", err);
		else
			opened[n++] = one->peer;
	}
}

void peers_close(void)
{
	unsigned int i;

	for (i = 0; opened[i]; i++)
		opened[i]->close();
	memset(opened, 0, sizeof(opened));
}

int peer_reopen(const struct peer *peer)
{
	unsigned int i;

	peer->close();
	for (i = 0; i < PEERS; i++)
		if (candidates[i].peer == peer)
			return peer->open(candidates[i].devices);
	return -ENODEV;
}

const struct peer *peer_nth(unsigned int i)
{
	return opened[i];
}
