# SPDX-License-Identifier: GPL-2.0-only
"""Owns running a command that a page shows, as a reader would in the tree. Called by check and on-host; in-vm only names it."""

from __future__ import annotations

import os
import re
import subprocess

from shown import Run, Shown
from tap import ROOT, Tap

# What root has on Debian.
ROOTS_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def name(command: Shown) -> str:
    """What its test is called; a # would begin a directive of TAP."""
    return str(command).replace("#", " ")


def run(tap: Tap, command: Shown, entry: Run, **told: str) -> None:
    """Runs it with what its entry has around it. All it and they end with has to be 0."""
    script = " && ".join(filter(None, (entry.before, entry.instead or command.command, entry.then)))
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          env={**os.environ, "PATH": ROOTS_PATH, "COMMAND": command.command, **told})
    good = done.returncode == 0 and re.search(entry.says, done.stdout)
    tap.check(name(command), "" if good else f"status {done.returncode}, wanted to say: {entry.says}\n{done.stdout[-4000:]}")
