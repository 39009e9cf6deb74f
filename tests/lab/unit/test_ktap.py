# SPDX-License-Identifier: GPL-2.0-only
"""The TAP parser: above all, that nothing broken passes. Run by tests/lab/selftest."""

import unittest

from ioaslab import ktap

GOOD = """TAP version 13
1..3
# Starting 3 tests from 2 test cases.
#  RUN           map.one ...
#            OK  map.one
ok 1 map.one
#  RUN           map.two ...
#      SKIP      no such device
ok 2 map.two # SKIP no such device
#  RUN           global.three ...
#            OK  global.three
ok 3 global.three
# PASSED: 3 / 3 tests passed.
# Totals: pass:2 fail:0 xfail:0 xpass:0 skip:1 error:0""".splitlines()

NESTED = """KTAP version 1
1..2
    KTAP version 1
    1..2
    ok 1 a
    {b}
{first}
ok 2 second"""


def parse(text, status=0):
    return ktap.parse(text if isinstance(text, list) else text.splitlines(), status)


def statuses(tests):
    return [test.status for test in tests]


def failures(tests):
    return [test.name for test in tests if test.status == ktap.FAIL]


class Good(unittest.TestCase):
    def test_harness_output(self):
        tests = parse(GOOD)
        self.assertEqual([(test.name, test.status) for test in tests],
                         [("map.one", "pass"), ("map.two", "skip"), ("global.three", "pass")])
        self.assertEqual(tests[1].detail, ["no such device"])

    def test_plan_at_the_end(self):
        self.assertEqual(statuses(parse("ok 1 a\nok 2 b\n1..2")), ["pass", "pass"])

    def test_numbers_may_be_left_out(self):
        self.assertEqual(statuses(parse("1..2\nok - a\nok - b")), ["pass", "pass"])

    def test_comment_is_not_part_of_the_name(self):
        self.assertEqual(parse("1..1\nok 1 a # took 3 s")[0].name, "a")

    def test_whole_program_skipped(self):
        for status in (0, ktap.EXIT_SKIP):
            tests = parse("TAP version 13\n1..0 # SKIP no /dev/vfio", status)
            self.assertEqual([(test.status, test.detail) for test in tests], [("skip", ["no /dev/vfio"])])

    def test_skip_without_a_name(self):
        tests = parse("1..1\nok 1 # SKIP not here", ktap.EXIT_SKIP)
        self.assertEqual([(test.status, test.name) for test in tests], [("skip", "not here")])

    def test_nested(self):
        tests = parse(NESTED.format(b="ok 2 b", first="ok 1 first"))
        self.assertEqual([test.name for test in tests], ["first.a", "first.b", "second"])
        self.assertEqual(statuses(tests), ["pass"] * 3)

    def test_expected_failure_is_no_pass(self):
        self.assertEqual(statuses(parse("1..2\nok 1 a # XFAIL known\nnot ok 2 b # XFAIL later")), ["skip", "skip"])


class Failed(unittest.TestCase):
    def test_not_ok(self):
        tests = parse("1..2\n# why\nnot ok 1 a\nok 2 b", 1)
        self.assertEqual(statuses(tests), ["fail", "pass"])
        self.assertEqual(tests[0].detail, ["# why"])

    def test_a_failure_is_explained_before_it_or_after_it(self):
        before = parse("1..2\n# why\nnot ok 1 a\n# of b\nok 2 b", 1)
        after = parse("1..3\nnot ok 1 a\n# why\nnot ok 2 b\n# and why b\nok 3 c", 1)
        self.assertEqual([test.detail for test in before], [["# why"], ["# of b"]])
        self.assertEqual([test.detail for test in after], [["# why"], ["# and why b"], []])

    def test_not_ok_with_skip_is_a_failure(self):
        self.assertEqual(statuses(parse("1..1\nnot ok 1 a # SKIP no", 1)), ["fail"])

    def test_unexpected_pass(self):
        self.assertEqual(statuses(parse("1..1\nok 1 a # XPASS", 1)), ["fail"])

    def test_nested_failure(self):
        tests = parse(NESTED.format(b="not ok 2 b", first="not ok 1 first"), 1)
        self.assertEqual(failures(tests), ["first.b"])


class Broken(unittest.TestCase):
    """What must never pass."""

    def check(self, text, status=0, expect=""):
        failed = failures(parse(text, status))
        self.assertTrue(failed, "nothing failed")
        self.assertIn(expect, " ".join(failed))

    def test_no_output(self):
        self.check("", expect="no test output")

    def test_noise_only(self):
        self.check("hello\nSegmentation fault", 139, expect="killed by signal 11")

    def test_no_plan(self):
        self.check("TAP version 13\nok 1 a", expect="no plan")

    def test_two_plans(self):
        self.check("1..1\n1..1\nok 1 a", expect="more than one plan")

    def test_fewer_than_planned(self):
        self.check("1..3\nok 1 a\nok 2 b", expect="3 tests planned, 2 reported")

    def test_more_than_planned(self):
        self.check("1..1\nok 1 a\nok 2 b", expect="1 tests planned, 2 reported")

    def test_every_truncation_of_a_good_run_fails(self):
        text = "\n".join(line for line in GOOD if not line.startswith("#"))
        for length in range(len(text) - len("ok 3 global.three") + 1):
            self.check(text[:length], None)
            self.check(text[:length], 0)

    def test_missing_number(self):
        self.check("1..3\nok 1 a\nok 3 c\n", expect="comes as number 2")

    def test_line_mangled_by_other_output(self):
        self.check("1..2\nnoise ok 1 a\nok 2 b", expect="comes as number 1")

    def test_planned_nothing(self):
        self.check("1..0", expect="not one test")

    def test_timed_out(self):
        self.check(GOOD, 124, expect="timed out")

    def test_killed_after_good_output(self):
        self.check(GOOD, 137, expect="killed by signal 9")

    def test_never_ended(self):
        self.check(GOOD, None, expect="did not end")

    def test_status_says_failed_lines_do_not(self):
        self.check(GOOD, 1, expect="exit status 1 without a failed test")

    def test_status_says_fine_lines_do_not(self):
        self.check("1..1\nnot ok 1 a", 0, expect="exit status 0 in spite of")

    def test_status_says_skip_lines_do_not(self):
        self.check("1..1\nok 1 a", ktap.EXIT_SKIP, expect="exit status 4")

    def test_skip_exit_without_output(self):
        self.check("", ktap.EXIT_SKIP, expect="no test output")

    def test_bail_out(self):
        self.check("1..1\nok 1 a\nBail out! no memory", expect="bailed out: no memory")

    def test_totals_disagree(self):
        self.check("1..1\nok 1 a\n# Totals: pass:0 fail:1 xfail:0 xpass:0 skip:0 error:0", expect="the totals say 1")

    def test_parent_ok_over_failed_child(self):
        self.check(NESTED.format(b="not ok 2 b", first="ok 1 first"), 1, expect="ok over a failed subtest")

    def test_parent_failed_over_good_children(self):
        self.check(NESTED.format(b="ok 2 b", first="not ok 1 first"), 1, expect="first")

    def test_child_plan_too_long(self):
        self.check(NESTED.format(b="# nothing", first="ok 1 first"), expect="2 tests planned, 1 reported")

    def test_ends_inside_nested(self):
        self.check("KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    ok 1 a", expect="nested")

    def test_indented_results_without_a_header_do_not_count(self):
        self.check("1..1\n    ok 1 a", expect="1 tests planned, 0 reported")


if __name__ == "__main__":
    unittest.main()
