// SPDX-License-Identifier: GPL-2.0
/*
 * Tens of thousands of random commands, each compared with a reference model of the
 * spaces: its errno, its answers, and what the spaces hold afterwards; now and then
 * also what the device sees.
 *
 * The seed is printed. IOASID_SEED=N replays a run, IOASID_STEPS=N changes its length.
 */
#include "kselftest_harness.h"

#include <sys/random.h>

#include "common.h"
#include "expect.h"
#include "model_run.h"

#define STEPS		40000
#define LOOKS		250	/* of the device, spread over the run */

/* A window about a border, or none. */
static void draw_window(struct run *run, struct ioasid_alloc *arg)
{
	if (one_in(run, 2))
		return;
	arg->iova_base = draw_iova(run) & -PAGE;
	arg->iova_size = (1 + draw(run, 2 * ZONE)) * PAGE;
}

static void step_alloc(struct run *run, struct model_space *space)
{
	static const __u64 granules[] = { 0, 0, PAGE, 4 * PAGE, 64 * KIB, 3 };
	struct ioasid_alloc arg = {
		.size = sizeof(arg),
		.granule = granules[draw(run, ARRAY_SIZE(granules))],
	};
	struct verdict verdict = { 0 };
	__u64 last;

	run->what = "alloc";
	draw_window(run, &arg);
	last = arg.iova_base + arg.iova_size - 1;
	if (arg.granule == 3 || (arg.iova_size && last < arg.iova_base))
		may_fail(&verdict, EINVAL);
	if (!judge(run, &verdict, cmd(run->fd, IOASID_ALLOC, &arg)))
		return;
	*space = (struct model_space){
		.id = arg.ioasid,
		.window = { arg.iova_base, arg.iova_size ? last : UINT64_MAX },
		.granule = arg.granule,
		.hardware = &run->hardware,
	};
}

static void step_free(struct run *run, struct model_space *space)
{
	struct verdict verdict = { 0 };

	run->what = "free";
	if (space->devices)
		may_fail(&verdict, EBUSY);
	if (!judge(run, &verdict, do_free(run->fd, space->id)))
		return;
	model_unmap_all(space);
	space->id = 0;
}

static void step_space(struct run *run)
{
	struct model_space *space = &run->spaces[draw(run, SPACES)];

	if (!space->id)
		step_alloc(run, space);
	else if (one_in(run, 4))
		step_free(run, space);
	else if (one_in(run, 4))
		unmap_all(run, space);
}

static void step_attach(struct run *run)
{
	unsigned int i = draw(run, DEVICES);
	struct model_space *space = draw_space(run);
	struct verdict verdict = { 0 };

	run->what = "attach";
	if (!space->id)
		may_fail(&verdict, ENOENT);
	if (run->at[i])
		may_fail(&verdict, EEXIST);
	if (space->id && !run->at[i])
		model_check_attach(space, &verdict);
	if (!judge(run, &verdict,
		   do_attach(run->fd, run->devices[i].id, id_of(space))))
		return;
	run->at[i] = space;
	space->devices++;
}

static void step_detach(struct run *run)
{
	unsigned int i = draw(run, DEVICES);
	struct verdict verdict = { 0 };

	run->what = "detach";
	if (!run->at[i])
		may_fail(&verdict, EINVAL);
	if (!judge(run, &verdict, do_detach(run->fd, run->devices[i].id)))
		return;
	run->at[i]->devices--;
	run->at[i] = NULL;
}

/* Neighbours would be one range, about which the model knows nothing. */
static unsigned int draw_allowed(struct run *run,
				 struct ioasid_iova_range *ranges)
{
	unsigned int num = draw(run, MODEL_ALLOWED + 1);
	__u64 first = draw_iova(run);

	for (unsigned int i = 0; i < num; i++) {
		ranges[i].first = first;
		ranges[i].last = first + (1 + draw(run, 12)) * PAGE - 1;
		first = ranges[i].last + 1 + (1 + draw(run, 6)) * PAGE;
	}
	if (num > 1 && one_in(run, 20))
		ranges[0] = ranges[1];
	return num;
}

