// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that hold for every command, the size of its struct, its pointer,
 * its flags, its __reserved member and its extack. Every fixture variant is a
 * command, whose next call is made one that succeeds, so that a refusal is due to
 * the rule under test and must have changed nothing.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "commands.h"

#define MAX_STRUCT	512	/* bytes, larger than every struct */
#define UNKNOWN_FLAG	0x80000000U

FIXTURE(command) {
	struct rig rig;
};

FIXTURE_VARIANT(command) {
	unsigned int n;
};

FIXTURE_VARIANT_ADD(command, get_caps) {
	.n = CMD_GET_CAPS,
};

FIXTURE_VARIANT_ADD(command, alloc) {
	.n = CMD_ALLOC,
};

FIXTURE_VARIANT_ADD(command, free) {
	.n = CMD_FREE,
};

FIXTURE_VARIANT_ADD(command, get_info) {
	.n = CMD_GET_INFO,
};

FIXTURE_VARIANT_ADD(command, iova_ranges) {
	.n = CMD_IOVA_RANGES,
};

FIXTURE_VARIANT_ADD(command, map_dma) {
	.n = CMD_MAP_DMA,
};

FIXTURE_VARIANT_ADD(command, unmap_dma) {
	.n = CMD_UNMAP_DMA,
};

FIXTURE_VARIANT_ADD(command, device_info) {
	.n = CMD_DEVICE_INFO,
};

FIXTURE_VARIANT_ADD(command, attach) {
	.n = CMD_ATTACH,
};

FIXTURE_VARIANT_ADD(command, detach) {
	.n = CMD_DETACH,
};

FIXTURE_VARIANT_ADD(command, allow_iovas) {
	.n = CMD_ALLOW_IOVAS,
};

FIXTURE_VARIANT_ADD(command, map_batch) {
	.n = CMD_MAP_BATCH,
};

FIXTURE_VARIANT_ADD(command, map_file) {
	.n = CMD_MAP_FILE,
};

FIXTURE_VARIANT_ADD(command, register_memory) {
	.n = CMD_REGISTER_MEMORY,
};

FIXTURE_VARIANT_ADD(command, unregister_memory) {
	.n = CMD_UNREGISTER_MEMORY,
};

FIXTURE_VARIANT_ADD(command, copy) {
	.n = CMD_COPY,
};

FIXTURE_VARIANT_ADD(command, device_intersect) {
	.n = CMD_DEVICE_INTERSECT,
};

FIXTURE_VARIANT_ADD(command, dirty_set) {
	.n = CMD_DIRTY_SET,
};

FIXTURE_VARIANT_ADD(command, dirty_read) {
	.n = CMD_DIRTY_READ,
};

FIXTURE_VARIANT_ADD(command, pasid_map) {
	.n = CMD_PASID_MAP,
};

FIXTURE_VARIANT_ADD(command, bind) {
	.n = CMD_BIND,
};

FIXTURE_VARIANT_ADD(command, unbind) {
	.n = CMD_UNBIND,
};

FIXTURE_VARIANT_ADD(command, adopt) {
	.n = CMD_ADOPT,
};

/*
 * Four zero pages with nothing behind them: a struct that ends there shows
 * whether the kernel reads or writes more than it was told.
 */
static unsigned char *guarded_pages(void)
{
	unsigned char *va = anon(5 * PAGE);

	if (!va || mprotect(va + 4 * PAGE, PAGE, PROT_NONE))
		return NULL;
	return va + 4 * PAGE;
}

FIXTURE_SETUP(command)
{
	struct rig *rig = &self->rig;

	rig->fd = ctx_open();
	ASSERT_GE(rig->fd, 0);
	ASSERT_EQ(0, do_alloc(rig->fd, &rig->space));
	ASSERT_EQ(0, dev_claim(&rig->dev, EDU_A));
	rig->memory = anon(PAGE);
	ASSERT_NE(NULL, rig->memory);
	rig->end = guarded_pages();
	ASSERT_NE(NULL, rig->end);
	rig->file = memfd_create("page", MFD_CLOEXEC);
	ASSERT_GE(rig->file, 0);
	ASSERT_EQ(0, ftruncate(rig->file, PAGE));
	rig->target = commands[variant->n].to_container ? rig->dev.container :
							  rig->fd;
}

FIXTURE_TEARDOWN(command)
{
	dev_release(&self->rig.dev);
	close(self->rig.file);
	close(self->rig.fd);
}

/*
 * Puts the struct of a call that would succeed so that @size bytes of it can be
 * accessed, zero where it is longer than the struct, and sets its size member.
 */
