// SPDX-License-Identifier: GPL-2.0
/*
 * Every enum ioasid_reason: how to provoke it, and the errno it comes with; or why
 * it cannot be provoked here.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "common.h"
#include "expect.h"
#include "vfio.h"

/* A context with an attached device, another device, and some memory. */
struct scene {
	int fd;
	__u32 space, other_space;
	struct dev dev, pair[2];
	char *memory;		/* 16 pages */
};

static int reason_size(struct scene *scene)
{
	struct ioasid_free arg = { .size = sizeof(arg) - 1 };

	return cmd(scene->fd, IOASID_FREE, &arg);
}

static int reason_flags(struct scene *scene)
{
	struct ioasid_free arg = { .size = sizeof(arg), .flags = 1 };

	return cmd(scene->fd, IOASID_FREE, &arg);
}

static int reason_reserved(struct scene *scene)
{
	struct ioasid_free arg = { .size = sizeof(arg), .__reserved = 1 };

	return cmd(scene->fd, IOASID_FREE, &arg);
}

static int reason_value(struct scene *scene)
{
	struct ioasid_alloc arg = { .size = sizeof(arg), .kind = 1000 };

	return cmd(scene->fd, IOASID_ALLOC, &arg);
}

static int reason_dirty(struct scene *scene)
{
	__u64 bitmap;
	struct ioasid_dirty_read read = {
		.length = PAGE,
		.page_size = PAGE,
		.bitmap = (uintptr_t)&bitmap,
		.bitmap_size = sizeof(bitmap),
	};

	return do_dirty_read(scene->fd, scene->space, &read);
}

static int reason_fault(struct scene *scene)
{
	__u32 num = 64;

	return do_iova_ranges(scene->fd, scene->space, NULL, &num);
}

static int reason_alignment(struct scene *scene)
{
	return do_map(scene->fd, scene->space, scene->memory, 1, 0, RW);
}

static int reason_range(struct scene *scene)
{
	return do_unmap(scene->fd, scene->space, 0, 0);
}

static int reason_no_object(struct scene *scene)
{
	return do_free(scene->fd, NO_ID);
}

static int reason_in_use(struct scene *scene)
{
	return do_free(scene->fd, scene->space);
}

static int reason_iova_mapped(struct scene *scene)
{
	do_map(scene->fd, scene->space, scene->memory, PAGE, 0, RW);
	return do_map(scene->fd, scene->space, scene->memory, PAGE, 0, RW);
}

static int reason_iova_reserved(struct scene *scene)
{
	return do_map(scene->fd, scene->space, scene->memory, PAGE, MSI_FIRST,
		      RW);
}

static int reason_iova_aperture(struct scene *scene)
{
	return do_map(scene->fd, scene->space, scene->memory, PAGE, -PAGE, RW);
}

static int reason_iova_window(struct scene *scene)
{
	__u32 id;
	int err = do_alloc_window(scene->fd, PAGE, PAGE, &id);

	return err ? err : do_map(scene->fd, id, scene->memory, PAGE, 0, RW);
}

static int reason_iova_partial(struct scene *scene)
{
	do_map(scene->fd, scene->space, scene->memory, 2 * PAGE, 0, RW);
	return do_unmap(scene->fd, scene->space, 0, PAGE);
}

static int reason_iova_not_mapped(struct scene *scene)
{
	return do_unmap(scene->fd, scene->space, 0, PAGE);
}

static int reason_iova_full(struct scene *scene)
{
	__u64 iova;
	__u32 id;
	int err = do_alloc_window(scene->fd, PAGE, PAGE, &id);

	return err ? err : do_map_any(scene->fd, id, scene->memory, 2 * PAGE,
				      &iova, RW);
}

static int reason_memlock(struct scene *scene)
{
	const struct rlimit limit = { PAGE, PAGE };
	int err = setrlimit(RLIMIT_MEMLOCK, &limit) || setuid(65534);

	return err ? err : do_map(scene->fd, scene->space, scene->memory,
				  2 * PAGE, 0, RW);
}

