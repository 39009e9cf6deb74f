# SPDX-License-Identifier: GPL-2.0-only
"""Owns what a result is, and how results are counted, shown and written to files. Called by run and check."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from .ui import colour, say

SHOWN_LINES = 40


class Status(str, Enum):
    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Result:
    """One test, or one thing that went wrong. `where` is kernel/machine, or host; `program` may hold several tests."""

    where: str
    program: str
    name: str
    status: Status
    detail: tuple[str, ...] = ()
    rerun: str = ""
    seconds: float = 0.0

    @property
    def title(self) -> str:
        return f"{self.where} {self.program} {self.name}"


def count(results: Iterable[Result]) -> Counter[Status]:
    return Counter(result.status for result in results)


def summary(results: Iterable[Result]) -> str:
    """The closing line. A run without any test is a failed one, and says so."""
    counts = count(results)
    return f"{counts[Status.PASS]} passed, {counts[Status.FAIL]} failed, {counts[Status.SKIP]} skipped"


def succeeded(results: list[Result]) -> bool:
    counts = count(results)
    return counts[Status.FAIL] == 0 and counts[Status.PASS] > 0


def brief(results: list[Result]) -> str:
    """For a progress line: counts that are not zero, the bad ones in colour."""
    counts = count(results)
    parts = [colour(f"{counts[status]} {word}", shade)
             for status, word, shade in ((Status.PASS, "passed", "green"), (Status.FAIL, "failed", "red"),
                                         (Status.SKIP, "skipped", "yellow")) if counts[status]]
    return ", ".join(parts) or colour("no result", "red")


def show(results: list[Result]) -> None:
    """What was skipped and why, what failed and how to run it again, a table, and the closing line."""
    skipped = [result for result in results if result.status is Status.SKIP]
    failed = [result for result in results if result.status is Status.FAIL]
    if skipped:
        say("\nSkipped:")
        for result in skipped:
            say(f"  {result.title}: {' '.join(result.detail) or 'no reason given'}")
    for result in failed:
        say("\n" + colour(f"FAILED: {result.title}", "red"))
        for line in result.detail[-SHOWN_LINES:]:
            say(f"    {line}")
        if result.rerun:
            say(f"  again: {result.rerun}")
    say()
    _table(results)
    say()
    say(summary(results))


def _table(results: list[Result]) -> None:
    places = list(dict.fromkeys(result.where for result in results))
    width = max((len(place) for place in places), default=0)
    say(f"{'':{width}}  passed  failed  skipped")
    for place in places:
        counts = count(result for result in results if result.where == place)
        failed = f"{counts[Status.FAIL]:6d}"
        say(f"{place:{width}}  {counts[Status.PASS]:6d}  "
            f"{colour(failed, 'red') if counts[Status.FAIL] else failed}  {counts[Status.SKIP]:7d}")


def write(results: list[Result], folder: Path) -> None:
    """results.json for programs, results.ktap for tools that read KTAP."""
    counts = count(results)
    (folder / "results.json").write_text(json.dumps({
        "passed": counts[Status.PASS], "failed": counts[Status.FAIL], "skipped": counts[Status.SKIP],
        "results": [asdict(result) for result in results]}, indent=1) + "\n", encoding="utf-8")
    lines = ["KTAP version 1", f"1..{len(results)}"]
    for number, result in enumerate(results, 1):
        lines += [f"# {line}" for line in result.detail] if result.status is Status.FAIL else []
        verdict = "not ok" if result.status is Status.FAIL else "ok"
        skip = f" # SKIP {' '.join(result.detail)}".rstrip() if result.status is Status.SKIP else ""
        lines.append(f"{verdict} {number} {result.title.replace('#', ' ')}{skip}")
    (folder / "results.ktap").write_text("\n".join(lines) + "\n", encoding="utf-8")
