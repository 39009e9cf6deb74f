# SPDX-License-Identifier: GPL-2.0-only
"""Owns running ioasidctl, and other programs, for the tests. Used by check and the modules beside it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine

Document = dict[str, Any]


def run(command: list[str | Path], cwd: Path, **environment: str) -> tuple[int, str]:
    """Exit status, and all that was printed."""
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=300, check=False, env={**os.environ, **environment})
    except (FileNotFoundError, subprocess.TimeoutExpired) as problem:
        return 127, str(problem)
    return done.returncode, done.stdout


@dataclass
class Answer:
    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"status {self.status}\n{self.out}\n{self.err}"


class Tool:
    """The program, and the machines it can be shown."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.bare = machine.bare(folder / "bare")
        self.complete = machine.complete(folder / "complete")

    def __call__(self, line: str | list[str], on: machine.Machine | None = None, user: int | None = None,
                 **environment: str) -> Answer:
        """Run a command line on the complete machine, or another one, as who runs this or as another user."""
        words = line.split() if isinstance(line, str) else line
        root = (on or self.complete).root
        told = {"PATH": os.environ["PATH"], "IOASIDCTL_ROOT": str(root), "LC_ALL": "C.UTF-8", **environment}
        done = subprocess.run([self.program, *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=60, check=False, env=told, user=user,
                              extra_groups=None if user is None else [])
        return Answer(done.returncode, done.stdout, done.stderr)

    def document(self, line: str | list[str], on: machine.Machine | None = None, status: int | None = 0) -> Document:
        """The JSON document of a command; an empty one if it is not as every document must be."""
        words = line.split() if isinstance(line, str) else line
        answer = self(["-j", *words], on)
        try:
            document = json.loads(answer.out)
        except ValueError:
            return {}
        good = (document.get("format") == 1 and answer.out.count("\n") == 1 and not answer.err
                and (status is None or answer.status == status)
                and ("error" not in document or document["error"]["status"] == answer.status))
        return document if good else {}

    def table(self) -> list[tuple[str, str, list[str]]]:
        """Object, command, options of all there are; the command is "" where the object is one."""
        return [(item["name"], command["name"], [option["name"] for option in command["options"]])
                for item in self.document("help")["objects"] for command in item["commands"]]
