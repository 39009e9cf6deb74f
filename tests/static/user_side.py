# SPDX-License-Identifier: GPL-2.0-only
"""Owns the analysis of library and tools, which their own makefiles compile. Called by check."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

SOURCES = ("lib", "tools")
TARGETS = ("lib", "tools", "demo-bin")


def _output(command: list[str | Path], root: Path) -> tuple[int, list[str]]:
    done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    return done.returncode, done.stdout.splitlines()


def cppcheck(root: Path, _: Path) -> list[str]:
    folders = sorted({str(header.parent.relative_to(root)) for name in SOURCES for header in (root / name).rglob("*.h")})
    status, printed = _output(["cppcheck", "-q", "--std=c11", "--platform=unix64", f"-j{os.cpu_count()}",
                               "--enable=warning,performance,portability", "--suppress=missingIncludeSystem",
                               "--suppress=normalCheckLevelMaxBranches",
                               "--include=tests/static/cppcheck.h",
                               "--template={file}:{line}: {message} [{id}]", "--template-location=", "--error-exitcode=2",
                               "-Iuapi", *(f"-I{folder}" for folder in folders), *SOURCES], root)
    return [line for line in printed if line.strip()] if status or printed else []


def fanalyzer(root: Path, work: Path) -> list[str]:
    return _built(root, work / "fanalyzer", "CC=gcc", "CFLAGS=-O1 -fanalyzer")


def clang(root: Path, work: Path) -> list[str]:
    """It does not compile, so nothing can be linked; the objects are made before, and what is not there is made again."""
    status, printed = _output(["make", "-k", "--no-print-directory", *TARGETS, "CC=clang --analyze --analyzer-output text",
                               "CFLAGS=-O1 -Qunused-arguments", f"OUT={work}/clang"], root)
    found = _findings(root, printed)
    return found if status else [*found, "the analyzer made a program, so it was not run"]


def _built(root: Path, out: Path, *variables: str) -> list[str]:
    status, printed = _output(["make", "--no-print-directory", f"-j{os.cpu_count()}", *TARGETS, f"OUT={out}", *variables], root)
    return _findings(root, printed) + ([f"the build ended with status {status}:", *printed[-10:]] if status else [])


def _findings(root: Path, printed: list[str]) -> list[str]:
    found = [line for line in printed if re.search(r": (warning|error): ", line) and not line.startswith("clang: ")]
    return sorted({line.replace(f"{root}/", "").replace("../", "") for line in found})
