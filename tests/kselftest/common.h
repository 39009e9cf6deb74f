/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every test program shares: one function per uAPI command, and the memory
 * the tests hand to it.
 *
 * The commands are raw ioctls, also where libioasid has a call for them: most
 * tests look at the errno and the extack, and a 32-bit build has no library.
 */
#ifndef IOASID_TEST_COMMON_H
#define IOASID_TEST_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ioasid.h>

#define PAGE		4096UL
#define KIB		1024UL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)
#define RW		(IOASID_PROT_READ | IOASID_PROT_WRITE)

/*
 * Where a device's interrupts are written to: what the processor has for that, or on
 * Arm what the kernel's drivers of IOMMUs set aside for it.
 */
#if defined(__aarch64__) || defined(__arm__)
#define MSI_FIRST	0x8000000ULL
#define MSI_LAST	0x80fffffULL
#define MSI_KIND	IOASID_RESV_SW_MSI
#define MSI_TEXT	"0x8000000"
#else
#define MSI_FIRST	0xfee00000ULL
#define MSI_LAST	0xfeefffffULL
#define MSI_KIND	IOASID_RESV_MSI
#define MSI_TEXT	"0xfee00000"
#endif

/* An id that no context of these tests ever handed out. */
#define NO_ID		0x7ffffff0U

/* The first three members of every command struct. */
struct cmd_header {
	__u32 size;
	__u32 flags;
	__aligned_u64 extack;
};

/* What the last failed command of this thread reported. */
extern __thread struct ioasid_extack ea;

/* In @ea after a command that succeeded: the kernel never touched it. */
#define EA_UNTOUCHED	0xa5a5a5a5U
void ea_reset(void);

/*
 * Every function below returns 0 or the errno, and leaves the reason in @ea.
 * cmd() is what they are made of: it supplies the extack pointer, not the size.
 */
int cmd(int fd, unsigned long nr, void *arg);

int do_get_caps(int fd, struct ioasid_get_caps *caps);
int do_alloc(int fd, __u32 *ioasid);
int do_alloc_window(int fd, __u64 base, __u64 size, __u32 *ioasid);
int do_alloc_granule(int fd, __u64 granule, __u32 *ioasid);
int do_free(int fd, __u32 id);
int do_get_info(int fd, __u32 ioasid, struct ioasid_get_info *info);
int do_iova_ranges(int fd, __u32 ioasid, struct ioasid_iova_range *ranges,
		   __u32 *num);
int do_map(int fd, __u32 ioasid, const void *va, __u64 length, __u64 iova,
	   __u32 prot);
int do_map_any(int fd, __u32 ioasid, const void *va, __u64 length, __u64 *iova,
	       __u32 prot);
int do_unmap(int fd, __u32 ioasid, __u64 iova, __u64 length);
int do_unmap_count(int fd, __u32 ioasid, __u64 iova, __u64 length,
		   __u64 *unmapped);
int do_unmap_all(int fd, __u32 ioasid, __u64 *unmapped);
int do_allow(int fd, __u32 ioasid, const struct ioasid_iova_range *ranges,
	     __u32 num);
int do_batch(int fd, __u32 ioasid, struct ioasid_map_entry *entries, __u32 num,
	     __u32 *done);
int do_map_file(int fd, __u32 ioasid, int file, __u64 offset, __u64 length,
		__u64 iova, __u32 prot);
int do_register(int fd, const void *va, __u64 length, __u32 prot, __u32 *id);
int do_unregister(int fd, __u32 id);
/* @src_fd -1 is @fd itself. */
int do_copy_memory(int fd, int src_fd, __u32 memory, __u64 offset, __u32 ioasid,
		   __u64 length, __u64 iova, __u32 prot);
int do_copy_space(int fd, int src_fd, __u32 source, __u64 source_iova,
		  __u32 ioasid, __u64 length, __u64 iova, __u32 prot);
int do_alloc_tracking(int fd, __u64 granule, __u32 *ioasid);
int do_dirty_set(int fd, __u32 ioasid, bool on);
/* @read has all but @size and @ioasid. */
int do_dirty_read(int fd, __u32 ioasid, struct ioasid_dirty_read *read);
int do_device_info(int fd, __u32 dev_id, struct ioasid_device_info *info);
/* @info has its arrays and their sizes; the rest is filled in. */
int do_device_arrays(int fd, __u32 dev_id, struct ioasid_device_info *info);
int do_intersect(int fd, const __u32 *ids, __u32 num,
		 struct ioasid_device_intersect *common,
		 struct ioasid_iova_range *ranges, __u32 num_ranges);
int do_attach(int fd, __u32 dev_id, __u32 ioasid);
int do_attach_flags(int fd, __u32 dev_id, __u32 ioasid, __u32 flags,
		    __u32 pasid);
int do_replace(int fd, __u32 dev_id, __u32 ioasid);
int do_attach_pasid(int fd, __u32 dev_id, __u32 pasid, __u32 ioasid);
int do_detach(int fd, __u32 dev_id);
int do_detach_pasid(int fd, __u32 dev_id, __u32 pasid);
/* What the DMA carries that is called @pasid; of DMA without PASID if that is 0. */
int do_pasid_map(int fd, __u32 dev_id, __u32 pasid, __u32 *hw_pasid);
int do_bind(int container, int fd, const char *name, __u64 cookie,
	    __u32 *dev_id);
int do_unbind(int container, int fd, __u32 dev_id);

/* A new context, or -1. */
int ctx_open(void);

/* Number of mappings and mapped bytes; ~0 if the command fails. */
__u64 num_areas(int fd, __u32 ioasid);
__u64 mapped_bytes(int fd, __u32 ioasid);
/* The space a device is attached to, 0 if blocked, ~0 if the command fails. */
__u32 attached_to(int fd, __u32 dev_id);

/* Private anonymous memory that nobody touched; NULL if there is none. */
void *anon(size_t length);
/* The same, with pages in it already. */
void *anon_populated(size_t length);

#define NO_THP	"CONFIG_TRANSPARENT_HUGEPAGE is not set"

/* Can anonymous memory have large pages? With PREEMPT_RT it cannot. */
bool kernel_has_thp(void);
/* madvise() about large pages; where there are none it succeeds without doing anything. */
int advise_thp(void *va, size_t length, int advice);

/* Fills @length bytes with a sequence that no other @seed repeats. */
void fill(void *va, size_t length, unsigned int seed);
/* True if fill() with this @seed would change nothing. */
bool filled(const void *va, size_t length, unsigned int seed);

/* VmLck of a process (0 is this one) in bytes, ~0 if it cannot be read. */
__u64 locked_bytes(int pid);

__u64 now_ms(void);

/* Does this kernel come before that version? */
bool kernel_before(unsigned int major, unsigned int minor);

#endif /* IOASID_TEST_COMMON_H */