static void step_allow(struct run *run)
{
	struct model_space *space = draw_space(run);
	struct ioasid_iova_range ranges[MODEL_ALLOWED];
	unsigned int num = draw_allowed(run, ranges);
	struct verdict verdict = { 0 };

	run->what = "allow";
	if (!space->id)
		may_fail(&verdict, ENOENT);
	else
		model_check_allow(space, ranges, num, &verdict);
	if (!judge(run, &verdict,
		   do_allow(run->fd, id_of(space), ranges, num)))
		return;
	space->num_allowed = num;
	memcpy(space->allowed, ranges, sizeof(ranges));
}

static void step_register(struct run *run, struct memory *memory)
{
	unsigned int page = draw(run, POOL - 2 * MOST_PAGES);
	unsigned int pages = 1 + draw(run, 2 * MOST_PAGES);
	__u32 prot = draw_prot(run);
	struct verdict verdict = { 0 };

	run->what = "register";
	if (one_in(run, 10))
		page = BAD_PAGE - draw(run, MOST_PAGES);
	if (page + pages > BAD_PAGE)
		may_fail(&verdict, EFAULT);
	check_prot(prot, &verdict);
	if (!judge(run, &verdict,
		   do_register(run->fd, run->pool + page * PAGE, pages * PAGE,
			       prot, &memory->id)))
		return;
	memory->object = model_object(run->objects, page, pages, prot);
	memory->object->registered = true;
	model_use(memory->object);
}

static void step_unregister(struct run *run, struct memory *memory)
{
	struct verdict verdict = { 0 };

	run->what = "unregister";
	if (!judge(run, &verdict, one_in(run, 2) ?
		   do_unregister(run->fd, memory->id) :
		   do_free(run->fd, memory->id)))
		return;
	memory->object->registered = false;
	model_leave(memory->object);
	memory->object = NULL;
}

static void step_memory(struct run *run)
{
	struct memory *memory = &run->memories[draw(run, MEMORIES)];

	if (memory->object)
		step_unregister(run, memory);
	else
		step_register(run, memory);
}

static void one_step(struct run *run)
{
	static void (*const steps[])(struct run *run) = {
		step_map, step_map, step_map, step_map, step_map, step_map,
		step_unmap, step_unmap, step_unmap, step_unmap, step_unmap,
		step_batch, step_copy_space, step_copy_memory,
	};
	static void (*const rare[])(struct run *run) = {
		step_space, step_space, step_space, step_attach, step_attach,
		step_detach, step_allow, step_memory,
	};

	/* There is room for so many in the model. */
	for (unsigned int i = 0; i < SPACES; i++)
		if (run->spaces[i].num_areas > MODEL_AREAS - 50)
			unmap_all(run, &run->spaces[i]);
	if (one_in(run, 6))
		rare[draw(run, ARRAY_SIZE(rare))](run);
	else
		steps[draw(run, ARRAY_SIZE(steps))](run);
}

static void compare_space(struct run *run, struct model_space *space)
{
	struct ioasid_get_info info;

	if (do_get_info(run->fd, space->id, &info)) {
		wrong(run, "space %u is gone", space->id);
		return;
	}
	if (info.num_areas != space->num_areas)
		wrong(run, "space %u has %llu mappings, not %u", space->id,
		      info.num_areas, space->num_areas);
	if (info.mapped_bytes != model_bytes(space))
		wrong(run, "space %u maps 0x%llx bytes, not 0x%llx", space->id,
		      info.mapped_bytes, model_bytes(space));
	if (info.num_devices != space->devices)
		wrong(run, "space %u has %u devices, not %u", space->id,
		      info.num_devices, space->devices);
}

static void compare_ranges(struct run *run, struct model_space *space)
{
	struct ioasid_iova_range found[8], expected[3];
	__u32 num = 8, num_expected = model_ranges(space, expected);

	/* A window that is reserved as a whole has none. */
	if (do_iova_ranges(run->fd, space->id, found, &num) ||
	    num != num_expected ||
	    memcmp(found, expected, num * sizeof(*found)))
		wrong(run, "space %u has %u ranges, expected %u", space->id, num,
		      num_expected);
}

/* Every mapping is where the model has it: a map over it is told so. */
static void compare_areas(struct run *run, struct model_space *space)
{
	for (unsigned int i = 0; i < space->num_areas; i++) {
		const struct model_area *area = &space->areas[i];
		int err = do_map(run->fd, space->id, run->pool, PAGE,
				 area->last + 1 - PAGE, RW);

		if (err != EEXIST || ea.first != area->first ||
		    ea.last != area->last)
			wrong(run, "0x%llx-0x%llx is not one mapping (%d)",
			      area->first, area->last, err);
	}
}

