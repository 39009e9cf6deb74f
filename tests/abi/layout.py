# SPDX-License-Identifier: GPL-2.0-only
"""Owns asking a compiler for the layout a uAPI header has on one architecture. Called by snapshot.py.

The questions are compiled to assembly and the answers read from there, so nothing is linked or run and no 32-bit C
library is needed.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from header import Header

# Entry name -> value, such as "struct ioasid_alloc.flags __u32 offset" -> 4.
Layout = dict[str, int]

_ASK = """
#define ASK(name, value) \\
	asm volatile("\\n@@ " name " %0 %1" : : "i" ((unsigned int)((value) >> 32)), "i" ((unsigned int)(value)))
void ask(void);
void ask(void)
{
"""
_ANSWER = re.compile(r"@@ (.+) \$?(-?\d+) \$?(-?\d+)")


class CompilerFailed(Exception):
    """The header does not compile."""


def questions(header: Header) -> list[tuple[str, str]]:
    """The entries of a layout and the C expression of each."""
    asked = []
    for struct, members in header.structs.items():
        asked.append((f"struct {struct} size", f"sizeof(struct {struct})"))
        for member, kind in members.items():
            asked.append((f"struct {struct}.{member} {kind} offset", f"__builtin_offsetof(struct {struct}, {member})"))
            asked.append((f"struct {struct}.{member} {kind} size", f"sizeof(((struct {struct} *)0)->{member})"))
    asked += [(f"constant {name}", name) for name in header.constants]
    return asked


def of(path: Path, header: Header, compiler: list[str]) -> Layout:
    asked = questions(header)
    lines = [f'\tASK("{name}", (unsigned long long)({value}));' for name, value in asked]
    source = f'#include "{path}"\n{_ASK}' + "\n".join(lines) + "\n}\n"
    answers = {}
    for match in _ANSWER.finditer(_assembly(source, compiler)):
        answers[match[1]] = (int(match[2]) % 2**32) << 32 | int(match[3]) % 2**32
    missing = [name for name, _ in asked if name not in answers]
    if missing:
        raise CompilerFailed(f"{' '.join(compiler)} gave no answer for {', '.join(missing)}")
    return answers


def _assembly(source: str, compiler: list[str]) -> str:
    # The 32-bit compiler of a 64-bit system does not look where the kernel's asm/ headers are, which serve both.
    multiarch = subprocess.run([compiler[0], "-print-multiarch"], capture_output=True, text=True, check=False).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ask.c"
        path.write_text(source, encoding="utf-8")
        done = subprocess.run([*compiler, "-O2", "-Wall", "-Werror", "-S", "-o", "-", "-idirafter", f"/usr/include/{multiarch}", path],
                              capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompilerFailed(f"{' '.join(compiler)}:\n{done.stderr}")
    return done.stdout


def holes(header: Header, layout: Layout) -> list[str]:
    """Bytes of structs that no member covers, and sizes that would differ inside an array on another architecture."""
    found = []
    for struct, members in header.structs.items():
        size = layout[f"struct {struct} size"]
        covered = set()
        for member, kind in members.items():
            start = layout[f"struct {struct}.{member} {kind} offset"]
            covered.update(range(start, start + layout[f"struct {struct}.{member} {kind} size"]))
        if len(covered) != size:
            found.append(f"struct {struct} has implicit padding: bytes {sorted(set(range(size)) - covered)} are no member's")
        if size % 8:
            found.append(f"struct {struct} has {size} bytes, not a multiple of 8")
    return found
