# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checks of the programs that pages show: they are those of docs/examples, or compile. Called by check."""

from __future__ import annotations

import re
import subprocess

from tap import ROOT, Tap

PORTING = ROOT / "docs" / "porting.md"
GUIDE = ROOT / "docs" / "guide.md"
EXAMPLES = ROOT / "docs" / "examples"
INCLUDES = ["errno.h", "stdint.h", "sys/ioctl.h", "linux/vfio.h", "libioasid.h"]
FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


def check(tap: Tap) -> None:
    text = PORTING.read_text(encoding="utf-8")
    found = _programs(text)
    tap.check("porting.md has programs", "" if len(found) >= 4 else f"only {len(found)}")
    for number, source in enumerate(found, 1):
        tap.check(f"porting.md's program {number} compiles", _compiled(source))
    guide = GUIDE.read_text(encoding="utf-8")
    shown = _programs(guide)
    tap.check("guide.md has programs", "" if len(shown) >= 12 else f"only {len(shown)}")
    tap.check("what guide.md shows is in docs/examples as it is shown", _altered(shown))
    tap.check("guide.md shows something of each program", [
        name for name in sorted(path.stem for path in EXAMPLES.glob("*.c")) if f"examples/{name}" not in guide])
    tap.check("every function that a page names exists", _unknown([text, guide]))


def _programs(text: str) -> list[str]:
    return re.findall(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _compiled(source: str) -> str:
    """What the compiler has to say, nothing if it is content."""
    program = "".join(f"#include <{name}>\n" for name in INCLUDES) + source
    command = ["gcc", *FLAGS, f"-I{ROOT / 'lib' / 'include'}", f"-I{ROOT / 'uapi'}", "-x", "c", "-"]
    result = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
    return result.stderr if result.returncode else ""


def _altered(shown: list[str]) -> list[str]:
    """The pieces that are not whole lines of an example, one after the other."""
    sources = ["\n" + path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.[ch]"))]
    return [piece for piece in shown if not any("\n" + piece in source for source in sources)]


def _unknown(texts: list[str]) -> list[str]:
    """The library's functions that the pages name and the header lacks."""
    header = (ROOT / "lib" / "include" / "libioasid.h").read_text(encoding="utf-8")
    named = {name for text in texts for name in re.findall(r"\bioasid_\w+(?=\()", text)}
    return sorted(name for name in named if not re.search(rf"\b{name}\(", header))
