# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks that need no VM, listed in data/checks.toml. Called by check.py."""

from __future__ import annotations

import subprocess

from . import ktap
from .config import TREE, HostCheck
from .results import Result, Status, brief
from .ui import progress


def run(check: HostCheck) -> list[Result]:
    """Run one check, which prints TAP; anything else it does is a failure."""
    rerun = " ".join(check.command)
    if check.requires and not (TREE / check.requires).exists():
        return [Result("host", check.name, f"{check.requires} is missing", Status.FAIL)]
    try:
        done = subprocess.run(check.command, cwd=TREE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=check.timeout)
        lines, status = done.stdout.decode(errors="replace").splitlines(), done.returncode
    except subprocess.TimeoutExpired as error:
        lines, status = (error.stdout or b"").decode(errors="replace").splitlines(), 124
    except OSError as error:
        return [Result("host", check.name, f"cannot be run: {error.strerror}", Status.FAIL, (rerun,))]
    # A negative status is a signal's; the parser knows the shell's way of saying it.
    tests = ktap.parse(lines, 128 - status if status < 0 else status)
    results = [Result("host", check.name, test.name, Status(test.status), tuple(test.detail), rerun) for test in tests]
    progress("host", f"{check.name}: {brief(results)}")
    return results
