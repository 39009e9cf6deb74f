# SPDX-License-Identifier: GPL-2.0-only
"""Where packages are built and which systems they are installed in. Run by tests/lab/selftest."""

import argparse
import unittest
from pathlib import Path
from unittest import mock

from ioaslab import config
from ioaslab.config import TREE
from ioaslab.packages import build, command, lifecycle
from ioaslab.ui import LabError


class Places(unittest.TestCase):
    def test_each_format_has_a_place_and_a_program(self):
        for form in build.FORMATS:
            with self.subTest(form=form):
                self.assertTrue(build.places(form))
                self.assertTrue((TREE / "packaging" / f"build-{form}").is_file())

    def test_a_place_is_found_by_its_release(self):
        self.assertEqual(build.place("deb", "bookworm").name, "deb-bookworm")
        self.assertEqual(build.place("rpm", "rpm").name, "rpm")

    def test_an_unknown_release_is_an_error_that_names_the_known_ones(self):
        with self.assertRaises(LabError) as caught:
            build.place("deb", "potato")
        self.assertIn("bookworm", caught.exception.hint)


class Releases(unittest.TestCase):
    def asked(self, release, mine):
        wanted = []
        with mock.patch("platform.freedesktop_os_release", return_value={"VERSION_CODENAME": mine}), \
                mock.patch.object(command.setup, "ready"), mock.patch.object(command, "say"), \
                mock.patch.object(build, "build_in", side_effect=lambda form, root, target: wanted.append(target.name)):
            command.package(argparse.Namespace(format="deb", release=release, output=Path("/out")))
        return sorted(wanted)

    def test_this_machines_release_is_built(self):
        self.assertEqual(self.asked("", "bookworm"), ["bookworm"])

    def test_the_newest_is_built_where_this_machines_is_unknown(self):
        self.assertEqual(self.asked("", "sid"), ["trixie"])

    def test_what_is_asked_for_is_built(self):
        self.assertEqual(self.asked("bullseye", "bookworm"), ["bullseye"])

    def test_all_are_built(self):
        self.assertEqual(self.asked("all", "bookworm"), ["bookworm", "bullseye", "trixie"])


class Systems(unittest.TestCase):
    def test_each_has_packages_of_its_release(self):
        for name, system in config.systems().items():
            with self.subTest(system=name):
                self.assertEqual(lifecycle.builder(system).suites[0], system.root.suites[0])

    def test_every_supported_kernel_has_a_system(self):
        self.assertEqual({system.release for system in config.systems().values()},
                         {kernel.release for kernel in config.kernels().values()})

    def test_the_kernel_that_comes_later_is_another_one_of_the_same_series(self):
        for name, system in config.systems().items():
            with self.subTest(system=name):
                later = lifecycle._new_kernel(system)
                self.assertNotEqual(later, system.release)
                self.assertEqual(later.split("[")[0][:4], system.release.split("[")[0][:4])

    def test_packages_of_others_have_a_place_and_a_way_to_be_installed(self):
        for form in lifecycle.OTHERS:
            with self.subTest(form=form):
                job = lifecycle.Job(config.system(lifecycle.HOST), config.machine(lifecycle.MACHINE), form=form)
                self.assertEqual((job.where, job.builder.name), (form, form))
                self.assertTrue((TREE / "tests" / "packages" / f"with-{form}").is_file())

    def test_all_are_taken_unless_some_are_named(self):
        self.assertEqual(lifecycle.names(), ["bullseye", "bookworm", "trixie", "trixie-backports", "rpm", "arch"])
