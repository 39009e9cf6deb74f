# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks' figures, targets, plots and profiles, without a guest. Run by tests/lab/selftest."""

import unittest
from xml.etree import ElementTree

from ioaslab.bench import plot, rows, samples, table
from ioaslab.bench.rows import Row, Target
from ioaslab.bench.samples import Measured
from ioaslab.bench.trace import Symbols, addresses, tree, without_interrupts

ROW = Row("r", "a row", lines={"map": (Target(0.5, "peers"),), "unmap": (Target(7),), "copy": (Target(0.5, "map"),)})

PRINTED = """\
fact r bytes 1048576
fact r runs 3
sample r type1 map 2 200
sample r iommufd map 2 100
sample r ioasid map 2 50
sample r ioasid map 2 40
sample r ioasid map 2 10
sample r ioasid unmap 1 8
absent r type1 unmap not for today
sample r pin-fast map 2 9
sample r pin-longterm map 2 19
# ioasid: a remark
"""


def measured(printed: str = PRINTED) -> Measured:
    result = Measured("6.12", "6.12.0-test")
    for line in printed.splitlines():
        result.read(line)
    return result


class Figures(unittest.TestCase):
    def test_per_unit_and_median(self) -> None:
        self.assertEqual(measured().value(ROW, "map", "ioasid"), 20)
        self.assertEqual(measured().value(Row("r", "", boot="time"), "map", "ioasid"), 5)
        self.assertIsNone(measured().value(ROW, "copy", "ioasid"))

    def test_best_peer_and_floor(self) -> None:
        self.assertEqual(measured().best_peer(ROW, "map"), 50)
        self.assertEqual(measured().floor(ROW, "map"), 4.5)
        self.assertIsNone(measured().floor(ROW, "unmap"))

    def test_targets(self) -> None:
        self.assertTrue(samples.reached(measured(), ROW, "map"))
        self.assertFalse(samples.reached(measured(), ROW, "unmap"))
        self.assertIsNone(samples.reached(measured(), ROW, "copy"))
        self.assertTrue(samples.reached(measured(PRINTED + "sample r ioasid copy 1 10"), ROW, "copy"))
        self.assertFalse(samples.reached(measured(PRINTED + "sample r ioasid copy 1 11"), ROW, "copy"))

    def test_what_stands_in_for_type1_may_cost_a_little_more(self) -> None:
        for value, verdict in ((26, True), (27, False)):
            result = measured(PRINTED + f"sample r ioasid-type1 map 1 {value}")
            self.assertEqual(samples.reached(result, ROW, "map", rows.AS_TYPE1), verdict)
        self.assertIsNone(samples.reached(measured(), ROW, "map", rows.AS_TYPE1))

    def test_a_peer_that_is_absent_is_no_failure_and_an_error_is_one(self) -> None:
        self.assertEqual(measured().absent, {("r", "unmap", "type1"): "not for today"})
        self.assertEqual(measured().errors, [])
        self.assertEqual(measured("error r ioasid map Cannot allocate memory").errors,
                         ["r: ioasid: map: Cannot allocate memory"])
        self.assertEqual(len(measured("Segmentation fault").errors), 1)

    def test_json_and_back(self) -> None:
        self.assertEqual(samples.from_json(measured().as_json()).as_json(), measured().as_json())


class Reports(unittest.TestCase):
    def test_rows_are_well_formed(self) -> None:
        self.assertIn("one-4k", rows.rows())
        self.assertTrue(all(row.lines for row in rows.rows().values()))

    def test_numbers(self) -> None:
        self.assertEqual([table.number(value) for value in (None, 0.234, 45.678, 1234.5)], ["-", "0.23", "45.7", "1234"])

    def test_markdown_has_a_line_per_operation(self) -> None:
        lines = table.markdown(measured(), [ROW]).splitlines()
        self.assertEqual([line.split(" | ")[1] for line in lines[4:]], ["map", "unmap", "copy"])
        self.assertEqual({line.count("|") for line in lines[2:]}, {10})

    def test_markdown_has_what_stands_in_for_type1(self) -> None:
        lines = table.markdown(measured(PRINTED + "sample r ioasid-type1 map 1 27"), [ROW]).splitlines()
        self.assertIn("| a row | map | 100 | 20.0 | 27.0 | 0.54 | <= 0.5 of peers | no |", lines)

    def test_plot_is_a_picture_with_a_bar_per_peer(self) -> None:
        root = ElementTree.fromstring(plot.draw(measured(), [ROW]))
        bars = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("height") == str(plot.BAR)]
        self.assertEqual(len(bars), 4)  # three for map, one for unmap

    def test_nothing_measured_is_no_picture(self) -> None:
        self.assertEqual(plot.draw(Measured("6.12"), [ROW]), "")


KALLSYMS = """\
ffffffff81000000 T __x64_sys_ioctl
ffffffff81000100 t inner
ffffffff81000200 T asm_sysvec_timer
ffffffff81000300 T elsewhere
ffffffffc0000000 t leaf [ioasidfd]
"""

# The host's entry, user space, an ioctl with a call that is interrupted and calls a module, user space.
PATH = (0xffffffff81000300, 0x400000, 0xffffffff81000000, 0xffffffff81000004, 0xffffffff81000100, 0xffffffff81000200,
        0xffffffff81000204, 0xffffffff81000104, 0xffffffffc0000000, 0xffffffff81000108, 0xffffffff81000008, 0x400004)


class Profiles(unittest.TestCase):
    def test_log_lines(self) -> None:
        log = [b"Trace 0: 0x7f8b4c0a2f40 [00000000/ffffffff81000004/00000033/ff000201] name\n", b"other\n"]
        self.assertEqual(list(addresses(log)), [0xffffffff81000004])

    def test_calls_returns_and_interrupts(self) -> None:
        root = tree(PATH, Symbols(KALLSYMS.splitlines()))
        self.assertEqual(root.total, 9)
        self.assertEqual(without_interrupts(root), 2)
        ioctl = root.callees["__x64_sys_ioctl"]
        self.assertEqual((ioctl.own, ioctl.total), (3, 7))
        inner = ioctl.callees["inner"]
        self.assertEqual((inner.own, inner.calls), (3, 1))
        self.assertEqual(inner.callees["leaf [ioasidfd]"].own, 1)


if __name__ == "__main__":
    unittest.main()
