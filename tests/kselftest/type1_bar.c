// SPDX-License-Identifier: GPL-2.0
/*
 * One device reaches another's registers: a BAR that the process has mapped is mapped for
 * DMA. The kernel's own type1 and this module's; and what is left here when the BAR is
 * taken away, which is nothing.
 *
 * The target is the edu device's register for a liveness check: it reads as the inverse
 * of what was written to it, by whomever.
 */
#include "kselftest_harness.h"

#include <linux/pci_regs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dma.h"
#include "type1.h"

#define SOURCE	0x100000ULL
#define BAR	0x40000000ULL
#define LIVE	4		/* offset of the register */

FIXTURE(bar) {
	struct dev a, b;	/* a does DMA to b */
	struct engine engine;
	int fd;			/* the container of both */
	char *source;
	char *bar;
	size_t size;
	off_t config;
};

FIXTURE_VARIANT(bar) {
	bool ours;
};

FIXTURE_VARIANT_ADD(bar, ours) { true };
FIXTURE_VARIANT_ADD(bar, kernels) { false };

static int region(int device, unsigned int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(device, VFIO_DEVICE_GET_REGION_INFO, info) ? errno : 0;
}

FIXTURE_SETUP(bar)
{
	struct vfio_region_info info;

	self->source = anon(PAGE);
	ASSERT_NE(NULL, self->source);
	ASSERT_EQ(0, type1_claim(&self->a, EDU_A, VFIO_TYPE1v2_IOMMU,
				 variant->ours));
	self->fd = self->a.container;
	ASSERT_EQ(0, dev_join(&self->b, EDU_B, &self->a));
	ASSERT_EQ(0, engine_open(&self->engine, &self->a));
	ASSERT_EQ(0, t1_map(self->fd, self->source, PAGE, SOURCE, T1_RW));

	ASSERT_EQ(0, device_open(self->b.group, self->b.name, &self->b.device));
	ASSERT_EQ(0, region(self->b.device, VFIO_PCI_CONFIG_REGION_INDEX, &info));
	self->config = info.offset;
	ASSERT_EQ(0, region(self->b.device, VFIO_PCI_BAR0_REGION_INDEX, &info));
	ASSERT_NE(0, info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	self->size = info.size;
	self->bar = mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->b.device, info.offset);
	ASSERT_NE(MAP_FAILED, self->bar);
}

FIXTURE_TEARDOWN(bar)
{
	munmap(self->bar, self->size);
	engine_close(&self->engine);
	dev_release(&self->b);
	dev_release(&self->a);
}

/* Let a write a value to b's register by DMA. */
static void poke(struct engine *engine, char *source, __u64 iova, __u32 value)
{
	memcpy(source, &value, sizeof(value));
	edu_dma_to_device(engine->edu, SOURCE, 0, sizeof(value));
	edu_dma_from_device(engine->edu, 0, iova, sizeof(value));
}

/* What was last written to b's register. */
static __u32 peek(const char *bar)
{
	return ~__atomic_load_n((const __u32 *)(bar + LIVE), __ATOMIC_RELAXED);
}

static void set_memory(int device, off_t config, bool on)
{
	__u16 command;

	if (pread(device, &command, 2, config + PCI_COMMAND) != 2)
		abort();
	command = on ? command | PCI_COMMAND_MEMORY :
		       command & ~PCI_COMMAND_MEMORY;
	if (pwrite(device, &command, 2, config + PCI_COMMAND) != 2)
		abort();
}

TEST_F(bar, peer_to_peer)
{
	__u64 unmapped = 0;

	ASSERT_EQ(0, t1_map(self->fd, self->bar, self->size, BAR, T1_RW));
	/* It is nobody's memory, so nobody is charged. */
	EXPECT_EQ(PAGE, locked_bytes(0));
	EXPECT_EQ(EEXIST, t1_map(self->fd, self->bar, PAGE, BAR, T1_RW));
	poke(&self->engine, self->source, BAR + LIVE, 0x12345678);
	EXPECT_EQ(0x12345678, peek(self->bar));
	ASSERT_EQ(0, t1_unmap(self->fd, BAR, self->size, 0, &unmapped));
	EXPECT_EQ(self->size, unmapped);
	poke(&self->engine, self->source, BAR + LIVE, 0x9abcdef0);
	EXPECT_EQ(0x12345678, peek(self->bar));
}

