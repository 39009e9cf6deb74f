# SPDX-License-Identifier: GPL-2.0-only
"""Owns the list of files that lint looks at, and their kinds. Called by lint and its checks."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path


class Tree:
    """The tree's own files, relative to its root: what git has or would add; all there is in a copy without git."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> list[Path]:
        if (self.root / ".git").exists():
            listed = subprocess.run(["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                    capture_output=True, text=True, check=True).stdout.split("\0")
            found = [self.root / name for name in listed if name]
        else:
            found = [path for path in self.root.rglob("*") if path.name != ".lab-manifest.json"]
        return sorted(path.relative_to(self.root) for path in found if path.is_file() and not path.is_symlink())

    def read(self, path: Path) -> str:
        """The text of a file; what is not UTF-8 is for rules.text() to complain about."""
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def named(self, *suffixes: str, under: Iterable[str] = ("",)) -> list[Path]:
        """The files with one of these suffixes in one of these folders."""
        return [path for path in self.files
                if path.suffix in suffixes and any(str(path).startswith(folder) for folder in under)]

    def scripts(self, *interpreters: str) -> list[Path]:
        """The files whose first line runs one of these interpreters."""
        return [path for path in self.files if _interpreter(self.root / path) in interpreters]


def _interpreter(path: Path) -> str:
    with path.open("rb") as file:
        first = file.readline(200)
    if not first.startswith(b"#!"):
        return ""
    words = first[2:].decode(errors="replace").split()
    return Path(words[1] if words and words[0].endswith("/env") and len(words) > 1 else words[0] if words else "").name


def output_of(command: list[str | Path], cwd: Path) -> list[str]:
    """What a tool prints if it fails or finds something; nothing if it is content and silent."""
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
    except FileNotFoundError:
        return [f"{command[0]} is not installed"]
    lines = done.stdout.splitlines()
    return lines or ([f"{command[0]}: exit status {done.returncode}"] if done.returncode else [])


def each(paths: Iterable[Path], check: Callable[[Path], list[str]]) -> list[str]:
    """The findings of a check on every file, several files at a time."""
    with ThreadPoolExecutor() as pool:
        return [line for lines in pool.map(check, paths) for line in lines]
