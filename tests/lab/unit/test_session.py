# SPDX-License-Identifier: GPL-2.0-only
"""Following a guest's output, and the plan of what it runs. Run by tests/lab/selftest."""

import unittest

from ioaslab import config, plan
from ioaslab.session import Session
from ioaslab.ui import LabError

OUTPUT = b"""
@@lab begin one 1.50
TAP version 13
1..1
ok 1 a

@@lab end one 0 2.75

@@lab begin two 3.00
1..1
not ok 1 b
@@lab end two 1 3.50
@@lab done
"""


def follow(*chunks):
    ended = []
    session = Session(ended.append)
    for chunk in chunks:
        session.feed(chunk)
    session.close()
    return session, ended


class Following(unittest.TestCase):
    def check(self, session, ended):
        self.assertEqual([(section.name, section.status) for section in ended], [("one", 0), ("two", 1)])
        self.assertEqual(ended[0].lines, ["TAP version 13", "1..1", "ok 1 a"])
        self.assertAlmostEqual(ended[0].seconds, 1.25)
        self.assertTrue(session.done)
        self.assertIsNone(session.current)
        self.assertEqual(session.stray, [])

    def test_in_one_piece(self):
        self.check(*follow(OUTPUT))

    def test_byte_by_byte(self):
        self.check(*follow(*(OUTPUT[place:place + 1] for place in range(len(OUTPUT)))))

    def test_with_carriage_returns(self):
        self.check(*follow(OUTPUT.replace(b"\n", b"\r\n")))

    def test_every_truncation_is_noticed(self):
        for length in range(len(OUTPUT) - len(b"@@lab done\n")):
            session, _ = follow(OUTPUT[:length])
            self.assertFalse(session.done)

    def test_cut_off_in_a_program(self):
        session, ended = follow(OUTPUT[:OUTPUT.index(b"not ok")] + b"not o")
        self.assertEqual(len(ended), 1)
        self.assertEqual(session.current.name, "two")
        self.assertEqual(session.current.lines, ["1..1", "not o"])

    def test_end_of_another_program_does_not_count(self):
        session, ended = follow(b"@@lab begin one 1.0\n@@lab end two 0 2.0\n")
        self.assertEqual(ended, [])
        self.assertEqual(session.current.name, "one")

    def test_output_outside_of_programs_is_kept(self):
        session, _ = follow(b"sh: not found\n" + OUTPUT)
        self.assertEqual(session.stray, ["sh: not found"])


class Plan(unittest.TestCase):
    LIST = "# comment\none 10\n\ntwo 20 no-module # why\n"

    def test_parse(self):
        self.assertEqual(plan.parse(self.LIST), [plan.Program("one", 10), plan.Program("two", 20, "no-module")])

    def test_bad_lines(self):
        for line in ("one", "one x", "one 1 never", "one 1 never more", "one 1\none 2"):
            with self.subTest(line), self.assertRaises(LabError):
                plan.parse(line)

    def test_modules(self):
        program, = plan.parse("one 10 module a:x=1:y=2,3 b\n")
        self.assertEqual(program.modules, ("a:x=1:y=2,3", "b"))
        self.assertEqual(program.line, "module 10 one a:x=1:y=2,3+b")
        self.assertEqual(plan.Program("one", 10, args="-t x").line, "module 10 one - -t x")

    def test_on_machine(self):
        programs = plan.parse(self.LIST)
        self.assertEqual(plan.on_machine(programs, ("*",)), programs)
        self.assertEqual([program.name for program in plan.on_machine(programs, ("tw*", "three"))], ["two"])
        self.assertEqual([program.name for program in plan.on_machine(programs, ("*",), ("two",))],
                         [program.name for program in programs if program.name != "two"])

    def test_on_kernel(self):
        programs = plan.parse("one 10\ntwo 20 debug\n")
        stock, = plan.on_kernel(programs, config.kernel("6.12"))
        self.assertEqual(stock, programs[0])
        kernel = config.kernel("debug-6.12")
        self.assertEqual([program.line for program in plan.on_kernel(programs, kernel)],
                         [f"module {10 * kernel.slower} one -", f"module {20 * kernel.slower} two -"])

    def test_select(self):
        programs = plan.parse(self.LIST)
        self.assertEqual(plan.select(programs, []), programs)
        self.assertEqual([program.name for program in plan.select(programs, ["two", "one"])], ["one", "two"])
        self.assertEqual(plan.select(programs, ["one:f.t"])[0].args, "-r f.t")
        self.assertEqual(plan.select(programs, ["one:t"])[0].args, "-t t")
        with self.assertRaises(LabError):
            plan.select(programs, ["three"])


if __name__ == "__main__":
    unittest.main()
