# SPDX-License-Identifier: GPL-2.0-only
"""Owns reading TAP and KTAP. Whatever does not add up is a failure: missing plan, missing or extra tests, a status
that contradicts the lines. Called by run.py for each test program and by check.py for the host's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

PASS, FAIL, SKIP = "pass", "fail", "skip"
EXIT_SKIP = 4  # kselftest's

_PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*SKIP\b\s*(.*))?$", re.I)
_TEST = re.compile(r"^(not )?ok\b(?:\s+(\d+))?\s*(?:-\s+)?(.*)$")
_DIRECTIVE = re.compile(r"(?:^|\s)#\s*(SKIP|TODO|XFAIL|XPASS|TIMEOUT|ERROR)\b[:\s]*(.*)$", re.I)
_COMMENT = re.compile(r"(?:^|\s)#(?:\s|$)")
_TOTALS = re.compile(r"^#\s*Totals:\s*(.*)$", re.I)
_VERSION = re.compile(r"^(?:K?TAP) version \d+$")
_BAIL = re.compile(r"^Bail out!\s*(.*)$")


@dataclass
class Test:
    name: str
    status: str
    detail: list[str] = field(default_factory=list)


@dataclass
class _Level:
    """The tests of one indentation: the plan, what was seen of it, and results of the level below not yet claimed."""

    indent: int
    plan: int | None = None
    skip_all: str | None = None
    tests: list[Test] = field(default_factory=list)
    numbers: int = 0
    below: list[Test] = field(default_factory=list)
    below_problems: list[str] = field(default_factory=list)
    detail: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def parse(lines: list[str], exit_status: int | None) -> list[Test]:
    """The tests of one program's output and, as failed tests, whatever is wrong with it.

    `exit_status` is the program's, 128 + signal for a killed one; None if it never ended.
    """
    reader = _Reader()
    for line in lines:
        reader.feed(line.rstrip())
    top = reader.close()
    problems = _contradictions(top, exit_status) + top.problems
    tests = top.tests
    if top.skip_all is not None and not tests and not problems:
        tests = [Test("all", SKIP, [top.skip_all])]
    return tests + ([Test("; ".join(problems), FAIL, lines[-40:])] if problems else [])


class _Reader:
    def __init__(self) -> None:
        self.levels = [_Level(0)]
        self.unexplained: Test | None = None
        self.totals: dict[str, int] | None = None

    def feed(self, line: str) -> None:
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if _VERSION.match(text):
            if indent > self.levels[-1].indent:
                self.levels.append(_Level(indent))
            return
        self._leave(indent, text)
        level = self.levels[-1]
        plan, test, bail = _PLAN.match(text), _TEST.match(text), _BAIL.match(text)
        if indent != level.indent or not (plan or test or bail):
            (self.unexplained or level).detail.append(line)
            self._totals(level, text)
            return
        self.unexplained = None
        if plan:
            self._plan(level, int(plan[1]), plan[2])
        elif test:
            self._test(level, bool(test[1]), test[2], test[3])
        elif bail:
            level.problems.append(f"bailed out: {bail[1]}".rstrip(": "))

    def close(self) -> _Level:
        while len(self.levels) > 1:
            self._pop()
        top = self.levels[0]
        if top.below:
            top.problems.append("the output ends inside a nested test")
            top.tests += top.below
        self._check(top)
        return top

    def _leave(self, indent: int, text: str) -> None:
        """A result less indented than the level closes it; a diagnostic may stand anywhere."""
        while len(self.levels) > 1 and indent < self.levels[-1].indent and (_TEST.match(text) or _PLAN.match(text)):
            self._pop()

    def _pop(self) -> None:
        done = self.levels.pop()
        self._check(done)
        parent = self.levels[-1]
        parent.below += done.tests
        parent.below_problems += done.problems
        if done.skip_all is not None and not done.tests:
            parent.below.append(Test("all", SKIP, [done.skip_all]))

    @staticmethod
    def _plan(level: _Level, number: int, reason: str | None) -> None:
        if level.plan is not None:
            level.problems.append("more than one plan")
        level.plan = number
        if number == 0 and reason is not None:
            level.skip_all = reason or "no reason given"

    def _test(self, level: _Level, failed: bool, number: str | None, rest: str) -> None:
        level.numbers += 1
        if number is not None and int(number) != level.numbers:
            level.problems.append(f"test {number} comes as number {level.numbers}: a line is missing or broken")
            level.numbers = int(number)
        directive = _DIRECTIVE.search(rest)
        name = _COMMENT.split(rest)[0].strip()
        status, reason = _verdict(failed, directive)
        name = name or reason or f"test {level.numbers}"
        if level.below or level.below_problems:
            self._adopt(level, name, status)
        else:
            level.tests.append(Test(name, status, [reason] if status == SKIP else level.detail))
            # The harness explains a failure before it reports it, scripts do so afterwards.
            self.unexplained = level.tests[-1] if status == FAIL and not level.detail else None
        level.detail = []

    @staticmethod
    def _adopt(level: _Level, name: str, status: str) -> None:
        """A parent's line: its children are the results, unless it says something they do not."""
        children, level.below = level.below, []
        problems, level.below_problems = level.below_problems, []
        level.tests += [Test(f"{name}.{child.name}", child.status, child.detail) for child in children]
        level.problems += [f"{name}: {problem}" for problem in problems]
        worst = FAIL if problems or any(child.status == FAIL for child in children) else PASS
        if status == FAIL and worst != FAIL:
            level.tests.append(Test(name, FAIL, level.detail))
        elif status != FAIL and worst == FAIL:
            level.problems.append(f"{name} says ok over a failed subtest")

    @staticmethod
    def _check(level: _Level) -> None:
        if level.plan is None:
            level.problems.append("no plan" if level.tests else "no test output")
        elif level.plan != level.numbers:
            level.problems.append(f"{level.plan} tests planned, {level.numbers} reported")
        elif level.plan == 0 and level.skip_all is None:
            level.problems.append("not one test was run")

    @staticmethod
    def _totals(level: _Level, text: str) -> None:
        """Kselftest's own count must agree with ours, so that a lost or mangled line is noticed."""
        match = _TOTALS.match(text)
        if not match or level.indent:
            return
        said = {key: int(value) for key, value in re.findall(r"(\w+):(\d+)", match[1])}
        bad = said.get("fail", 0) + said.get("error", 0) + said.get("xpass", 0)
        seen = sum(test.status == FAIL for test in level.tests)
        if bad != seen:
            level.problems.append(f"the totals say {bad} failed, {seen} lines do")


def _verdict(failed: bool, directive: re.Match[str] | None) -> tuple[str, str]:
    """An expected failure is no pass: it is shown as skipped, with its reason."""
    word = directive[1].upper() if directive else ""
    reason = directive[2].strip() if directive else ""
    if word == "SKIP" and not failed:
        return SKIP, reason or "no reason given"
    if word in ("TODO", "XFAIL"):
        return SKIP, f"expected to fail: {reason}".rstrip(": ")
    if failed or word in ("XPASS", "TIMEOUT", "ERROR"):
        return FAIL, reason
    return PASS, reason


def _contradictions(top: _Level, exit_status: int | None) -> list[str]:
    if exit_status is None:
        return ["did not end"]
    if exit_status == 124:
        return ["timed out"]
    if exit_status > 128:
        return [f"killed by signal {exit_status - 128}"]
    failed = any(test.status == FAIL for test in top.tests)
    if exit_status == 0 and failed:
        return ["exit status 0 in spite of a failed test"]
    if exit_status == EXIT_SKIP and not failed and (top.skip_all is not None or
                                                    any(test.status == SKIP for test in top.tests)):
        return []
    if exit_status != 0 and not failed:
        return [f"exit status {exit_status} without a failed test"]
    return []
