# SPDX-License-Identifier: GPL-2.0-only
"""Owns kernel modules as files: which ones a set needs, in which order, decompressed. Called by initramfs.py."""

from __future__ import annotations

import gzip
import lzma
import re
from pathlib import Path

from .ui import LabError


def canonical(name: str) -> str:
    return name.replace("-", "_")


def name_of(path: str) -> str:
    return canonical(re.sub(r"\.ko(\.\w+)?$", "", path.rsplit("/", 1)[-1]))


def contents(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".ko":
        return data
    raise LabError(f"{path}: no way to decompress {path.suffix} modules")


def depends_of(module: bytes) -> list[str]:
    """The modules an out-of-tree module says it depends on, from its .modinfo."""
    match = re.search(rb"\0depends=([^\0]*)\0", module)
    return [canonical(name) for name in match.group(1).decode().split(",") if name] if match else []


class Tree:
    """A kernel's /lib/modules/RELEASE."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, str] = {}
        self.needs: dict[str, list[str]] = {}
        for line in (folder / "modules.dep").read_text(encoding="utf-8").splitlines():
            path, _, needed = line.partition(":")
            self.paths[name_of(path)] = path
            self.needs[name_of(path)] = [name_of(other) for other in needed.split()]
        self.builtin = {name_of(line) for line in (folder / "modules.builtin").read_text(encoding="utf-8").split()}

    def closure(self, wanted: list[str]) -> list[str]:
        """The wanted modules and all they need, each after what it needs; built-in ones need no file."""
        order: list[str] = []

        def visit(name: str) -> None:
            if name in order or name in self.builtin:
                return
            if name not in self.paths:
                raise LabError(f"the kernel in {self.folder} has no module {name}")
            for other in self.needs[name]:
                visit(other)
            order.append(name)

        for name in wanted:
            visit(canonical(name))
        return order