static void lay_out(struct rig *rig, const struct command *command, size_t size)
{
	__u64 full[MAX_STRUCT / sizeof(__u64)] = { 0 };
	struct cmd_header *header = (void *)full;
	size_t room = size < sizeof(header->size) ? sizeof(header->size) : size;

	command->prepare(rig, full);
	header->size = size;
	header->extack = (uintptr_t)&ea;
	memset(rig->end - 4 * PAGE, 0, 4 * PAGE);
	rig->arg = (void *)(rig->end - room);
	memcpy(rig->arg, full, room < command->size ? room : command->size);
}

/* Sends what lay_out() made; not cmd(), which would write to its extack. */
static int call(struct rig *rig, const struct command *command)
{
	ea_reset();
	return ioctl(rig->target, command->nr, rig->arg) ? errno : 0;
}

/* A refused call changed nothing if the same one, put right, succeeds. */
static int call_exact(struct rig *rig, const struct command *command)
{
	lay_out(rig, command, command->size);
	return call(rig, command);
}

TEST_F(command, exact)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;

	EXPECT_EQ(0, call_exact(rig, command));
	EXPECT_EQ(EA_UNTOUCHED, ea.reason);
	EXPECT_EQ(command->size, rig->arg->size);
}

TEST_F(command, without_extack)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;

	lay_out(rig, command, command->size);
	rig->arg->extack = 0;
	EXPECT_EQ(0, call(rig, command));
	lay_out(rig, command, command->size);
	rig->arg->extack = 0;
	rig->arg->flags = UNKNOWN_FLAG;
	EXPECT_EQ(EOPNOTSUPP, call(rig, command));
}

TEST_F(command, too_short_for_the_extack)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	static const size_t sizes[] = { 0, 1, 4, 8 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		lay_out(rig, command, sizes[i]);
		EXPECT_EQ(EINVAL, call(rig, command))
			TH_LOG("size %zu", sizes[i]);
		EXPECT_EQ(EA_UNTOUCHED, ea.reason);
	}
	EXPECT_EQ(0, call_exact(rig, command));
}

TEST_F(command, too_short)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	const size_t first = first_size(command);
	const size_t sizes[] = { sizeof(struct cmd_header), first - 8,
				 first - 4, first - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		lay_out(rig, command, sizes[i]);
		EXPECT_EQ(EINVAL, call(rig, command))
			TH_LOG("size %zu", sizes[i]);
		EXPECT_EQ(IOASID_REASON_SIZE, ea.reason);
	}
	EXPECT_EQ(0, call_exact(rig, command));
}

/* A program of the first release: what it did not supply reads as zero. */
TEST_F(command, every_length_since_the_first)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;

	for (size_t size = first_size(command); size <= command->size; size++) {
		lay_out(rig, command, size);
		EXPECT_EQ(0, call(rig, command)) TH_LOG("size %zu", size);
		EXPECT_EQ(EA_UNTOUCHED, ea.reason);
		EXPECT_EQ(size, rig->arg->size);
	}
}

TEST_F(command, long_with_zeros)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	const size_t sizes[] = { command->size + 1, command->size + 8,
				 command->size + 64, PAGE };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		lay_out(rig, command, sizes[i]);
		EXPECT_EQ(0, call(rig, command)) TH_LOG("size %zu", sizes[i]);
		EXPECT_EQ(EA_UNTOUCHED, ea.reason);
	}
}

TEST_F(command, long_and_dirty)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	const size_t dirty[] = { command->size, command->size + 7,
				 command->size + 63, PAGE - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		lay_out(rig, command, PAGE);
		((unsigned char *)rig->arg)[dirty[i]] = 1;
		EXPECT_EQ(E2BIG, call(rig, command)) TH_LOG("%zu", dirty[i]);
		EXPECT_EQ(IOASID_REASON_SIZE, ea.reason);
	}
	EXPECT_EQ(0, call_exact(rig, command));
}

/* Nobody has such a struct: refused without a look at what is in it. */
TEST_F(command, longer_than_a_page)
{
	const struct command *command = &commands[variant->n];
	const __u32 sizes[] = { PAGE + 1, PAGE + 8, 4 * PAGE, 4 * PAGE + 8,
				UINT32_MAX };
	struct rig *rig = &self->rig;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		lay_out(rig, command, 4 * PAGE);
		rig->arg->size = sizes[i];
		EXPECT_EQ(E2BIG, call(rig, command)) TH_LOG("%u", sizes[i]);
		EXPECT_EQ(IOASID_REASON_SIZE, ea.reason);
	}
	EXPECT_EQ(0, call_exact(rig, command));
}

