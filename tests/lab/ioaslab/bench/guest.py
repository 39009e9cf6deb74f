# SPDX-License-Identifier: GPL-2.0-only
"""Owns one measuring boot: the machine, what is in it, following it to its end. Called by command.py and profile.py."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .. import cache, initramfs, kmsg, proc, vm
from ..config import DATA, Arch, Machine, machines
from ..plan import Program
from ..session import Section, Session
from ..ui import progress
from .rows import Row
from .samples import Measured
from .subject import Subject

BOOT_LIMIT = 300.0  # seconds until the first row, on a loaded machine


@dataclass(frozen=True)
class Setup:
    """What is the same in every boot of a kernel: programs, module, how rows are measured."""

    subject: Subject
    module: Path
    program: Path
    options: str = ""


def machine(boot: str) -> Machine:
    with (DATA / "bench.toml").open("rb") as file:
        data = tomllib.load(file)
    arch: Arch = next(one.arch for one in machines().values() if one.arch.name == data["arch"])
    return Machine(f"bench-{boot}", replace(arch, args=(*data["args"], *data[boot])), (), tuple(data["append"]),
                   tuple(data["modules"]), tuple(data["vfio"]))


def prepare(setup: Setup, boot: str, rows: Sequence[Row], kind: type[vm.Vm] = vm.Vm) -> vm.Vm:
    """A VM that will measure these rows."""
    folder = cache.folder("runs", f"bench-{time.strftime('%Y%m%d-%H%M%S')}-{setup.subject.name}-{boot}")
    plan = tuple(Program(row.name, row.timeout, args=setup.options) for row in rows)
    guest = kind(setup.subject.boots, machine(boot), folder, "bench")
    guest.initramfs.write_bytes(initramfs.make(initramfs.Contents(
        setup.subject.boots, guest.machine, (setup.module,), None, plan, {"bin/ioasid-bench": setup.program})))
    return guest


def measure(setup: Setup, boot: str, rows: Sequence[Row], measured: Measured) -> None:
    """Measure the rows and add what came out to `measured`; boot again for those after one that brings the VM down."""
    left = list(rows)
    while left:
        left = _boot(setup, boot, left, measured)


def _boot(setup: Setup, boot: str, rows: Sequence[Row], measured: Measured) -> list[Row]:
    """One VM; the rows it did not get to, none if it did not get to any."""
    who = f"{setup.subject.name}/{boot}"
    guest = prepare(setup, boot, rows)
    follower = Follower(who, rows, measured)
    with _alone(who) if boot == "time" else vm.slot(who):
        progress(who, f"booting {setup.subject.release}, {len(rows)} rows")
        reason = follower.run(guest)
    if reason:
        measured.errors.append(f"{reason}; the end of {guest.console}:\n{proc.tail(guest.console, 20)}")
    measured.errors += [f"{finding.program or 'kernel'}: kernel log: {finding.line}"
                        for finding in kmsg.scan(guest.console.read_text(errors="replace"))]
    guest.initramfs.unlink()
    left = [row for row in rows if row.name not in follower.begun]
    return left if len(left) < len(rows) else []


@contextmanager
def _alone(who: str) -> Iterator[None]:
    """Every place for a VM: time is worth something only if no other VM takes it. The lock is against two who wait so."""
    with cache.lock("bench-time", who=who), ExitStack() as places:
        for _ in range(vm.AT_ONCE):
            places.enter_context(vm.slot(who))
        yield


class Follower:
    """Reads a measuring guest's output as it comes. What is no row's is in `other`, by section."""

    def __init__(self, who: str, rows: Sequence[Row], measured: Measured) -> None:
        self._who = who
        self._limits = {row.name: row.timeout for row in rows}
        self._measured = measured
        self._session = Session(self._on_end)
        self._began = time.monotonic()
        self.other: dict[str, list[str]] = {}

    @property
    def begun(self) -> set[str]:
        return {section.name for section in self._session.sections}

    def run(self, guest: vm.Vm, extra_append: tuple[str, ...] = (),
            watch: Callable[[bytes], None] = lambda data: None) -> str:
        """Why it did not measure everything; empty if it did. `watch` sees all the guest prints, too."""

        def feed(data: bytes) -> None:
            watch(data)
            self._session.feed(data)

        reason = vm.run(guest, feed, self._verdict, extra_append)
        self._session.close()
        if self._session.current:
            self._keep(self._session.current)
            return f"{self._session.current.name}: the VM {reason or 'ended in it'}"
        if not self._session.done:
            return f"the VM {reason or 'ended before it was done'}"
        return ""

    def _verdict(self) -> str:
        now, current = time.monotonic(), self._session.current
        if current:
            return "hangs" if now - current.host_clock > self._limits.get(current.name, BOOT_LIMIT) else ""
        last = max([self._began, *(section.host_end for section in self._session.sections)])
        return "hangs outside of any row" if now - last > BOOT_LIMIT else ""

    def _on_end(self, section: Section) -> None:
        known = len(self._measured.errors)
        self._keep(section)
        if section.name in self._limits:
            progress(self._who, f"{section.name} ({section.host_end - section.host_clock:.0f} s)"
                     + ("" if section.status == 0 else f": failed ({section.status})"))
            if section.status != 0 and len(self._measured.errors) == known:
                self._measured.errors.append(f"{section.name}: exit status {section.status}")

    def _keep(self, section: Section) -> None:
        if section.name in self._limits:
            for line in section.lines:
                self._measured.read(line)
            return
        self.other[section.name] = section.lines
        self._measured.errors += [f"{section.name}: {line}" for line in section.lines if line.startswith("not ok")]
