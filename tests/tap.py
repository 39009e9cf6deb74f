# SPDX-License-Identifier: GPL-2.0-only
"""Owns the output of the test programs that run on the host: TAP, then a closing line. Used by tests/abi, tests/lint, ..."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_RESULT = re.compile(r"(not )?ok\b *\d* *-? *(.*)")


class Tap:
    """Counts results and prints them as they come. close() prints the plan and gives the exit status."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0
        print("TAP version 13", flush=True)

    def _line(self, verdict: str, name: str, details: str) -> None:
        number = self.passed + self.failed + self.skipped
        print(f"{verdict} {number} - {name}")
        for line in details.splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def check(self, name: str, problems: str | list[str]) -> None:
        """Passes if there are no problems; else each of them is shown."""
        details = problems if isinstance(problems, str) else "\n".join(problems)
        if details:
            self.failed += 1
            self._line("not ok", name, details)
        else:
            self.passed += 1
            self._line("ok", name, "")

    def skip(self, name: str, reason: str) -> None:
        self.skipped += 1
        self._line("ok", f"{name} # SKIP {reason}", "")

    def include(self, program: Path) -> None:
        """Runs another TAP program and takes over its results as its own."""
        name = str(program.relative_to(ROOT))
        done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        before = self.passed, self.failed, self.skipped
        results = [part for part in re.split(r"(?m)^(?=(?:not )?ok\b)", done.stdout) if _RESULT.match(part)]
        for result in results:
            first, *rest = result.splitlines()
            match = _RESULT.match(first)
            assert match
            what, _, reason = match[2].partition(" # SKIP ")
            if reason:
                self.skip(f"{name}: {what}", reason)
            elif match[1]:
                self.check(f"{name}: {what}", [line.removeprefix("# ") for line in rest] or ["failed"])
            else:
                self.check(f"{name}: {what}", "")
        if (done.returncode != 0 and self.failed == before[1]) or before == (self.passed, self.failed, self.skipped):
            self.check(f"{name}: ends with status 0 after some results", f"status {done.returncode}\n{done.stdout[-4000:]}")

    def close(self) -> int:
        print(f"1..{self.passed + self.failed + self.skipped}")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0
