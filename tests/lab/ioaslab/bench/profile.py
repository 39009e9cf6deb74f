# SPDX-License-Identifier: GPL-2.0-only
"""Owns `lab bench --profile`: every instruction of one call, by function. Called by command.py.

The guest stops before and after the call (tests/bench/gate.c); in between QEMU logs each instruction's address. That is
exact, and disturbs nothing: the guest's clock counts the same instructions with and without.
"""

from __future__ import annotations

import json
import socket
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import ownkernel, proc, vm
from ..ui import LabError, progress, say
from . import rows
from .guest import Follower, Setup, prepare
from .rows import OURS, Row
from .samples import Measured
from .trace import Call, Symbols, addresses, tree, without_interrupts

# Patterns of lines of /proc/kallsyms. A kernel built here has its own symbols in a file: the guest's port is slow.
MODULES, ALL = "[[]", "."
SHOWN_FUNCTIONS = 40
SHOWN_PART = 0.01  # of the whole, below which a branch of the tree is left out
DEPTH = 14


@dataclass(frozen=True)
class GatedVm(vm.Vm):
    """Its results port is a socket, too, through which the host answers; QEMU listens to commands."""

    sockets: Path = Path()

    def command(self, extra_append: tuple[str, ...] = (), interactive: bool = False) -> list[str]:
        *rest, _ = super().command(extra_append, interactive)
        return [*rest, "chardev:gate", "-chardev",
                f"socket,id=gate,path={self.sockets}/gate,server=on,wait=off,logfile={self.results}",
                "-qmp", f"unix:{self.sockets}/qmp,server=on,wait=off"]


class Gate:
    """Answers the guest's words, and turns QEMU's log on and off before it does."""

    def __init__(self, sockets: Path, log: Path) -> None:
        self._sockets = sockets
        self._log = log
        self._rest = b""
        self._port: socket.socket | None = None
        self._qmp: Any = None

    def watch(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.strip() == b"# gate begin":
                self._monitor(f"logfile {self._log}")
                self._one_by_one("on")
                self._monitor("log exec,nochain")
                self._answer()
            elif line.strip() == b"# gate end":
                self._monitor("log none")
                self._one_by_one("off")
                self._answer()

    def _answer(self) -> None:
        if self._port is None:
            self._port = self._connect("gate")
        self._port.sendall(b"\n")

    def _one_by_one(self, state: str) -> None:
        """A block of code per instruction; QEMU 8.1 gave the command a new name."""
        if "unknown command" in self._monitor(f"one-insn-per-tb {state}"):
            self._monitor(f"singlestep {state}")

    def _monitor(self, line: str) -> str:
        if self._qmp is None:
            self._qmp = self._connect("qmp").makefile("rw")
            self._qmp.readline()
            self._call({"execute": "qmp_capabilities"})
        return self._call({"execute": "human-monitor-command", "arguments": {"command-line": line}})

    def _call(self, command: dict[str, Any]) -> str:
        self._qmp.write(json.dumps(command) + "\n")
        self._qmp.flush()
        while True:
            answer = json.loads(self._qmp.readline())
            if "return" in answer:
                return str(answer["return"])
            if "error" in answer:
                raise LabError(f"QEMU refused {command}: {answer['error']}")

    def _connect(self, name: str) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self._sockets / name))
        return connection


def run(wanted: str, setup: Setup, peers: Sequence[str], folder: Path) -> int:
    """Profile one operation of a row on one peer."""
    name, _, op = wanted.partition(":")
    row = rows.select([name], False)[0]
    op = op or next(iter(row.lines))
    peer = peers[0] if peers else OURS
    measured, root = _record(replace(setup, options=f"-p {peer} -f {op}"), row)
    for error in measured.errors:
        say(f"error: {error}")
    if not root.total:
        raise LabError(f"nothing was recorded: does {peer} do {op} in {name}?", "lab bench --list shows the operations")
    interrupts = without_interrupts(root)
    units = measured.facts.get(row.name, {}).get("call-pages", 1) if row.per == "4 KiB page" else 1
    title = f"{peer} {op} of {row.title}, Linux {setup.subject.release}"
    text = _report(title, root, units, row.per, interrupts)
    path = folder / f"profile-{setup.subject.name}-{name}-{op}-{peer}.txt"
    path.write_text(text, encoding="utf-8")
    say(text)
    say(f"kept in {path}")
    return 1 if measured.errors else 0


def _record(setup: Setup, row: Row) -> tuple[Measured, Call]:
    measured = Measured(setup.subject.name, setup.subject.release)
    with tempfile.TemporaryDirectory(prefix="ioaslab-") as sockets:
        guest = replace(prepare(setup, "count", [row], GatedVm), sockets=Path(sockets))
        log = guest.folder / "trace.log"
        follower = Follower("profile", [row], measured)
        with vm.slot("profile"):
            progress("profile", f"booting {setup.subject.release}")
            reason = follower.run(guest, (f"lab_symbols={MODULES if setup.subject.own else ALL}",),
                                  Gate(Path(sockets), log).watch)
    if reason:
        raise LabError(f"the profile failed: {reason}:\n{proc.tail(guest.console)}")
    guest.initramfs.unlink()
    if not log.exists():
        return measured, Call("")
    progress("profile", f"reading {log.stat().st_size >> 20} MiB of instructions")
    names = follower.other.get("symbols", [])
    if setup.subject.own:
        names = [*ownkernel.symbols(setup.subject.own).read_text(encoding="utf-8").splitlines(), *names]
    with log.open("rb") as lines:
        root = tree(addresses(lines), Symbols(names))
    log.unlink()
    return measured, root


def _report(title: str, root: Call, units: int, per: str, interrupts: int) -> str:
    total = root.total
    lines = [f"{title}: {total} instructions in the kernel, {total / units:.1f} a {per}"
             + (f" ({interrupts} more in interrupts)" if interrupts else ""), "",
             f"{'own':>10} {'a ' + per:>14} {'part':>7} {'calls':>8}  function"]
    own, calls = Counter[str](), Counter[str]()
    for call in root.walk():
        own[call.name] += call.own
        calls[call.name] += call.calls
    for name, count in own.most_common(SHOWN_FUNCTIONS):
        if count:
            lines.append(f"{count:10d} {count / units:14.2f} {count / total:6.1%} {calls[name]:8d}  {name}")
    lines += ["", f"{'with callees':>12} {'a ' + per:>14} {'part':>7} {'calls':>8}  function"]
    for call in _by_cost(root):
        lines += _branch(call, units, total, 0)
    return "\n".join(lines) + "\n"


def _branch(call: Call, units: int, total: int, depth: int) -> list[str]:
    cost = call.total
    if cost < total * SHOWN_PART or depth > DEPTH:
        return []
    lines = [f"{cost:12d} {cost / units:14.2f} {cost / total:6.1%} {call.calls:8d}  {'  ' * depth}{call.name}"]
    for callee in _by_cost(call):
        lines += _branch(callee, units, total, depth + 1)
    return lines


def _by_cost(call: Call) -> list[Call]:
    return sorted(call.callees.values(), key=lambda callee: -callee.total)
