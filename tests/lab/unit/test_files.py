# SPDX-License-Identifier: GPL-2.0-only
"""Module closures, the cpio writer, results, and the data files themselves. Run by tests/lab/selftest."""

import dataclasses
import json
import lzma
import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from ioaslab import config, host, kmod, results, roots, run
from ioaslab.cpio import Archive
from ioaslab.results import Result, Status
from ioaslab.ui import LabError


class Modules(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "modules.dep").write_text(
            "kernel/vfio-pci.ko.xz: kernel/vfio-pci-core.ko.xz kernel/vfio.ko.xz\n"
            "kernel/vfio-pci-core.ko.xz: kernel/vfio.ko.xz\nkernel/vfio.ko.xz:\nkernel/other.ko.xz:\n")
        (self.folder / "modules.builtin").write_text("kernel/irqbypass.ko\n")
        self.tree = kmod.Tree(self.folder)

    def test_each_module_comes_after_what_it_needs(self):
        self.assertEqual(self.tree.closure(["vfio-pci", "vfio"]), ["vfio", "vfio_pci_core", "vfio_pci"])

    def test_built_in_needs_no_file(self):
        self.assertEqual(self.tree.closure(["irqbypass"]), [])

    def test_unknown_module(self):
        with self.assertRaises(LabError):
            self.tree.closure(["nothing"])

    def test_depends_of(self):
        self.assertEqual(kmod.depends_of(b"x\0license=GPL\0depends=vfio,vfio-pci\0name=a\0"), ["vfio", "vfio_pci"])
        self.assertEqual(kmod.depends_of(b"x\0depends=\0name=a\0"), [])

    def test_decompression(self):
        path = self.folder / "a.ko.xz"
        path.write_bytes(lzma.compress(b"module"))
        self.assertEqual(kmod.contents(path), b"module")


