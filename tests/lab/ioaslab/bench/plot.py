# SPDX-License-Identifier: GPL-2.0-only
"""Owns the plot: one SVG with a group of bars per operation, on a logarithmic scale. Called by command.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .rows import OURS, PEERS, Row
from .samples import Measured, reached
from .table import USUAL, number

SHADES = {"type1": "#9aa5b1", "iommufd": "#5b7fa6", OURS: "#d9822b", "floor": "#444444"}
BAR, GAP, GROUP_GAP = 13, 2, 14
LEFT, PLOT, RIGHT, TOP, FOOT = 360, 560, 90, 70, 40


@dataclass(frozen=True)
class Group:
    """One operation: bars by peer, and the floor below them."""

    title: str
    bars: dict[str, float]
    floor: float | None
    verdict: bool | None

    @property
    def height(self) -> int:
        return len(self.bars) * (BAR + GAP) + GROUP_GAP


def draw(measured: Measured, rows: Sequence[Row]) -> str:
    """The picture; empty if there is nothing to show. Rows in bytes are left to the table."""
    groups = [group for row in rows for op in row.lines if (group := _group(measured, row, op)).bars]
    if not groups:
        return ""
    values = [value for group in groups for value in (*group.bars.values(), group.floor or math.inf)]
    low = 10 ** math.floor(math.log10(min(value for value in values if value > 0)))
    high = 10 ** math.ceil(math.log10(max(value for value in values if value < math.inf) * 1.01))
    return _picture(measured, groups, _Scale(low, max(high, low * 10)))


def _group(measured: Measured, row: Row, op: str) -> Group:
    bars = {peer: value for peer in (*PEERS, OURS) if (value := measured.value(row, op, peer))}
    if row.per.startswith("bytes") or OURS not in bars:
        bars = {}
    title = f"{row.title}: {op}" + ("" if row.unit == USUAL else f" [{row.unit}]")
    return Group(title, bars, measured.floor(row, op), reached(measured, row, op))


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def x(self, value: float) -> float:
        return LEFT + PLOT * math.log10(max(value, self.low) / self.low) / math.log10(self.high / self.low)

    def ticks(self) -> list[float]:
        decades = round(math.log10(self.high / self.low))
        return [self.low * 10 ** step for step in range(decades + 1)]


def _picture(measured: Measured, groups: Sequence[Group], scale: _Scale) -> str:
    height = TOP + sum(group.height for group in groups) + FOOT
    width = LEFT + PLOT + RIGHT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             _text(20, 20, f"Linux {measured.release}: {USUAL}, or what stands in brackets; logarithmic", size=14),
             *_legend(), *_grid(scale, height)]
    top = float(TOP)
    for group in groups:
        parts += _bars(group, scale, top)
        top += group.height
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    parts = []
    for place, (name, shade) in enumerate(SHADES.items()):
        x = LEFT + place * 110
        parts += [f'<rect x="{x}" y="32" width="12" height="12" fill="{shade}"/>', _text(x + 17, 42, name)]
    return parts


def _grid(scale: _Scale, height: int) -> list[str]:
    parts = []
    for tick in scale.ticks():
        x = scale.x(tick)
        parts += [f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - FOOT + 6}" stroke="#dddddd"/>',
                  _text(x, height - FOOT + 22, f"{tick:g}", anchor="middle")]
    return parts


def _bars(group: Group, scale: _Scale, top: float) -> list[str]:
    middle = top + (group.height - GROUP_GAP) / 2 + 4
    parts = [_text(LEFT - 10, middle, group.title, anchor="end")]
    y = top
    for peer, value in group.bars.items():
        x = scale.x(value)
        parts.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{max(x - LEFT, 1):.1f}" height="{BAR}" '
                     f'fill="{SHADES[peer]}"/>')
        mark = {True: " \u2713", False: " \u2717", None: ""}[group.verdict] if peer == OURS else ""
        parts.append(_text(x + 5, y + BAR - 3, number(value) + mark))
        y += BAR + GAP
    if group.floor:
        x = scale.x(group.floor)
        parts.append(f'<line x1="{x:.1f}" y1="{top - 2:.1f}" x2="{x:.1f}" y2="{y:.1f}" stroke="{SHADES["floor"]}" '
                     f'stroke-width="2"/>')
    return parts


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'
