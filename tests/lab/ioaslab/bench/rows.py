# SPDX-License-Identifier: GPL-2.0-only
"""Owns what is measured and what is to be reached: tests/bench/rows.toml as records. Called by the other modules here."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ..config import TREE
from ..ui import LabError

BENCH = TREE / "tests" / "bench"
BOOTS = ("count", "time")
OURS = "ioasid"
PEERS = ("type1", "iommufd")
# Ours in place of type1, and by how much it may miss the targets of the native calls.
AS_TYPE1 = "ioasid-type1"
ALLOWANCE = 1.05


@dataclass(frozen=True)
class Target:
    """The figure is at most `most`, as a part of what `of` names, or absolutely."""

    most: float
    of: str = ""

    def __str__(self) -> str:
        return f"<= {self.most:g}" + (f" of {self.of}" if self.of else "")


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    per: str = "4 KiB page"
    boot: str = "count"
    timeout: int = 200
    stock: bool = False
    lines: dict[str, tuple[Target, ...]] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        if self.per.startswith("bytes"):
            return self.per
        return ("instructions" if self.boot == "count" else "ns") + f" a {self.per}"


@cache
def rows() -> dict[str, Row]:
    path = BENCH / "rows.toml"
    with path.open("rb") as file:
        tables = tomllib.load(file)["row"]
    return {table["name"]: _row(f"{path.name}: {table['name']}", table) for table in tables}


def _row(where: str, table: dict[str, Any]) -> Row:
    try:
        row = Row(**table)
        lines = {op: tuple(Target(**target) for target in targets) for op, targets in row.lines.items()}
    except TypeError as error:
        raise LabError(f"{where}: {error}") from None
    if row.boot not in BOOTS:
        raise LabError(f"{where}: no boot {row.boot!r}", f"boots: {', '.join(BOOTS)}")
    for op, targets in lines.items():
        for target in targets:
            if target.of not in ("", "peers", *PEERS, *lines):
                raise LabError(f"{where}: {op} is compared with {target.of!r}, which is nothing the row has")
    return replace(row, lines=lines)


def select(wanted: Sequence[str], stock: bool) -> list[Row]:
    """The rows asked for, all of them if none is; of a stock kernel only those that make sense there."""
    for name in wanted:
        if name not in rows():
            raise LabError(f"no row named {name!r}", f"there are: {' '.join(rows())}")
    return [row for name, row in rows().items() if (name in wanted if wanted else row.stock or not stock)]
