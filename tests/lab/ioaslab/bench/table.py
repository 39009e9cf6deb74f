# SPDX-License-Identifier: GPL-2.0-only
"""Owns the table a person reads, on the terminal and in documents. Called by command.py."""

from __future__ import annotations

from collections.abc import Sequence

from ..ui import colour, say
from .rows import ALLOWANCE, AS_TYPE1, OURS, PEERS, Row
from .samples import FLOORS, Measured, part, reached

HEAD = ("row", "", *PEERS, OURS, "floor", "ratio", "target", "")
AS_TYPE1_HEAD = ("row", "", "type1", OURS, "as type1", "ratio", f"target, and {(ALLOWANCE - 1) * 100:.0f} %", "")
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
    _show(head, [line for row in rows for line in _lines(measured, row, before)])
    as_type1 = _as_type1(measured, rows)
    if as_type1:
        say(colour("\nContainers of VFIO's type1, served by ioasid", "bold"))
        _show(AS_TYPE1_HEAD, as_type1)
    _notes(measured, rows)


def _show(head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    say(_format(head, widths))
    for line in lines:
        say(_coloured(_format(line, widths), line))


def markdown(measured: Measured, rows: Sequence[Row]) -> str:
    """The same for a document."""
    text = [f"### Linux {measured.release}", "",
            *_markdown(HEAD, 5, [line for row in rows for line in _lines(measured, row, None)])]
    as_type1 = _as_type1(measured, rows)
    if as_type1:
        text += ["Containers of VFIO's type1, served by ioasid:", "", *_markdown(AS_TYPE1_HEAD, 4, as_type1)]
    return "\n".join(text)


def _markdown(head: Sequence[str], figures: int, lines: Sequence[Sequence[str]]) -> list[str]:
    """A table whose columns from the third on are figures; the two without a heading get one."""
    named = [*(word or "operation" for word in head[:-1]), "reached"]
    marks = [":--", ":--", *["--:"] * figures, *[":--"] * (len(head) - 2 - figures)]
    table = [named, marks, *([*line[:-1], {"reached": "yes", "missed": "no"}.get(line[-1], "")] for line in lines)]
    return [*(f"| {' | '.join(cells)} |" for cells in table), ""]


def _lines(measured: Measured, row: Row, before: Measured | None) -> list[list[str]]:
    lines = []
    for op, targets in row.lines.items():
        cells = [_title(row, not lines), op, *(_cell(measured, row, op, peer) for peer in (*PEERS, OURS)),
                 number(measured.floor(row, op)) if measured.floor(row, op) else "", *_judged(measured, row, op, OURS)]
        lines.append(cells + (_change(measured, row, op, before) if before else []))
    return lines


def _title(row: Row, first: bool) -> str:
    return row.title + ("" if row.unit == USUAL else f" [{row.unit}]") if first else ""


def _judged(measured: Measured, row: Row, op: str, who: str) -> list[str]:
    """Ratios, targets and the verdict."""
    targets = row.lines[op]
    ratios = [value for target in targets if target.of and (value := part(measured, row, op, target, who)) is not None]
    if not ratios and (best := measured.best_peer(row, op)) and (ours := measured.value(row, op, who)):
        ratios = [ours / best]
    verdict = reached(measured, row, op, who)
    return [" ".join(f"{ratio:.2f}" for ratio in ratios), ", ".join(str(target) for target in targets),
            "" if verdict is None else "reached" if verdict else "missed"]


def _as_type1(measured: Measured, rows: Sequence[Row]) -> list[list[str]]:
    """A line for each operation that type1 has, too."""
    lines = []
    for row in rows:
        there = [op for op in row.lines if measured.value(row, op, AS_TYPE1) is not None]
        lines += [[_title(row, op == there[0]), op,
                   *(_cell(measured, row, op, peer) for peer in ("type1", OURS, AS_TYPE1)),
                   *_judged(measured, row, op, AS_TYPE1)] for op in there]
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
    verdicts = [reached(measured, row, op, who) for measured in all_measured for row in rows for op in row.lines
                for who in (OURS, AS_TYPE1)]
    return f"targets: {verdicts.count(True)} reached, {verdicts.count(False)} missed"
