/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Expectations on top of the kselftest harness. Included by the programs that look
 * at errnos and reasons, after the harness and common.h.
 */
#ifndef IOASID_TEST_EXPECT_H
#define IOASID_TEST_EXPECT_H

/* The call fails with this errno and this reason. */
#define EXPECT_REFUSED(_errno, _reason, _call)				\
	do {								\
		EXPECT_EQ(_errno, (_call))				\
			TH_LOG("kernel: %.159s", ea.message);		\
		EXPECT_EQ(_reason, ea.reason)				\
			TH_LOG("kernel: %.159s", ea.message);		\
	} while (0)

/* The refusal before this named that range, that object. */
#define EXPECT_EA_RANGE(_first, _last)					\
	do {								\
		EXPECT_EQ(_first, ea.first);				\
		EXPECT_EQ(_last, ea.last);				\
	} while (0)

/* The call succeeds; its extack says why if it does not. */
#define EXPECT_OK(_call)						\
	EXPECT_EQ(0, (_call)) TH_LOG("kernel: %.159s", ea.message)
#define ASSERT_OK(_call)						\
	ASSERT_EQ(0, (_call)) TH_LOG("kernel: %.159s", ea.message)

/* The same for a call of libioasid. */
#define LIB_OK(_call)							\
	ASSERT_EQ(0, (_call)) TH_LOG("library: %s", ioasid_last_error())

#endif /* IOASID_TEST_EXPECT_H */