/* A part of it, at an address that has nothing to do with it; for reading only. */
TEST_F(bar, parts)
{
	ASSERT_EQ(0, t1_map(self->fd, self->bar, PAGE, BAR + 5 * PAGE, T1_RW));
	poke(&self->engine, self->source, BAR + 5 * PAGE + LIVE, 0x11111111);
	EXPECT_EQ(0x11111111, peek(self->bar));
	ASSERT_EQ(0, t1_map(self->fd, self->bar, PAGE, BAR, T1_R));
	poke(&self->engine, self->source, BAR + LIVE, 0x22222222);
	EXPECT_EQ(0x11111111, peek(self->bar));
}

/* A group that comes later reaches it as well, and one that goes does no harm. */
TEST_F(bar, another_group)
{
	struct engine engine;
	struct dev c;

	ASSERT_EQ(0, t1_map(self->fd, self->bar, self->size, BAR, T1_RW));
	ASSERT_EQ(0, dev_join(&c, EDU_C0, &self->a));
	ASSERT_EQ(0, engine_open(&engine, &c));
	poke(&engine, self->source, BAR + LIVE, 0x33333333);
	EXPECT_EQ(0x33333333, peek(self->bar));
	engine_close(&engine);
	dev_release(&c);
	poke(&self->engine, self->source, BAR + LIVE, 0x44444444);
	EXPECT_EQ(0x44444444, peek(self->bar));
}

/* A device that does not answer now cannot be mapped. */
TEST_F(bar, switched_off)
{
	set_memory(self->b.device, self->config, false);
	EXPECT_EQ(EFAULT, t1_map(self->fd, self->bar, PAGE, BAR, T1_RW));
	set_memory(self->b.device, self->config, true);
	EXPECT_EQ(0, t1_map(self->fd, self->bar, PAGE, BAR, T1_RW));
}

/* It is taken away and comes back, as with a reset. Nobody maps it anew. */
TEST_F(bar, off_and_on)
{
	__u64 end = now_ms() + 20000;

	ASSERT_EQ(0, t1_map(self->fd, self->bar, PAGE, BAR, T1_RW));
	poke(&self->engine, self->source, BAR + LIVE, 0x55555555);
	EXPECT_EQ(0x55555555, peek(self->bar));
	set_memory(self->b.device, self->config, false);
	poke(&self->engine, self->source, BAR + LIVE, 0x66666666);
	set_memory(self->b.device, self->config, true);
	EXPECT_EQ(0x55555555, peek(self->bar));
	do {
		poke(&self->engine, self->source, BAR + LIVE, 0x77777777);
	} while (peek(self->bar) != 0x77777777 && now_ms() < end);
	EXPECT_EQ(0x77777777, peek(self->bar));
	EXPECT_EQ(0, t1_unmap(self->fd, BAR, PAGE, 0, NULL));
}

/*
 * The process gives up the address. The kernel's own type1 leaves what is mapped; here
 * nothing is left, but for the range, which is still to be unmapped.
 */
TEST_F(bar, address_given_up)
{
	__u64 unmapped = 0;
	char *other;

	ASSERT_EQ(0, t1_map(self->fd, self->bar + PAGE, PAGE, BAR, T1_RW));
	other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     self->b.device, 0);
	ASSERT_NE(MAP_FAILED, other);
	ASSERT_EQ(0, t1_map(self->fd, other, PAGE, BAR + PAGE, T1_RW));
	poke(&self->engine, self->source, BAR + PAGE + LIVE, 0x88888888);
	EXPECT_EQ(0x88888888, peek(self->bar));
	ASSERT_EQ(0, munmap(other, PAGE));
	poke(&self->engine, self->source, BAR + PAGE + LIVE, 0x99999999);
	EXPECT_EQ(variant->ours ? 0x88888888 : 0x99999999, peek(self->bar));
	EXPECT_EQ(EEXIST, t1_map(self->fd, self->source, PAGE, BAR + PAGE, T1_R));
	EXPECT_EQ(0, t1_unmap(self->fd, BAR, 2 * PAGE, 0, &unmapped));
	EXPECT_EQ(2 * PAGE, unmapped);
}

/* The first page is ordinary memory, the next is not. */
TEST_F(bar, mixed)
{
	char *both = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, both);
	ASSERT_NE(MAP_FAILED, mmap(both + PAGE, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, self->b.device, 0));
	/* Not here: it is one or the other. */
	EXPECT_EQ(variant->ours ? EFAULT : 0,
		  t1_map(self->fd, both, 2 * PAGE, BAR, T1_RW));
	munmap(both, 2 * PAGE);
}

TEST_HARNESS_MAIN
