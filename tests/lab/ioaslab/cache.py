# SPDX-License-Identifier: GPL-2.0-only
"""Owns the layout of the cache and the locks in it. Called by everything that keeps something between runs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .config import TREE
from .ui import LabError, progress


def top() -> Path:
    explicit = os.environ.get("IOASID_CACHE")
    if explicit:
        return Path(explicit).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base).resolve() / "ioasidfd"


def folder(*parts: str) -> Path:
    path = top().joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"cannot create {path}: {error.strerror}",
                       "set IOASID_CACHE to a folder on a disk with a few GB free") from None
    return path


def tree_id() -> str:
    """Two checkouts may share the cache; what is built from them may not mix."""
    return hashlib.sha256(str(TREE).encode()).hexdigest()[:12]


def need_space(path: Path, megabytes: int, what: str) -> None:
    free = shutil.disk_usage(path).free >> 20
    if free < megabytes:
        raise LabError(f"{what} needs {megabytes} MB, {path} has {free} MB free",
                       "free some space, or set IOASID_CACHE to a folder on another disk")


def remove(path: Path) -> None:
    """Delete a folder without ever leaving its file system, should a mount have survived in it."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    if path.is_dir():
        for mount in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            if mount.split()[4].startswith(f"{path}/"):
                raise LabError(f"something is mounted in {path}", f"umount {mount.split()[4]}")
        shutil.rmtree(path)


@contextmanager
def lock(name: str, shared: bool = False, who: str = "") -> Iterator[None]:
    """Hold the cache's lock of that name; says so when it has to wait for another lab."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with (folder("locks") / name).open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if who:
                progress(who, "waiting for another lab that is using it")
            fcntl.flock(file, kind)
        yield