static void compare_pinned(struct run *run, __u64 before)
{
	__u64 least, most, pages = (locked_bytes(0) - before) / PAGE;

	model_pinned(run->objects, run->spaces, SPACES, &least, &most);
	if (pages < least || pages > most)
		wrong(run, "%llu pages are pinned, not %llu to %llu", pages,
		      least, most);
}

static void compare(struct run *run, __u64 locked)
{
	const bool often = !(run->step % 16), seldom = !(run->step % 256);

	for (unsigned int i = 0; i < SPACES; i++) {
		struct model_space *space = &run->spaces[i];

		if (!space->id)
			continue;
		compare_space(run, space);
		if (often)
			compare_ranges(run, space);
		if (seldom)
			compare_areas(run, space);
	}
	if (often)
		compare_pinned(run, locked);
}

/* The device sees a page of a mapping, as far as its rights go. */
static void look(struct run *run)
{
	struct model_space *space = run->at[0];
	const struct model_area *area;
	unsigned int page;
	bool right;
	char *va;

	if (!space || !space->num_areas)
		return;
	run->what = "DMA";
	area = &space->areas[draw(run, space->num_areas)];
	page = draw(run, (area->last - area->first + 1) / PAGE);
	va = run->pool +
	     (area->object->page + area->offset + page) * PAGE;
	if (area->prot == RW)
		right = stage_sees(&run->stage, area->first + page * PAGE, va,
				   run->step);
	else if (area->prot == IOASID_PROT_READ)
		right = stage_is_blind(&run->stage, area->first + page * PAGE,
				       va, run->step);
	else
		return;
	run->looks++;
	if (!right)
		wrong(run, "0x%llx does not lead to page %u of 0x%llx-0x%llx",
		      area->first + page * PAGE, page, area->first, area->last);
}

static __u64 setting(const char *name, __u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static int set_up(struct run *run)
{
	struct ioasid_device_info info;
	int err = stage_open(&run->stage, EDU_A, 0);

	run->fd = run->stage.fd;
	run->devices[0] = run->stage.dev;
	err = err ? err : do_detach(run->fd, run->devices[0].id);
	err = err ? err : do_free(run->fd, run->stage.space);
	err = err ? err : do_device_info(run->fd, run->devices[0].id, &info);
	err = err ? err : dev_claim(&run->devices[1], EDU_B);
	err = err ? err : dev_bind(&run->devices[1], run->fd);
	run->hardware.msi = (struct ioasid_iova_range){ MSI_FIRST, MSI_LAST };
	run->hardware.last = info.aperture_last;
	run->pool = anon_populated(POOL * PAGE);
	if (!err && munmap(run->pool + BAD_PAGE * PAGE, PAGE))
		err = errno;
	return err;
}

TEST(random_commands)
{
	const unsigned int steps = setting("IOASID_STEPS", STEPS);
	struct run *run = calloc(1, sizeof(*run));
	__u64 seed = 0, locked;

	ASSERT_NE(NULL, run);
	ASSERT_EQ(sizeof(seed), getrandom(&seed, sizeof(seed), 0));
	seed = setting("IOASID_SEED", seed | 1);
	TH_LOG("IOASID_SEED=%llu IOASID_STEPS=%u", seed, steps);
	run->random = seed;
	ASSERT_EQ(0, set_up(run));
	locked = locked_bytes(0);
	for (run->step = 1; run->step <= steps && !run->wrong; run->step++) {
		one_step(run);
		compare(run, locked);
		if (!(run->step % (steps / LOOKS + 1)))
			look(run);
	}
	EXPECT_FALSE(run->wrong);
	TH_LOG("%lu commands done, %lu refused, %lu looks through the device",
	       run->right, run->refused, run->looks);
	/* A run in which hardly anything succeeds would test nothing. */
	EXPECT_GT(run->right, steps / 5);
	EXPECT_GT(run->refused, steps / 5);
	EXPECT_LT(0, run->looks);
	stage_close(&run->stage);
	dev_release(&run->devices[1]);
	EXPECT_EQ(locked, locked_bytes(0));
}

TEST_HARNESS_MAIN
