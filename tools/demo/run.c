// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of the demo's steps. Called by ioasid-demo, and by "ioasidctl demo".
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "demo.h"
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

int demo_run(const char *address)
{
	struct demo demo = { .locked = demo_locked() };

	/* A person is to see each step when it is done. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(demo.address, sizeof(demo.address), "%s", address);
	printf("%sioasid-demo: a device's DMA through an I/O address space%s\n",
	       ui_tint(UI_BOLD), ui_off());
	demo_steps(&demo);
	demo_cleanup(&demo);
	return ui_close();
}
