# SPDX-License-Identifier: GPL-2.0-only
"""Owns which test programs run, in which order and when. Reads the list the test Makefile writes; called by run.py."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .config import TREE, Kernel
from .ui import LabError

# When a program runs: before vfio is loaded, before ioasidfd is loaded, or (most) after; or after, on debug kernels only.
DEBUG = "debug"
STAGES = ("no-vfio", "no-module", "module", DEBUG)


@dataclass(frozen=True)
class Program:
    name: str
    timeout: int
    stage: str = "module"
    args: str = ""
    modules: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name}:{self.args.split()[-1]}" if self.args else self.name

    @property
    def line(self) -> str:
        """As the guest reads it."""
        stage = "module" if self.stage == DEBUG else self.stage
        return " ".join([stage, str(self.timeout), self.name, "+".join(self.modules) or "-", self.args]).rstrip()


def parse(text: str) -> list[Program]:
    """Lines `name timeout_seconds [stage [module[:parameter=value]...]...]`; # starts a comment."""
    programs: list[Program] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) < 2 or not words[1].isdigit() or words[2:] and words[2] not in STAGES:
            raise LabError(f"tests list, line {number}: {line.strip()!r}",
                           f"a line is: name timeout_seconds [{'|'.join(STAGES)} [module[:parameter=value]...]...]")
        programs.append(Program(words[0], int(words[1]), *words[2:3], modules=tuple(words[3:])))
    if len({program.name for program in programs}) != len(programs):
        raise LabError("tests list: a program is listed twice")
    return programs


def read(folder: Path) -> list[Program]:
    """The programs of a build, in run order; every one that is listed must have been built."""
    if not (folder / "list").is_file():
        raise LabError(f"the build made no {folder / 'list'}", "`make tests` writes it beside the test programs")
    programs = parse((folder / "list").read_text(encoding="utf-8"))
    listed = {program.name for program in programs}
    there = {path.name for path in folder.iterdir() if path.is_file() and path.stat().st_mode & 0o100}
    if listed - there:
        raise LabError(f"tests list names programs that were not built: {' '.join(sorted(listed - there))}")
    return programs


def known(wanted: list[str]) -> list[str]:
    """The programs asked for, held against the source's list: a misspelt name need not wait for a build to be told."""
    select(parse((TREE / "tests/kselftest/list").read_text(encoding="utf-8")), wanted)
    return wanted


def on_machine(programs: list[Program], patterns: Sequence[str], without: Sequence[str] = ()) -> list[Program]:
    """The programs that a machine has what it takes for."""
    def among(program: Program, patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatch(program.name, pattern) for pattern in patterns)

    return [program for program in programs if among(program, patterns) and not among(program, without)]


def on_kernel(programs: list[Program], kernel: Kernel) -> list[Program]:
    """The programs that say something on that kernel, with the time they may take there."""
    return [replace(program, timeout=program.timeout * kernel.slower) for program in programs
            if kernel.debug or program.stage != DEBUG]


def select(programs: list[Program], wanted: list[str]) -> list[Program]:
    """The programs asked for as `name` or `name:test`, in list order; all of them if none is."""
    if not wanted:
        return programs
    chosen: list[Program] = []
    known = {program.name: program for program in programs}
    for word in wanted:
        name, _, test = word.partition(":")
        if name not in known:
            raise LabError(f"no test program named {name!r}", f"there are: {' '.join(known)}")
        # The harness takes `fixture.test` with -r and a bare test name with -t.
        args = f"-{'r' if '.' in test else 't'} {test}" if test else ""
        chosen.append(replace(known[name], args=args))
    return sorted(chosen, key=lambda program: list(known).index(program.name))
