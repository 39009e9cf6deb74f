# SPDX-License-Identifier: GPL-2.0-only
"""Owns building packages: in a copy of the tree, in a root of the system they are for. Called by command.py and
lifecycle.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from .. import build, cache, chroot, proc
from ..config import Root, roots
from ..ui import LabError, progress

FORMATS = ("deb", "rpm", "arch")
OUT = "packages"
# What lintian and rpmlint find, and what stops a build.
NOTABLE = r"^(E|W): .*|.*\b(error|Error):.*|.*\*\*\*.*"


def places(form: str) -> dict[str, Root]:
    """The roots that packages of a format are built in, by release; the format's only one has its name."""
    return {name.removeprefix(f"{form}-"): root for name, root in roots().items()
            if name == form or name.startswith(f"{form}-")}


def place(form: str, release: str) -> Root:
    found = places(form)
    if release not in found:
        raise LabError(f"no {form} packages can be built for {release!r}", f"known: {', '.join(found)}")
    return found[release]


def build_in(form: str, root: Root, target: Path, version: str = "") -> None:
    """Build them into the folder `target`; with another version than the tree's, as if they were of a later tree."""
    name = f"package-{root.name}{f'-{version}' if version else ''}"
    renamed = f"packaging/set-version {version}; export UNCHECKED=1; " if version else ""
    with build.held(name), cache.lock(f"root.{root.name}", shared=True, who=root.name):
        work = build.clean_copy(name)
        (work / OUT).mkdir()
        log = work.parent / f"{name}.log"
        log.unlink(missing_ok=True)
        progress(root.name, f"building {form} packages{f' of version {version}' if version else ''}")
        argv = ["sh", "-ec", f"{renamed}exec packaging/build-{form} {OUT}"]
        proc.logged(chroot.command(root, work, argv, disposable=True), log, root.name, NOTABLE)
        _replace(target, work / OUT)


def _replace(target: Path, products: Path) -> None:
    """The folder holds what was built last, and belongs to whom the folder above belongs to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    cache.remove(target)
    shutil.copytree(products, target)
    owner = target.parent.parent.stat()
    for path in (target.parent, target, *target.iterdir()):
        shutil.chown(path, owner.st_uid, owner.st_gid)
