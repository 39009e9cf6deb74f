# SPDX-License-Identifier: GPL-2.0-only
"""Owns programs that need no VM: the checks of data/checks.toml, and any command in a build root. Called by check and cli."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from . import build, cache, chroot, ktap, proc
from .config import TREE, Check, Kernel, source
from .results import Result, Status, brief
from .ui import progress
from .work import stopping


def run_command(kernel: Kernel, argv: list[str]) -> int:
    """Run it in a clean copy of the tree in the kernel's root, on the user's terminal; its exit status."""
    name = f"run-{kernel.name}"
    with build.held(name), cache.lock(f"root.{kernel.compiler.name}", shared=True, who=kernel.compiler.name):
        command = chroot.for_kernel(kernel, build.clean_copy(name), argv, chroot.variables(kernel), True)
        return subprocess.call(proc.tied(command), stdin=subprocess.DEVNULL)


def run(check: Check, kernel: Kernel | None) -> list[Result]:
    """Run one check, which prints TAP; anything else it does is a failure. `kernel` is for those run in a kernel's root."""
    where = kernel.name if kernel else "host"
    program = TREE / check.command[0]
    if not program.exists():
        return [Result(where, check.name, f"{check.command[0]} is missing", Status.FAIL)]
    if check.place == "host":
        lines, status = output(list(check.command), TREE, check.timeout)
        rerun = " ".join(check.command)
    else:
        lines, status = _in_root(check, kernel)
        rerun = f"tests/lab/lab chroot-run{f' -k {kernel.name}' if kernel else ''} {' '.join(check.command)}"
    results = judged(where, check.name, lines, status, rerun)
    progress(where, f"{check.name}: {brief(results)}")
    return results


def judged(where: str, name: str, lines: list[str], status: int, rerun: str) -> list[Result]:
    """The results of a program that printed TAP."""
    return [Result(where, name, test.name, Status(test.status), tuple(test.detail), rerun)
            for test in ktap.parse(lines, status)]


def _in_root(check: Check, kernel: Kernel | None) -> tuple[list[str], int]:
    root = kernel.root if kernel else source().root
    name = f"{check.name}-{kernel.name if kernel else 'user'}"
    variables = chroot.variables(kernel) if kernel else {"LINUX": chroot.LINUX}
    with build.held(name), cache.lock(f"root.{root.name}", shared=True, who=root.name):
        work = build.clean_copy(name)
        return output(chroot.command(root, work, list(check.command), variables, True), work, check.timeout)


def output(command: list[str], folder: Path, timeout: int) -> tuple[list[str], int]:
    """The lines it printed and its status as a shell has it: 128 + signal, 124 for one out of time."""
    child = subprocess.Popen(proc.tied(command), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    deadline = time.monotonic() + timeout
    late = False
    while True:
        try:
            printed, _ = child.communicate(timeout=0.5)
            break
        except subprocess.TimeoutExpired:
            late = stopping.is_set() or time.monotonic() > deadline
            if late:
                child.kill()
    status = 124 if late else child.returncode if child.returncode >= 0 else 128 - child.returncode
    return printed.decode(errors="replace").splitlines(), status
