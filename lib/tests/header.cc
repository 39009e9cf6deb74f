// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The library from C++: the header compiles there, and its names link. Run by check.
 */
#include <libioasid.h>

#include <cstdio>
#include <cstring>

int main()
{
	struct ioasid_get_info info = {};
	struct ioasid_ctx *ctx = nullptr;
	bool good;

	info.size = sizeof(info);
	good = std::strcmp(ioasid_reason_name(IOASID_REASON_NONE), "none") == 0 &&
	       std::strcmp(ioasid_last_error(), "") == 0;
	/* Never called: that it compiles and links is the test. */
	if (ctx)
		good = ioasid_space_info(ctx, 1, &info) == 0;
	std::printf("%sok 1 - the library from C++\n1..1\n", good ? "" : "not ");
	return good ? 0 : 1;
}
