# SPDX-License-Identifier: GPL-2.0-only
"""Owns measurements: what a guest printed as figures, per unit of work. Called by guest.py; read by the reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from .rows import ALLOWANCE, AS_TYPE1, OURS, PEERS, Row, Target

FLOORS = ("pin-fast", "pin-longterm", "touch")


@dataclass
class Figure:
    """One operation of one peer in one row: a value per repetition, each for one unit of work."""

    row: str
    op: str
    peer: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.values)

    def typical(self, boot: str) -> float:
        """Counted instructions vary to both sides; time only grows, with what else the machine does."""
        return min(self.values) if boot == "time" else self.median

    @property
    def spread(self) -> float:
        """How far the repetitions are apart, as a part of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


@dataclass
class Measured:
    """All that one kernel's boots said."""

    kernel: str
    release: str = ""
    figures: dict[tuple[str, str, str], Figure] = field(default_factory=dict)
    facts: dict[str, dict[str, int]] = field(default_factory=dict)
    absent: dict[tuple[str, str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        """One line of ioasid-bench; report.c has the forms."""
        match line.split():
            case ["sample", row, peer, op, units, value]:
                figure = self.figures.setdefault((row, op, peer), Figure(row, op, peer))
                figure.values.append(int(value) / int(units))
            case ["fact", row, name, value]:
                self.facts.setdefault(row, {})[name] = int(value)
            case ["absent", row, peer, op, *why]:
                self.absent[row, op, peer] = " ".join(why)
            case ["error", row, peer, op, *why]:
                self.errors.append(f"{row}: {peer}: {op}: {' '.join(why)}")
            case ["#", *_] | []:
                pass
            case _:
                self.errors.append(f"unexpected output: {line}")

    def value(self, row: Row, op: str, peer: str) -> float | None:
        figure = self.figures.get((row.name, op, peer))
        return figure.typical(row.boot) if figure else None

    def floor(self, row: Row, op: str) -> float | None:
        """What the kernel needs below every peer: pinning alone, or touching alone."""
        found = [value for name in FLOORS if (value := self.value(row, op, name)) is not None]
        return min(found) if found else None

    def best_peer(self, row: Row, op: str) -> float | None:
        found = [value for name in PEERS if (value := self.value(row, op, name)) is not None]
        return min(found) if found else None

    def as_json(self) -> dict[str, Any]:
        return {"kernel": self.kernel, "release": self.release, "facts": self.facts, "errors": self.errors,
                "absent": [{"row": row, "op": op, "peer": peer, "why": why}
                           for (row, op, peer), why in self.absent.items()],
                "figures": [{**asdict(figure), "median": figure.median, "min": min(figure.values),
                             "max": max(figure.values)} for figure in self.figures.values()]}


def from_json(data: dict[str, Any]) -> Measured:
    measured = Measured(data["kernel"], data["release"], facts=data["facts"], errors=data["errors"])
    for entry in data["figures"]:
        figure = Figure(entry["row"], entry["op"], entry["peer"], entry["values"])
        measured.figures[figure.row, figure.op, figure.peer] = figure
    for entry in data["absent"]:
        measured.absent[entry["row"], entry["op"], entry["peer"]] = entry["why"]
    return measured


def part(measured: Measured, row: Row, op: str, target: Target, who: str = OURS) -> float | None:
    """What the target is compared with: our figure, or its part of what the target names."""
    ours = measured.value(row, op, who)
    if ours is None or not target.of:
        return ours
    if target.of == "peers":
        other = measured.best_peer(row, op)
    elif target.of in PEERS:
        other = measured.value(row, op, target.of)
    else:
        other = measured.value(row, target.of, who)
    return ours / other if other else None


def reached(measured: Measured, row: Row, op: str, who: str = OURS) -> bool | None:
    """Whether all targets of a line are; None if it has none, or nothing to judge by."""
    allowance = ALLOWANCE if who == AS_TYPE1 else 1.0
    parts = [(part(measured, row, op, target, who), target.most * allowance) for target in row.lines[op]]
    if not parts or any(value is None for value, _ in parts):
        return None
    return all(value <= most for value, most in parts if value is not None)
