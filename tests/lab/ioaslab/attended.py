# SPDX-License-Identifier: GPL-2.0-only
"""Owns VMs a person watches: the demo and the shell. Called by cli.py."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import build, cache, initramfs, kmsg, proc, roots, vm
from .config import Kernel, Machine
from .ui import LabError, progress, say

DEMO = "ioasid-demo"
DEMO_LIMIT = 300.0
_EXIT = re.compile(rb"\n?@@lab (?:exit (\d+)|begin .*|end .*)\n")


def demo(kernel: Kernel, machine: Machine) -> int:
    """Boot, run the demo, stream what it prints; its exit status."""
    user = _built(build.user_space(with_tests=False))
    program = next((path for path in user if path.name == DEMO and path.is_file()), None)
    if not program:
        raise LabError(f"the build made no {DEMO}")
    with vm.slot("demo"):
        guest = _guest(kernel, machine, "demo", {f"bin/{DEMO}": program})
        progress("demo", f"booting Linux {roots.release_of(kernel)} in QEMU; its log is {guest.console}")
        stream = _Stream(guest.console)
        reason = vm.run(guest, stream.feed, stream.verdict, _terminal())
    if stream.status is None:
        raise LabError(f"the VM {reason or 'ended before the demo did'}:\n{proc.tail(guest.console, 30)}",
                       f"the kernel's log: {guest.console}")
    for finding in kmsg.scan(guest.console.read_text(errors="replace")):
        say(f"The kernel complained: {finding.line} (see {guest.console})")
        return stream.status or 1
    return stream.status


def shell(kernel: Kernel, machine: Machine) -> int:
    """An interactive shell in the VM, with the test programs if they are built."""
    build.user_space()
    with vm.slot("shell"):
        guest = _guest(kernel, machine, "shell", {})
        progress("shell", f"booting Linux {roots.release_of(kernel)}; its log is {guest.console}")
        return subprocess.call(guest.command(_terminal(), interactive=True))


def _guest(kernel: Kernel, machine: Machine, mode: str, files: dict[str, Path]) -> vm.Vm:
    folder = cache.folder("runs", f"{mode}-{kernel.name}-{machine.name}-{os.getpid()}")
    guest = vm.Vm(kernel, machine, folder, mode)
    tests = build.out() / "tests"
    with build.held(kernel.name):
        modules = _built(build.module(kernel))
        guest.initramfs.write_bytes(initramfs.make(initramfs.Contents(
            kernel, machine, modules, tests if tests.is_dir() else None, (), files)))
    return guest


def _built(made: build.Build) -> tuple[Path, ...]:
    if made.status:
        raise LabError(f"the build of {made.name} failed:\n{proc.tail(made.log, 30)}", f"whole log: {made.log}")
    return made.products


def _terminal() -> tuple[str, ...]:
    """Tells the guest what the user's terminal can do; init passes it on as the environment."""
    size = shutil.get_terminal_size((80, 24))
    told = [f"COLUMNS={size.columns}", f"LINES={size.lines}", f"lab_columns={size.columns}", f"lab_rows={size.lines}"]
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        told.append("NO_COLOR=1")
    return tuple(told)


class _Stream:
    """Passes the demo's output to the terminal as it comes, and takes its exit status out of it."""

    def __init__(self, console: Path) -> None:
        self.status: int | None = None
        self._console = console
        self._held = b""
        self._deadline = time.monotonic() + DEMO_LIMIT

    def feed(self, data: bytes) -> None:
        self._held += data
        match = _EXIT.search(self._held)
        if match and match[1]:
            self._write(self._held[:match.start()] + b"\n")
            self.status, self._held = int(match[1]), b""
            return
        # What may be the start of the mark waits for its rest.
        keep = self._held.rfind(b"\n@@lab")
        safe = keep if keep >= 0 else len(self._held) - (6 if b"\n" in self._held[-6:] else 0)
        self._write(self._held[:safe])
        self._held = self._held[safe:]

    def verdict(self) -> str:
        return f"did not end in {DEMO_LIMIT:.0f} s" if time.monotonic() > self._deadline else ""

    @staticmethod
    def _write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
