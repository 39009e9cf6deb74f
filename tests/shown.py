# SPDX-License-Identifier: GPL-2.0-only
"""Owns which commands the documents show, and which test runs each. Used by tests/docs, tests/ctl and
tests/lab/unit.

In a page, a block that is indented is commands, and nothing else is: what a program prints, a program's text, a list of
files stand between fences. A fenced "text" that follows at once is what the last of the commands prints. A span in a
sentence that begins with one of PROGRAMS is a command, too. In a manual page, the indented lines of EXAMPLES are
commands, and what is bold and has an argument; COMMANDS names those there are. A comment is for people.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tap import ROOT

PROGRAMS = ("apt", "cc", "dkms", "insmod", "ioasidctl", "lspci", "make", "modinfo", "modprobe", "mokutil", "rmmod", "sudo",
            "tests/lab/lab", "ulimit", "uname")
TABLE = ROOT / "tests" / "docs" / "commands.toml"


@dataclass(frozen=True)
class Shown:
    """A command, without what people add to it: sudo and comments."""

    page: str
    line: int
    command: str
    prints: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.command}"


@dataclass(frozen=True)
class Run:
    """What is known of some commands: who runs them, and with what around them."""

    by: str
    match: tuple[str, ...]
    has: str = ""       # what stands in the test named `by`
    endless: bool = False  # in the VM: it goes on until it is ended
    status: int = 0     # in the VM: what it ends with there
    before: str = ""    # run in the VM before, and after
    after: str = ""
    says: str = ""      # a pattern of what it prints
    skip: str = ""      # where the VM's kernel cannot: a command that succeeds there
    why: str = ""
    instead: str = ""   # by check: what is run in its place
    then: str = ""      # in the VM, and by check: what has to hold afterwards

    def runs(self, shown: Shown) -> bool:
        return any(re.fullmatch(pattern, shown.command) for pattern in self.match)


def table() -> list[Run]:
    return [Run(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}) for entry in _data()["run"]]


def here() -> dict[str, str]:
    """What stands in an example, and what the VM has in its place."""
    return dict(_data()["here"])


def _data() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def pages() -> list[Path]:
    """What is written for people, the index first."""
    found = [path for pattern in ("*.md", "docs/*.md", "docs/man/*.scd", "tests/*/README.md") for path in sorted(ROOT.glob(pattern))]
    return sorted(found, key=lambda path: path != ROOT / "README.md")


def commands() -> list[Shown]:
    return [shown for path in pages() for shown in of_page(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))]


def of_page(name: str, text: str) -> list[Shown]:
    return list(_manual(name, text) if name.endswith(".scd") else _markdown(name, text))


def _markdown(name: str, text: str) -> list[Shown]:
    found: list[Shown] = []
    begun, fence, follows = "", "", False
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            fence = "" if line == "```" else fence
            if fence == "printed":
                found[-1] = replace(found[-1], prints=(*found[-1].prints, line))
        elif line.startswith("```"):
            fence = "printed" if follows and line == "```text" else "other"
            follows = False
        elif line.startswith("    "):
            begun += line[4:]
            if begun.endswith("\\"):
                begun = begun[:-1].rstrip() + " "
                continue
            found += _command(name, number, begun)
            begun, follows = "", True
        elif line:
            follows = False
            for span in re.findall(r"`([^`]+)`", line):
                if _is_command(span):
                    found += _command(name, number, span)
    return found


def _manual(name: str, text: str) -> Iterator[Shown]:
    section, indented = "", False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# "):
            section = line[2:]
        indented = line.startswith("\t") or (indented and bool(line))
        if section == "EXAMPLES" and indented:
            yield from _command(name, number, line.strip().removesuffix("++"))
        elif section not in ("SYNOPSIS", "COMMANDS"):
            for span in re.findall(r"\*([^*]+)\*", line):
                if _is_command(span):
                    yield from _command(name, number, span)


def _is_command(span: str) -> bool:
    return " " in span and span.split()[0] in PROGRAMS


def _command(name: str, number: int, line: str) -> Iterator[Shown]:
    command = re.sub(r"(^|\s)#", r"\1\0", line, count=1).partition("\0")[0]
    command = re.sub(r"\bsudo ", "", command).strip()
    if command:
        yield Shown(name, number, command)
