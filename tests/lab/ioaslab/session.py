# SPDX-License-Identifier: GPL-2.0-only
"""Owns following a guest's test output as it grows: which program runs, since when, what it printed. Called by run.py."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_MARK = re.compile(r"^@@lab (begin|end|done|exit)(?: (.*))?$")


@dataclass
class Section:
    """One program's run, or one of the guest's own checks. `status` stays None if it never ended."""

    name: str
    began: float
    host_clock: float
    lines: list[str] = field(default_factory=list)
    status: int | None = None
    ended: float = 0.0
    host_end: float = 0.0

    @property
    def seconds(self) -> float:
        return self.ended - self.began if self.status is not None else time.monotonic() - self.host_clock


class Session:
    """Fed the bytes of the results port; calls `on_end` with each section as it ends."""

    def __init__(self, on_end: Callable[[Section], None]) -> None:
        self.sections: list[Section] = []
        self.stray: list[str] = []
        self.done = False
        self._on_end = on_end
        self._rest = b""

    @property
    def current(self) -> Section | None:
        return self.sections[-1] if self.sections and self.sections[-1].status is None else None

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.decode(errors="replace").rstrip("\r"))

    def close(self) -> None:
        """The guest is gone: what is left is a line cut short."""
        if self._rest:
            self.feed(b"\n")

    def _line(self, line: str) -> None:
        mark = _MARK.match(line)
        words = (mark[2] or "").split() if mark else []
        if mark and mark[1] == "begin" and len(words) == 2:
            self.sections.append(Section(words[0], float(words[1]), time.monotonic()))
        elif mark and mark[1] == "end" and len(words) == 3 and self.current and self.current.name == words[0]:
            section = self.current
            section.status, section.ended, section.host_end = int(words[1]), float(words[2]), time.monotonic()
            if section.lines and not section.lines[-1]:
                section.lines.pop()  # the mark's own line break
            self._on_end(section)
        elif mark and mark[1] == "done":
            self.done = True
        elif self.current:
            self.current.lines.append(line)
        elif line:
            self.stray.append(line)
