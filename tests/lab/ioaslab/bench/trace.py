# SPDX-License-Identifier: GPL-2.0-only
"""Owns turning a record of executed instructions into a tree of calls. Called by profile.py.

The record has the address of every instruction in order and nothing else. An address that begins a function is a call
of it; one in the middle of a function that is being called is a return to it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

KERNEL = 1 << 63
ENTRY = "__x64_sys_ioctl"
INTERRUPTS = ("asm_sysvec_", "asm_common_interrupt", "asm_exc_")


class Symbols:
    """Function names by address, from lines as /proc/kallsyms and System.map have them."""

    def __init__(self, lines: Iterable[str]) -> None:
        found: dict[int, str] = {}
        for line in lines:
            fields = line.split()
            if len(fields) >= 3 and fields[1] in "tTwW":
                module = f" {fields[3]}" if len(fields) > 3 else ""
                found.setdefault(int(fields[0], 16), fields[2] + module)
        self._starts = sorted(found)
        self._names = [found[start] for start in self._starts]
        self._known: dict[int, tuple[str, bool]] = {}

    def at(self, address: int) -> tuple[str, bool]:
        """The function an address is in, and whether it is its first."""
        known = self._known.get(address)
        if known is None:
            place = bisect_right(self._starts, address) - 1
            known = (self._names[place], self._starts[place] == address) if place >= 0 else (hex(address), False)
            self._known[address] = known
        return known


@dataclass
class Call:
    """A function, called along one path."""

    name: str
    caller: Call | None = None
    own: int = 0
    calls: int = 0
    callees: dict[str, Call] = field(default_factory=dict)

    def callee(self, name: str) -> Call:
        if name not in self.callees:
            self.callees[name] = Call(name, self)
        return self.callees[name]

    @property
    def total(self) -> int:
        return self.own + sum(call.total for call in self.callees.values())

    def walk(self) -> Iterator[Call]:
        yield self
        for call in self.callees.values():
            yield from call.walk()


def addresses(lines: Iterable[bytes]) -> Iterator[int]:
    """The addresses in QEMU's log of executed blocks, of one instruction each."""
    for line in lines:
        if line.startswith(b"Trace "):
            yield int(line.split(b"/", 2)[1], 16)


def tree(record: Iterable[int], symbols: Symbols) -> Call:
    """What ran inside the ioctls of the record."""
    root = Call("")
    current = root
    for address in record:
        if address < KERNEL:
            current = root
            continue
        name, first = symbols.at(address)
        if current is root:
            if name != ENTRY or not first:
                continue
            current = _enter(root, name)
        elif first:
            current = _enter(current, name)
        elif name != current.name:
            current = _back(root, current, name)
        current.own += 1
    return root


def _enter(current: Call, name: str) -> Call:
    called = current.callee(name)
    called.calls += 1
    return called


def _back(root: Call, current: Call, name: str) -> Call:
    """Return to the innermost caller of that name; a jump to where nothing was called stays a call."""
    caller = current.caller
    while caller and caller is not root:
        if caller.name == name:
            return caller
        caller = caller.caller
    return root if caller is root and current.name == ENTRY else _enter(current, name)


def without_interrupts(call: Call) -> int:
    """Cut out what interrupts did; how much it was."""
    cut = 0
    for name, callee in list(call.callees.items()):
        if name.startswith(INTERRUPTS):
            cut += callee.total
            del call.callees[name]
        else:
            cut += without_interrupts(callee)
    return cut