TEST_F(command, not_mapped)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;

	lay_out(rig, command, command->size);
	rig->arg = NULL;
	EXPECT_EQ(EFAULT, call(rig, command));
	rig->arg = (void *)rig->end;
	EXPECT_EQ(EFAULT, call(rig, command));

	/* Only the size can be read, then all but the last eight bytes. */
	lay_out(rig, command, sizeof(__u32));
	rig->arg->size = command->size;
	EXPECT_EQ(EFAULT, call(rig, command));
	lay_out(rig, command, command->size - 8);
	rig->arg->size = command->size;
	EXPECT_EQ(EFAULT, call(rig, command));
	EXPECT_EQ(0, call_exact(rig, command));
}

TEST_F(command, unknown_flags)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (command->flags & 1U << bit)
			continue;
		lay_out(rig, command, command->size);
		rig->arg->flags = 1U << bit;
		EXPECT_EQ(EOPNOTSUPP, call(rig, command))
			TH_LOG("flag bit %u", bit);
		EXPECT_EQ(IOASID_REASON_FLAGS, ea.reason);
	}
	EXPECT_EQ(0, call_exact(rig, command));
}

TEST_F(command, reserved_member)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	__u32 *reserved;

	if (!command->reserved)
		return;
	lay_out(rig, command, command->size);
	reserved = (void *)((char *)rig->arg + command->reserved);
	*reserved = 1U << 31;
	EXPECT_EQ(EOPNOTSUPP, call(rig, command));
	EXPECT_EQ(IOASID_REASON_RESERVED, ea.reason);
	EXPECT_EQ(0, call_exact(rig, command));
}

TEST_F(command, extack_cannot_be_written)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	unsigned char *end = guarded_pages();
	/* The last one has a size that can be read, and then ends. */
	const __u64 bad[] = { 1, (uintptr_t)end, UINT64_MAX, UINT64_MAX - 7,
			      0xffff888000000000ULL, (uintptr_t)end - 8 };

	ASSERT_NE(NULL, end);
	*(__u32 *)(end - 8) = sizeof(ea);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		lay_out(rig, command, command->size);
		rig->arg->flags = UNKNOWN_FLAG;
		rig->arg->extack = bad[i];
		EXPECT_EQ(EOPNOTSUPP, call(rig, command))
			TH_LOG("extack at 0x%llx", bad[i]);
	}
	EXPECT_EQ(0, call_exact(rig, command));
}

TEST_F(command, extack_read_only)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	struct ioasid_extack *page = anon(PAGE);

	ASSERT_NE(NULL, page);
	page->size = sizeof(*page);
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	lay_out(rig, command, command->size);
	rig->arg->flags = UNKNOWN_FLAG;
	rig->arg->extack = (uintptr_t)page;
	EXPECT_EQ(EOPNOTSUPP, call(rig, command));
	EXPECT_EQ(0, page->reason);
}

static bool all_bytes(const unsigned char *from, const unsigned char *end,
		      unsigned char value)
{
	while (from < end)
		if (*from++ != value)
			return false;
	return true;
}

TEST_F(command, extack_shorter_and_longer)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	static const size_t sizes[] = { 4, 8, 16, 36, 40, 64,
					sizeof(struct ioasid_extack),
					sizeof(struct ioasid_extack) + 64 };
	struct ioasid_extack *extack = anon(PAGE);
	unsigned char *buf = (void *)extack;

	/* Room for nothing: the kernel may not even write the size back. */
	ASSERT_NE(NULL, extack);
	memset(buf, 0xa5, PAGE);
	extack->size = 0;
	lay_out(rig, command, command->size);
	rig->arg->flags = UNKNOWN_FLAG;
	rig->arg->extack = (uintptr_t)extack;
	EXPECT_EQ(EOPNOTSUPP, call(rig, command));
	EXPECT_EQ(0, extack->size);
	EXPECT_TRUE(all_bytes(buf + 4, buf + PAGE, 0xa5));

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(buf, 0xa5, PAGE);
		extack->size = sizes[i];
		lay_out(rig, command, command->size);
		rig->arg->flags = UNKNOWN_FLAG;
		rig->arg->extack = (uintptr_t)extack;
		EXPECT_EQ(EOPNOTSUPP, call(rig, command));
		EXPECT_EQ(sizes[i], extack->size);
		EXPECT_EQ(sizes[i] < 8 ? EA_UNTOUCHED : IOASID_REASON_FLAGS,
			  extack->reason);
		EXPECT_TRUE(all_bytes(buf + sizes[i], buf + PAGE, 0xa5))
			TH_LOG("more than %zu bytes written", sizes[i]);
	}
}

