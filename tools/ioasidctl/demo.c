// SPDX-License-Identifier: GPL-2.0-only
/*
 * "demo": the steps of ioasid-demo on a device of the user's choice. Only a device whose
 * DMA this program can program will do, or the software device of the test modules; for
 * another one it says what is possible. Called by main.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "demo.h"
#include "edu.h"
#include "document.h"
#include "soft.h"

#define DEMO_ELSEWHERE \
	"\"make demo\" in the sources boots a virtual machine with one; ioasidctl check DEVICE tells whether a device of yours is ready for a program of its own"

static int demo_no_device(struct ctl_call *call)
{
	return ctl_fail(call, CTL_UNAVAILABLE, DEMO_ELSEWHERE,
			"no device here whose DMA this program knows how to start (QEMU's edu, 1234:11e8, or software, of the module ioas_mediated)");
}

int ctl_demo(struct ctl_call *call)
{
	const char *name = call->argc ? call->argv[0] : "";
	char address[IOL_PCI_LEN];
	int ret;

	if (call->json)
		return ctl_fail(call, CTL_USAGE, "leave --json away",
				"the demonstration talks to people only");
	if (iol_root[0])
		return demo_no_device(call);
	if (!strcmp(name, SOFT_NAME) || (!name[0] && edu_find(0, address, sizeof(address))))
		return soft_there() ? demo_run(SOFT_NAME) : demo_no_device(call);
	if (!name[0])
		return demo_run(address);
	ret = iol_pci_address(name, address);
	if (ret)
		return ctl_fail_library(call, ret);
	if (!edu_is(address))
		return ctl_fail(call, CTL_UNAVAILABLE, DEMO_ELSEWHERE,
				"%s is no device whose DMA this program knows how to start (QEMU's edu, 1234:11e8)",
				address);
	return demo_run(address);
}
