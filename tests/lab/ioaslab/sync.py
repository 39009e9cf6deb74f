# SPDX-License-Identifier: GPL-2.0-only
"""Owns the copies of the source tree that are built: the lab never builds in the user's tree. Called by build.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from . import cache
from .config import TREE
from .ui import LabError

MANIFEST = ".lab-manifest.json"


def files() -> list[str]:
    """What git tracks or would track; everything, in a tree that came without git."""
    if not (TREE / ".git").exists():
        return sorted(str(path.relative_to(TREE)) for path in TREE.rglob("*") if path.is_file())
    # sudo makes us another user than the tree's owner, which git refuses unless told.
    listing = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(TREE), "ls-files", "-z",
                              "--cached", "--others", "--exclude-standard"], capture_output=True)
    if listing.returncode:
        raise LabError(f"git cannot list {TREE}: {listing.stderr.decode(errors='replace').strip()}")
    names = {os.fsdecode(name) for name in listing.stdout.split(b"\0") if name}
    return sorted(name for name in names if (TREE / name).is_file())


def copy(target: Path, label: str) -> None:
    """Bring `target` up to date, keeping what a build left there so that the next one is incremental.

    `label` names the kernel and root it is built with: another one starts from nothing.
    A copy gets the time it was made: with the original's, make could miss an edit made during a build.
    """
    before = _manifest(target)
    if before.get("label") != label:
        cache.remove(target)
        before = {}
    target.mkdir(parents=True, exist_ok=True)
    known = before.get("files", {})
    now = {name: _state(TREE / name) for name in files()}
    for name in known.keys() - now.keys():
        (target / name).unlink(missing_ok=True)
    for name, state in now.items():
        if known.get(name) != state or not (target / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TREE / name, target / name)
    (target / MANIFEST).write_text(json.dumps({"label": label, "tree": str(TREE), "files": now}), encoding="utf-8")


def forget(target: Path) -> None:
    """Make the next copy() start from nothing."""
    (target / MANIFEST).unlink(missing_ok=True)


def prune(home: Path) -> None:
    """Remove what was built from trees that are gone. `home` has a folder for each tree, with its copies."""
    for copies in home.iterdir():
        trees = {_manifest(target).get("tree", "") for target in copies.iterdir() if target.is_dir()} - {""}
        if trees and not any(Path(tree).exists() for tree in trees):
            cache.remove(copies)


def _manifest(target: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        return manifest
    except (OSError, ValueError):
        return {}


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_mtime_ns, status.st_size, status.st_mode]
