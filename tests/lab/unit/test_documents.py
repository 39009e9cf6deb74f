# SPDX-License-Identifier: GPL-2.0-only
"""The commands of the lab that documents show: they are understood, and name what there is. Run by tests/lab/selftest."""

import argparse
import contextlib
import io
import re
import shlex
import subprocess
import sys
import unittest

from ioaslab import cli, config, plan
from ioaslab.config import TREE

sys.path.insert(0, str(TREE / "tests"))

import shown  # noqa: E402  (found by the path above)

LAB = "tests/lab/lab"
# Targets of the Makefile, which hands them on to the lab.
TARGETS = r"arch|bench|check-[a-z]+|deb|demo|rpm"


def commands():
    """Each command of the lab that is shown, and those that targets of the Makefile stand for."""
    for command in shown.commands():
        words = shlex.split(command.command)
        if words[0] == LAB:
            yield command, words[1:]
        elif words[0] == "make" and words[1:] and re.fullmatch(TARGETS, words[1]):
            told = subprocess.run(["make", "--no-print-directory", "-n", *words[1:]], cwd=TREE, capture_output=True, text=True, check=True)
            yield from ((command, shlex.split(line)[1:]) for line in told.stdout.splitlines() if line.startswith(LAB))


class Documents(unittest.TestCase):
    def options(self, words) -> argparse.Namespace:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                return cli._parser().parse_args(words)
        except SystemExit:
            self.fail(f"the lab does not understand it: {said.getvalue()}")

    def test_a_wrong_option_is_noticed(self):
        with self.assertRaises(AssertionError):
            self.options(["run", "--no-such-option"])

    def test_commands_are_shown(self):
        self.assertGreater(len(list(commands())), 20)

    def test_they_are_understood_and_name_what_there_is(self):
        programs = {program.name for program in plan.parse((TREE / "tests/kselftest/list").read_text(encoding="utf-8"))}
        for command, words in commands():
            with self.subTest(str(command)):
                options = self.options(words)
                names = getattr(options, "kernel", None) or []
                for name in [names] if isinstance(names, str) else names:
                    if words[0] in ("build", "chroot-run", "run", "shell"):
                        config.kernel(name)
                machines = getattr(options, "machine", None) or []
                for name in [machines] if isinstance(machines, str) else machines:
                    config.machine(name)
                for test in getattr(options, "tests", None) or []:
                    self.assertIn(test.partition(":")[0], programs)
                if words[0] == "chroot-run" and "/" in options.argv[0]:
                    self.assertTrue((TREE / options.argv[0]).exists())