static int reason_pin(struct scene *scene)
{
	munmap(scene->memory, PAGE);
	return do_map(scene->fd, scene->space, scene->memory, PAGE, 0, RW);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static int reason_interrupted(struct scene *scene)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	int err = sigaction(SIGALRM, &action, NULL);

	for (unsigned int ms = 100; ms && !err; ms /= 2) {
		const struct itimerval timer = { .it_value.tv_usec = ms * 1000 };
		char *va = anon(512 * MIB);

		setitimer(ITIMER_REAL, &timer, NULL);
		err = do_map(scene->fd, scene->other_space, va, 512 * MIB, 0,
			     RW);
		if (!err)
			do_unmap(scene->fd, scene->other_space, 0, 512 * MIB);
		munmap(va, 512 * MIB);
	}
	return err;
}

static int reason_array(struct scene *scene)
{
	__u32 num = 0;

	return do_iova_ranges(scene->fd, scene->space, NULL, &num);
}

static int reason_device_gone(struct scene *scene)
{
	group_unset(scene->dev.group);
	return do_detach(scene->fd, scene->dev.id);
}

static int reason_device_attached(struct scene *scene)
{
	return do_attach(scene->fd, scene->dev.id, scene->space);
}

static int reason_device_detached(struct scene *scene)
{
	return do_detach(scene->fd, scene->pair[0].id);
}

static int reason_group_attached(struct scene *scene)
{
	do_attach(scene->fd, scene->pair[0].id, scene->space);
	return do_attach(scene->fd, scene->pair[1].id, scene->other_space);
}

static int reason_device_bound(struct scene *scene)
{
	return dev_bind(&scene->dev, scene->fd);
}

static int reason_no_device(struct scene *scene)
{
	__u32 id;

	return do_bind(scene->dev.container, scene->fd, "0000:ff:1f.7", 0, &id);
}

static int reason_driver(struct scene *scene)
{
	int err = do_unbind(scene->pair[1].container, scene->fd,
			    scene->pair[1].id);

	if (!err)
		err = driver_unbind(scene->pair[1].name);
	return err ? err : dev_bind(&scene->pair[1], scene->fd);
}

static int reason_not_ioasid(struct scene *scene)
{
	__u32 id;

	return do_bind(scene->dev.container, scene->dev.group,
		       scene->dev.name, 0, &id);
}

static int reason_iova_allowed(struct scene *scene)
{
	const struct ioasid_iova_range range = { MSI_FIRST,
						 MSI_FIRST + PAGE - 1 };
	int err = do_allow(scene->fd, scene->other_space, &range, 1);

	return err ? err : do_attach(scene->fd, scene->pair[0].id,
				     scene->other_space);
}

static int reason_prot(struct scene *scene)
{
	int err = do_map(scene->fd, scene->space, scene->memory, PAGE, 0,
			 IOASID_PROT_READ);

	return err ? err : do_copy_space(scene->fd, -1, scene->space, 0,
					 scene->other_space, PAGE, 0, RW);
}

static int reason_file(struct scene *scene)
{
	return do_map_file(scene->fd, scene->space, scene->fd, 0, PAGE, 0, RW);
}

static int reason_pasid(struct scene *scene)
{
	return do_attach_pasid(scene->fd, scene->dev.id, 1, scene->other_space);
}

static int reason_window(struct scene *scene)
{
	return do_attach_flags(scene->fd, scene->dev.id, scene->other_space,
			       IOASID_ATTACH_REPLACE, 0);
}

struct how {
	int err;				/* that it comes with */
	int (*provoke)(struct scene *scene);
	const char *why_not;			/* ... it cannot be provoked */
};

