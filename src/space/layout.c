// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of a space for /proc/PID/fdinfo: what may be mapped, and what is, in a
 * bounded number of lines. A space may have a million areas, so neighbours are shown as
 * one, with as little between them as it takes. Called by show.c.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "space/space.h"

/* Lines of each kind; what a screen shows of a space, and more. */
#define IOAS_LAYOUT_LINES	64

/* Areas that are looked at while the lock is held. */
#define IOAS_LAYOUT_BATCH	256

/**
 * struct ioas_extent - Neighbouring areas
 * @first: first IOVA of the first
 * @last: last IOVA of the last
 * @areas: how many
 * @mapped: bytes in them
 */
struct ioas_extent {
	unsigned long first;
	unsigned long last;
	u64 areas;
	u64 mapped;
};

/**
 * struct ioas_layout - Looking at all areas of a space in order
 * @m: where to show them
 * @ioasid: id of the space
 * @see: what to do with each; @extent is all before it, and has no areas before the first
 * @gaps: how many gaps there are of each power of two
 * @apart: the smallest gap, in bytes, that is shown
 * @lines: extents shown
 * @extent: what has been seen and is not shown
 */
struct ioas_layout {
	struct seq_file *m;
	u32 ioasid;
	void (*see)(struct ioas_layout *layout, struct ioas_area *area);
	unsigned long gaps[BITS_PER_LONG];
	unsigned long apart;
	unsigned int lines;
	struct ioas_extent extent;
};

static unsigned long ioas_layout_gap(struct ioas_layout *layout,
				     struct ioas_area *area)
{
	if (!layout->extent.areas)
		return 0;
	return area->first - layout->extent.last - 1;
}

static void ioas_layout_take(struct ioas_layout *layout, struct ioas_area *area)
{
	struct ioas_extent *extent = &layout->extent;

	if (!extent->areas)
		extent->first = area->first;
	extent->last = area->last;
	extent->areas++;
	extent->mapped += ioas_area_length(area);
}

static void ioas_layout_count(struct ioas_layout *layout, struct ioas_area *area)
{
	unsigned long gap = ioas_layout_gap(layout, area);

	if (gap)
		layout->gaps[ilog2(gap)]++;
	ioas_layout_take(layout, area);
}

static void ioas_layout_flush(struct ioas_layout *layout)
{
	struct ioas_extent *extent = &layout->extent;

	if (extent->areas)
		seq_printf(layout->m,
			   "extent:\tspace=%u first=0x%lx last=0x%lx areas=%llu mapped=%llu\n",
			   layout->ioasid, extent->first, extent->last,
			   extent->areas, extent->mapped);
	*extent = (struct ioas_extent){};
	layout->lines++;
}

/* Areas that came since they were counted do not make more lines. */
static void ioas_layout_print(struct ioas_layout *layout, struct ioas_area *area)
{
	if (ioas_layout_gap(layout, area) >= layout->apart &&
	    layout->lines < IOAS_LAYOUT_LINES - 1)
		ioas_layout_flush(layout);
	ioas_layout_take(layout, area);
}

/* Returns where to go on, 0 if that was all. */
static unsigned long ioas_layout_some(struct ioas_space *space,
				      struct ioas_layout *layout,
				      unsigned long from)
{
	unsigned int left = IOAS_LAYOUT_BATCH;
	struct ioas_area *area;

	mutex_lock(&space->lock);
	area = ioas_area_first(space, from, ULONG_MAX);
	while (area && left--) {
		if (area->ready)
			layout->see(layout, area);
		from = area->last + 1;
		area = ioas_area_next(area, ULONG_MAX);
	}
	mutex_unlock(&space->lock);
	return area ? from : 0;
}

static void ioas_layout_walk(struct ioas_space *space,
			     struct ioas_layout *layout)
{
	unsigned long from = 0;

	layout->extent = (struct ioas_extent){};
	do {
		from = ioas_layout_some(space, layout, from);
		cond_resched();
	} while (from);
}

/* The smallest power of two that few enough gaps reach; 1 shows all of them. */
static unsigned long ioas_layout_apart(struct ioas_layout *layout)
{
	unsigned long gaps = 0;
	unsigned int bit = BITS_PER_LONG - 1;

	while (bit && gaps + layout->gaps[bit] < IOAS_LAYOUT_LINES)
		gaps += layout->gaps[bit--];
	return bit || gaps + layout->gaps[0] >= IOAS_LAYOUT_LINES ?
		1UL << (bit + 1) : 1;
}

static void ioas_layout_ranges(struct seq_file *m, struct ioas_space *space)
{
	struct ioasid_iova_range range;
	unsigned long pos = 0;
	unsigned int lines;

	mutex_lock(&space->lock);
	for (lines = 0; lines < IOAS_LAYOUT_LINES; lines++) {
		if (!ioas_next_range(space, pos, &range))
			break;
		seq_printf(m, "range:\tspace=%u first=0x%llx last=0x%llx\n",
			   space->obj.id, range.first, range.last);
		if (range.last == ULONG_MAX)
			break;
		pos = range.last + 1;
	}
	mutex_unlock(&space->lock);
}

/**
 * ioas_space_show_layout() - Show what may be mapped in a space, and what is
 * @m: where to
 * @space: the space, of which the caller has a reference
 *
 * Context: may sleep; no locks held.
 */
void ioas_space_show_layout(struct seq_file *m, struct ioas_space *space)
{
	struct ioas_layout layout = {
		.m = m, .ioasid = space->obj.id, .see = ioas_layout_count,
	};

	ioas_layout_ranges(m, space);
	ioas_layout_walk(space, &layout);
	layout.apart = ioas_layout_apart(&layout);
	layout.see = ioas_layout_print;
	ioas_layout_walk(space, &layout);
	ioas_layout_flush(&layout);
}
