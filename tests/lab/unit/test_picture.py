# SPDX-License-Identifier: GPL-2.0-only
"""The picture of results. Run by tests/lab/selftest."""

import json
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

from ioaslab import picture
from ioaslab.ui import LabError


def result(where, name, status):
    return {"where": where, "program": "map", "name": name, "status": status}


def draw(*files):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, results in enumerate(files):
            paths.append(Path(folder) / f"{number}.json")
            paths[-1].write_text(json.dumps({"results": results}), encoding="utf-8")
        return picture.draw(paths)


class Picture(unittest.TestCase):
    def test_is_xml_that_names_all(self):
        text = draw([result("6.12/vtd", "a<b", "pass"), result("debug-7.2/vtd", "b", "fail"), result("host", "c", "pass")])
        xml.fromstring(text)
        for word in (">6.12<", ">debug-7.2<", ">vtd<", ">1 passed<", ">1 failed<", "1 passed, 1 failed, 0 skipped"):
            self.assertIn(word, text)

    def test_the_later_result_counts(self):
        text = draw([result("6.12/vtd", "a", "fail")], [result("6.12/vtd", "a", "pass")])
        self.assertIn("1 passed, 0 failed, 0 skipped", text)

    def test_kernels_by_version(self):
        text = draw([result(f"{name}/vtd", "a", "pass") for name in ("debug-6.12", "7.2", "6.12", "5.10")])
        places = [text.index(f">{name}<") for name in ("5.10", "6.12", "7.2", "debug-6.12")]
        self.assertEqual(places, sorted(places))

    def test_no_results(self):
        with self.assertRaises(LabError):
            picture.draw([Path("/nowhere/results.json")])


if __name__ == "__main__":
    unittest.main()
