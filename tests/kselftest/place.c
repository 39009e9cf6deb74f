// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces that look alike. Linked into every test program, used by those that move
 * devices between them.
 */
#include "place.h"

#include <errno.h>

#include "common.h"

int place_make(struct place *place, int fd)
{
	int err = do_alloc(fd, &place->space);

	place->source = anon(2 * PAGE);
	if (err || !place->source)
		return err ? err : errno;
	place->sink = place->source + PAGE;
	err = do_map(fd, place->space, place->source, PAGE, SOURCE,
		     IOASID_PROT_READ);
	return err ? err : do_map(fd, place->space, place->sink, PAGE, SINK,
				  IOASID_PROT_WRITE);
}

bool place_works(struct engine *engine, const struct place *place,
		 unsigned int seed)
{
	return engine_works(engine, place->source, SOURCE, place->sink, SINK,
			    seed);
}
