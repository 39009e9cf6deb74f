# SPDX-License-Identifier: GPL-2.0-only
"""Owns the archive format the kernel unpacks as its first root ("newc" cpio). Called by initramfs.py."""

from __future__ import annotations

import stat
from pathlib import Path


class Archive:
    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._folders: set[str] = set()
        self._inode = 0

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self._parents(name)
        self._add(name, stat.S_IFREG | mode, data)

    def copy(self, name: str, source: Path) -> None:
        self.file(name, source.read_bytes(), stat.S_IMODE(source.stat().st_mode) | 0o444)

    def folder(self, name: str, mode: int = 0o755) -> None:
        if name in self._folders:
            return
        self._parents(name)
        self._folders.add(name)
        self._add(name, stat.S_IFDIR | mode, b"", links=2)

    def device(self, name: str, major: int, minor: int, mode: int = 0o600) -> None:
        self._parents(name)
        self._add(name, stat.S_IFCHR | mode, b"", device=(major, minor))

    def finish(self) -> bytes:
        self._add("TRAILER!!!", 0, b"")
        return b"".join(self._parts)

    def _parents(self, name: str) -> None:
        if "/" in name:
            self.folder(name.rsplit("/", 1)[0])

    def _add(self, name: str, mode: int, data: bytes, links: int = 1, device: tuple[int, int] = (0, 0)) -> None:
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._parts += [_padded(header), _padded(data)]


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
