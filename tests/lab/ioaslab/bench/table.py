# SPDX-License-Identifier: GPL-2.0-only
"""Owns the table a person reads, on the terminal and in documents. Called by command.py."""

from __future__ import annotations

from collections.abc import Sequence

from ..ui import colour, say
from .rows import OURS, PEERS, Row
from .samples import FLOORS, Measured, part, reached

HEAD = ("row", "", *PEERS, OURS, "floor", "ratio", "target", "")
USUAL = "instructions a 4 KiB page"
NOTABLE_SPREAD = 0.01


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def show(measured: Measured, rows: Sequence[Row], before: Measured | None = None) -> None:
    """One line per operation; with `before` a column of what changed since."""
    say()
    say(colour(f"Linux {measured.release}: {USUAL}, or what stands in brackets", "bold"))
    head = list(HEAD) + (["before", "change"] if before else [])
    lines = [line for row in rows for line in _lines(measured, row, before)]
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    say(_format(head, widths))
    for line in lines:
        say(_coloured(_format(line, widths), line))
    _notes(measured, rows)


def markdown(measured: Measured, rows: Sequence[Row]) -> str:
    """The same table for a document."""
    lines = [line for row in rows for line in _lines(measured, row, None)]
    head = ["row", "operation", *PEERS, OURS, "floor", "ratio", "target", "reached"]
    marks = [":--", ":--", *["--:"] * 5, ":--", ":--"]
    table = [head, marks, *([*line[:-1], {"reached": "yes", "missed": "no"}.get(line[-1], "")] for line in lines)]
    return "\n".join([f"### Linux {measured.release}", "", *(f"| {' | '.join(cells)} |" for cells in table), ""])


def _lines(measured: Measured, row: Row, before: Measured | None) -> list[list[str]]:
    lines = []
    for op, targets in row.lines.items():
        title = row.title + ("" if row.unit == USUAL else f" [{row.unit}]") if not lines else ""
        ratios = [value for target in targets if target.of and (value := part(measured, row, op, target)) is not None]
        if not ratios and (best := measured.best_peer(row, op)) and (ours := measured.value(row, op, OURS)):
            ratios = [ours / best]
        verdict = reached(measured, row, op)
        cells = [title, op, *(_cell(measured, row, op, peer) for peer in (*PEERS, OURS)),
                 number(measured.floor(row, op)) if measured.floor(row, op) else "",
                 " ".join(f"{ratio:.2f}" for ratio in ratios), ", ".join(str(target) for target in targets),
                 "" if verdict is None else "reached" if verdict else "missed"]
        lines.append(cells + (_change(measured, row, op, before) if before else []))
    return lines


def _cell(measured: Measured, row: Row, op: str, peer: str) -> str:
    value = measured.value(row, op, peer)
    return "n/a" if value is None else number(value)


def _change(measured: Measured, row: Row, op: str, before: Measured) -> list[str]:
    then, now = before.value(row, op, OURS), measured.value(row, op, OURS)
    if not then or now is None:
        return [number(then), ""]
    return [number(then), f"{(now / then - 1) * 100:+.1f}%"]


def _format(cells: Sequence[str], widths: Sequence[int]) -> str:
    # Words to the left, figures to the right.
    right = range(2, 6)
    return "  ".join(cell.rjust(width) if column in right else cell.ljust(width)
                     for column, (cell, width) in enumerate(zip(cells, widths))).rstrip()


def _coloured(text: str, cells: Sequence[str]) -> str:
    for word, shade in (("reached", "green"), ("missed", "red")):
        if word in cells:
            return text.replace(word, colour(word, shade))
    return text


def _notes(measured: Measured, rows: Sequence[Row]) -> None:
    """What stands beside the figures: how the memory lay, why there is no figure, how much they vary."""
    names = {row.name for row in rows}
    runs = [f"{row} {facts['bytes'] >> 20} MiB in {facts['runs']} runs"
            for row, facts in measured.facts.items() if row in names and {"runs", "bytes"} <= facts.keys()]
    if runs:
        say("memory: " + "; ".join(runs))
    reasons: dict[str, list[str]] = {}
    for (row, op, peer), why in measured.absent.items():
        if row in names:
            reasons.setdefault(f"{peer}: {why}", []).append("everywhere" if op == "open" else f"{row} {op}")
    for why, where in reasons.items():
        say(f"n/a: {why} ({', '.join(dict.fromkeys(where))})")
    wide = [f"{figure.row} {figure.op} {figure.peer} {number(min(figure.values))}..{number(max(figure.values))}"
            for figure in measured.figures.values()
            if figure.row in names and figure.peer not in FLOORS and figure.spread > NOTABLE_SPREAD]
    if wide:
        say("spread above 1%: " + "; ".join(wide))
    for error in measured.errors:
        say(colour(f"error: {error}", "red"))


def summary(all_measured: Sequence[Measured], rows: Sequence[Row]) -> str:
    verdicts = [reached(measured, row, op) for measured in all_measured for row in rows for op in row.lines]
    return f"targets: {verdicts.count(True)} reached, {verdicts.count(False)} missed"
