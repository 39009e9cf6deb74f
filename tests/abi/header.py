# SPDX-License-Identifier: GPL-2.0-only
"""Owns reading a uAPI header: which structs, members, enumerators and constants it declares. Called by layout.py.

It understands the C that a uAPI header needs and refuses the rest, so nothing in the header can escape the snapshot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

TYPES = {"__u8", "__u16", "__u32", "__u64", "__s8", "__s16", "__s32", "__s64", "__aligned_u64", "char"}

_TOKENS = (
    ("define", re.compile(r"#\s*define\s+(\w+)(?:[ \t]+(\S[^\n]*))?\n")),
    ("preprocessor", re.compile(r"#\s*(?:include\s*<linux/\w+\.h>|ifndef\s+\w+|endif)[ \t]*\n")),
    ("enum", re.compile(r"enum\s+(\w+)\s*\{([^{}]*)\}\s*;")),
    ("struct", re.compile(r"struct\s+(\w+)\s*\{((?:[^{}]|\bunion\s*\{[^{}]*\}\s*;)*)\}\s*;")),
)
_MEMBER = re.compile(r"(\w+)\s+(\w+)(\[\w*\])?\Z")
_ENUMERATOR = re.compile(r"(\w+)\s*=\s*[\w\s<()|]+\Z")


class Unreadable(Exception):
    """The header holds something this reader does not know."""


@dataclass
class Header:
    structs: dict[str, dict[str, str]] = field(default_factory=dict)  # name -> member -> type
    constants: list[str] = field(default_factory=list)  # macros and enumerators, in the header's order


def read(path: Path) -> Header:
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), path.read_text(encoding="utf-8"), flags=re.S)
    header = Header()
    position = 0
    while True:
        position += len(text[position:]) - len(text[position:].lstrip())
        if position == len(text):
            return header
        for kind, pattern in _TOKENS:
            if match := pattern.match(text, position):
                break
        else:
            raise Unreadable(f"{path}:{_line(text, position)}: cannot read '{text[position:].splitlines()[0]}'")
        try:
            _take(header, kind, match)
        except Unreadable as problem:
            raise Unreadable(f"{path}:{_line(text, position)}: {problem}") from None
        position = match.end()


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _take(header: Header, kind: str, match: re.Match[str]) -> None:
    name = match[1] if match.lastindex else ""
    if kind == "define" and match[2] is not None:
        header.constants.append(name)
    elif kind == "enum":
        header.constants += [_enumerator(part) for part in _parts(match[2], ",")]
    elif kind == "struct":
        if name in header.structs:
            raise Unreadable(f"struct {name} stands twice")
        header.structs[name] = _members(match[2])


def _parts(body: str, separator: str) -> list[str]:
    return [part.strip() for part in body.split(separator) if part.strip()]


def _enumerator(text: str) -> str:
    match = _ENUMERATOR.match(text)
    if not match:
        raise Unreadable(f"enumerator '{text}' has no explicit value")
    return match[1]


def _members(body: str) -> dict[str, str]:
    """The members of a struct; those of an anonymous union are the struct's own."""
    flat = re.sub(r"union\s*\{([^{}]*)\}\s*;", r"\1", body)
    return dict(_member(part) for part in _parts(flat, ";"))


def _member(text: str) -> tuple[str, str]:
    match = _MEMBER.match(text)
    if not match:
        raise Unreadable(f"member '{text}' is not 'type name' or 'type name[length]'")
    if match[1] not in TYPES:
        raise Unreadable(f"member '{text}' has a type whose size depends on the architecture or is not known")
    return match[2], match[1] + (match[3] or "")
