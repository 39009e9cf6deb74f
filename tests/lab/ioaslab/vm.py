# SPDX-License-Identifier: GPL-2.0-only
"""Owns running one QEMU: its command line, its log files, its end. Called by run, demo and shell."""

from __future__ import annotations

import fcntl
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import cache, chroot, host, proc, roots
from .config import Kernel, Machine
from .ui import LabError, progress
from .work import stopping

AT_ONCE = 2
POLL = 0.1


@dataclass(frozen=True)
class Vm:
    kernel: Kernel
    machine: Machine
    folder: Path
    mode: str
    more: tuple[str, ...] = ()  # QEMU arguments beside the machine's

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    @property
    def results(self) -> Path:
        return self.folder / "results.log"

    @property
    def initramfs(self) -> Path:
        return self.folder / "initramfs.cpio"

    def command(self, extra_append: tuple[str, ...] = (), interactive: bool = False) -> list[str]:
        arch = self.machine.arch
        image = roots.image_of(self.kernel)
        append = [*arch.append, *self.machine.append, *self.kernel.append, f"lab_mode={self.mode}",
                  f"TEST_SLOWER={self.kernel.slower}", f"lab_looks={','.join(self.kernel.looks)}", *extra_append]
        command = [arch.qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", *arch.args,
                   *self.machine.args, *self.more, "-kernel", str(image), "-initrd", str(self.initramfs), "-append", " ".join(append)]
        ports = [f"file:{self.console}", "mon:stdio" if interactive else f"file:{self.results}"]
        for port in reversed(ports) if arch.results_first else ports:
            command += ["-serial", port]
        emulator = host.emulator(self.machine)
        return chroot.with_cache(emulator, command) if emulator else command


@contextmanager
def slot(who: str) -> Iterator[None]:
    """One of the two places for a VM on this machine, shared by every lab that uses the cache."""
    waited = False
    while True:
        for number in range(AT_ONCE):
            with (cache.folder("locks") / f"vm.{number}").open("a") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        if not waited:
            progress(who, f"waiting: {AT_ONCE} VMs are running")
            waited = True
        time.sleep(0.5)


def run(vm: Vm, feed: Callable[[bytes], None], verdict: Callable[[], str], extra_append: tuple[str, ...] = ()) -> str:
    """Run it to its end, passing on what comes out of the results port.

    `verdict` is asked all the time; what it says that is not empty is why the VM is ended from outside, and returned.
    """
    vm.results.touch()
    command = vm.command(extra_append)
    (vm.folder / "qemu.sh").write_text(f"#!/bin/sh\n{shlex.join(command)}\n", encoding="utf-8")
    with vm.results.open("rb") as port, (vm.folder / "qemu.log").open("wb") as errors:
        child = subprocess.Popen(proc.tied(command), stdin=subprocess.DEVNULL, stdout=errors, stderr=subprocess.STDOUT)
        try:
            reason = _watch(child, port.read, feed, verdict)
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
        feed(port.read())
    if child.returncode > 0 and not reason:
        raise LabError(f"QEMU failed ({child.returncode}): {(vm.folder / 'qemu.log').read_text(errors='replace').strip()}",
                       f"its command line is in {vm.folder / 'qemu.sh'}")
    if child.returncode < 0 and not reason:
        return f"QEMU died of signal {-child.returncode}"
    return reason


def _watch(child: subprocess.Popen[bytes], read: Callable[[], bytes], feed: Callable[[bytes], None],
           verdict: Callable[[], str]) -> str:
    while child.poll() is None:
        feed(read())
        reason = "was interrupted" if stopping.is_set() else verdict()
        if reason:
            return reason
        time.sleep(POLL)
    return ""
