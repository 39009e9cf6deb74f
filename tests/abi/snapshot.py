# SPDX-License-Identifier: GPL-2.0-only
"""Owns the checked-in snapshots of the uAPI, one file per version. Called by the programs check and update."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import layout
from header import Header, read

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import ROOT  # noqa: E402  (found by the path above)

FOLDER = Path(__file__).resolve().parent
HEADER = ROOT / "uapi" / "linux" / "ioasid.h"
VERSION = "constant IOASID_UAPI_VERSION"
COMPILERS = {"64-bit": ["cc", "-m64"], "32-bit": ["cc", "-m32"]}

PREAMBLE = """# SPDX-License-Identifier: GPL-2.0-only
# What uapi/linux/ioasid.h promised in version {version}. Written by tests/abi/update, compared by tests/abi/check.
"""


def current() -> tuple[Header, dict[str, layout.Layout]]:
    """The header, and its layout on each architecture."""
    header = read(HEADER)
    return header, {name: layout.of(HEADER, header, compiler) for name, compiler in COMPILERS.items()}


def path_of(version: int) -> Path:
    return FOLDER / f"ioasid-{version}.txt"


def versions() -> list[int]:
    found = (re.fullmatch(r"ioasid-(\d+)\.txt", path.name) for path in FOLDER.iterdir())
    return sorted(int(match[1]) for match in found if match)


def load(version: int) -> layout.Layout:
    entries = {}
    for line in path_of(version).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" = ")
            entries[name] = int(value, 0)
    return entries


def save(version: int, entries: layout.Layout) -> None:
    lines = [f"{name} = {value:#x}" if name.startswith("constant") else f"{name} = {value}" for name, value in entries.items()]
    path_of(version).write_text(PREAMBLE.format(version=version) + "\n".join(lines) + "\n", encoding="utf-8")


def broken(version: int, old: layout.Layout, new: layout.Layout) -> list[str]:
    """What the header no longer keeps of a version. A later version may grow a struct and say its own number."""
    later = new[VERSION] > version
    found = []
    for name, value in old.items():
        if name not in new:
            found.append(f"{name} is gone (was {value:#x})")
        elif new[name] != value and not (later and _may_change(name, value, new[name])):
            found.append(f"{name} is {new[name]:#x}, was {value:#x}")
    return found


def _may_change(name: str, old: int, new: int) -> bool:
    return name == VERSION or (re.fullmatch(r"struct \w+ size", name) is not None and new > old)
