# SPDX-License-Identifier: GPL-2.0-only
"""Owns the list of findings that are none. Called by check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass
class _Entry:
    line: str
    tool: str
    pattern: re.Pattern[str]
    used: bool = False


class Known:
    """What a tool gets wrong: lines of TOOL, a tab, and a pattern of what it says. Comments give the reason."""

    def __init__(self, path: Path) -> None:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        self._entries = [_Entry(line, tool, re.compile(pattern)) for line in lines
                         for tool, _, pattern in [line.partition("\t")]]

    def unknown(self, tool: str, findings: list[str]) -> list[str]:
        """Those that the list does not have."""
        return [finding for finding in findings if not self._has(tool, finding)]

    def _has(self, tool: str, finding: str) -> bool:
        for entry in self._entries:
            if entry.tool == tool and entry.pattern.search(finding):
                entry.used = True
                return True
        return False

    def unused(self) -> list[str]:
        return [entry.line for entry in self._entries if not entry.used]
