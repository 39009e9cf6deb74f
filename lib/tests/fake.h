/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine that exists only in a folder: the library under test is linked so that its
 * system calls come here. Files below /sys, /dev and /proc are looked for in the folder,
 * and the ioctls of VFIO and ioasidfd are answered as far as the library needs.
 *
 * The machine has, all with vfio-pci unless said otherwise:
 *	group 1		0000:00:04.0
 *	group 2		0000:00:06.0, 0000:00:06.1 and the bridge 0000:00:1c.0 (pcieport)
 *	group 3		0000:00:07.0 (e1000e)
 *	no group	0000:00:08.0 (no driver)
 */
#ifndef LIBIOASID_TESTS_FAKE_H
#define LIBIOASID_TESTS_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ioasid.h>

#define FAKE_SOLO	"0000:00:04.0"
#define FAKE_PAIR_A	"0000:00:06.0"
#define FAKE_PAIR_B	"0000:00:06.1"
#define FAKE_FOREIGN	"0000:00:07.0"
#define FAKE_NAKED	"0000:00:08.0"

/* Where the kernel maps what has no fixed IOVA. */
#define FAKE_IOVA	0xabc000u

union fake_cmd {
	struct ioasid_get_caps header;
	struct ioasid_alloc alloc;
	struct ioasid_allow_iovas allow_iovas;
	struct ioasid_map_dma map_dma;
	struct ioasid_map_batch map_batch;
	struct ioasid_map_file map_file;
	struct ioasid_unmap_dma unmap_dma;
	struct ioasid_register_memory register_memory;
	struct ioasid_unregister_memory unregister_memory;
	struct ioasid_copy copy;
	struct ioasid_dirty_set dirty_set;
	struct ioasid_dirty_read dirty_read;
	struct ioasid_pasid_map pasid_map;
};

/**
 * struct fake - What a test can ask of the machine
 * @open_path: opening this file fails
 * @open_errno: with this errno
 * @request: this ioctl fails
 * @request_errno: with this errno
 * @message: and, if it has an extack, with this text
 * @reason: and this reason
 * @not_viable: VFIO calls no group viable
 * @fail_at: so many further system calls succeed, the next fails; -1 for never
 * @grows: an array becomes one longer whenever its size is asked for, so often
 * @stubborn: this driver takes no device
 * @batch: so many entries are mapped by an IOASID_MAP_BATCH that fails
 * @sent: out: the last command to ioasidfd, as it was given; its extack left out
 * @broken: out: what the library did that the kernel would not like; NULL if nothing
 * @binds: out: bindings there are
 */
struct fake {
	const char *open_path;
	int open_errno;
	unsigned long request;
	int request_errno;
	const char *message;
	uint32_t reason;
	bool not_viable;
	int fail_at;
	int grows;
	const char *stubborn;
	uint32_t batch;
	union fake_cmd sent;
	const char *broken;
	int binds;
};

extern struct fake fake;

/* Makes the machine anew, with nothing asked of it. */
void fake_reset(void);
/* Removes it. */
void fake_remove(void);
/* Files and folders of the machine; paths as the library names them. */
void fake_write(const char *path, const char *content);
void fake_link(const char *path, const char *target);
void fake_unlink(const char *path);
/* The driver that has a device, "" if none has. */
const char *fake_driver(const char *address);
/* Files that the library has open. */
int fake_open_files(void);

#endif