TEST_F(command, message_is_one_line)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;

	lay_out(rig, command, command->size);
	rig->arg->flags = UNKNOWN_FLAG;
	ASSERT_EQ(EOPNOTSUPP, call(rig, command));
	ASSERT_NE(NULL, memchr(ea.message, '\0', sizeof(ea.message)));
	EXPECT_NE(0, ea.message[0]);
	EXPECT_EQ(NULL, strchr(ea.message, '\n'));
	EXPECT_EQ(0, ea.__reserved);
	EXPECT_EQ(0, ea.first);
	EXPECT_EQ(0, ea.last);
	EXPECT_EQ(0, ea.id);
}

static unsigned int live_spaces(int fd)
{
	unsigned int live = 0;

	for (__u32 id = 1; id < 64; id++)
		live += num_areas(fd, id) != ~0ULL;
	return live;
}

/* A result that cannot be handed out is a failure, and leaves nothing behind. */
TEST_F(command, result_cannot_be_written)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	__u64 areas, locked;
	unsigned int live;

	if (!command->result)
		return;
	lay_out(rig, command, command->size);
	areas = num_areas(rig->fd, rig->space);
	live = live_spaces(rig->fd);
	locked = locked_bytes(0);
	ASSERT_EQ(0, mprotect(rig->end - 4 * PAGE, 4 * PAGE, PROT_READ));
	EXPECT_EQ(EFAULT, call(rig, command));
	ASSERT_EQ(0, mprotect(rig->end - 4 * PAGE, 4 * PAGE,
			      PROT_READ | PROT_WRITE));
	EXPECT_EQ(areas, num_areas(rig->fd, rig->space));
	EXPECT_EQ(live, live_spaces(rig->fd));
	EXPECT_EQ(locked, locked_bytes(0));
	EXPECT_EQ(0, call(rig, command));
}

/* The right struct sent to the wrong file, or as a command that is none. */
TEST_F(command, wrong_file_and_number)
{
	const struct command *command = &commands[variant->n];
	struct rig *rig = &self->rig;
	int other = command->to_container ? rig->fd :
					    rig->dev.container;
	static const int sizes[] = { 1, 24, 64 };

	lay_out(rig, command, command->size);
	EXPECT_EQ(-1, ioctl(other, command->nr, rig->arg));
	EXPECT_EQ(ENOTTY, errno);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long nr = _IOC(_IOC_READ | _IOC_WRITE, IOASID_TYPE,
					_IOC_NR(command->nr), sizes[i]);

		EXPECT_EQ(-1, ioctl(rig->target, nr, rig->arg));
		EXPECT_EQ(ENOTTY, errno);
	}
	EXPECT_EQ(-1, ioctl(rig->target, _IO(IOASID_TYPE + 1, _IOC_NR(command->nr)),
			    rig->arg));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(0, call_exact(rig, command));
}

static bool is_command(unsigned int nr)
{
	for (unsigned int i = 0; i < NUM_COMMANDS; i++)
		if (!commands[i].to_container && _IOC_NR(commands[i].nr) == nr)
			return true;
	return false;
}

/* Every number that version 1 has no command for, on both files. */
TEST(numbers_without_a_command)
{
	__u32 arg[MAX_STRUCT / sizeof(__u32)] = { 64 };
	int fd = ctx_open();
	struct dev dev;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, dev_claim(&dev, EDU_A));
	for (unsigned int nr = 0; nr < 256; nr++) {
		if (!is_command(nr)) {
			EXPECT_EQ(-1, ioctl(fd, _IO(IOASID_TYPE, nr), arg));
			EXPECT_EQ(ENOTTY, errno) TH_LOG("number %u", nr);
		}
		if (nr != _IOC_NR(VFIO_IOASID_BIND) &&
		    nr != _IOC_NR(VFIO_IOASID_UNBIND) &&
		    nr != _IOC_NR(VFIO_IOASID_ADOPT)) {
			EXPECT_EQ(-1, ioctl(dev.container,
					    _IO(IOASID_TYPE, nr), arg));
			EXPECT_EQ(ENOTTY, errno) TH_LOG("number %u", nr);
		}
	}
	EXPECT_EQ(-1, ioctl(dev.container, VFIO_IOMMU_GET_INFO, arg));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(dev.container, VFIO_IOMMU_MAP_DMA, arg));
	EXPECT_EQ(ENOTTY, errno);
	dev_release(&dev);
	close(fd);
}

TEST_HARNESS_MAIN
