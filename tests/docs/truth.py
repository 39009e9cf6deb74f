# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of what pages name: files, tests, other pages. Called by check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import shown
from tap import ROOT, Tap

# A name is one of the tree's if it begins with one of these, or is one of the tree's own files.
FOLDERS = ("src", "docs", "lib", "tests", "tools", "uapi", "include", "packaging", ".ci")
MADE = re.compile(r"[*…<>]|ioas_compat_config\.h|\bFILE\b|results\.|\b[A-Z]{3,}\b")
KSELFTEST = ROOT / "tests" / "kselftest"


def check(tap: Tap) -> None:
    pages = [path for path in shown.pages() if path.suffix == ".md"]
    tap.check("every file that a page names is there", [problem for page in pages for problem in _no_files(page)])
    tap.check("every page that a page leads to is there", [problem for page in pages for problem in _no_links(page)])
    tap.check("every test that a page names is there", [problem for page in pages for problem in _no_tests(page)])
    tap.check("every row of what may be attached to what names its test", _untested())
    tap.check("the page on architecture has every room", _no_room())
    tap.check("the index has every page", _not_in_index())


def _spans(page: Path) -> Iterator[str]:
    """What stands between backquotes, outside of programs."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    yield from re.findall(r"`([^`\n]+)`", text)


def _no_files(page: Path) -> list[str]:
    found = []
    for span in _spans(page):
        name = span.split("(")[0].rstrip("/")
        if name.split("/")[0] in FOLDERS and "/" in name and " " not in name and not MADE.search(name):
            path = name.split(":")[0]
            if not (ROOT / path).exists() and not (ROOT / "src" / path).exists():
                found.append(f"{page.relative_to(ROOT)}: there is no {path}")
    return found


def _no_links(page: Path) -> list[str]:
    links = re.findall(r"\]\(([^)#:\s]+)\)", page.read_text(encoding="utf-8"))
    return [f"{page.relative_to(ROOT)}: there is no {link}" for link in links if not (page.parent / link).exists()]


def _tests_of(program: str) -> set[str]:
    """fixture.test, fixture.variant.test and test of a program, as the harness calls them."""
    text = (KSELFTEST / f"{program}.c").read_text(encoding="utf-8")
    tests = re.findall(r"^TEST_F\w*\((\w+),\s*(\w+)\)", text, re.MULTILINE)
    variants = re.findall(r"^FIXTURE_VARIANT_ADD\w*\((\w+),\s*(\w+)\)", text, re.MULTILINE)
    names = {f"{fixture}.{test}" for fixture, test in tests}
    names |= {f"{fixture}.{variant}.{test}" for fixture, test in tests for owner, variant in variants if owner == fixture}
    return names | set(re.findall(r"^TEST\w*\((\w+)\)", text, re.MULTILINE))


def _no_tests(page: Path) -> list[str]:
    """Tests are named program:test; after one of them, .test stands for another one of its fixture."""
    found = []
    program = fixture = ""
    for span in _spans(page):
        if match := re.fullmatch(r"(\w+):([\w.]+)", span):
            program, test = match[1], match[2]
            if not (KSELFTEST / f"{program}.c").is_file():
                continue
            fixture = test.rpartition(".")[0]
        elif re.fullmatch(r"\.[a-z]\w+", span) and fixture:
            test = fixture + span
        else:
            continue
        if test not in _tests_of(program):
            found.append(f"{page.relative_to(ROOT)}: there is no test {program}:{test}")
    return found


def _untested() -> list[str]:
    """The rows of the first table of docs/devices.md whose last cell is empty."""
    text = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
    table = text.partition("## What may be attached to what")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    cells = [row.rstrip(" |").rpartition(" | ")[2] for row in rows]
    missing = [f"no test: {row}" for row, cell in zip(rows, cells) if "`" not in cell]
    missing += [f"no program: {name}" for cell in cells for name in re.findall(r"`(\w+)[:`]", cell)
                if not (KSELFTEST / f"{name}.c").is_file()]
    return missing if rows else ["there is no table"]


def _not_in_index() -> list[str]:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [Path(os.path.relpath(path, ROOT / "docs")) for path in shown.pages()]
    return [f"{page} is not in docs/README.md" for page in pages
            if page.suffix == ".md" and page.name != "README.md" and f"({page})" not in index]


def _no_room() -> list[str]:
    """The folders of src/, and the files beside them, that docs/architecture.md passes over."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [f"{path.name}/" if path.is_dir() else path.name for path in sorted((ROOT / "src").iterdir())]
    return [f"src/{room} is not there" for room in rooms if re.fullmatch(r"\w+/|\w+\.c", room) and f"`{room}`" not in text]
