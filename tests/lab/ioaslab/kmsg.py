# SPDX-License-Identifier: GPL-2.0-only
"""Owns judging a guest's kernel log: every complaint of the kernel, and the test it fell into. Called by run.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .config import Provoked, kmsg_rules, provoked

REPORT = 150  # lines that one report of the kernel may have
KEPT = 40     # of them


@dataclass
class Finding:
    """A complaint: its first line, the test that ran (empty outside any), the lines that follow it, where it is."""

    kind: str
    line: str
    program: str
    excerpt: list[str]
    number: int


_UNPROVOKED = re.compile(r"\b(BUG|WARNING|UBSAN|ODEBUG):|cut here")  # in the middle of a report that a program provokes
_MARK = re.compile(r"lab: (begin|end) (\S+)")
_STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])?\s?")


class _Report:
    """Follows the reports that a program provokes on purpose, from their first line to their last."""

    def __init__(self) -> None:
        self._kind: Provoked | None = None
        self._began = 0

    def has(self, line: str, program: str, number: int) -> bool:
        """Does the line belong to one?"""
        kind = self._kind
        if kind and (program != kind.program or number - self._began >= REPORT or _UNPROVOKED.search(line)):
            kind = None
        if not kind:
            kind = next((kind for kind in provoked() if kind.program == program and re.search(kind.first, line)), None)
            self._began = number
        self._kind = None if kind and re.search(kind.last, line) else kind
        return kind is not None


@cache
def _rules(faults: bool) -> tuple[list[tuple[str, re.Pattern[str]]], list[re.Pattern[str]]]:
    bad, ignored, refused = kmsg_rules()
    if faults:
        bad = {**bad, "refused DMA": refused}
    return ([(kind, re.compile("|".join(f"(?:{pattern})" for pattern in patterns))) for kind, patterns in bad.items()],
            [re.compile(pattern) for pattern in ignored])


def scan(log: str, faults: bool = False) -> list[Finding]:
    """All complaints. Lines that belong to a complaint already found are part of it, not new ones.

    DMA that an IOMMU refused is a complaint only where `faults` says so.
    """
    findings: list[Finding] = []
    program = ""
    report = _Report()
    for number, raw in enumerate(log.splitlines()):
        line = _STAMP.sub("", raw.strip("\r\0 "))
        mark = _MARK.search(line)
        if mark:
            program = mark[2] if mark[1] == "begin" else ""
        if report.has(line, program, number):
            continue
        open_finding = findings[-1] if findings and number - findings[-1].number < REPORT else None
        if open_finding and open_finding.program == program and not mark:
            if len(open_finding.excerpt) < KEPT:
                open_finding.excerpt.append(line)
            if "[ cut here ]" in open_finding.line:
                open_finding.line = line
            continue
        kind = classify(line, faults)
        if kind:
            findings.append(Finding(kind, line, program, [line], number))
    return findings


def classify(line: str, faults: bool = False) -> str:
    """The kind of complaint a line is; empty for an innocent one."""
    bad, ignored = _rules(faults)
    if any(pattern.search(line) for pattern in ignored):
        return ""
    return next((kind for kind, pattern in bad if pattern.search(line)), "")
