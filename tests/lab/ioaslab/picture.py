# SPDX-License-Identifier: GPL-2.0-only
"""Owns the picture of results: one SVG with a row for each machine, a column for each kernel. Called by cli.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from .ui import LabError

CELL_WIDTH, CELL_HEIGHT = 132, 46
TOP, BOTTOM = 64, 40
LETTER = 7.5  # a bold one of a name: about as wide, on average
COLOURS = {"pass": "#2e7d32", "fail": "#c62828", "skip": "#f9a825", "none": "#eceff1"}
FONT = "font-family='sans-serif'"


@dataclass
class Matrix:
    """The last result of each test, by machine and kernel, in the order in which they first appear."""

    kernels: list[str] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    tests: dict[tuple[str, str], dict[tuple[str, str], str]] = field(default_factory=dict)

    def add(self, results: Iterable[dict[str, str]]) -> None:
        for result in results:
            kernel, slash, machine = result["where"].partition("/")
            if not slash:
                continue
            for name, names in ((kernel, self.kernels), (machine, self.machines)):
                if name not in names:
                    names.append(name)
            self.tests.setdefault((machine, kernel), {})[result["program"], result["name"]] = result["status"]

    def counts(self, machine: str, kernel: str) -> Counter[str]:
        return Counter(self.tests.get((machine, kernel), {}).values())


def draw(files: Sequence[Path]) -> str:
    """The picture of all these files of results; what a later one says of a test counts."""
    matrix = Matrix()
    for path in files:
        try:
            matrix.add(json.loads(path.read_text(encoding="utf-8"))["results"])
        except (OSError, ValueError, KeyError) as error:
            raise LabError(f"{path}: {error}", "it takes files that `lab run` has written: results.json") from None
    matrix.kernels.sort(key=_kernel_order)
    return _svg(matrix)


def _kernel_order(name: str) -> tuple[str, list[int]]:
    """Debian's own first, then each kind by version."""
    kind, _, version = name.rpartition("-") if name[:1].isalpha() else ("", "", name)
    return kind, [int(number) for number in version.split(".") if number.isdigit()]


def _svg(matrix: Matrix) -> str:
    left = int(20 + LETTER * max(map(len, matrix.machines), default=0))
    width = left + CELL_WIDTH * len(matrix.kernels) + 10
    height = TOP + CELL_HEIGHT * len(matrix.machines) + BOTTOM
    total = sum((matrix.counts(*place) for place in matrix.tests), Counter())
    title = f"{total['pass']} passed, {total['fail']} failed, {total['skip']} skipped"
    parts = ["<!-- SPDX-License-Identifier: GPL-2.0-only -->",
             f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
             f"role='img' aria-label='{title}'>",
             f"<rect width='{width}' height='{height}' fill='white'/>",
             _text(10, 22, "Tests by IOMMU and kernel", 15, "start", "bold")]
    parts += [_text(left + (column + 0.5) * CELL_WIDTH, TOP - 10, kernel, 12, weight="bold")
              for column, kernel in enumerate(matrix.kernels)]
    for row, machine in enumerate(matrix.machines):
        parts.append(_text(left - 8, TOP + (row + 0.5) * CELL_HEIGHT + 4, machine, 12, "end", "bold"))
        for column, kernel in enumerate(matrix.kernels):
            parts += _cell(left + column * CELL_WIDTH, TOP + row * CELL_HEIGHT, matrix.counts(machine, kernel))
    parts.append(_text(10, height - 14, f"{title}. An empty cell was not run.", 12, "start"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(x: float, y: float, counts: Counter[str]) -> list[str]:
    """A box as its worst result, a bar whose parts are as the counts, and the counts."""
    worst = next((status for status in ("fail", "pass", "skip") if counts[status]), "none")
    inner, left = CELL_WIDTH - 6, x + 3
    parts = [f"<rect x='{left}' y='{y + 3}' width='{inner}' height='{CELL_HEIGHT - 6}' rx='4' fill='{COLOURS[worst]}'/>"]
    total = sum(counts.values())
    if not total:
        return parts
    words = [f"{counts[status]} {word}" for status, word in (("pass", "passed"), ("fail", "failed"), ("skip", "skipped"))
             if counts[status]]
    for number, words_of_line in enumerate((words[:1], words[1:])):
        parts.append(_text(x + CELL_WIDTH / 2, y + 19 + number * 13, ", ".join(words_of_line), 11, colour="white"))
    begin = float(left)
    for status in ("pass", "fail", "skip"):
        part = inner * counts[status] / total
        parts.append(f"<rect x='{begin:.1f}' y='{y + CELL_HEIGHT - 7}' width='{part:.1f}' height='4' "
                     f"fill='{COLOURS[status]}' stroke='white' stroke-width='0.5'/>")
        begin += part
    return parts


def _text(x: float, y: float, text: str, size: int, anchor: str = "middle", weight: str = "normal",
          colour: str = "#263238") -> str:
    return (f"<text x='{x:g}' y='{y:g}' font-size='{size}' {FONT} text-anchor='{anchor}' font-weight='{weight}' "
            f"fill='{colour}'>{escape(text)}</text>")