class Cpio(unittest.TestCase):
    def test_layout(self):
        archive = Archive()
        archive.file("lib/a", b"12345", 0o755)
        archive.file("lib/b", b"")
        data = archive.finish()
        names = []
        while data:
            self.assertEqual(data[:6], b"070701")
            fields = [int(data[6 + 8 * number:14 + 8 * number], 16) for number in range(13)]
            header = -(-(110 + fields[11]) // 4) * 4
            names.append((data[110:110 + fields[11] - 1].decode(), oct(fields[1]), data[header:header + fields[6]]))
            data = data[header + -(-fields[6] // 4) * 4:]
        self.assertEqual(names, [("lib", "0o40755", b""), ("lib/a", "0o100755", b"12345"), ("lib/b", "0o100644", b""),
                                 ("TRAILER!!!", "0o0", b"")])


class Results(unittest.TestCase):
    GOOD = Result("6.12/vtd", "map", "a", Status.PASS)
    BAD = Result("6.12/vtd", "map", "b", Status.FAIL, ("why",))
    SKIPPED = Result("6.12/vtd", "map", "c", Status.SKIP, ("no device",))

    def test_summary(self):
        self.assertEqual(results.summary([self.GOOD, self.BAD, self.SKIPPED, self.GOOD]), "2 passed, 1 failed, 1 skipped")

    def test_what_counts_as_success(self):
        self.assertTrue(results.succeeded([self.GOOD, self.SKIPPED]))
        self.assertFalse(results.succeeded([self.GOOD, self.BAD]))
        self.assertFalse(results.succeeded([self.SKIPPED]))
        self.assertFalse(results.succeeded([]))

    def test_files(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            results.write([self.GOOD, self.BAD, self.SKIPPED], folder)
            data = json.loads((folder / "results.json").read_text())
            self.assertEqual((data["passed"], data["failed"], data["skipped"]), (1, 1, 1))
            self.assertEqual((folder / "results.ktap").read_text().splitlines(), [
                "KTAP version 1", "1..3", "ok 1 6.12/vtd map a", "# why", "not ok 2 6.12/vtd map b",
                "ok 3 6.12/vtd map c # SKIP no device"])


class Roots(unittest.TestCase):
    """When a root is made anew, and when packages are added to it."""

    ROOT = config.Root("nothing", ("suite",), ("here", "gone", "pinned/suite"), 1)

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(roots, "path_of", return_value=self.folder))
        status = self.folder / "var/lib/dpkg/status"
        status.parent.mkdir(parents=True)
        status.write_text("Package: here\nStatus: install ok installed\n\nPackage: gone\nStatus: deinstall ok config-files\n\n"
                          "Package: pinned\nStatus: install ok installed\n")

    def stamp(self, root):
        (self.folder / roots.STAMP).write_text(json.dumps({"base": roots.base(root)}))

    def test_without_a_stamp_it_is_made(self):
        self.assertFalse(roots.ready(self.ROOT))
        self.assertIn("create", roots.work(self.ROOT))

    def test_a_missing_package_is_added(self):
        self.stamp(self.ROOT)
        self.assertFalse(roots.ready(self.ROOT))
        self.assertRegex(roots.work(self.ROOT), "^add gone to ")

    def test_with_all_packages_it_is_ready(self):
        root = dataclasses.replace(self.ROOT, packages=("here", "pinned/suite"))
        self.stamp(root)
        self.assertTrue(roots.ready(root))

    def test_another_suite_makes_it_anew(self):
        self.stamp(dataclasses.replace(self.ROOT, suites=("another",)))
        self.assertIn("create", roots.work(self.ROOT))


class Data(unittest.TestCase):
    def test_all_of_it_can_be_read(self):
        for read in (config.roots, config.kernels, config.other_kernels, config.foreign_kernels, config.machines, config.needs, config.source, config.checks):
            with self.subTest(read.__name__):
                self.assertTrue(read())

    def test_a_machine_that_is_like_another_has_more(self):
        more, base = config.machine("vtd-igb"), config.machine("vtd")
        self.assertEqual(more.args[:len(base.args)], base.args)
        self.assertIn("TEST_IGB=1", more.append)
        self.assertEqual((more.programs, base.programs), (("mixed_devices",), ("*",)))

    def test_what_is_listed_is_added_and_what_is_said_replaced(self):
        tables = {"base": {"args": ["a"], "default": False, "arch": "x"}, "one": {"like": "base", "args": ["b"], "default": True}}
        self.assertEqual(config._like(tables, "one"), {"args": ["a", "b"], "default": True, "arch": "x"})
        self.assertEqual(tables["base"]["args"], ["a"])

    def test_an_own_emulator_is_used_if_it_is_new_enough(self):
        needs_newer = config.machine("vtd-igb")
        for version, root in (("", "qemu-11"), ("7.2.22", "qemu-11"), ("9.2", "qemu-11"), ("10.0", ""), ("10.0.2", ""), ("11.1.3", "")):
            with self.subTest(version), mock.patch("ioaslab.host.shutil.which", return_value=version), \
                    mock.patch("ioaslab.host.output", return_value=f"QEMU emulator version {version} (Debian 1:1)\nCopyright (c) 2003"):
                self.assertEqual(getattr(host.emulator(needs_newer), "name", ""), root)

    def test_an_emulator_for_whatever_version_is_always_used(self):
        with mock.patch("ioaslab.host.output", return_value="QEMU emulator version 99.0\n"):
            self.assertEqual(host.emulator(config.machine("amd-vi")).name, "qemu-11")
            self.assertIsNone(host.emulator(config.machine("vtd")))

    def test_a_machine_boots_kernels_of_its_architecture(self):
        machine = config.machine("smmuv3-first")
        self.assertTrue(machine.boots(config.kernel("arm64-6.12")))
        self.assertFalse(machine.boots(config.kernel("6.12")))
        self.assertFalse(config.machine("vtd").boots(config.kernel("arm64-6.12")))

    def test_no_two_kernels_have_the_same_name(self):
        tables = (config.kernels(), config.other_kernels(), config.foreign_kernels(), config.own_kernels(), config.watched_kernels())
        names = [name for table in tables for name in table]
        self.assertEqual(sorted(names), sorted(set(names)))

    def test_a_root_has_kernels_of_one_architecture(self):
        for kernel in config.packaged_kernels().values():
            with self.subTest(kernel.name):
                self.assertEqual(kernel.root.foreign or config.HOST_ARCH, kernel.arch)

    def test_unknown_names_are_refused(self):
        for look in (config.kernel, config.machine):
            with self.subTest(look.__name__), self.assertRaises(LabError):
                look("nothing")


class Runs(unittest.TestCase):
    """What is kept of runs: the last ones, and all that may still be at work."""

    def test_pruning(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        now = time.time()
        for number in range(run.KEPT_RUNS + 3):
            (folder / f"run-{number}").mkdir()
        for number, hours in enumerate((9, 8, 1)):
            os.utime(folder / f"run-{number}", (now - hours * 3600,) * 2)
        run._prune(folder)
        left = {path.name for path in folder.iterdir()}
        self.assertEqual(len(left), run.KEPT_RUNS + 1)
        self.assertFalse({"run-0", "run-1"} & left)


if __name__ == "__main__":
    unittest.main()
