// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo without hardware: the device is the one of the test module ioas_mediated, whose
 * driver copies memory with the CPU, by the IOVAs of a space. Called by run.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "demo.h"
#include "mediated/mediated.h"
#include "soft.h"
#include "ui.h"

#define SOFT_DEVICE	"/dev/ioas-test-driver"

/* Where the two pages are. */
#define SOFT_LETTER	0x10000000u
#define SOFT_REPLY	0x20000000u

/**
 * struct soft - The state of a run
 * @ctx: the context
 * @device: the device's file
 * @ioasid: the space
 * @page: bytes of each of the two pieces of memory
 * @letter: what the device may read
 * @reply: what it may write
 * @locked: KiB of this process's memory that were locked at the start
 */
struct soft {
	struct ioasid_ctx *ctx;
	int device;
	uint32_t ioasid;
	size_t page;
	uint8_t *letter, *reply;
	unsigned long locked;
};

bool soft_there(void)
{
	return !access(SOFT_DEVICE, R_OK | W_OK);
}

static bool soft_ask(struct soft *soft, unsigned long request, void *argument, const char *what)
{
	if (!ioctl(soft->device, request, argument))
		return true;
	ui_fail("%s failed: %s", what, strerror(errno));
	return false;
}

static bool soft_device(struct soft *soft)
{
	struct mediated_bind bind = { .intent = IOASID_INTENT_SOFTWARE };

	ui_step("A device without hardware");
	if (!demo_ok(ioasid_ctx_open(&soft->ctx)))
		return false;
	soft->device = open(SOFT_DEVICE, O_RDWR | O_CLOEXEC);
	if (soft->device < 0) {
		ui_fail("cannot open %s, of the module ioas_mediated: %s", SOFT_DEVICE,
			strerror(errno));
		return false;
	}
	bind.ioasid_fd = ioasid_ctx_fd(soft->ctx);
	if (!soft_ask(soft, MEDIATED_BIND, &bind, "binding"))
		return false;
	ui_fact("device", "%s, of the test module ioas_mediated", SOFT_DEVICE);
	ui_fact("intent", "software only: its driver reads and writes memory with the CPU");
	return ui_check(bind.dev_id, "bound to this program's context as id %u",
			(unsigned int)bind.dev_id);
}

static bool soft_space(struct soft *soft)
{
	soft->letter = aligned_alloc(soft->page, 2 * soft->page);
	if (!soft->letter) {
		ui_fail("no memory for two pages");
		return false;
	}
	soft->reply = soft->letter + soft->page;
	ui_step("An I/O address space, and memory in it");
	if (!demo_ok(ioasid_space_alloc(soft->ctx, &soft->ioasid)) ||
	    !soft_ask(soft, MEDIATED_ATTACH, (void *)(uintptr_t)soft->ioasid, "attaching") ||
	    !demo_ok(ioasid_space_map_fixed(soft->ctx, soft->ioasid, SOFT_LETTER, soft->letter,
					    soft->page, IOASID_PROT_READ)) ||
	    !demo_ok(ioasid_space_map_fixed(soft->ctx, soft->ioasid, SOFT_REPLY, soft->reply,
					    soft->page, IOASID_PROT_READ | IOASID_PROT_WRITE)))
		return false;
	ui_fact("letter", "%s at 0x%x, read-only", ui_size(soft->page), SOFT_LETTER);
	ui_fact("reply", "%s at 0x%x, read and write", ui_size(soft->page), SOFT_REPLY);
	return true;
}

/* Returns 0 or an errno. */
static int soft_copy(struct soft *soft, uint32_t how, uint64_t from, uint64_t to)
{
	struct mediated_dma dma = {
		.op = MEDIATED_COPY, .how = how, .src = from, .dst = to, .length = DEMO_LENGTH,
	};

	return ioctl(soft->device, MEDIATED_DMA, &dma) ? errno : 0;
}

static bool soft_transfer(struct soft *soft)
{
	static const char *const ways[] = {
		[MEDIATED_RW] = "reading and writing at IOVAs",
		[MEDIATED_PINNED] = "pinning the pages first",
	};
	uint32_t how;

	ui_step("The device copies what is mapped");
	for (how = MEDIATED_RW; how <= MEDIATED_PINNED; how++) {
		memset(soft->reply, 0, soft->page);
		if (!demo_random(soft->letter, soft->page))
			return false;
		if (!ui_check(!soft_copy(soft, how, SOFT_LETTER, SOFT_REPLY) &&
			      !memcmp(soft->letter, soft->reply, DEMO_LENGTH),
			      "%s: all %u bytes came back equal", ways[how], DEMO_LENGTH))
			return false;
	}
	return true;
}

/* A copy that must fail, and change nothing. */
static void soft_refused(struct soft *soft, uint64_t from, uint64_t to, const char *what)
{
	uint8_t letter[DEMO_LENGTH], reply[DEMO_LENGTH];
	int err;

	memset(soft->reply, 0, soft->page);
	memcpy(letter, soft->letter, DEMO_LENGTH);
	memcpy(reply, soft->reply, DEMO_LENGTH);
	err = soft_copy(soft, MEDIATED_RW, from, to);
	ui_check(err && !memcmp(letter, soft->letter, DEMO_LENGTH) &&
		 !memcmp(reply, soft->reply, DEMO_LENGTH),
		 "%s: %s", what, err ? strerror(err) : "not refused");
}

static void soft_limits(struct soft *soft)
{
	ui_step("And nothing else");
	soft_refused(soft, SOFT_REPLY, SOFT_LETTER, "a write to what it may only read");
	soft_refused(soft, SOFT_LETTER, SOFT_REPLY + 16 * soft->page,
		     "a write to where nothing is mapped");
	if (!demo_ok(ioasid_space_unmap(soft->ctx, soft->ioasid, SOFT_LETTER, soft->page, NULL)))
		return;
	soft_refused(soft, SOFT_LETTER, SOFT_REPLY, "a read of the letter after unmapping");
	if (!soft_ask(soft, MEDIATED_DETACH, NULL, "detaching"))
		return;
	soft_refused(soft, SOFT_REPLY, SOFT_REPLY + DEMO_LENGTH, "a copy after detaching");
}

static void soft_release(struct soft *soft)
{
	if (soft->device >= 0)
		close(soft->device);
	ioasid_ctx_close(soft->ctx);
	free(soft->letter);
	ui_step("Giving everything back");
	ui_check(demo_locked() == soft->locked, "all memory unpinned, device closed");
}

void soft_run(void)
{
	struct soft soft = {
		.device = -1, .page = sysconf(_SC_PAGESIZE), .locked = demo_locked(),
	};

	if (soft_device(&soft) && soft_space(&soft) && soft_transfer(&soft))
		soft_limits(&soft);
	soft_release(&soft);
}
