// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of the demo's steps. Called by ioasid-demo, and by "ioasidctl demo".
 */
#define _GNU_SOURCE
#include <stdio.h>

#include <string.h>

#include "demo.h"
#include "soft.h"
#include "ui.h"

static void demo_steps(struct demo *demo)
{
	if (!demo_device(demo) || !demo_space(demo) || !demo_memory(demo))
		return;
	demo_picture(demo);
	if (!demo_transfer(demo) || !demo_refused(demo))
		return;
	demo_reason(demo);
	if (demo_sharing(demo))
		demo_part(demo);
}

/* The software device is for where there is no other, or for whom asks for it. */
static bool demo_is_soft(const char *address)
{
	char first[DEMO_ADDRESS_LEN];

	if (address[0])
		return !strcmp(address, SOFT_NAME);
	return edu_find(0, first, sizeof(first)) && soft_there();
}

int demo_run(const char *address)
{
	struct demo demo = { .locked = demo_locked() };

	/* A person is to see each step when it is done. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%sioasid-demo: a device's DMA through an I/O address space%s\n",
	       ui_tint(UI_BOLD), ui_off());
	if (demo_is_soft(address)) {
		soft_run();
		return ui_close();
	}
	snprintf(demo.address, sizeof(demo.address), "%s", address);
	demo_steps(&demo);
	demo_cleanup(&demo);
	return ui_close();
}