/* No default: the compiler tells when the uAPI has a reason that this has not. */
static struct how how_to(enum ioasid_reason reason)
{
	switch (reason) {
	case IOASID_REASON_NONE:
		return (struct how){ .why_not = "no failure has it" };
	case IOASID_REASON_SIZE:
		return (struct how){ EINVAL, reason_size, NULL };
	case IOASID_REASON_FLAGS:
		return (struct how){ EOPNOTSUPP, reason_flags, NULL };
	case IOASID_REASON_RESERVED:
		return (struct how){ EOPNOTSUPP, reason_reserved, NULL };
	case IOASID_REASON_VALUE:
		return (struct how){ EOPNOTSUPP, reason_value, NULL };
	case IOASID_REASON_FAULT:
		return (struct how){ EFAULT, reason_fault, NULL };
	case IOASID_REASON_ALIGNMENT:
		return (struct how){ EINVAL, reason_alignment, NULL };
	case IOASID_REASON_RANGE:
		return (struct how){ EINVAL, reason_range, NULL };
	case IOASID_REASON_NO_OBJECT:
		return (struct how){ ENOENT, reason_no_object, NULL };
	case IOASID_REASON_IN_USE:
		return (struct how){ EBUSY, reason_in_use, NULL };
	case IOASID_REASON_IOVA_MAPPED:
		return (struct how){ EEXIST, reason_iova_mapped, NULL };
	case IOASID_REASON_IOVA_RESERVED:
		return (struct how){ EADDRNOTAVAIL, reason_iova_reserved, NULL };
	case IOASID_REASON_IOVA_APERTURE:
		return (struct how){ EADDRNOTAVAIL, reason_iova_aperture, NULL };
	case IOASID_REASON_IOVA_WINDOW:
		return (struct how){ EADDRNOTAVAIL, reason_iova_window, NULL };
	case IOASID_REASON_IOVA_PARTIAL:
		return (struct how){ EINVAL, reason_iova_partial, NULL };
	case IOASID_REASON_IOVA_NOT_MAPPED:
		return (struct how){ ENOENT, reason_iova_not_mapped, NULL };
	case IOASID_REASON_IOVA_FULL:
		return (struct how){ ENOSPC, reason_iova_full, NULL };
	case IOASID_REASON_MEMLOCK:
		return (struct how){ ENOMEM, reason_memlock, NULL };
	case IOASID_REASON_PIN:
		return (struct how){ EFAULT, reason_pin, NULL };
	case IOASID_REASON_NO_MEMORY:
		return (struct how){ .why_not = "stock kernels inject no allocation failures" };
	case IOASID_REASON_INTERRUPTED:
		return (struct how){ EINTR, reason_interrupted, NULL };
	case IOASID_REASON_ARRAY:
		return (struct how){ EMSGSIZE, reason_array, NULL };
	case IOASID_REASON_DEVICE_GONE:
		return (struct how){ ENODEV, reason_device_gone, NULL };
	case IOASID_REASON_DEVICE_ATTACHED:
		return (struct how){ EEXIST, reason_device_attached, NULL };
	case IOASID_REASON_DEVICE_DETACHED:
		return (struct how){ EINVAL, reason_device_detached, NULL };
	case IOASID_REASON_GROUP_ATTACHED:
		return (struct how){ EBUSY, reason_group_attached, NULL };
	case IOASID_REASON_DEVICE_BOUND:
		return (struct how){ EEXIST, reason_device_bound, NULL };
	case IOASID_REASON_NO_DEVICE:
		return (struct how){ ENOENT, reason_no_device, NULL };
	case IOASID_REASON_DRIVER:
		return (struct how){ EINVAL, reason_driver, NULL };
	case IOASID_REASON_NOT_IOASID:
		return (struct how){ EINVAL, reason_not_ioasid, NULL };
	case IOASID_REASON_CONTAINER:
		return (struct how){ .why_not = "a race it takes: race_asleep has it" };
	case IOASID_REASON_IOMMU:
		return (struct how){ .why_not = "it takes a mock IOMMU: mock_refuse has it" };
	case IOASID_REASON_IOVA_ALLOWED:
		return (struct how){ EADDRNOTAVAIL, reason_iova_allowed, NULL };
	case IOASID_REASON_PROT:
		return (struct how){ EACCES, reason_prot, NULL };
	case IOASID_REASON_FILE:
		return (struct how){ EOPNOTSUPP, reason_file, NULL };
	case IOASID_REASON_PASID:
		return (struct how){ EOPNOTSUPP, reason_pasid, NULL };
	case IOASID_REASON_WINDOW:
		return (struct how){ EOPNOTSUPP, reason_window, NULL };
	case IOASID_REASON_BLOCKED:
		return (struct how){ .why_not = "it takes a mock IOMMU: mock_refuse has it" };
	case IOASID_REASON_CONTAINER_ATTACHED:
		return (struct how){ .why_not = "mediated_basic has it" };
	case IOASID_REASON_DIRTY:
		return (struct how){ EINVAL, reason_dirty, NULL };
	case IOASID_REASON_INTENT:
	case IOASID_REASON_PASID_TABLE:
		return (struct how){ .why_not = "mediated_intent has it" };
	case IOASID_REASON_PASID_DRIVER:
		return (struct how){ .why_not = "mediated_pasid has it" };
	}
	return (struct how){ 0 };
}

static int set_scene(struct scene *scene)
{
	int err;

	scene->fd = ctx_open();
	scene->memory = anon(16 * PAGE);
	if (scene->fd < 0 || !scene->memory)
		return errno;
	err = do_alloc(scene->fd, &scene->space);
	err = err ? err : do_alloc(scene->fd, &scene->other_space);
	err = err ? err : dev_claim(&scene->dev, EDU_A);
	err = err ? err : dev_bind(&scene->dev, scene->fd);
	err = err ? err : do_attach(scene->fd, scene->dev.id, scene->space);
	err = err ? err : dev_claim(&scene->pair[0], EDU_C0);
	err = err ? err : dev_bind(&scene->pair[0], scene->fd);
	err = err ? err : dev_join(&scene->pair[1], EDU_C1, &scene->pair[0]);
	return err ? err : dev_bind(&scene->pair[1], scene->fd);
}

struct outcome {
	int scene_err;
	int err;
	struct ioasid_extack ea;
};

/* In a process of its own, because some reasons take away what the next needs. */
static void provoke(const struct how *how, struct outcome *outcome)
{
	pid_t child = fork();

	if (!child) {
		struct scene scene = { 0 };

		outcome->scene_err = set_scene(&scene);
		if (!outcome->scene_err)
			outcome->err = how->provoke(&scene);
		outcome->ea = ea;
		_exit(0);
	}
	waitpid(child, NULL, 0);
	/* One of them takes this device's driver away. */
	vfio_bind(edu_name(EDU_C1));
}

TEST(every_reason)
{
	struct outcome *outcome = mmap(NULL, sizeof(*outcome),
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int provoked = 0, impossible = 0, known = 0;

	ASSERT_NE(MAP_FAILED, outcome);
	for (unsigned int reason = 0; reason < 64; reason++) {
		const struct how how = how_to(reason);

		known += how.provoke || how.why_not;
		if (how.why_not) {
			TH_LOG("reason %u not provoked: %s", reason,
			       how.why_not);
			impossible++;
		}
		if (!how.provoke)
			continue;
		memset(outcome, 0xff, sizeof(*outcome));
		provoke(&how, outcome);
		EXPECT_EQ(0, outcome->scene_err);
		EXPECT_EQ(how.err, outcome->err)
			TH_LOG("reason %u: %.159s", reason, outcome->ea.message);
		EXPECT_EQ(reason, outcome->ea.reason)
			TH_LOG("%.159s", outcome->ea.message);
		EXPECT_LT(0, strnlen(outcome->ea.message,
				     sizeof(outcome->ea.message)));
		provoked += outcome->ea.reason == reason;
	}
	TH_LOG("%u reasons provoked, %u impossible here", provoked, impossible);
	EXPECT_EQ(known, provoked + impossible);
}

TEST_HARNESS_MAIN
